import { gunzipSync } from 'node:zlib';
import {
  CreateLogStreamCommand,
  DeleteLogGroupCommand,
  DeleteSubscriptionFilterCommand,
  DescribeLogGroupsCommand,
  DescribeLogStreamsCommand,
  ListTagsForResourceCommand,
  PutLogEventsCommand,
  PutRetentionPolicyCommand,
  PutSubscriptionFilterCommand,
  paginateDescribeLogGroups,
  paginateDescribeSubscriptionFilters,
  TagResourceCommand,
} from '@aws-sdk/client-cloudwatch-logs';
import {
  CreateDeliveryStreamCommand,
  DeleteDeliveryStreamCommand,
  DescribeDeliveryStreamCommand,
  ListDeliveryStreamsCommand,
  ListTagsForDeliveryStreamCommand,
  StartDeliveryStreamEncryptionCommand,
  UpdateDestinationCommand,
} from '@aws-sdk/client-firehose';
import { CreateRoleCommand, PutRolePolicyCommand } from '@aws-sdk/client-iam';
import { GetObjectCommand, ListObjectsV2Command } from '@aws-sdk/client-s3';
import { describe, expect, it } from 'vitest';
import {
  addBucket,
  addCluster,
  addFilter,
  addLogGroup,
  addRole,
  addStream,
  emptyWorld,
} from '../../src/simulator/world.ts';
import { account, allow, errorOf, nameOf, pages, trust } from './account.ts';

const group = '/aws/eks/prod/cluster';
const role = (name: string) => `arn:aws:iam::123456789012:role/${name}`;
const streamArn = 'arn:aws:firehose:us-east-1:123456789012:deliverystream/s';

const createStream = (more = {}) =>
  new CreateDeliveryStreamCommand({
    DeliveryStreamName: 's',
    ExtendedS3DestinationConfiguration: {
      RoleARN: role('firehose'),
      BucketARN: 'arn:aws:s3:::b',
      BufferingHints: { IntervalInSeconds: 60, SizeInMBs: 5 },
      FileExtension: '.gz',
    },
    ...more,
  });

const put = (filterName = 'f', more = {}) =>
  new PutSubscriptionFilterCommand({
    logGroupName: group,
    filterName,
    filterPattern: '{ $.kind = "Event" }',
    destinationArn: streamArn,
    roleArn: role('logs'),
    ...more,
  });

/** Everything that delivery needs, there for long; `without` leaves a part out. */
function pipeline(without = '') {
  const world = emptyWorld();
  const source = { StringLike: { 'aws:SourceArn': 'arn:aws:logs:*:123456789012:*' } };
  const external = { StringEquals: { 'sts:ExternalId': '123456789012' } };
  const inline = (action: string, resource: string) => ({ 'rad-connect': JSON.parse(allow([action], resource)) });
  addLogGroup(world, 'us-east-1', group);
  addBucket(world, 'us-east-1', 'b');
  addRole(world, 'logs', {
    trust: JSON.parse(trust(without === 'trust' ? 'ec2' : 'logs', source)),
    policies: without === 'policy' ? {} : inline('firehose:PutRecord', streamArn),
  });
  addRole(world, 'firehose', {
    trust: JSON.parse(trust('firehose', external)),
    policies: inline('s3:PutObject', 'arn:aws:s3:::b/*'),
  });
  const destination = {
    RoleARN: role('firehose'),
    BucketARN: 'arn:aws:s3:::b',
    BufferingHints: { IntervalInSeconds: 60, SizeInMBs: 5 },
  };
  if (without !== 'stream') {
    addStream(world, 'us-east-1', 's', { destination, status: without === 'ACTIVE' ? 'CREATING' : 'ACTIVE' });
  }
  return account(world);
}

const cannotDeliver =
  'Could not deliver test message to specified Firehose stream. Check if the given Firehose stream is in ACTIVE state.';

describe('Firehose', () => {
  it('sees a role only some time after it was made', async () => {
    const { firehose, iam, clock } = account();
    await iam.send(new CreateRoleCommand({ RoleName: 'firehose', AssumeRolePolicyDocument: trust('firehose') }));
    expect(await errorOf(firehose.send(createStream()))).toMatchObject({
      name: 'InvalidArgumentException',
      message: `Firehose is unable to assume role ${role('firehose')}. Please check the role provided.`,
    });
    await clock.sleep(8_000);
    expect((await firehose.send(createStream())).DeliveryStreamARN).toBe(streamArn);
  });

  it('is CREATING, ACTIVE, changed, encrypted, DELETING, gone', async () => {
    const { firehose, clock } = pipeline('stream');
    const name = { DeliveryStreamName: 's' };
    const read = async () => (await firehose.send(new DescribeDeliveryStreamCommand(name))).DeliveryStreamDescription!;
    await firehose.send(createStream({ Tags: ['c', 'a', 'b'].map((Key) => ({ Key, Value: Key })) }));
    expect(await nameOf(firehose.send(createStream()))).toBe('ResourceInUseException');
    expect((await read()).DeliveryStreamStatus).toBe('CREATING');
    expect(await nameOf(firehose.send(new DeleteDeliveryStreamCommand(name)))).toBe('ResourceInUseException');
    await clock.sleep(60_000);
    const made = await read();
    expect(made).toMatchObject({
      DeliveryStreamStatus: 'ACTIVE',
      VersionId: '1',
      DeliveryStreamEncryptionConfiguration: { Status: 'DISABLED' },
    });
    expect(made.Destinations![0]!.ExtendedS3DestinationDescription).toMatchObject({
      CompressionFormat: 'UNCOMPRESSED',
      EncryptionConfiguration: { NoEncryptionConfig: 'NoEncryption' },
      FileExtension: '.gz',
      S3BackupMode: 'Disabled',
    });
    const change = { ...name, CurrentDeliveryStreamVersionId: '1', DestinationId: 'destinationId-000000000001' };
    await firehose.send(new UpdateDestinationCommand({ ...change, ExtendedS3DestinationUpdate: { Prefix: 'x/' } }));
    expect(await nameOf(firehose.send(new UpdateDestinationCommand(change)))).toBe('ConcurrentModificationException');
    expect((await read()).Destinations![0]!.ExtendedS3DestinationDescription).toMatchObject({
      Prefix: 'x/',
      FileExtension: '.gz',
    });
    const DeliveryStreamEncryptionConfigurationInput = { KeyType: 'AWS_OWNED_CMK' as const };
    await firehose.send(
      new StartDeliveryStreamEncryptionCommand({ ...name, DeliveryStreamEncryptionConfigurationInput }),
    );
    expect((await read()).DeliveryStreamEncryptionConfiguration?.Status).toBe('ENABLING');
    await clock.sleep(5_000);
    expect((await read()).DeliveryStreamEncryptionConfiguration).toEqual({
      Status: 'ENABLED',
      KeyType: 'AWS_OWNED_CMK',
    });
    const ask = (ExclusiveStartTagKey?: string) =>
      firehose.send(new ListTagsForDeliveryStreamCommand({ ...name, ExclusiveStartTagKey }));
    const tags = await pages(ask, (page) => (page.HasMoreTags ? page.Tags!.at(-1)!.Key : undefined));
    expect(tags.map((page) => page.Tags!.map(({ Key }) => Key))).toEqual([['a', 'b'], ['c']]);
    await firehose.send(new DeleteDeliveryStreamCommand(name));
    expect((await read()).DeliveryStreamStatus).toBe('DELETING');
    await clock.sleep(20_000);
    expect(await errorOf(read())).toMatchObject({
      name: 'ResourceNotFoundException',
      message: 'Firehose s not found under account 123456789012.',
    });
    expect((await firehose.send(new ListDeliveryStreamsCommand({}))).DeliveryStreamNames).toEqual([]);
  });

  it('a creation can fail for good', async () => {
    const { firehose, world, clock } = pipeline('stream');
    world.failNextStream = { Type: 'KMS_ACCESS_DENIED', Details: 'no grant' };
    await firehose.send(createStream());
    await clock.sleep(60_000);
    const { DeliveryStreamDescription: read } = await firehose.send(
      new DescribeDeliveryStreamCommand({ DeliveryStreamName: 's' }),
    );
    expect(read).toMatchObject({
      DeliveryStreamStatus: 'CREATING_FAILED',
      FailureDescription: { Type: 'KMS_ACCESS_DENIED' },
    });
  });
});

describe('subscription filters', () => {
  it.each([
    [
      'trust',
      'ValidationException',
      'Make sure you have given CloudWatch Logs permission to assume the provided role.',
    ],
    ['policy', 'InvalidParameterException', cannotDeliver],
    ['stream', 'InvalidParameterException', cannotDeliver],
    ['ACTIVE', 'InvalidParameterException', cannotDeliver],
  ])('are refused without %s', async (part, name, message) => {
    const { logs, world } = pipeline(part);
    expect(await errorOf(logs.send(put()))).toMatchObject({ name, message, $metadata: { httpStatusCode: 400 } });
    expect(world.regions['us-east-1']!.groups[group]!.filters).toEqual({});
  });

  it('a policy written now is seen later', async () => {
    const { logs, iam, clock } = pipeline('policy');
    const PolicyDocument = allow(['firehose:PutRecord'], streamArn);
    await iam.send(new PutRolePolicyCommand({ RoleName: 'logs', PolicyName: 'p', PolicyDocument }));
    expect((await errorOf(logs.send(put()))).message).toBe(cannotDeliver);
    await clock.sleep(8_000);
    expect(await nameOf(logs.send(put()))).toBe('no error');
  });

  it.each([
    ['a missing group', put('f', { logGroupName: '/none' }), 'ResourceNotFoundException'],
    ['a pattern too long', put('f', { filterPattern: 'x'.repeat(1_025) }), 'InvalidParameterException'],
    ['a broken pattern', put('f', { filterPattern: '{ $.a = }' }), 'InvalidParameterException'],
    [
      'a destination of another kind',
      put('f', { destinationArn: 'arn:aws:sns:us-east-1:123456789012:t' }),
      'InvalidParameterException',
    ],
    ['no role', put('f', { roleArn: undefined }), 'InvalidParameterException'],
    [
      'the deletion of none',
      new DeleteSubscriptionFilterCommand({ logGroupName: group, filterName: 'f' }),
      'ResourceNotFoundException',
    ],
  ])('%s is an error', async (_, command, name) => {
    expect(await nameOf(pipeline().logs.send(command as ReturnType<typeof put>))).toBe(name);
  });

  it('two per group; one’s own can be written again', async () => {
    const { logs, world } = pipeline();
    addFilter(world, 'us-east-1', group, 'other');
    await logs.send(put());
    expect(await errorOf(logs.send(put('g')))).toMatchObject({
      name: 'LimitExceededException',
      message: 'Resource limit exceeded.',
    });
    expect(await nameOf(logs.send(put('f', { filterPattern: '' })))).toBe('no error');
    world.quotas.filtersPerGroup = 5;
    await logs.send(put('a'));
    const found = [];
    const paginator = paginateDescribeSubscriptionFilters({ client: logs }, { logGroupName: group });
    for await (const page of paginator) found.push(page.subscriptionFilters?.map(({ filterName }) => filterName));
    expect(found).toEqual([['a', 'f'], ['other']]);
    world.regions['us-east-1']!.groups[group]!.class = 'INFREQUENT_ACCESS';
    expect(await nameOf(logs.send(put()))).toBe('InvalidParameterException');
  });

  it('events that match land as one object, after the control message', async () => {
    const { logs, s3, clock, world } = pipeline();
    world.regions['us-east-1']!.streams.s!.destination.FileExtension = '.gz';
    await logs.send(put());
    const stream = { logGroupName: group, logStreamName: 'kube-apiserver-audit-1' };
    await logs.send(new CreateLogStreamCommand(stream));
    const logEvents = ['{"kind":"Event"}', '{"kind":"Other"}', 'text'].map((message) => ({
      message,
      timestamp: clock.now(),
    }));
    await logs.send(new PutLogEventsCommand({ ...stream, logEvents }));
    expect((await s3.send(new ListObjectsV2Command({ Bucket: 'b' }))).KeyCount).toBe(0);
    await clock.sleep(60_000);
    const { Contents } = await s3.send(new ListObjectsV2Command({ Bucket: 'b' }));
    expect(Contents!.map(({ Key }) => Key)).toEqual([
      expect.stringMatching(/^2026\/01\/15\/09\/s-1-2026-01-15-09-00-00-[0-9a-f-]{36}\.gz$/),
    ]);
    const { Body } = await s3.send(new GetObjectCommand({ Bucket: 'b', Key: Contents![0]!.Key! }));
    const text = gunzipSync(await Body!.transformToByteArray()).toString();
    const [control, data] = text.split(/(?<=\})(?=\{"messageType)/).map((part) => JSON.parse(part));
    expect([control.messageType, data.messageType]).toEqual(['CONTROL_MESSAGE', 'DATA_MESSAGE']);
    expect(data.logEvents.map(({ message }: { message: string }) => message)).toEqual(['{"kind":"Event"}']);
    expect(data).toMatchObject({ owner: '123456789012', logGroup: group, subscriptionFilters: ['f'] });
  });

  it('what S3 refuses is told in the error log, and tried again', async () => {
    const { logs, s3, clock, world } = pipeline();
    const place = world.regions['us-east-1']!;
    const options = { Enabled: true, LogGroupName: '/aws/kinesisfirehose/s', LogStreamName: 'S3Delivery' };
    place.streams.s!.destination.CloudWatchLoggingOptions = options;
    world.roles.firehose!.policies = { p: { text: allow(['logs:PutLogEvents'], '*'), since: 0 } };
    addLogGroup(world, 'us-east-1', options.LogGroupName, { streams: { S3Delivery: { createdAt: 0, events: [] } } });
    await logs.send(put());
    await clock.sleep(60_000);
    const asked = { logGroupName: options.LogGroupName };
    expect((await logs.send(new DescribeLogStreamsCommand(asked))).logStreams).toHaveLength(1);
    const [event] = place.groups[options.LogGroupName]!.streams.S3Delivery!.events;
    expect(JSON.parse(event!.message)).toMatchObject({ errorCode: 'S3.AccessDenied', deliveryStreamVersionId: 1 });
    world.roles.firehose!.policies = { p: { text: allow(['s3:*'], '*'), since: 0 } };
    await clock.sleep(300_000);
    expect((await s3.send(new ListObjectsV2Command({ Bucket: 'b' }))).KeyCount).toBe(1);
  });
});

describe('log groups', () => {
  it('are listed by prefix and by pattern', async () => {
    const { logs, world } = pipeline();
    for (const name of ['/aws/eks/prodigy/cluster', '/aws/eks/x'])
      addLogGroup(world, 'us-east-1', name, { retention: 7 });
    const found = [];
    for await (const page of paginateDescribeLogGroups({ client: logs }, { logGroupNamePrefix: '/aws/eks/' }))
      found.push(page.logGroups);
    expect(found.map((page) => page?.length)).toEqual([2, 1]);
    const start = 'arn:aws:logs:us-east-1:123456789012:log-group:/aws/eks/prod/cluster';
    expect(found[0]![0]).toMatchObject({
      logGroupName: group,
      arn: `${start}:*`,
      logGroupArn: start,
      logGroupClass: 'STANDARD',
    });
    expect(found[0]![0]).not.toHaveProperty('retentionInDays');
    const { logGroups } = await logs.send(new DescribeLogGroupsCommand({ logGroupNamePattern: 'prodigy' }));
    expect(Object.keys(logGroups![0]!).sort()).toEqual(['arn', 'creationTime', 'logGroupArn', 'logGroupName']);
  });

  it('take tags by the ARN without a star, and AWS’s retentions only', async () => {
    const { logs } = pipeline();
    const resourceArn = `arn:aws:logs:us-east-1:123456789012:log-group:${group}`;
    await logs.send(new TagResourceCommand({ resourceArn, tags: { a: 'b' } }));
    expect((await logs.send(new ListTagsForResourceCommand({ resourceArn }))).tags).toEqual({ a: 'b' });
    const starred = { resourceArn: `${resourceArn}:*`, tags: {} };
    expect(await nameOf(logs.send(new TagResourceCommand(starred)))).toBe('InvalidParameterException');
    const retention = (retentionInDays: number) =>
      logs.send(new PutRetentionPolicyCommand({ logGroupName: group, retentionInDays }));
    expect([await nameOf(retention(91)), await nameOf(retention(90))]).toEqual([
      'InvalidParameterException',
      'no error',
    ]);
  });

  it('one that is deleted while logging is on comes back bare; a protected one stays', async () => {
    const { logs, world, clock } = pipeline();
    addCluster(world, 'us-east-1', 'prod', { logging: ['audit'] });
    addLogGroup(world, 'us-east-1', group, { retention: 90, tags: { a: 'b' }, protected: true });
    const remove = () => logs.send(new DeleteLogGroupCommand({ logGroupName: group }));
    expect(await nameOf(remove())).toBe('ValidationException');
    delete world.regions['us-east-1']!.groups[group]!.protected;
    await remove();
    await clock.sleep(30_000);
    expect((await logs.send(new DescribeLogGroupsCommand({}))).logGroups).toHaveLength(1);
    expect(world.regions['us-east-1']!.groups[group]).toMatchObject({ tags: {}, filters: {} });
    expect(world.regions['us-east-1']!.groups[group]).not.toHaveProperty('retention');
  });
});
