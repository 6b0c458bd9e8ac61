import {
  AbortMultipartUploadCommand as AbortUpload,
  CreateBucketCommand,
  DeleteBucketCommand,
  DeleteObjectsCommand,
  GetBucketEncryptionCommand,
  GetBucketLifecycleConfigurationCommand,
  GetBucketOwnershipControlsCommand,
  GetBucketPolicyCommand,
  GetBucketTaggingCommand,
  GetBucketVersioningCommand,
  GetPublicAccessBlockCommand,
  HeadBucketCommand,
  type LifecycleRule,
  ListBucketsCommand,
  ListMultipartUploadsCommand,
  ListObjectVersionsCommand,
  PutBucketEncryptionCommand,
  PutBucketLifecycleConfigurationCommand,
  PutBucketPolicyCommand,
  PutBucketTaggingCommand,
  S3Client,
} from '@aws-sdk/client-s3';
import { mockClient } from 'aws-sdk-client-mock';
import { beforeEach, describe, expect, it } from 'vitest';
import { createAws } from '../../src/aws/clients.ts';
import { realClock } from '../../src/aws/clock.ts';
import { normaliseStatement } from '../../src/aws/documents.ts';
import { bucket, SCOPE, SID } from '../../src/aws/kinds/bucket.ts';
import { plan } from '../../src/engine/plan.ts';
import type { Json, Spec } from '../../src/engine/resource.ts';
import { state } from '../../src/engine/state.ts';
import { newRun, sentBy } from '../helpers/clients.ts';

const s3 = mockClient(S3Client);
beforeEach(() => void s3.reset().onAnyCommand().resolves({}));

const ACCOUNT = '123456789012';
const ExpectedBucketOwner = ACCOUNT;
const nameIn = (region: string, an = true) => `rad-eks-audit-logs-${ACCOUNT}-${region}${an ? '-an' : ''}`;
const Bucket = nameIn('eu-west-1');
const own = { Bucket, ExpectedBucketOwner };

const statement = (more: Spec = {}) =>
  normaliseStatement({
    Sid: SID,
    Effect: 'Deny',
    Principal: '*',
    Action: 's3:*',
    Resource: ['arn:x:s3:::b', 'arn:x:s3:::b/*'],
    Condition: { Bool: { 'aws:SecureTransport': 'false', 'aws:PrincipalIsAWSService': 'false' } },
    ...more,
  });
const spec = {
  publicAccess: {
    BlockPublicAcls: true,
    IgnorePublicAcls: true,
    BlockPublicPolicy: true,
    RestrictPublicBuckets: true,
  },
  ownership: 'BucketOwnerEnforced',
  encryption: { algorithm: 'AES256', kmsKey: null as string | null },
  versioning: 'Enabled' as const,
  lifecycle: { enabled: true, expire: 7, noncurrent: 7, abortMultipart: 7, scope: SCOPE },
  policy: { ours: [statement()], others: [] as Spec[] },
};
const OUR_RULE: LifecycleRule = {
  ID: 'rad-connect',
  Status: 'Enabled',
  Filter: { Prefix: '' },
  Expiration: { Days: 7 },
  NoncurrentVersionExpiration: { NoncurrentDays: 7 },
  AbortIncompleteMultipartUpload: { DaysAfterInitiation: 7 },
};

const make = (region = 'eu-west-1', name = nameIn(region)) => {
  const signal = new AbortController().signal;
  const aws = createAws(region, ACCOUNT, { clock: realClock, signal, kill: signal, version: '0', concurrency: 4 });
  return bucket(aws, name, spec, { birth: { team: 'sec' } });
};

const failure = (name: string, httpStatusCode = 409, message = '') =>
  Object.assign(new Error(message), { name, $fault: 'client' as const, $metadata: { httpStatusCode } });
const sent = () => sentBy(s3);
const operations = () => sent().map(([operation]) => operation);
const inputOf = (operation: string) => sent().findLast(([name]) => name === operation)?.[1];

/** S3 as it answers for a bucket that is just as wanted. */
function complete() {
  s3.on(GetPublicAccessBlockCommand).resolves({ PublicAccessBlockConfiguration: spec.publicAccess });
  s3.on(GetBucketOwnershipControlsCommand).resolves({
    OwnershipControls: { Rules: [{ ObjectOwnership: 'BucketOwnerEnforced' }] },
  });
  s3.on(GetBucketEncryptionCommand).resolves({
    ServerSideEncryptionConfiguration: {
      Rules: [
        {
          ApplyServerSideEncryptionByDefault: { SSEAlgorithm: 'AES256' },
          BucketKeyEnabled: false,
          BlockedEncryptionTypes: { EncryptionType: ['SSE-C'] },
        },
      ],
    },
  });
  s3.on(GetBucketVersioningCommand).resolves({ Status: 'Enabled' });
  s3.on(GetBucketLifecycleConfigurationCommand).resolves({
    Rules: [OUR_RULE],
    TransitionDefaultMinimumObjectSize: 'all_storage_classes_128K',
  });
  const policy = (...statements: Spec[]) =>
    s3
      .on(GetBucketPolicyCommand)
      .resolves({ Policy: JSON.stringify({ Version: '2012-10-17', Statement: statements }) });
  policy({ ...statement(), Principal: '*', Action: 's3:*' });
  s3.on(GetBucketTaggingCommand).resolves({
    TagSet: Object.entries({ ...state.owned, ...state.sealed(spec) }).map(([Key, Value]) => ({ Key, Value })),
  });
  return { policy };
}

const step = async () => {
  const resource = make();
  return plan('present', [{ resource, actual: await resource.read('fresh') }])[0]!;
};

describe('s3:bucket', () => {
  it('every call but CreateBucket names the account that must own the bucket', async () => {
    complete();
    s3.on(ListObjectVersionsCommand)
      .resolvesOnce({ Versions: [{ Key: 'k', VersionId: 'v' }] })
      .resolves({});
    s3.on(ListMultipartUploadsCommand).resolves({ Uploads: [{ Key: 'u', UploadId: 'i' }] });
    const it = make();
    await it.read('survey');
    await it.create({ a: '1' }, newRun());
    for (const field of Object.keys(spec)) await it.put(field, spec, newRun());
    await it.tag({ a: '1' });
    await it.untag(['a']);
    await it.delete(newRun());
    const calls = sent().filter(([name]) => name !== 'CreateBucket');
    expect(new Set(calls.map(([name]) => name)).size).toBe(20);
    expect(calls.filter(([, input]) => (input as typeof own).ExpectedBucketOwner !== ACCOUNT)).toEqual([]);
    expect(calls.filter(([, input]) => (input as typeof own).Bucket !== Bucket)).toEqual([]);
  });

  const TAGS = [
    { Key: 'team', Value: 'sec' },
    { Key: 'rad-connect:claim', Value: 'owned' },
  ];
  it.each<[string, string, object]>([
    [
      'eu-west-1',
      nameIn('eu-west-1'),
      {
        BucketNamespace: 'account-regional',
        CreateBucketConfiguration: { LocationConstraint: 'eu-west-1', Tags: TAGS },
      },
    ],
    [
      'us-east-1',
      nameIn('us-east-1'),
      { BucketNamespace: 'account-regional', CreateBucketConfiguration: { Tags: TAGS } },
    ],
    [
      'me-south-1',
      nameIn('me-south-1', false),
      { CreateBucketConfiguration: { LocationConstraint: 'me-south-1', Tags: TAGS } },
    ],
  ])('create in %s', async (region, name, input) => {
    await make(region, name).create({ 'rad-connect:claim': 'owned' }, newRun());
    expect(sent()[0]).toEqual(['CreateBucket', { Bucket: name, ...input }]);
  });

  it('create waits until the bucket shows', async () => {
    s3.on(HeadBucketCommand).rejectsOnce(failure('NotFound', 404)).rejectsOnce(failure('NotFound', 404)).resolves({});
    const run = newRun();
    await make().create({}, run);
    expect(operations()).toEqual(['CreateBucket', 'HeadBucket', 'HeadBucket', 'HeadBucket']);
    expect(run.notes).toEqual(Array(2).fill(`waiting for bucket ${Bucket} to appear`));
  });

  it.each([
    ['BucketAlreadyOwnedByYou', undefined],
    ['BucketAlreadyExists', 'NAME_TAKEN'],
    ['TooManyBuckets', 'QUOTA_EXCEEDED'],
    ['AccessDenied', 'PERMISSION_DENIED'],
  ])('create, answered by %s: %s', async (name, code) => {
    s3.on(CreateBucketCommand).rejects(failure(name));
    const creating = make().create({}, newRun());
    if (code) await expect(creating).rejects.toMatchObject({ code, awsCode: name });
    else await creating;
  });

  it('create waits for a name that was freed just now', async () => {
    s3.on(CreateBucketCommand)
      .rejectsOnce(failure('OperationAborted'))
      .rejectsOnce(failure('OperationAborted'))
      .resolves({});
    const run = newRun();
    await make().create({}, run);
    expect(run.notes).toEqual(Array(2).fill('waiting for S3 to free the name'));
  });

  it.each<[keyof typeof spec, string, object]>([
    ['publicAccess', 'PutPublicAccessBlock', { PublicAccessBlockConfiguration: spec.publicAccess }],
    [
      'ownership',
      'PutBucketOwnershipControls',
      { OwnershipControls: { Rules: [{ ObjectOwnership: 'BucketOwnerEnforced' }] } },
    ],
    ['versioning', 'PutBucketVersioning', { VersioningConfiguration: { Status: 'Enabled' } }],
    ['lifecycle', 'PutBucketLifecycleConfiguration', { LifecycleConfiguration: { Rules: [OUR_RULE] } }],
    [
      'encryption',
      'PutBucketEncryption',
      {
        ServerSideEncryptionConfiguration: {
          Rules: [{ ApplyServerSideEncryptionByDefault: { SSEAlgorithm: 'AES256' }, BucketKeyEnabled: false }],
        },
      },
    ],
  ])('put %s sends exactly this', async (field, operation, input) => {
    await make().put(field, spec, newRun());
    expect(sent().at(-1)).toEqual([operation, { ...own, ...input }]);
  });

  it('put encryption with a key, and what S3 blocks stays blocked', async () => {
    complete();
    await make().put('encryption', { ...spec, encryption: { algorithm: 'aws:kms', kmsKey: 'arn:k' } }, newRun());
    expect(s3.commandCalls(PutBucketEncryptionCommand)[0]!.args[0].input.ServerSideEncryptionConfiguration).toEqual({
      Rules: [
        {
          ApplyServerSideEncryptionByDefault: { SSEAlgorithm: 'aws:kms', KMSMasterKeyID: 'arn:k' },
          BucketKeyEnabled: true,
          BlockedEncryptionTypes: { EncryptionType: ['SSE-C'] },
        },
      ],
    });
  });

  it('put lifecycle keeps the rules of others and replaces ours', async () => {
    const theirs: LifecycleRule = {
      ID: 'archive',
      Status: 'Enabled',
      Filter: { Prefix: 'a/' },
      Transitions: [{ Days: 1, StorageClass: 'GLACIER' }],
    };
    s3.on(GetBucketLifecycleConfigurationCommand).resolves({
      Rules: [{ ...OUR_RULE, Expiration: { Days: 1 } }, theirs],
    });
    await make().put('lifecycle', spec, newRun());
    const { input } = s3.commandCalls(PutBucketLifecycleConfigurationCommand)[0]!.args[0];
    expect(input.LifecycleConfiguration?.Rules).toEqual([theirs, OUR_RULE]);
  });

  it.each<[string, Partial<typeof spec.lifecycle>, Partial<LifecycleRule>, (keyof LifecycleRule)[]]>([
    ['disabled', { enabled: false }, { Status: 'Disabled' }, []],
    ['no expiration', { expire: 0 }, {}, ['Expiration']],
    ['no expiration of versions', { noncurrent: 0 }, {}, ['NoncurrentVersionExpiration']],
    ['no end of uploads', { abortMultipart: 0 }, {}, ['AbortIncompleteMultipartUpload']],
  ])('put lifecycle, %s: zero days are left out of what is written', async (_, more, changed, without) => {
    await make().put('lifecycle', { ...spec, lifecycle: { ...spec.lifecycle, ...more } }, newRun());
    const { input } = s3.commandCalls(PutBucketLifecycleConfigurationCommand)[0]!.args[0];
    const rule = Object.fromEntries(
      Object.entries({ ...OUR_RULE, ...changed }).filter(([key]) => !without.includes(key as keyof LifecycleRule)),
    );
    expect(input.LifecycleConfiguration?.Rules).toStrictEqual([rule]);
  });

  it('put lifecycle keeps the size from which objects of others move to another class', async () => {
    s3.on(GetBucketLifecycleConfigurationCommand).resolves({
      Rules: [{ ID: 'archive', Status: 'Enabled', Filter: {} }],
      TransitionDefaultMinimumObjectSize: 'varies_by_storage_class',
    });
    await make().put('lifecycle', spec, newRun());
    expect(inputOf('PutBucketLifecycleConfiguration')).toMatchObject({
      TransitionDefaultMinimumObjectSize: 'varies_by_storage_class',
    });
  });

  it('put policy keeps the statements of others and replaces ours', async () => {
    const theirs = {
      Sid: 'Theirs',
      Effect: 'Deny',
      Principal: { AWS: 'arn:x' },
      Action: 's3:DeleteObject',
      Resource: 'r',
    };
    s3.on(GetBucketPolicyCommand).resolves({
      Policy: JSON.stringify({ Statement: [statement({ Effect: 'Allow' }), theirs] }),
    });
    await make().put('policy', spec, newRun());
    const { Statement } = JSON.parse(s3.commandCalls(PutBucketPolicyCommand)[0]!.args[0].input.Policy!);
    expect(Statement.map(normaliseStatement)).toEqual([statement(), normaliseStatement(theirs)]);
    expect(Statement[0].Principal).toBe('*');
  });

  it.each<[string, Spec, Spec]>([
    ['an old one with an Id', { Version: '2008-10-17', Id: 'theirs' }, { Version: '2008-10-17', Id: 'theirs' }],
    ['one without either', {}, { Version: '2012-10-17' }],
    ['one with an Id', { Version: '2012-10-17', Id: 'x' }, { Version: '2012-10-17', Id: 'x' }],
  ])('put policy keeps Version and Id of the document: %s', async (_, head, expected) => {
    s3.on(GetBucketPolicyCommand).resolves({ Policy: JSON.stringify({ ...head, Statement: [] }) });
    await make().put('policy', spec, newRun());
    const { Statement, ...rest } = JSON.parse(s3.commandCalls(PutBucketPolicyCommand)[0]!.args[0].input.Policy!);
    expect(rest).toEqual(expected);
    expect(Statement.map(normaliseStatement)).toEqual([statement()]);
  });

  it('put policy where there is none', async () => {
    s3.on(GetBucketPolicyCommand).rejects(failure('NoSuchBucketPolicy', 404));
    await make().put('policy', spec, newRun());
    const { Statement, ...rest } = JSON.parse(s3.commandCalls(PutBucketPolicyCommand)[0]!.args[0].input.Policy!);
    expect(rest).toEqual({ Version: '2012-10-17' });
    expect(Statement.map(normaliseStatement)).toEqual([statement()]);
  });

  it.each<[string, (it: ReturnType<typeof make>) => Promise<unknown>, Record<string, string>]>([
    ['tag', (it) => it.tag({ ours: '2', more: '3' }), { theirs: 'x', ours: '2', more: '3' }],
    ['untag', (it) => it.untag(['ours']), { theirs: 'x' }],
  ])('%s merges, and sends back no tag of AWS itself', async (_, verb, expected) => {
    s3.on(GetBucketTaggingCommand).resolves({
      TagSet: [
        { Key: 'theirs', Value: 'x' },
        { Key: 'ours', Value: '1' },
        { Key: 'aws:cloudformation:stack-name', Value: 's' },
      ],
    });
    await verb(make());
    const TagSet = Object.entries(expected).map(([Key, Value]) => ({ Key, Value }));
    expect(s3.commandCalls(PutBucketTaggingCommand)[0]!.args[0].input).toEqual({ ...own, Tagging: { TagSet } });
  });

  it('tag of a bucket without tags', async () => {
    s3.on(GetBucketTaggingCommand).rejects(failure('NoSuchTagSet', 404));
    await make().tag({ a: '1' });
    expect(inputOf('PutBucketTagging')).toMatchObject({ Tagging: { TagSet: [{ Key: 'a', Value: '1' }] } });
  });

  describe('read', () => {
    it('a complete bucket reads as wanted, so nothing is to be done', async () => {
      complete();
      expect(await make().read('survey')).toMatchObject({ exists: true, spec });
      expect(await step()).toMatchObject({ action: 'none', changes: [], kept: [] });
    });

    it('a bare one has nothing of it', async () => {
      const answers = [
        [GetPublicAccessBlockCommand, 'NoSuchPublicAccessBlockConfiguration'],
        [GetBucketOwnershipControlsCommand, 'OwnershipControlsNotFoundError'],
        [GetBucketEncryptionCommand, 'ServerSideEncryptionConfigurationNotFoundError'],
        [GetBucketLifecycleConfigurationCommand, 'NoSuchLifecycleConfiguration'],
        [GetBucketPolicyCommand, 'NoSuchBucketPolicy'],
        [GetBucketTaggingCommand, 'NoSuchTagSet'],
      ] as const;
      for (const [command, name] of answers) s3.on(command as never).rejects(failure(name, 404));
      expect(await make().read('survey')).toEqual({
        exists: true,
        spec: {
          publicAccess: {
            BlockPublicAcls: false,
            IgnorePublicAcls: false,
            BlockPublicPolicy: false,
            RestrictPublicBuckets: false,
          },
          ownership: 'ObjectWriter',
          policy: { ours: [], others: [] },
        },
        tags: {},
        facts: {},
      });
    });

    it('no bucket', async () => {
      s3.on(HeadBucketCommand).rejects(failure('NotFound', 404));
      expect(await make().read('survey')).toMatchObject({ exists: false });
      expect(operations()).toEqual(['HeadBucket']);
    });

    it('a read of the configuration that is denied is PERMISSION_DENIED', async () => {
      complete();
      s3.on(GetBucketPolicyCommand).rejects(failure('AccessDenied', 403));
      await expect(make().read('survey')).rejects.toMatchObject({ code: 'PERMISSION_DENIED' });
    });

    it.each<[string, string, string[], string, string[]]>([
      ['an account-regional name is ours to see', Bucket, [], 'PERMISSION_DENIED', ['HeadBucket']],
      [
        'a name in the list of the account',
        'rad-x',
        ['rad-x-2', 'rad-x'],
        'PERMISSION_DENIED',
        ['HeadBucket', 'ListBuckets'],
      ],
      ['a name that is not in the list', 'rad-x', ['rad-x-2'], 'NAME_TAKEN', ['HeadBucket', 'ListBuckets']],
    ])('HeadBucket answers 403: %s', async (_, name, listed, code, calls) => {
      s3.on(HeadBucketCommand).rejects(failure('Unknown', 403, 'UnknownError'));
      s3.on(ListBucketsCommand).resolves({ Buckets: listed.map((Name) => ({ Name })) });
      await expect(make('eu-west-1', name).read('survey')).rejects.toMatchObject({
        code,
        message: expect.stringContaining(name),
      });
      expect(operations()).toEqual(calls);
    });

    it('HeadBucket answers 403, and the list may not be seen either: both permissions are named', async () => {
      s3.on(HeadBucketCommand).rejects(failure('Unknown', 403, 'UnknownError'));
      s3.on(ListBucketsCommand).rejects(failure('AccessDenied', 403));
      await expect(make('eu-west-1', 'rad-x').read('survey')).rejects.toMatchObject({
        code: 'PERMISSION_DENIED',
        message: expect.stringContaining('another AWS account'),
        hint: expect.stringMatching(/s3:ListBucket on rad-x .* s3:ListAllMyBuckets/),
      });
    });

    it.each<[string, Partial<LifecycleRule>, object | undefined]>([
      ['ours', {}, spec.lifecycle],
      ['an empty filter', { Filter: {} }, spec.lifecycle],
      ['the old form', { Filter: undefined, Prefix: '' }, spec.lifecycle],
      ['a prefix', { Filter: { Prefix: 'a/' } }, { ...spec.lifecycle, scope: 'some objects' }],
      ['an old prefix', { Filter: undefined, Prefix: 'a/' }, { ...spec.lifecycle, scope: 'some objects' }],
      ['a tag', { Filter: { Tag: { Key: 'k', Value: 'v' } } }, { ...spec.lifecycle, scope: 'some objects' }],
      ['other days', { Expiration: { Days: 30 } }, { ...spec.lifecycle, expire: 30 }],
      ['switched off', { Status: 'Disabled' }, { ...spec.lifecycle, enabled: false }],
      ['no expiration', { Expiration: undefined }, { ...spec.lifecycle, expire: 0 }],
      ['no expiration of versions', { NoncurrentVersionExpiration: undefined }, { ...spec.lifecycle, noncurrent: 0 }],
      ['no end of uploads', { AbortIncompleteMultipartUpload: undefined }, { ...spec.lifecycle, abortMultipart: 0 }],
      ['another name', { ID: 'theirs' }, undefined],
    ])('the rule, %s', async (_, more, expected) => {
      complete();
      s3.on(GetBucketLifecycleConfigurationCommand).resolves({ Rules: [{ ...OUR_RULE, ...more } as LifecycleRule] });
      expect((await make().read('survey')).spec.lifecycle).toEqual(expected);
    });

    it.each<[string, Partial<LifecycleRule>, string[]]>([
      ['switched off', { Status: 'Disabled' }, ['lifecycle.enabled']],
      ['without expiration', { Expiration: undefined }, ['lifecycle.expire']],
      ['without expiration of versions', { NoncurrentVersionExpiration: undefined }, ['lifecycle.noncurrent']],
      ['without end of uploads', { AbortIncompleteMultipartUpload: undefined }, ['lifecycle.abortMultipart']],
      ['off and longer', { Status: 'Disabled', Expiration: { Days: 30 } }, ['lifecycle.enabled', 'lifecycle.expire']],
    ])('our rule %s keeps for longer: told, and kept', async (_, more, paths) => {
      complete();
      s3.on(GetBucketLifecycleConfigurationCommand).resolves({ Rules: [{ ...OUR_RULE, ...more } as LifecycleRule] });
      const { action, changes, kept } = await step();
      expect([action, changes, kept.map(({ path }) => path)]).toEqual(['keep', [], paths]);
    });

    it.each<[string, LifecycleRule[]]>([
      ['no rule', []],
      ['the rule of somebody else', [{ ...OUR_RULE, ID: 'theirs' }]],
    ])('%s: ours is missing and is made', async (_, Rules) => {
      complete();
      s3.on(GetBucketLifecycleConfigurationCommand).resolves({ Rules });
      const { action, reason, changes } = await step();
      expect([action, reason, changes]).toEqual([
        'update',
        'drifted',
        [{ path: 'lifecycle', before: undefined, after: spec.lifecycle }],
      ]);
    });

    it('statements of others are told, and kept', async () => {
      const { policy } = complete();
      policy(statement(), { Sid: 'Theirs', Effect: 'Deny', Principal: '*', Action: 's3:Put*', Resource: 'r' });
      expect(await step()).toMatchObject({ action: 'keep', changes: [], kept: [{ path: 'policy.others' }] });
    });

    it.each<[string, Spec]>([
      ['allows', { Effect: 'Allow' }],
      ['names fewer actions', { Action: 's3:PutObject' }],
      ['names one resource', { Resource: 'arn:x:s3:::b' }],
      ['spares a principal', { Principal: { AWS: 'arn:1' } }],
      ['asks less', { Condition: { Bool: { 'aws:SecureTransport': 'true', 'aws:PrincipalIsAWSService': 'false' } } }],
      [
        'has a further condition under another operator, so that it denies less',
        {
          Condition: {
            Bool: { 'aws:SecureTransport': 'false', 'aws:PrincipalIsAWSService': 'false' },
            StringNotEquals: { 'aws:PrincipalArn': 'arn:x' },
          },
        },
      ],
      [
        'has a further condition under the same operator, so that it denies less',
        {
          Condition: {
            Bool: { 'aws:SecureTransport': 'false', 'aws:PrincipalIsAWSService': 'false', 'aws:ViaAWSService': 'true' },
          },
        },
      ],
    ])('our statement is repaired when it %s', async (_, more) => {
      const { policy } = complete();
      policy(statement(more));
      expect(await step()).toMatchObject({ action: 'update', reason: 'drifted' });
    });
  });

  it.each<[string, Json | undefined, Json, boolean]>([
    ['lifecycle.expire', 30, 7, true],
    ['lifecycle.expire', 3, 7, false],
    ['lifecycle.expire', 0, 7, true],
    ['lifecycle.noncurrent', 3, 7, false],
    ['lifecycle.noncurrent', 0, 7, true],
    ['lifecycle.abortMultipart', 0, 7, true],
    ['lifecycle.enabled', false, true, true],
    ['lifecycle.scope', 'some objects', SCOPE, false],
    ['lifecycle', undefined, {}, false],
    ['encryption.algorithm', 'aws:kms', 'AES256', true],
    ['encryption.algorithm', 'aws:kms:dsse', 'AES256', true],
    ['encryption.algorithm', 'AES256', 'aws:kms', false],
    ['encryption.kmsKey', 'arn:k', null, true],
    ['encryption.kmsKey', null, 'arn:k', false],
    ['encryption.kmsKey', 'arn:k', 'arn:l', false],
    ['policy.others', [{ Sid: 'x' }], [], true],
    ['policy.ours', [], [{}], false],
    ['versioning', undefined, 'Enabled', false],
    ['publicAccess.BlockPublicAcls', false, true, false],
  ])('stricter: %s %j where %j is wanted: %s', (path, before, after, expected) =>
    expect(make().stricter(path, before, after)).toBe(expected),
  );
});

describe('emptying and deleting a bucket', () => {
  const versions = (...keys: string[]) => keys.map((Key, i) => ({ Key, VersionId: `v${i}` }));
  const deleted = () => s3.commandCalls(DeleteObjectsCommand).map(({ args: [{ input }] }) => input.Delete?.Objects);
  /** Listings one after the other, then an empty one. */
  const lists = (...pages: object[]) => {
    const listing = s3.on(ListObjectVersionsCommand);
    for (const page of pages) listing.resolvesOnce({ EncodingType: 'url', ...page });
    listing.resolves({});
  };

  it('page by page: versions and delete markers, then the bucket', async () => {
    lists(
      { Versions: versions('a', 'b'), DeleteMarkers: [{ Key: 'c', VersionId: 'm' }], IsTruncated: true },
      { Versions: versions('d') },
    );
    const run = newRun();
    await make().delete(run);
    expect(deleted()).toEqual([[...versions('a', 'b'), { Key: 'c', VersionId: 'm' }], versions('d')]);
    expect(operations().at(-1)).toBe('DeleteBucket');
    expect(run.notes).toEqual(['object versions deleted: 3', 'object versions deleted: 4']);
    expect(s3.commandCalls(ListObjectVersionsCommand)[0]!.args[0].input).toMatchObject({ ...own, EncodingType: 'url' });
  });

  it('an empty bucket sends no empty deletion', async () => {
    await make().delete(newRun());
    expect(operations()).toEqual(['ListObjectVersions', 'ListMultipartUploads', 'DeleteBucket']);
  });

  it.each([
    ['plain', 'plain'],
    ['a+b', 'a b'],
    ['a%2Bb', 'a+b'],
    ['a%20b', 'a b'],
    ['2026/11/23/00/x', '2026/11/23/00/x'],
    ['%C3%BC%E2%82%AC', 'ü€'],
    ['%09%0A%0D', '\t\n\r'],
    ['100%25', '100%'],
    ['', ''],
  ])('the key that S3 lists as %j is deleted as %j', async (listed, key) => {
    lists({ Versions: [{ Key: listed, VersionId: 'v' }] });
    await make().delete(newRun());
    expect(deleted()[0]).toEqual([{ Key: key, VersionId: 'v' }]);
  });

  it('a store that does not encode its keys is taken at its word', async () => {
    lists({ Versions: [{ Key: 'a+b%2F', VersionId: 'v' }], EncodingType: undefined });
    await make().delete(newRun());
    expect(deleted()[0]).toEqual([{ Key: 'a+b%2F', VersionId: 'v' }]);
  });

  it('what is called deleted and stays listed is not counted, and ends', async () => {
    s3.on(ListObjectVersionsCommand).resolves({ Versions: versions('a', 'b') });
    const run = newRun();
    await expect(make().delete(run)).rejects.toMatchObject({
      code: 'BUCKET_NOT_EMPTY',
      message: expect.stringContaining('2 objects'),
    });
    expect(deleted().length).toBeLessThan(20);
    expect(run.notes.at(-1)).toBe('object versions deleted: 2');
  });

  it.each(['%01', 'a%1Fb', '%EF%BF%BE', '%00'])(
    'the key that S3 lists as %j goes by itself: XML cannot carry it',
    async (listed) => {
      lists({
        Versions: [
          { Key: listed, VersionId: 'v' },
          { Key: 'plain', VersionId: 'w' },
        ],
      });
      await make().delete(newRun());
      expect(deleted()).toEqual([[{ Key: 'plain', VersionId: 'w' }]]);
      expect(inputOf('DeleteObject')).toEqual({ ...own, Key: decodeURIComponent(listed), VersionId: 'v' });
    },
  );

  it('refusals of single keys in an answer of 200 are BUCKET_NOT_EMPTY', async () => {
    lists({ Versions: versions('a', 'b', 'c') });
    s3.on(DeleteObjectsCommand).resolves({
      Errors: [
        { Key: 'b', Code: 'AccessDenied', Message: 'locked' },
        { Key: 'c', Code: 'AccessDenied' },
      ],
    });
    await expect(make().delete(newRun())).rejects.toMatchObject({
      code: 'BUCKET_NOT_EMPTY',
      awsCode: 'AccessDenied',
      message: expect.stringContaining('2 objects'),
      hint: expect.stringContaining('Object Lock'),
    });
    expect(operations()).not.toContain('DeleteBucket');
  });

  it.each(['SlowDown', 'InternalError', 'ServiceUnavailable'])(
    '%s of a single key is tried again after a pause',
    async (Code) => {
      lists({ Versions: versions('a', 'b') }, { Versions: versions('b') });
      s3.on(DeleteObjectsCommand)
        .resolvesOnce({ Errors: [{ Key: 'b', Code }] })
        .resolves({});
      const run = newRun();
      const start = run.now();
      await make().delete(run);
      expect(deleted()).toHaveLength(2);
      expect(run.now()).toBeGreaterThan(start);
      expect(run.notes.at(-1)).toBe('object versions deleted: 2');
    },
  );

  it('objects that still arrive are deleted too', async () => {
    lists({ Versions: versions('a') }, {}, { Versions: versions('late') });
    s3.on(DeleteBucketCommand).rejectsOnce(failure('BucketNotEmpty')).resolves({});
    const run = newRun();
    await make().delete(run);
    expect(deleted()).toEqual([versions('a'), versions('late')]);
    expect(run.notes).toContain('objects are still arriving');
  });

  it('after 15 minutes of arrivals it gives up', async () => {
    s3.on(DeleteBucketCommand).rejects(failure('BucketNotEmpty'));
    const run = newRun();
    const start = run.now();
    await expect(make().delete(run)).rejects.toMatchObject({ awsCode: 'BucketNotEmpty' });
    expect((run.now() - start) / 60_000).toBeCloseTo(15, 0);
  });

  it('gone already is success', async () => {
    s3.onAnyCommand().rejects(failure('NoSuchBucket', 404));
    await make().delete(newRun());
  });

  it('gone between the listing and the deletion of its objects is success too', async () => {
    s3.onAnyCommand().rejects(failure('NoSuchBucket', 404));
    s3.on(ListObjectVersionsCommand).resolvesOnce({ Versions: versions('a') });
    await make().delete(newRun());
  });

  it('a denied deletion is PERMISSION_DENIED', async () => {
    s3.on(DeleteBucketCommand).rejects(failure('AccessDenied', 403));
    await expect(make().delete(newRun())).rejects.toMatchObject({ code: 'PERMISSION_DENIED' });
  });

  it('uploads that were never finished are aborted, those of all pages', async () => {
    const upload = (n: number) => ({ Key: `k${n}`, UploadId: `u${n}` });
    let left = [1, 2, 3, 4].map(upload);
    s3.on(ListMultipartUploadsCommand).callsFake(({ KeyMarker }: { KeyMarker?: string }) => {
      const after = left.filter(({ Key }) => !KeyMarker || Key > KeyMarker);
      const page = after.slice(0, 2);
      const IsTruncated = after.length > 2;
      const { Key: NextKeyMarker, UploadId: NextUploadIdMarker } = page.at(-1) ?? {};
      return { Uploads: page, IsTruncated, ...(IsTruncated && { NextKeyMarker, NextUploadIdMarker }) };
    });
    s3.on(AbortUpload).callsFake(({ UploadId }) => {
      left = left.filter((one) => one.UploadId !== UploadId);
      return {};
    });
    await make().delete(newRun());
    expect(left).toEqual([]);
  });

  it('an upload that has ended meanwhile is no failure', async () => {
    s3.on(ListMultipartUploadsCommand).resolves({ Uploads: [{ Key: 'k', UploadId: 'u' }] });
    s3.on(AbortUpload).rejects(failure('NoSuchUpload', 404));
    await make().delete(newRun());
    expect(operations().at(-1)).toBe('DeleteBucket');
  });

  it('a run that is stopped stops between pages', async () => {
    s3.on(ListObjectVersionsCommand).resolves({ Versions: versions('a') });
    const stopper = new AbortController();
    s3.on(DeleteObjectsCommand).callsFake(() => {
      stopper.abort(new Error('interrupted'));
      return {};
    });
    await expect(make().delete(newRun(stopper.signal))).rejects.toThrow('interrupted');
    expect(deleted()).toHaveLength(1);
  });
});
