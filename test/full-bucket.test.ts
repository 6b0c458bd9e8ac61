import { beforeAll, describe, expect, it } from 'vitest';
import type { Bucket, ObjectVersion } from '../src/simulator/model.ts';
import type { Call } from '../src/simulator/simulator.ts';
import type { World } from '../src/simulator/world.ts';
import { account } from './helpers/account.ts';
import { comparable } from './helpers/comparable.ts';
import { killedWhen } from './helpers/killed.ts';
import { bucket, NAMES, small, US } from './helpers/small.ts';

const DELETE = 'teardown --yes --confirm 123456789012 --delete-data -o json';

let enabled: World;
beforeAll(async () => {
  const { run, world } = account(small());
  expect((await run(`enable-audit --regions ${US} --external-id x-1 --yes`)).code).toBe(0);
  enabled = structuredClone(world);
  enabled.pageSize = 1_000;
});

let serial = 0;
const version = (key: string, deleteMarker = false): ObjectVersion => ({
  key,
  versionId: `v${++serial}`,
  at: 0,
  size: deleteMarker ? 0 : 1,
  body: deleteMarker ? '' : 'YQ==',
  ...(deleteMarker && { deleteMarker }),
});
/** As Firehose leaves them once they have expired: the object, and the marker that hides it. */
const expired = (count: number) =>
  Array.from(
    { length: count / 2 },
    (_, i) => `2026/11/23/00/${String((i * 7_919) % 1_000_003).padStart(7, '0')}`,
  ).flatMap((key) => [version(key), version(key, true)]);

/** A connected account whose bucket holds these. */
function full(objects: ObjectVersion[], more: Partial<Bucket> = {}) {
  const world = structuredClone(enabled);
  Object.assign(bucket(world), { objects, ...more });
  return account(world);
}
const isGone = ({ buckets }: World) => expect(buckets).toEqual({});
const is = (operation: string) => (call: Call) => call.operation === operation;
const onBucket = (calls: readonly Call[]) =>
  calls.filter(({ operation }) => /^(ListObjectVersions|DeleteObjects|DeleteBucket)$/.test(operation));

describe('a full bucket, at teardown --delete-data', () => {
  it('a hundred thousand versions and delete markers: page by page, with one page in hand', async () => {
    const before = comparable(small(), { identity: true });
    const { run, world } = full(expired(100_000));
    const { code, calls, stderr } = await run(DELETE);
    expect(code, stderr).toBe(0);
    expect(comparable(world, { identity: true })).toEqual(before);
    const deletions = onBucket(calls);
    expect(deletions.map(({ operation }) => operation)).toEqual([
      ...Array(100).fill(['ListObjectVersions', 'DeleteObjects']).flat(),
      ...['ListObjectVersions', 'DeleteBucket'],
    ]);
    for (const { input } of deletions.filter(is('DeleteObjects'))) expect(input.Delete.Objects).toHaveLength(1_000);
    expect(stderr).toContain('object versions deleted: 1,000');
  });

  const ODD = [
    ...[
      'a b',
      'a+b',
      'a%b',
      'a%20b',
      '%41',
      '%zz',
      '100%',
      'a&b',
      'a&amp;b',
      '<a>',
      `"a'`,
      'a\\b',
      '/lead',
      '//',
      '.',
      '..',
      ' ',
    ],
    ...['a\nb', 'a\rb', 'a\r\nb', 'a\tb', '\u0000', '\u0001', 'a\u001fb', '\u007f', '\ufffe', '\u0085', '\u2028'],
    ...['ü€', '你好', '🎉', 'x'.repeat(1_024), '€'.repeat(341), '%'.repeat(1_024), '__proto__', 'constructor'],
  ];
  it('keys with odd characters, and uploads under them that were never finished', async () => {
    const uploads = ODD.map((key, i) => ({ key, uploadId: `u${i}`, at: 0 }));
    const { run, world } = full(
      [...ODD, ...ODD].map((key, i) => version(key, i % 3 === 0)),
      { uploads },
    );
    world.pageSize = 7;
    const { code, calls, stderr } = await run(DELETE);
    expect(code, stderr).toBe(0);
    isGone(world);
    expect(
      calls
        .filter(is('AbortMultipartUpload'))
        .map(({ input }) => input.Key)
        .sort(),
    ).toEqual([...ODD].sort());
  });

  it('single keys that S3 puts off are tried again', async () => {
    const reluctant = { a: ['SlowDown', 'InternalError'], b: ['InternalError'], '\u0001': ['SlowDown'] };
    const { run, world } = full(
      ['a', 'b', 'c', '\u0001'].map((key) => version(key)),
      { reluctant },
    );
    expect((await run(DELETE)).code).toBe(0);
    isGone(world);
  });

  it('what S3 puts off for ever ends the deletion, and the next run goes on', async () => {
    const reluctant = { a: Array(1_000).fill('SlowDown') };
    const { run, world, clock } = full([version('a')], { reluctant });
    const start = clock.now();
    const { code, json } = await run(DELETE);
    expect([code, clock.now() - start < 600_000]).toEqual([3, true]);
    expect(json.errors).toMatchObject([{ code: 'BUCKET_NOT_EMPTY', awsCode: 'SlowDown', id: NAMES.bucket(US) }]);
    reluctant.a = [];
    bucket(world).reluctant = {};
    expect((await run(DELETE)).code).toBe(0);
    isGone(world);
  });

  it.each(['locked\nkey', 'locked\u0001key'])(
    'an object that may not be deleted: %j is named, the rest of the account goes',
    async (key) => {
      const { run, world } = full([version('a'), version(key)], { undeletable: [key] });
      const { code, json, stderr } = await run(DELETE);
      expect(code).toBe(3);
      expect(json.errors).toMatchObject([{ code: 'BUCKET_NOT_EMPTY', awsCode: 'AccessDenied', id: NAMES.bucket(US) }]);
      expect(json.errors[0]!.message).toContain(JSON.stringify(key));
      expect(stderr.trim().split('\n').slice(-3)[0]).toMatch(/^error: s3:bucket/);
      expect(world.regions[US]!.streams).toEqual({});
      expect(bucket(world).objects.map((object) => object.key)).toEqual([key]);
      bucket(world).undeletable = [];
      expect((await run(DELETE)).code).toBe(0);
      isGone(world);
    },
  );

  it('objects that still arrive are deleted too', async () => {
    const { run, world } = full(expired(3_000));
    let late = 5;
    const { code, stderr } = await run(DELETE, {
      faults({ operation }) {
        if (operation === 'DeleteBucket' && late-- > 0) bucket(world).objects.push(version(`late ${late}`));
        return undefined;
      },
    });
    expect(code, stderr).toBe(0);
    expect(late).toBeLessThan(0);
    isGone(world);
  });

  it('something that goes on writing: it gives up after a quarter of an hour, however long the emptying took', async () => {
    const { run, world, clock } = full(expired(12_000));
    world.lags.callMs = 50_000;
    let first: number | undefined;
    const { code, json } = await run(`${DELETE} --timeout 12h`, {
      faults({ operation }) {
        if (operation !== 'DeleteBucket') return undefined;
        first ??= clock.now();
        world.lags.callMs = 20;
        bucket(world).objects.push(version('more'));
        return undefined;
      },
    });
    expect(code).toBe(3);
    expect(json.errors).toMatchObject([{ code: 'BUCKET_NOT_EMPTY', awsCode: 'BucketNotEmpty' }]);
    expect(json.errors[0]!.hint).toContain('writes');
    expect((clock.now() - first!) / 60_000).toBeGreaterThan(14);
  });

  it('killed half way, the next run does the rest and no more', async () => {
    const { run, world } = full(expired(10_000));
    let count = 0;
    await run(DELETE, { faults: killedWhen((call) => is('DeleteObjects')(call) && ++count > 4) });
    expect(bucket(world).objects).toHaveLength(6_000);
    const { code, calls } = await run(DELETE);
    expect([code, calls.filter(is('DeleteObjects')).length]).toEqual([0, 6]);
    isGone(world);
  });

  it('Ctrl-C in the middle: it stops after the page in hand, and the next run goes on', async () => {
    const { run, world } = full(expired(10_000));
    let stop = () => {};
    let count = 0;
    const { code, calls, json } = await run(DELETE, {
      onInterrupt: (how) => {
        stop = how;
      },
      faults(call) {
        if (is('DeleteObjects')(call) && ++count === 3) stop();
        return undefined;
      },
    });
    expect(code).toBe(130);
    expect(
      onBucket(calls)
        .slice(5)
        .map(({ operation }) => operation),
    ).toEqual(['DeleteObjects']);
    expect(json.errors).toMatchObject([{ code: 'INTERRUPTED' }]);
    expect(bucket(world).objects).toHaveLength(7_000);
    expect((await run(DELETE)).code).toBe(0);
    isGone(world);
  });
});
