import { describe, expect, it } from 'vitest';
import { readRecord } from '../src/desired/record.ts';
import { awsError } from '../src/simulator/errors.ts';
import { account } from './helpers/account.ts';
import { comparable } from './helpers/comparable.ts';
import { killedAt } from './helpers/killed.ts';
import { bucket, NAMES, role, rule, small, US } from './helpers/small.ts';

const ENABLE = `enable-audit --regions ${US} --external-id x-1 --retention-days 14 --yes -o json`;
const AGAIN = 'enable-audit --yes -o json';
const DELETE = 'teardown --yes --confirm 123456789012 --delete-data -o json';

/** An account whose reads show for so long what was there before a write. */
function late(staleMs: number, world = small()) {
  world.lags.staleMs = staleMs;
  return account(world);
}

/** The same, after a first run, and with all of it shown. */
async function enabled(staleMs: number) {
  const made = account(small());
  expect((await made.run(ENABLE)).code).toBe(0);
  return late(staleMs, structuredClone(made.world));
}

describe('reads that are late', () => {
  it.each([3_000, 20_000])('by %i ms: there, again and back, one right after the other', async (staleMs) => {
    const calm = account(small());
    await calm.run(ENABLE);
    const { run, world } = late(staleMs);
    const before = comparable(world, { identity: true });
    expect((await run(ENABLE)).code).toBe(0);
    expect(comparable(world)).toEqual(comparable(calm.world));
    expect((await run(AGAIN)).writes).toEqual([]);
    expect((await run('status --detailed-exitcode')).code).toBe(0);
    expect((await run(DELETE)).code).toBe(0);
    expect(comparable(world, { identity: true })).toEqual(before);
    expect((await run(ENABLE)).code).toBe(0);
    expect(comparable(world)).toEqual(comparable(calm.world));
  });

  it('killed at any write, the same command right after it ends where an undisturbed run would have', async () => {
    const calm = account(small());
    const writes = (await calm.run(ENABLE)).writes.length;
    for (let n = 2; n <= writes; n++) {
      const { run, world } = late(10_000);
      await run(ENABLE, { faults: killedAt(n) });
      const { code, stderr } = await run(ENABLE);
      expect(code, `killed at ${n}: ${stderr}`).toBe(0);
      expect(comparable(world), `killed at ${n}`).toEqual(comparable(calm.world));
    }
  });

  it('settings of two runs, one right after the other, add up', async () => {
    const { run, world } = await enabled(10_000);
    const options = [
      ['--external-id', 'y-2'],
      ['--filter-pattern', '{ $.a = "b" }'],
      ['--retention-days', '30'],
    ];
    for (const words of options) expect((await run([...AGAIN.split(' '), ...words])).code).toBe(0);
    const { account: settings, regions } = readRecord(role(world, NAMES.reader).tags);
    expect(settings).toEqual({ externalId: 'y-2', filterPattern: '{ $.a = "b" }' });
    expect(regions[US]!.retentionDays).toBe(30);
    expect((await run(AGAIN)).writes).toEqual([]);
  });

  it.each([
    [30, 7],
    [7, 30],
  ])('a retention of %i, and right after it one of %i: the second holds', async (one, other) => {
    const { run, world, clock } = await enabled(10_000);
    await run(`${AGAIN} --retention-days ${one}`);
    await run(`${AGAIN} --retention-days ${other}`);
    expect(rule(world).Expiration).toEqual({ Days: other });
    await clock.sleep(60_000);
    const { json, writes } = await run(AGAIN);
    expect([writes, json.summary.keep]).toEqual([[], 0]);
  });

  it('tags that are written one after the other do not take each other away', async () => {
    const { run, world } = await enabled(10_000);
    const { tags } = bucket(world);
    const { 'rad-data-type': _, 'rad-connect:spec': __, ...left } = tags;
    bucket(world).tags = left;
    const { code, writes } = await run(AGAIN);
    expect([code, writes]).toEqual([0, ['s3:PutBucketTagging', 's3:PutBucketTagging']]);
    expect(bucket(world).tags).toEqual(tags);
  });

  it('the claim of a new bucket that shows late is ours all the same', async () => {
    const { run, world } = account(small());
    const error = awsError('NoSuchTagSet', 'The TagSet does not exist', 404);
    let early = 3;
    const { code, stderr } = await run(ENABLE, {
      faults: ({ operation }) =>
        operation === 'GetBucketTagging' && early-- > 0 ? { when: 'before', error } : undefined,
    });
    expect(code, stderr).toBe(0);
    expect(early).toBeLessThan(0);
    expect((await run('status --detailed-exitcode')).code).toBe(0);
    expect(bucket(world).tags).toHaveProperty('rad-connect:spec');
  });
});
