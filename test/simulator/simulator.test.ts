import { paginateListRegions } from '@aws-sdk/client-account';
import { DescribeSubscriptionFiltersCommand } from '@aws-sdk/client-cloudwatch-logs';
import {
  CreateClusterCommand,
  DescribeClusterCommand,
  ListClustersCommand,
  UpdateClusterConfigCommand,
} from '@aws-sdk/client-eks';
import {
  CreateRoleCommand,
  DeleteRoleCommand,
  GetRoleCommand,
  ListAttachedRolePoliciesCommand,
} from '@aws-sdk/client-iam';
import { ListBucketsCommand, PutBucketLifecycleConfigurationCommand } from '@aws-sdk/client-s3';
import { GetCallerIdentityCommand } from '@aws-sdk/client-sts';
import { describe, expect, it } from 'vitest';
import { accessDenied, connectionReset, serverError, throttled } from '../../src/simulator/errors.ts';
import { inventory } from '../../src/simulator/inventory.ts';
import { many, scenarios } from '../../src/simulator/scenarios.ts';
import type { Call } from '../../src/simulator/simulator.ts';
import { addLogGroup, emptyWorld } from '../../src/simulator/world.ts';
import { account, errorOf, nameOf, trust } from './account.ts';

const role = (RoleName: string) => new CreateRoleCommand({ RoleName, AssumeRolePolicyDocument: trust('logs') });

describe('calls', () => {
  it('take simulated time, are counted and told', async () => {
    const told: [string, number, number, string | undefined][] = [];
    const onCall = ({ service, operation, n, writeN }: Call, error?: Error) =>
      told.push([`${service}:${operation}`, n, writeN, error?.name]);
    const { sts, iam, clock, world } = account(emptyWorld(), { onCall });
    const answer = await sts.send(new GetCallerIdentityCommand({}));
    expect(answer).toMatchObject({
      Account: '123456789012',
      Arn: 'arn:aws:sts::123456789012:assumed-role/Admin/sandbox',
    });
    expect(answer.$metadata).toMatchObject({ httpStatusCode: 200, attempts: 1, requestId: expect.any(String) });
    await iam.send(role('a'));
    await nameOf(iam.send(role('a')));
    expect(told).toEqual([
      ['sts:GetCallerIdentity', 1, 0, undefined],
      ['iam:CreateRole', 2, 1, undefined],
      ['iam:CreateRole', 3, 2, 'EntityAlreadyExistsException'],
    ]);
    expect(clock.now()).toBe(emptyWorld().now + 60);
    expect(world.now).toBe(clock.now());
  });

  it('reads show what was there before a write, as long as they are late; other writes see it at once', async () => {
    const { iam, clock } = account(emptyWorld({ lags: { ...emptyWorld().lags, staleMs: 5_000 } }));
    const get = () => nameOf(iam.send(new GetRoleCommand({ RoleName: 'a' })));
    await iam.send(role('a'));
    expect(await nameOf(iam.send(role('a')))).toBe('EntityAlreadyExistsException');
    expect(await get()).toBe('NoSuchEntityException');
    await clock.sleep(5_000);
    expect(await get()).toBe('no error');
    await iam.send(new DeleteRoleCommand({ RoleName: 'a' }));
    expect(await get()).toBe('no error');
    await clock.sleep(5_000);
    expect(await get()).toBe('NoSuchEntityException');
  });

  it('an operation that is not known is an error that names it', async () => {
    const create = new CreateClusterCommand({ name: 'x', roleArn: 'r', resourcesVpcConfig: {} });
    expect((await errorOf(account().eks.send(create))).message).toBe('the simulator does not know eks:CreateCluster');
  });

  it('answers are copies', async () => {
    const { eks, world } = account(scenarios.default!());
    const { cluster } = await eks.send(new DescribeClusterCommand({ name: 'payments-prod' }));
    cluster!.tags!.team = 'mine';
    expect(world.regions['us-east-1']!.clusters['payments-prod']!.tags.team).toBe('payments');
  });

  it.each([
    ['throttled', throttled('iam')],
    ['a server error', serverError()],
    ['a connection reset', connectionReset()],
  ])('are tried again by the SDK: %s', async (_, error) => {
    const { clients, world } = account(emptyWorld(), {
      faults: ({ n }) => (n === 1 ? { when: 'before', error } : undefined),
    });
    expect((await clients('us-east-1', 2).iam.send(role('a'))).$metadata.attempts).toBe(2);
    expect(Object.keys(world.roles)).toEqual(['a']);
  });

  it('a fault comes before the effect or after it', async () => {
    const error = accessDenied('iam:CreateRole', '*');
    const { iam, world } = account(emptyWorld(), {
      faults: ({ writeN }) => ({ when: writeN === 1 ? 'before' : 'after', error }),
    });
    expect(await errorOf(iam.send(role('a')))).toMatchObject({
      name: 'AccessDenied',
      $metadata: { httpStatusCode: 403 },
    });
    expect(await nameOf(iam.send(role('b')))).toBe('AccessDenied');
    expect(Object.keys(world.roles)).toEqual(['b']);
  });

  it('too many in a second are throttled', async () => {
    const world = emptyWorld();
    addLogGroup(world, 'us-east-1', 'g');
    const { logs, clients, clock } = account(world);
    const ask = () => nameOf(logs.send(new DescribeSubscriptionFiltersCommand({ logGroupName: 'g' })));
    const names = await Promise.all(Array.from({ length: 7 }, ask));
    expect(names.filter((name) => name === 'ThrottlingException')).toHaveLength(2);
    expect(
      await nameOf(clients('eu-west-1').logs.send(new DescribeSubscriptionFiltersCommand({ logGroupName: 'g' }))),
    ).toBe('ResourceNotFoundException');
    await clock.sleep(1_000);
    expect(await ask()).toBe('no error');
  });
});

describe('what calls leave behind', () => {
  it('is plain JSON', async () => {
    const { eks, iam, s3, world } = account(scenarios.default!());
    const clusterLogging = [{ types: ['audit' as const], enabled: true }];
    await eks.send(new UpdateClusterConfigCommand({ name: 'payments-prod', logging: { clusterLogging } }));
    await iam.send(role('a'));
    const Rules = [{ Status: 'Enabled' as const, Filter: { Prefix: undefined }, Expiration: { Date: new Date(0) } }];
    const Bucket = 'radiology-eks-audit-logs';
    await s3.send(new PutBucketLifecycleConfigurationCommand({ Bucket, LifecycleConfiguration: { Rules } }));
    expect(JSON.parse(JSON.stringify(world))).toStrictEqual(world);
  });
});

describe('regions', () => {
  const denied = 'with an explicit deny in a service control policy: arn:aws:organizations::';
  it.each([
    ['us-east-1', 'no error', 'no error', undefined],
    [
      'me-south-1',
      'UnrecognizedClientException',
      'InvalidAccessKeyId',
      'The security token included in the request is invalid.',
    ],
    ['eu-west-1', 'AccessDeniedException', 'AccessDenied', denied],
    ['xx-west-1', 'Error', 'Error', 'ENOTFOUND'],
  ])('%s', async (region, eksName, s3Name, message) => {
    const { eks, s3, iam } = account(scenarios.denied!()).clients(region);
    const error = await errorOf(eks.send(new ListClustersCommand({})));
    expect([error.name, await nameOf(s3.send(new ListBucketsCommand({})))]).toEqual([eksName, s3Name]);
    if (message) expect(error.message).toContain(message);
    expect(await nameOf(iam.send(new ListAttachedRolePoliciesCommand({ RoleName: 'eks-node' })))).toBe('no error');
  });

  it('are listed with their state, by pages', async () => {
    const { account: client } = account();
    const sizes = [];
    const input = { RegionOptStatusContains: ['ENABLED' as const, 'ENABLED_BY_DEFAULT' as const] };
    for await (const page of paginateListRegions({ client }, input)) sizes.push(page.Regions?.length);
    expect(sizes).toEqual([10, 7]);
  });
});

describe('worlds', () => {
  it.each(Object.keys(scenarios))('%s is plain JSON and the same each time', (name) => {
    const world = scenarios[name]!();
    expect(JSON.parse(JSON.stringify(world))).toStrictEqual(world);
    expect(scenarios[name]!()).toStrictEqual(world);
    expect(inventory(world)).toStrictEqual(inventory(scenarios[name]!()));
  });

  it('many deals clusters out', () => {
    const { regions } = many(10, ['us-east-1', 'eu-west-1']);
    expect(['us-east-1', 'eu-west-1'].map((name) => Object.keys(regions[name]!.clusters).length)).toEqual([5, 5]);
  });
});
