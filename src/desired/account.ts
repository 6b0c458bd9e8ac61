import type { Aws } from '../aws/clients.ts';
import type { RadError } from '../engine/errors.ts';
import type { Tags } from '../engine/resource.ts';
import type { Rad } from '../rad/api.ts';
import type { Adoption } from './adoption.ts';
import type { Names } from './names.ts';
import { type RegionSettings, type Settings, withRecordedKey } from './settings.ts';

/** A region that could be read: its clients and the clusters that are meant. */
export interface Region {
  readonly aws: Aws;
  readonly clusters: readonly string[];
  /** Clusters that are gone and have left their log group behind. */
  readonly ghosts: readonly string[];
  /** Why the key that is meant for it cannot be used. */
  readonly keyTrouble?: RadError;
}
/** Where settings and connected regions are recorded. */
export interface Registry {
  readonly tags: Tags;
  /** The path of our reader role, where that is the place. */
  readonly path?: string;
  /** The region whose bucket is the place, where the reader role was made elsewhere. */
  readonly bucketOf?: Aws;
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
  /** Where the record is, or will be. */
  readonly registry: Registry;
  /** undefined: there are no keys to RAD's API. */
  readonly rad: Rad | undefined;
  /** Milliseconds since the epoch. */
  readonly now: number;
}

/** What holds in each of these regions: where its key cannot be used, what is there keeps the one before. */
export const regionSettings = (regions: readonly Region[], settings: Settings): Record<string, RegionSettings> =>
  Object.fromEntries(
    regions.map(({ aws: { region }, keyTrouble }) => [
      region,
      keyTrouble ? withRecordedKey(settings, region) : settings.region(region),
    ]),
  );
