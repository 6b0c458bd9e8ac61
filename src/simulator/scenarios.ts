import { defaultRegions, logTypes } from './facts.ts';
import type { JsonObject, LogGroup } from './model.ts';
import {
  addBucket,
  addCluster,
  addFilter,
  addKey,
  addLogGroup,
  addRole,
  addStream,
  type ClusterOptions,
  emptyWorld,
  type World,
} from './world.ts';

const days = 86_400_000;

/** A cluster with the log group that it writes to. */
function logging(
  world: World,
  region: string,
  name: string,
  cluster: ClusterOptions = {},
  group: Partial<LogGroup> = {},
): LogGroup {
  const createdAt = world.now - 200 * days;
  addCluster(world, region, name, { createdAt, ...cluster });
  return addLogGroup(world, region, `/aws/eks/${name}/cluster`, { createdAt, ...group });
}

const silent = (world: World, region: string, name: string, cluster: ClusterOptions = {}) =>
  addCluster(world, region, name, { createdAt: world.now - 200 * days, ...cluster });

/** A company's account: five clusters, each in another state, none of them blocked, and what other teams have there. */
function company(): World {
  const world = emptyWorld();
  const [us, eu] = ['us-east-1', 'eu-west-1'];
  silent(world, us, 'payments-prod', { tags: { team: 'payments', env: 'prod' } });
  logging(
    world,
    us,
    'platform-prod',
    { logging: [...logTypes], tags: { team: 'platform' } },
    { retention: 90, storedBytes: 48_318_382_080, bytesPerDay: 3_600_000_000 },
  );
  logging(
    world,
    us,
    'staging',
    { logging: ['audit'], terse: true },
    { storedBytes: 9_663_676_416, bytesPerDay: 320_000_000 },
  );
  logging(
    world,
    eu,
    'checkout-prod',
    { logging: ['api', 'authenticator'], tags: { team: 'checkout', env: 'prod' } },
    { retention: 365, bytesPerDay: 40_000_000 },
  );
  logging(world, eu, 'analytics', { tags: { team: 'data' } }, { retention: 30, storedBytes: 1_048_576 });
  Object.assign(world.regions[us]!, { topics: { 'security-alerts': [] }, buses: { default: [] } });
  neighbours(world);
  return world;
}

/** Its replicas share this id (KMS developer guide, "Multi-Region keys"). */
export const MULTI_REGION_KEY = 'mrk-1234abcd12ab34cd56ef1234567890ab';

/** Things of other teams, some with names like ours: nobody may touch them. */
function neighbours(world: World, us = 'us-east-1', eu = 'eu-west-1'): void {
  const old = { createdAt: world.now - 400 * days };
  addRole(world, 'datadog-forwarder', { tags: { team: 'observability' }, description: 'Datadog log forwarder' });
  addRole(world, 'rad-firehose-legacy', {
    trust: {
      Version: '2012-10-17',
      Statement: [{ Effect: 'Allow', Principal: { Service: 'firehose.amazonaws.com' }, Action: 'sts:AssumeRole' }],
    },
    tags: { team: 'radiology' },
  });
  addRole(world, 'eks-node', {
    attached: [`arn:${world.partition}:iam::aws:policy/AdministratorAccess`],
    instanceProfiles: ['eks-node'],
  });
  addBucket(world, us, 'radiology-eks-audit-logs', { ...old, tags: { team: 'radiology' } });
  addBucket(world, us, `company-terraform-state-${world.account}`, { ...old, versioning: 'Enabled' });
  addBucket(world, eu, 'rad-eks-audit-logs', { ...old, owner: '999988887777' });
  for (const region of [us, eu]) addKey(world, region, MULTI_REGION_KEY);
  addStream(world, us, 'clickstream', { ...old, tags: { team: 'web' } });
  addStream(world, eu, 'rad-eks-audit-logs-test', { ...old, tags: { team: 'radiology' } });
  for (const name of ['/aws/lambda/datadog-forwarder', '/aws/containerinsights/platform-prod/application']) {
    addLogGroup(world, us, name, { ...old, retention: 14 });
  }
  addLogGroup(world, us, '/aws/eks/payments-prod/cluster-insights', { ...old, tags: { team: 'payments' } });
  addLogGroup(world, eu, '/aws/eks/checkout', { ...old, class: 'INFREQUENT_ACCESS' });
}

/** The same company, one region connected by RAD's Terraform module already (rad-security/terraform-aws-rad-security-connect). */
function terraform(): World {
  const world = company();
  addModule(world, 'us-east-1', '0a1b2c3d');
  return world;
}

/** What the module makes in a region, and in the account when it is the first one. */
export function addModule(world: World, region: string, hex: string): void {
  const { partition, account } = world;
  const trust = (Principal: JsonObject) => ({
    Version: '2012-10-17',
    Statement: [{ Effect: 'Allow', Principal, Action: 'sts:AssumeRole' }],
  });
  const allow = (Action: string[], Resource: string[]) => ({
    Version: '2012-10-17',
    Statement: [{ Effect: 'Allow', Action, Resource }],
  });
  const bucket = `ksoc-eks-${hex}`;
  const stores = [`arn:${partition}:s3:::ksoc-eks-*`, `arn:${partition}:s3:::ksoc-eks-*/*`];
  if (!world.roles['ksoc-firehose']) {
    addRole(world, 'ksoc-firehose', {
      trust: trust({ Service: 'firehose.amazonaws.com' }),
      policies: { 'ksoc-firehose-to-s3-policy': allow(['s3:GetObject', 's3:ListBucket', 's3:PutObject'], stores) },
    });
    const streams = [`arn:${partition}:firehose:*:${account}:deliverystream/ksoc-audit-logs`];
    addRole(world, 'ksoc-cloudwatch-logs', {
      trust: trust({ Service: 'logs.amazonaws.com' }),
      policies: { 'ksoc-cloudwatch-logs-to-firehose-policy': allow(['firehose:PutRecord'], streams) },
    });
    addRole(world, 'ksoc-audit-logs', {
      trust: trust({ AWS: `arn:${partition}:iam::955322216602:role/ksoc-data-pipeline` }),
      attached: [`arn:${partition}:iam::${account}:policy/terraform-20260101000000000000000001`],
    });
  }
  addBucket(world, region, bucket, { tags: { 'ksoc-data-type': 'eks-audit-logs' }, versioning: 'Enabled' });
  const role = (name: string) => `arn:${partition}:iam::${account}:role/${name}`;
  const { arn } = addStream(world, region, 'ksoc-audit-logs', {
    destination: { BucketARN: `arn:${partition}:s3:::${bucket}`, RoleARN: role('ksoc-firehose') },
  });
  const eks = Object.keys(world.regions[region]!.groups).filter((name) => name.startsWith('/aws/eks/'));
  for (const group of eks) {
    addFilter(world, region, group, 'ksoc-audit-logs', {
      destinationArn: arn,
      roleArn: role('ksoc-cloudwatch-logs'),
      distribution: 'Random',
    });
  }
}

/** What must hold whatever is found: regions with a cluster in each state that matters. */
export function laws(world = emptyWorld(), regions: readonly string[] = ['us-east-1', 'eu-west-1']): World {
  for (const region of regions) {
    silent(world, region, 'logging-off');
    logging(world, region, 'audit-on', { logging: ['audit'] }, { retention: 90 });
    logging(world, region, 'all-on', { logging: [...logTypes] }, { retention: 365 });
    logging(world, region, 'api-authenticator', { logging: ['api', 'authenticator'] });
    logging(world, region, 'left-over', {}, { retention: 7, storedBytes: 4_096 });
    logging(world, region, 'foreign-filter', { logging: ['audit'] });
    addFilter(world, region, '/aws/eks/foreign-filter/cluster', 'datadog', { filterPattern: '{ $.verb = "delete" }' });
    logging(world, region, 'slots-full', { logging: ['audit'] });
    for (let slot = 0; slot < world.quotas.filtersPerGroup; slot++) {
      addFilter(world, region, '/aws/eks/slots-full/cluster', ['datadog', 'splunk'][slot] ?? `filter-${slot}`);
    }
    const tags = { terraform: 'true', 'terraform-module': 'eks', owner: 'platform' };
    logging(world, region, 'terraformed', { logging: ['api', 'audit'], tags }, { retention: 30, tags });
  }
  neighbours(world, regions[0], regions.at(-1));
  return world;
}

/** The same company, with what gets in the way: full subnets, tools that hold clusters, policies of the account, a log group without filters. */
function troubled(): World {
  const world = company();
  const [us, eu] = ['us-east-1', 'eu-west-1'];
  const here = (region: string) => world.regions[region]!;
  Object.assign(here(us).clusters['payments-prod']!, {
    subnets: { 'subnet-0a1b2c3d4e5f60001': 0, 'subnet-0a1b2c3d4e5f60002': 3 },
    tags: { team: 'payments', env: 'prod', terraform: 'true' },
  });
  Object.assign(here(eu).clusters['checkout-prod']!.tags, { 'aws:cloudformation:stack-name': 'checkout-eks' });
  Object.assign(here(eu).clusters.analytics!.tags, { 'alpha.eksctl.io/cluster-name': 'analytics' });
  here(us).groups['/aws/eks/staging/cluster']!.class = 'INFREQUENT_ACCESS';
  here(us).accountPolicies.push({
    policyName: 'everything-to-siem',
    policyType: 'SUBSCRIPTION_FILTER_POLICY',
    policyDocument: JSON.stringify({ DestinationArn: here(us).streams.clickstream!.arn, FilterPattern: '' }),
    scope: 'ALL',
  });
  here(eu).telemetryRules = { 'eks-audit-everywhere': ['EKS_AUDIT_LOGS'] };
  return world;
}

/** The same company, one region closed by an organisation policy; me-south-1, an opt-in region, is off as everywhere. */
function denied(): World {
  const world = company();
  world.regions['eu-west-1']!.state = 'denied';
  return world;
}

/** us-east-1 and eu-west-1 among them. */
const tenRegions = defaultRegions.filter((name) => /-1$/.test(name));

/** `n` clusters in all, dealt out over the regions; every second one logs already. */
export function many(n: number, regions: readonly string[] = tenRegions): World {
  const world = emptyWorld({ pageSize: 100 });
  for (let i = 0; i < n; i++) {
    const region = regions[i % regions.length]!;
    const name = `cluster-${String(i).padStart(4, '0')}`;
    if (i % 2) logging(world, region, name, { logging: ['audit'] }, { retention: 90, bytesPerDay: 1_000_000_000 });
    else silent(world, region, name);
  }
  return world;
}

export const scenarios: Readonly<Record<string, () => World>> = {
  default: company,
  laws: () => laws(),
  denied,
  troubled,
  terraform,
  empty: () => emptyWorld(),
  many: () => many(1_000),
};
