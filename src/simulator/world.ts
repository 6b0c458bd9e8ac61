import { nextId, plain, schedule } from './basics.ts';
import { defaultRegions, destinationDefaults, optInRegions, perSecond, quotas } from './facts.ts';
import type { Bucket, Cluster, Filter, JsonObject, Key, LogGroup, Region, Role, Stream, Tags, World } from './model.ts';

export type { World } from './model.ts';

const anything = JSON.stringify({
  Version: '2012-10-17',
  Statement: [{ Effect: 'Allow', Action: '*', Resource: '*' }],
});

/** An account with nothing in it: AWS's regions, its lags and its quotas. */
export function emptyWorld(more: Partial<World> = {}): World {
  const account = more.account ?? '123456789012';
  const partition = more.partition ?? 'aws';
  const world: World = {
    account,
    partition,
    caller: `arn:${partition}:sts::${account}:assumed-role/Admin/sandbox`,
    now: Date.UTC(2026, 0, 15, 9),
    serial: 0,
    pageSize: 2,
    lags: {
      callMs: 20,
      roleVisibleMs: 0,
      roleMs: 8_000,
      staleMs: 0,
      eksUpdateMs: 180_000,
      logGroupMs: 30_000,
      streamCreatingMs: 60_000,
      streamDeletingMs: 20_000,
      streamEncryptingMs: 5_000,
    },
    quotas: { ...quotas, perSecond: { ...perSecond } },
    quirks: { scalars: true, missingPrincipals: [] },
    managedPolicies: { [`arn:${partition}:iam::aws:policy/AdministratorAccess`]: anything },
    roles: {},
    buckets: {},
    keys: {},
    regions: {},
    due: [],
    recent: {},
    ...more,
  };
  if (more.regions) return world;
  for (const name of defaultRegions) addRegion(world, name);
  for (const name of optInRegions) addRegion(world, name, { state: 'not-enabled', optStatus: 'DISABLED' });
  return world;
}

export function addRegion(world: World, name: string, more: Partial<Region> = {}): Region {
  const bare: Region = {
    state: 'ok',
    optStatus: 'ENABLED_BY_DEFAULT',
    clusters: {},
    groups: {},
    streams: {},
    accountPolicies: [],
  };
  world.regions[name] = { ...bare, ...more };
  return world.regions[name];
}

const place = (world: World, region: string): Region => world.regions[region] ?? addRegion(world, region);

export type ClusterOptions = Partial<Omit<Cluster, 'name'>> & { readonly readyAt?: number };

/** `logging` are the types that are on. A cluster that is CREATING becomes ACTIVE at `readyAt`. */
export function addCluster(world: World, region: string, name: string, options: ClusterOptions = {}): Cluster {
  const { readyAt, ...more } = options;
  const bare: Cluster = {
    name,
    status: 'ACTIVE',
    version: '1.33',
    createdAt: world.now,
    logging: [],
    tags: {},
    updates: {},
  };
  const cluster = { ...bare, ...plain(more) };
  place(world, region).clusters[name] = cluster;
  if (readyAt !== undefined) schedule(world, { what: 'cluster.ready', at: readyAt, region, name });
  return cluster;
}

/** Puts an update of another kind under way on a cluster: it is busy until `endsAt`. */
export function addUpdate(world: World, region: string, name: string, endsAt: number, type = 'VersionUpdate'): string {
  const cluster = place(world, region).clusters[name]!;
  const id = nextId(world);
  cluster.updates[id] = { id, status: 'InProgress', type, params: [], errors: [], createdAt: world.now };
  cluster.status = 'UPDATING';
  schedule(world, { what: 'cluster.updated', at: endsAt, region, name, id });
  return id;
}

export function addLogGroup(
  world: World,
  region: string,
  name: string,
  more: Partial<Omit<LogGroup, 'name'>> = {},
): LogGroup {
  const bare: LogGroup = {
    name,
    createdAt: world.now,
    class: 'STANDARD',
    storedBytes: 0,
    metricFilterCount: 0,
    tags: {},
    filters: {},
    streams: {},
  };
  const group = { ...bare, ...plain(more) };
  place(world, region).groups[name] = group;
  return group;
}

/** Anyone's filter, without the checks of PutSubscriptionFilter. The group must be there. */
export function addFilter(
  world: World,
  region: string,
  logGroupName: string,
  filterName: string,
  more: Partial<Omit<Filter, 'filterName' | 'logGroupName'>> = {},
): Filter {
  const bare: Filter = {
    filterName,
    logGroupName,
    filterPattern: '',
    destinationArn: `arn:${world.partition}:lambda:${region}:${world.account}:function:${filterName}`,
    distribution: 'ByLogStream',
    creationTime: world.now,
  };
  const filter = { ...bare, ...plain(more) };
  place(world, region).groups[logGroupName]!.filters[filterName] = filter;
  return filter;
}

export interface RoleOptions {
  readonly path?: string;
  readonly trust?: JsonObject;
  readonly policies?: Readonly<Record<string, JsonObject>>;
  readonly attached?: readonly string[];
  readonly instanceProfiles?: readonly string[];
  readonly boundary?: string;
  readonly description?: string;
  readonly maxSessionDuration?: number;
  readonly tags?: Tags;
}

const nobody: JsonObject = {
  Version: '2012-10-17',
  Statement: [{ Effect: 'Allow', Principal: { Service: 'ec2.amazonaws.com' }, Action: 'sts:AssumeRole' }],
};

/** A role that has been there for long: every service sees it. */
export function addRole(world: World, name: string, options: RoleOptions = {}): Role {
  const { path = '/', trust = nobody, policies = {}, attached = [], instanceProfiles = [], ...more } = options;
  const old = (document: JsonObject) => ({ text: JSON.stringify(document), since: 0 });
  const role: Role = {
    maxSessionDuration: 3_600,
    tags: {},
    ...plain(more),
    name,
    id: roleId(nextId(world)),
    arn: `arn:${world.partition}:iam::${world.account}:role${path}${name}`,
    path,
    createdAt: world.now,
    visibleAt: 0,
    trust: old(trust),
    policies: Object.fromEntries(Object.entries(policies).map(([key, document]) => [key, old(document)])),
    attached: [...attached],
    instanceProfiles: [...instanceProfiles],
  };
  world.roles[name] = role;
  return role;
}

export const roleId = (uuid: string): string => `AROA${uuid.replaceAll('-', '').slice(0, 17).toUpperCase()}`;

/** A bucket as a new one is today: public access blocked, no ACLs, SSE-S3 (Amazon S3 user guide). `owner` may be another account. */
export function addBucket(
  world: World,
  region: string,
  name: string,
  more: Partial<Omit<Bucket, 'name' | 'region'>> = {},
): Bucket {
  const blocked =
    region === 'me-south-1' || region === 'me-central-1'
      ? {}
      : { BlockedEncryptionTypes: { EncryptionType: ['SSE-C'] } };
  const bare: Bucket = {
    name,
    owner: world.account,
    region,
    createdAt: world.now,
    namespace: 'global',
    publicAccess: {
      BlockPublicAcls: true,
      IgnorePublicAcls: true,
      BlockPublicPolicy: true,
      RestrictPublicBuckets: true,
    },
    ownership: { Rules: [{ ObjectOwnership: 'BucketOwnerEnforced' }] },
    encryption: {
      Rules: [{ ApplyServerSideEncryptionByDefault: { SSEAlgorithm: 'AES256' }, BucketKeyEnabled: false, ...blocked }],
    },
    tags: {},
    objects: [],
    uploads: [],
  };
  world.buckets[name] = { ...bare, ...plain(more) };
  return world.buckets[name];
}

/** A customer's symmetric key as the console makes it: the account decides, by IAM, who may use it. */
export function addKey(world: World, region: string, id: string, more: Partial<Omit<Key, 'arn'>> = {}): Key {
  const arn = `arn:${world.partition}:kms:${region}:${world.account}:key/${id}`;
  const everybody = { AWS: `arn:${world.partition}:iam::${world.account}:root` };
  const policy = JSON.stringify({
    Version: '2012-10-17',
    Statement: [{ Effect: 'Allow', Principal: everybody, Action: 'kms:*', Resource: '*' }],
  });
  const bare = { state: 'Enabled', spec: 'SYMMETRIC_DEFAULT', usage: 'ENCRYPT_DECRYPT', manager: 'CUSTOMER' } as const;
  world.keys[arn] = { ...bare, policy, ...more, arn };
  return world.keys[arn];
}

/** A stream that is ACTIVE and writes to a bucket. `destination` holds further ExtendedS3 fields. */
export function addStream(
  world: World,
  region: string,
  name: string,
  more: Partial<Omit<Stream, 'name' | 'arn'>> = {},
): Stream {
  const { destination = {}, ...rest } = plain(more);
  const stream: Stream = {
    status: 'ACTIVE',
    createdAt: world.now,
    version: 1,
    encryption: { Status: 'DISABLED' },
    tags: {},
    ...rest,
    name,
    arn: `arn:${world.partition}:firehose:${region}:${world.account}:deliverystream/${name}`,
    destination: {
      RoleARN: `arn:${world.partition}:iam::${world.account}:role/${name}`,
      BucketARN: `arn:${world.partition}:s3:::${name}`,
      ...plain(destinationDefaults),
      ...destination,
    },
  };
  place(world, region).streams[name] = stream;
  return stream;
}
