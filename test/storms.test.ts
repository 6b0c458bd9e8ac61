import { describe, expect, it } from 'vitest';
import { serverError, throttled } from '../src/simulator/errors.ts';
import { many, scenarios } from '../src/simulator/scenarios.ts';
import type { Call, Fault } from '../src/simulator/simulator.ts';
import type { World } from '../src/simulator/world.ts';
import { account, type Ran } from './helpers/account.ts';
import { comparable } from './helpers/comparable.ts';
import { EU, NAMES, small, US } from './helpers/small.ts';

const ENABLE = `enable-audit --regions ${US} --external-id x-1 --yes -o json`;
const DELETE = 'teardown --yes --confirm 123456789012 --delete-data -o json';

/** The same numbers in each run. */
function random(seed: number) {
  let state = seed;
  return () => {
    state = (state * 1_103_515_245 + 12_345) % 2_147_483_648;
    return state / 2_147_483_648;
  };
}
/** A call is tried ten times: none meets it each time. */
const sometimes = (share: number, fault: (call: Call) => Fault) => {
  const next = random(42);
  const met = new Map<string, number>();
  return (call: Call) => {
    const key = JSON.stringify([call.service, call.operation, call.region, call.input]);
    const times = met.get(key) ?? 0;
    const spared = next() >= share || times === 9;
    met.set(key, spared ? 0 : times + 1);
    return spared ? undefined : fault(call);
  };
};

/** Only the first call of which it is true. */
function once(test: (call: Call) => boolean) {
  let count = 0;
  return (call: Call) => count === 0 && test(call) && ++count === 1;
}
function eachOnce() {
  const seen = new Set<string>();
  return ({ service, operation }: Call) => seen.size < seen.add(`${service}:${operation}`).size;
}

describe('storms', () => {
  const LAWS = 'enable-audit --regions us-east-1,eu-west-1 --yes -o json';
  it.each<[string, (call: Call) => Fault]>([
    ['throttled', ({ service }) => ({ when: 'before', error: throttled(service) })],
    ['answered with 500', () => ({ when: 'before', error: serverError() })],
    ['done, but answered with 500', () => ({ when: 'after', error: serverError() })],
  ])('a third of all calls %s: the end is the same, there and back', async (_, fault) => {
    const first = comparable(scenarios.laws!(), { identity: true });
    const calm = account(scenarios.laws!());
    await calm.run(LAWS);
    const { run, world } = account(scenarios.laws!());
    const { code, stderr } = await run(LAWS, { faults: sometimes(0.3, fault) });
    expect(code, stderr).toBe(3);
    expect(comparable(world)).toEqual(comparable(calm.world));
    expect((await run(DELETE, { faults: sometimes(0.3, fault) })).code).toBe(0);
    expect(comparable(world, { identity: true })).toEqual(first);
  });
});

it('eighty clusters in one region: not one call is throttled, there and back', async () => {
  const world = many(80, [US]);
  const { run, clock } = account(world);
  for (const line of [ENABLE, 'enable-audit --yes -o json', 'status -o json', DELETE]) {
    const { code, calls, refusals } = await run(line);
    expect(code).toBe(0);
    expect(calls.length).toBeGreaterThan(200);
    expect(refusals.filter((name) => /Throttl|SlowDown|TooMany/.test(name))).toEqual([]);
    // The next run counts its calls anew.
    await clock.sleep(1_000);
  }
});

describe('slow AWS', () => {
  it.each<[string, Partial<World['lags']>]>([
    ['roles that are known after a minute', { roleMs: 60_000 }],
    ['streams of 90 seconds', { streamCreatingMs: 90_000, streamDeletingMs: 120_000 }],
    ['EKS updates of ten minutes', { eksUpdateMs: 600_000 }],
    ['roles that do not show up at once', { roleVisibleMs: 5_000 }],
    ['all of it', { roleMs: 60_000, streamCreatingMs: 90_000, eksUpdateMs: 600_000, callMs: 500 }],
  ])('%s', async (_, lags) => {
    const { run, world } = account(small());
    Object.assign(world.lags, lags);
    const before = comparable(world, { identity: true });
    const { code, stderr } = await run(`${ENABLE} --timeout 1h`);
    expect(code, stderr).toBe(0);
    expect((await run('enable-audit --yes')).writes).toEqual([]);
    expect((await run(`${DELETE} --timeout 1h`)).code).toBe(0);
    expect(comparable(world, { identity: true })).toEqual(before);
  });
});

describe('an API that never answers', () => {
  const silent = (test: (call: Call) => boolean) => (call: Call) =>
    test(call) ? ({ when: 'before', error: 'silence' } as const) : undefined;
  /** Not told twice, neither as an error of a step nor on stderr. */
  const toldOnce = ({ json, stderr }: Ran) => {
    expect(json.errors).toMatchObject([{ code: 'TIMEOUT', region: 'global' }]);
    expect(json.errors[0]!.hint).toContain('same command');
    expect(stderr.match(/^error:/gm)).toHaveLength(1);
  };

  it.each<[string, (call: Call) => boolean]>([
    ['the first call of all', ({ n }) => n === 1],
    ['a listing', once(({ operation }) => operation === 'DescribeLogGroups')],
    ['a write', ({ writeN }) => writeN === 9],
    ['one call of each kind', eachOnce()],
  ])('%s: it is given up after a minute and tried again', async (_, test) => {
    const calm = account(small());
    const start = calm.clock.now();
    await calm.run(ENABLE);
    const usual = calm.clock.now() - start;
    const { run, clock, world } = account(small());
    let silences = 0;
    const { code, stderr } = await run(`${ENABLE} --timeout 1h`, {
      faults: silent((call) => test(call) && ++silences > 0),
    });
    expect([code, silences > 0], stderr).toEqual([0, true]);
    expect(clock.now() - start).toBeLessThan(usual + silences * 61_000);
    expect(comparable(world)).toEqual(comparable(calm.world));
  });

  it('from the start: the run ends at --timeout, and nothing was done', async () => {
    const { run, clock } = account(small());
    const start = clock.now();
    const ran = await run(`${ENABLE} --timeout 2m`, { faults: silent(() => true) });
    expect([ran.code, clock.now() - start]).toEqual([1, expect.closeTo(125_000, -4)]);
    toldOnce(ran);
    expect((await run(ENABLE)).code).toBe(0);
  });

  it.each([ENABLE, DELETE])(
    'in the middle of `%s`: the run ends at --timeout, and the next one heals',
    async (line) => {
      const first = account(small());
      await first.run(ENABLE);
      if (line === DELETE) await first.run(DELETE);
      const { run, world, clock } = account(small());
      if (line === DELETE) await run(ENABLE);
      const start = clock.now();
      const ran = await run(`${line} --timeout 10m`, { faults: silent(({ writeN }) => writeN > 8) });
      expect([ran.code, clock.now() - start]).toEqual([3, expect.closeTo(605_000, -4)]);
      toldOnce(ran);
      expect((await run(line === DELETE ? DELETE : 'enable-audit --yes')).code).toBe(0);
      expect(comparable(world)).toEqual(comparable(first.world));
    },
  );

  it('one region: the other is finished, and it is said which was not', async () => {
    const { run } = account(small(US, EU));
    const { code, json } = await run(`${ENABLE} --regions ${US},${EU}`, {
      faults: silent(({ region }) => region === EU),
    });
    expect(code).toBe(3);
    expect(json.regions).toEqual([
      { name: EU, state: 'unreachable' },
      { name: US, state: 'ok' },
    ]);
    expect(json.errors).toMatchObject([{ code: 'REGION_UNREACHABLE', region: EU }]);
    expect(json.clusters.map(({ region, filter }) => [region, filter])).toEqual([
      [US, 'ok'],
      [US, 'ok'],
    ]);
  });
});

it('what people hung on our roles does not keep them at teardown', async () => {
  const { run, world } = account(small());
  const before = comparable(world, { identity: true });
  await run(ENABLE);
  const delivery = world.roles[NAMES.delivery]!;
  delivery.instanceProfiles.push('by-hand');
  delivery.attached.push(`arn:${world.partition}:iam::aws:policy/SecurityAudit`);
  delivery.policies['by-hand'] = structuredClone(delivery.policies['rad-connect']!);
  const { code, stderr } = await run(DELETE);
  expect(code, stderr).toBe(0);
  expect(comparable(world, { identity: true })).toEqual(before);
});
