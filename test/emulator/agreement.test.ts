import {
  CreateWorkGroupCommand,
  DeleteWorkGroupCommand,
  GetWorkGroupCommand,
  ListTagsForResourceCommand as ListTags,
  UpdateWorkGroupCommand,
} from '@aws-sdk/client-athena';
import {
  CreateLogGroupCommand,
  CreateLogStreamCommand,
  DeleteLogGroupCommand,
  DeleteSubscriptionFilterCommand,
  DescribeLogGroupsCommand,
  DescribeSubscriptionFiltersCommand,
  ListTagsForResourceCommand,
  PutRetentionPolicyCommand,
  PutSubscriptionFilterCommand,
  TagResourceCommand as TagLogGroup,
} from '@aws-sdk/client-cloudwatch-logs';
import {
  DescribeClusterCommand,
  DescribeUpdateCommand,
  ListClustersCommand,
  TagResourceCommand,
  UntagResourceCommand,
  UpdateClusterConfigCommand,
} from '@aws-sdk/client-eks';
import {
  CreateDeliveryStreamCommand,
  DeleteDeliveryStreamCommand,
  DescribeDeliveryStreamCommand,
  ListTagsForDeliveryStreamCommand,
  TagDeliveryStreamCommand,
  UpdateDestinationCommand,
} from '@aws-sdk/client-firehose';
import {
  CreateDatabaseCommand,
  CreateTableCommand,
  DeleteDatabaseCommand,
  GetDatabaseCommand,
  GetTableCommand,
  GetTagsCommand,
  UpdateTableCommand,
} from '@aws-sdk/client-glue';
import {
  CreateRoleCommand,
  DeleteRoleCommand,
  DeleteRolePolicyCommand,
  GetRoleCommand,
  GetRolePolicyCommand,
  PutRolePolicyCommand,
  TagRoleCommand,
  UntagRoleCommand,
} from '@aws-sdk/client-iam';
import {
  CreateBucketCommand,
  DeleteBucketCommand,
  DeleteObjectsCommand,
  GetBucketLifecycleConfigurationCommand,
  GetBucketOwnershipControlsCommand,
  GetBucketPolicyCommand,
  GetBucketTaggingCommand,
  GetBucketVersioningCommand,
  GetPublicAccessBlockCommand,
  HeadBucketCommand,
  ListObjectVersionsCommand,
  PutBucketPolicyCommand,
  PutBucketTaggingCommand,
  PutBucketVersioningCommand,
  PutObjectCommand,
} from '@aws-sdk/client-s3';
import { GetCallerIdentityCommand } from '@aws-sdk/client-sts';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type Aws, createAws } from '../../src/aws/clients.ts';
import { realClock, virtualClock } from '../../src/aws/clock.ts';
import { Simulator } from '../../src/simulator/simulator.ts';
import { memoryStore } from '../../src/simulator/store.ts';
import { addCluster, addRegion, emptyWorld } from '../../src/simulator/world.ts';
import { ACCOUNT, clients, type Emulator, startEmulator } from './emulator.ts';

const REGION = 'eu-west-1';
const ROLE = `arn:aws:iam::${ACCOUNT}:role/delivery`;
const SENDER = `arn:aws:iam::${ACCOUNT}:role/sender`;
const GROUP = '/aws/eks/one/cluster';
const GROUP_ARN = `arn:aws:logs:${REGION}:${ACCOUNT}:log-group:${GROUP}`;
const STREAM = `arn:aws:firehose:${REGION}:${ACCOUNT}:deliverystream/s`;
const trust = (Service: string) =>
  JSON.stringify({
    Version: '2012-10-17',
    Statement: [{ Effect: 'Allow', Principal: { Service }, Action: 'sts:AssumeRole' }],
  });
const allow = (...Action: string[]) =>
  JSON.stringify({ Version: '2012-10-17', Statement: [{ Effect: 'Allow', Action, Resource: '*' }] });
const destination = {
  RoleARN: ROLE,
  BucketARN: 'arn:aws:s3:::agreed',
  BufferingHints: { IntervalInSeconds: 60, SizeInMBs: 5 },
  FileExtension: '.gz',
};
const filter = (filterName: string) => ({
  logGroupName: GROUP,
  filterName,
  filterPattern: '',
  destinationArn: STREAM,
  roleArn: SENDER,
});
const audit = (enabled: boolean) => ({
  name: 'one',
  logging: { clusterLogging: [{ types: ['audit' as const], enabled }] },
});

const DATABASE = { DatabaseInput: { Name: 'agreed', Description: 'd' }, Tags: { a: '1' } };
const DATABASE_ARN = `arn:aws:glue:${REGION}:${ACCOUNT}:database/agreed`;
const TABLE = { DatabaseName: 'agreed', Name: 't' };
const tableWith = (Parameters: Record<string, string>) => ({
  DatabaseName: 'agreed',
  TableInput: { Name: 't', Parameters, StorageDescriptor: { Columns: [{ Name: 'c', Type: 'string' }] } },
});
const WORKGROUP = {
  Name: 'agreed',
  Configuration: {
    EnforceWorkGroupConfiguration: true,
    ResultConfiguration: { OutputLocation: 's3://agreed/results/' },
  },
  Tags: [{ Key: 'a', Value: '1' }],
};
const WORKGROUP_ARN = `arn:aws:athena:${REGION}:${ACCOUNT}:workgroup/agreed`;

type Step = readonly [what: string, ask: (aws: Aws) => Promise<unknown>, wait?: (aws: Aws) => Promise<unknown>];

/** One life of everything that rad-connect touches; what is returned is what rad-connect reads. */
const SCRIPT: readonly Step[] = [
  ['who', async ({ sts }) => (await sts.send(new GetCallerIdentityCommand({}))).Account],
  ['no role', ({ iam }) => iam.send(new GetRoleCommand({ RoleName: 'delivery' }))],
  [
    'role',
    async ({ iam }) =>
      (
        await iam.send(
          new CreateRoleCommand({
            RoleName: 'delivery',
            AssumeRolePolicyDocument: trust('firehose.amazonaws.com'),
            Tags: [{ Key: 'a', Value: '1' }],
          }),
        )
      ).Role?.Arn,
  ],
  [
    'role again',
    ({ iam }) =>
      iam.send(
        new CreateRoleCommand({ RoleName: 'delivery', AssumeRolePolicyDocument: trust('firehose.amazonaws.com') }),
      ),
  ],
  [
    'sender',
    ({ iam }) =>
      quiet(
        iam.send(new CreateRoleCommand({ RoleName: 'sender', AssumeRolePolicyDocument: trust('logs.amazonaws.com') })),
      ),
  ],
  ['no policy', ({ iam }) => iam.send(new GetRolePolicyCommand({ RoleName: 'delivery', PolicyName: 'p' }))],
  [
    'policy',
    ({ iam }) =>
      quiet(
        iam.send(
          new PutRolePolicyCommand({
            RoleName: 'delivery',
            PolicyName: 'p',
            PolicyDocument: allow('s3:PutObject', 's3:ListBucket'),
          }),
        ),
      ),
  ],
  [
    'policy read',
    async ({ iam }) =>
      document((await iam.send(new GetRolePolicyCommand({ RoleName: 'delivery', PolicyName: 'p' }))).PolicyDocument),
  ],
  [
    'sender policy',
    ({ iam }) =>
      quiet(
        iam.send(
          new PutRolePolicyCommand({
            RoleName: 'sender',
            PolicyName: 'p',
            PolicyDocument: allow('firehose:PutRecord'),
          }),
        ),
      ),
  ],
  [
    'tag role',
    ({ iam }) => quiet(iam.send(new TagRoleCommand({ RoleName: 'delivery', Tags: [{ Key: 'b', Value: '2' }] }))),
  ],
  ['untag role', ({ iam }) => quiet(iam.send(new UntagRoleCommand({ RoleName: 'delivery', TagKeys: ['a', 'none'] })))],
  [
    'role read',
    async ({ iam }) => {
      const { Role } = await iam.send(new GetRoleCommand({ RoleName: 'delivery' }));
      return [document(Role?.AssumeRolePolicyDocument), Role?.MaxSessionDuration, Role?.Tags];
    },
  ],

  ['no bucket', ({ s3 }) => s3.send(new HeadBucketCommand({ Bucket: 'agreed' }))],
  [
    'bucket',
    ({ s3 }) =>
      quiet(
        s3.send(
          new CreateBucketCommand({
            Bucket: 'agreed',
            CreateBucketConfiguration: { LocationConstraint: REGION, Tags: [{ Key: 'k', Value: 'v' }] },
          }),
        ),
      ),
  ],
  [
    'bucket again',
    ({ s3 }) =>
      s3.send(new CreateBucketCommand({ Bucket: 'agreed', CreateBucketConfiguration: { LocationConstraint: REGION } })),
  ],
  [
    'of another owner',
    ({ s3 }) => s3.send(new GetBucketTaggingCommand({ Bucket: 'agreed', ExpectedBucketOwner: '999999999999' })),
  ],
  ['bucket tags', async ({ s3 }) => (await s3.send(new GetBucketTaggingCommand({ Bucket: 'agreed' }))).TagSet],
  [
    'tags replaced',
    ({ s3 }) =>
      quiet(
        s3.send(new PutBucketTaggingCommand({ Bucket: 'agreed', Tagging: { TagSet: [{ Key: 'x', Value: 'y' }] } })),
      ),
  ],
  ['tags read', async ({ s3 }) => (await s3.send(new GetBucketTaggingCommand({ Bucket: 'agreed' }))).TagSet],
  [
    'blocks',
    async ({ s3 }) =>
      (await s3.send(new GetPublicAccessBlockCommand({ Bucket: 'agreed' }))).PublicAccessBlockConfiguration,
  ],
  [
    'ownership',
    async ({ s3 }) =>
      (await s3.send(new GetBucketOwnershipControlsCommand({ Bucket: 'agreed' }))).OwnershipControls?.Rules,
  ],
  ['no versioning', async ({ s3 }) => (await s3.send(new GetBucketVersioningCommand({ Bucket: 'agreed' }))).Status],
  [
    'versioning',
    ({ s3 }) =>
      quiet(
        s3.send(new PutBucketVersioningCommand({ Bucket: 'agreed', VersioningConfiguration: { Status: 'Enabled' } })),
      ),
  ],
  ['versioning read', async ({ s3 }) => (await s3.send(new GetBucketVersioningCommand({ Bucket: 'agreed' }))).Status],
  ['no lifecycle', ({ s3 }) => s3.send(new GetBucketLifecycleConfigurationCommand({ Bucket: 'agreed' }))],
  ['no bucket policy', ({ s3 }) => s3.send(new GetBucketPolicyCommand({ Bucket: 'agreed' }))],
  ['bad bucket policy', ({ s3 }) => s3.send(new PutBucketPolicyCommand({ Bucket: 'agreed', Policy: 'nonsense' }))],

  ['no stream', ({ firehose }) => firehose.send(new DescribeDeliveryStreamCommand({ DeliveryStreamName: 's' }))],
  [
    'stream without role',
    ({ firehose }) =>
      firehose.send(
        new CreateDeliveryStreamCommand({
          DeliveryStreamName: 's',
          ExtendedS3DestinationConfiguration: { ...destination, RoleARN: `${ROLE}-none` },
        }),
      ),
  ],
  [
    'stream',
    async ({ firehose }) =>
      (
        await firehose.send(
          new CreateDeliveryStreamCommand({
            DeliveryStreamName: 's',
            DeliveryStreamType: 'DirectPut',
            ExtendedS3DestinationConfiguration: destination,
            Tags: [{ Key: 'k', Value: 'v' }],
          }),
        )
      ).DeliveryStreamARN,
    active,
  ],
  [
    'stream again',
    ({ firehose }) =>
      firehose.send(
        new CreateDeliveryStreamCommand({ DeliveryStreamName: 's', ExtendedS3DestinationConfiguration: destination }),
      ),
  ],
  ['stream read', ({ firehose }) => streamOf(firehose)],
  [
    'stale version',
    ({ firehose }) =>
      firehose.send(
        new UpdateDestinationCommand({
          DeliveryStreamName: 's',
          CurrentDeliveryStreamVersionId: '99',
          DestinationId: 'destinationId-000000000001',
          ExtendedS3DestinationUpdate: { Prefix: 'x/' },
        }),
      ),
  ],
  [
    'tag stream',
    ({ firehose }) =>
      quiet(firehose.send(new TagDeliveryStreamCommand({ DeliveryStreamName: 's', Tags: [{ Key: 'l', Value: 'w' }] }))),
  ],
  [
    'stream tags',
    async ({ firehose }) =>
      (await firehose.send(new ListTagsForDeliveryStreamCommand({ DeliveryStreamName: 's' }))).Tags,
  ],

  ['no group', ({ logs }) => logs.send(new PutSubscriptionFilterCommand(filter('f')))],
  ['group', ({ logs }) => quiet(logs.send(new CreateLogGroupCommand({ logGroupName: GROUP, tags: { t: '1' } })))],
  ['group again', ({ logs }) => logs.send(new CreateLogGroupCommand({ logGroupName: GROUP }))],
  [
    'bad retention',
    ({ logs }) => logs.send(new PutRetentionPolicyCommand({ logGroupName: GROUP, retentionInDays: 91 })),
  ],
  [
    'retention',
    ({ logs }) => quiet(logs.send(new PutRetentionPolicyCommand({ logGroupName: GROUP, retentionInDays: 90 }))),
  ],
  [
    'group read',
    async ({ logs }) => {
      const { logGroups = [] } = await logs.send(new DescribeLogGroupsCommand({ logGroupNamePrefix: '/aws/eks/' }));
      return logGroups.map(({ logGroupName, arn, logGroupArn, retentionInDays, logGroupClass }) => ({
        logGroupName,
        arn,
        logGroupArn,
        retentionInDays,
        logGroupClass,
      }));
    },
  ],
  ['tag group', ({ logs }) => quiet(logs.send(new TagLogGroup({ resourceArn: GROUP_ARN, tags: { u: '2' } })))],
  [
    'group tags',
    async ({ logs }) => (await logs.send(new ListTagsForResourceCommand({ resourceArn: GROUP_ARN }))).tags,
  ],
  [
    'log stream',
    ({ logs }) => quiet(logs.send(new CreateLogStreamCommand({ logGroupName: GROUP, logStreamName: 'S3Delivery' }))),
  ],
  [
    'log stream again',
    ({ logs }) => logs.send(new CreateLogStreamCommand({ logGroupName: GROUP, logStreamName: 'S3Delivery' })),
  ],
  [
    'filter to no stream',
    ({ logs }) => logs.send(new PutSubscriptionFilterCommand({ ...filter('f'), destinationArn: `${STREAM}-none` })),
  ],
  ['filter', ({ logs }) => quiet(logs.send(new PutSubscriptionFilterCommand(filter('f'))))],
  ['second filter', ({ logs }) => quiet(logs.send(new PutSubscriptionFilterCommand(filter('g'))))],
  ['third filter', ({ logs }) => logs.send(new PutSubscriptionFilterCommand(filter('h')))],
  [
    'over its own name',
    ({ logs }) => quiet(logs.send(new PutSubscriptionFilterCommand({ ...filter('f'), filterPattern: 'x' }))),
  ],
  [
    'filters',
    async ({ logs }) => {
      const { subscriptionFilters = [] } = await logs.send(
        new DescribeSubscriptionFiltersCommand({ logGroupName: GROUP }),
      );
      return subscriptionFilters.map(({ filterName, filterPattern, destinationArn, roleArn }) => ({
        filterName,
        filterPattern,
        destinationArn,
        roleArn,
      }));
    },
  ],
  [
    'delete filter',
    ({ logs }) => quiet(logs.send(new DeleteSubscriptionFilterCommand({ logGroupName: GROUP, filterName: 'f' }))),
  ],
  [
    'delete filter again',
    ({ logs }) => logs.send(new DeleteSubscriptionFilterCommand({ logGroupName: GROUP, filterName: 'f' })),
  ],

  ['clusters', async ({ eks }) => (await eks.send(new ListClustersCommand({}))).clusters],
  ['no cluster', ({ eks }) => eks.send(new DescribeClusterCommand({ name: 'none' }))],
  ['nothing to change', ({ eks }) => eks.send(new UpdateClusterConfigCommand(audit(false)))],
  ['audit on', async ({ eks }) => (await eks.send(new UpdateClusterConfigCommand(audit(true)))).update?.type],
  ['busy', async ({ eks }) => eks.send(new UpdateClusterConfigCommand(audit(false))), settled],
  ['cluster read', ({ eks }) => clusterOf(eks)],
  [
    'no such update',
    ({ eks }) => eks.send(new DescribeUpdateCommand({ name: 'one', updateId: '00000000-0000-0000-0000-000000000000' })),
  ],
  [
    'tag cluster',
    ({ eks }) =>
      quiet(
        eks.send(
          new TagResourceCommand({
            resourceArn: `arn:aws:eks:${REGION}:${ACCOUNT}:cluster/one`,
            tags: { a: '1', b: '2', c: '3' },
          }),
        ),
      ),
  ],
  [
    'untag cluster',
    ({ eks }) =>
      quiet(
        eks.send(
          new UntagResourceCommand({
            resourceArn: `arn:aws:eks:${REGION}:${ACCOUNT}:cluster/one`,
            tagKeys: ['a', 'b'],
          }),
        ),
      ),
  ],
  ['cluster tags', ({ eks }) => clusterOf(eks)],

  ['no database', async ({ glue }) => (await glue()).send(new GetDatabaseCommand({ Name: 'agreed' }))],
  ['database', async ({ glue }) => quiet((await glue()).send(new CreateDatabaseCommand(DATABASE)))],
  ['database again', async ({ glue }) => (await glue()).send(new CreateDatabaseCommand(DATABASE))],
  [
    'database read',
    async ({ glue }) => {
      const { Database } = await (await glue()).send(new GetDatabaseCommand({ Name: 'agreed' }));
      const { Tags } = await (await glue()).send(new GetTagsCommand({ ResourceArn: DATABASE_ARN }));
      return [Database?.Name, Database?.Description, Tags];
    },
  ],
  ['no table', async ({ glue }) => (await glue()).send(new GetTableCommand(TABLE))],
  ['table', async ({ glue }) => quiet((await glue()).send(new CreateTableCommand(tableWith({ a: '1' }))))],
  ['table again', async ({ glue }) => (await glue()).send(new CreateTableCommand(tableWith({})))],
  ['update table', async ({ glue }) => quiet((await glue()).send(new UpdateTableCommand(tableWith({ b: '2' }))))],
  [
    'table read',
    async ({ glue }) => {
      const { Table } = await (await glue()).send(new GetTableCommand(TABLE));
      return [Table?.Name, Table?.Parameters, Table?.StorageDescriptor?.Columns];
    },
  ],
  ['delete database', async ({ glue }) => quiet((await glue()).send(new DeleteDatabaseCommand({ Name: 'agreed' })))],
  ['table gone', async ({ glue }) => (await glue()).send(new GetTableCommand(TABLE))],
  ['no workgroup', async ({ athena }) => (await athena()).send(new GetWorkGroupCommand({ WorkGroup: 'agreed' }))],
  ['workgroup', async ({ athena }) => quiet((await athena()).send(new CreateWorkGroupCommand(WORKGROUP)))],
  ['workgroup again', async ({ athena }) => (await athena()).send(new CreateWorkGroupCommand(WORKGROUP))],
  [
    'update workgroup',
    async ({ athena }) =>
      quiet(
        (await athena()).send(
          new UpdateWorkGroupCommand({
            WorkGroup: 'agreed',
            ConfigurationUpdates: { BytesScannedCutoffPerQuery: 20_000_000 },
          }),
        ),
      ),
  ],
  [
    'workgroup read',
    async ({ athena }) => {
      const { WorkGroup } = await (await athena()).send(new GetWorkGroupCommand({ WorkGroup: 'agreed' }));
      const { ResultConfiguration: results, BytesScannedCutoffPerQuery, ...rest } = WorkGroup?.Configuration ?? {};
      return [WorkGroup?.State, results, BytesScannedCutoffPerQuery, rest.EnforceWorkGroupConfiguration];
    },
  ],
  [
    'workgroup tags',
    async ({ athena }) => (await (await athena()).send(new ListTags({ ResourceARN: WORKGROUP_ARN }))).Tags,
  ],
  [
    'delete workgroup',
    async ({ athena }) =>
      quiet((await athena()).send(new DeleteWorkGroupCommand({ WorkGroup: 'agreed', RecursiveDeleteOption: true }))),
  ],
  ['workgroup gone', async ({ athena }) => (await athena()).send(new GetWorkGroupCommand({ WorkGroup: 'agreed' }))],

  ['object', ({ s3 }) => quiet(s3.send(new PutObjectCommand({ Bucket: 'agreed', Key: 'a b+c', Body: 'x' })))],
  ['bucket not empty', ({ s3 }) => s3.send(new DeleteBucketCommand({ Bucket: 'agreed' }))],
  ['no objects named', ({ s3 }) => s3.send(new DeleteObjectsCommand({ Bucket: 'agreed', Delete: { Objects: [] } }))],
  [
    'delete stream',
    ({ firehose }) => quiet(firehose.send(new DeleteDeliveryStreamCommand({ DeliveryStreamName: 's' }))),
    gone,
  ],
  [
    'delete stream again',
    ({ firehose }) => firehose.send(new DeleteDeliveryStreamCommand({ DeliveryStreamName: 's' })),
  ],
  ['versions', ({ s3 }) => emptied(s3)],
  ['delete bucket', ({ s3 }) => quiet(s3.send(new DeleteBucketCommand({ Bucket: 'agreed' })))],
  ['delete bucket again', ({ s3 }) => s3.send(new DeleteBucketCommand({ Bucket: 'agreed' }))],
  [
    'delete group',
    ({ logs }) => quiet(logs.send(new DeleteLogGroupCommand({ logGroupName: '/aws/eks/none/cluster' }))),
  ],
  ['role with policies', ({ iam }) => iam.send(new DeleteRoleCommand({ RoleName: 'delivery' }))],
  [
    'delete policy',
    ({ iam }) => quiet(iam.send(new DeleteRolePolicyCommand({ RoleName: 'delivery', PolicyName: 'p' }))),
  ],
  ['delete role', ({ iam }) => quiet(iam.send(new DeleteRoleCommand({ RoleName: 'delivery' })))],
  ['delete role again', ({ iam }) => iam.send(new DeleteRoleCommand({ RoleName: 'delivery' }))],
];

const quiet = async (request: Promise<unknown>) => {
  await request;
  return 'ok';
};
const document = (text = '') =>
  JSON.parse(decodeURIComponent(text), (_, value) => (Array.isArray(value) && value.length === 1 ? value[0] : value));

async function streamOf(firehose: Aws['firehose']) {
  const { DeliveryStreamDescription: s } = await firehose.send(
    new DescribeDeliveryStreamCommand({ DeliveryStreamName: 's' }),
  );
  const d = s?.Destinations?.[0]?.ExtendedS3DestinationDescription;
  return [
    s?.DeliveryStreamStatus,
    s?.DeliveryStreamType,
    d?.RoleARN,
    d?.BucketARN,
    d?.BufferingHints,
    d?.CompressionFormat,
    d?.FileExtension,
    d?.CloudWatchLoggingOptions?.Enabled,
  ];
}

async function clusterOf(eks: Aws['eks']) {
  const { cluster } = await eks.send(new DescribeClusterCommand({ name: 'one' }));
  const on = cluster?.logging?.clusterLogging?.filter(({ enabled }) => enabled).flatMap(({ types }) => types ?? []);
  return [cluster?.status, on?.sort(), cluster?.tags];
}

async function emptied(s3: Aws['s3']) {
  const { Versions = [], DeleteMarkers = [] } = await s3.send(new ListObjectVersionsCommand({ Bucket: 'agreed' }));
  const Objects = [...Versions, ...DeleteMarkers].map(({ Key, VersionId }) => ({ Key, VersionId }));
  const { Errors = [] } = await s3.send(
    new DeleteObjectsCommand({ Bucket: 'agreed', Delete: { Objects, Quiet: true } }),
  );
  return [Versions.some(({ Key }) => Key === 'a b+c'), Errors];
}

type Pause = (ms: number) => Promise<void>;
let pause: Pause;
async function until(done: () => Promise<boolean>) {
  for (let i = 0; i < 500 && !(await done()); i++) await pause(20);
}
async function active({ firehose }: Aws) {
  await until(async () => (await streamOf(firehose))[0] === 'ACTIVE');
}
async function settled({ eks }: Aws) {
  await until(async () => (await clusterOf(eks))[0] === 'ACTIVE');
}
async function gone({ firehose }: Aws) {
  await until(() =>
    streamOf(firehose).then(
      () => false,
      () => true,
    ),
  );
}

/** The answers of a script: what was returned, or the name of the error. */
async function play(aws: Aws): Promise<Record<string, unknown>> {
  const answers: Record<string, unknown> = {};
  for (const [what, ask, wait] of SCRIPT) {
    answers[what] = await ask(aws).catch((error: Error) => `refused: ${error.name}`);
    await wait?.(aws);
  }
  return JSON.parse(JSON.stringify(answers));
}

let emulator: Emulator;
beforeAll(async () => {
  emulator = await startEmulator();
});
afterAll(() => emulator.stop());

const options = {
  signal: new AbortController().signal,
  kill: new AbortController().signal,
  version: 'test',
  concurrency: 4,
  credentials: { accessKeyId: 'AKIAIOSFODNN7EXAMPLE', secretAccessKey: 'x' },
};

test('the simulator answers as the emulator does', async () => {
  const clock = virtualClock(Date.parse('2026-11-23T00:00:00Z'));
  const world = emptyWorld({ pageSize: 10 });
  // What is compared is what AWS answers, not when.
  Object.assign(world.lags, {
    callMs: 0,
    roleMs: 0,
    eksUpdateMs: 1_000,
    streamCreatingMs: 1_000,
    streamDeletingMs: 1_000,
  });
  addRegion(world, REGION);
  addCluster(world, REGION, 'one', { logging: ['api'] });
  const simulator = new Simulator({ clock, store: memoryStore(world) });
  pause = (ms) => clock.sleep(ms);
  const simulated = await play(createAws(REGION, ACCOUNT, { ...options, clock, onClient: simulator.attach }));

  const { eks } = clients(emulator, REGION, { quiet: true });
  const { CreateClusterCommand } = await import('@aws-sdk/client-eks');
  await eks.send(
    new CreateClusterCommand({
      name: 'one',
      roleArn: `arn:aws:iam::${ACCOUNT}:role/eks`,
      resourcesVpcConfig: { subnetIds: ['subnet-a'] },
      logging: { clusterLogging: [{ types: ['api'], enabled: true }] },
    }),
  );
  pause = realClock.sleep;
  process.env.AWS_ENDPOINT_URL = emulator.url;
  const emulated = await play(createAws(REGION, ACCOUNT, { ...options, clock: realClock }));
  expect(simulated).toEqual(emulated);
});
