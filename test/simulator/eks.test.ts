import {
  DescribeClusterCommand,
  DescribeUpdateCommand,
  ListTagsForResourceCommand,
  paginateListClusters,
  paginateListUpdates,
  TagResourceCommand,
  UntagResourceCommand,
  UpdateClusterConfigCommand,
} from '@aws-sdk/client-eks';
import { describe, expect, it } from 'vitest';
import { scenarios } from '../../src/simulator/scenarios.ts';
import { addCluster, addUpdate, emptyWorld } from '../../src/simulator/world.ts';
import { account, errorOf } from './account.ts';

const update = (name: string, types: string[], enabled = true, more = {}) =>
  new UpdateClusterConfigCommand({ name, logging: { clusterLogging: [{ types: types as never, enabled }] }, ...more });

function one(options = {}) {
  const world = emptyWorld();
  addCluster(world, 'us-east-1', 'prod', options);
  return account(world);
}

describe('EKS', () => {
  it('lists by pages', async () => {
    const { eks } = account(scenarios.default!());
    const found = [];
    for await (const page of paginateListClusters({ client: eks }, {})) found.push(page.clusters);
    expect(found).toEqual([['payments-prod', 'platform-prod'], ['staging']]);
  });

  it('turns on one type and leaves the others; the group comes later', async () => {
    const { eks, clock, world } = one({ logging: ['api'] });
    const { update: made } = await eks.send(update('prod', ['audit']));
    expect(made).toMatchObject({
      status: 'InProgress',
      type: 'LoggingUpdate',
      errors: [],
      createdAt: expect.any(Date),
    });
    expect((await eks.send(new DescribeClusterCommand({ name: 'prod' }))).cluster?.status).toBe('UPDATING');
    await clock.sleep(180_000);
    const done = await eks.send(new DescribeUpdateCommand({ name: 'prod', updateId: made!.id! }));
    expect(done.update?.status).toBe('Successful');
    const { cluster } = await eks.send(new DescribeClusterCommand({ name: 'prod' }));
    expect(cluster?.logging?.clusterLogging).toEqual([
      { types: ['api', 'audit'], enabled: true },
      { types: ['authenticator', 'controllerManager', 'scheduler'], enabled: false },
    ]);
    expect(world.regions['us-east-1']!.groups).toEqual({});
    await clock.sleep(30_000);
    await eks.send(new DescribeClusterCommand({ name: 'prod' }));
    expect(Object.keys(world.regions['us-east-1']!.groups)).toEqual(['/aws/eks/prod/cluster']);
  });

  it('a failed update leaves the cluster ACTIVE and unchanged', async () => {
    const failNextUpdate = {
      errorCode: 'IpNotAvailable',
      errorMessage: 'no free addresses',
      resourceIds: ['subnet-1'],
    };
    const { eks, clock } = one({ failNextUpdate });
    const { update: made } = await eks.send(update('prod', ['audit']));
    await clock.sleep(180_000);
    const { update: ended } = await eks.send(new DescribeUpdateCommand({ name: 'prod', updateId: made!.id! }));
    expect(ended).toMatchObject({ status: 'Failed', errors: [failNextUpdate] });
    const { cluster } = await eks.send(new DescribeClusterCommand({ name: 'prod' }));
    expect(cluster).toMatchObject({ status: 'ACTIVE' });
    expect(cluster?.logging?.clusterLogging?.some(({ enabled }) => enabled)).toBe(false);
  });

  it.each([
    ['missing', update('nope', ['audit']), 'ResourceNotFoundException', 404, 'No cluster found for name: nope.'],
    [
      'no-op',
      update('prod', ['api']),
      'InvalidParameterException',
      400,
      'No changes needed for the logging config provided',
    ],
    [
      'nothing',
      new UpdateClusterConfigCommand({ name: 'prod' }),
      'InvalidParameterException',
      400,
      'The type for cluster update was not provided.',
    ],
    [
      'two kinds',
      update('prod', ['audit'], true, { resourcesVpcConfig: {} }),
      'InvalidParameterException',
      400,
      'Only one type of update can be allowed.',
    ],
  ])('refuses: %s', async (_, command, name, status, message) => {
    const { eks } = one({ logging: ['api'] });
    const error = await errorOf(eks.send(command));
    expect(error).toMatchObject({
      name,
      message,
      $fault: 'client',
      $service: 'EKS',
      $metadata: { httpStatusCode: status, attempts: 1 },
    });
    expect(error.$metadata.requestId).toMatch(/^[0-9a-f-]{36}$/);
  });

  it('one update at a time: the message names the one under way', async () => {
    const { eks, world, clock } = one();
    const id = addUpdate(world, 'us-east-1', 'prod', world.now + 60_000);
    expect(await errorOf(eks.send(update('prod', ['audit'])))).toMatchObject({
      name: 'ResourceInUseException',
      message: `Cannot LoggingUpdate because cluster prod currently has update ${id} in progress`,
      $metadata: { httpStatusCode: 409 },
    });
    await clock.sleep(60_000);
    await eks.send(update('prod', ['audit']));
    const ids = [];
    for await (const page of paginateListUpdates({ client: eks }, { name: 'prod' }))
      ids.push(...(page.updateIds ?? []));
    expect(ids).toHaveLength(2);
  });

  it('the same token is the same update: a retry after a lost answer is answered', async () => {
    const world = emptyWorld();
    addCluster(world, 'us-east-1', 'prod');
    const lost = Object.assign(new Error('read ECONNRESET'), { code: 'ECONNRESET' });
    const { clients } = account(world, { faults: ({ n }) => (n === 1 ? { when: 'after', error: lost } : undefined) });
    const answer = await clients('us-east-1', 2).eks.send(update('prod', ['audit']));
    expect(answer.update?.status).toBe('InProgress');
    expect(Object.keys(world.regions['us-east-1']!.clusters.prod!.updates)).toHaveLength(1);
  });

  it('a cluster that is CREATING becomes ACTIVE', async () => {
    const { eks, clock, world } = account();
    addCluster(world, 'us-east-1', 'new', { status: 'CREATING', readyAt: world.now + 1_000 });
    expect(await errorOf(eks.send(update('new', ['audit'])))).toMatchObject({ name: 'ResourceInUseException' });
    await clock.sleep(1_000);
    expect((await eks.send(update('new', ['audit']))).update?.status).toBe('InProgress');
  });

  it('tags merge, and have errors of their own', async () => {
    const { eks } = one({ tags: { team: 'a' } });
    const resourceArn = 'arn:aws:eks:us-east-1:123456789012:cluster/prod';
    await eks.send(new TagResourceCommand({ resourceArn, tags: { x: '1', y: '2' } }));
    await eks.send(new UntagResourceCommand({ resourceArn, tagKeys: ['x', 'none'] }));
    expect((await eks.send(new ListTagsForResourceCommand({ resourceArn }))).tags).toEqual({ team: 'a', y: '2' });
    const many = Object.fromEntries(Array.from({ length: 51 }, (_, i) => [`k${i}`, '']));
    expect(await errorOf(eks.send(new TagResourceCommand({ resourceArn, tags: many })))).toMatchObject({
      name: 'BadRequestException',
    });
    const nobody = { resourceArn: `${resourceArn}x`, tags: { a: 'b' } };
    expect(await errorOf(eks.send(new TagResourceCommand(nobody)))).toMatchObject({ name: 'NotFoundException' });
  });
});
