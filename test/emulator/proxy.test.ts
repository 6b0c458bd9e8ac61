import { CreateLogGroupCommand } from '@aws-sdk/client-cloudwatch-logs';
import { CreateClusterCommand, DescribeClusterCommand, ListClustersCommand } from '@aws-sdk/client-eks';
import { CreateDeliveryStreamCommand } from '@aws-sdk/client-firehose';
import { CreateRoleCommand, GetRoleCommand } from '@aws-sdk/client-iam';
import { CreateBucketCommand, HeadBucketCommand, PutBucketPolicyCommand } from '@aws-sdk/client-s3';
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import {
  ACCOUNT,
  type Clients,
  clients,
  type Emulator,
  type Fault,
  type FaultProxy,
  run,
  seed,
  startEmulator,
  startProxy,
} from './emulator.ts';

const REGION = 'eu-west-1';
const ENABLE = ['enable-audit', '--regions', REGION, '--yes', '-o', 'json'];
const DELETE = ['teardown', '--yes', '--confirm', ACCOUNT, '--delete-data', '-o', 'json'];

let emulator: Emulator;
let proxy: FaultProxy;
let aws: Clients;
beforeAll(async () => {
  emulator = await startEmulator();
  proxy = await startProxy(emulator);
  aws = clients({ ...emulator, url: proxy.env.AWS_ENDPOINT_URL }, REGION);
});
afterAll(async () => {
  await proxy.stop();
  await emulator.stop();
});
beforeEach(() => emulator.reset());

const role = { RoleName: 'r', AssumeRolePolicyDocument: '{"Version":"2012-10-17","Statement":[]}' };
const makeRole = () => aws.iam.send(new CreateRoleCommand(role));
const hasRole = () =>
  aws.iam.send(new GetRoleCommand({ RoleName: 'r' })).then(
    () => true,
    () => false,
  );
const once = (fault: Fault) => {
  let left = 1;
  return () => (left-- > 0 ? fault : undefined);
};

test('it lets all pass, and names what writes, and only that', async () => {
  await seed(emulator, [REGION], ['off', 'audit']);
  for (const line of [ENABLE, DELETE]) {
    await emulator.forgetCalls();
    const writes = proxy.watch();
    const { code, stderr } = await run(proxy, line);
    expect(code, stderr).toBe(0);
    expect(writes.length).toBeGreaterThan(10);
    expect(new Set(writes).size).toBe(writes.length);
    expect(writes).toHaveLength((await emulator.writes()).length);
  }
});

test('a name says the service, the region, the call and the thing; the second time it is another', async () => {
  const writes = proxy.watch();
  const bucket = { Bucket: 'bbb', CreateBucketConfiguration: { LocationConstraint: REGION } } as const;
  await aws.s3.send(new CreateBucketCommand(bucket));
  await aws.s3.send(new HeadBucketCommand({ Bucket: 'bbb' }));
  const Policy = JSON.stringify({ Version: '2012-10-17', Statement: [] });
  for (let i = 0; i < 2; i++) await aws.s3.send(new PutBucketPolicyCommand({ Bucket: 'bbb', Policy }));
  await aws.logs.send(new CreateLogGroupCommand({ logGroupName: '/g' }));
  await aws.eks.send(new ListClustersCommand({}));
  await makeRole();
  expect(writes).toEqual([
    's3 eu-west-1 PUT /bbb',
    's3 eu-west-1 PUT /bbb policy',
    's3 eu-west-1 PUT /bbb policy #2',
    'logs eu-west-1 CreateLogGroup /g',
    'iam eu-west-1 CreateRole r',
  ]);
});

const cluster = { name: 'c', roleArn: `arn:aws:iam::${ACCOUNT}:role/r`, resourcesVpcConfig: {} };
test.each<[string, string, number, string, number, () => Promise<unknown>]>([
  ['eks', 'ThrottlingException', 429, 'ServerException', 500, () => aws.eks.send(new CreateClusterCommand(cluster))],
  [
    'firehose',
    'ThrottlingException',
    400,
    'InternalFailure',
    500,
    () => aws.firehose.send(new CreateDeliveryStreamCommand({ DeliveryStreamName: 's' })),
  ],
  ['iam', 'Throttling', 400, 'ServiceFailureException', 500, makeRole],
  [
    'logs',
    'ThrottlingException',
    400,
    'InternalFailure',
    500,
    () => aws.logs.send(new CreateLogGroupCommand({ logGroupName: '/g' })),
  ],
  ['s3', 'SlowDown', 503, 'InternalError', 500, () => aws.s3.send(new CreateBucketCommand({ Bucket: 'bbb' }))],
])('%s is throttled and fails in its own words', async (_, throttled, tooFast, error, ourFault, write) => {
  proxy.watch(() => ({ when: 'before', answer: 'throttled' }));
  await expect(write()).rejects.toMatchObject({ name: throttled, $metadata: { httpStatusCode: tooFast } });
  proxy.watch(() => ({ when: 'before', answer: 'error' }));
  await expect(write()).rejects.toMatchObject({ name: error, $metadata: { httpStatusCode: ourFault } });
  expect(await emulator.writes()).toEqual([]);
});

test.each<[Fault['when'], boolean]>([
  ['before', false],
  ['after', true],
])('a connection that is closed %s the write is done', async (when, done) => {
  const seen: boolean[] = [];
  proxy.watch(once({ when, answer: 'reset', act: () => void seen.push(true) }));
  await expect(makeRole()).rejects.toMatchObject({ code: 'ECONNRESET' });
  expect(seen).toEqual([true]);
  expect(await hasRole()).toBe(done);
});

test('a write that nothing answers is not done, and hinders no other', async () => {
  proxy.watch((write) => (write.includes('CreateRole') ? { when: 'before', answer: 'none' } : undefined));
  const abort = new AbortController();
  const hanging = aws.iam.send(new CreateRoleCommand(role), { abortSignal: abort.signal });
  await aws.logs.send(new CreateLogGroupCommand({ logGroupName: '/g' }));
  expect(await hasRole()).toBe(false);
  await expect(aws.eks.send(new DescribeClusterCommand({ name: 'none' }))).rejects.toMatchObject({
    name: 'ResourceNotFoundException',
  });
  abort.abort();
  await expect(hanging).rejects.toMatchObject({ name: 'AbortError' });
});
