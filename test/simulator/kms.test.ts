import {
  DeleteSubscriptionFilterCommand,
  PutLogEventsCommand,
  PutSubscriptionFilterCommand,
  TestMetricFilterCommand,
} from '@aws-sdk/client-cloudwatch-logs';
import { CreateDeliveryStreamCommand, StartDeliveryStreamEncryptionCommand } from '@aws-sdk/client-firehose';
import { paginateSimulatePrincipalPolicy, SimulatePrincipalPolicyCommand } from '@aws-sdk/client-iam';
import { DescribeKeyCommand, GetKeyPolicyCommand } from '@aws-sdk/client-kms';
import { describe, expect, it } from 'vitest';
import type { JsonObject, Key } from '../../src/simulator/model.ts';
import {
  addBucket,
  addKey,
  addLogGroup,
  addRole,
  addStream,
  emptyWorld,
  type World,
} from '../../src/simulator/world.ts';
import { account, errorOf, nameOf, trust } from './account.ts';

const ACCOUNT = '123456789012';
const US = 'us-east-1';
const role = (name: string) => `arn:aws:iam::${ACCOUNT}:role/${name}`;
const document = (...Statement: JsonObject[]): JsonObject => ({ Version: '2012-10-17', Statement });
const allow = (Action: string[], Resource: string | string[], Condition?: JsonObject): JsonObject => ({
  Effect: 'Allow',
  Action,
  Resource,
  ...(Condition && { Condition }),
});
const policyOf = (...Statement: JsonObject[]) => JSON.stringify(document(...Statement));
const key = (world: World, more: Partial<Key> = {}) => addKey(world, US, 'k', more).arn;

describe('KMS', () => {
  it('describes a key by ARN or id, in its region only', async () => {
    const world = emptyWorld();
    const arn = addKey(world, US, 'mrk-1', { state: 'Disabled' }).arn;
    const { kms, clients } = account(world);
    for (const KeyId of [arn, 'mrk-1']) {
      const { KeyMetadata } = await kms.send(new DescribeKeyCommand({ KeyId }));
      expect(KeyMetadata).toMatchObject({
        Arn: arn,
        KeyState: 'Disabled',
        Enabled: false,
        MultiRegion: true,
        KeyManager: 'CUSTOMER',
        KeySpec: 'SYMMETRIC_DEFAULT',
        KeyUsage: 'ENCRYPT_DECRYPT',
      });
    }
    const elsewhere = clients('eu-west-1').kms;
    expect(await nameOf(elsewhere.send(new DescribeKeyCommand({ KeyId: arn })))).toBe('NotFoundException');
    expect(await nameOf(kms.send(new DescribeKeyCommand({ KeyId: 'other' })))).toBe('NotFoundException');
  });

  it('shows the policy of a key of the account only', async () => {
    const world = emptyWorld();
    const arn = key(world);
    const theirs = arn.replace(ACCOUNT, '999988887777');
    world.keys[theirs] = { ...world.keys[arn]!, arn: theirs };
    const { kms } = account(world);
    const { Policy } = await kms.send(new GetKeyPolicyCommand({ KeyId: arn }));
    expect(JSON.parse(Policy!).Statement[0].Principal.AWS).toBe(`arn:aws:iam::${ACCOUNT}:root`);
    expect(await nameOf(kms.send(new DescribeKeyCommand({ KeyId: theirs })))).toBe('no error');
    expect(await nameOf(kms.send(new GetKeyPolicyCommand({ KeyId: theirs })))).toBe('NotFoundException');
  });
});

/** A stream that writes to a bucket with a key, as a role that may use it in the ways named here. */
function delivery(permissions: readonly JsonObject[], bucketKey = true, more: Partial<Key> = {}) {
  const world = emptyWorld();
  world.lags.roleMs = 0;
  const arn = key(world, more);
  addBucket(world, US, 'b', {
    encryption: {
      Rules: [
        {
          ApplyServerSideEncryptionByDefault: { SSEAlgorithm: 'aws:kms', KMSMasterKeyID: arn },
          BucketKeyEnabled: bucketKey,
        },
      ],
    },
  });
  const errors = addLogGroup(world, US, 'errors');
  errors.streams.s = { createdAt: 0, events: [] };
  addRole(world, 'firehose', {
    trust: JSON.parse(trust('firehose')),
    policies: { p: document(allow(['s3:*', 'logs:*'], '*'), ...permissions) },
  });
  addRole(world, 'logs', {
    trust: JSON.parse(trust('logs')),
    policies: { p: document(allow(['firehose:*'], '*')) },
  });
  addStream(world, US, 's', {
    destination: {
      RoleARN: role('firehose'),
      BucketARN: 'arn:aws:s3:::b',
      BufferingHints: { IntervalInSeconds: 60, SizeInMBs: 5 },
      CloudWatchLoggingOptions: { Enabled: true, LogGroupName: 'errors', LogStreamName: 's' },
    },
  });
  const group = addLogGroup(world, US, 'g');
  group.streams.a = { createdAt: 0, events: [] };
  const { logs, clock } = account(world);
  const filter = {
    logGroupName: 'g',
    filterName: 'f',
    filterPattern: '',
    destinationArn: `arn:aws:firehose:${US}:${ACCOUNT}:deliverystream/s`,
    roleArn: role('logs'),
  };
  return {
    world,
    arn,
    logs,
    filter: new PutSubscriptionFilterCommand(filter),
    async land() {
      await logs.send(new PutSubscriptionFilterCommand(filter));
      await clock.sleep(61_000);
      await logs.send(new DeleteSubscriptionFilterCommand(filter));
      const told = errors.streams.s!.events.map(({ message }) => JSON.parse(message).errorCode as string);
      return told.length ? told : world.buckets.b!.objects.length;
    },
  };
}

describe('delivery with a key', () => {
  const use = ['kms:GenerateDataKey', 'kms:Decrypt'];
  const via = { StringEquals: { 'kms:ViaService': `s3.${US}.amazonaws.com` } };
  const context = (arn: string) => allow(use, '*', { StringLike: { 'kms:EncryptionContext:aws:s3:arn': arn } });
  const named = policyOf({ Effect: 'Allow', Principal: { AWS: role('firehose') }, Action: use, Resource: '*' });
  const nobody = policyOf({ Effect: 'Allow', Principal: { AWS: role('x') }, Action: 'kms:*', Resource: '*' });
  const denied = policyOf(
    { Effect: 'Allow', Principal: { AWS: `arn:aws:iam::${ACCOUNT}:root` }, Action: 'kms:*', Resource: '*' },
    { Effect: 'Deny', Principal: { AWS: role('firehose') }, Action: 'kms:Decrypt', Resource: '*' },
  );
  it.each<[string, JsonObject[], boolean, Partial<Key>, unknown]>([
    ['the role may', [allow(use, '*', via)], true, {}, 1],
    ['the role may not', [], true, {}, ['S3.KMS.AccessDeniedException']],
    ['the role may do half of it', [allow(['kms:Decrypt'], '*')], true, {}, ['S3.KMS.AccessDeniedException']],
    ['the context is the bucket', [context('arn:aws:s3:::b')], true, {}, 1],
    ['the context is not the object', [context('arn:aws:s3:::b/*')], true, {}, ['S3.KMS.AccessDeniedException']],
    ['the context is the object', [context('arn:aws:s3:::b/*')], false, {}, 1],
    ['the key names the role', [], true, { policy: named }, 1],
    ['the key names somebody else', [allow(use, '*')], true, { policy: nobody }, ['S3.KMS.AccessDeniedException']],
    ['the key denies the role', [allow(use, '*')], true, { policy: denied }, ['S3.KMS.AccessDeniedException']],
    ['the key is disabled', [allow(use, '*')], true, { state: 'Disabled' }, ['S3.KMS.DisabledException']],
  ])('%s', async (_, permissions, bucketKey, more, expected) => {
    expect(await delivery(permissions, bucketKey, more).land()).toEqual(expected);
  });

  it('a key that is gone', async () => {
    const { world, arn, land } = delivery([allow(use, '*')]);
    delete world.keys[arn];
    expect(await land()).toEqual(['S3.KMS.NotFoundException']);
  });

  it('the key of the destination goes before that of the bucket', async () => {
    const { world, land } = delivery([allow(use, '*')]);
    const other = { KMSEncryptionConfig: { AWSKMSKeyARN: `arn:aws:kms:${US}:${ACCOUNT}:key/none` } };
    Object.assign(world.regions[US]!.streams.s!.destination, { EncryptionConfiguration: other });
    expect(await land()).toEqual(['S3.KMS.NotFoundException']);
  });
});

describe('a stream with a key', () => {
  const sse = (KeyARN: string) => ({ KeyType: 'CUSTOMER_MANAGED_CMK' as const, KeyARN });

  it('takes records only from who may use the key', async () => {
    const { world, arn, logs, filter } = delivery([]);
    world.regions[US]!.streams.s!.encryption = { Status: 'ENABLED', ...sse(arn) };
    const { message } = await errorOf(logs.send(filter));
    expect(message).toContain('Could not deliver test message');
    const may = allow(['kms:GenerateDataKey', 'kms:Decrypt'], arn, {
      StringLike: { 'kms:ViaService': `firehose.${US}.*` },
    });
    world.roles.logs!.policies.k = { text: policyOf(may), since: 0 };
    expect(await nameOf(logs.send(filter))).toBe('no error');
    world.roles.logs!.policies.k = { text: policyOf(allow(['kms:Decrypt'], arn)), since: 0 };
    await logs.send(
      new PutLogEventsCommand({ logGroupName: 'g', logStreamName: 'a', logEvents: [{ timestamp: 1, message: 'm' }] }),
    );
    expect(world.regions[US]!.streams.s!.buffer!.records).toHaveLength(1);
  });

  it.each<[string, Partial<Key> | undefined]>([
    ['missing', undefined],
    ['disabled', { state: 'Disabled' }],
    ['asymmetric', { spec: 'RSA_2048' }],
    ["AWS's own", { manager: 'AWS' }],
  ])('refuses a key that is %s', async (_, more) => {
    const { world } = delivery([]);
    const { firehose } = account(world);
    const arn = more ? addKey(world, US, 'bad', more).arn : `arn:aws:kms:${US}:${ACCOUNT}:key/none`;
    const start = new StartDeliveryStreamEncryptionCommand({
      DeliveryStreamName: 's',
      DeliveryStreamEncryptionConfigurationInput: sse(arn),
    });
    expect(await nameOf(firehose.send(start))).toBe('InvalidKMSResourceException');
    const create = new CreateDeliveryStreamCommand({
      DeliveryStreamName: 't',
      DeliveryStreamEncryptionConfigurationInput: sse(arn),
      ExtendedS3DestinationConfiguration: { RoleARN: role('firehose'), BucketARN: 'arn:aws:s3:::b' },
    });
    expect(await nameOf(firehose.send(create))).toBe('InvalidKMSResourceException');
  });
});

describe('TestMetricFilter', () => {
  const { logs } = account();
  const test = (filterPattern: string, ...logEventMessages: string[]) =>
    logs.send(new TestMetricFilterCommand({ filterPattern, logEventMessages }));

  it('numbers the messages that match', async () => {
    const { matches } = await test('{ $.a = 1 }', '{"a":1}', '{"a":2}', '{"a":1,"b":1}');
    expect(matches?.map(({ eventNumber }) => eventNumber)).toEqual([1, 3]);
    expect((await test('', 'x')).matches).toHaveLength(1);
  });

  it.each(['{ $.a = }', '{ $.a', '"open', '{ $.a = 1 } x'])('refuses %s', async (pattern) => {
    const { name, message } = await errorOf(test(pattern, 'x'));
    expect([name, message]).toEqual(['InvalidParameterException', 'Invalid metric filter pattern']);
  });

  it('takes 1 to 50 messages', async () => {
    expect(await nameOf(test(''))).toBe('InvalidParameterException');
    expect(await nameOf(test('', ...Array(51).fill('x')))).toBe('InvalidParameterException');
  });
});

describe('SimulatePrincipalPolicy', () => {
  const world = emptyWorld();
  world.managedPolicies['arn:aws:iam::aws:policy/Logs'] = policyOf(allow(['logs:*'], '*'));
  addRole(world, 'r', {
    policies: {
      p: document(allow(['s3:GetObject'], 'arn:aws:s3:::b/*', { StringEquals: { 'aws:ResourceAccount': '1' } })),
    },
    attached: ['arn:aws:iam::aws:policy/Logs'],
  });
  const { iam } = account(world);
  const ask = (ActionNames: string[], ResourceArns: string[], value?: string) => ({
    PolicySourceArn: role('r'),
    ActionNames,
    ResourceArns,
    ...(value && {
      ContextEntries: [
        { ContextKeyName: 'aws:ResourceAccount', ContextKeyValues: [value], ContextKeyType: 'string' as const },
      ],
    }),
  });

  it('weighs each action on each resource, in pages', async () => {
    const found: string[] = [];
    const input = ask(['s3:GetObject', 'logs:PutLogEvents'], ['arn:aws:s3:::b/x', 'arn:aws:s3:::c/x'], '1');
    for await (const { EvaluationResults = [] } of paginateSimulatePrincipalPolicy({ client: iam }, input))
      found.push(...EvaluationResults.map((r) => `${r.EvalActionName} ${r.EvalResourceName} ${r.EvalDecision}`));
    expect(found).toEqual([
      'logs:PutLogEvents arn:aws:s3:::b/x allowed',
      'logs:PutLogEvents arn:aws:s3:::c/x allowed',
      's3:GetObject arn:aws:s3:::b/x allowed',
      's3:GetObject arn:aws:s3:::c/x implicitDeny',
    ]);
  });

  it('a condition on what is not given does not hold; a role that is not there is an error', async () => {
    const one = await iam.send(new SimulatePrincipalPolicyCommand(ask(['s3:GetObject'], ['arn:aws:s3:::b/x'])));
    expect(one.EvaluationResults?.map(({ EvalDecision }) => EvalDecision)).toEqual(['implicitDeny']);
    const none = { ...ask(['s3:GetObject'], ['*']), PolicySourceArn: role('none') };
    expect(await nameOf(iam.send(new SimulatePrincipalPolicyCommand(none)))).toBe('NoSuchEntityException');
  });
});
