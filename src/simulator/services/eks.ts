import { dropTags, mergeTags, nextId, own, page, schedule, sorted } from '../basics.ts';
import { awsError } from '../errors.ts';
import { logTypes } from '../facts.ts';
import type { Cluster, Due, Update, World } from '../model.ts';
import { keepPast } from '../staleness.ts';
import { addLogGroup } from '../world.ts';
import { subnetsOf } from './ec2.ts';
import { type At, arn, type Input, limit, type Operation, type Service } from './service.ts';

const invalid = (message: string, clusterName: string) =>
  awsError('InvalidParameterException', message, 400, { clusterName });

function clusterOf({ here }: At, name: string): Cluster {
  const cluster = own(here.clusters, name);
  if (!cluster)
    throw awsError('ResourceNotFoundException', `No cluster found for name: ${name}.`, 404, { clusterName: name });
  return cluster;
}

const setup = (types: string[], enabled: boolean) => (types.length ? [{ types, enabled }] : []);

/** DescribeCluster gives up to two setups; either may be missing (AWS EKS API reference, Logging). */
const describe = (at: At, cluster: Cluster) => ({
  name: cluster.name,
  arn: arn(at, 'eks', `cluster/${cluster.name}`),
  createdAt: new Date(cluster.createdAt),
  version: cluster.version,
  status: cluster.status,
  endpoint: `https://${cluster.name}.gr7.${at.region}.eks.amazonaws.com`,
  roleArn: `arn:${at.world.partition}:iam::${at.world.account}:role/eks-${cluster.name}`,
  platformVersion: 'eks.1',
  health: { issues: [] },
  resourcesVpcConfig: { subnetIds: Object.keys(subnetsOf(cluster)) },
  logging: {
    clusterLogging: [
      ...setup(cluster.logging, true),
      ...setup(cluster.terse ? [] : logTypes.filter((type) => !cluster.logging.includes(type)), false),
    ],
  },
  tags: cluster.tags,
});

const shown = ({ id, status, type, params, errors, createdAt }: Update) => ({
  id,
  status,
  type,
  params,
  errors,
  createdAt: new Date(createdAt),
});

/** The types that are on once these setups are applied: a type that is not named stays as it is. */
function merged(cluster: Cluster, setups: Input[]): string[] {
  const on = new Set(cluster.logging);
  for (const { types = [], enabled } of setups) {
    for (const type of types) {
      if (!logTypes.includes(type)) throw invalid(`Invalid log type: ${type}`, cluster.name);
      if (enabled) on.add(type);
      else on.delete(type);
    }
  }
  return logTypes.filter((type) => on.has(type));
}

/** EKS runs one update of a cluster at a time, and only on one that is ACTIVE. */
function checkFree(cluster: Cluster): void {
  const { name, status } = cluster;
  const running = Object.values(cluster.updates).find((update) => update.status === 'InProgress');
  if (running) {
    const message = `Cannot LoggingUpdate because cluster ${name} currently has update ${running.id} in progress`;
    throw awsError('ResourceInUseException', message, 409, { clusterName: name });
  }
  if (status === 'ACTIVE') return;
  const code = status === 'CREATING' || status === 'UPDATING' ? 'ResourceInUseException' : 'InvalidRequestException';
  const message = `Cannot LoggingUpdate because cluster ${name} is in status ${status}`;
  throw awsError(code, message, code === 'ResourceInUseException' ? 409 : 400, { clusterName: name });
}

const UpdateClusterConfig: Operation = (at, input) => {
  const { name, logging, clientRequestToken = at.token } = input;
  const cluster = clusterOf(at, name);
  const repeated = Object.values(cluster.updates).find(({ token }) => token && token === clientRequestToken);
  if (repeated) return { update: shown(repeated) };
  const kinds = Object.keys(input).filter(
    (key) => key !== 'clientRequestToken' && key !== 'name' && input[key] !== undefined,
  );
  if (kinds.length > 1) throw invalid('Only one type of update can be allowed.', name);
  if (!kinds.length) throw invalid('The type for cluster update was not provided.', name);
  if (!logging)
    throw awsError('NotImplemented', `the simulator does not know eks:UpdateClusterConfig of ${kinds[0]}`, 501);
  const setups = logging.clusterLogging ?? [];
  if (setups.some(({ types }: Input) => !types?.length)) throw invalid('Log types cannot be empty', name);
  checkFree(cluster);
  const enabled = merged(cluster, setups);
  if (enabled.join() === cluster.logging.join())
    throw invalid('No changes needed for the logging config provided', name);
  const { world, region, now } = at;
  const id = nextId(world);
  const params = [{ type: 'ClusterLogging', value: JSON.stringify({ clusterLogging: setups }) }];
  const token = clientRequestToken && { token: clientRequestToken };
  const update: Update = {
    id,
    status: 'InProgress',
    type: 'LoggingUpdate',
    params,
    errors: [],
    createdAt: now,
    enabled,
    ...token,
  };
  cluster.updates[id] = update;
  cluster.status = 'UPDATING';
  schedule(world, { what: 'cluster.updated', at: now + world.lags.eksUpdateMs, region, name, id });
  return { update: shown(update) };
};

/** Tag calls have errors of their own (botocore model of EKS): BadRequestException and NotFoundException. */
function tagged(at: At, resourceArn: string): Cluster {
  const [, , service, region, , resource = ''] = resourceArn.split(':');
  const [kind, name = ''] = resource.split('/');
  if (service !== 'eks' || kind !== 'cluster' || !name)
    throw awsError('BadRequestException', `Invalid resource ARN: ${resourceArn}`);
  const cluster = region === at.region ? own(at.here.clusters, name) : undefined;
  if (!cluster) throw awsError('NotFoundException', `No cluster found for name: ${name}.`, 404);
  return cluster;
}

export const eks: Service = {
  UpdateClusterConfig,
  ListClusters: (at, { maxResults, nextToken }) => {
    const { items, next } = page(Object.keys(at.here.clusters).sort(), String, limit(at, maxResults), nextToken);
    return { clusters: items, ...(next && { nextToken: next }) };
  },
  DescribeCluster: (at, { name }) => ({ cluster: describe(at, clusterOf(at, name)) }),
  DescribeUpdate: (at, { name, updateId }) => {
    const update = own(clusterOf(at, name).updates, updateId);
    if (!update)
      throw awsError('ResourceNotFoundException', `No update found for ID: ${updateId}`, 404, { clusterName: name });
    return { update: shown(update) };
  },
  ListUpdates: (at, { name, maxResults, nextToken }) => {
    const ids = sorted(clusterOf(at, name).updates).map(({ id }) => id);
    const { items, next } = page(ids, String, limit(at, maxResults), nextToken);
    return { updateIds: items, ...(next && { nextToken: next }) };
  },
  TagResource: (at, { resourceArn, tags }) => {
    const cluster = tagged(at, resourceArn);
    const all = mergeTags(cluster.tags, tags);
    if (Object.keys(all).length > 50) throw awsError('BadRequestException', 'Resource cannot have more than 50 tags');
    for (const [key, value] of Object.entries(all)) {
      if (!key || key.length > 128 || value.length > 256) throw awsError('BadRequestException', `Invalid tag: ${key}`);
    }
    if (Object.keys(tags).some((key) => /^aws:/i.test(key)))
      throw awsError('BadRequestException', 'Tag keys with the prefix aws: are reserved');
    cluster.tags = all;
    return {};
  },
  UntagResource: (at, { resourceArn, tagKeys }) => {
    const cluster = tagged(at, resourceArn);
    cluster.tags = dropTags(cluster.tags, tagKeys);
    return {};
  },
  ListTagsForResource: (at, { resourceArn }) => ({ tags: tagged(at, resourceArn).tags }),
};

export const groupOf = (cluster: string): string => `/aws/eks/${cluster}/cluster`;

/** EKS will want to write: it makes the log group some time later, where logging is on then and the group is missing. */
export function expectLogGroup(world: World, region: string, name: string): void {
  schedule(world, { what: 'cluster.log-group', at: world.now + world.lags.logGroupMs, region, name });
}

export function clusterEvent(world: World, due: Due): void {
  const { region, name } = due;
  const cluster = own(world.regions[region]!.clusters, name);
  if (!cluster) return;
  keepPast(world, { part: 'clusters', region, name });
  if (due.what === 'cluster.ready') cluster.status = 'ACTIVE';
  if (due.what === 'cluster.updated') endUpdate(world, region, cluster, due.id);
  if (
    due.what === 'cluster.log-group' &&
    cluster.logging.length &&
    !own(world.regions[region]!.groups, groupOf(name))
  ) {
    keepPast(world, { part: 'groups', region, name: groupOf(name) });
    addLogGroup(world, region, groupOf(name));
  }
}

/** The cluster is ACTIVE again whether the update failed or not (AWS EKS API reference, UpdateClusterConfig). */
function endUpdate(world: World, region: string, cluster: Cluster, id: string): void {
  const update = own(cluster.updates, id);
  if (!update) return;
  cluster.status = 'ACTIVE';
  if (cluster.failNextUpdate && update.enabled) {
    update.status = 'Failed';
    update.errors = [cluster.failNextUpdate];
    delete cluster.failNextUpdate;
    return;
  }
  update.status = 'Successful';
  if (!update.enabled) return;
  cluster.logging = update.enabled;
  if (cluster.logging.length) expectLogGroup(world, region, cluster.name);
}
