import { describe, expect, it } from 'vitest';
import { readRecord } from '../src/desired/record.ts';
import { accessDenied } from '../src/simulator/errors.ts';
import type { Call } from '../src/simulator/simulator.ts';
import type { World } from '../src/simulator/world.ts';
import { account, type Ran } from './helpers/account.ts';
import { comparable } from './helpers/comparable.ts';
import { EU, NAMES, role, rule, small, US } from './helpers/small.ts';

const enable = (...regions: string[]) => `enable-audit --regions ${regions.join()} --external-id x-1 --yes -o json`;
const AGAIN = 'enable-audit --yes -o json';
const STATUS = 'status --detailed-exitcode -o json';
const teardown = (...regions: string[]) =>
  `teardown --regions ${regions.join()} --yes --confirm 123456789012 --delete-data -o json`;

/** Well, or it says what kept it and what to do. */
function endsWell({ code, json, stderr }: Ran) {
  expect([0, 1, 3], stderr).toContain(code);
  expect(json.errors.length > 0, stderr).toBe(code !== 0);
  for (const { hint, code: word } of json.errors) expect([hint, word], stderr).not.toContainEqual(null);
  expect(json.errors.map(({ code: word }) => word)).not.toContain('INTERNAL');
}

describe('two runs of enable-audit at once', () => {
  it.each<[string, string, string]>([
    ['the same regions', enable(US, EU), enable(US, EU)],
    ['overlapping regions', enable(US, EU), enable(US)],
    ['different regions', enable(US), enable(EU)],
  ])('%s: both end well, with one set of things and no lost setting', async (_, one, other) => {
    const alone = account(small(US, EU));
    await alone.run(one);
    await alone.run(other);
    const { run, world } = account(small(US, EU));
    for (const ran of await Promise.all([run(one), run(other)])) endsWell(ran);
    expect((await run(AGAIN)).code).toBe(0);
    expect(comparable(world)).toEqual(comparable(alone.world));
    expect((await run(AGAIN)).writes).toEqual([]);
  });

  const LONG = `{ $.user.username != "${'a='.repeat(400)}" }`;
  const settings = (externalId: string, days: number, logDays: number, pattern: string, name: string) => ({
    words: [
      ...['--external-id', externalId, '--retention-days', `${days}`, '--log-retention-days', `${logDays}`],
      ...['--filter-pattern', pattern, '--tag', `team=${name}`, '--clusters', name],
    ],
    account: { externalId, filterPattern: pattern, tags: { team: name }, clusters: [name] },
    region: { retentionDays: days, logRetentionDays: logDays },
  });
  const A = settings('a-1', 30, 365, LONG, 'off');
  const B = settings('b-2', 3, 7, '{ $.b = "b" }', 'on');
  const FIRST = ['--external-id', 'x-3', '--retention-days', '14', '--filter-pattern', LONG.replace('user', 'User')];
  const base = ['enable-audit', '--regions', US, '--yes', '-o', 'json'];

  /** One of the two is recorded, whole; the next run makes everything so, and then there is nothing to do. */
  async function isOneOfTwo({ run, world }: ReturnType<typeof account>) {
    const { account: recorded, regions } = readRecord(role(world, NAMES.reader).tags);
    expect([A, B].map((one) => ({ account: one.account, region: one.region }))).toContainEqual({
      account: recorded,
      region: regions[US],
    });
    expect((await run(AGAIN)).code).toBe(0);
    expect(rule(world).Expiration).toEqual({ Days: regions[US]!.retentionDays });
    expect(role(world, NAMES.reader).trust.text).toContain(recorded.externalId);
    expect((await run(AGAIN)).writes).toEqual([]);
    const { code, json } = await run(STATUS);
    expect([code, json.summary.keep]).toEqual([0, 0]);
  }

  it.each<[string, object[], number]>([
    ['from nothing', [A, B], 0],
    ['from nothing, one later', [A, B], 300],
    ['over the settings of an earlier run', [A, B], 0],
    ['over the settings of an earlier run, the other way', [B, A], 0],
    ['over the settings of an earlier run, one later', [A, B], 60],
  ])('with different settings, %s', async (start, order, later) => {
    const made = account(small());
    if (!start.startsWith('from')) expect((await made.run([...base, ...FIRST])).code).toBe(0);
    const [one, other] = order as [typeof A, typeof B];
    const second = made.clock.sleep(later).then(() => made.run([...base, ...other.words]));
    for (const ran of await Promise.all([made.run([...base, ...one.words]), second])) endsWell(ran);
    await isOneOfTwo(made);
  });

  it('with different settings, where the seal of one comes after the writes of the other', async () => {
    const sealOf: Record<string, string> = {
      UpdateAssumeRolePolicy: 'TagRole',
      PutBucketLifecycleConfiguration: 'PutBucketTagging',
      PutRetentionPolicy: 'TagResource',
    };
    const sealing = new Set<string>();
    const silence = { when: 'before', error: 'silence' } as const;
    /** No answer as long as the other run has not come to its seal; a minute later it is tried again. */
    const slowly = ({ operation }: Call) =>
      sealing.has(sealOf[operation] ?? operation) || !sealOf[operation] ? undefined : silence;
    /** Nor to the seal, the first time. */
    const last = ({ operation, input }: Call) => {
      const isSeal = /^(Put|Tag)/.test(operation) && JSON.stringify(input).includes('rad-connect:spec');
      return isSeal && sealing.size < sealing.add(operation).size ? silence : undefined;
    };
    const made = account(small());
    expect((await made.run([...base, ...FIRST])).code).toBe(0);
    const first = made.run([...base, ...A.words], { faults: slowly });
    const second = made.clock.sleep(5_000).then(() => made.run([...base, ...B.words], { faults: last }));
    for (const ran of await Promise.all([first, second])) endsWell(ran);
    await isOneOfTwo(made);
  });
});

describe('a teardown, and an enable-audit that begins in the middle of it', () => {
  it.each([
    ['the same region', US],
    ['another region', EU],
  ])('%s, at any write: both end well or say why, and the same command then makes all of it', async (_, region) => {
    const made = account(small(US, EU));
    await made.run(enable(US));
    const start: World = made.world;
    const alone = account(small(US, EU));
    await alone.run(enable(region));
    const writes = (await account(structuredClone(start)).run(teardown(US))).writes.length;
    expect(writes).toBeGreaterThan(12);
    for (let n = 1; n <= writes; n++) {
      const { run, world } = account(structuredClone(start));
      let other: Promise<Ran> | undefined;
      const gone = await run(teardown(US), {
        faults({ writeN }) {
          if (writeN === n) other ??= run(enable(region));
          return undefined;
        },
      });
      endsWell(gone);
      const come = await other!;
      endsWell(come);
      // What it says holds: a run that has ended well is recorded.
      if (region === EU && come.code === 0) expect((await run(AGAIN)).writes, `at ${n}`).toEqual([]);
      const { code, stderr } = await run(enable(region));
      expect(code, `at ${n}: ${stderr}`).toBe(0);
      expect(comparable(world), `at ${n}`).toEqual(comparable(alone.world));
    }
  });

  it('the record that it has made is taken away: it says so, and does not end well', async () => {
    const { run, world } = account(small(US, EU));
    await run(enable(US));
    const alone = account(small(US, EU));
    await alone.run(enable(EU));
    let other: Promise<Ran> | undefined;
    // The teardown has made sure that nobody needs the role, and then its next call gets no answer for a minute.
    const gone = await run(teardown(US), {
      faults({ operation, input }) {
        if (other || operation !== 'DeleteRolePolicy' || input.RoleName !== NAMES.reader) return undefined;
        other = run(enable(EU));
        return { when: 'before', error: 'silence' };
      },
    });
    expect(gone.code).toBe(0);
    const come = await other!;
    endsWell(come);
    expect([come.code, come.json.errors[0]!.message]).toEqual([3, expect.stringContaining(EU)]);
    expect((await run(enable(EU))).code).toBe(0);
    expect(comparable(world)).toEqual(comparable(alone.world));
  });

  it('the last look refused: what was done is told all the same', async () => {
    const { run } = account(small());
    let sealed = false;
    const { code, json } = await run(enable(US), {
      faults({ operation, service }) {
        sealed ||= operation === 'UpdateClusterConfig';
        return sealed && service === 'iam' ? { when: 'before', error: accessDenied('iam:GetRole', '*') } : undefined;
      },
    });
    expect(code).toBe(3);
    expect(json.errors).toMatchObject([{ code: 'PERMISSION_DENIED' }]);
    expect(json.changes.filter(({ status }) => status === 'done')).toHaveLength(10);
  });

  it('in the end a teardown gives the account back', async () => {
    const { run, world } = account(small());
    const before = comparable(world, { identity: true });
    await run(enable(US));
    await Promise.all([run(teardown(US)), run(enable(US))]);
    expect((await run(enable(US))).code).toBe(0);
    expect((await run(STATUS)).code).toBe(0);
    expect((await run(teardown(US))).code).toBe(0);
    expect(comparable(world, { identity: true })).toEqual(before);
  });
});
