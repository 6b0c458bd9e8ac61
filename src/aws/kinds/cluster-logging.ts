import {
  type Cluster,
  DescribeUpdateCommand,
  type LogType,
  TagResourceCommand,
  UntagResourceCommand,
  type Update,
  UpdateClusterConfigCommand,
} from '@aws-sdk/client-eks';
import { RadError } from '../../engine/errors.ts';
import { absent, type How, type Run } from '../../engine/resource.ts';
import type { Aws } from '../clients.ts';
import { found, isError } from '../errors.ts';
import { describeCluster } from '../survey.ts';
import { eventually, until } from '../wait.ts';
import { defineAwsKind } from './define.ts';

export type ClusterLoggingSpec = { readonly audit: boolean };

/** The one log type that is ours to turn on; the others stay as they are. */
export const clusterLogging = defineAwsKind<ClusterLoggingSpec>({
  type: 'eks:cluster-logging',
  claim: 'prior',

  async read(aws, name, how) {
    const cluster = await find(aws, name, how);
    if (!cluster) return absent();
    const types = enabledTypes(cluster);
    return { exists: true, spec: { audit: types.includes('audit') }, tags: cluster.tags ?? {}, facts: { types } };
  },

  put: {
    async audit(aws, name, { audit }, run) {
      if (!(await untilActive(aws, name, run))) {
        if (audit) throw gone(name);
        return; // its logging went with it
      }
      await turn(aws, name, audit, run);
      // EKS has reported success with the log type still off (eksctl-io/eksctl#1567): only a read proves it.
      const shown = (seen: Cluster | undefined) => seen === undefined || isOn(seen) === audit;
      const what = { what: 'EKS to show the change', limit: 60_000 };
      const cluster = await until(() => describeCluster(aws, name), shown, run, what);
      if (!cluster && audit) throw gone(name);
    },
  },

  tag: async (aws, name, tags) =>
    aws.eks.send(new TagResourceCommand({ resourceArn: await arnOf(aws, name), tags: { ...tags } })),
  untag: async (aws, name, tagKeys) =>
    found(aws.eks.send(new UntagResourceCommand({ resourceArn: await arnOf(aws, name), tagKeys: [...tagKeys] }))),
});

const find = (aws: Aws, name: string, how: How) =>
  how === 'survey' ? aws.survey.cluster(name) : describeCluster(aws, name);
const arnOf = async (aws: Aws, name: string) => (await aws.survey.cluster(name))?.arn;

/** DescribeCluster lists the types that are on and those that are off; either list may be missing. */
const enabledTypes = (cluster: Cluster): LogType[] =>
  (cluster.logging?.clusterLogging ?? []).filter(({ enabled }) => enabled).flatMap(({ types }) => types ?? []);
const isOn = (cluster: Cluster) => enabledTypes(cluster).includes('audit');

const LONGEST_UPDATE = 20 * 60_000;

/** EKS takes one update at a time, whoever asked for it. undefined: the cluster is gone. */
async function untilActive(aws: Aws, name: string, run: Run): Promise<Cluster | undefined> {
  const what = `another update of cluster ${name}`;
  const isSettled = (cluster: Cluster | undefined) => !/^(CREATING|UPDATING|PENDING)$/.test(cluster?.status ?? '');
  const cluster = await until(() => describeCluster(aws, name), isSettled, run, { what, limit: LONGEST_UPDATE }).catch(
    busy(name, run),
  );
  if (cluster && cluster.status !== 'ACTIVE') {
    throw new RadError('CLUSTER_BUSY', `cluster ${name} is ${cluster.status}`, {
      hint: 'run the same command again when it is ACTIVE',
    });
  }
  return cluster;
}

const busy =
  (name: string, { signal }: Run) =>
  (error: unknown) => {
    if (signal.aborted) throw signal.reason;
    if (!isInUse(error) && !(error instanceof RadError && error.code === 'TIMEOUT')) throw error;
    throw new RadError('CLUSTER_BUSY', `cluster ${name} is still being changed by somebody else`, {
      hint: `see what is going on: aws eks list-updates --name ${name}`,
      cause: error,
    });
  };
const isInUse = (error: unknown) => isError(error, 'ResourceInUseException');
const gone = (name: string) =>
  new RadError('AWS', `cluster ${name} does not exist any more`, { hint: 'run the same command again' });

/** Changes it, after whatever other update is in the way; also when that was a call of ours whose answer was lost. */
async function turn(aws: Aws, name: string, audit: boolean, run: Run): Promise<void> {
  const logging = { clusterLogging: [{ types: ['audit' as const], enabled: audit }] };
  const change = async (): Promise<Update | undefined> => {
    try {
      return (await aws.eks.send(new UpdateClusterConfigCommand({ name, logging }))).update;
    } catch (error) {
      // Somebody else has done it (several tools take this for a failure: aws/aws-cdk#19898).
      if (isError(error, 'InvalidParameterException', 'No changes needed')) return undefined;
      if (!isInUse(error)) throw error;
      const [id] = /[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}/.exec((error as Error).message) ?? [];
      if (id) await settled(aws, name, id, run);
      const cluster = await untilActive(aws, name, run);
      if (!cluster || isOn(cluster) === audit) return undefined;
      throw error;
    }
  };
  const what = `another update of cluster ${name}`;
  const update = await eventually(change, isInUse, run, { what, limit: LONGEST_UPDATE }).catch(busy(name, run));
  if (update?.id) await finished(aws, name, update.id, run);
}

const settled = (aws: Aws, name: string, updateId: string, run: Run): Promise<Update | undefined> =>
  until(
    async () => (await aws.eks.send(new DescribeUpdateCommand({ name, updateId }))).update,
    (update) => update?.status !== 'InProgress',
    run,
    { what: `EKS to update cluster ${name}`, limit: LONGEST_UPDATE },
  );

/** A cluster returns to ACTIVE whether its update failed or not: only the update itself tells (EKS API reference, UpdateClusterConfig). */
async function finished(aws: Aws, name: string, updateId: string, run: Run): Promise<void> {
  const update = await settled(aws, name, updateId, run);
  if (update?.status === 'Successful') return;
  const [failure] = update?.errors ?? [];
  const why =
    `EKS could not update cluster ${name}: ${failure?.errorCode ?? update?.status} ${failure?.errorMessage ?? ''}`.trim();
  if (/InsufficientFreeAddresses|IpNotAvailable/.test(failure?.errorCode ?? '')) {
    const subnets = failure?.resourceIds?.join(', ');
    throw new RadError('SUBNET_IPS', why, {
      hint: `a logging change needs up to five free addresses in each cluster subnet${subnets ? ` (${subnets})` : ''}: free some, then run again`,
      awsCode: failure?.errorCode,
    });
  }
  throw new RadError('CLUSTER_UPDATE_FAILED', why, {
    hint: `aws eks describe-update --name ${name} --update-id ${updateId}`,
    awsCode: failure?.errorCode,
  });
}
