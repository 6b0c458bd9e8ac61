import { describe, expect, it } from 'vitest';
import { scenarios } from '../src/simulator/scenarios.ts';
import type { Call, Fault } from '../src/simulator/simulator.ts';
import type { World } from '../src/simulator/world.ts';
import { account } from './helpers/account.ts';
import { comparable } from './helpers/comparable.ts';

const ENABLE = 'enable-audit --regions us-east-1,eu-west-1 --retention-days 14 --external-id abc-123 --yes -o json';
const AGAIN = 'enable-audit --yes -o json';
const TEARDOWN = 'teardown --yes --confirm 123456789012 -o json';
const DELETE = `${TEARDOWN} --delete-data`;

const world = (): World => scenarios.laws!();
const FULL = ['eu-west-1 /aws/eks/slots-full/cluster', 'us-east-1 /aws/eks/slots-full/cluster'];

/** The process is killed when it is about to make its n-th write: nothing reaches AWS from then on. */
function killedAt(n: number) {
  let dead = false;
  return (call: Call): Fault | undefined => {
    dead ||= call.writeN >= n;
    const error = Object.assign(new Error('killed'), { name: 'Killed', $metadata: {} });
    return dead ? { when: 'before', error } : undefined;
  };
}

async function enabled() {
  const { run, world: after } = account(world());
  const { writes } = await run(ENABLE);
  return { writes: writes.length, state: comparable(after), run, world: after };
}

describe('laws, on two regions with eight clusters in different states', () => {
  it('twice is nothing: the second run makes no write', async () => {
    const { run } = account(world());
    const first = await run(ENABLE);
    expect(first.code).toBe(3);
    const blocked = first.json.changes.filter(({ action }) => action === 'blocked');
    expect(blocked.map(({ id, region }) => `${region} ${id}`)).toEqual(FULL);
    expect(first.json.errors.map(({ code }) => code)).toEqual(['FILTER_SLOTS_FULL', 'FILTER_SLOTS_FULL']);
    expect(first.json.summary).toMatchObject({ failed: 0, skipped: 0 });

    const second = await run(AGAIN);
    expect(second.writes).toEqual([]);
    expect(second.code).toBe(3);
    expect(second.json.summary).toMatchObject({ create: 0, update: 0, blocked: 2, failed: 0, skipped: 0 });

    const status = await run('status -o json');
    expect(status.code).toBe(3);
    expect(status.writes).toEqual([]);
    expect(status.json.changes).toEqual(second.json.changes);
  });

  it('every cluster that is not blocked logs through a filter of ours', async () => {
    const { run } = await enabled();
    const { json } = await run('status -o json');
    expect(json.clusters).toHaveLength(16);
    for (const { name, auditLogging, filter } of json.clusters) {
      expect({ name, auditLogging, filter }).toEqual({
        name,
        auditLogging: true,
        filter: name === 'slots-full' ? 'blocked' : 'ok',
      });
    }
  });

  it('there and back is nothing: teardown --delete-data gives back the first world', async () => {
    const { run, world: after } = account(world());
    const before = comparable(after, { identity: true });
    await run(ENABLE);
    expect((await run(DELETE)).code).toBe(0);
    expect(comparable(after, { identity: true })).toEqual(before);
    expect((await run(DELETE)).writes).toEqual([]);
  });

  it('teardown keeps what holds logs, and teardown --delete-data finds it later', async () => {
    const { run, world: after } = account(world());
    const before = comparable(after, { identity: true });
    await run(ENABLE);
    const { code, json } = await run(TEARDOWN);
    expect(code).toBe(0);
    const kept = json.changes.filter(({ action }) => action === 'keep').map(({ type }) => type);
    expect(new Set(kept)).toEqual(new Set(['s3:bucket', 'logs:log-group']));
    expect(Object.keys(after.roles)).toContain('rad-audit-logs');
    expect(Object.keys(after.roles)).not.toContain('rad-firehose');
    expect((await run(TEARDOWN)).writes).toEqual([]);

    expect((await run(DELETE)).code).toBe(0);
    expect(comparable(after, { identity: true })).toEqual(before);
  });

  it('killed at any write of enable-audit, the next run without options heals', async () => {
    const undisturbed = await enabled();
    expect(undisturbed.writes).toBeGreaterThan(60);
    for (let n = 2; n <= undisturbed.writes + 1; n++) {
      const { run, world: after } = account(world());
      await run(ENABLE, { faults: killedAt(n) });
      const healed = await run(AGAIN);
      expect(healed.code, `killed at ${n}: ${healed.stderr}`).toBe(3);
      expect(comparable(after), `killed at ${n}`).toEqual(undisturbed.state);
    }
  });

  it('killed at any write of teardown, the next run without options heals', async () => {
    const first = comparable(world(), { identity: true });
    const probe = await enabled();
    const total = (await probe.run(DELETE)).writes.length;
    expect(total).toBeGreaterThan(40);
    const start = (await enabled()).world;
    for (let n = 1; n <= total + 1; n++) {
      const { run, world: after } = account(structuredClone(start));
      await run(DELETE, { faults: killedAt(n) });
      const healed = await run(DELETE);
      expect(healed.code, `killed at ${n}: ${healed.stderr}`).toBe(0);
      expect(comparable(after, { identity: true }), `killed at ${n}`).toEqual(first);
    }
  });

  it('a lost answer is no harm: each write takes effect, but its answer never arrives the first time', async () => {
    const undisturbed = await enabled();
    const { run, world: after } = account(world());
    const lost = new Set<string>();
    const { code } = await run(ENABLE, {
      faults({ write, service, operation, region, input }) {
        const key = JSON.stringify([service, operation, region, input]);
        if (!write || lost.has(key)) return undefined;
        lost.add(key);
        return {
          when: 'after',
          error: Object.assign(new Error('socket hang up'), { code: 'ECONNRESET', $metadata: {} }),
        };
      },
    });
    expect(code).toBe(3);
    expect(lost.size).toBeGreaterThan(60);
    expect(comparable(after)).toEqual(undisturbed.state);
  });
});
