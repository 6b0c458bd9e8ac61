import {
  CloudWatchLogsClient,
  CreateLogGroupCommand,
  CreateLogStreamCommand,
  DescribeLogGroupsCommand,
  DescribeLogStreamsCommand,
  ListTagsForResourceCommand,
  type LogGroup,
} from '@aws-sdk/client-cloudwatch-logs';
import {
  type Cluster,
  DescribeClusterCommand,
  DescribeUpdateCommand,
  EKSClient,
  type Update,
  UpdateClusterConfigCommand,
} from '@aws-sdk/client-eks';
import {
  CreateRoleCommand,
  DeleteRoleCommand,
  GetRoleCommand,
  GetRolePolicyCommand,
  IAMClient,
  ListAttachedRolePoliciesCommand,
  ListRolePoliciesCommand,
  PutRolePermissionsBoundaryCommand,
} from '@aws-sdk/client-iam';
import { mockClient } from 'aws-sdk-client-mock';
import { beforeEach, describe, expect, it } from 'vitest';
import { normalise, parseEncoded, print } from '../../src/aws/documents.ts';
import { clusterLogging } from '../../src/aws/kinds/cluster-logging.ts';
import { clusterLogGroup, errorLogGroup } from '../../src/aws/kinds/log-group.ts';
import { readRole, roleAt } from '../../src/aws/kinds/role.ts';
import type { RadError } from '../../src/engine/errors.ts';
import type { Json, Resource, Run, Spec } from '../../src/engine/resource.ts';
import { failure, newAws, newRun, sentBy as sent } from '../helpers/clients.ts';

const [iam, logs, eks] = [mockClient(IAMClient), mockClient(CloudWatchLogsClient), mockClient(EKSClient)];
beforeEach(() => {
  iam.reset().onAnyCommand().resolves({});
  logs.reset().onAnyCommand().resolves({});
  eks.reset().onAnyCommand().resolves({});
});

const minutes = (from: number, to: number) => (to - from) / 60_000;

const operations = (mock: Parameters<typeof sent>[0]) => sent(mock).map(([operation]) => operation);

const doc = (...Statement: Spec[]): Spec => normalise({ Version: '2012-10-17', Statement });
const encoded = (document: unknown) => encodeURIComponent(JSON.stringify(document));

describe('iam:role', () => {
  const trust = doc({ Effect: 'Allow', Principal: { Service: 'logs.amazonaws.com' }, Action: 'sts:AssumeRole' });
  const permissions = doc({ Effect: 'Allow', Action: ['s3:GetObject', 's3:ListBucket'], Resource: ['b', 'a'] });
  const spec = { trust, permissions, maxSession: 3600, boundary: null };
  const make = (more: object = {}) =>
    roleAt('/p/')(newAws(), 'rad-firehose', { ...spec, ...more }, { birth: { team: 'sec' } });
  const RoleName = 'rad-firehose';
  const PolicyName = 'rad-connect';

  it.each<[string, (it: Resource, run: Run) => Promise<unknown>, [string, object][]]>([
    [
      'trust',
      (it, run) => it.put('trust', spec, run),
      [
        ['GetRole', { RoleName }],
        ['UpdateAssumeRolePolicy', { RoleName, PolicyDocument: print(trust) }],
      ],
    ],
    [
      'permissions',
      (it, run) => it.put('permissions', spec, run),
      [['PutRolePolicy', { RoleName, PolicyName, PolicyDocument: print(permissions) }]],
    ],
    [
      'maxSession',
      (it, run) => it.put('maxSession', spec, run),
      [['UpdateRole', { RoleName, MaxSessionDuration: 3600 }]],
    ],
    [
      'boundary',
      (it, run) => it.put('boundary', { ...spec, boundary: 'arn:x' }, run),
      [['PutRolePermissionsBoundary', { RoleName, PermissionsBoundary: 'arn:x' }]],
    ],
    ['no boundary', (it, run) => it.put('boundary', spec, run), [['DeleteRolePermissionsBoundary', { RoleName }]]],
    [
      'tag',
      (it) => it.tag({ a: '1', b: '2' }),
      [
        [
          'TagRole',
          {
            RoleName,
            Tags: [
              { Key: 'a', Value: '1' },
              { Key: 'b', Value: '2' },
            ],
          },
        ],
      ],
    ],
    ['untag', (it) => it.untag(['a', 'b']), [['UntagRole', { RoleName, TagKeys: ['a', 'b'] }]]],
  ])('%s sends exactly this', async (_, verb, calls) => {
    await verb(make(), newRun());
    expect(sent(iam)).toEqual(calls);
  });

  const allow = (more: Spec = {}) => ({
    Effect: 'Allow',
    Principal: { Service: 'logs.amazonaws.com' },
    Action: 'sts:AssumeRole',
    ...more,
  });
  const external = { StringEquals: { 'sts:ExternalId': 'new' } };
  it.each<[string, Spec, readonly Spec[], readonly Spec[]]>([
    ['none there, none wanted', allow(), [allow()], [allow()]],
    ['none there', allow({ Condition: external }), [allow()], [allow({ Condition: external })]],
    [
      'ours is replaced',
      allow({ Condition: external }),
      [allow({ Condition: { StringEquals: { 'sts:ExternalId': 'old' } } })],
      [allow({ Condition: external })],
    ],
    [
      'ours is taken away, under whatever operator',
      allow(),
      [
        allow({
          Condition: { StringEquals: { 'sts:ExternalId': 'old' }, ArnLike: { 'aws:SourceArn': 'arn:x' } },
        }),
      ],
      [allow()],
    ],
    [
      'theirs under another operator is carried over',
      allow({ Condition: external }),
      [allow({ Condition: { Bool: { 'aws:ViaAWSService': 'false' } } })],
      [allow({ Condition: { ...external, Bool: { 'aws:ViaAWSService': 'false' } } })],
    ],
    [
      'theirs beside ours is carried over, ours is not',
      allow({ Condition: external }),
      [allow({ Condition: { StringEquals: { 'sts:ExternalId': 'old', 'aws:PrincipalOrgID': 'o-1' } } })],
      [allow({ Condition: { StringEquals: { 'aws:PrincipalOrgID': 'o-1', 'sts:ExternalId': 'new' } } })],
    ],
    [
      'theirs where we want none',
      allow(),
      [allow({ Condition: { StringEquals: { 'sts:ExternalId': 'old', 'aws:PrincipalOrgID': 'o-1' } } })],
      [allow({ Condition: { StringEquals: { 'aws:PrincipalOrgID': 'o-1' } } })],
    ],
    [
      'that of a statement for another principal is not',
      allow(),
      [allow({ Principal: { AWS: 'arn:x' }, Condition: { Bool: { 'aws:ViaAWSService': 'false' } } })],
      [allow()],
    ],
    [
      'that of a statement for another action is not',
      allow(),
      [allow({ Action: 'sts:TagSession', Condition: { Bool: { 'aws:ViaAWSService': 'false' } } })],
      [allow()],
    ],
    [
      'statements of others go, that of ours keeps its condition',
      allow(),
      [allow({ Principal: { AWS: 'arn:x' } }), allow({ Condition: { Bool: { 'aws:ViaAWSService': 'false' } } })],
      [allow({ Condition: { Bool: { 'aws:ViaAWSService': 'false' } } })],
    ],
  ])('trust, conditions: %s', async (_, wanted, now, expected) => {
    iam
      .on(GetRoleCommand)
      .resolves({ Role: { RoleName, AssumeRolePolicyDocument: encoded({ Statement: now }) } as never });
    await make().put('trust', { ...spec, trust: doc(wanted) }, newRun());
    expect(operations(iam)).toEqual(['GetRole', 'UpdateAssumeRolePolicy']);
    const { PolicyDocument } = sent(iam)[1]![1] as { PolicyDocument: string };
    expect(normalise(JSON.parse(PolicyDocument))).toEqual(doc(...expected));
  });

  it('create sends the trust and all tags, no policy, and waits until IAM shows it', async () => {
    const run = newRun();
    iam
      .on(GetRoleCommand)
      .rejectsOnce(failure('NoSuchEntityException'))
      .resolves({ Role: { RoleName } as never });
    await make().create({ 'rad-connect:claim': 'owned' }, run);
    expect(sent(iam)[0]).toEqual([
      'CreateRole',
      {
        RoleName,
        Path: '/p/',
        AssumeRolePolicyDocument: print(trust),
        MaxSessionDuration: 3600,
        Tags: [
          { Key: 'team', Value: 'sec' },
          { Key: 'rad-connect:claim', Value: 'owned' },
        ],
      },
    ]);
    expect(operations(iam)).toEqual(['CreateRole', 'GetRole', 'GetRole']);
    expect(run.notes).toEqual(['waiting for IAM to show role rad-firehose']);
  });

  it('create sends a boundary when there is one', async () => {
    iam.on(GetRoleCommand).resolves({ Role: { RoleName } as never });
    await make({ boundary: 'arn:b' }).create({}, newRun());
    expect(sent(iam)[0]![1]).toMatchObject({ PermissionsBoundary: 'arn:b' });
  });

  it.each<[string, (it: Resource, run: Run) => Promise<unknown>]>([
    ['at creation', (it, run) => it.create({}, run)],
    ['later', (it, run) => it.put('boundary', { ...spec, boundary: 'arn:b' }, run)],
  ])('a boundary that is not there is told with what to do, %s', async (_, act) => {
    const error = failure('NoSuchEntityException', 'Policy arn:b does not exist or is not attachable.', 404);
    iam.on(CreateRoleCommand).rejects(error);
    iam.on(PutRolePermissionsBoundaryCommand).rejects(error);
    await expect(act(make({ boundary: 'arn:b' }), newRun())).rejects.toMatchObject({
      code: 'AWS',
      message: expect.stringContaining('arn:b'),
      hint: expect.stringContaining('--permissions-boundary'),
    });
  });

  it.each([
    ['EntityAlreadyExistsException', undefined],
    ['LimitExceededException', 'QUOTA_EXCEEDED'],
    ['AccessDenied', 'PERMISSION_DENIED'],
    ['ConcurrentModificationException', 'AWS'],
  ])('create, answered by %s: %s', async (name, code) => {
    iam
      .on(CreateRoleCommand)
      .rejects(failure(name))
      .on(GetRoleCommand)
      .resolves({ Role: { RoleName } as never });
    const creating = make().create({}, newRun());
    if (code) await expect(creating).rejects.toMatchObject({ code, awsCode: name });
    else await creating;
  });

  it('create tries again while the principal is new, for 20 s', async () => {
    const run = newRun();
    const start = run.now();
    const error = failure('MalformedPolicyDocumentException', 'Invalid principal in policy: "AWS":"arn:x"');
    iam.on(CreateRoleCommand).rejectsOnce(error).rejectsOnce(error).resolves({});
    iam.on(GetRoleCommand).resolves({ Role: { RoleName } as never });
    await make().create({}, run);
    expect(operations(iam).filter((name) => name === 'CreateRole')).toHaveLength(3);

    iam.on(CreateRoleCommand).rejects(error);
    await expect(make().create({}, run)).rejects.toMatchObject({ code: 'AWS', awsCode: error.name });
    expect(run.now() - start).toBeLessThan(22_000);
  });

  it('a malformed document of another kind is final', async () => {
    iam.on(CreateRoleCommand).rejects(failure('MalformedPolicyDocumentException', 'Syntax errors in policy.'));
    await expect(make().create({}, newRun())).rejects.toMatchObject({ code: 'AWS' });
    expect(operations(iam)).toEqual(['CreateRole']);
  });

  it('read gives the documents in one form', async () => {
    iam.on(GetRoleCommand).resolves({
      Role: {
        RoleName,
        Arn: 'arn:r',
        MaxSessionDuration: 7200,
        PermissionsBoundary: { PermissionsBoundaryArn: 'arn:b' },
        Tags: [{ Key: 'k', Value: 'v' }],
        AssumeRolePolicyDocument: encoded({
          Version: '2012-10-17',
          Statement: { Action: ['sts:AssumeRole'], Principal: { Service: ['logs.amazonaws.com'] }, Effect: 'Allow' },
        }),
      } as never,
    });
    iam.on(GetRolePolicyCommand).resolves({
      PolicyDocument: encoded({
        Statement: [{ Resource: ['a', 'b'], Action: ['s3:ListBucket', 's3:GetObject'], Effect: 'Allow' }],
        Version: '2012-10-17',
      }),
      RoleName,
      PolicyName,
    });
    expect(await make().read('survey')).toEqual({
      exists: true,
      spec: { trust, permissions, maxSession: 7200, boundary: 'arn:b' },
      tags: { k: 'v' },
      facts: { arn: 'arn:r' },
    });
    expect(sent(iam)).toEqual([
      ['GetRole', { RoleName }],
      ['GetRolePolicy', { RoleName, PolicyName }],
    ]);
  });

  it('read of a role that is not there, or bare', async () => {
    iam.on(GetRoleCommand).rejects(failure('NoSuchEntityException'));
    expect(await make().read('survey')).toMatchObject({ exists: false });
    iam.on(GetRoleCommand).resolves({ Role: { RoleName } as never });
    iam.on(GetRolePolicyCommand).rejects(failure('NoSuchEntityException'));
    expect(await make().read('survey')).toMatchObject({
      exists: true,
      spec: { maxSession: 3600, boundary: null },
      tags: {},
    });
  });

  it('readRole: tags and path, or undefined when there is no such role', async () => {
    iam.on(GetRoleCommand).resolves({ Role: { Path: '/p/', Tags: [{ Key: 'k', Value: 'v' }] } as never });
    expect(await readRole(newAws(), 'r')).toEqual({ tags: { k: 'v' }, path: '/p/' });
    iam.on(GetRoleCommand).rejects(failure('NoSuchEntityException'));
    expect(await readRole(newAws(), 'r')).toBeUndefined();
  });

  it('delete detaches what people attached, page by page', async () => {
    iam
      .on(ListAttachedRolePoliciesCommand)
      .resolvesOnce({ AttachedPolicies: [{ PolicyArn: 'arn:1' }], IsTruncated: true, Marker: 'm' })
      .resolvesOnce({ AttachedPolicies: [{ PolicyArn: 'arn:2' }] });
    iam.on(ListRolePoliciesCommand).resolves({ PolicyNames: ['rad-connect', 'by-hand'] });
    await make().delete(newRun());
    expect(sent(iam).filter(([name]) => !name.startsWith('List'))).toEqual([
      ['DetachRolePolicy', { RoleName, PolicyArn: 'arn:1' }],
      ['DetachRolePolicy', { RoleName, PolicyArn: 'arn:2' }],
      ['DeleteRolePolicy', { RoleName, PolicyName: 'rad-connect' }],
      ['DeleteRolePolicy', { RoleName, PolicyName: 'by-hand' }],
      ['DeleteRole', { RoleName }],
    ]);
  });

  it.each([
    ['gone already', 'NoSuchEntityException', undefined],
    ['still in use', 'DeleteConflictException', 'AWS'],
  ])('delete of a role that is %s', async (_, name, code) => {
    for (const command of [ListAttachedRolePoliciesCommand, DeleteRoleCommand])
      iam.on(command as never).rejects(failure(name));
    const deleting = make().delete(newRun());
    if (code) await expect(deleting).rejects.toMatchObject({ code, awsCode: name });
    else await deleting;
  });

  it.each<[string, Json | undefined, Json, boolean]>([
    ['boundary', 'arn:b', null, true],
    ['boundary', null, 'arn:b', false],
    ['maxSession', 7200, 3600, false],
    ['trust', {}, {}, false],
  ])('stricter: %s %j where %j is wanted: %s', (path, before, after, expected) =>
    expect(make().stricter(path, before, after)).toBe(expected),
  );
});

describe('documents: what AWS treats as equal reads as equal', () => {
  const base = {
    Effect: 'Allow',
    Principal: { AWS: ['arn:1', 'arn:2'] },
    Action: ['a:X', 'a:Y'],
    Resource: ['r'],
    Condition: { Bool: { k: ['false'] } },
  };
  it.each<[string, Spec]>([
    ['the same', base],
    ['another order', { ...base, Action: ['a:Y', 'a:X'], Principal: { AWS: ['arn:2', 'arn:1'] } }],
    ['a scalar for a list of one', { ...base, Resource: 'r' }],
    ['a boolean for its text', { ...base, Condition: { Bool: { k: false } } }],
    ['a text for a list of one', { ...base, Condition: { Bool: { k: 'false' } } }],
    ['another order of keys', Object.fromEntries(Object.entries(base).reverse())],
  ])('%s', (_, statement) => {
    const whole = { Version: '2012-10-17', Statement: [statement] };
    expect(normalise(whole)).toEqual(doc(base));
    expect(parseEncoded(encoded(whole))).toEqual(doc(base));
    expect(parseEncoded(encoded({ Statement: statement, Version: '2012-10-17' }))).toEqual(doc(base));
  });

  it.each<[string, Spec]>([
    ['an action more', { ...base, Action: ['a:X', 'a:Y', 'a:Z'] }],
    ['another effect', { ...base, Effect: 'Deny' }],
    ['anybody', { ...base, Principal: '*' }],
    ['NotAction', { ...base, Action: undefined as never, NotAction: ['a:X', 'a:Y'] }],
    ['no condition', { ...base, Condition: {} }],
  ])('%s differs', (_, statement) => expect(doc(statement)).not.toEqual(doc(base)));

  it('what is printed reads back the same, the principal * too', () => {
    for (const Principal of ['*', { AWS: '*' }, { Service: 's' }] as Json[]) {
      const document = doc({ ...base, Principal });
      expect(normalise(JSON.parse(print(document)))).toEqual(document);
    }
    expect(JSON.parse(print(doc({ Effect: 'Deny', Principal: '*' }))).Statement[0].Principal).toBe('*');
  });

  it('no document is no document', () => expect(parseEncoded(undefined)).toBeUndefined());
});

describe('logs:log-group', () => {
  const name = '/aws/eks/prod/cluster';
  const errors = '/aws/kinesisfirehose/rad-eks-audit-logs';
  const group = (logGroupName: string, more: Partial<LogGroup> = {}): LogGroup => ({
    logGroupName,
    arn: `arn:x:logs:eu-west-1:1:log-group:${logGroupName}:*`,
    logGroupArn: `arn:x:logs:eu-west-1:1:log-group:${logGroupName}`,
    ...more,
  });
  const cluster = () => clusterLogGroup(newAws(), name, { retention: 90 });
  const error = () => errorLogGroup(newAws(), errors, { retention: 14, stream: 'S3Delivery' });
  const listed = (...logGroups: LogGroup[]) => logs.on(DescribeLogGroupsCommand).resolves({ logGroups });
  // Computed: no call is needed to know it.
  const resourceArn = `arn:aws:logs:eu-west-1:123456789012:log-group:${name}`;

  it.each<[string, (run: Run) => Promise<unknown>, [string, object]]>([
    [
      'retention',
      (run) => cluster().put('retention', { retention: 90 }, run),
      ['PutRetentionPolicy', { logGroupName: name, retentionInDays: 90 }],
    ],
    [
      'stream',
      (run) => error().put('stream', { retention: 14, stream: 'S3Delivery' }, run),
      ['CreateLogStream', { logGroupName: errors, logStreamName: 'S3Delivery' }],
    ],
    ['tag', () => cluster().tag({ a: '1' }), ['TagResource', { resourceArn, tags: { a: '1' } }]],
    ['untag', () => cluster().untag(['a']), ['UntagResource', { resourceArn, tagKeys: ['a'] }]],
    ['delete', (run) => cluster().delete(run), ['DeleteLogGroup', { logGroupName: name }]],
  ])('%s sends exactly this', async (_, verb, call) => {
    listed(group(name), group(errors));
    await verb(newRun());
    expect(sent(logs).at(-1)).toEqual(call);
  });

  it('tag calls take the ARN without :*, and ask for nothing before', async () => {
    await cluster().tag({ a: '1' });
    expect(sent(logs)).toEqual([['TagResource', { resourceArn, tags: { a: '1' } }]]);
  });

  it.each([['ResourceAlreadyExistsException'], [undefined]])(
    'create waits until it shows; answered by %s',
    async (refused) => {
      const run = newRun();
      if (refused) logs.on(CreateLogGroupCommand).rejects(failure(refused));
      logs
        .on(DescribeLogGroupsCommand)
        .resolvesOnce({})
        .resolvesOnce({ logGroups: [group(`${name}-2`)] });
      logs.on(DescribeLogGroupsCommand).resolves({ logGroups: [group(name)] });
      await cluster().create({ 'rad-connect:claim': 'owned' }, run);
      expect(sent(logs)[0]).toEqual(['CreateLogGroup', { logGroupName: name, tags: { 'rad-connect:claim': 'owned' } }]);
    },
  );

  it('create, put and delete hand other errors on', async () => {
    logs.on(CreateLogGroupCommand).rejects(failure('LimitExceededException'));
    await expect(cluster().create({}, newRun())).rejects.toMatchObject({ code: 'QUOTA_EXCEEDED' });
    logs.on(CreateLogStreamCommand).rejects(failure('ResourceAlreadyExistsException'));
    await error().put('stream', { retention: 14, stream: 'S3Delivery' }, newRun());
  });

  it('delete: gone already is success', async () => {
    logs.onAnyCommand().rejects(failure('ResourceNotFoundException'));
    await cluster().delete(newRun());
  });

  it('read by one listing of the region; a name that only begins alike is another group', async () => {
    const aws = newAws();
    listed(
      group(`${name}-2`),
      group(name, { retentionInDays: 30, logGroupClass: 'INFREQUENT_ACCESS', metricFilterCount: 2, kmsKeyId: 'k' }),
    );
    logs.on(ListTagsForResourceCommand).resolves({ tags: { t: '1' } });
    const [first] = await Promise.all([
      clusterLogGroup(aws, name, { retention: 90 }).read('survey'),
      clusterLogGroup(aws, '/aws/eks/other/cluster', { retention: 90 }).read('survey'),
    ]);
    expect(first).toEqual({
      exists: true,
      spec: { retention: 30 },
      tags: { t: '1' },
      facts: { class: 'INFREQUENT_ACCESS', kmsKey: 'k', metricFilters: 2, retention: 30 },
    });
    expect(operations(logs)).toEqual(['DescribeLogGroups', 'ListTagsForResource']);
    expect(sent(logs)).toEqual([
      ['DescribeLogGroups', { logGroupNamePrefix: '/aws/eks/' }],
      ['ListTagsForResource', { resourceArn }],
    ]);
  });

  it('fresh asks about this very group, through all pages', async () => {
    logs
      .on(DescribeLogGroupsCommand)
      .resolvesOnce({ logGroups: [group(`${name}-2`)], nextToken: 'n' })
      .resolvesOnce({ logGroups: [group(name)] });
    expect(await cluster().read('fresh')).toMatchObject({ exists: true, spec: { retention: null } });
    expect(sent(logs)[0]![1]).toMatchObject({ logGroupNamePrefix: name });
  });

  it('the error group has its stream in its spec, by its exact name', async () => {
    listed(group(errors, { retentionInDays: 14 }));
    logs.on(DescribeLogStreamsCommand).resolves({ logStreams: [{ logStreamName: 'S3DeliveryOld' }] });
    expect((await error().read('fresh')).spec).toEqual({ retention: 14 });
    logs
      .on(DescribeLogStreamsCommand)
      .resolves({ logStreams: [{ logStreamName: 'S3DeliveryOld' }, { logStreamName: 'S3Delivery' }] });
    expect((await error().read('fresh')).spec).toEqual({ retention: 14, stream: 'S3Delivery' });
    logs.on(DescribeLogGroupsCommand).resolves({});
    expect(await error().read('fresh')).toMatchObject({ exists: false });
  });

  it.each<[Json | undefined, Json, boolean]>([
    [365, 90, true],
    [30, 90, false],
    [null, 90, true],
    [90, 90, false],
  ])('stricter: %j days where %j are wanted: %s', (before, after, expected) =>
    expect(cluster().stricter('retention', before, after)).toBe(expected),
  );
});

describe('eks:cluster-logging', () => {
  const ID = '12345678-1234-1234-1234-123456789abc';
  const cluster = (audit: boolean, more: Partial<Cluster> = {}): { cluster: Cluster } => ({
    cluster: {
      name: 'prod',
      arn: 'arn:x:eks:eu-west-1:1:cluster/prod',
      status: 'ACTIVE',
      tags: { t: '1' },
      logging: {
        clusterLogging: [
          { enabled: true, types: ['api', ...(audit ? (['audit'] as const) : [])] },
          { enabled: false, types: ['scheduler', ...(audit ? [] : (['audit'] as const))] },
        ],
      },
      ...more,
    },
  });
  const update = (status: Update['status'], errors: Update['errors'] = []) => ({ update: { id: ID, status, errors } });
  const make = (aws = newAws()) => clusterLogging(aws, 'prod', { audit: true });
  const turnOn = (run: Run = newRun(), audit = true) => make().put('audit', { audit }, run);
  /** What EKS says of the cluster, one answer after the other; the last one stays. */
  const says = (...answers: { cluster: Cluster }[]) => {
    const describing = eks.on(DescribeClusterCommand);
    for (const answer of answers.slice(0, -1)) describing.resolvesOnce(answer);
    describing.resolves(answers.at(-1)!);
  };
  const inUse = (message: string) => failure('ResourceInUseException', message, 409);

  it('only the type audit is sent, and the update is waited for by its id', async () => {
    const run = newRun();
    says(cluster(false), cluster(true));
    eks.on(UpdateClusterConfigCommand).resolves(update('InProgress'));
    eks
      .on(DescribeUpdateCommand)
      .resolvesOnce(update('InProgress'))
      .resolvesOnce(update('InProgress'))
      .resolves(update('Successful'));
    await turnOn(run);
    expect(sent(eks)).toEqual([
      ['DescribeCluster', { name: 'prod' }],
      [
        'UpdateClusterConfig',
        expect.objectContaining({ name: 'prod', logging: { clusterLogging: [{ types: ['audit'], enabled: true }] } }),
      ],
      ['DescribeUpdate', { name: 'prod', updateId: ID }],
      ['DescribeUpdate', { name: 'prod', updateId: ID }],
      ['DescribeUpdate', { name: 'prod', updateId: ID }],
      ['DescribeCluster', { name: 'prod' }],
    ]);
    expect(new Set(run.notes)).toEqual(new Set(['waiting for EKS to update cluster prod']));
  });

  it('off sends only the type audit too', async () => {
    says(cluster(true), cluster(false));
    eks
      .on(UpdateClusterConfigCommand)
      .resolves(update('InProgress'))
      .on(DescribeUpdateCommand)
      .resolves(update('Successful'));
    await turnOn(newRun(), false);
    expect(sent(eks)[1]![1]).toMatchObject({ logging: { clusterLogging: [{ types: ['audit'], enabled: false }] } });
  });

  it('"No changes needed" is success', async () => {
    says(cluster(true));
    eks
      .on(UpdateClusterConfigCommand)
      .rejects(failure('InvalidParameterException', 'No changes needed for the logging config provided'));
    await turnOn();
  });

  it('another invalid parameter is not', async () => {
    says(cluster(false));
    eks
      .on(UpdateClusterConfigCommand)
      .rejects(failure('InvalidParameterException', 'Only one type of update can be allowed.'));
    await expect(turnOn()).rejects.toMatchObject({ code: 'AWS', awsCode: 'InvalidParameterException' });
  });

  it('a lost answer: the update that is named is waited for, then a look shows that it is done', async () => {
    says(cluster(false), cluster(true));
    eks
      .on(UpdateClusterConfigCommand)
      .rejects(inUse(`Cannot LoggingUpdate because cluster prod currently has update ${ID} in progress`));
    eks.on(DescribeUpdateCommand).resolvesOnce(update('InProgress')).resolves(update('Successful'));
    await turnOn();
    expect(operations(eks).filter((name) => name === 'UpdateClusterConfig')).toHaveLength(1);
    expect(sent(eks)).toContainEqual(['DescribeUpdate', { name: 'prod', updateId: ID }]);
  });

  it('an update of somebody else is waited for, then ours is sent again', async () => {
    const updating = cluster(false, { status: 'UPDATING' });
    says(cluster(false), updating, updating, cluster(false), cluster(false), cluster(true));
    eks
      .on(UpdateClusterConfigCommand)
      .rejectsOnce(inUse('Cannot LoggingUpdate because cluster prod currently has an update in progress'))
      .resolves(update('InProgress'));
    eks.on(DescribeUpdateCommand).resolves(update('Successful'));
    await turnOn();
    expect(operations(eks).filter((name) => name === 'UpdateClusterConfig')).toHaveLength(2);
  });

  it.each(['CREATING', 'UPDATING', 'PENDING'] as const)('a cluster that is %s is waited for', async (status) => {
    const run = newRun();
    says(cluster(false, { status }), cluster(false, { status }), cluster(false), cluster(true));
    eks
      .on(UpdateClusterConfigCommand)
      .resolves(update('InProgress'))
      .on(DescribeUpdateCommand)
      .resolves(update('Successful'));
    await turnOn(run);
    expect(run.notes).toContain('waiting for another update of cluster prod');
  });

  it('a cluster that stays busy is CLUSTER_BUSY after 20 minutes', async () => {
    const run = newRun();
    const start = run.now();
    says(cluster(false, { status: 'UPDATING' }));
    await expect(turnOn(run)).rejects.toMatchObject({
      code: 'CLUSTER_BUSY',
      hint: expect.stringContaining('aws eks list-updates --name prod'),
    });
    expect(minutes(start, run.now())).toBeGreaterThan(19);
    expect(minutes(start, run.now())).toBeLessThanOrEqual(20);
    expect(operations(eks)).not.toContain('UpdateClusterConfig');
  });

  it('a cluster whose status is ACTIVE but which refuses for ever is CLUSTER_BUSY too, and is not asked in a tight loop', async () => {
    // The status follows an update late (EKS API reference, UpdateClusterConfig).
    const run = newRun();
    let asked = 0;
    says(cluster(false));
    eks.on(UpdateClusterConfigCommand).callsFake(() => {
      if (++asked > 500) throw new Error(`asked ${asked} times in ${run.now() - start} ms`);
      throw inUse('Cannot LoggingUpdate because cluster prod currently has an update in progress');
    });
    const start = run.now();
    await expect(turnOn(run)).rejects.toMatchObject({ code: 'CLUSTER_BUSY' });
    expect(minutes(start, run.now())).toBeLessThan(60);
  });

  it.each(['FAILED', 'DELETING'] as const)('a cluster that is %s is refused at once', async (status) => {
    says(cluster(false, { status }));
    await expect(turnOn()).rejects.toMatchObject({ code: 'CLUSTER_BUSY', message: `cluster prod is ${status}` });
    expect(operations(eks)).toEqual(['DescribeCluster']);
  });

  it('a cluster that is gone is said to be gone', async () => {
    eks
      .on(DescribeClusterCommand)
      .rejects(failure('ResourceNotFoundException', 'No cluster found for name: prod.', 404));
    await expect(turnOn()).rejects.toMatchObject({ code: 'AWS', message: 'cluster prod does not exist any more' });
  });

  it('a cluster that goes while the change is looked for is no bug of ours', async () => {
    eks
      .on(DescribeClusterCommand)
      .resolvesOnce(cluster(false))
      .rejects(failure('ResourceNotFoundException', '', 404));
    eks
      .on(UpdateClusterConfigCommand)
      .resolves(update('InProgress'))
      .on(DescribeUpdateCommand)
      .resolves(update('Successful'));
    await expect(turnOn()).rejects.toMatchObject({ code: 'AWS' });
  });

  it.each([
    ['InsufficientFreeAddresses', 'SUBNET_IPS'],
    ['IpNotAvailable', 'SUBNET_IPS'],
    ['AccessDenied', 'CLUSTER_UPDATE_FAILED'],
    ['Unknown', 'CLUSTER_UPDATE_FAILED'],
  ] as const)('an update that fails with %s is %s', async (errorCode, code) => {
    says(cluster(false));
    eks.on(UpdateClusterConfigCommand).resolves(update('InProgress'));
    eks
      .on(DescribeUpdateCommand)
      .resolves(update('Failed', [{ errorCode, errorMessage: 'why', resourceIds: ['subnet-1', 'subnet-2'] }]));
    const error: RadError = await turnOn().then(
      () => expect.unreachable(),
      (thrown) => thrown,
    );
    expect(error).toMatchObject({
      code,
      awsCode: errorCode,
      message: expect.stringContaining(`prod: ${errorCode} why`),
    });
    expect(error.hint).toContain(
      code === 'SUBNET_IPS' ? 'subnet-1, subnet-2' : `aws eks describe-update --name prod --update-id ${ID}`,
    );
  });

  it('an update that was cancelled is CLUSTER_UPDATE_FAILED', async () => {
    says(cluster(false));
    eks
      .on(UpdateClusterConfigCommand)
      .resolves(update('InProgress'))
      .on(DescribeUpdateCommand)
      .resolves(update('Cancelled'));
    await expect(turnOn()).rejects.toMatchObject({ code: 'CLUSTER_UPDATE_FAILED' });
  });

  it('an update that says it is done while the type stays off is a TIMEOUT after a minute', async () => {
    const run = newRun();
    const start = run.now();
    says(cluster(false));
    eks
      .on(UpdateClusterConfigCommand)
      .resolves(update('InProgress'))
      .on(DescribeUpdateCommand)
      .resolves(update('Successful'));
    await expect(turnOn(run)).rejects.toMatchObject({ code: 'TIMEOUT' });
    expect(minutes(start, run.now())).toBeLessThanOrEqual(1);
  });

  it.each<[string, Cluster['logging'], boolean, string[]]>([
    ['two lists', cluster(true).cluster.logging, true, ['api', 'audit']],
    ['on in none', cluster(false).cluster.logging, false, ['api']],
    ['no lists', {}, false, []],
    ['nothing', undefined, false, []],
    ['only the list of what is off', { clusterLogging: [{ enabled: false, types: ['audit'] }] }, false, []],
    ['a list without types', { clusterLogging: [{ enabled: true }] }, false, []],
  ])('read: %s', async (_, logging, audit, types) => {
    eks.on(DescribeClusterCommand).resolves({ cluster: { ...cluster(false).cluster, logging: logging as never } });
    expect(await make().read('survey')).toEqual({ exists: true, spec: { audit }, tags: { t: '1' }, facts: { types } });
  });

  it.each(['ResourceNotFoundException', 'ClientException'])('read of a cluster that is not there: %s', async (name) => {
    eks.on(DescribeClusterCommand).rejects(failure(name, 'No cluster found for name: prod.'));
    expect(await make().read('survey')).toMatchObject({ exists: false });
  });

  it('the survey asks once, a fresh read asks again; tags go to the ARN of the cluster', async () => {
    const one = make();
    says(cluster(false));
    await one.read('survey');
    await one.read('survey');
    expect(operations(eks)).toEqual(['DescribeCluster']);
    await one.read('fresh');
    await one.tag({ 'rad-connect:claim': 'shared' });
    await one.untag(['rad-connect:claim']);
    const resourceArn = 'arn:x:eks:eu-west-1:1:cluster/prod';
    expect(sent(eks).slice(1)).toEqual([
      ['DescribeCluster', { name: 'prod' }],
      ['TagResource', { resourceArn, tags: { 'rad-connect:claim': 'shared' } }],
      ['UntagResource', { resourceArn, tagKeys: ['rad-connect:claim'] }],
    ]);
  });

  it('it is never created and never deleted', async () => {
    await make().create({ t: '1' }, newRun());
    await make().delete(newRun());
    expect(operations(eks)).toEqual([]);
  });
});
