import { describe, expect, it } from 'vitest';
import { accessDenied, connectionReset, serverError, throttled } from '../src/simulator/errors.ts';
import type { Call, Fault } from '../src/simulator/simulator.ts';
import type { World } from '../src/simulator/world.ts';
import { account } from './helpers/account.ts';
import { comparable } from './helpers/comparable.ts';
import { small, US } from './helpers/small.ts';

const ENABLE = `enable-audit --regions ${US} --external-id x-1 --retention-days 14 --yes -o json`;
const AGAIN = 'enable-audit --yes -o json';
const DELETE = 'teardown --yes --confirm 123456789012 --delete-data -o json';

/** What may happen to one call. `mends`: the SDK's retry, so that the run itself ends well. */
const FAULTS: Readonly<Record<string, { readonly fault: (call: Call) => Fault; readonly mends: boolean }>> = {
  'dropped before it arrives': { fault: () => ({ when: 'before', error: connectionReset() }), mends: true },
  'done, its answer lost': { fault: () => ({ when: 'after', error: connectionReset() }), mends: true },
  throttled: { fault: ({ service }) => ({ when: 'before', error: throttled(service) }), mends: true },
  'answered with 500': { fault: () => ({ when: 'before', error: serverError() }), mends: true },
  'done, but answered with 500': { fault: () => ({ when: 'after', error: serverError() }), mends: true },
  'never answered': { fault: () => ({ when: 'before', error: 'silence' }), mends: true },
  'done, but never answered': { fault: () => ({ when: 'after', error: 'silence' }), mends: true },
  'denied this once': {
    fault: ({ service, operation }) => ({ when: 'before', error: accessDenied(`${service}:${operation}`, '*') }),
    mends: false,
  },
};

const at = (n: number, fault: (call: Call) => Fault) => (call: Call) => (call.writeN === n ? fault(call) : undefined);

describe.each(Object.entries(FAULTS))('each write %s', (_, { fault, mends }) => {
  it('of enable-audit: one clean run without options ends where an undisturbed one would have', async () => {
    const calm = account(small());
    const writes = (await calm.run(ENABLE)).writes.length;
    expect(writes).toBeGreaterThan(25);
    for (let n = mends ? 1 : 2; n <= writes; n++) {
      const { run, world } = account(small());
      const first = await run(ENABLE, { faults: at(n, fault) });
      if (mends) expect(first.code, `at ${n}: ${first.stderr}`).toBe(0);
      const second = await run(AGAIN);
      expect(second.code, `at ${n}: ${second.stderr}`).toBe(0);
      if (mends) expect(second.writes, `at ${n}`).toEqual([]);
      expect(comparable(world), `at ${n}`).toEqual(comparable(calm.world));
    }
  });

  it('of teardown: one clean run ends with the account as it was', async () => {
    const first = comparable(small(), { identity: true });
    const made = account(small());
    await made.run(ENABLE);
    const start: World = made.world;
    const writes = (await account(structuredClone(start)).run(DELETE)).writes.length;
    expect(writes).toBeGreaterThan(12);
    for (let n = 1; n <= writes; n++) {
      const { run, world } = account(structuredClone(start));
      const one = await run(DELETE, { faults: at(n, fault) });
      if (mends) expect(one.code, `at ${n}: ${one.stderr}`).toBe(0);
      expect((await run(DELETE)).code, `at ${n}`).toBe(0);
      expect(comparable(world, { identity: true }), `at ${n}`).toEqual(first);
    }
  });
});
