import type { JsonObject } from '../../src/simulator/model.ts';
import { addCluster, addKey, addLogGroup, addRegion, emptyWorld, type World } from '../../src/simulator/world.ts';

export const ACCOUNT = '123456789012';
export const US = 'us-east-1';
export const EU = 'eu-west-1';

/** What rad-connect calls its things here. */
export const NAMES = {
  reader: 'rad-audit-logs',
  subscription: 'rad-cloudwatch-logs',
  delivery: 'rad-firehose',
  product: 'rad-eks-audit-logs',
  errors: '/aws/kinesisfirehose/rad-eks-audit-logs',
  bucket: (region: string) => `rad-eks-audit-logs-${ACCOUNT}-${region}-an`,
} as const;

export const groupOf = (cluster: string): string => `/aws/eks/${cluster}/cluster`;

/** Keys that are there in every region, and good. */
export const KEYS = ['key-a', 'key-b', 'key-c', 'mrk-d'] as const;
export const keyArn = (id: (typeof KEYS)[number], region = US): string => `arn:aws:kms:${region}:${ACCOUNT}:key/${id}`;

/** Policies that can be the boundary of a role. */
export const BOUNDARIES = ['a', 'b', 'c'].map((name) => `arn:aws:iam::${ACCOUNT}:policy/boundary-${name}`) as [
  string,
  string,
  string,
];
const anything = JSON.stringify({
  Version: '2012-10-17',
  Statement: [{ Effect: 'Allow', Action: '*', Resource: '*' }],
});

/** Regions of a cluster that logs nothing, and one whose owner has the audit log on already. */
export function small(...regions: string[]): World {
  const world = emptyWorld({ regions: {} });
  for (const arn of BOUNDARIES) world.managedPolicies[arn] = anything;
  for (const region of regions.length ? regions : [US]) {
    addRegion(world, region);
    for (const id of KEYS) addKey(world, region, id);
    addCluster(world, region, 'off');
    addCluster(world, region, 'on', { logging: ['audit'] });
    addLogGroup(world, region, groupOf('on'), { retention: 30, tags: { team: 'platform' } });
  }
  return world;
}

/** The parts of the account that the tests look at. */
export const role = (world: World, name: string) => world.roles[name]!;
export const bucket = (world: World, region = US) => world.buckets[NAMES.bucket(region)]!;
export const stream = (world: World, region = US) => world.regions[region]!.streams[NAMES.product]!;
export const group = (world: World, name: string, region = US) => world.regions[region]!.groups[name]!;
export const filter = (world: World, cluster: string, region = US) =>
  group(world, groupOf(cluster), region).filters[NAMES.product]!;
export const cluster = (world: World, name: string, region = US) => world.regions[region]!.clusters[name]!;

/** The one rule that is ours, of the bucket's lifecycle. */
export const rule = (world: World) =>
  (bucket(world).lifecycle!.Rules as JsonObject[]).find(({ ID }) => ID === 'rad-connect') as Record<string, JsonObject>;

/** Edits a policy document that the world holds as text. */
export function edited(text: string, change: (statements: Record<string, unknown>[]) => unknown): string {
  const document = JSON.parse(text);
  change(document.Statement);
  return JSON.stringify(document);
}
