import type { Rule } from '../sigma/rule.ts';
import type { Hit } from './hits.ts';
import type { Reading } from './reading.ts';

/** From when on events are looked at, in milliseconds since the epoch; undefined: all there are. */
export interface Window {
  readonly from: number | undefined;
}

export interface Look {
  readonly hits: readonly Hit[];
  readonly form: 'raw' | 'parquet';
  readonly reading: Reading;
  /** Rules that could not be asked here, with the reason. */
  readonly left: readonly { readonly rule: Rule; readonly why: string }[];
}

/** What asks rules of events: it knows where these are, and each rule is one query over the flat view (`toQuery`). */
export type Engine = (rules: readonly Rule[], window: Window) => Promise<Look>;
