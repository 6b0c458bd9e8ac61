import { expectLogGroup } from '../../src/simulator/services/eks.ts';
import { addCluster, addFilter, addUpdate } from '../../src/simulator/world.ts';
import { ACCOUNT, groupOf } from '../helpers/small.ts';
import {
  both,
  type Change,
  clusterAt,
  disown,
  filterAt,
  groupAt,
  guarded,
  KMS,
  keeps,
  names,
  on,
  ours,
  withoutMarks,
} from './places.ts';
import { isClaimed, PREFIXES } from './things.ts';

/** DeleteLogGroup: EKS makes it again where it still writes. */
const deleteGroup = both((world, place) => {
  if (!groupAt(world, place)) return;
  delete world.regions[place.region]!.groups[groupOf(place.cluster)];
  if (clusterAt(world, place)?.logging.length) expectLogGroup(world, place.region, place.cluster);
});

const turn = (type: string, isOn: boolean) =>
  on(clusterAt, (cluster) => {
    cluster.logging = [...cluster.logging.filter((other) => other !== type), ...(isOn ? [type] : [])];
  });

/** What people do to clusters, their log groups and filters, and to regions. */
export const CLUSTER_HANDS = {
  'audit off': turn('audit', false),
  // EKS refuses what changes nothing.
  'audit on': (worlds, place) => {
    if (clusterAt(worlds.real, place)?.logging.includes('audit') === false) turn('audit', true)(worlds, place);
  },
  'api on': turn('api', true),
  'all other types off': on(clusterAt, (cluster) => {
    cluster.logging = cluster.logging.filter((type) => type === 'audit');
  }),
  'cluster deleted': both((world, { region, cluster }) => delete world.regions[region]!.clusters[cluster]),
  'cluster made': both((world, { region, pick }) => {
    if (!world.regions[region]!.clusters[`new-${pick}`]) addCluster(world, region, `new-${pick}`);
  }),
  'cluster made anew': both((world, { region, cluster }) => {
    if (world.regions[region]!.clusters[cluster]) addCluster(world, region, cluster);
  }),
  'cluster is being updated': both((world, place) => {
    if (clusterAt(world, place)?.status === 'ACTIVE')
      addUpdate(world, place.region, place.cluster, world.now + 200_000);
  }),
  'cluster tagged': on(clusterAt, ({ tags }) => Object.assign(tags, { owner: 'me' })),
  'cluster has no marks': ({ real, shadow }, place) => {
    const cluster = clusterAt(real, place);
    if (!cluster || !isClaimed(cluster)) return;
    cluster.tags = withoutMarks(cluster.tags);
    const without = clusterAt(shadow, place);
    if (without) without.logging = [...cluster.logging];
  },
  'group deleted': deleteGroup,
  'group kept longer': guarded(
    ours(groupAt),
    (group) => Object.assign(group, { retention: 3653 }),
    'retention of group',
    (group) => keeps(group) >= 3653,
    '--log-retention-days',
  ),
  'group kept for ever': guarded(
    ours(groupAt),
    (group) => delete group.retention,
    'retention of group',
    (group) => keeps(group) > 3653,
    '--log-retention-days',
  ),
  'group kept shorter': on(ours(groupAt), (group) => Object.assign(group, { retention: 1 })),
  'group has key': on(groupAt, (group) => Object.assign(group, { kmsKeyId: KMS })),
  'group has metric filter': on(groupAt, (group) => group.metricFilterCount++),
  'group has no metric filter': on(groupAt, (group) => Object.assign(group, { metricFilterCount: 0 })),
  'group tagged': on(groupAt, ({ tags }) => Object.assign(tags, { owner: 'me' })),
  'group has no marks': disown(groupAt, (shadow, { region }, group) => {
    for (const prefix of PREFIXES) delete group.filters[`${prefix}-eks-audit-logs`];
    shadow.regions[region]!.groups[group.name] = group;
  }),
  'filter of others': ({ real, shadow }, place) => {
    const group = groupAt(real, place);
    if (group?.class !== 'STANDARD' || Object.keys(group.filters).length >= real.quotas.filtersPerGroup) return;
    for (const world of [real, shadow])
      if (groupAt(world, place)) addFilter(world, place.region, group.name, 'by-hand');
  },
  'filters of others gone': on(groupAt, (group) => {
    for (const name of ['by-hand', 'datadog', 'splunk', 'green-eks-audit-logs', 'Default']) delete group.filters[name];
  }),
  'our filter deleted': on(groupAt, (group, place) => delete group.filters[names(place).filter]),
  'our filter has another pattern': on(filterAt, (filter) => Object.assign(filter, { filterPattern: 'x' })),
  'our filter has another role': on(filterAt, (filter) =>
    Object.assign(filter, { roleArn: `arn:aws:iam::${ACCOUNT}:role/other` }),
  ),
  'our filter has another stream': on(filterAt, (filter, { region }) =>
    Object.assign(filter, { destinationArn: `arn:aws:firehose:${region}:${ACCOUNT}:deliverystream/other` }),
  ),
  'our filter becomes theirs': ({ real, shadow }, place) => {
    const filter = filterAt(real, place);
    if (!filter) return;
    Object.assign(filter, {
      destinationArn: `arn:aws:lambda:${place.region}:${ACCOUNT}:function:f`,
      roleArn: undefined,
    });
    delete filter.roleArn;
    const without = groupAt(shadow, place);
    if (without) without.filters[filter.filterName] = structuredClone(filter);
  },
  'region denied': both((world, { region }) => {
    if (world.regions[region]!.state === 'ok') world.regions[region]!.state = 'denied';
  }),
  'region allowed': both((world, { region }) => {
    world.regions[region]!.state = 'ok';
  }),
  'slots for more': both((world) => world.quotas.filtersPerGroup++),
  'time passes': () => {},
} as const satisfies Record<string, Change>;
