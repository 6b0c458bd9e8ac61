import {
  CreateBucketCommand,
  type CreateBucketCommandInput,
  DeleteBucketCommand,
  DeleteObjectCommand,
  DeleteObjectsCommand,
  GetBucketEncryptionCommand,
  GetBucketLifecycleConfigurationCommand,
  GetBucketPolicyCommand,
  GetBucketTaggingCommand,
  GetBucketVersioningCommand,
  GetObjectCommand,
  GetPublicAccessBlockCommand,
  HeadBucketCommand,
  ListBucketsCommand,
  ListObjectsV2Command,
  ListObjectVersionsCommand,
  PutBucketEncryptionCommand,
  PutBucketLifecycleConfigurationCommand,
  PutBucketPolicyCommand,
  PutBucketTaggingCommand,
  PutBucketVersioningCommand,
  PutObjectCommand,
  paginateListBuckets,
} from '@aws-sdk/client-s3';
import { describe, expect, it } from 'vitest';
import { addBucket, emptyWorld } from '../../src/simulator/world.ts';
import { account, errorOf, nameOf, pages } from './account.ts';

const create = (Bucket: string, more: Partial<CreateBucketCommandInput> = {}) =>
  new CreateBucketCommand({ Bucket, ...more });

function one() {
  const world = emptyWorld();
  addBucket(world, 'us-east-1', 'mine');
  addBucket(world, 'us-east-1', 'theirs', { owner: '999988887777' });
  return account(world);
}
const Bucket = 'mine';
const policy = (Statement: object) =>
  new PutBucketPolicyCommand({ Bucket, Policy: JSON.stringify({ Statement: [Statement] }) });

describe('S3 buckets', () => {
  it('a new one is closed, owned and encrypted, and carries its tags', async () => {
    const { clients } = account();
    const { s3 } = clients('eu-west-1');
    const name = 'rad-123456789012-eu-west-1-an';
    const made = create(name, {
      BucketNamespace: 'account-regional',
      CreateBucketConfiguration: { Tags: [{ Key: 'a', Value: 'b' }] },
    });
    await s3.send(made);
    expect(await nameOf(s3.send(made))).toBe('BucketAlreadyOwnedByYou');
    expect(await s3.send(new HeadBucketCommand({ Bucket: name }))).toMatchObject({ BucketRegion: 'eu-west-1' });
    expect((await s3.send(new GetBucketTaggingCommand({ Bucket: name }))).TagSet).toEqual([{ Key: 'a', Value: 'b' }]);
    const access = await s3.send(new GetPublicAccessBlockCommand({ Bucket: name }));
    expect(Object.values(access.PublicAccessBlockConfiguration!)).toEqual([true, true, true, true]);
    const rule = (await s3.send(new GetBucketEncryptionCommand({ Bucket: name }))).ServerSideEncryptionConfiguration
      ?.Rules?.[0];
    expect(rule).toMatchObject({ BucketKeyEnabled: false, BlockedEncryptionTypes: { EncryptionType: ['SSE-C'] } });
    expect((await s3.send(new GetBucketVersioningCommand({ Bucket: name }))).Status).toBeUndefined();
  });

  it.each([
    ['another owner has it', 'us-east-1', create('theirs'), 'BucketAlreadyExists', 409],
    ['-an without the namespace', 'us-east-1', create('x-an'), 'InvalidBucketName', 400],
    [
      'the namespace without its suffix',
      'us-east-1',
      create('mine-x', { BucketNamespace: 'account-regional' }),
      'InvalidBucketName',
      400,
    ],
    ['a reserved prefix', 'us-east-1', create('sthree-x'), 'InvalidBucketName', 400],
    [
      'another region',
      'eu-west-1',
      create('x-y', { CreateBucketConfiguration: { LocationConstraint: 'eu-west-2' } }),
      'IllegalLocationConstraintException',
      400,
    ],
  ])('refuses: %s', async (_, region, command, name, httpStatusCode) => {
    expect(await errorOf(one().clients(region).s3.send(command))).toMatchObject({
      name,
      $metadata: { httpStatusCode },
    });
  });

  it('in us-east-1 a global name of one’s own is no error', async () => {
    expect(await nameOf(one().s3.send(create('mine')))).toBe('no error');
  });

  it.each([
    ['missing', 'us-east-1', { Bucket: 'none' }, 'NotFound', 404],
    ['of another account', 'us-east-1', { Bucket: 'theirs' }, 'Unknown', 403],
    ['not of the expected owner', 'us-east-1', { Bucket, ExpectedBucketOwner: '111122223333' }, 'Unknown', 403],
    ['in another region', 'eu-west-1', { Bucket }, 'Unknown', 301],
  ])('HeadBucket of one that is %s', async (_, region, input, name, httpStatusCode) => {
    const error = await errorOf(one().clients(region).s3.send(new HeadBucketCommand(input)));
    expect(error).toMatchObject({ name, message: 'UnknownError', $metadata: { httpStatusCode } });
    expect(error.$response.headers['x-amz-bucket-region']).toBe(httpStatusCode === 404 ? undefined : 'us-east-1');
  });

  it.each([
    ['tags', new GetBucketTaggingCommand({ Bucket }), 'NoSuchTagSet', 404],
    ['a policy', new GetBucketPolicyCommand({ Bucket }), 'NoSuchBucketPolicy', 404],
    ['a lifecycle', new GetBucketLifecycleConfigurationCommand({ Bucket }), 'NoSuchLifecycleConfiguration', 404],
    ['the bucket', new GetBucketPolicyCommand({ Bucket: 'none' }), 'NoSuchBucket', 404],
    ['the right', new GetBucketPolicyCommand({ Bucket: 'theirs' }), 'AccessDenied', 403],
    ['JSON', new PutBucketPolicyCommand({ Bucket, Policy: 'x' }), 'MalformedPolicy', 400],
    [
      'a resource of its own',
      policy({ Effect: 'Deny', Principal: '*', Action: 's3:*', Resource: '*' }),
      'MalformedPolicy',
      400,
    ],
    [
      'privacy',
      policy({ Effect: 'Allow', Principal: '*', Action: 's3:*', Resource: 'arn:aws:s3:::mine' }),
      'AccessDenied',
      403,
    ],
    ['a key', new GetObjectCommand({ Bucket, Key: 'x' }), 'NoSuchKey', 404],
    ['anything to delete', new DeleteObjectsCommand({ Bucket, Delete: { Objects: [] } }), 'MalformedXML', 400],
  ])('says that %s is missing', async (_, command, name, httpStatusCode) => {
    const error = await errorOf(one().s3.send(command as GetBucketPolicyCommand));
    expect(error).toMatchObject({ name, $metadata: { httpStatusCode } });
  });

  it('reads back more than was written', async () => {
    const { s3 } = one();
    const Rules = [{ ID: 'a', Status: 'Enabled' as const, Filter: { Prefix: '' }, Expiration: { Days: 7 } }];
    await s3.send(new PutBucketLifecycleConfigurationCommand({ Bucket, LifecycleConfiguration: { Rules } }));
    expect(await s3.send(new GetBucketLifecycleConfigurationCommand({ Bucket }))).toMatchObject({
      Rules,
      TransitionDefaultMinimumObjectSize: 'all_storage_classes_128K',
    });
    const rule = {
      ApplyServerSideEncryptionByDefault: { SSEAlgorithm: 'aws:kms' as const, KMSMasterKeyID: 'k' },
      BucketKeyEnabled: true,
    };
    await s3.send(new PutBucketEncryptionCommand({ Bucket, ServerSideEncryptionConfiguration: { Rules: [rule] } }));
    const read = await s3.send(new GetBucketEncryptionCommand({ Bucket }));
    expect(read.ServerSideEncryptionConfiguration?.Rules?.[0]).toEqual({
      ...rule,
      BlockedEncryptionTypes: { EncryptionType: ['SSE-C'] },
    });
    await s3.send(new PutBucketTaggingCommand({ Bucket, Tagging: { TagSet: [{ Key: 'a', Value: '1' }] } }));
    await s3.send(new PutBucketTaggingCommand({ Bucket, Tagging: { TagSet: [{ Key: 'b', Value: '2' }] } }));
    expect((await s3.send(new GetBucketTaggingCommand({ Bucket }))).TagSet).toEqual([{ Key: 'b', Value: '2' }]);
  });

  it('lists one’s own, by pages where asked', async () => {
    const { s3, world } = one();
    for (const name of ['mine-2', 'mine-3', 'mine-4', 'other']) addBucket(world, 'us-east-1', name);
    expect((await s3.send(new ListBucketsCommand({}))).Buckets).toHaveLength(5);
    const found = [];
    for await (const page of paginateListBuckets({ client: s3, pageSize: 3 }, { Prefix: 'mine' }))
      found.push(page.Buckets?.length);
    expect(found).toEqual([2, 2]);
  });
});

describe('S3 objects', () => {
  it('versions and delete markers keep a bucket from being deleted', async () => {
    const { s3, world } = one();
    await s3.send(new PutBucketVersioningCommand({ Bucket, VersioningConfiguration: { Status: 'Enabled' } }));
    for (const Key of ['a', 'a', 'b']) await s3.send(new PutObjectCommand({ Bucket, Key, Body: `${Key}!` }));
    expect((await s3.send(new DeleteObjectCommand({ Bucket, Key: 'a' }))).DeleteMarker).toBe(true);
    expect((await s3.send(new ListObjectsV2Command({ Bucket }))).Contents?.map(({ Key }) => Key)).toEqual(['b']);
    expect(await errorOf(s3.send(new DeleteBucketCommand({ Bucket })))).toMatchObject({
      name: 'BucketNotEmpty',
      message: 'The bucket you tried to delete is not empty. You must delete all versions in the bucket.',
    });
    const ask = (token?: string) => {
      const [KeyMarker, VersionIdMarker] = token?.split(' ') ?? [];
      return s3.send(new ListObjectVersionsCommand({ Bucket, KeyMarker, VersionIdMarker }));
    };
    const answers = await pages(ask, (page) =>
      page.IsTruncated ? `${page.NextKeyMarker} ${page.NextVersionIdMarker}` : undefined,
    );
    const found = answers.flatMap((page) => [...(page.Versions ?? []), ...(page.DeleteMarkers ?? [])]);
    expect([answers.length, found.length]).toEqual([2, 4]);
    expect(found.filter(({ IsLatest }) => IsLatest).map(({ Key }) => Key)).toEqual(['a', 'b']);
    world.buckets.mine!.undeletable = ['b'];
    const Objects = found.map(({ Key, VersionId }) => ({ Key: Key!, VersionId }));
    const { Errors } = await s3.send(new DeleteObjectsCommand({ Bucket, Delete: { Objects, Quiet: true } }));
    expect(Errors).toMatchObject([{ Key: 'b', Code: 'AccessDenied' }]);
    world.buckets.mine!.undeletable = [];
    await s3.send(new DeleteObjectsCommand({ Bucket, Delete: { Objects } }));
    await s3.send(new DeleteBucketCommand({ Bucket }));
    expect(Object.keys(world.buckets)).toEqual(['theirs']);
  });

  it('gives bodies back, lists by pages and folds by delimiter', async () => {
    const { s3 } = one();
    for (const Key of ['x/1', 'x/2', 'y/1', 'z', 'zz'])
      await s3.send(new PutObjectCommand({ Bucket, Key, Body: `body of ${Key}` }));
    const { Body } = await s3.send(new GetObjectCommand({ Bucket, Key: 'x/2' }));
    expect(await Body?.transformToString()).toBe('body of x/2');
    const folded = await s3.send(new ListObjectsV2Command({ Bucket, Delimiter: '/' }));
    expect(folded.CommonPrefixes).toEqual([{ Prefix: 'x/' }, { Prefix: 'y/' }]);
    const ask = (ContinuationToken?: string) => s3.send(new ListObjectsV2Command({ Bucket, ContinuationToken }));
    const answers = await pages(ask, (page) => page.NextContinuationToken);
    expect(answers.map((page) => page.KeyCount)).toEqual([2, 2, 1]);
  });
});
