import type { RadError } from '../engine/errors.ts';
import type { Hop } from '../health/verdict.ts';

/** Where the events of a cluster stop, as far as it can be told, why, and what mends it. */
export interface Stop {
  readonly hop: Hop | null;
  readonly cause: string;
  readonly hint: string | null;
}

/** What became of an event that was written to be followed. */
export interface CanaryRow {
  readonly id: string;
  readonly logStream: string;
  /** unknown: the run ended before it was told. */
  readonly state: 'arrived' | 'lost' | 'not-sent' | 'unknown';
  readonly sentAt: string | null;
  readonly arrivedAt: string | null;
  readonly seconds: number | null;
}

export interface VerificationRow {
  readonly region: string;
  readonly cluster: string;
  /** failed: it is known not to arrive. unseen: nothing was seen of it, or nothing could be. */
  readonly state: 'proven' | 'unseen' | 'failed';
  readonly lastEventAt: string | null;
  /** From then until now. */
  readonly ageSeconds: number | null;
  /** From then until it was in the bucket. */
  readonly delaySeconds: number | null;
  readonly key: string | null;
  /** Of this cluster in that object. */
  readonly events: number;
  readonly canary: CanaryRow | null;
  readonly hop: Hop | null;
  readonly cause: string | null;
  readonly hint: string | null;
}

/** Whether RAD could read the bucket of a region. */
export interface ReaderRow {
  readonly region: string;
  readonly canRead: 'yes' | 'no' | 'unknown';
  /** How that was found out. */
  readonly by: 'sts:AssumeRole' | 'iam:SimulatePrincipalPolicy' | 'policies';
  /** Why what would have said more was not tried. */
  readonly notTried: string | null;
  readonly cause: string | null;
  readonly hint: string | null;
}

export interface Trouble {
  readonly region: string;
  readonly id: string;
  readonly error: RadError;
}

export interface Verification {
  readonly verification: readonly VerificationRow[];
  readonly reader: readonly ReaderRow[];
  /** Regions whose bucket could not be looked at, and what a canary has left behind. */
  readonly errors: readonly Trouble[];
}
