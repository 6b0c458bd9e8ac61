import { CreateLogGroupCommand } from '@aws-sdk/client-cloudwatch-logs';
import { DescribeClusterCommand, ListClustersCommand } from '@aws-sdk/client-eks';
import { CreateDeliveryStreamCommand } from '@aws-sdk/client-firehose';
import { DeleteObjectsCommand, GetBucketPolicyCommand, HeadBucketCommand } from '@aws-sdk/client-s3';
import { GetCallerIdentityCommand } from '@aws-sdk/client-sts';
import { describe, expect, it } from 'vitest';
import type { IamRequest } from '../../src/simulator/authorization.ts';
import { addBucket, addCluster, emptyWorld } from '../../src/simulator/world.ts';
import { account, errorOf } from './account.ts';

const US = 'us-east-1';
const ROLE = 'arn:aws:iam::123456789012:role/delivery';

/** An account whose caller may do all but these actions, and what IAM was asked. */
function without(...actions: string[]) {
  const world = emptyWorld();
  addCluster(world, US, 'a');
  addBucket(world, US, 'b').objects.push({ key: 'k', versionId: 'null', at: 0, size: 0, body: '' });
  const asked: IamRequest[] = [];
  const authorize = async (request: IamRequest) => asked.push(request) > 0 && !actions.includes(request.action);
  return { asked, ...account(world, { authorize }) };
}
const createStream = new CreateDeliveryStreamCommand({
  DeliveryStreamName: 's',
  Tags: [{ Key: 'team', Value: 'x' }],
  ExtendedS3DestinationConfiguration: { RoleARN: ROLE, BucketARN: 'arn:aws:s3:::b' },
});

describe('what the caller may not do is refused in the words of AWS', () => {
  it('with the action, the thing and the reason', async () => {
    const { eks, world } = without('eks:DescribeCluster');
    const error = await errorOf(eks.send(new DescribeClusterCommand({ name: 'a' })));
    expect(error).toMatchObject({ name: 'AccessDeniedException', $metadata: { httpStatusCode: 403 } });
    expect(error.message).toBe(
      `User: ${world.caller} is not authorized to perform: eks:DescribeCluster on resource: arn:aws:eks:${US}:123456789012:cluster/a because no identity-based policy allows the eks:DescribeCluster action`,
    );
  });

  it('by S3 with the thing in quotes, and without a body for HEAD', async () => {
    const { s3 } = without('s3:GetBucketPolicy', 's3:ListBucket');
    const error = await errorOf(s3.send(new GetBucketPolicyCommand({ Bucket: 'b' })));
    expect(error.name).toBe('AccessDenied');
    expect(error.message).toContain('on resource: "arn:aws:s3:::b" because');
    const head = await errorOf(s3.send(new HeadBucketCommand({ Bucket: 'b' })));
    expect(head).toMatchObject({ name: 'Unknown', message: 'UnknownError', $metadata: { httpStatusCode: 403 } });
  });

  it('by the service that was called, also where the action is of another', async () => {
    const { firehose, world } = without('iam:PassRole');
    const error = await errorOf(firehose.send(createStream));
    expect(error.name).toBe('AccessDeniedException');
    expect(error.message).toContain(`iam:PassRole on resource: ${ROLE} because`);
    expect(world.regions[US]!.streams).toEqual({});
  });

  it('for tags given to CreateLogGroup with the permission that is missing on top', async () => {
    const { logs, world } = without('logs:TagResource');
    const error = await errorOf(logs.send(new CreateLogGroupCommand({ logGroupName: 'g', tags: { team: 'x' } })));
    expect(error.message).toContain('An additional permission "logs:TagResource" is required.');
    expect(world.regions[US]!.groups).toEqual({});
    await logs.send(new CreateLogGroupCommand({ logGroupName: 'g' }));
  });

  it('by DeleteObjects for each key, in an answer of 200', async () => {
    const { s3, world } = without('s3:DeleteObjectVersion');
    const send = (VersionId?: string) =>
      s3.send(new DeleteObjectsCommand({ Bucket: 'b', Delete: { Objects: [{ Key: 'k', VersionId }] } }));
    const { Errors, Deleted } = await send('null');
    expect(Errors).toEqual([
      { Key: 'k', VersionId: 'null', Code: 'AccessDenied', Message: expect.stringContaining('s3:DeleteObjectVersion') },
    ]);
    expect(Deleted).toBeUndefined();
    expect(world.buckets.b!.objects).toHaveLength(1);
    expect((await send()).Errors).toBeUndefined();
  });
});

it('a call asks for the role that it passes and for the tags that it gives', async () => {
  const { asked, firehose } = without();
  await errorOf(firehose.send(createStream));
  const resource = `arn:aws:firehose:${US}:123456789012:deliverystream/s`;
  const context = { 'aws:RequestTag/team': 'x', 'aws:TagKeys': ['team'] };
  expect(asked).toEqual([
    { action: 'firehose:CreateDeliveryStream', resource, context },
    { action: 'firehose:TagDeliveryStream', resource, context },
    { action: 'iam:PassRole', resource: ROLE, context: { 'iam:PassedToService': 'firehose.amazonaws.com' } },
  ]);
});

it('a listing is about everything, and who one is may always be asked', async () => {
  const { asked, eks, sts } = without();
  await eks.send(new ListClustersCommand({}));
  await sts.send(new GetCallerIdentityCommand({}));
  expect(asked).toEqual([{ action: 'eks:ListClusters', resource: '*', context: {} }]);
});
