import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { afterAll, describe, expect, it } from 'vitest';
import { awsError, connectionReset } from '../src/simulator/errors.ts';
import { putObject } from '../src/simulator/services/versions.ts';
import type { Call, Fault } from '../src/simulator/simulator.ts';
import { addBucket, addRole, type World } from '../src/simulator/world.ts';
import { account, type RunOptions } from './helpers/account.ts';
import { killedWhen } from './helpers/killed.ts';
import { oneDocument } from './helpers/schema.ts';
import { EU, small, US } from './helpers/small.ts';

const [FROM, TO] = ['customer-logs', 'tenants'];
const COPY = `sync --from s3://${FROM} --to s3://${TO}/acme --no-normalise -o json`;
const BELOW = `acme/raw/${FROM}/`;
const home = mkdtempSync(join(tmpdir(), 'rad-connect-'));
afterAll(() => rmSync(home, { recursive: true, force: true }));
let folders = 0;

const EVENT = JSON.stringify({ messageType: 'DATA_MESSAGE', logEvents: [] });
const keyAt = (hour: number, name: string) => `2026/11/22/${String(hour).padStart(2, '0')}/stream-${name}`;
const HOURS = 8;

/** A customer's bucket and a tenant's, in regions of their own. The tenant's is versioned, so that it tells how often a key was written. */
function buckets(change: (world: World) => unknown = () => {}) {
  const world = small(US, EU);
  const from = addBucket(world, EU, FROM);
  addBucket(world, US, TO, { versioning: 'Enabled' });
  for (let hour = 0; hour < HOURS; hour++)
    for (const name of ['a', 'b']) putObject(world, from, keyAt(hour, name), gzipSync(EVENT + ' '.repeat(hour)));
  change(world);
  const made = account(world);
  const sync = async (options: RunOptions = {}, line = COPY) => {
    const ran = await made.run(line, options);
    const json = oneDocument(ran.stdout);
    return { ...ran, json, sync: json.sync! };
  };
  return { ...made, sync };
}
const source = (world: World) => world.buckets[FROM]!;
const contents = (world: World, name: string, below = '') =>
  new Map(world.buckets[name]!.objects.map(({ key, body }) => [key.slice(below.length), body]));

/** The law: the copy is the source, and each key was written once. */
function expectCopied(world: World) {
  const copies = world.buckets[TO]!.objects;
  expect(new Set(copies.map(({ key }) => key)).size).toBe(copies.length);
  expect([...contents(world, TO, BELOW)].sort()).toEqual([...contents(world, FROM)].sort());
}

const isPut = ({ operation }: Call) => operation === 'PutObject';
const fails =
  (error: Error, isHit: (call: Call) => boolean, when: Fault['when'] = 'before') =>
  (call: Call): Fault | undefined =>
    isHit(call) ? { when, error } : undefined;
/** The first call for each key. */
const firstOfEach = (test: (call: Call) => boolean) => {
  const met = new Set<string>();
  return (call: Call) => test(call) && !met.has(call.input.Key) && Boolean(met.add(call.input.Key));
};

describe('sync', () => {
  it('copies what is missing, byte for byte, below the name of the source; the second time nothing', async () => {
    const { world, sync } = buckets();
    const before = structuredClone(source(world));
    const first = await sync();
    expect([first.code, first.stderr.includes('error')]).toEqual([0, false]);
    const bytes = before.objects.reduce((sum, { size }) => sum + size, 0);
    expect(first.sync).toMatchObject({ objects: 16, bytes, copied: 16, copiedBytes: bytes, present: 0, missing: 0 });
    expect(first.sync).toMatchObject({ complete: true, oldestMissing: null, source: `s3://${FROM}/` });
    expect(first.sync.destination).toBe(`s3://${TO}/${BELOW}`);
    expectCopied(world);
    expect(source(world)).toEqual(before);
    const second = await sync();
    expect(second.sync).toMatchObject({ objects: 16, present: 16, copied: 0 });
    expect(second.writes).toEqual([]);
    expect(second.calls.filter(({ operation }) => operation === 'GetObject')).toEqual([]);
  });

  it('only ever reads the source, and writes each object whole, checked, and never over another', async () => {
    const { sync } = buckets();
    const { calls } = await sync();
    const atSource = calls.filter(({ input }) => input.Bucket === FROM);
    expect(new Set(atSource.map(({ operation }) => operation))).toEqual(
      new Set(['HeadBucket', 'ListObjectsV2', 'GetObject']),
    );
    for (const { operation, input } of calls) {
      if (operation === 'GetObject') expect(input.IfMatch).toMatch(/^".+"$/);
      if (operation === 'PutObject')
        expect(input).toMatchObject({
          IfNoneMatch: '*',
          Metadata: { 'source-etag': expect.stringMatching(/^[^"]+$/) },
        });
      if (operation === 'PutObject') expect(input.ChecksumSHA256).toHaveLength(44);
    }
  });

  it('begins with the oldest hour', async () => {
    const { calls } = await buckets().sync();
    const read = calls.flatMap(({ operation, input }) => (operation === 'GetObject' ? [input.Key as string] : []));
    expect(read).toEqual([...read].sort());
  });

  it('tells with --check what is missing, the oldest by name, and copies nothing: 2, and 0 when nothing is', async () => {
    const { world, sync } = buckets();
    const check = await sync({}, `${COPY} --check`);
    expect([check.code, check.json.result, check.writes]).toEqual([2, 'changes', []]);
    expect(check.sync).toMatchObject({ missing: 16, copied: 0, oldestMissing: keyAt(0, 'a') });
    await sync();
    world.buckets[TO]!.objects = world.buckets[TO]!.objects.filter(({ key }) => !key.endsWith(keyAt(5, 'b')));
    expect((await sync({}, `${COPY} --check`)).sync).toMatchObject({ missing: 1, oldestMissing: keyAt(5, 'b') });
    await sync();
    expect((await sync({}, `${COPY} --check`)).code).toBe(0);
  });

  it('says it in one line', async () => {
    const { run } = buckets();
    const { stdout } = await run(COPY.replace(' -o json', ''));
    expect(stdout).toMatch(
      /^source 16 objects [\d,]+ bytes · present 0 · copied 16 · skipped 0 · damaged 0 · oldest missing: none$/m,
    );
  });

  it('takes only what lies below a prefix, and only hours that --since names', async () => {
    const { world, sync } = buckets((w) => {
      putObject(w, source(w), `eks/${keyAt(1, 'x')}`, gzipSync(EVENT));
      putObject(w, source(w), `eks/${keyAt(7, 'y')}`, gzipSync(EVENT));
    });
    // Time begins with 2026-11-23: eighteen hours before it was six.
    const line = COPY.replace(`s3://${FROM}`, `s3://${FROM}/eks`);
    const late = await sync({}, `${line} --since 18h`);
    expect([...contents(world, TO, BELOW).keys()]).toEqual([`eks/${keyAt(7, 'y')}`]);
    expect(late.sync).toMatchObject({ objects: 1, copied: 1 });
    expect((await sync({}, line)).sync).toMatchObject({ objects: 2, present: 1, copied: 1 });
    const last = await sync({}, `${COPY} --since 18h`);
    expect(last.sync).toMatchObject({ objects: 6, copied: 4, present: 2 });
    for (const { input } of last.calls.filter(
      ({ operation, input }) => operation === 'ListObjectsV2' && !input.ContinuationToken,
    ))
      expect(input.StartAfter).toMatch(/2026\/11\/22\/06\/$/);
  });
});

describe('sync, whatever happens', () => {
  it('killed at any call, twice in a row, the next run ends with the copy of the source, each key written once', async () => {
    const { calls } = await buckets().sync();
    let seed = 7;
    const random = () => {
      seed = (seed * 48_271) % 2_147_483_647;
      return 1 + (seed % calls.length);
    };
    for (let point = 0; point < 100; point++) {
      const { world, sync } = buckets();
      const moments = [random(), random()];
      for (const moment of moments) {
        const dead = await sync({ faults: killedWhen(({ n }) => n >= moment) });
        const row = dead.json.sync;
        if (row) expect(row.present + row.copied + row.skipped + row.missing).toBe(row.objects);
      }
      const last = await sync();
      expect(last.code, `killed at ${moments}`).toBe(0);
      expectCopied(world);
    }
  });

  it('interrupted at any call it ends what it has begun, and says where it is: 130', async () => {
    const { calls } = await buckets().sync();
    for (let moment = 2; moment < calls.length; moment += 5) {
      const { world, sync } = buckets();
      let stop = () => {};
      const faults = ({ n }: Call) => void (n === moment && stop());
      const { code, sync: row } = await sync({ faults, onInterrupt: (how) => (stop = how) });
      if (code === 0) continue;
      expect(code).toBe(130);
      if (row) expect(row.complete).toBe(false);
      if (row) expect(row.copied).toBe(world.buckets[TO]!.objects.length);
      expect((await sync()).code).toBe(0);
      expectCopied(world);
    }
  });

  it('two at once share the work: each key is written once, and both end well', async () => {
    for (const delay of [0, 15, 40, 90, 333]) {
      const { world, clock, sync } = buckets();
      const late = async () => {
        await clock.sleep(delay);
        return sync();
      };
      const both = await Promise.all([sync(), late()]);
      expect(both.map(({ code }) => code)).toEqual([0, 0]);
      expect(both.reduce((sum, { sync: { copied } }) => sum + copied, 0)).toBe(16);
      expectCopied(world);
    }
  });

  it.each([
    [
      'told to ask again, since another writes the same key',
      awsError('ConditionalRequestConflict', '', 409),
      'before',
      /^Put/,
    ],
    ['slowed down', awsError('SlowDown', 'Please reduce your request rate.', 503), 'before', /^(Put|Get)/],
    ['without an answer', connectionReset(), 'after', /^(Put|Get)/],
  ] as const)('%s: each key is written once', async (_, error, when, which) => {
    const { world, sync } = buckets();
    const isFirst = firstOfEach(({ operation }) => /Object$/.test(operation) && which.test(operation));
    expect((await sync({ faults: fails(error, isFirst, when) })).code).toBe(0);
    expectCopied(world);
  });

  it('keeps to the rate that S3 allows', async () => {
    const { world, sync } = buckets((w) => {
      w.quotas.perSecond['s3:GetObject'] = 2;
      w.quotas.perSecond['s3:PutObject'] = 2;
    });
    const { code, refusals } = await sync();
    expect([code, refusals.includes('SlowDown')]).toEqual([0, true]);
    expectCopied(world);
  });

  it('what comes late, with an old key, is found by the next run', async () => {
    const { world, sync } = buckets();
    await sync();
    putObject(world, source(world), keyAt(2, 'late'), gzipSync(EVENT));
    expect((await sync()).sync).toMatchObject({ copied: 1, present: 16 });
    expectCopied(world);
  });

  it('what is rewritten between the listing and the read is copied as it is by then', async () => {
    const { world, sync } = buckets();
    const isFirst = firstOfEach(({ operation, input }) => operation === 'GetObject' && input.Key === keyAt(3, 'a'));
    const now = gzipSync(`${EVENT}, and more`);
    const { code } = await sync({
      faults: (call) => void (isFirst(call) && putObject(world, source(world), keyAt(3, 'a'), now)),
    });
    expect(code).toBe(0);
    expect(contents(world, TO, BELOW).get(keyAt(3, 'a'))).toBe(now.toString('base64'));
    expectCopied(world);
  });

  it('what expires in the meantime is told, and what is rewritten later is never written over', async () => {
    const { world, sync } = buckets();
    const gone = keyAt(3, 'a');
    const faults = ({ operation, input }: Call) => {
      if (operation === 'GetObject' && input.Key === gone)
        source(world).objects = source(world).objects.filter(({ key }) => key !== gone);
      return undefined;
    };
    const first = await sync({ faults });
    expect([first.code, first.sync.skipped, first.sync.missing]).toEqual([0, 1, 0]);
    expect(first.json.warnings).toMatchObject([{ code: 'OBJECTS_GONE' }]);
    const kept = contents(world, TO, BELOW).get(keyAt(4, 'a'));
    putObject(world, source(world), keyAt(4, 'a'), Buffer.from('other'));
    const second = await sync();
    expect(second.sync).toMatchObject({ changed: 1, present: 15, copied: 0 });
    expect(second.json.warnings).toMatchObject([{ code: 'OBJECTS_CHANGED' }]);
    expect(contents(world, TO, BELOW).get(keyAt(4, 'a'))).toBe(kept);
    expect((await sync({}, `${COPY} --check`)).code).toBe(2);
  });

  it('counts and names what is damaged, empty or foreign, and copies it as it is; not what Firehose could not deliver', async () => {
    const { world, sync } = buckets((w) => {
      const put = (key: string, bytes: Buffer) => putObject(w, source(w), key, bytes);
      put(keyAt(9, 'cut'), gzipSync(EVENT.repeat(50)).subarray(0, 40));
      put(keyAt(9, 'nothing'), Buffer.alloc(0));
      put('notes.txt', Buffer.from('what these logs are for'));
      put('errors/2026/11/22/09/stream-z', gzipSync(EVENT));
      put('processing-failed/2026/11/22/09/stream-z', gzipSync(EVENT));
    });
    const { code, sync: row, json } = await sync();
    expect(code).toBe(0);
    expect(row).toMatchObject({ objects: 21, copied: 19, skipped: 2, damaged: 1, empty: 1, foreign: 3, missing: 0 });
    expect(json.warnings.map((one) => one.code).sort()).toEqual([
      'OBJECTS_DAMAGED',
      'OBJECTS_EMPTY',
      'OBJECTS_FOREIGN',
    ]);
    expect(json.warnings.find((one) => one.code === 'OBJECTS_DAMAGED')?.message).toContain(keyAt(9, 'cut'));
    const copied = contents(world, TO, BELOW);
    for (const key of [keyAt(9, 'cut'), keyAt(9, 'nothing'), 'notes.txt'])
      expect(copied.get(key)).toBe(contents(world, FROM).get(key));
    expect([...copied.keys()].filter((key) => /error|failed/.test(key))).toEqual([]);
  });
});

describe('sync, where it is not allowed', () => {
  const denies = (action: string, like = '') => ({
    authorize: (asked: { action: string; resource: string }) =>
      asked.action !== action || !asked.resource.includes(like),
  });

  it.each([
    ['s3:ListBucket', FROM],
    ['s3:ListBucket', TO],
    ['s3:GetObject', FROM],
    ['s3:PutObject', TO],
  ])('%s on %s: 5, and nothing was copied', async (action, bucket) => {
    const { world, sync } = buckets();
    const { code, json } = await sync(denies(action, bucket));
    expect(code).toBe(5);
    expect(new Set(json.errors.map((one) => one.code))).toEqual(new Set(['PERMISSION_DENIED']));
    expect(JSON.stringify(json.errors)).toContain(bucket);
    expect(world.buckets[TO]!.objects).toEqual([]);
  });

  it('one object that may not be read is named, and the others are copied: 3', async () => {
    const { sync } = buckets();
    const { code, json, sync: row } = await sync(denies('s3:GetObject', keyAt(2, 'a')));
    expect([code, json.result]).toEqual([3, 'partial']);
    expect(row).toMatchObject({ copied: 15, missing: 1, oldestMissing: keyAt(2, 'a') });
    expect(json.errors).toMatchObject([{ code: 'PERMISSION_DENIED', id: keyAt(2, 'a'), region: EU }]);
  });

  it('a place that takes nothing is given up soon', async () => {
    const { sync } = buckets((w) => {
      for (let i = 0; i < 300; i++) putObject(w, source(w), keyAt(9, String(i)), gzipSync(EVENT));
      w.pageSize = 1_000;
    });
    const { calls, sync: row } = await sync(denies('s3:PutObject'));
    expect(calls.filter(isPut).length).toBeLessThan(60);
    expect(row.missing).toBeGreaterThan(0);
  });

  it('the bucket of a third account is never read or written', async () => {
    for (const name of [FROM, TO]) {
      const { world, sync } = buckets((w) => {
        w.buckets[name]!.owner = '999999999999';
      });
      expect((await sync()).code).toBe(5);
      expect(world.buckets[TO]!.objects).toEqual([]);
    }
  });

  it.each([
    ['sync', /--from is missing/],
    [`sync --from s3://${FROM}`, /--to is missing/],
    [`sync --from ${FROM} --to ./x`, /--from customer-logs: a bucket/],
    [`sync --from s3://A_B --to ./x`, /--from s3:\/\/A_B/],
    [`sync --from s3://${FROM} --to https://x/y`, /--to https:/],
    [`sync --from s3://${FROM} --to s3://${FROM}/x`, /never written to/],
    [`sync --from s3://${FROM} --to ./x --external-id abc`, /--role-arn/],
    [`sync --from s3://${FROM} --to ./x --role-arn reader`, /--role-arn reader/],
    [`sync --from s3://${FROM} --to ./x --since yesterday`, /--since yesterday/],
  ])('%s: 64, and no call', async (line, text) => {
    const { code, stderr, calls } = await buckets().run(line);
    expect([code, calls]).toEqual([64, []]);
    expect(stderr).toMatch(text);
  });
});

describe('sync --watch', () => {
  it('looks again and again at the last two days, and makes files of hours that are over, until Ctrl-C: 130', async () => {
    const { world, clock, run } = buckets((w) => putObject(w, source(w), '2026/11/20/23/stream-old', gzipSync(EVENT)));
    let stop = () => {};
    let rounds = 0;
    const faults = ({ operation }: Call) => {
      if (operation !== 'GetCallerIdentity') return undefined;
      if (++rounds === 2)
        putObject(
          world,
          source(world),
          `${new Date(clock.now()).toISOString().slice(0, 13).replace(/[-T]/g, '/')}/late`,
          gzipSync(EVENT),
        );
      if (rounds === 4) stop();
      return undefined;
    };
    const line = `sync --from s3://${FROM} --to s3://${TO}/acme --watch 30`;
    const { code, stdout, calls } = await run(line, {
      faults,
      onInterrupt(how) {
        stop = how;
      },
    });
    expect(code).toBe(130);
    expect(stdout.match(/copied \d+/g)).toEqual(['copied 16', 'copied 1', 'copied 0']);
    const copied = [...contents(world, TO, BELOW).keys()];
    expect(copied).not.toContain('2026/11/20/23/stream-old');
    const claims = [...contents(world, TO).keys()].filter((key) => key.endsWith('.keys'));
    expect(claims).toHaveLength(HOURS);
    expect(calls.filter(({ operation }) => operation === 'GetObject').length).toBeGreaterThan(16);
  });

  it('and one document do not go together: 64', async () => {
    const { code, calls } = await buckets().run(`${COPY} --watch`);
    expect([code, calls]).toEqual([64, []]);
  });
});

describe('sync, and the events of what is there', () => {
  const FLAT = COPY.replace(' --no-normalise', '');
  const envelope = (n: number) =>
    JSON.stringify({
      messageType: 'DATA_MESSAGE',
      owner: '123456789012',
      logGroup: '/aws/eks/prod/cluster',
      logEvents: [
        {
          id: `e-${n}`,
          timestamp: Date.parse('2026-11-22T05:00:00Z') + n,
          message: JSON.stringify({ kind: 'Event', apiVersion: 'audit.k8s.io/v1', auditID: `a-${n}`, verb: 'get' }),
        },
      ],
    });
  const withEvents = () =>
    buckets((w) => {
      for (let n = 0; n < 6; n++) putObject(w, source(w), keyAt(5, `e${n}`), gzipSync(envelope(n)));
    });
  const flat = (world: World) =>
    [...contents(world, TO).keys()].filter((key) => key.startsWith('acme/events/cluster='));

  it('become files beside them, and the second time nothing', async () => {
    const { world, sync } = withEvents();
    const first = await sync({}, FLAT);
    expect(first.code).toBe(0);
    expect(first.sync.normalised).toMatchObject({ objects: 22, events: 6, files: 1 });
    expect(flat(world)).toHaveLength(1);
    const second = await sync({}, FLAT);
    expect(second.sync.normalised).toMatchObject({ objects: 0, events: 0, files: 0 });
    expect(second.writes).toEqual([]);
    expect((await sync({}, `${FLAT} --check`)).sync.normalised).toBeNull();
  });

  it('killed at any call, then two at once: the same files, each written once', async () => {
    const clean = withEvents();
    const { calls } = await clean.sync({}, FLAT);
    for (let moment = 5; moment < calls.length; moment += 9) {
      const { world, sync } = withEvents();
      await sync({ faults: killedWhen(({ n }) => n >= moment) }, FLAT);
      const both = await Promise.all([sync({}, FLAT), sync({}, FLAT)]);
      expect(both.map(({ code }) => code)).toEqual([0, 0]);
      expect(flat(world)).toEqual(flat(clean.world));
      expect(world.buckets[TO]!.objects.map(({ key }) => key).sort()).toEqual(
        clean.world.buckets[TO]!.objects.map(({ key }) => key).sort(),
      );
    }
  });

  it('a destination that may be written and not read: what is copied stays copied', async () => {
    const { world, sync } = withEvents();
    const {
      code,
      json,
      sync: row,
    } = await sync(
      {
        authorize: ({ action, resource }) =>
          action !== 's3:GetObject' || resource.includes(FROM) === resource.includes(`:::${FROM}`),
      },
      FLAT,
    );
    expect([code, json.result, row.copied]).toEqual([3, 'partial', 22]);
    expect(json.errors).toMatchObject([{ code: 'PERMISSION_DENIED' }]);
    expect(flat(world)).toEqual([]);
  });
});

describe("sync, with a role of the customer's", () => {
  const ROLE = 'arn:aws:iam::123456789012:role/rad-audit-logs';
  const trust = (world: World, Condition: object | undefined) =>
    addRole(world, 'rad-audit-logs', {
      trust: {
        Version: '2012-10-17',
        Statement: [
          {
            Effect: 'Allow',
            Principal: { AWS: world.caller },
            Action: 'sts:AssumeRole',
            ...(Condition && { Condition }),
          },
        ],
      } as never,
    });
  const demanding = () => buckets((w) => trust(w, { StringEquals: { 'sts:ExternalId': 'x-1' } }));
  const AS = `${COPY} --role-arn ${ROLE}`;
  const sessions = (calls: readonly Call[]) => calls.filter(({ operation }) => operation === 'AssumeRole');

  it('assumes it once, with its external id', async () => {
    const { world, sync } = demanding();
    const { code, calls, json } = await sync({}, `${AS} --external-id x-1`);
    expect([code, json.warnings]).toEqual([0, []]);
    expect(sessions(calls).map(({ input }) => [input.ExternalId, input.DurationSeconds])).toEqual([['x-1', 3_600]]);
    expectCopied(world);
  });

  it.each([
    ['without the external id', '', '--external-id ID'],
    ['with another one', ' --external-id x-2', '--external-id is the one'],
  ])('%s that it demands: 4, and what to do', async (_, option, hint) => {
    const { world, sync } = demanding();
    const { code, json } = await sync({}, AS + option);
    expect(code).toBe(4);
    expect(json.errors).toMatchObject([{ code: 'CREDENTIALS', hint: expect.stringContaining(hint) }]);
    expect(world.buckets[TO]!.objects).toEqual([]);
  });

  it('a role that trusts without an external id is told', async () => {
    const { sync } = buckets((w) => trust(w, undefined));
    const { code, json } = await sync({}, AS);
    expect(code).toBe(0);
    expect(json.warnings).toMatchObject([{ code: 'NO_EXTERNAL_ID', id: ROLE }]);
  });

  it('gets another session before the hour is over', async () => {
    const { world, sync } = buckets((w) => {
      trust(w, undefined);
      // Later than it is: the SDK keeps credentials by the clock of the machine.
      w.now = Date.parse('2099-01-01T00:00:00Z');
      w.lags.callMs = 50_000;
      for (let i = 0; i < 150; i++) putObject(w, source(w), keyAt(9, String(i)), gzipSync(EVENT));
    });
    const begun = world.now;
    const { code, calls } = await sync({}, `${AS} --timeout 24h`);
    expect(code).toBe(0);
    expect(world.now - begun).toBeGreaterThan(3_600_000);
    expect(sessions(calls).length).toBeGreaterThanOrEqual(2);
    expectCopied(world);
  });

  it.each(['GetObject', 'ListObjectsV2'])('another one where S3 takes it for over in %s', async (name) => {
    const { world, sync } = buckets((w) => {
      trust(w, undefined);
      w.now = Date.parse('2099-01-01T00:00:00Z');
    });
    const over = awsError('ExpiredToken', 'The provided token has expired.', 400);
    let times = 0;
    const isFirst = ({ operation, input }: Call) => operation === name && input.Bucket === FROM && times++ === 0;
    const { code, calls } = await sync({ faults: fails(over, isFirst) }, AS);
    expect(code).toBe(0);
    expect(sessions(calls)).toHaveLength(2);
    expectCopied(world);
  });
});

describe('sync into a folder', () => {
  const files = (folder: string): string[] =>
    readdirSync(folder, { recursive: true, encoding: 'utf8' }).filter((path) => statSync(join(folder, path)).isFile());
  const into = (folder: string) => `sync --from s3://${FROM} --to ${folder} --no-normalise -o json`;
  const newFolder = () => join(home, String(++folders));
  const expectFiles = (world: World, folder: string) => {
    expect(files(folder).sort()).toEqual([...contents(world, FROM).keys()].map((key) => `raw/${FROM}/${key}`).sort());
    for (const [key, body] of contents(world, FROM))
      expect(readFileSync(join(folder, `raw/${FROM}`, key)).toString('base64')).toBe(body);
  };

  it('makes a file of each object, and the second time nothing', async () => {
    const { world, sync } = buckets();
    const folder = newFolder();
    expect((await sync({}, into(folder))).sync).toMatchObject({ copied: 16, destination: `${folder}/raw/${FROM}/` });
    expectFiles(world, folder);
    const again = await sync({}, into(folder));
    expect(again.sync).toMatchObject({ present: 16, copied: 0 });
    expect(again.writes).toEqual([]);
  });

  it('killed at any call, or two at once: the same files', async () => {
    const { calls } = await buckets().sync({}, into(newFolder()));
    for (let moment = 3; moment < calls.length; moment += 4) {
      const { world, sync } = buckets();
      const folder = newFolder();
      await sync({ faults: killedWhen(({ n }) => n >= moment) }, into(folder));
      const both = await Promise.all([sync({}, into(folder)), sync({}, into(folder))]);
      expect(both.map(({ code }) => code)).toEqual([0, 0]);
      expectFiles(world, folder);
    }
  });

  it('a key that would lead out of it is left out, and told', async () => {
    const { sync } = buckets((w) => putObject(w, source(w), '../../outside', gzipSync(EVENT)));
    const folder = newFolder();
    const { code, sync: row, json } = await sync({}, into(folder));
    expect([code, row.skipped, row.copied]).toEqual([0, 1, 16]);
    expect(json.warnings).toMatchObject([
      { code: 'OBJECTS_SKIPPED', message: expect.stringContaining('../../outside') },
    ]);
    expect(files(home).filter((path) => path.includes('outside'))).toEqual([]);
  });

  it('a file in the place of the folder: 1, and what to do', async () => {
    const { sync } = buckets();
    const { code, json } = await sync({}, into(import.meta.filename));
    expect(code).toBe(1);
    expect(json.errors[0]).toMatchObject({ code: 'FOLDER', hint: expect.any(String) });
  });
});
