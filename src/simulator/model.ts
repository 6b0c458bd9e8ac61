import type { Minute } from './metrics.ts';

/** The account as plain JSON: a JSON round trip loses nothing (no Date, Map, Set or undefined). Times are milliseconds since the epoch. */
export interface World {
  account: string;
  partition: string;
  /** The ARN that GetCallerIdentity answers. */
  caller: string;
  now: number;
  /** Counts what was made, for identifiers that are the same in every run. */
  serial: number;
  /** The most that one page of any listing holds. */
  pageSize: number;
  lags: Lags;
  quotas: Quotas;
  quirks: Quirks;
  /** Managed policies that can be attached or used as a boundary: ARN → document. */
  managedPolicies: Record<string, string>;
  roles: Record<string, Role>;
  buckets: Record<string, Bucket>;
  /** KMS keys, of other accounts too, by ARN. */
  keys: Record<string, Key>;
  regions: Record<string, Region>;
  /** AWS accounts that RAD knows. */
  registrations?: Record<string, { id: string; roleArn: string }>;
  /** What will happen, earliest first. */
  due: Due[];
  /** When rate-limited calls were let through in the last second. */
  recent: Record<string, number[]>;
  /** What was there before the latest changes, for reads that are late. */
  past?: Past[];
  /** The next stream created ends CREATING_FAILED for this reason. */
  failNextStream?: StreamFailure;
  /** The next query of Athena ends so. */
  failNextQuery?: QueryFailure;
}

/** Durations in milliseconds of simulated time. */
export interface Lags {
  callMs: number;
  roleVisibleMs: number;
  roleMs: number;
  /** How late reads of roles, buckets, log groups and clusters may be. */
  staleMs: number;
  eksUpdateMs: number;
  logGroupMs: number;
  streamCreatingMs: number;
  streamDeletingMs: number;
  streamEncryptingMs: number;
  /** How long a query waits, and how long it runs. */
  queryQueuedMs?: number;
  queryMs?: number;
}

export interface Quotas {
  filtersPerGroup: number;
  /** Of the account. */
  roles: number;
  buckets: number;
  /** Of each region. */
  streams: number;
  groups: number;
  /** `service:Operation` → calls per second, account and region. */
  perSecond: Record<string, number>;
}

export interface Quirks {
  /** A list of one in a policy document reads back as a string. */
  scalars: boolean;
  /** Principals of other accounts that do not exist: a trust that names one is malformed. */
  missingPrincipals: string[];
}

export type RegionState = 'ok' | 'not-enabled' | 'denied';

export interface Region {
  state: RegionState;
  /** Actions that an organisation policy denies here: `logs:PutSubscriptionFilter`, `eks:Update*`. */
  deniedActions?: string[];
  optStatus: 'ENABLED_BY_DEFAULT' | 'ENABLED' | 'DISABLED';
  clusters: Record<string, Cluster>;
  groups: Record<string, LogGroup>;
  streams: Record<string, Stream>;
  accountPolicies: Json[];
  /** Names of telemetry rules, with what they turn on. */
  telemetryRules?: Record<string, string[]>;
  /** CloudWatch: each metric with its dimensions, by the minute. */
  metrics?: Record<string, Minute[]>;
  /** SNS topics and EventBridge buses, with what they were sent. */
  topics?: Record<string, Sent[]>;
  buses?: Record<string, Sent[]>;
  /** Of Glue's catalog. */
  databases?: Record<string, GlueDatabase>;
  /** Of Athena. */
  workgroups?: Record<string, Workgroup>;
  queries?: Record<string, Query>;
}

export interface Sent {
  /** By which it is told whether it came twice. */
  id: string;
  at: number;
  subject: string;
  body: string;
}

export type Json = string | number | boolean | null | Json[] | { [key: string]: Json };
export type JsonObject = { [key: string]: Json };
export type Tags = Record<string, string>;

/** A document that other services see only some time after it was written; until then they see the one before. */
export interface Spread {
  text: string;
  since: number;
  before?: string;
}

export interface Role {
  name: string;
  id: string;
  arn: string;
  path: string;
  createdAt: number;
  visibleAt: number;
  description?: string;
  maxSessionDuration: number;
  trust: Spread;
  policies: Record<string, Spread>;
  attached: string[];
  instanceProfiles: string[];
  boundary?: string;
  tags: Tags;
}

export interface Key {
  arn: string;
  state: 'Enabled' | 'Disabled' | 'PendingDeletion' | 'PendingImport' | 'Unavailable';
  spec: string;
  usage: string;
  manager: 'CUSTOMER' | 'AWS';
  policy: string;
}

export interface Update {
  id: string;
  status: 'InProgress' | 'Successful' | 'Failed';
  type: string;
  params: { type: string; value: string }[];
  errors: { errorCode: string; errorMessage: string; resourceIds: string[] }[];
  createdAt: number;
  /** The log types that will be on, where this update is about logging. */
  enabled?: string[];
  token?: string;
}

export interface Cluster {
  name: string;
  status: 'CREATING' | 'ACTIVE' | 'UPDATING' | 'DELETING' | 'FAILED';
  version: string;
  createdAt: number;
  /** The log types that are on. */
  logging: string[];
  /** DescribeCluster leaves out the setup of the types that are off. */
  terse?: true;
  /** Free addresses of the subnets of its control plane, by their ids; absent: two with room enough. */
  subnets?: Record<string, number>;
  tags: Tags;
  updates: Record<string, Update>;
  failNextUpdate?: { errorCode: string; errorMessage: string; resourceIds: string[] };
}

export interface Filter {
  filterName: string;
  logGroupName: string;
  filterPattern: string;
  destinationArn: string;
  roleArn?: string;
  distribution: string;
  creationTime: number;
}

export interface LogEvent {
  timestamp: number;
  ingestionTime: number;
  message: string;
}

export interface LogGroup {
  name: string;
  createdAt: number;
  retention?: number;
  class: 'STANDARD' | 'INFREQUENT_ACCESS' | 'DELIVERY';
  kmsKeyId?: string;
  protected?: true;
  storedBytes: number;
  /** What reaches it beside the events of its streams: too many to be kept. */
  bytesPerDay?: number;
  metricFilterCount: number;
  tags: Tags;
  filters: Record<string, Filter>;
  streams: Record<string, { createdAt: number; events: LogEvent[] }>;
}

export interface StreamFailure {
  Type: string;
  Details: string;
}

export interface Stream {
  name: string;
  arn: string;
  status: 'CREATING' | 'CREATING_FAILED' | 'ACTIVE' | 'DELETING';
  createdAt: number;
  updatedAt?: number;
  version: number;
  /** ExtendedS3DestinationDescription as it reads back. */
  destination: JsonObject;
  encryption: { Status: string; KeyType?: string; KeyARN?: string };
  tags: Tags;
  failure?: StreamFailure;
  /** Records that wait, in base64, since the first of them. */
  buffer?: { since: number; records: string[]; bytes: number };
}

export interface ObjectVersion {
  key: string;
  versionId: string;
  at: number;
  size: number;
  /** Base64. */
  body: string;
  deleteMarker?: true;
}

export interface Bucket {
  name: string;
  owner: string;
  region: string;
  createdAt: number;
  namespace: 'global' | 'account-regional';
  publicAccess?: JsonObject;
  ownership?: JsonObject;
  encryption?: JsonObject;
  versioning?: 'Enabled' | 'Suspended';
  lifecycle?: JsonObject;
  policy?: string;
  tags: Tags;
  /** Oldest first. */
  objects: ObjectVersion[];
  uploads: { key: string; uploadId: string; at: number }[];
  /** Keys whose deletion AWS refuses (object lock, legal hold). */
  undeletable?: string[];
  /** Keys whose deletion AWS puts off, with the code it gives each time. */
  reluctant?: Record<string, string[]>;
}

export interface GlueDatabase {
  /** As it was sent, and its tables too. */
  input: JsonObject;
  createdAt: number;
  tags: Tags;
  tables: Record<string, JsonObject>;
}

export interface Workgroup {
  name: string;
  state: 'ENABLED' | 'DISABLED';
  configuration: JsonObject;
  createdAt: number;
  description?: string;
  tags: Tags;
}

export type QueryFailure =
  | { state: 'FAILED'; reason: string; category: number; retryable: boolean; scanned: number }
  | { state: 'CANCELLED'; reason: string; scanned: number };
/** What comes of a query: all values as text. */
export type QueryAnswer =
  | QueryFailure
  | { columns: { name: string; type: string }[]; rows: (string | null)[][]; scanned: number };

export interface Query {
  id: string;
  token: string;
  sql: string;
  database: string;
  workgroup: string;
  at: number;
  startsAt: number;
  endsAt: number;
  stoppedAt?: number;
  answer: QueryAnswer;
}

export interface Past {
  part: 'roles' | 'buckets' | 'groups' | 'clusters';
  region: string;
  name: string;
  /** When it changed. */
  at: number;
  /** null: it was not there. */
  before: object | null;
}

type Place = { at: number; region: string; name: string };

export type Due = Place &
  (
    | { what: 'cluster.ready' | 'cluster.log-group' | 'stream.created' | 'stream.encrypted' | 'stream.deleted' }
    | { what: 'cluster.updated'; id: string }
    | { what: 'stream.flush'; since: number }
  );
