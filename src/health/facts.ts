/**
 * What CloudWatch has counted: the beginning of each period that has data (milliseconds since the epoch) and its value, oldest
 * first. A period without data is neither zero nor trouble: CloudWatch keeps none where nothing happens.
 */
export type Series = readonly (readonly [at: number, value: number])[];

/** Of all series here. Milliseconds. */
export const PERIOD = 300_000;

/** Why something is not known, and what to do about it. */
export interface Unread {
  readonly unread: string;
  readonly hint: string | null;
}
export const isUnread = (value: unknown): value is Unread =>
  typeof value === 'object' && value !== null && 'unread' in value;

/** AWS/Logs, of one log group and of our filter on it. */
export type ClusterMetrics = Readonly<Record<'incoming' | 'forwarded' | 'errors' | 'throttled', Series>>;

/** AWS/Firehose, of one stream; `success` is the share of puts that S3 took, `freshness` the age of what waits, in seconds. */
export type StreamMetrics = Readonly<
  Record<
    'incoming' | 'success' | 'freshness' | 'throttled' | 'keyDenied' | 'keyDisabled' | 'keyInvalid' | 'keyMissing',
    Series
  >
>;

export interface Metrics {
  readonly stream: StreamMetrics;
  /** By the name of the cluster. */
  readonly clusters: ReadonlyMap<string, ClusterMetrics>;
  /** Whether it is certain which dimensions the metrics of a filter have: without that, none of them is no evidence. */
  readonly sure: boolean;
}

export interface FilterFacts {
  readonly createdAt: number;
  /** Where it sends to, where that is not the stream. */
  readonly elsewhere: string | null;
  /** chosen: the pattern that was recorded. other: neither that nor the default. deaf: such a one, and no sample of an event passes it. */
  readonly pattern: 'default' | 'chosen' | 'other' | 'deaf';
}

export interface ClusterFacts {
  readonly name: string;
  readonly trouble?: Unread;
  readonly audit: boolean;
  /** Further log types write into the same log group. */
  readonly others: boolean;
  /** It has been connected before: our mark is on it, or its filter has counted events. */
  readonly wasConnected: boolean;
  readonly logGroup: boolean;
  /** The log group is younger than what its filter has forwarded. */
  readonly wasRemade: boolean;
  /** Ours; undefined: there is none. */
  readonly filter: FilterFacts | undefined;
  /** Why none can be made. */
  readonly obstacle?: Unread;
}

/** A line of Firehose's error log. */
export interface DeliveryError {
  readonly at: number;
  readonly code: string;
  readonly message: string;
}

export interface StreamFacts {
  readonly name: string;
  /** null: there is no stream. */
  readonly status: string | null;
  /** Where it delivers, in words, where that is not the beginning of the bucket. */
  readonly elsewhere: string | null;
}
export interface BucketFacts {
  readonly name: string;
  readonly exists: boolean;
  /** Somebody has added statements to its policy. */
  readonly addedStatements: boolean;
}

export interface RoleFacts {
  readonly name: string;
  readonly standing: 'ok' | 'missing' | 'changed';
}

/** What was seen of one region that is connected. Times are milliseconds since the epoch. */
export interface RegionFacts {
  readonly region: string;
  readonly now: number;
  /** The command that puts right what differs. */
  readonly mend: string;
  readonly stream: StreamFacts | Unread;
  readonly bucket: BucketFacts | Unread;
  readonly roles: Readonly<Record<'subscription' | 'delivery', RoleFacts>>;
  /** A key of the customer, of stream or bucket. */
  readonly kmsKey: string | null;
  readonly errorLogGroup: string;
  readonly metrics: Metrics | Unread;
  /** Newest last. */
  readonly errors: readonly DeliveryError[];
  /** When the newest object of the bucket was written; null: there is none, or it is not known. */
  readonly newestObject: number | null;
  readonly clusters: readonly ClusterFacts[];
}
