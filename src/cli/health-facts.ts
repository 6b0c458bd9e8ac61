import { tryPattern } from '../aws/patterns.ts';
import type { Region } from '../desired/account.ts';
import { clusterLogGroupName } from '../desired/names.ts';
import { roleArns, roleNameOf } from '../desired/roles.ts';
import { SAMPLE_EVENTS } from '../desired/samples.ts';
import { FILTER_PATTERN, type Settings } from '../desired/settings.ts';
import { isOurs, type Step } from '../engine/plan.ts';
import type { Json, Spec, Type } from '../engine/resource.ts';
import {
  type BucketFacts,
  type ClusterFacts,
  type FilterFacts,
  isUnread,
  type RegionFacts,
  type RoleFacts,
  type StreamFacts,
  type Unread,
} from '../health/facts.ts';
import { lastAt } from '../health/series.ts';
import type { Notice } from '../render/document.ts';
import { type Context, mendWith } from './context.ts';
import { type Home, withoutPermission } from './discover.ts';
import type { Measured } from './measure.ts';

/** What a command has seen of an account: its steps tell what stands. */
export interface Seen {
  readonly home: Home;
  readonly settings: Settings;
  readonly regions: readonly Region[];
  readonly steps: readonly Step[];
}

const stepOf = ({ steps }: Seen, type: Type, region: string, name: string) =>
  steps.find(
    ({ resource }) =>
      resource.type === type && resource.name === name && (type === 'iam:role' || resource.region === region),
  );

const isThereAsOurs = (step: Step | undefined) => step !== undefined && isOurs(step.resource, step.actual);

export function isConnected(seen: Seen, { aws: { region } }: Region): boolean {
  const { names, connected } = seen.home;
  return (
    connected.includes(region) ||
    isThereAsOurs(stepOf(seen, 'firehose:delivery-stream', region, names.stream)) ||
    isThereAsOurs(stepOf(seen, 's3:bucket', region, names.bucket(region)))
  );
}

const troubleOf = (step: Step | undefined): Unread | undefined =>
  step?.error && { unread: step.error.message, hint: step.error.hint ?? null };

export function regionFacts(seen: Seen, { aws: { region } }: Region, context: Context) {
  const { names } = seen.home;
  const { subscription, delivery } = roleArns(names, seen.settings);
  const stream = stepOf(seen, 'firehose:delivery-stream', region, names.stream);
  const bucket = stepOf(seen, 's3:bucket', region, names.bucket(region));
  return {
    region,
    mend: mendWith(context, region),
    stream: troubleOf(stream) ?? streamFacts(stream!),
    bucket: troubleOf(bucket) ?? bucketFacts(bucket!),
    roles: {
      subscription: roleFacts(seen, subscription),
      delivery: roleFacts(seen, delivery),
    },
    kmsKey: keyOf(stream, bucket),
    errorLogGroup: names.errorLogGroup,
  } satisfies Partial<RegionFacts>;
}

const field = (spec: Spec, name: string) => (spec[name] ?? {}) as Spec;

function streamFacts({ resource, actual }: Step): StreamFacts {
  const { bucket, prefix } = field(actual.spec as Spec, 'destination');
  const wanted = field(resource.spec, 'destination').bucket;
  const status = actual.exists ? String(actual.facts.status) : null;
  return {
    name: resource.name,
    status,
    elsewhere: status !== 'ACTIVE' ? null : bucket !== wanted ? `to ${bucket}` : below(prefix),
  };
}

/** RAD looks for objects from the beginning of the bucket. */
const below = (prefix: Json | undefined) => (prefix ? `below ${prefix}` : null);

function bucketFacts({ resource, actual }: Step): BucketFacts {
  const { others } = field(actual.spec as Spec, 'policy');
  return {
    name: resource.name,
    exists: actual.exists,
    addedStatements: Array.isArray(others) && others.length > 0,
  };
}

function roleFacts(seen: Seen, arn: string): RoleFacts {
  const name = roleNameOf(arn);
  const step = stepOf(seen, 'iam:role', 'global', name);
  const isChanged = step?.changes.some(({ path }) => /^(trust|permissions)\b/.test(path)) ?? false;
  const isMissing = step?.error ? step.error.code === 'ROLE_MISSING' : step?.actual.exists === false;
  return { name, standing: isMissing ? 'missing' : isChanged ? 'changed' : 'ok' };
}

function keyOf(stream: Step | undefined, bucket: Step | undefined): string | null {
  const { encryption, destination } = (stream?.actual.spec ?? {}) as Spec;
  const keys = [
    encryption,
    (destination as Spec | undefined)?.kmsKey,
    field((bucket?.actual.spec ?? {}) as Spec, 'encryption').kmsKey,
  ];
  return keys.find((key): key is string => typeof key === 'string' && key.startsWith('arn:')) ?? null;
}

export async function clusterFacts(
  seen: Seen,
  { aws }: Region,
  name: string,
  { metrics, counted }: Measured,
  warnings: Notice[],
): Promise<ClusterFacts> {
  const groupName = clusterLogGroupName(name);
  const logging = stepOf(seen, 'eks:cluster-logging', aws.region, name);
  const group = stepOf(seen, 'logs:log-group', aws.region, groupName);
  const filter = stepOf(seen, 'logs:subscription-filter', aws.region, groupName);
  const trouble = [logging, group, filter].map((step) => (step?.reason === 'unreadable' ? troubleOf(step) : undefined));
  const types = (logging?.actual.facts.types ?? []) as readonly string[];
  const createdAt = group?.actual.exists ? ((await aws.survey.logGroups()).get(groupName)?.creationTime ?? 0) : 0;
  const forwardedAt = isUnread(metrics) ? undefined : lastAt(metrics.clusters.get(name)?.forwarded ?? []);
  const unread = trouble.find(Boolean);
  return {
    name,
    ...(unread && { trouble: unread }),
    ...(filter?.error && { obstacle: { unread: filter.error.message, hint: filter.error.hint ?? null } }),
    audit: logging?.actual.spec.audit === true,
    others: types.some((type) => type !== 'audit'),
    wasConnected: isThereAsOurs(logging) || isThereAsOurs(group) || counted.has(groupName),
    logGroup: group?.actual.exists ?? false,
    // One that EKS has made bears no mark of ours.
    wasRemade: !isThereAsOurs(group) && forwardedAt !== undefined && createdAt > forwardedAt,
    filter: isThereAsOurs(filter) ? await filterFacts(seen, aws, groupName, filter!, warnings) : undefined,
  };
}

async function filterFacts(
  { home, settings }: Seen,
  aws: Region['aws'],
  group: string,
  { actual }: Step,
  warnings: Notice[],
): Promise<FilterFacts> {
  const { destination, pattern } = field(actual.spec as Spec, 'filter');
  const it = (await aws.survey.filters(group)).find(({ filterName }) => filterName === home.names.filter);
  return {
    createdAt: it?.creationTime ?? 0,
    elsewhere: destination === home.names.streamArn(aws.region) ? null : String(destination),
    pattern:
      pattern === FILTER_PATTERN
        ? 'default'
        : pattern === settings.filterPattern
          ? 'chosen'
          : (await stopsAll(aws, String(pattern), warnings))
            ? 'deaf'
            : 'other',
  };
}

/** Where it may not be tried, what is counted tells. */
async function stopsAll(aws: Region['aws'], pattern: string, warnings: Notice[]): Promise<boolean> {
  const trial = await tryPattern(aws, pattern, SAMPLE_EVENTS);
  const untried = withoutPermission(
    'logs:TestMetricFilter',
    'whether a filter pattern that was changed lets events pass was not tried',
  );
  if ('unseen' in trial && trial.unseen.code === 'PERMISSION_DENIED' && !warnings.some(({ id }) => id === untried.id))
    warnings.push(untried);
  return 'matches' in trial && trial.matches === 0;
}
