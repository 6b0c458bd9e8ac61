import { describe, expect, it } from 'vitest';
import { SAMPLE_EVENTS } from '../src/desired/samples.ts';
import { FILTER_PATTERN } from '../src/desired/settings.ts';
import { accessDenied } from '../src/simulator/errors.ts';
import { matches } from '../src/simulator/filter-pattern.ts';
import { account } from './helpers/account.ts';
import { filter, small, US } from './helpers/small.ts';

const enable = (pattern: string, ...more: string[]) => [
  ...`enable-audit --regions ${US} --external-id abc-123 --yes -o json`.split(' '),
  ...more,
  ...(pattern ? ['--filter-pattern', pattern] : []),
];
const told = ({ warnings }: { warnings: readonly { code: string; hint: string | null }[] }) =>
  warnings.filter(({ code }) => code.startsWith('PATTERN'));

describe('a filter pattern of the user', () => {
  it.each(['{ $.verb = ', '{ $.verb == "get" }', '{ verb = "get" }'])(
    '%s: refused before anything is recorded, with what CloudWatch Logs has against it',
    async (pattern) => {
      for (const first of [false, true]) {
        const { run, world } = account(small());
        if (first) expect((await run(enable(''))).code).toBe(0);
        const before = structuredClone(world.roles);
        for (const more of [[], ['--dry-run']]) {
          const { code, json, writes } = await run(enable(pattern, ...more));
          expect([code, writes]).toEqual([64, []]);
          expect(json.errors).toEqual([expect.objectContaining({ code: 'USAGE' })]);
          expect(json.errors[0]!.message).toContain(pattern.trim());
          expect(json.errors[0]!.message).toContain('Invalid metric filter pattern');
        }
        expect(world.roles).toEqual(before);
        // What was refused stands in nobody's way.
        expect((await run(enable(''))).code).toBe(0);
      }
    },
  );

  it('that matches none of the sample events is warned about, and used', async () => {
    const { run, world } = account(small());
    const { code, json } = await run(enable('{ $.verb = "frobnicate" }'));
    expect([code, told(json).map(({ code }) => code)]).toEqual([0, ['PATTERN_MATCHES_NOTHING']]);
    expect(filter(world, 'on').filterPattern).toBe('{ $.verb = "frobnicate" }');
  });

  it('that may not be tried is used, and that is told', async () => {
    const { run, world } = account(small());
    const faults = ({ operation }: { operation: string }) =>
      operation === 'TestMetricFilter'
        ? { when: 'before' as const, error: accessDenied('logs:TestMetricFilter', '*') }
        : undefined;
    const { code, json } = await run(enable('{ $.verb = "get" }'), { faults });
    expect([code, told(json)]).toEqual([
      0,
      [expect.objectContaining({ code: 'PATTERN_UNCHECKED', hint: expect.stringContaining('logs:TestMetricFilter') })],
    ]);
    expect(filter(world, 'on').filterPattern).toBe('{ $.verb = "get" }');
  });

  it('is tried when it is given, and the default never', async () => {
    const { run } = account(small());
    const tried = async (line: string[]) =>
      (await run(line)).calls.filter(({ operation }) => operation === 'TestMetricFilter').length;
    expect(await tried(enable(''))).toBe(0);
    expect(await tried(enable(FILTER_PATTERN))).toBe(0);
    expect(await tried(enable('{ $.verb = "get" }'))).toBe(1);
    expect(await tried(enable(''))).toBe(0);
    expect(await tried(enable('none'))).toBe(0);
  });
});

describe('the sample events', () => {
  it('fit into one call, and are audit events', () => {
    expect(SAMPLE_EVENTS.length).toBeLessThanOrEqual(50);
    for (const event of SAMPLE_EVENTS) expect(JSON.parse(event)).toMatchObject({ apiVersion: 'audit.k8s.io/v1' });
  });

  it.each(['', FILTER_PATTERN, '{ $.objectRef.resource = "secrets" }', '{ $.user.username = "system:anonymous" }'])(
    'some match %j',
    (pattern) => {
      expect(SAMPLE_EVENTS.some((event) => matches(pattern, event))).toBe(true);
    },
  );
});
