import type { Aws } from '../aws/clients.ts';
import type { RadError } from '../engine/errors.ts';
import type { Tags } from '../engine/resource.ts';
import type { Rad } from '../rad/api.ts';
import type { Adoption } from './adoption.ts';
import type { Names } from './names.ts';

/** A region that could be read: its clients and the clusters that are meant. */
export interface Region {
  readonly aws: Aws;
  readonly clusters: readonly string[];
  /** Clusters that are gone and have left their log group behind. */
  readonly ghosts: readonly string[];
  /** Why the key that is meant for it cannot be used. */
  readonly keyTrouble?: RadError;
}
export interface Account {
  readonly id: string;
  readonly partition: string;
  readonly names: Names;
  /** Where IAM is asked. */
  readonly home: Aws;
  readonly regions: readonly Region[];
  /** What RAD's Terraform module has made, to be taken over. */
  readonly adoption?: Adoption;
  /** The tags of the reader role; none where there is no such role. */
  readonly registry: Tags;
  /** undefined: there are no keys to RAD's API. */
  readonly rad: Rad | undefined;
  /** Milliseconds since the epoch. */
  readonly now: number;
}
