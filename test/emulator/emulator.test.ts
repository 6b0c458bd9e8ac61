import { gunzipSync } from 'node:zlib';
import { ListRegionsCommand } from '@aws-sdk/client-account';
import {
  CreateLogGroupCommand,
  CreateLogStreamCommand,
  DeleteLogGroupCommand,
  DescribeLogGroupsCommand,
  DescribeSubscriptionFiltersCommand,
  DisassociateKmsKeyCommand,
  FilterLogEventsCommand,
  ListTagsForResourceCommand,
  PutLogEventsCommand,
  PutRetentionPolicyCommand,
  PutSubscriptionFilterCommand,
  TagResourceCommand,
} from '@aws-sdk/client-cloudwatch-logs';
import {
  CreateClusterCommand,
  DescribeClusterCommand,
  DescribeUpdateCommand,
  TagResourceCommand as EksTagResourceCommand,
  ListClustersCommand,
  ListUpdatesCommand,
  type LogType,
  UntagResourceCommand,
  UpdateClusterConfigCommand,
} from '@aws-sdk/client-eks';
import {
  CreateDeliveryStreamCommand,
  DeleteDeliveryStreamCommand,
  DescribeDeliveryStreamCommand,
  ListDeliveryStreamsCommand,
  UpdateDestinationCommand,
} from '@aws-sdk/client-firehose';
import {
  CreateRoleCommand,
  DeleteRolePolicyCommand,
  PutRolePolicyCommand,
  SimulatePrincipalPolicyCommand,
} from '@aws-sdk/client-iam';
import {
  CreateBucketCommand,
  DeleteBucketCommand,
  GetBucketEncryptionCommand,
  GetBucketLifecycleConfigurationCommand,
  GetBucketOwnershipControlsCommand,
  GetBucketPolicyCommand,
  GetBucketTaggingCommand,
  GetObjectCommand,
  GetPublicAccessBlockCommand,
  HeadBucketCommand,
  ListObjectsV2Command,
  PutBucketLifecycleConfigurationCommand,
  PutBucketPolicyCommand,
  PutBucketTaggingCommand,
  PutObjectCommand,
} from '@aws-sdk/client-s3';
import { GetCallerIdentityCommand } from '@aws-sdk/client-sts';
import { afterAll, beforeAll, beforeEach, describe, expect, test, vi } from 'vitest';
import {
  ACCOUNT,
  type Clients,
  clients,
  clusterStates,
  type Emulator,
  seed,
  snapshot,
  startEmulator,
} from './emulator.ts';

const REGION = 'eu-west-1';
const ROLE = `arn:aws:iam::${ACCOUNT}:role/delivery`;
const STREAM_ARN = `arn:aws:firehose:${REGION}:${ACCOUNT}:deliverystream/s`;
const GROUP_ARN = `arn:aws:logs:${REGION}:${ACCOUNT}:log-group:g`;
const BUCKET = 'some-bucket';

let emulator: Emulator;
let aws: Clients;

beforeAll(async () => {
  emulator = await startEmulator();
  aws = clients(emulator, REGION);
});
afterAll(() => emulator.stop());
beforeEach(() => emulator.reset());

const eventually = <T>(assertion: () => Promise<T>) => vi.waitFor(assertion, { timeout: 5000, interval: 20 });

async function makeRole(condition?: object): Promise<void> {
  const principal = { Service: ['logs.amazonaws.com', 'firehose.amazonaws.com'] };
  const trust = { Effect: 'Allow', Principal: principal, Action: 'sts:AssumeRole', Condition: condition };
  await aws.iam.send(
    new CreateRoleCommand({
      RoleName: 'delivery',
      AssumeRolePolicyDocument: JSON.stringify({ Version: '2012-10-17', Statement: [trust] }),
    }),
  );
  const allow = { Effect: 'Allow', Action: ['firehose:PutRecord', 's3:PutObject'], Resource: '*' };
  await aws.iam.send(
    new PutRolePolicyCommand({
      RoleName: 'delivery',
      PolicyName: 'p',
      PolicyDocument: JSON.stringify({ Version: '2012-10-17', Statement: [allow] }),
    }),
  );
}

async function makeBucket(Bucket = BUCKET): Promise<void> {
  await aws.s3.send(new CreateBucketCommand({ Bucket, CreateBucketConfiguration: { LocationConstraint: REGION } }));
}

async function makeStream(destination: object = {}, more: object = {}): Promise<void> {
  await aws.firehose.send(
    new CreateDeliveryStreamCommand({
      DeliveryStreamName: 's',
      ExtendedS3DestinationConfiguration: { RoleARN: ROLE, BucketARN: `arn:aws:s3:::${BUCKET}`, ...destination },
      ...more,
    }),
  );
}

async function describeStream() {
  const answer = await aws.firehose.send(new DescribeDeliveryStreamCommand({ DeliveryStreamName: 's' }));
  return answer.DeliveryStreamDescription!;
}

const streamIs = (status: string) =>
  eventually(async () => expect((await describeStream()).DeliveryStreamStatus).toBe(status));

async function makeDelivery(destination: object = {}): Promise<void> {
  await makeRole();
  await makeBucket();
  await makeStream(destination);
  await streamIs('ACTIVE');
  await aws.logs.send(new CreateLogGroupCommand({ logGroupName: 'g' }));
}

const putFilter = (filterName: string, more: object = {}) =>
  aws.logs.send(
    new PutSubscriptionFilterCommand({
      logGroupName: 'g',
      filterName,
      filterPattern: '',
      destinationArn: STREAM_ARN,
      roleArn: ROLE,
      ...more,
    }),
  );

async function filters(filterNamePrefix?: string) {
  const input = { logGroupName: 'g', ...(filterNamePrefix === undefined ? {} : { filterNamePrefix }) };
  return (await aws.logs.send(new DescribeSubscriptionFiltersCommand(input))).subscriptionFilters!;
}

async function objects(): Promise<string[]> {
  const { Contents = [] } = await aws.s3.send(new ListObjectsV2Command({ Bucket: BUCKET }));
  return Contents.map((object) => object.Key!);
}

describe('EKS', () => {
  const CLUSTER_ARN = `arn:aws:eks:${REGION}:${ACCOUNT}:cluster/c`;

  const create = (name: string, types: LogType[] = [], more: object = {}) =>
    aws.eks.send(
      new CreateClusterCommand({
        name,
        roleArn: `arn:aws:iam::${ACCOUNT}:role/eks`,
        resourcesVpcConfig: {},
        ...(types.length > 0 ? { logging: { clusterLogging: [{ types, enabled: true }] } } : {}),
        ...more,
      }),
    );
  const turn = (types: LogType[], enabled: boolean, clientRequestToken?: string) =>
    aws.eks.send(
      new UpdateClusterConfigCommand({
        name: 'c',
        logging: { clusterLogging: [{ types, enabled }] },
        ...(clientRequestToken === undefined ? {} : { clientRequestToken }),
      }),
    );
  const cluster = async () => (await aws.eks.send(new DescribeClusterCommand({ name: 'c' }))).cluster!;
  const update = async (updateId: string) =>
    (await aws.eks.send(new DescribeUpdateCommand({ name: 'c', updateId }))).update!;
  const groups = async () =>
    (await aws.logs.send(new DescribeLogGroupsCommand({ logGroupNamePrefix: '/aws/eks/c/' }))).logGroups!;

  test('a logging update takes its time, merges with what is on, and makes the log group', async () => {
    await create('c', ['api']);
    const { update: begun } = await turn(['audit'], true);
    expect(begun).toMatchObject({ status: 'InProgress', type: 'LoggingUpdate', errors: [] });
    expect(begun!.params).toEqual([{ type: 'ClusterLogging', value: expect.stringContaining('audit') }]);
    expect(await cluster()).toMatchObject({ status: 'UPDATING' });
    expect((await cluster()).logging!.clusterLogging![0]).toEqual({ types: ['api'], enabled: true });
    await expect(turn(['scheduler'], true)).rejects.toMatchObject({
      name: 'ResourceInUseException',
      message: `Cannot LoggingUpdate because cluster c currently has update ${begun!.id} in progress`,
      $metadata: { httpStatusCode: 409 },
    });
    await eventually(async () => expect(await update(begun!.id!)).toMatchObject({ status: 'Successful' }));
    expect(await cluster()).toMatchObject({ status: 'ACTIVE' });
    expect((await cluster()).logging!.clusterLogging).toEqual([
      { types: ['api', 'audit'], enabled: true },
      { types: ['authenticator', 'controllerManager', 'scheduler'], enabled: false },
    ]);
    await eventually(async () => expect(await groups()).toHaveLength(1));
    expect((await aws.eks.send(new ListUpdatesCommand({ name: 'c' }))).updateIds).toEqual([begun!.id]);
  });

  test('a second equal request is refused, one with the same token answers the same update', async () => {
    await create('c');
    const first = await turn(['audit'], true, 'token');
    const again = await turn(['audit'], true, 'token');
    expect(again.update!.id).toBe(first.update!.id);
    await eventually(async () => expect(await cluster()).toMatchObject({ status: 'ACTIVE' }));
    await expect(turn(['audit'], true)).rejects.toMatchObject({
      name: 'InvalidParameterException',
      message: 'No changes needed for the logging config provided',
    });
  });

  test('an update can fail, and the cluster is active again all the same', async () => {
    await emulator.configure({ eksUpdateFail: 1, eksUpdateMs: 0 });
    await create('c');
    const { update: failed } = await turn(['audit'], true);
    expect(await update(failed!.id!)).toMatchObject({
      status: 'Failed',
      errors: [{ errorCode: 'IpNotAvailable' }],
    });
    expect(await cluster()).toMatchObject({ status: 'ACTIVE' });
    expect((await cluster()).logging!.clusterLogging).toHaveLength(1);
  });

  test('a log group deleted while logging is on comes back', async () => {
    await create('c', ['audit']);
    await aws.logs.send(new CreateLogGroupCommand({ logGroupName: '/aws/eks/c/cluster', tags: { a: 'b' } }));
    await aws.logs.send(new DeleteLogGroupCommand({ logGroupName: '/aws/eks/c/cluster' }));
    expect(await groups()).toEqual([]);
    await eventually(async () => expect(await groups()).toHaveLength(1));
    const resourceArn = (await groups())[0]!.logGroupArn!;
    expect((await aws.logs.send(new ListTagsForResourceCommand({ resourceArn }))).tags).toEqual({});
  });

  test('several tags are removed at once; a missing cluster answers as AWS does', async () => {
    await create('c', [], { tags: { a: '1', b: '2', c: '3' } });
    await aws.eks.send(new UntagResourceCommand({ resourceArn: CLUSTER_ARN, tagKeys: ['a', 'b'] }));
    expect((await cluster()).tags).toEqual({ c: '3' });
    await expect(
      aws.eks.send(new EksTagResourceCommand({ resourceArn: `${CLUSTER_ARN}x`, tags: { a: 'b' } })),
    ).rejects.toMatchObject({ name: 'NotFoundException' });
    await expect(aws.eks.send(new DescribeClusterCommand({ name: 'x' }))).rejects.toMatchObject({
      name: 'ResourceNotFoundException',
      message: 'No cluster found for name: x.',
    });
    await expect(update('nothing')).rejects.toMatchObject({ name: 'ResourceNotFoundException' });
  });

  test('clusters are made fast, and listed in pages', async () => {
    const began = Date.now();
    for (let i = 0; i < 20; i++) await create(`c${i}`);
    expect(Date.now() - began).toBeLessThan(2000);
    const page = await aws.eks.send(new ListClustersCommand({ maxResults: 15 }));
    expect(page.clusters).toHaveLength(15);
    expect(page.nextToken).toBeTruthy();
  });
});

describe('CloudWatch Logs', () => {
  test('a filter is overwritten at the limit, a further one is refused', async () => {
    await makeDelivery();
    await putFilter('b');
    await putFilter('a');
    await expect(putFilter('c')).rejects.toMatchObject({ name: 'LimitExceededException' });
    await putFilter('a', { filterPattern: 'ERROR', distribution: 'Random' });
    expect(await filters()).toMatchObject([
      { filterName: 'a', filterPattern: 'ERROR', distribution: 'Random' },
      { filterName: 'b', filterPattern: '', distribution: 'ByLogStream' },
    ]);
    expect(await filters('b')).toHaveLength(1);
    await emulator.configure({ filterLimit: 5 });
    await putFilter('c');
    expect(await filters()).toHaveLength(3);
  });

  test('a filter needs an active stream of its own region, a role, and the permission', async () => {
    const undelivered = {
      name: 'InvalidParameterException',
      message:
        'Could not deliver test message to specified Firehose stream. Check if the given Firehose stream is in ACTIVE state.',
    };
    await aws.logs.send(new CreateLogGroupCommand({ logGroupName: 'g' }));
    await makeRole({ StringLike: { 'aws:SourceArn': `arn:aws:logs:*:${ACCOUNT}:*` } });
    await makeBucket();
    await expect(putFilter('f')).rejects.toMatchObject(undelivered);
    await expect(makeStream()).rejects.toMatchObject({ name: 'InvalidArgumentException' });
    await emulator.reset();

    await aws.logs.send(new CreateLogGroupCommand({ logGroupName: 'g' }));
    await makeRole();
    await makeBucket();
    await makeStream();
    await expect(putFilter('f')).rejects.toMatchObject(undelivered);
    await streamIs('ACTIVE');
    await expect(putFilter('f', { roleArn: `${ROLE}-missing` })).rejects.toMatchObject(undelivered);
    const elsewhere = STREAM_ARN.replace(REGION, 'us-east-1');
    await expect(putFilter('f', { destinationArn: elsewhere })).rejects.toMatchObject(undelivered);
    await putFilter('f');
    await aws.iam.send(new DeleteRolePolicyCommand({ RoleName: 'delivery', PolicyName: 'p' }));
    await expect(putFilter('f')).rejects.toMatchObject(undelivered);
  });

  test('a role that is too young is refused, in the words of either service', async () => {
    await makeDelivery();
    await emulator.configure({ iamPropagationMs: 60_000 });
    await expect(putFilter('f')).rejects.toMatchObject({
      name: 'ValidationException',
      message: 'Make sure you have given CloudWatch Logs permission to assume the provided role.',
    });
    await expect(makeStream({}, { DeliveryStreamName: 'other' })).rejects.toMatchObject({
      name: 'InvalidArgumentException',
      message: `Firehose is unable to assume role ${ROLE}. Please check the role provided.`,
    });
  });

  test('tags belong to the group, with and without :* in its name, and go with it', async () => {
    await aws.logs.send(new CreateLogGroupCommand({ logGroupName: 'g', tags: { a: '1' } }));
    await aws.logs.send(new TagResourceCommand({ resourceArn: `${GROUP_ARN}:*`, tags: { b: '2' } }));
    const tags = async () => (await aws.logs.send(new ListTagsForResourceCommand({ resourceArn: GROUP_ARN }))).tags;
    expect(await tags()).toEqual({ a: '1', b: '2' });
    await aws.logs.send(new DeleteLogGroupCommand({ logGroupName: 'g' }));
    await expect(tags()).rejects.toMatchObject({ name: 'ResourceNotFoundException' });
    await aws.logs.send(new CreateLogGroupCommand({ logGroupName: 'g' }));
    expect(await tags()).toEqual({});
  });

  test('groups have a class, and one of AWS’s retentions', async () => {
    await aws.logs.send(new CreateLogGroupCommand({ logGroupName: 'g' }));
    await aws.logs.send(new CreateLogGroupCommand({ logGroupName: 'ia', logGroupClass: 'INFREQUENT_ACCESS' }));
    await expect(
      aws.logs.send(new PutRetentionPolicyCommand({ logGroupName: 'g', retentionInDays: 8 })),
    ).rejects.toMatchObject({ name: 'InvalidParameterException' });
    await aws.logs.send(new PutRetentionPolicyCommand({ logGroupName: 'g', retentionInDays: 14 }));
    const { logGroups } = await aws.logs.send(new DescribeLogGroupsCommand({}));
    expect(logGroups).toMatchObject([
      { logGroupName: 'g', logGroupClass: 'STANDARD', retentionInDays: 14 },
      { logGroupName: 'ia', logGroupClass: 'INFREQUENT_ACCESS' },
    ]);
    await expect(putFilter('f', { logGroupName: 'ia' })).rejects.toMatchObject({ name: 'InvalidOperationException' });
    const found = await aws.logs.send(new DescribeLogGroupsCommand({ logGroupNamePattern: 'a' }));
    expect(found.logGroups!.map((group) => group.logGroupName)).toEqual(['ia']);
  });
});

describe('Firehose', () => {
  test('creating, active, deleting, gone', async () => {
    await makeRole();
    await makeBucket();
    await makeStream();
    expect((await describeStream()).DeliveryStreamStatus).toBe('CREATING');
    const remove = () => aws.firehose.send(new DeleteDeliveryStreamCommand({ DeliveryStreamName: 's' }));
    await expect(remove()).rejects.toMatchObject({ name: 'ResourceInUseException' });
    await streamIs('ACTIVE');
    await remove();
    expect((await describeStream()).DeliveryStreamStatus).toBe('DELETING');
    await expect(makeStream()).rejects.toMatchObject({ name: 'ResourceInUseException' });
    await eventually(() => expect(describeStream()).rejects.toMatchObject({ name: 'ResourceNotFoundException' }));
    await makeStream();
  });

  test('what was not said is read back with AWS’s defaults, and the encryption always', async () => {
    await makeRole();
    await makeBucket();
    await makeStream();
    const plain = await describeStream();
    expect(plain.DeliveryStreamEncryptionConfiguration).toEqual({ Status: 'DISABLED' });
    expect(plain.Destinations![0]!.ExtendedS3DestinationDescription).toMatchObject({
      BufferingHints: { SizeInMBs: 5, IntervalInSeconds: 300 },
      CompressionFormat: 'UNCOMPRESSED',
      EncryptionConfiguration: { NoEncryptionConfig: 'NoEncryption' },
      S3BackupMode: 'Disabled',
    });
    await streamIs('ACTIVE');
    const input = { DeliveryStreamEncryptionConfigurationInput: { KeyType: 'AWS_OWNED_CMK' } };
    await makeStream({}, { DeliveryStreamName: 't', ...input });
    const sealed = await aws.firehose.send(new DescribeDeliveryStreamCommand({ DeliveryStreamName: 't' }));
    expect(sealed.DeliveryStreamDescription!.DeliveryStreamEncryptionConfiguration).toEqual({
      KeyType: 'AWS_OWNED_CMK',
      Status: 'ENABLED',
    });
    await expect(makeStream({ BufferingHints: { SizeInMBs: 5 } }, { DeliveryStreamName: 'u' })).rejects.toMatchObject({
      name: 'InvalidArgumentException',
    });
    const listed = await aws.firehose.send(new ListDeliveryStreamsCommand({}));
    expect(listed.DeliveryStreamNames).toEqual(['s', 't']);
  });

  test('an update of one field keeps the others, and delivery goes on', async () => {
    await makeDelivery({ FileExtension: '.gz', Prefix: 'p/' });
    const { VersionId, Destinations } = await describeStream();
    await aws.firehose.send(
      new UpdateDestinationCommand({
        DeliveryStreamName: 's',
        CurrentDeliveryStreamVersionId: VersionId!,
        DestinationId: Destinations![0]!.DestinationId!,
        ExtendedS3DestinationUpdate: { BufferingHints: { SizeInMBs: 1, IntervalInSeconds: 60 } },
      }),
    );
    const after = await describeStream();
    expect(after.VersionId).toBe('2');
    for (const kind of ['ExtendedS3DestinationDescription', 'S3DestinationDescription'] as const) {
      expect(after.Destinations![0]![kind]).toMatchObject({
        BucketARN: `arn:aws:s3:::${BUCKET}`,
        Prefix: 'p/',
        BufferingHints: { SizeInMBs: 1, IntervalInSeconds: 60 },
      });
    }
    await putFilter('f');
    expect(await objects()).toHaveLength(1);
  });

  test('the trust’s external id is the account’s', async () => {
    await makeBucket();
    await makeRole({ StringEquals: { 'sts:ExternalId': '999999999999' } });
    await expect(makeStream()).rejects.toMatchObject({ name: 'InvalidArgumentException' });
    await emulator.reset();
    await makeBucket();
    await makeRole({ StringEquals: { 'sts:ExternalId': ACCOUNT } });
    await makeStream();
  });

  test('events of a filtered group arrive in the bucket, after the test message', async () => {
    await makeDelivery({ FileExtension: '.gz' });
    await putFilter('f');
    await aws.logs.send(new CreateLogStreamCommand({ logGroupName: 'g', logStreamName: 'l' }));
    const logEvents = [{ timestamp: Date.now(), message: '{"kind":"Event"}' }];
    await aws.logs.send(new PutLogEventsCommand({ logGroupName: 'g', logStreamName: 'l', logEvents }));
    const keys = await objects();
    expect(keys).toHaveLength(2);
    const messages = [];
    for (const Key of keys) {
      expect(Key).toMatch(/^\d{4}\/\d\d\/\d\d\/\d\d\/s-1-[-\da-f]+\.gz$/);
      const { Body } = await aws.s3.send(new GetObjectCommand({ Bucket: BUCKET, Key }));
      messages.push(JSON.parse(gunzipSync(await Body!.transformToByteArray()).toString()));
    }
    expect(messages.map((message) => message.messageType).sort()).toEqual(['CONTROL_MESSAGE', 'DATA_MESSAGE']);
  });

  test('a delivery that is denied is written to the error log', async () => {
    const CloudWatchLoggingOptions = { Enabled: true, LogGroupName: 'errors', LogStreamName: 'S3Delivery' };
    await makeDelivery({ CloudWatchLoggingOptions });
    await aws.logs.send(new CreateLogGroupCommand({ logGroupName: 'errors' }));
    await aws.logs.send(new CreateLogStreamCommand({ logGroupName: 'errors', logStreamName: 'S3Delivery' }));
    const errors = `arn:aws:logs:${REGION}:${ACCOUNT}:log-group:errors:log-stream:S3Delivery`;
    const Statement = [
      { Effect: 'Allow', Action: 'firehose:PutRecord', Resource: STREAM_ARN },
      { Effect: 'Allow', Action: 'logs:PutLogEvents', Resource: errors },
    ];
    const PolicyDocument = JSON.stringify({ Version: '2012-10-17', Statement });
    await aws.iam.send(new PutRolePolicyCommand({ RoleName: 'delivery', PolicyName: 'p', PolicyDocument }));
    await putFilter('f');
    expect(await objects()).toEqual([]);
    const { events } = await aws.logs.send(new FilterLogEventsCommand({ logGroupName: 'errors' }));
    expect(events!.map((event) => JSON.parse(event.message!).errorCode)).toEqual(['S3.AccessDenied']);
  });
});

describe('S3', () => {
  const account = { ExpectedBucketOwner: ACCOUNT };

  test('a new bucket keeps its tags and has AWS’s defaults', async () => {
    await aws.s3.send(
      new CreateBucketCommand({
        Bucket: BUCKET,
        CreateBucketConfiguration: {
          LocationConstraint: REGION,
          Tags: [
            { Key: 'a', Value: '1' },
            { Key: 'b', Value: '' },
          ],
        },
      }),
    );
    const asked = { Bucket: BUCKET, ...account };
    expect((await aws.s3.send(new GetBucketTaggingCommand(asked))).TagSet).toEqual([
      { Key: 'a', Value: '1' },
      { Key: 'b', Value: '' },
    ]);
    expect((await aws.s3.send(new GetPublicAccessBlockCommand(asked))).PublicAccessBlockConfiguration).toEqual({
      BlockPublicAcls: true,
      IgnorePublicAcls: true,
      BlockPublicPolicy: true,
      RestrictPublicBuckets: true,
    });
    expect((await aws.s3.send(new GetBucketEncryptionCommand(asked))).ServerSideEncryptionConfiguration!.Rules).toEqual(
      [
        {
          ApplyServerSideEncryptionByDefault: { SSEAlgorithm: 'AES256' },
          BucketKeyEnabled: false,
          BlockedEncryptionTypes: { EncryptionType: ['SSE-C'] },
        },
      ],
    );
    expect((await aws.s3.send(new GetBucketOwnershipControlsCommand(asked))).OwnershipControls!.Rules).toEqual([
      { ObjectOwnership: 'BucketOwnerEnforced' },
    ]);
    await aws.s3.send(new DeleteBucketCommand(asked));
    await makeBucket();
    await expect(aws.s3.send(new GetBucketTaggingCommand(asked))).rejects.toMatchObject({ name: 'NoSuchTagSet' });
  });

  test('the account-regional namespace', async () => {
    const Bucket = `x-${ACCOUNT}-us-east-1-an`;
    const east = clients(emulator, 'us-east-1').s3;
    await expect(east.send(new CreateBucketCommand({ Bucket }))).rejects.toMatchObject({ name: 'InvalidBucketName' });
    const create = new CreateBucketCommand({ Bucket, BucketNamespace: 'account-regional' });
    await east.send(create);
    await expect(east.send(create)).rejects.toMatchObject({
      name: 'BucketAlreadyOwnedByYou',
      $metadata: { httpStatusCode: 409 },
    });
    await east.send(new CreateBucketCommand({ Bucket: 'global' }));
    await east.send(new CreateBucketCommand({ Bucket: 'global' })); // us-east-1 lets an owner create twice
  });

  test('a bucket of another account is refused', async () => {
    await makeBucket();
    await aws.s3.send(new HeadBucketCommand({ Bucket: BUCKET, ...account }));
    const denied = { $metadata: { httpStatusCode: 403 } };
    const wrong = { Bucket: BUCKET, ExpectedBucketOwner: '999999999999' };
    await expect(aws.s3.send(new HeadBucketCommand(wrong))).rejects.toMatchObject(denied);
    await expect(aws.s3.send(new ListObjectsV2Command(wrong))).rejects.toMatchObject({
      name: 'AccessDenied',
      ...denied,
    });
    await expect(aws.s3.send(new PutObjectCommand({ ...wrong, Key: 'k', Body: 'x' }))).rejects.toMatchObject(denied);

    const theirs = clients(emulator, REGION, { account: '999999999999' }).s3;
    await expect(theirs.send(new ListObjectsV2Command({ Bucket: BUCKET }))).rejects.toMatchObject(denied);
    const create = { Bucket: BUCKET, CreateBucketConfiguration: { LocationConstraint: REGION } } as const;
    await expect(theirs.send(new CreateBucketCommand(create))).rejects.toMatchObject({ name: 'BucketAlreadyExists' });
  });

  test('a policy that denies insecure transport is kept word for word and shuts nobody out', async () => {
    await makeBucket();
    const deny = {
      Effect: 'Deny',
      Principal: '*',
      Action: 's3:*',
      Resource: [`arn:aws:s3:::${BUCKET}`, `arn:aws:s3:::${BUCKET}/*`],
      Condition: { Bool: { 'aws:SecureTransport': 'false' } },
    };
    const Policy = JSON.stringify({ Version: '2012-10-17', Statement: [deny] });
    await aws.s3.send(new PutBucketPolicyCommand({ Bucket: BUCKET, Policy, ...account }));
    expect((await aws.s3.send(new GetBucketPolicyCommand({ Bucket: BUCKET }))).Policy).toBe(Policy);
    await aws.s3.send(new PutObjectCommand({ Bucket: BUCKET, Key: 'k', Body: 'x' }));
    expect((await aws.s3.send(new GetObjectCommand({ Bucket: BUCKET, Key: 'k' }))).ContentLength).toBe(1);
    await expect(
      aws.s3.send(new PutBucketPolicyCommand({ Bucket: BUCKET, Policy: 'no policy' })),
    ).rejects.toMatchObject({ name: 'MalformedPolicy', $metadata: { httpStatusCode: 400 } });
  });

  test('a lifecycle reads back with the transition default', async () => {
    await makeBucket();
    const rule = { ID: 'all', Status: 'Enabled', Filter: { Prefix: '' }, Expiration: { Days: 7 } } as const;
    const LifecycleConfiguration = { Rules: [rule] };
    await aws.s3.send(new PutBucketLifecycleConfigurationCommand({ Bucket: BUCKET, LifecycleConfiguration }));
    const got = await aws.s3.send(new GetBucketLifecycleConfigurationCommand({ Bucket: BUCKET }));
    expect(got.TransitionDefaultMinimumObjectSize).toBe('all_storage_classes_128K');
    expect(got.Rules).toMatchObject([{ ID: 'all', Expiration: { Days: 7 } }]);
  });
});

describe('the account', () => {
  test('its regions; one that is disabled does not know the keys', async () => {
    await emulator.configure({ regions: ['us-east-1', 'me-south-1=DISABLED'] });
    const { Regions } = await aws.account.send(new ListRegionsCommand({ RegionOptStatusContains: ['DISABLED'] }));
    expect(Regions).toEqual([{ RegionName: 'me-south-1', RegionOptStatus: 'DISABLED' }]);
    await expect(clients(emulator, 'me-south-1').eks.send(new ListClustersCommand({}))).rejects.toMatchObject({
      name: 'UnrecognizedClientException',
    });
    await aws.sts.send(new GetCallerIdentityCommand({}));
  });

  test('what the emulator lacks is said in the service’s own words', async () => {
    const lacking = { name: 'NotImplemented', $metadata: { httpStatusCode: 501 } };
    const disassociate = new DisassociateKmsKeyCommand({ logGroupName: 'g' });
    await expect(aws.logs.send(disassociate)).rejects.toMatchObject(lacking);
    const simulate = new SimulatePrincipalPolicyCommand({ PolicySourceArn: ROLE, ActionNames: ['s3:GetObject'] });
    await expect(aws.iam.send(simulate)).rejects.toMatchObject(lacking);
    const page = await fetch(`${emulator.url}/no/such/route`, {
      headers: { authorization: `AWS4-HMAC-SHA256 Credential=A/20260101/${REGION}/eks/aws4_request` },
    });
    expect(await page.json()).toMatchObject({ __type: 'NotImplemented' });
  });
});

describe('control', () => {
  test('calls are listed with their operation and outcome', async () => {
    await makeBucket();
    await aws.s3.send(
      new PutBucketTaggingCommand({ Bucket: BUCKET, Tagging: { TagSet: [] }, ExpectedBucketOwner: ACCOUNT }),
    );
    await aws.eks.send(new DescribeClusterCommand({ name: 'x' })).catch(() => undefined);
    await clients(emulator, REGION, { quiet: true }).eks.send(new ListClustersCommand({}));
    expect(await emulator.calls()).toMatchObject([
      { service: 's3', operation: 'CreateBucket', region: REGION, resource: BUCKET, status: 200, write: true },
      { service: 's3', operation: 'PutBucketTagging', expectedOwner: ACCOUNT },
      { service: 'eks', operation: 'DescribeCluster', resource: 'x', status: 404, error: 'ResourceNotFoundException' },
    ]);
    expect(await emulator.writes()).toHaveLength(2);
    await emulator.forgetCalls();
    expect(await emulator.calls()).toEqual([]);
  });

  test('the seed makes the same account each time, and the snapshot sees a change', async () => {
    const regions = ['us-east-1', REGION];
    await seed(emulator, regions);
    expect(await emulator.calls()).toEqual([]);
    const before = await snapshot(emulator, regions);
    expect(Object.keys(before.regions[REGION]!.clusters)).toEqual(Object.keys(clusterStates).sort());
    expect(Object.keys(before.regions[REGION]!.logGroups)).toHaveLength(11);
    expect(await snapshot(emulator, regions)).toEqual(before);
    const same = await snapshot(emulator, regions, { identity: false });

    const name = { name: 'off' };
    await aws.eks.send(
      new EksTagResourceCommand({ resourceArn: `arn:aws:eks:${REGION}:${ACCOUNT}:cluster/off`, tags: { a: 'b' } }),
    );
    expect(await snapshot(emulator, regions)).not.toEqual(before);
    expect((await aws.eks.send(new DescribeClusterCommand(name))).cluster!.tags).toEqual({ a: 'b' });

    await emulator.reset();
    expect((await snapshot(emulator, regions)).roles).toEqual({});
    await seed(emulator, regions);
    expect(await snapshot(emulator, regions, { identity: false })).toEqual(same);
  });
});
