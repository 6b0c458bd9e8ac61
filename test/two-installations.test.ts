import { describe, expect, it } from 'vitest';
import type { Clock } from '../src/aws/clock.ts';
import type { World } from '../src/simulator/world.ts';
import { account } from './helpers/account.ts';
import { comparable } from './helpers/comparable.ts';
import { killedAt } from './helpers/killed.ts';
import { ACCOUNT, cluster, EU, group, groupOf, NAMES, small, US } from './helpers/small.ts';
import { during } from './helpers/traffic.ts';

const PREFIXES = ['rad', 'blue'] as const;
type Prefix = (typeof PREFIXES)[number];
const enable = (prefix: Prefix, more = '') =>
  `enable-audit --regions ${US},${EU} --external-id abc-123 --name-prefix ${prefix} --yes -o json${more}`;
const again = (prefix: Prefix) => `enable-audit --name-prefix ${prefix} --yes -o json`;
const status = (prefix: Prefix) => `status --name-prefix ${prefix} --detailed-exitcode -o json`;
const teardown = (prefix: Prefix) => `teardown --name-prefix ${prefix} --yes --confirm ${ACCOUNT} -o json`;
const remove = (prefix: Prefix) => `${teardown(prefix)} --delete-data`;

const exact = (world: World) => comparable(world, { identity: true });
/** The events that come in a while, and those of them that this installation delivers. */
const deliver = (prefix: Prefix, world: World, clock: Clock) =>
  during(() => clock.sleep(1_000), world, clock, { bucket: NAMES.bucket(US).replace('rad', prefix) });
const other = (prefix: Prefix): Prefix => (prefix === 'rad' ? 'blue' : 'rad');

async function both(first: Prefix = 'rad', world = small(US, EU)) {
  const here = account(world);
  expect((await here.run(enable(first))).code).toBe(0);
  expect((await here.run(enable(other(first)))).code).toBe(0);
  return here;
}

describe('a second installation beside the first', () => {
  it('both deliver every event, and neither finds anything to do', async () => {
    const { run, world, clock } = await both();
    for (const prefix of PREFIXES) {
      expect((await run(again(prefix))).writes).toEqual([]);
      expect((await run(status(prefix))).code).toBe(0);
    }
    for (const prefix of PREFIXES) {
      const { sent, landed } = await deliver(prefix, world, clock);
      expect(landed).toEqual(sent);
    }
  });

  it.each(PREFIXES.flatMap((first) => PREFIXES.map((leaver) => [first, leaver] as const)))(
    'made %s first, torn down %s first: the other is left whole, and in the end the account is as it was',
    async (first, leaver) => {
      const world = small(US, EU);
      const before = exact(world);
      const { run } = await both(first, world);
      expect((await run(remove(leaver))).code).toBe(0);

      const stayer = other(leaver);
      const told = await run(status(stayer));
      expect(told.code, told.stderr).toBe(0);
      expect((await run(again(stayer))).writes).toEqual([]);
      expect(cluster(world, 'off').logging).toContain('audit');
      // Its events would stay with the cluster.
      const later = account(structuredClone(world));
      const { sent, landed } = await deliver(stayer, later.world, later.clock);
      expect(landed).toEqual(sent);

      expect((await run(remove(stayer))).code).toBe(0);
      expect(exact(world)).toEqual(before);
    },
  );

  it.each(PREFIXES)(
    'nothing of %s is written when the other one leaves, clusters and their log groups apart',
    async (prefix) => {
      const { run, world } = await both();
      const { calls } = await run(remove(other(prefix)));
      const touched = calls.filter(
        ({ write, input }) => write && new RegExp(`"${prefix}-(?!connect)`).test(JSON.stringify(input)),
      );
      expect(touched.map(({ operation }) => operation)).toEqual([]);
      expect(group(world, groupOf('off')).filters).toHaveProperty(`${prefix}-eks-audit-logs`);
    },
  );

  it('a log group that the other has made is not deleted by one that does not use it', async () => {
    const { run, world } = account(small());
    expect((await run(enable('rad').replace(`,${EU}`, ''))).code).toBe(0);
    const before = exact(world);
    const line = `enable-audit --regions ${US} --clusters on --name-prefix blue --yes -o json`;
    expect((await run(line)).code).toBe(0);
    expect((await run(remove('blue'))).code).toBe(0);
    expect(exact(world)).toEqual(before);
  });

  it('a log group that the other has made and kept is not deleted by one that does not use it', async () => {
    const { run, world } = account(small());
    const before = exact(world);
    expect((await run(enable('rad').replace(`,${EU}`, ''))).code).toBe(0);
    expect((await run(`${teardown('rad')} --no-drain`)).code).toBe(0);
    const line = `enable-audit --regions ${US} --clusters on --name-prefix blue --yes -o json`;
    expect((await run(line)).code).toBe(0);
    expect((await run(remove('blue'))).code).toBe(0);
    expect(group(world, groupOf('off'))).toBeDefined();
    expect((await run(remove('rad'))).code).toBe(0);
    expect(exact(world)).toEqual(before);
  });

  it('what one keeps of its logs the other leaves alone, and logging goes with the last', async () => {
    const { run, world } = await both();
    expect((await run(`${teardown('rad')} --no-drain`)).code).toBe(0);
    expect(cluster(world, 'off').logging).toContain('audit');
    expect((await run(`${teardown('blue')} --no-drain`)).code).toBe(0);
    expect(cluster(world, 'off').logging).not.toContain('audit');
    expect(Object.keys(world.buckets).sort()).toHaveLength(4);
  });

  it('--keep-logging of one leaves the other what it needs to put logging back', async () => {
    const { run, world } = await both();
    expect((await run(`${remove('blue')} --keep-logging`)).code).toBe(0);
    expect((await run(remove('rad'))).code).toBe(0);
    expect(cluster(world, 'off').logging).not.toContain('audit');
  });

  it('its own retention is of the log groups that it makes', async () => {
    const { run, world } = await both();
    const { writes, json } = await run(`${again('blue')} --log-retention-days 30`);
    expect(writes.filter((write) => write === 'logs:PutRetentionPolicy')).toEqual([]);
    expect(json.summary.failed).toBe(0);
    expect(group(world, groupOf('off')).retention).toBe(90);
    expect((await run(status('rad'))).code).toBe(0);
  });

  it('a teardown killed at any write, beside the other one: the next one finishes, and the other is whole', async () => {
    const start = await both();
    const calm = account(structuredClone(start.world));
    const { writes } = await calm.run(remove('rad'));
    for (let n = 1; n <= writes.length; n += 3) {
      const { run, world } = account(structuredClone(start.world));
      await run(remove('rad'), { faults: killedAt(n) });
      expect((await run(remove('rad'))).code, `killed at ${n}`).toBe(0);
      expect(comparable(world), `killed at ${n}`).toEqual(comparable(calm.world));
      expect((await run(status('blue'))).code, `killed at ${n}`).toBe(0);
    }
  });
});
