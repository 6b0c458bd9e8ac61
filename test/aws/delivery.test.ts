import { setMaxListeners } from 'node:events';
import {
  CloudWatchLogsClient,
  DescribeLogGroupsCommand,
  DescribeSubscriptionFiltersCommand,
  PutSubscriptionFilterCommand,
} from '@aws-sdk/client-cloudwatch-logs';
import {
  CreateDeliveryStreamCommand,
  DeleteDeliveryStreamCommand,
  type DeliveryStreamDescription,
  type DeliveryStreamStatus,
  DescribeDeliveryStreamCommand,
  FirehoseClient,
  ListTagsForDeliveryStreamCommand,
  StartDeliveryStreamEncryptionCommand,
  UpdateDestinationCommand,
} from '@aws-sdk/client-firehose';
import { mockClient } from 'aws-sdk-client-mock';
import { beforeEach, describe, expect, it } from 'vitest';
import { virtualClock } from '../../src/aws/clock.ts';
import { deliveryStream } from '../../src/aws/kinds/delivery-stream.ts';
import { slotsFull, subscriptionFilter } from '../../src/aws/kinds/subscription-filter.ts';
import { slots } from '../../src/aws/slots.ts';
import { desired } from '../../src/desired/desired.ts';
import { namesOf } from '../../src/desired/names.ts';
import { resolve } from '../../src/desired/settings.ts';
import { plan } from '../../src/engine/plan.ts';
import { absent, type Json, type Resource, type Run } from '../../src/engine/resource.ts';
import { failure, newAws, newRun, START, sentBy as sent } from '../helpers/clients.ts';

const [firehose, logs] = [mockClient(FirehoseClient), mockClient(CloudWatchLogsClient)];
beforeEach(() => {
  firehose.reset().onAnyCommand().resolves({});
  logs.reset().onAnyCommand().resolves({});
});

const DAY = 86_400_000;
const minutes = (run: Run) => (run.now() - START) / 60_000;
const writes = (mock: typeof firehose | typeof logs) => sent(mock).filter(([name]) => !/^(Describe|List)/.test(name));

const NAME = 'rad-eks-audit-logs';
const STREAM_ARN = `arn:x:firehose:eu-west-1:123456789012:deliverystream/${NAME}`;

describe('firehose:delivery-stream', () => {
  const DeliveryStreamName = NAME;
  const spec = {
    destination: {
      bucket: 'arn:x:s3:::b',
      role: 'arn:x:iam::1:role/rad-firehose',
      prefix: '',
      errorPrefix: 'errors/',
      extension: '.gz',
      compression: 'UNCOMPRESSED' as const,
      bufferSeconds: 60,
      bufferMiB: 5,
      processing: false,
      errorLogGroup: '/g',
      errorLogStream: 'S3Delivery',
      kmsKey: null as string | null,
    },
    encryption: 'AWS_OWNED_CMK',
  };
  const DESTINATION = {
    BucketARN: 'arn:x:s3:::b',
    RoleARN: 'arn:x:iam::1:role/rad-firehose',
    Prefix: '',
    ErrorOutputPrefix: 'errors/',
    FileExtension: '.gz',
    CompressionFormat: 'UNCOMPRESSED' as const,
    BufferingHints: { IntervalInSeconds: 60, SizeInMBs: 5 },
    ProcessingConfiguration: { Enabled: false, Processors: [] },
    CloudWatchLoggingOptions: { Enabled: true, LogGroupName: '/g', LogStreamName: 'S3Delivery' },
    EncryptionConfiguration: { NoEncryptionConfig: 'NoEncryption' as const },
  };
  const make = (more: Partial<typeof spec> = {}) =>
    deliveryStream(newAws(), NAME, { ...spec, ...more }, { birth: { team: 'sec' } });
  const stream = (DeliveryStreamStatus: string, more: Partial<DeliveryStreamDescription> = {}) => ({
    DeliveryStreamDescription: {
      DeliveryStreamName,
      DeliveryStreamARN: STREAM_ARN,
      DeliveryStreamStatus: DeliveryStreamStatus as DeliveryStreamStatus,
      DeliveryStreamType: 'DirectPut' as const,
      VersionId: '7',
      HasMoreDestinations: false,
      DeliveryStreamEncryptionConfiguration: { Status: 'ENABLED' as const, KeyType: 'AWS_OWNED_CMK' as const },
      Destinations: [{ DestinationId: 'destinationId-000000000001', ExtendedS3DestinationDescription: DESTINATION }],
      ...more,
    },
  });
  const gone = failure('ResourceNotFoundException');
  type Answer = ReturnType<typeof stream> | Error;
  /** What Firehose says of the stream, one answer after the other; the last one stays. */
  const says = (...answers: Answer[]) => {
    let n = 0;
    firehose.on(DescribeDeliveryStreamCommand).callsFake(() => {
      const answer = answers[Math.min(n++, answers.length - 1)];
      if (answer instanceof Error) throw answer;
      return answer;
    });
  };
  const cannotAssume = failure(
    'InvalidArgumentException',
    'Firehose is unable to assume role arn:x. Please check the role provided.',
  );
  const CREATE = {
    DeliveryStreamName,
    DeliveryStreamType: 'DirectPut',
    DeliveryStreamEncryptionConfigurationInput: { KeyType: 'AWS_OWNED_CMK' },
    ExtendedS3DestinationConfiguration: DESTINATION,
    Tags: [
      { Key: 'team', Value: 'sec' },
      { Key: 'rad-connect:claim', Value: 'owned' },
    ],
  };
  const vanished = `stream ${NAME} is being deleted by somebody else`;
  const create = (run: Run = newRun(), it: Resource = make()) => it.create({ 'rad-connect:claim': 'owned' }, run);

  it('create sends exactly this, and waits until the stream is not CREATING any more', async () => {
    const run = newRun();
    says(stream('CREATING'), stream('CREATING'), stream('CREATING'), stream('CREATING'), stream('ACTIVE'));
    await create(run);
    expect(sent(firehose)).toEqual([
      ['CreateDeliveryStream', CREATE],
      ...Array(5).fill(['DescribeDeliveryStream', { DeliveryStreamName }]),
    ]);
    expect(run.notes).toEqual(Array(3).fill('waiting for the stream to be active'));
  });

  it.each<[string, () => Answer]>([
    ['CREATING_FAILED', () => stream('CREATING_FAILED')],
    ['DELETING', () => stream('DELETING')],
    ['DELETING_FAILED', () => stream('DELETING_FAILED')],
    ['gone', () => gone],
  ])('create never deletes and never makes anew what then is %s', async (_, end) => {
    says(stream('CREATING'), end());
    firehose
      .on(ListTagsForDeliveryStreamCommand)
      .resolves({ Tags: [{ Key: 'rad-connect:claim', Value: 'owned' }], HasMoreTags: false });
    await create();
    expect(writes(firehose)).toEqual([['CreateDeliveryStream', CREATE]]);
    expect(sent(firehose).slice(1)).toEqual(Array(2).fill(['DescribeDeliveryStream', { DeliveryStreamName }]));
  });

  it('create with keys', async () => {
    says(stream('ACTIVE'));
    const destination = { ...spec.destination, kmsKey: 'arn:k' };
    await create(newRun(), make({ destination, encryption: 'arn:x:kms:k' }));
    expect(writes(firehose)[0]![1]).toMatchObject({
      DeliveryStreamEncryptionConfigurationInput: { KeyType: 'CUSTOMER_MANAGED_CMK', KeyARN: 'arn:x:kms:k' },
      ExtendedS3DestinationConfiguration: {
        EncryptionConfiguration: { KMSEncryptionConfig: { AWSKMSKeyARN: 'arn:k' } },
        CloudWatchLoggingOptions: { Enabled: true, LogGroupName: '/g', LogStreamName: 'S3Delivery' },
      },
    });
  });

  it('a role that Firehose does not see yet is tried again', async () => {
    const run = newRun();
    says(stream('ACTIVE'));
    firehose.on(CreateDeliveryStreamCommand).rejectsOnce(cannotAssume).rejectsOnce(cannotAssume).resolves({});
    await create(run);
    expect(writes(firehose)).toHaveLength(3);
    expect(run.notes).toEqual(Array(2).fill('waiting for Firehose to see the role'));
  });

  it.each<[string, (run: Run) => Promise<unknown>]>([
    ['create', (run) => create(run)],
    ['update', (run) => make().put('destination', spec, run)],
  ])('%s: after 2 minutes it comes out, as what Firehose said', async (_, verb) => {
    const run = newRun();
    says(stream('ACTIVE'));
    firehose.on(CreateDeliveryStreamCommand).rejects(cannotAssume).on(UpdateDestinationCommand).rejects(cannotAssume);
    await expect(verb(run)).rejects.toMatchObject({
      awsCode: 'InvalidArgumentException',
      message: cannotAssume.message,
    });
    expect(minutes(run)).toBeGreaterThan(1.8);
    expect(minutes(run)).toBeLessThanOrEqual(2);
  });

  it.each([
    ['ResourceInUseException', '', undefined],
    ['InvalidArgumentException', 'BufferingHints.SizeInMBs must be at least 64', 'AWS'],
    ['LimitExceededException', '', 'QUOTA_EXCEEDED'],
    ['AccessDeniedException', '', 'PERMISSION_DENIED'],
  ])('create, answered by %s %s: %s', async (name, message, code) => {
    says(stream('ACTIVE'));
    firehose.on(CreateDeliveryStreamCommand).rejects(failure(name, message));
    if (code) await expect(create()).rejects.toMatchObject({ code, awsCode: name });
    else await create();
    expect(writes(firehose)).toHaveLength(1);
  });

  it.each(['CREATING_FAILED', 'DELETING', 'DELETING_FAILED'])(
    'a stream that is %s is made anew, with its tags',
    async (status) => {
      says(stream(status), stream(status), gone, stream('CREATING'), stream('ACTIVE'));
      const Tags = [
        { Key: '__proto__', Value: 'x' },
        { Key: 'rad-connect:claim', Value: 'owned' },
      ];
      firehose.on(ListTagsForDeliveryStreamCommand).resolves({ Tags, HasMoreTags: false });
      await make().put('destination', spec, newRun());
      expect(writes(firehose).slice(0, 2)).toEqual([
        ['DeleteDeliveryStream', { DeliveryStreamName, AllowForceDelete: true }],
        ['CreateDeliveryStream', { ...CREATE, Tags }],
      ]);
    },
  );

  it.each<[string, Record<string, string>]>([
    ['without tags', {}],
    ['with tags of others', { team: 'radiology' }],
  ])('a failing stream %s is not ours: it fails at once and is not touched', async (_, tags) => {
    const Tags = Object.entries(tags).map(([Key, Value]) => ({ Key, Value }));
    firehose.on(ListTagsForDeliveryStreamCommand).resolves({ Tags, HasMoreTags: false });
    for (const field of ['destination', 'encryption']) {
      const run = newRun();
      says(stream('CREATING_FAILED'));
      await expect(make().put(field, spec, run)).rejects.toMatchObject({ code: 'AWS', message: vanished });
      expect([writes(firehose), run.notes, minutes(run)]).toEqual([[], [], 0]);
    }
  });

  it.each(['destination', 'encryption'])('put %s of a stream that is gone fails at once', async (field) => {
    const run = newRun();
    says(gone);
    await expect(make().put(field, spec, run)).rejects.toMatchObject({ code: 'AWS', message: vanished });
    expect(sent(firehose)).toEqual([['DescribeDeliveryStream', { DeliveryStreamName }]]);
    expect([run.notes, minutes(run)]).toEqual([[], 0]);
  });

  it('one that fails again says why', async () => {
    firehose
      .on(ListTagsForDeliveryStreamCommand)
      .resolves({ Tags: [{ Key: 'rad-connect:claim', Value: 'owned' }], HasMoreTags: false });
    says(
      stream('CREATING_FAILED'),
      gone,
      stream('CREATING_FAILED', { FailureDescription: { Type: 'KMS_KEY_NOT_FOUND', Details: 'no key' } }),
    );
    await expect(make().put('destination', spec, newRun())).rejects.toMatchObject({
      code: 'KMS_KEY_UNUSABLE',
      message: 'the stream is CREATING_FAILED: KMS_KEY_NOT_FOUND no key',
    });
  });

  it('one that never becomes ACTIVE is a TIMEOUT', async () => {
    const run = newRun();
    says(stream('CREATING'));
    await expect(create(run)).rejects.toMatchObject({ code: 'TIMEOUT' });
    expect(minutes(run)).toBeLessThanOrEqual(10);
  });

  it('update says everything, with the version that was read last; a stale one is read again', async () => {
    says(stream('ACTIVE', { VersionId: '8' }), stream('ACTIVE', { VersionId: '9' }));
    firehose.on(UpdateDestinationCommand).rejectsOnce(failure('ConcurrentModificationException')).resolves({});
    await make().put('destination', spec, newRun());
    const update = (CurrentDeliveryStreamVersionId: string) => [
      'UpdateDestination',
      {
        DeliveryStreamName,
        CurrentDeliveryStreamVersionId,
        DestinationId: 'destinationId-000000000001',
        ExtendedS3DestinationUpdate: DESTINATION,
      },
    ];
    expect(writes(firehose)).toEqual([update('8'), update('9')]);
  });

  const sse = (Status: string, more = {}) =>
    stream('ACTIVE', { DeliveryStreamEncryptionConfiguration: { Status: Status as 'ENABLED', ...more } });
  it('encryption is turned on and waited for', async () => {
    const run = newRun();
    says(sse('DISABLED'), sse('ENABLING'), sse('ENABLING'), sse('ENABLED'));
    await make().put('encryption', spec, run);
    expect(writes(firehose)).toEqual([
      [
        'StartDeliveryStreamEncryption',
        { DeliveryStreamName, DeliveryStreamEncryptionConfigurationInput: { KeyType: 'AWS_OWNED_CMK' } },
      ],
    ]);
    expect(run.notes).toEqual(Array(2).fill('waiting for the stream to be encrypted'));
  });

  it('encryption that is on is not asked for again', async () => {
    says(sse('ENABLED', { KeyType: 'AWS_OWNED_CMK' }));
    await make().put('encryption', spec, newRun());
    expect(writes(firehose)).toEqual([]);
  });

  it('a key of the customer is turned on only when all of AWS may know who uses it', async () => {
    const run = newRun();
    says(sse('ENABLED', { KeyType: 'AWS_OWNED_CMK' }), sse('ENABLED', { KeyARN: 'arn:k' }));
    let at = 0;
    firehose.on(StartDeliveryStreamEncryptionCommand).callsFake(async () => {
      at = run.now();
    });
    await make({ encryption: 'arn:k' }).put('encryption', { ...spec, encryption: 'arn:k' }, run);
    expect(at - START).toBeGreaterThanOrEqual(10_000);
    expect(writes(firehose)).toEqual([
      [
        'StartDeliveryStreamEncryption',
        {
          DeliveryStreamName,
          DeliveryStreamEncryptionConfigurationInput: { KeyType: 'CUSTOMER_MANAGED_CMK', KeyARN: 'arn:k' },
        },
      ],
    ]);
  });

  it.each<[string, (it: Resource) => Promise<unknown>]>([
    ['create', (it) => create(newRun(), it)],
    ['encryption', (it) => it.put('encryption', { ...spec, encryption: 'arn:k' }, newRun())],
  ])('a key that KMS refuses is KMS_KEY_UNUSABLE, with what it needs: %s', async (_, act) => {
    const error = failure('InvalidKMSResourceException', 'KMS says no');
    firehose.on(CreateDeliveryStreamCommand).rejects(error);
    firehose.on(StartDeliveryStreamEncryptionCommand).rejects(error);
    says(sse('ENABLED', { KeyType: 'AWS_OWNED_CMK' }));
    await expect(act(make({ encryption: 'arn:k' }))).rejects.toMatchObject({
      code: 'KMS_KEY_UNUSABLE',
      message: 'KMS says no',
      awsCode: 'InvalidKMSResourceException',
      hint: expect.stringContaining('kms:CreateGrant'),
    });
  });

  it('encryption that fails is a failure', async () => {
    says(sse('DISABLED'), sse('ENABLING'), sse('ENABLING_FAILED'));
    await expect(make().put('encryption', spec, newRun())).rejects.toMatchObject({
      code: 'AWS',
      message: 'the stream could not be encrypted: ENABLING_FAILED',
    });
  });

  const withLog = (CloudWatchLoggingOptions?: Partial<typeof DESTINATION.CloudWatchLoggingOptions>) => ({
    Destinations: [
      { DestinationId: 'd', ExtendedS3DestinationDescription: { ...DESTINATION, CloudWatchLoggingOptions } },
    ],
  });
  const withoutLog = { ...spec, destination: { ...spec.destination, errorLogGroup: '', errorLogStream: '' } };
  it.each<[string, Parameters<typeof stream>, object]>([
    ['as wanted', ['ACTIVE'], spec],
    ['still CREATING', ['CREATING'], spec],
    [
      'without encryption',
      ['ACTIVE', { DeliveryStreamEncryptionConfiguration: { Status: 'DISABLED' } }],
      { ...spec, encryption: 'DISABLED' },
    ],
    [
      'without a word of encryption',
      ['ACTIVE', { DeliveryStreamEncryptionConfiguration: undefined as never }],
      { ...spec, encryption: 'DISABLED' },
    ],
    [
      'with a key',
      [
        'ACTIVE',
        {
          DeliveryStreamEncryptionConfiguration: {
            Status: 'ENABLED',
            KeyType: 'CUSTOMER_MANAGED_CMK',
            KeyARN: 'arn:k',
          },
        },
      ],
      { ...spec, encryption: 'arn:k' },
    ],
    [
      'without an error log',
      ['ACTIVE', withLog({ Enabled: false, LogGroupName: '/g', LogStreamName: 'S3Delivery' })],
      withoutLog,
    ],
    ['without a word of an error log', ['ACTIVE', withLog(undefined)], withoutLog],
    ['CREATING_FAILED', ['CREATING_FAILED'], {}],
    ['DELETING', ['DELETING'], {}],
  ])('read, %s', async (_, [status, more], expected) => {
    says(stream(status, more));
    firehose
      .on(ListTagsForDeliveryStreamCommand)
      .resolvesOnce({ Tags: [{ Key: 'a', Value: '1' }], HasMoreTags: true })
      .resolvesOnce({ Tags: [{ Key: 'b', Value: '2' }], HasMoreTags: false });
    expect(await make().read('survey')).toEqual({
      exists: true,
      spec: expected,
      tags: { a: '1', b: '2' },
      facts: { status },
    });
    expect(sent(firehose)).toEqual([
      ['DescribeDeliveryStream', { DeliveryStreamName }],
      ['ListTagsForDeliveryStream', { DeliveryStreamName, Limit: 50 }],
      ['ListTagsForDeliveryStream', { DeliveryStreamName, Limit: 50, ExclusiveStartTagKey: 'a' }],
    ]);
  });

  it('read of a stream that is not there', async () => {
    says(gone);
    expect(await make().read('survey')).toMatchObject({ exists: false });
  });

  it('tag and untag send exactly this', async () => {
    await make().tag({ a: '1' });
    await make().untag(['a']);
    expect(sent(firehose)).toEqual([
      ['TagDeliveryStream', { DeliveryStreamName, Tags: [{ Key: 'a', Value: '1' }] }],
      ['UntagDeliveryStream', { DeliveryStreamName, TagKeys: ['a'] }],
    ]);
  });

  it('delete waits for CREATING to end, and until the stream is gone', async () => {
    const run = newRun();
    says(stream('CREATING'), stream('ACTIVE'), stream('DELETING'), stream('DELETING'), gone);
    await make().delete(run);
    expect(writes(firehose)).toEqual([['DeleteDeliveryStream', { DeliveryStreamName, AllowForceDelete: true }]]);
    expect(run.notes.at(-1)).toBe('waiting for the stream to be gone');
  });

  it.each<[string, Answer[], Error | undefined, string | undefined]>([
    ['gone already', [gone], gone, undefined],
    [
      'being deleted already, refused',
      [stream('ACTIVE'), stream('DELETING'), gone],
      failure('ResourceInUseException'),
      undefined,
    ],
    ['refused though ACTIVE', [stream('ACTIVE')], failure('ResourceInUseException'), 'AWS'],
    ['denied', [stream('ACTIVE')], failure('AccessDeniedException'), 'PERMISSION_DENIED'],
    ['never gone', [stream('ACTIVE'), stream('DELETING')], undefined, 'TIMEOUT'],
  ])('delete: %s', async (_, answers, error, code) => {
    says(...answers);
    if (error) firehose.on(DeleteDeliveryStreamCommand).rejects(error);
    const deleting = make().delete(newRun());
    if (code) await expect(deleting).rejects.toMatchObject({ code });
    else await deleting;
  });

  it.each<[string, Json | undefined, boolean]>([
    ['encryption', 'arn:k', true],
    ['encryption', 'DISABLED', false],
    ['encryption', 'AWS_OWNED_CMK', false],
    ['destination.kmsKey', 'arn:k', true],
    ['destination.kmsKey', null, false],
    ['destination.role', 'arn:r', false],
  ])('stricter: %s %j: %s', (path, before, expected) => expect(make().stricter(path, before, 'x')).toBe(expected));
});

describe('logs:subscription-filter', () => {
  const GROUP = '/aws/eks/prod/cluster';
  const ROLE = 'arn:x:iam::1:role/rad-cloudwatch-logs';
  const spec = { filter: { destination: STREAM_ARN, role: ROLE, pattern: '{ $.a = "b" }' } };
  const ours = { filterName: NAME, filterPattern: spec.filter.pattern, destinationArn: STREAM_ARN, roleArn: ROLE };
  const of = (name: string) => ({
    filterName: name,
    destinationArn: `arn:${name}`,
    roleArn: 'arn:r',
    filterPattern: '',
  });
  const make = (aws = newAws(), group = GROUP) => subscriptionFilter(NAME)(aws, group, spec);
  const listed = (...subscriptionFilters: object[]) => {
    logs.on(DescribeLogGroupsCommand).resolves({ logGroups: [{ logGroupName: GROUP }] });
    logs.on(DescribeSubscriptionFiltersCommand).resolves({ subscriptionFilters });
  };
  const asked = () => sent(logs).filter(([operation]) => operation === 'DescribeSubscriptionFilters');
  const put = (run: Run = newRun(), aws = newAws(), group = GROUP) => make(aws, group).put('filter', spec, run);
  const full = failure('LimitExceededException', 'Resource limit exceeded.');
  const notDelivered = failure(
    'InvalidParameterException',
    'Could not deliver test message to specified Firehose stream. Check if the given Firehose stream is in ACTIVE state.',
  );
  const LIMIT = 'rad-connect:filter-limit';
  const TAGGED = ['TagDeliveryStream', { DeliveryStreamName: NAME, Tags: [{ Key: LIMIT, Value: '2 2026-11-23' }] }];
  const UNTAGGED = ['UntagDeliveryStream', { DeliveryStreamName: NAME, TagKeys: [LIMIT] }];

  it('put sends exactly this', async () => {
    await put();
    const { filter } = spec;
    expect(writes(logs)).toEqual([
      [
        'PutSubscriptionFilter',
        {
          logGroupName: GROUP,
          filterName: NAME,
          filterPattern: filter.pattern,
          destinationArn: STREAM_ARN,
          roleArn: ROLE,
        },
      ],
    ]);
    expect(writes(firehose)).toEqual([]);
  });

  it('delete sends exactly this; gone already is success', async () => {
    await make().delete(newRun());
    expect(writes(logs)).toEqual([['DeleteSubscriptionFilter', { logGroupName: GROUP, filterName: NAME }]]);
    logs
      .onAnyCommand()
      .rejects(failure('ResourceNotFoundException', 'The specified subscription filter does not exist.'));
    await make().delete(newRun());
  });

  it('read tells our filter from the others, and asks once in a survey', async () => {
    const it = make();
    listed(of('datadog'), ours, of('splunk'));
    const facts = {
      others: [of('datadog'), of('splunk')].map((f) => ({ name: f.filterName, destination: f.destinationArn })),
    };
    expect(await it.read('survey')).toEqual({ exists: true, spec, tags: undefined, facts });
    await it.read('survey');
    expect(asked()).toEqual([['DescribeSubscriptionFilters', { logGroupName: GROUP }]]);
    listed(of('datadog'));
    expect(await it.read('fresh')).toMatchObject({ exists: false, facts: { others: [{ name: 'datadog' }] } });
  });

  it('read of a log group that is gone since it was listed', async () => {
    listed();
    logs.on(DescribeSubscriptionFiltersCommand).rejects(failure('ResourceNotFoundException'));
    expect(await make().read('survey')).toMatchObject({ exists: false, facts: { others: [] } });
  });

  it('of a log group that is not listed a survey does not ask, a fresh read does', async () => {
    listed(of('datadog'));
    const it = make(newAws(), '/aws/eks/other/cluster');
    expect(await it.read('survey')).toMatchObject({ exists: false, facts: { others: [] } });
    expect(asked()).toEqual([]);
    expect(await it.read('fresh')).toMatchObject({ facts: { others: [{ name: 'datadog' }] } });
  });

  it.each<[string, object, string, string | undefined]>([
    ['as wanted', {}, 'none', undefined],
    ['another pattern', { filterPattern: '' }, 'update', 'drifted'],
    ['another role, our stream', { roleArn: 'arn:r' }, 'update', 'drifted'],
    ['another stream, our role', { destinationArn: 'arn:d' }, 'update', 'drifted'],
    ['another stream and role', { destinationArn: 'arn:d', roleArn: 'arn:r' }, 'blocked', 'foreign'],
    ['another name', { filterName: 'x' }, 'create', 'missing'],
    ['a distribution, which Firehose does not heed', { distribution: 'ByLogStream' }, 'none', undefined],
  ])('whose it is: %s', async (_, more, action, reason) => {
    listed({ ...ours, ...more });
    const resource = make();
    const [step] = plan('present', [{ resource, actual: await resource.read('survey') }]);
    expect([step!.action, step!.reason]).toEqual([action, reason]);
  });

  it.each([
    ['the stream cannot be reached yet', notDelivered],
    [
      'the role cannot be assumed yet',
      failure(
        'ValidationException',
        'Make sure you have given CloudWatch Logs permission to assume the provided role.',
      ),
    ],
    ['another call was in the way', failure('OperationAbortedException', 'Please try again')],
  ])('%s: tried again', async (_, error) => {
    const run = newRun();
    logs.on(PutSubscriptionFilterCommand).rejectsOnce(error).rejectsOnce(error).resolves({});
    await put(run);
    expect(writes(logs)).toHaveLength(3);
    expect(run.notes).toEqual(Array(2).fill('waiting for CloudWatch Logs to reach the stream'));
  });

  it('after 5 minutes it is DELIVERY_DENIED', async () => {
    const run = newRun();
    logs.on(PutSubscriptionFilterCommand).rejects(notDelivered);
    await expect(put(run)).rejects.toMatchObject({
      code: 'DELIVERY_DENIED',
      awsCode: 'InvalidParameterException',
      requestId: 'r-1',
      message: notDelivered.message,
    });
    expect(minutes(run)).toBeGreaterThan(4.8);
    expect(minutes(run)).toBeLessThanOrEqual(5);
  });

  it.each([
    ['InvalidParameterException', 'Invalid filter pattern', 'AWS'],
    ['AccessDeniedException', '', 'PERMISSION_DENIED'],
  ])('%s %s is final: %s', async (name, message, code) => {
    logs.on(PutSubscriptionFilterCommand).rejects(failure(name, message));
    await expect(put()).rejects.toMatchObject({ code, awsCode: name });
    expect(writes(logs)).toHaveLength(1);
  });

  describe('many clusters of a region', () => {
    /** Puts that run side by side on one clock; gives when each was sent, in minutes, and how it ended. */
    async function together(groups: readonly string[], answer: (group: string, now: number) => Error | undefined) {
      const clock = virtualClock(0);
      const { signal } = new AbortController();
      setMaxListeners(0, signal);
      const run: Run = { signal, note() {}, now: clock.now, sleep: (ms) => clock.sleep(ms) };
      const times: Record<string, number[]> = {};
      logs.on(PutSubscriptionFilterCommand).callsFake(({ logGroupName }: { logGroupName: string }) => {
        times[logGroupName] = [...(times[logGroupName] ?? []), clock.now() / 60_000];
        const error = answer(logGroupName, clock.now());
        if (error) throw error;
        return {};
      });
      const aws = newAws();
      const ends = await Promise.allSettled(groups.map((group) => put(run, aws, group)));
      const codes = ends.map((end) => (end.status === 'rejected' ? (end.reason as { code: string }).code : 'ok'));
      return { times, codes, took: clock.now() / 60_000 };
    }

    it('one asks until the stream is reached; the others ask once', async () => {
      const { times, codes } = await together(['a', 'b', 'c', 'd'], (_, now) =>
        now < 30_000 ? notDelivered : undefined,
      );
      expect(codes).toEqual(['ok', 'ok', 'ok', 'ok']);
      expect(times.a!.length).toBeGreaterThan(3);
      expect([times.b, times.c, times.d].map((all) => all?.length)).toEqual([1, 1, 1]);
    });

    it('a full group does not hold the others up', async () => {
      const { codes, took } = await together(['full', 'b', 'c'], (group) => (group === 'full' ? full : undefined));
      expect(codes).toEqual(['FILTER_SLOTS_FULL', 'ok', 'ok']);
      expect(took).toBe(0);
    });

    it('a group that is kept busy by somebody does not fail the others: that is no matter of the stream', async () => {
      const aborted = failure('OperationAbortedException', 'Please try again');
      const { codes } = await together(['busy', 'b', 'c'], (group) => (group === 'busy' ? aborted : undefined));
      expect(codes.slice(1)).toEqual(['ok', 'ok']);
      expect(codes[0]).not.toBe('ok');
    });

    it('a stream that is never reached fails all of them, without 5 minutes for each one', async () => {
      const { codes, took } = await together(['a', 'b', 'c', 'd', 'e'], () => notDelivered);
      expect(codes).toEqual(Array(5).fill('DELIVERY_DENIED'));
      expect(took).toBeLessThanOrEqual(10);
    });
  });

  describe('slots', () => {
    it('LimitExceeded is FILTER_SLOTS_FULL that names the holders, and the number is kept on the stream', async () => {
      listed(of('datadog'), of('splunk'));
      logs.on(PutSubscriptionFilterCommand).rejects(full);
      await expect(put()).rejects.toMatchObject({
        code: 'FILTER_SLOTS_FULL',
        message: `no free subscription filter on ${GROUP}: datadog, splunk hold them`,
        hint: expect.stringContaining(
          `aws logs delete-subscription-filter --region eu-west-1 --log-group-name ${GROUP} --filter-name NAME`,
        ),
        awsCode: 'LimitExceededException',
        requestId: 'r-1',
      });
      expect(writes(logs)).toHaveLength(1);
      expect(writes(firehose)).toEqual([TAGGED]);
    });

    it('one holder holds it', () =>
      expect(slotsFull('r', 'g', ['x']).message).toBe('no free subscription filter on g: x holds them'));

    it('the same number of the same day is noted once, for all groups', async () => {
      listed(of('datadog'), of('splunk'));
      logs.on(PutSubscriptionFilterCommand).rejects(full);
      const aws = newAws();
      for (const group of ['a', 'b', 'c']) await expect(put(newRun(), aws, group)).rejects.toThrow();
      expect(writes(firehose)).toEqual([TAGGED]);
    });

    it('the number is that of the moment of the refusal, not of the survey before it', async () => {
      // A filter that somebody made in between would else be missing from the count, and groups with room would be blocked.
      const aws = newAws();
      listed(of('datadog'));
      await make(aws).read('survey');
      listed(of('datadog'), of('splunk'));
      logs.on(PutSubscriptionFilterCommand).rejects(full);
      await expect(put(newRun(), aws)).rejects.toMatchObject({ message: expect.stringContaining('datadog, splunk') });
      expect(writes(firehose)).toEqual([TAGGED]);
    });

    it('a stream that is gone meanwhile is no failure of its own', async () => {
      listed(of('datadog'), of('splunk'));
      firehose.onAnyCommand().rejects(failure('ResourceNotFoundException'));
      logs.on(PutSubscriptionFilterCommand).rejects(full);
      await expect(put()).rejects.toMatchObject({ code: 'FILTER_SLOTS_FULL' });
    });

    it('a group that takes more proves the number wrong: it goes', async () => {
      const aws = newAws();
      slots.remember(aws, { [LIMIT]: '2 2026-11-01' });
      listed(of('datadog'), of('splunk'));
      await put(newRun(), aws);
      expect(writes(firehose)).toEqual([UNTAGGED]);
    });

    it('a group that takes as many or fewer proves nothing', async () => {
      const aws = newAws();
      slots.remember(aws, { [LIMIT]: '2 2026-11-01' });
      listed(of('datadog'));
      await put(newRun(), aws);
      expect(writes(firehose)).toEqual([]);
    });

    it('an update of our filter in a full group proves nothing: it holds its slot already', async () => {
      const aws = newAws();
      slots.remember(aws, { [LIMIT]: '2 2026-11-01' });
      listed(of('datadog'), { ...ours, filterPattern: '' });
      await put(newRun(), aws);
      expect(writes(firehose)).toEqual([]);
    });

    it('a read of the stream remembers its number', async () => {
      const aws = newAws();
      firehose
        .on(DescribeDeliveryStreamCommand)
        .resolves({ DeliveryStreamDescription: { DeliveryStreamStatus: 'ACTIVE' } as never });
      firehose
        .on(ListTagsForDeliveryStreamCommand)
        .resolves({ Tags: [{ Key: LIMIT, Value: '2 2026-11-01' }], HasMoreTags: false });
      await deliveryStream(aws, NAME, {} as never).read('survey');
      listed(of('datadog'), of('splunk'));
      await put(newRun(), aws);
      expect(writes(firehose)).toEqual([UNTAGGED]);
    });

    it.each<[string, Record<string, string> | undefined, number | undefined]>([
      ['of today', { [LIMIT]: '2 2026-11-23' }, 2],
      ['29 days old', { [LIMIT]: '5 2026-10-25' }, 5],
      ['30 days old', { [LIMIT]: '2 2026-10-24' }, undefined],
      ['without a date', { [LIMIT]: '2' }, undefined],
      ['with a broken date', { [LIMIT]: '2 soon' }, undefined],
      ['not learned', {}, undefined],
      ['of no stream', undefined, undefined],
    ])('a number %s holds: %j → %j', (_, tags, limit) => expect(slots.limit(tags, START)).toBe(limit));

    it.each<[string, string, number, boolean]>([
      ['as many hold it', '2 2026-11-01', 2, true],
      ['more hold it', '2 2026-11-01', 3, true],
      ['fewer hold it', '2 2026-11-01', 1, false],
      ['the number is old', '2 2026-10-01', 2, false],
    ])('the plan blocks a group when %s', (_, value, holders, blocked) => {
      const aws = newAws();
      const names = namesOf('rad', 'x', '123456789012');
      const regions = [{ aws, clusters: ['prod'], ghosts: [] }];
      const account = {
        id: '123456789012',
        partition: 'x',
        names,
        home: aws,
        regions,
        registry: { tags: {} },
        rad: undefined,
        now: START,
      };
      const settings = resolve({ radRoleArn: 'arn:x:iam::1:role/r' }, { account: {}, isWhole: true, regions: {} }, 'x');
      const others = Array.from({ length: holders }, (_, i) => ({ name: `f${i}` }));
      const steps = plan(
        'present',
        desired(account, settings).map((resource) => {
          if (resource.type === 'logs:subscription-filter') return { resource, actual: absent({ others }) };
          const tags = { 'rad-connect:claim': 'owned', [LIMIT]: value };
          const isStream = resource.type === 'firehose:delivery-stream';
          if (isStream) return { resource, actual: { exists: true, spec: resource.spec, tags, facts: {} } };
          const exists = resource.type === 'eks:cluster-logging';
          return { resource, actual: exists ? { exists, spec: { audit: false }, tags: {}, facts: {} } : absent() };
        }),
      );
      const at = (type: string) => steps.find(({ resource }) => resource.type === type)!;
      const filter = at('logs:subscription-filter');
      expect(filter.action).toBe(blocked ? 'blocked' : 'create');
      expect(filter.error?.code).toBe(blocked ? 'FILTER_SLOTS_FULL' : undefined);
      expect(at('eks:cluster-logging').because).toBe(blocked ? filter.resource : undefined);
    });

    it('holds for 30 days', () => {
      expect(slots.limit({ [LIMIT]: '2 2026-11-23' }, START + 30 * DAY - 1)).toBe(2);
      expect(slots.limit({ [LIMIT]: '2 2026-11-23' }, START + 30 * DAY)).toBeUndefined();
    });
  });
});
