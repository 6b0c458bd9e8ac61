import { describe, expect, it } from 'vitest';
import { namesOf } from '../../src/desired/names.ts';
import { operatorPolicy, type PolicyDocument, rolesBoundary } from '../../src/desired/operator-policy.ts';
import { COMMANDS } from '../../src/desired/permissions.ts';
import { deliveryRole, readerRole, subscriptionRole } from '../../src/desired/policies.ts';
import type { IamRequest } from '../../src/simulator/authorization.ts';
import { isAllowed } from '../helpers/iam.ts';
import { ACCOUNT, EU, groupOf, NAMES, small, US } from '../helpers/small.ts';

const PLACE = { partition: 'aws', account: ACCOUNT, prefix: 'rad' };
const ADMIN = 'arn:aws:iam::aws:policy/AdministratorAccess';

describe('the policy for all commands does not allow', () => {
  const arn = (service: string, resource: string, region = US) => `arn:aws:${service}:${region}:${ACCOUNT}:${resource}`;
  const claimed = { 'aws:RequestTag/rad-connect:claim': 'owned', 'aws:TagKeys': ['rad-connect:claim'] };
  const roleArn = (name: string) => arn('iam', `role/${name}`, '');
  const group = (name: string) => `${arn('logs', `log-group:${name}`)}:log-stream:`;
  const owned = { 'aws:ResourceAccount': ACCOUNT };
  const bucketArn = `arn:aws:s3:::${NAMES.bucket(US)}`;

  it.each<[string, IamRequest, Partial<IamRequest>]>([
    [
      'a role of another name',
      { action: 'iam:PutRolePolicy', resource: roleArn(NAMES.reader), context: {} },
      { resource: roleArn('admin') },
    ],
    [
      'a role without our claim',
      { action: 'iam:CreateRole', resource: roleArn(NAMES.reader), context: claimed },
      { context: {} },
    ],
    [
      'a log group without our claim',
      { action: 'logs:CreateLogGroup', resource: group(groupOf('off')), context: claimed },
      { context: {} },
    ],
    [
      'a stream without our claim',
      {
        action: 'firehose:CreateDeliveryStream',
        resource: arn('firehose', `deliverystream/${NAMES.product}`),
        context: claimed,
      },
      { context: {} },
    ],
    [
      'a bucket without our claim',
      { action: 's3:CreateBucket', resource: bucketArn, context: claimed },
      { context: {} },
    ],
    [
      'to pass a role to another service',
      {
        action: 'iam:PassRole',
        resource: roleArn(NAMES.delivery),
        context: { 'iam:PassedToService': 'firehose.amazonaws.com' },
      },
      { context: { 'iam:PassedToService': 'lambda.amazonaws.com' } },
    ],
    [
      'to pass another role',
      {
        action: 'iam:PassRole',
        resource: roleArn(NAMES.subscription),
        context: { 'iam:PassedToService': 'logs.amazonaws.com' },
      },
      { resource: roleArn('admin') },
    ],
    [
      'any other change of a cluster',
      {
        action: 'eks:UpdateClusterConfig',
        resource: arn('eks', 'cluster/off'),
        context: { 'eks:loggingType/audit': 'true' },
      },
      { context: { 'eks:endpointPublicAccess': 'true' } },
    ],
    [
      'other tags on a cluster',
      { action: 'eks:TagResource', resource: arn('eks', 'cluster/off'), context: claimed },
      { context: { 'aws:RequestTag/owner': 'me', 'aws:TagKeys': ['owner'] } },
    ],
    [
      'another log group',
      { action: 'logs:DeleteLogGroup', resource: group(groupOf('off')), context: {} },
      { resource: group('/aws/lambda/off') },
    ],
    [
      'another stream',
      {
        action: 'firehose:DeleteDeliveryStream',
        resource: arn('firehose', `deliverystream/${NAMES.product}`),
        context: {},
      },
      { resource: arn('firehose', 'deliverystream/clickstream') },
    ],
    [
      'another bucket',
      { action: 's3:DeleteBucket', resource: bucketArn, context: owned },
      { resource: 'arn:aws:s3:::other' },
    ],
    [
      "another account's bucket",
      { action: 's3:DeleteBucket', resource: bucketArn, context: owned },
      { context: { 'aws:ResourceAccount': '999988887777' } },
    ],
  ])('%s', async (_, allowed, change) => {
    for (const place of [PLACE, { ...PLACE, account: undefined }]) {
      const policy = operatorPolicy(COMMANDS, place);
      expect(await isAllowed(policy, allowed, small())).toBe(true);
      expect(await isAllowed(policy, { ...allowed, ...change }, small())).toBe(false);
    }
  });

  it('only verify may read the audit logs, and only with a canary write into them', async () => {
    const read = { action: 's3:GetObject', resource: `${bucketArn}/a.gz`, context: owned };
    const resource = `arn:aws:logs:us-east-1:${ACCOUNT}:log-group:/aws/eks/prod/cluster:log-stream:rad-connect-canary-1`;
    const write = { action: 'logs:PutLogEvents', resource, context: {} };
    for (const command of COMMANDS) {
      const policy = operatorPolicy([command], PLACE);
      expect(await isAllowed(policy, read, small())).toBe(command === 'verify');
      expect(await isAllowed(policy, write, small())).toBe(false);
    }
    const policy = operatorPolicy(['verify'], { ...PLACE, canary: true });
    expect(await isAllowed(policy, write, small())).toBe(true);
    const kept = { ...write, resource: resource.replace('rad-connect-canary-1', 'kube-apiserver-audit-1') };
    expect(await isAllowed(policy, kept, small())).toBe(false);
  });

  it.each(['iam:CreateRole', 'iam:PutRolePolicy'])(
    'with a permissions boundary, %s on a role without it',
    async (action) => {
      const boundary = `arn:aws:iam::${ACCOUNT}:policy/boundary`;
      const policy = operatorPolicy(['enable-audit'], { ...PLACE, boundary });
      const request = {
        action,
        resource: roleArn(NAMES.reader),
        context: { ...claimed, 'iam:PermissionsBoundary': boundary },
      };
      expect(await isAllowed(policy, request, small())).toBe(true);
      expect(await isAllowed(policy, { ...request, context: claimed }, small())).toBe(false);
      const other = { ...claimed, 'iam:PermissionsBoundary': ADMIN };
      expect(await isAllowed(policy, { ...request, context: other }, small())).toBe(false);
    },
  );
});

/** The library knows no encryption context (@cloud-copilot/iam-simulate 0.1.173): that it is of our buckets is looked at by itself. */
const CONTEXT = 'kms:EncryptionContext:aws:s3:arn';
const withoutContext = (policy: PolicyDocument): PolicyDocument =>
  JSON.parse(JSON.stringify(policy, (key, value) => (key === CONTEXT ? undefined : value)));

describe('the boundary of the roles', () => {
  const boundary = withoutContext(rolesBoundary(PLACE));
  const forAny = withoutContext(rolesBoundary({ ...PLACE, account: undefined }));
  const key = `arn:aws:kms:${US}:${ACCOUNT}:key/key-a`;
  const requests = (prefix: string, region: string): IamRequest[] => {
    const names = namesOf(prefix, 'aws', ACCOUNT);
    const of = (actions: string[], resource: string, context = {}) =>
      actions.map((action) => ({ action, resource, context }));
    const ours = { 'aws:ResourceAccount': ACCOUNT };
    const arn = names.bucketArn(names.bucket(region));
    return [
      ...of(['firehose:PutRecord', 'firehose:PutRecordBatch'], names.streamArn(region)),
      ...of(['s3:PutObject', 's3:GetObject', 's3:AbortMultipartUpload'], `${arn}/2026/a.gz`, ours),
      ...of(['s3:ListBucket', 's3:GetBucketLocation', 's3:ListBucketMultipartUploads'], arn, ours),
      ...of(['kms:GenerateDataKey', 'kms:Decrypt'], key, { 'kms:ViaService': `firehose.${region}.amazonaws.com` }),
      ...of(['kms:GenerateDataKey', 'kms:Decrypt'], key, { 'kms:ViaService': `s3.${region}.amazonaws.com` }),
      ...of(['logs:PutLogEvents'], names.errorLogStreamArn('S3Delivery').replace(':*:', `:${region}:`)),
    ];
  };

  it.each([
    ['rad', US],
    ['rad', 'me-south-1'],
    ['a-b', EU],
  ])('allows all that they do, with prefix %s in %s', async (prefix, region) => {
    const names = namesOf(prefix, 'aws', ACCOUNT);
    const keys = [{ region, arn: key }];
    const anybody = { radRoleArn: ADMIN, externalId: '' };
    const roles = [
      subscriptionRole(names, keys),
      deliveryRole(names, ACCOUNT, keys),
      readerRole(names, ACCOUNT, anybody, keys),
    ];
    const documents = roles.map(({ permissions }) => withoutContext(permissions as unknown as PolicyDocument));
    const all = requests(prefix, region);
    const actions = documents.flatMap(({ Statement }) => Statement.flatMap(({ Action }) => Action));
    expect(new Set(all.map(({ action }) => action))).toEqual(new Set(actions));
    for (const request of all) {
      expect([request, await isAllowed(documents, request, small())]).toEqual([request, true]);
      expect([request, await isAllowed([boundary], request, small())]).toEqual([request, true]);
      expect([request, await isAllowed([forAny], request, small())]).toEqual([request, true]);
    }
  });

  it('lets S3 use a key for our buckets only', () => {
    const { Statement } = rolesBoundary(PLACE);
    const ours = Statement.find(({ Action }) => Action.includes('s3:PutObject'))!.Resource;
    const uses = Statement.filter(({ Condition }) => JSON.stringify(Condition ?? {}).includes('"s3.'));
    expect(uses.length).toBeGreaterThan(0);
    for (const { Condition } of uses) expect(Condition).toMatchObject({ StringLike: { [CONTEXT]: ours } });
  });

  it('allows nothing else', async () => {
    expect(new Set(boundary.Statement.flatMap(({ Action }) => Action))).toEqual(
      new Set(requests('rad', US).map(({ action }) => action)),
    );
    const others: IamRequest[] = [
      { action: 's3:GetObject', resource: 'arn:aws:s3:::other/a.gz', context: { 'aws:ResourceAccount': ACCOUNT } },
      {
        action: 's3:GetObject',
        resource: `arn:aws:s3:::rad-eks-audit-logs-${ACCOUNT}-${US}-an/a.gz`,
        context: { 'aws:ResourceAccount': '999988887777' },
      },
      { action: 'firehose:PutRecord', resource: `arn:aws:firehose:${US}:${ACCOUNT}:deliverystream/other`, context: {} },
      { action: 'kms:Decrypt', resource: key, context: { 'kms:ViaService': `secretsmanager.${US}.amazonaws.com` } },
      { action: 'kms:Decrypt', resource: key, context: {} },
    ];
    for (const request of others)
      expect([request, await isAllowed([boundary], request, small())]).toEqual([request, false]);
    for (const request of others)
      expect([request, await isAllowed([forAny], request, small())]).toEqual([request, false]);
  });
});
