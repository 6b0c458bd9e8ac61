import type { Level } from '../sigma/rule.ts';

/** One event, or of a correlation one group of them within its time, at which a rule fires. The same in every run. */
export interface Detection {
  readonly id: string;
  readonly rule: string;
  readonly level: Level;
  readonly cluster: string | null;
  /** Of the last of its events; null: not known. */
  readonly time: string | null;
  readonly user: string | null;
  readonly what: string;
  readonly target: string;
  /** Of a correlation: at how many events its condition held. */
  readonly events: number;
  readonly evidence: Evidence;
}

/** Where the event is to be found. */
export interface Evidence {
  readonly object: string | null;
  readonly auditId: string | null;
  readonly logEventId: string | null;
}

/** All that one rule has found of one principal in one cluster. */
export interface DetectionGroup {
  readonly id: string;
  readonly rule: string;
  readonly title: string;
  readonly level: Level;
  readonly account: string | null;
  readonly region: string | null;
  readonly cluster: string | null;
  readonly user: string | null;
  /** The role session behind it, where the user name does not tell. */
  readonly principalArn: string | null;
  readonly sourceIps: readonly string[];
  readonly userAgents: readonly string[];
  readonly count: number;
  readonly first: string | null;
  readonly last: string | null;
  /** As in `create pods/exec`. */
  readonly what: readonly string[];
  readonly targets: readonly string[];
  /** Beside those that are named. */
  readonly moreTargets: number;
  /** Why it was allowed, as Kubernetes says of the last one. */
  readonly allowedBy: string | null;
  /** Of the last ones. */
  readonly evidence: readonly Evidence[];
  readonly description: string;
  readonly techniques: readonly string[];
  readonly compliance: Readonly<Record<string, readonly string[]>>;
  readonly falsepositives: readonly string[];
  /** The command that shows the whole event. */
  readonly look: string | null;
}

/** How much there was in an hour, by level. */
export type Hour = { readonly hour: string } & Readonly<Record<Level, number>>;

/** What `findings` tells. */
export interface Detections {
  readonly sources: readonly string[];
  readonly form: 'raw' | 'parquet';
  readonly engine: 'duckdb' | 'athena';
  /** null: all that is there. */
  readonly since: string | null;
  readonly level: Level;
  readonly rules: number;
  /** Rules that could not be asked. */
  readonly left: readonly { readonly rule: string; readonly why: string }[];
  readonly objects: number;
  readonly bytes: number;
  readonly events: number;
  readonly damaged: number;
  readonly truncated: number;
  readonly others: number;
  readonly undelivered: number;
  readonly failed: number;
  /** How many findings. */
  readonly levels: Readonly<Record<Level, number>>;
  readonly timeline: readonly Hour[];
  readonly groups: readonly DetectionGroup[];
  readonly findings: readonly Detection[];
}
