import { describe, expect, it } from 'vitest';
import { accessDenied } from '../src/simulator/errors.ts';
import { addModule } from '../src/simulator/scenarios.ts';
import type { Call, Fault } from '../src/simulator/simulator.ts';
import { addFilter, addLogGroup, type World } from '../src/simulator/world.ts';
import { account } from './helpers/account.ts';
import { comparable } from './helpers/comparable.ts';
import { killedAt } from './helpers/killed.ts';
import { EU, group, groupOf, NAMES, small, US } from './helpers/small.ts';

const ENABLE = `enable-audit --regions ${US} --external-id x-1 --yes -o json`;
const ADOPT = `${ENABLE} --adopt`;
const DELETE = 'teardown --yes --confirm 123456789012 --delete-data -o json';
const BUCKET = 'ksoc-eks-0a1b2c3d';

/** An account in which RAD's Terraform module delivers; `after` makes it special. */
function connected(after: (world: World) => void = () => {}, ...regions: string[]): World {
  const world = small(...regions);
  for (const region of regions.length ? regions : [US]) {
    addLogGroup(world, region, groupOf('off'));
    addLogGroup(world, region, '/aws/eks/off/application');
    addModule(world, region, region === US ? '0a1b2c3d' : '4e5f6071');
  }
  after(world);
  return world;
}
const filtersOn = (world: World, cluster: string, region = US) =>
  Object.keys(group(world, groupOf(cluster), region).filters);
const denying =
  (operation: string) =>
  (call: Call): Fault | undefined =>
    call.operation === operation
      ? { when: 'before', error: accessDenied(`${call.service}:${operation}`, '*') }
      : undefined;
const theirRoles = (world: World) => Object.keys(world.roles).filter((name) => name.startsWith('ksoc-'));
const theirStream = (world: World, region = US) => world.regions[region]!.streams['ksoc-audit-logs'];

describe("an account that RAD's Terraform module has connected", () => {
  it('is warned of double delivery, once a cluster, and left alone', async () => {
    const { run, world } = account(connected());
    const theirs = structuredClone(theirStream(world));
    const { code, json } = await run(ENABLE);
    expect(code).toBe(0);
    const warned = json.warnings.filter((warning) => warning.code === 'DOUBLE_DELIVERY');
    expect(warned.map(({ id }) => id)).toEqual([groupOf('off'), groupOf('on')]);
    expect(warned[0]!.hint).toContain('--adopt');
    expect(theirStream(world)).toEqual(theirs);
    expect(filtersOn(world, 'on')).toEqual(['ksoc-audit-logs', NAMES.product]);
    expect(json.summary.adopt).toBe(0);
  });

  it('is taken over: ours stands, theirs is gone, their bucket stays, Terraform is told', async () => {
    const { run, world } = account(connected());
    const plan = await run(`${ADOPT} --dry-run`);
    expect(plan.writes).toEqual([]);
    const { code, json, stderr } = await run(ADOPT);
    expect(code, stderr).toBe(0);
    expect(json.summary).toMatchObject({ adopt: 2, delete: 7, failed: 0, blocked: 0 });
    expect(plan.json.summary).toMatchObject({ adopt: 2, delete: 7 });
    // The module has delivered the events of the other one all along.
    expect(plan.json.cost?.clusters.map(({ name }) => name)).toEqual(['off']);
    for (const cluster of ['off', 'on']) expect(filtersOn(world, cluster)).toEqual([NAMES.product]);
    expect(Object.keys(group(world, '/aws/eks/off/application').filters)).toEqual([]);
    expect(theirRoles(world)).toEqual([]);
    expect(theirStream(world)).toBeUndefined();
    expect(world.buckets[BUCKET]).toBeDefined();
    expect(json.outputs.terraform).toContain(BUCKET);
    expect(json.outputs.terraform).toMatch(/removed \{\n {2}from = module\..*aws_s3_bucket\.audit_logs/);
    expect(json.warnings.map((warning) => warning.code)).not.toContain('DOUBLE_DELIVERY');
    expect((await run(ADOPT)).writes).toEqual([]);
    expect((await run('enable-audit --yes')).writes).toEqual([]);
  });

  it('costs for a cluster that is turned on what it costs without the module', async () => {
    const costOf = async (world: World, line: string) =>
      (await account(world).run(`${line} --dry-run`)).json.cost!.clusters.find(({ name }) => name === 'off');
    const alone = small();
    addLogGroup(alone, US, groupOf('off'));
    expect(await costOf(connected(), ADOPT)).toEqual(await costOf(alone, `${ENABLE} --clusters off`));
  });

  it('without a gap: their filter goes only when ours stands, their stream only when what is in flight has landed', async () => {
    const { run, clock } = account(connected());
    const at: Record<string, number> = {};
    await run(ADOPT, {
      faults({ operation, input }) {
        const name = input.filterName ?? input.DeliveryStreamName ?? input.RoleName ?? '';
        at[`${operation} ${input.logGroupName ?? ''} ${name}`] ??= clock.now();
        return undefined;
      },
    });
    for (const cluster of ['off', 'on']) {
      const made = at[`PutSubscriptionFilter ${groupOf(cluster)} ${NAMES.product}`]!;
      expect(at[`DeleteSubscriptionFilter ${groupOf(cluster)} ksoc-audit-logs`]).toBeGreaterThan(made);
    }
    const last = at[`DeleteSubscriptionFilter ${groupOf('on')} ksoc-audit-logs`]!;
    expect(at['DeleteDeliveryStream  ksoc-audit-logs']! - last).toBeGreaterThanOrEqual(120_000);
    expect(at['DeleteRole  ksoc-firehose']).toBeGreaterThan(at['DeleteDeliveryStream  ksoc-audit-logs']!);
  });

  it('killed at any write, the next run with --adopt ends the same; and then there and back', async () => {
    const calm = account(connected());
    const writes = (await calm.run(ADOPT)).writes.length;
    expect(writes).toBeGreaterThan(35);
    for (let n = 2; n <= writes + 1; n++) {
      const { run, world } = account(connected());
      await run(ADOPT, { faults: killedAt(n) });
      const healed = await run('enable-audit --adopt --yes -o json');
      expect(healed.code, `killed at ${n}: ${healed.stderr}`).toBe(0);
      expect(comparable(world), `killed at ${n}`).toEqual(comparable(calm.world));
    }
    expect((await calm.run(DELETE)).code).toBe(0);
    expect(filtersOn(calm.world, 'on')).toEqual([]);
  });

  it('one region of two: the roles stay until the other one is taken over too', async () => {
    const { run, world } = account(connected(() => {}, US, EU));
    const first = await run(ADOPT);
    expect(first.code, first.stderr).toBe(0);
    expect(theirRoles(world)).toHaveLength(3);
    const kept = first.json.changes.filter(({ id }) => id.startsWith('ksoc-') && id !== 'ksoc-audit-logs');
    expect(kept.map(({ action, note }) => `${action} ${note}`)).toEqual(Array(2).fill(`keep ${EU} still uses it`));
    const second = await run(`enable-audit --regions ${US},${EU} --adopt --yes -o json`);
    expect(second.code, second.stderr).toBe(0);
    expect(theirRoles(world)).toEqual([]);
    expect(theirStream(world, EU)).toBeUndefined();
  });
});

it('where buckets may not be listed, no other region of the module loses its roles, and Terraform is told all the same', async () => {
  const { run, world } = account(connected(() => {}, US, EU));
  const { code, json } = await run(`${ADOPT} --audit-logs-role-arn none`, { faults: denying('ListBuckets') });
  expect(code).toBe(0);
  expect(theirStream(world)).toBeUndefined();
  expect(theirRoles(world)).toHaveLength(3);
  expect(json.changes.find(({ id }) => id === 'ksoc-firehose')).toMatchObject({ action: 'keep' });
  expect(json.warnings.map((warning) => warning.id)).toContain('s3:ListAllMyBuckets');
  expect(json.outputs.terraform).toContain('aws_s3_bucket.audit_logs');
});

describe('what cannot be taken over is refused with the reason, and keeps delivering', () => {
  const blocked = (json: Awaited<ReturnType<ReturnType<typeof account>['run']>>['json']) =>
    json.changes.filter(({ action }) => action === 'blocked').map(({ type, id }) => `${type} ${id}`);

  it.each<[string, (world: World) => void, string, string]>([
    [
      'no spare filter slot',
      (w) => {
        w.quotas.filtersPerGroup = 1;
      },
      'FILTER_SLOTS_FULL',
      `logs:subscription-filter ${groupOf('off')}`,
    ],
    [
      'a stream of that name that is not theirs',
      (w) => {
        theirStream(w)!.destination.BucketARN = `arn:${w.partition}:s3:::somebody-else`;
      },
      'FOREIGN',
      'firehose:delivery-stream ksoc-audit-logs',
    ],
    [
      'a stream that another filter feeds too',
      (w) => {
        w.quotas.filtersPerGroup = 5;
        addFilter(w, US, groupOf('on'), 'by-hand', { destinationArn: theirStream(w)!.arn });
      },
      'FOREIGN',
      'firehose:delivery-stream ksoc-audit-logs',
    ],
  ])('%s', async (_, change, code, row) => {
    const { run, world } = account(connected(change));
    const { code: exit, json } = await run(ADOPT);
    expect(exit).toBe(3);
    expect(json.errors.map((error) => error.code)).toContain(code);
    expect(blocked(json)).toContain(row);
    expect(theirStream(world)!.status).toBe('ACTIVE');
    expect(theirRoles(world)).toHaveLength(3);
  });

  it('where ours comes to nothing, no filter of theirs goes, and Terraform is told nothing', async () => {
    const { run, world } = account(connected());
    const { code, json } = await run(ADOPT, { faults: denying('CreateDeliveryStream') });
    expect(code).toBe(3);
    for (const name of ['/aws/eks/off/application', groupOf('on')])
      expect(Object.keys(group(world, name).filters)).toContain('ksoc-audit-logs');
    expect(json.outputs.terraform).toBeNull();
  });

  it('a filter of somebody on another log group of EKS keeps the stream', async () => {
    const { run, world } = account(
      connected((w) => {
        addLogGroup(w, US, '/aws/eks/fargate/application');
        addFilter(w, US, '/aws/eks/fargate/application', 'mine', { destinationArn: theirStream(w)!.arn });
      }),
    );
    const { code, json } = await run(ADOPT);
    expect(code).toBe(3);
    expect(json.errors).toMatchObject([{ code: 'FOREIGN', id: 'ksoc-audit-logs' }]);
    expect(json.errors[0]!.message).toContain('filter mine on /aws/eks/fargate/application');
    expect(theirStream(world)!.status).toBe('ACTIVE');
    expect(theirRoles(world)).toHaveLength(3);
  });

  it('filters that may not be seen: said, and nothing is touched', async () => {
    const { run, world } = account(connected());
    const before = structuredClone(world.roles);
    const { code, json, writes } = await run(ADOPT, { faults: denying('DescribeSubscriptionFilters') });
    expect([code, writes]).toEqual([5, []]);
    expect(json.errors).toMatchObject([{ code: 'PERMISSION_DENIED' }]);
    expect(world.roles).toEqual(before);
  });

  it('a cluster that is left out here would lose its only delivery', async () => {
    const { run, world } = account(connected());
    const { code, json } = await run(`${ADOPT} --clusters off`);
    expect(code).toBe(3);
    expect(json.errors.map((error) => error.code)).toEqual(['ADOPTION_INCOMPLETE']);
    expect(filtersOn(world, 'on')).toEqual(['ksoc-audit-logs']);
    expect(theirStream(world)!.status).toBe('ACTIVE');
  });

  it('a role of that name that is not theirs stays, the rest is taken over', async () => {
    const { run, world } = account(
      connected((w) => {
        w.roles['ksoc-firehose']!.trust.text = w.roles['ksoc-firehose']!.trust.text.replace('firehose', 'lambda');
      }),
    );
    const { code, json } = await run(ADOPT);
    expect(code).toBe(3);
    expect(json.errors).toMatchObject([{ code: 'FOREIGN', id: 'ksoc-firehose' }]);
    expect(theirRoles(world)).toEqual(['ksoc-firehose']);
    expect(theirStream(world)).toBeUndefined();
  });
});
