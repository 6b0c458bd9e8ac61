export type State = 'delivering' | 'idle' | 'failing' | 'none' | 'unknown';

/** The places on the way of an event, in this order. */
export type Hop = 'cluster' | 'log-group' | 'filter' | 'stream' | 'bucket';

export interface Verdict {
  readonly state: State;
  /** Where it stops. */
  readonly hop: Hop | null;
  readonly cause: string | null;
  /** What mends it: a command or a deed. */
  readonly hint: string | null;
}

export const delivering: Verdict = { state: 'delivering', hop: null, cause: null, hint: null };
export const idle = (cause: string): Verdict => ({ state: 'idle', hop: null, cause, hint: null });
export const unknown = (cause: string, hint: string | null): Verdict => ({ state: 'unknown', hop: null, cause, hint });
export const failing = (hop: Hop, cause: string, hint: string): Verdict => ({ state: 'failing', hop, cause, hint });
export const none = (hop: Hop, cause: string, hint: string): Verdict => ({ state: 'none', hop, cause, hint });

/** What CloudWatch has counted in one hour. */
export interface Hour {
  readonly at: string;
  readonly incoming: number;
  readonly forwarded: number;
  readonly errors: number;
}

export interface RegionDelivery extends Verdict {
  readonly lastObjectAt: string | null;
  /** How old the oldest event was that waited to be delivered, when it was last measured. */
  readonly freshnessSeconds: number | null;
}
export interface ClusterDelivery extends Verdict {
  readonly lastObjectAt: string | null;
  readonly lastEventAt: string | null;
  readonly timeline: readonly Hour[];
}

/** Of one region and of its clusters, by name. */
export interface RegionHealth {
  readonly delivery: RegionDelivery;
  readonly clusters: ReadonlyMap<string, ClusterDelivery>;
}
