import {
  CreateLogGroupCommand,
  CreateLogStreamCommand,
  PutRetentionPolicyCommand,
  PutSubscriptionFilterCommand,
} from '@aws-sdk/client-cloudwatch-logs';
import { DescribeSubnetsCommand } from '@aws-sdk/client-ec2';
import { CreateClusterCommand, type LogType } from '@aws-sdk/client-eks';
import { CreateDeliveryStreamCommand, DescribeDeliveryStreamCommand } from '@aws-sdk/client-firehose';
import {
  AttachRolePolicyCommand,
  CreatePolicyCommand,
  CreateRoleCommand,
  PutRolePolicyCommand,
} from '@aws-sdk/client-iam';
import {
  CreateBucketCommand,
  PutBucketLifecycleConfigurationCommand,
  PutBucketVersioningCommand,
  PutObjectCommand,
} from '@aws-sdk/client-s3';
import { ACCOUNT, type Clients, clients } from './clients.ts';
import type { Emulator } from './emulator.ts';

type ClusterState = {
  types: LogType[];
  /** the cluster's log group is there; with audit on, an audit stream too */
  group?: boolean;
  retention?: number;
  /** another team's subscription filters on it */
  filters?: number;
  tags?: Record<string, string>;
};

const TYPES: LogType[] = ['api', 'audit', 'authenticator', 'controllerManager', 'scheduler'];
const TERRAFORM = { owner: 'platform', 'managed-by': 'terraform' };
const OTHER_TEAM = [
  { Key: 'owner', Value: 'other-team' },
  { Key: 'managed-by', Value: 'terraform' },
];

/** The clusters of every region, by name. */
export const clusterStates: Readonly<Record<string, ClusterState>> = {
  off: { types: [] },
  audit: { types: ['audit'], group: true },
  all: { types: TYPES, group: true, retention: 90 },
  'no-audit': { types: ['api', 'authenticator'], group: true },
  leftover: { types: [], group: true, retention: 7 },
  'one-filter': { types: ['audit'], group: true, filters: 1 },
  'full-filters': { types: ['audit'], group: true, filters: 2 },
  terraform: { types: ['api', 'audit'], group: true, retention: 30, tags: TERRAFORM },
};

/** Log groups that only look like a cluster's, and how many filters each has. */
export const FOREIGN_GROUPS: Readonly<Record<string, number>> = {
  '/aws/eks/audit/application': 0,
  '/aws/eks/not-a-cluster/cluster': 1,
  '/aws/containerinsights/audit/performance': 2,
  '/aws/lambda/orders': 1,
};

export const FOREIGN_ROLES = ['audit-reader', 'eks-cluster-role', 'foreign-firehose', 'foreign-logs'];

const arn = (service: string, region: string, resource: string) =>
  `arn:aws:${service}:${region}:${ACCOUNT}:${resource}`;
const role = (name: string) => arn('iam', '', `role/${name}`);
const document = (statement: object) => JSON.stringify({ Version: '2012-10-17', Statement: [statement] });
const trust = (service: string) =>
  document({ Effect: 'Allow', Principal: { Service: service }, Action: 'sts:AssumeRole' });

/** Fills an empty account: these clusters in each region, and other teams' things. The same account every time. */
export async function seed(
  emulator: Emulator,
  regions: string[],
  clusters: readonly string[] = Object.keys(clusterStates),
): Promise<void> {
  // Test messages would put objects with random names into the foreign buckets.
  await emulator.configure({ testMessage: false });
  await seedRoles(clients(emulator, 'us-east-1', { quiet: true }));
  await Promise.all(regions.map((region) => seedRegion(clients(emulator, region, { quiet: true }), region, clusters)));
  await emulator.configure({ testMessage: true });
}

async function seedRoles({ iam }: Clients): Promise<void> {
  const make = (RoleName: string, service: string, more: object = {}) =>
    iam.send(new CreateRoleCommand({ RoleName, AssumeRolePolicyDocument: trust(service), Tags: OTHER_TEAM, ...more }));
  const grant = (RoleName: string, Action: string, Resource: string) =>
    iam.send(
      new PutRolePolicyCommand({
        RoleName,
        PolicyName: 'theirs',
        PolicyDocument: document({ Effect: 'Allow', Action, Resource }),
      }),
    );
  await make('eks-cluster-role', 'eks.amazonaws.com');
  await make('foreign-firehose', 'firehose.amazonaws.com', { Path: '/svc/', MaxSessionDuration: 7200 });
  await grant('foreign-firehose', 's3:PutObject', 'arn:aws:s3:::foreign-*/*');
  await make('foreign-logs', 'logs.amazonaws.com', { Description: "another team's" });
  await grant('foreign-logs', 'firehose:*', '*');
  const policy = await iam.send(
    new CreatePolicyCommand({
      PolicyName: 'foreign-policy',
      PolicyDocument: document({ Effect: 'Allow', Action: 'logs:*', Resource: '*' }),
      Tags: OTHER_TEAM,
    }),
  );
  await iam.send(new AttachRolePolicyCommand({ RoleName: 'foreign-logs', PolicyArn: policy.Policy!.Arn! }));
  await make('audit-reader', 'lambda.amazonaws.com', { Tags: [{ Key: 'purpose', Value: 'eks-audit' }] });
}

async function seedRegion(aws: Clients, region: string, clusters: readonly string[]): Promise<void> {
  const bucket = `foreign-logs-${ACCOUNT}-${region}`;
  await seedBucket(aws, region, bucket, 2);
  await seedBucket(aws, region, `eks-audit-archive-${ACCOUNT}-${region}`, 1);
  await aws.s3.send(new PutBucketVersioningCommand({ Bucket: bucket, VersioningConfiguration: { Status: 'Enabled' } }));
  await aws.s3.send(new PutObjectCommand({ Bucket: bucket, Key: 'theirs/0.json', Body: '{"do":"not touch"}' }));
  const rule = { ID: 'theirs', Status: 'Enabled', Filter: { Prefix: 'old/' }, Expiration: { Days: 400 } } as const;
  await aws.s3.send(
    new PutBucketLifecycleConfigurationCommand({ Bucket: bucket, LifecycleConfiguration: { Rules: [rule] } }),
  );
  const streams = ['eks-audit-legacy', 'foreign-stream-0', 'foreign-stream-1'];
  await Promise.all(streams.map((name) => seedStream(aws, name, bucket)));
  for (const [name, filters] of Object.entries(FOREIGN_GROUPS)) {
    await seedGroup(aws, region, name, { types: [], filters, tags: { owner: 'other-team' } });
  }
  const { Subnets = [] } = await aws.ec2.send(new DescribeSubnetsCommand({}));
  const subnetIds = Subnets.slice(0, 2).map(({ SubnetId = '' }) => SubnetId);
  for (const name of clusters) {
    const state = clusterStates[name]!;
    const off = TYPES.filter((type) => !state.types.includes(type));
    const setups = [
      { types: state.types, enabled: true },
      { types: off, enabled: false },
    ];
    await aws.eks.send(
      new CreateClusterCommand({
        name,
        version: '1.33',
        roleArn: role('eks-cluster-role'),
        resourcesVpcConfig: { subnetIds },
        logging: { clusterLogging: setups.filter((setup) => setup.types.length > 0) },
        ...(state.tags ? { tags: state.tags } : {}),
      }),
    );
    if (state.group) await seedGroup(aws, region, `/aws/eks/${name}/cluster`, state);
  }
}

async function seedBucket({ s3 }: Clients, region: string, Bucket: string, objects: number): Promise<void> {
  const where = region === 'us-east-1' ? {} : { LocationConstraint: region as 'eu-west-1' };
  await s3.send(new CreateBucketCommand({ Bucket, CreateBucketConfiguration: { ...where, Tags: OTHER_TEAM } }));
  for (let i = 0; i < objects; i++) {
    await s3.send(new PutObjectCommand({ Bucket, Key: `theirs/${i}.json`, Body: '{"do":"not touch"}' }));
  }
}

async function seedStream({ firehose }: Clients, DeliveryStreamName: string, bucket: string): Promise<void> {
  await firehose.send(
    new CreateDeliveryStreamCommand({
      DeliveryStreamName,
      DeliveryStreamType: 'DirectPut',
      Tags: OTHER_TEAM,
      ExtendedS3DestinationConfiguration: {
        RoleARN: role('svc/foreign-firehose'),
        BucketARN: `arn:aws:s3:::${bucket}`,
        Prefix: 'theirs/',
        ErrorOutputPrefix: 'theirs-errors/',
        CompressionFormat: 'GZIP',
      },
    }),
  );
  const status = async () =>
    (await firehose.send(new DescribeDeliveryStreamCommand({ DeliveryStreamName }))).DeliveryStreamDescription!
      .DeliveryStreamStatus;
  while ((await status()) !== 'ACTIVE') await new Promise((resolve) => setTimeout(resolve, 20));
}

async function seedGroup({ logs }: Clients, region: string, logGroupName: string, state: ClusterState): Promise<void> {
  await logs.send(new CreateLogGroupCommand({ logGroupName, ...(state.tags ? { tags: state.tags } : {}) }));
  if (state.retention) {
    await logs.send(new PutRetentionPolicyCommand({ logGroupName, retentionInDays: state.retention }));
  }
  if (state.types.includes('audit')) {
    const logStreamName = `kube-apiserver-audit-${'0123456789abcdef'.repeat(2)}`;
    await logs.send(new CreateLogStreamCommand({ logGroupName, logStreamName }));
  }
  for (let i = 0; i < (state.filters ?? 0); i++) {
    await logs.send(
      new PutSubscriptionFilterCommand({
        logGroupName,
        filterName: `theirs-${i}`,
        filterPattern: 'ERROR',
        destinationArn: arn('firehose', region, `deliverystream/foreign-stream-${i}`),
        roleArn: role('foreign-logs'),
      }),
    );
  }
}
