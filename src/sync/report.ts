import type { Failure, Proof } from './ledger.ts';
import type { Normalised } from './normalise.ts';

/** What a run tells of itself. */
export interface SyncReport extends Proof {
  readonly source: string;
  readonly destination: string;
  /** Nothing was to be copied. */
  readonly check: boolean;
  /** null: it was not to be done, or could not. */
  readonly normalised: Normalised | null;
}

export interface Transfer {
  readonly report: SyncReport;
  /** What was tried and could not be copied, with where it is. */
  readonly failures: readonly (Failure & { readonly region: string })[];
}
