import fc from 'fast-check';
import { namesOf } from '../../src/desired/names.ts';
import { logTypes } from '../../src/simulator/facts.ts';
import type { Cluster, LogGroup, Stream, World } from '../../src/simulator/model.ts';
import {
  addBucket,
  addCluster,
  addFilter,
  addLogGroup,
  addRegion,
  addRole,
  addStream,
  addUpdate,
  emptyWorld,
} from '../../src/simulator/world.ts';
import { START } from '../helpers/clients.ts';
import { ACCOUNT, groupOf } from '../helpers/small.ts';

/** A world in few words, so that a counterexample can be read. */
export interface WorldRecipe {
  readonly regions: readonly RegionRecipe[];
  /** Roles of the name of ours that are somebody's. */
  readonly foreignRoles: readonly ('reader' | 'subscription' | 'delivery')[];
  readonly lags: Partial<World['lags']>;
  readonly pageSize: number;
  readonly filtersPerGroup: number;
  readonly scalars: boolean;
  readonly streamFails: boolean;
}
interface RegionRecipe {
  readonly name: string;
  readonly state: 'ok' | 'denied' | 'not-enabled';
  readonly clusters: readonly ClusterRecipe[];
  /** Things of our name that are somebody's. */
  readonly foreign: readonly ('bucket' | 'stream' | 'errors')[];
  readonly foreignStream: Stream['status'];
}
interface ClusterRecipe {
  readonly name: string;
  readonly status: Cluster['status'];
  readonly logging: readonly string[];
  readonly terse: boolean;
  readonly tags: Readonly<Record<string, string>>;
  readonly updateFails: boolean;
  readonly group: GroupRecipe | null;
}
interface GroupRecipe {
  readonly class: LogGroup['class'];
  readonly retention: number | null;
  readonly key: boolean;
  readonly tags: Readonly<Record<string, string>>;
  readonly metricFilters: number;
  readonly filters: readonly string[];
}

/** The first of these with this weight, the others each as often as their number says. */
const mostly = <T>(usual: T, weight: number, ...others: readonly T[]): fc.Arbitrary<T> =>
  fc.oneof({ weight, arbitrary: fc.constant(usual) }, { weight: 1, arbitrary: fc.constantFrom(...others) });
const rarely = (outOf: number) => mostly(false, outOf - 1, true);

/** EKS: 1 to 100 letters, digits, `-` and `_`, beginning with a letter or a digit. */
export const clusterName = fc.oneof(
  fc.constantFrom(
    'prod-eu',
    'prod-us',
    'stage',
    'PROD-eu',
    'prod_eu',
    'constructor',
    'a',
    '0',
    `long-${'x'.repeat(95)}`,
  ),
  fc.stringMatching(/^[0-9A-Za-z][0-9A-Za-z_-]{0,11}$/),
);
const tags = fc.oneof(
  { weight: 2, arbitrary: fc.constant({}) },
  {
    weight: 1,
    arbitrary: fc.constantFrom({ team: 'platform' }, { terraform: 'true' }, { 'rad:owner': 'x' }, { ключ: 'значение' }),
  },
);

const group: fc.Arbitrary<GroupRecipe> = fc.record({
  class: mostly<LogGroup['class']>('STANDARD', 12, 'INFREQUENT_ACCESS', 'DELIVERY'),
  retention: fc.constantFrom(null, 1, 30, 90, 3653),
  key: rarely(5),
  tags,
  metricFilters: mostly(0, 4, 1),
  filters: fc.oneof(
    { weight: 4, arbitrary: fc.constant([]) },
    {
      weight: 2,
      arbitrary: fc.subarray(['datadog', 'splunk', 'green-eks-audit-logs', 'Default'], { minLength: 1, maxLength: 3 }),
    },
    { weight: 1, arbitrary: fc.constant(['rad-eks-audit-logs']) },
  ),
});

const cluster: fc.Arbitrary<ClusterRecipe> = fc.record({
  name: clusterName,
  status: mostly<Cluster['status']>('ACTIVE', 12, 'UPDATING', 'CREATING', 'FAILED', 'DELETING'),
  logging: fc.oneof(
    { weight: 3, arbitrary: fc.constant([]) },
    { weight: 2, arbitrary: fc.constant(['audit']) },
    { weight: 2, arbitrary: fc.subarray([...logTypes], { minLength: 1 }) },
  ),
  terse: fc.boolean(),
  tags,
  updateFails: rarely(12),
  group: fc.option(group, { nil: null }),
});

const region: fc.Arbitrary<Omit<RegionRecipe, 'name'>> = fc.record({
  state: mostly<RegionRecipe['state']>('ok', 12, 'denied', 'not-enabled'),
  clusters: fc.uniqueArray(cluster, { maxLength: 3, selector: ({ name }) => name }),
  foreign: fc.oneof(
    { weight: 8, arbitrary: fc.constant([]) },
    { weight: 1, arbitrary: fc.subarray<RegionRecipe['foreign'][number]>(['bucket', 'stream', 'errors']) },
  ),
  foreignStream: mostly<Stream['status']>('ACTIVE', 3, 'CREATING', 'CREATING_FAILED', 'DELETING'),
});

const REGIONS = ['us-east-1', 'eu-west-1', 'me-south-1', 'ap-southeast-1'];

export const worlds: fc.Arbitrary<WorldRecipe> = fc.record({
  regions: fc
    .tuple(fc.array(region, { minLength: 1, maxLength: 3, size: '-1' }), fc.shuffledSubarray(REGIONS, { minLength: 3 }))
    .map(([all, names]) =>
      all.map((one, i): RegionRecipe => {
        const name = names[i]!;
        return { name, ...one, state: name === 'us-east-1' && one.state === 'not-enabled' ? 'ok' : one.state };
      }),
    ),
  foreignRoles: fc.oneof(
    { weight: 12, arbitrary: fc.constant([]) },
    {
      weight: 1,
      arbitrary: fc.subarray<WorldRecipe['foreignRoles'][number]>(['reader', 'subscription', 'delivery'], {
        minLength: 1,
      }),
    },
  ),
  lags: fc.record(
    {
      callMs: fc.constantFrom(1, 20, 400),
      roleVisibleMs: fc.constantFrom(0, 3_000),
      roleMs: fc.constantFrom(0, 8_000, 60_000),
      eksUpdateMs: fc.constantFrom(1_000, 180_000, 400_000),
      logGroupMs: fc.constantFrom(0, 30_000),
      streamCreatingMs: fc.constantFrom(0, 60_000),
      streamDeletingMs: fc.constantFrom(0, 20_000),
    },
    { requiredKeys: [] },
  ),
  pageSize: fc.constantFrom(1, 2, 50),
  filtersPerGroup: fc.constantFrom(2, 1, 5),
  scalars: fc.boolean(),
  streamFails: rarely(15),
});

const THEIRS = { team: 'radiology' };
const minutes = (count: number) => count * 60_000;

export function build(recipe: WorldRecipe): World {
  const world = emptyWorld({ regions: {}, now: START, pageSize: recipe.pageSize });
  Object.assign(world.lags, recipe.lags);
  world.quotas.filtersPerGroup = recipe.filtersPerGroup;
  world.quirks.scalars = recipe.scalars;
  if (recipe.streamFails) world.failNextStream = { Type: 'UNKNOWN_ERROR', Details: 'try again' };
  const { role } = namesOf('rad', world.partition, ACCOUNT);
  for (const which of recipe.foreignRoles) addRole(world, role[which], { tags: THEIRS });
  // The home of the partition is enabled in every account.
  addRegion(world, 'us-east-1');
  for (const one of recipe.regions) buildRegion(world, one);
  neighbours(world, recipe.regions[0]!.name);
  return world;
}

function buildRegion(world: World, { name: region, state, clusters, foreign, foreignStream }: RegionRecipe): void {
  const names = namesOf('rad', world.partition, ACCOUNT);
  addRegion(world, region, { state, ...(state === 'not-enabled' && { optStatus: 'DISABLED' as const }) });
  for (const one of clusters) buildCluster(world, region, one);
  if (foreign.includes('bucket')) addBucket(world, region, names.bucket(region), { tags: THEIRS });
  if (foreign.includes('errors')) addLogGroup(world, region, names.errorLogGroup, { tags: THEIRS, retention: 3 });
  if (foreign.includes('stream')) addStream(world, region, names.stream, { tags: THEIRS, status: foreignStream });
}

function buildCluster(world: World, region: string, recipe: ClusterRecipe): void {
  const { name, status, logging, terse, tags: own, updateFails, group: has } = recipe;
  addCluster(world, region, name, {
    status,
    logging: [...logging],
    tags: { ...own },
    ...(terse && { terse }),
    ...(updateFails && { failNextUpdate: { errorCode: 'Unknown', errorMessage: 'try again', resourceIds: [] } }),
    ...(status === 'CREATING' && { readyAt: START + minutes(5) }),
  });
  if (status === 'UPDATING') addUpdate(world, region, name, START + minutes(4));
  if (!has) return;
  const { class: kind, retention, key, tags: groupTags, metricFilters, filters } = has;
  addLogGroup(world, region, groupOf(name), {
    class: kind,
    tags: { ...groupTags },
    metricFilterCount: metricFilters,
    ...(retention && { retention }),
    ...(key && { kmsKeyId: `arn:aws:kms:${region}:${ACCOUNT}:key/theirs` }),
  });
  if (kind !== 'STANDARD') return;
  for (const filter of filters.slice(0, world.quotas.filtersPerGroup)) addFilter(world, region, groupOf(name), filter);
}

/** Things of others with names like ours, which are in every world. */
function neighbours(world: World, region: string): void {
  addRole(world, 'rad-firehose-legacy', { tags: THEIRS });
  addBucket(world, region, `rad-eks-audit-logs-${ACCOUNT}-${region}-backup`, { tags: THEIRS });
  addStream(world, region, 'rad-eks-audit-logs-test', { tags: THEIRS });
  addLogGroup(world, region, '/aws/eks/gone/cluster', { retention: 7, tags: THEIRS });
  addLogGroup(world, region, '/aws/eks/prod-eu/cluster-insights');
}
