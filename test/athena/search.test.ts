import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ALL_EVENTS, groupsOf, pickOf, scoped } from '../../src/athena/queries.ts';
import { athenaNames } from '../../src/desired/athena-names.ts';
import { RadError } from '../../src/engine/errors.ts';
import { columnOf, type Row } from '../../src/sigma/columns.ts';
import type { Expression } from '../../src/sigma/expression.ts';
import { flatten } from '../../src/sigma/flatten.ts';
import { loadRules } from '../../src/sigma/folder.ts';
import { onePass, toQuery } from '../../src/sigma/query.ts';
import type { QueryFailure } from '../../src/simulator/model.ts';
import type { Call, Fault } from '../../src/simulator/simulator.ts';
import type { World } from '../../src/simulator/world.ts';
import { openTables } from '../../src/sync/parquet.ts';
import { openEngine } from '../helpers/engine.ts';
import { EU } from '../helpers/small.ts';
import { deliver, PLACE, tenant, tenantWorld } from '../helpers/tenant.ts';
import { trinoComplaints } from '../helpers/trino.ts';

const rules = loadRules([join(import.meta.dirname, '../../rules')]);
const engine = await openEngine();
const tables = await openTables();
afterAll(() => tables?.close());

/** Those of the tests of all rules, in two clusters; one that came twice might be told by either. */
const tested = new Map(
  rules.flatMap(({ tests }) =>
    tests.flatMap((test) => test.events.map((event) => [(event as { auditID?: string }).auditID, event])),
  ),
);
const rows: readonly Row[] = [...tested.values()]
  .map((event, i) =>
    flatten(JSON.parse(JSON.stringify(event)), { cluster: i % 2 ? 'prod' : 'stage', logEventId: String(i) }),
  )
  .filter(({ time }) => time !== null);
const times = rows.map(({ time }) => time as number);
const ALL = { from: Math.min(...times), to: Math.max(...times) + 1 };
const DAY = 86_400_000;

/** A bucket that `sync` has filled, with what Athena needs. */
async function filled(some = rows): Promise<World> {
  const world = tenantWorld();
  await deliver(world, tables!, some);
  await tenant(world).at().converge('present');
  return world;
}

/** An event of a moment. */
const at = (time: number, cluster: string | null): Row => ({
  ...flatten({ auditID: 'a', verb: 'get' }, {}),
  time,
  cluster,
});

const sorted = (all: readonly object[]) =>
  all.map((row) => JSON.stringify(row, (_, value) => (typeof value === 'bigint' ? `${value}n` : value))).sort();
/** What the rules, or the parts of one, ask of an event. */
const wanted = rules.flatMap((rule) =>
  rule.kind === 'event' ? [rule.expression] : rule.of.map(({ expression }) => expression),
);
const QUERIES = [onePass(rules), pickOf(wanted), ALL_EVENTS, ...rules.map((rule) => toQuery(rule))];

describe.skipIf(!engine)('what Athena answers', () => {
  let world: World;
  beforeAll(async () => {
    world = await filled();
  });
  const open = async (window = ALL) => tenant(structuredClone(world)).at().open(window);

  const failing = (failure: QueryFailure) => Object.assign(structuredClone(world), { failNextQuery: failure });
  const FAILED = { state: 'FAILED', category: 2, retryable: false, scanned: 0 } as const;

  it('is what DuckDB answers, to the type, for each rule that comes along', async () => {
    await engine!.fill(rows);
    const { engine: athena, holdings } = await open();
    expect(holdings.clusters).toEqual(['prod', 'stage']);
    let found = 0;
    for (const query of QUERIES) {
      const answer = await athena.ask(query);
      found += answer.length;
      expect(sorted(answer), query).toEqual(sorted(await engine!.ask(query)));
    }
    expect(found).toBeGreaterThan(300);
  });

  it('is of the window alone, to the millisecond', async () => {
    const noon = DAY * 20_000 + DAY / 2;
    const moments = [noon - DAY, noon - 1, noon, noon + 1, noon + DAY - 1, noon + DAY];
    const some = await filled(moments.map((time) => at(time, 'prod')));
    const { engine: athena } = await tenant(some)
      .at()
      .open({ from: noon, to: noon + DAY });
    const answer = await athena.ask('SELECT time FROM events ORDER BY time');
    expect(answer.map(({ time }) => Number(time))).toEqual(moments.slice(2, 5));
  });

  it('reads the files of the days and clusters that are meant, and no other', async () => {
    const { engine: athena, holdings } = await open({ from: ALL.from, to: ALL.from + DAY });
    await athena.ask('SELECT 1 FROM events');
    expect(athena.bill().bytes).toBe(holdings.bytes);
    expect(holdings.bytes).toBeLessThan((await open()).holdings.bytes);
  });

  it('costs no more than was said before, and what it has read is told', async () => {
    const { engine: athena, holdings } = await open();
    const before = athena.estimate(wanted);
    await athena.pick(wanted);
    const { queries, bytes, usd } = athena.bill();
    expect([queries, before.queries]).toEqual([2, 2]);
    expect(bytes).toBeGreaterThanOrEqual(holdings.bytes);
    expect(bytes).toBeLessThanOrEqual(before.bytes);
    // Ten MB a query at least (Amazon Athena pricing), at five dollars a TB.
    expect(usd.low).toBeCloseTo((2 * 10 * 5) / 1_048_576, 10);
    expect(usd.high).toBe(usd.low);
  });

  it('are the events that rules are about, and when the first of all was', async () => {
    const { engine: athena } = await open();
    await engine!.fill(rows);
    const { rows: picked, begun, events } = await athena.pick(wanted);
    expect(sorted(picked)).toEqual(sorted(await engine!.ask(pickOf(wanted))));
    expect([begun, events]).toEqual([ALL.from, rows.length]);
  });

  it('is the same in several queries, where one is too much for Athena', async () => {
    const it = tenant(failing({ ...FAILED, reason: 'COMPILER_ERROR: Query exceeded maximum columns or filters.' }));
    const { engine: athena } = await it.at().open(ALL);
    await engine!.fill(rows);
    const once = (all: readonly object[]) => [...new Set(sorted(all))];
    expect(once((await athena.pick(wanted)).rows)).toEqual(once(await engine!.ask(pickOf(wanted))));
    expect(Object.keys(it.world.regions[EU]!.queries!)).toHaveLength(4);
  });

  it('one rule that is too much for Athena says so', async () => {
    const { engine: athena } = await tenant(failing({ ...FAILED, reason: 'COMPILER_ERROR: x' }))
      .at()
      .open(ALL);
    await expect(athena.pick(wanted.slice(0, 1))).rejects.toMatchObject({ code: 'AWS' });
  });

  it('without any file nothing is asked', async () => {
    const at = tenant(structuredClone(world)).at();
    const { engine: athena, holdings } = await at.open({ from: 0, to: DAY });
    expect([holdings.files, athena.estimate(wanted).usd.high]).toEqual([0, 0]);
    expect(await athena.ask(onePass(rules))).toEqual([]);
    expect(await athena.pick(wanted)).toEqual({ rows: [], begun: null, events: 0 });
    expect(at.calls.filter(({ service }) => service === 'athena')).toEqual([]);
  });

  it('a query that is too long is refused before it is sent', async () => {
    const at = tenant(structuredClone(world)).at();
    const { engine: athena } = await at.open(ALL);
    const long = `SELECT 1 FROM events WHERE verb = '${'x'.repeat(262_144)}'`;
    await expect(athena.ask(long)).rejects.toMatchObject({ code: 'USAGE' });
    expect(at.calls.filter(({ service }) => service === 'athena')).toEqual([]);
  });

  it('a value that is null, and one that is empty, are told apart', async () => {
    const { engine: athena } = await open();
    const query =
      "SELECT min(audit_id) AS a, '' AS b, true AS c, CAST(NULL AS BIGINT) AS d, 1.5e0 AS e FROM events WHERE verb = 'none'";
    expect(await athena.ask(query)).toEqual([{ a: null, b: '', c: true, d: null, e: 1.5 }]);
  });

  it('a query that repeats its request runs once', async () => {
    const it = tenant(structuredClone(world));
    let lost = 0;
    const faults = ({ operation }: Call): Fault | undefined => {
      if (operation !== 'StartQueryExecution' || lost++ > 0) return undefined;
      return { when: 'after', error: Object.assign(new Error('read ECONNRESET'), { code: 'ECONNRESET' }) };
    };
    const { engine: athena } = await it.at({ faults }).open(ALL);
    expect(await athena.ask('SELECT count(*) AS n FROM events')).toEqual([{ n: BigInt(rows.length) }]);
    expect([lost, Object.keys(it.world.regions[EU]!.queries!).length]).toEqual([2, 1]);
  });

  it.each<[string, QueryFailure, string]>([
    [
      'denied',
      { ...FAILED, reason: 'PERMISSION_DENIED: Access Denied (Service: Amazon S3; Status Code: 403)' },
      'PERMISSION_DENIED',
    ],
    ['too much', { state: 'CANCELLED', reason: 'Bytes scanned limit was exceeded', scanned: 9 }, 'QUOTA_EXCEEDED'],
    ['stopped by somebody', { state: 'CANCELLED', reason: 'Query cancelled by user', scanned: 9 }, 'AWS'],
    ['too hard', { ...FAILED, reason: 'Query exhausted resources at this scale factor' }, 'AWS'],
    ['not SQL', { ...FAILED, reason: 'SYNTAX_ERROR: line 1:8' }, 'INTERNAL'],
  ])('a query that is %s says so, and what to do', async (_, failure, code) => {
    const { engine: athena } = await tenant(failing(failure)).at().open(ALL);
    const error: RadError = await athena.ask(onePass(rules)).catch((why) => why);
    expect(error).toMatchObject({ code, message: expect.stringContaining(failure.reason) });
    if (code !== 'INTERNAL') expect(error.hint).toBeTruthy();
  });

  it('one that AWS says may be tried again is, and no other', async () => {
    const again = failing({ ...FAILED, reason: 'GENERIC_INTERNAL_ERROR: x', category: 1, retryable: true });
    const { engine: athena } = await tenant(again).at().open(ALL);
    expect(await athena.ask('SELECT count(*) AS n FROM events')).toHaveLength(1);
    const once = tenant(failing({ ...FAILED, reason: 'x' }));
    await expect((await once.at().open(ALL)).engine.ask(onePass(rules))).rejects.toBeInstanceOf(RadError);
    expect(Object.keys(once.world.regions[EU]!.queries!)).toHaveLength(1);
  });

  it('a run that is told to stop stops its query', async () => {
    const it = tenant(structuredClone(world));
    it.world.lags.queryMs = 600_000;
    const abort = new AbortController();
    const reason = new RadError('INTERRUPTED', 'interrupted');
    const at = it.at({ signal: abort.signal, onNote: () => abort.abort(reason) });
    const { engine: athena } = await at.open(ALL);
    await expect(athena.ask(onePass(rules))).rejects.toBe(reason);
    expect(Object.values(it.world.regions[EU]!.queries!)).toMatchObject([{ stoppedAt: expect.any(Number) }]);
  });

  it('a query that never ends is stopped', async () => {
    const it = tenant(structuredClone(world));
    it.world.lags.queryMs = 10 * 3_600_000;
    const { engine: athena } = await it.at().open(ALL);
    await expect(athena.ask(onePass(rules))).rejects.toMatchObject({ code: 'TIMEOUT' });
    expect(Object.values(it.world.regions[EU]!.queries!)).toMatchObject([{ stoppedAt: expect.any(Number) }]);
  });

  it('a query that may read no more than it does is the last that is answered', async () => {
    const it = tenant(structuredClone(world));
    const { holdings, engine: athena } = await it.at().open(ALL);
    const [group] = Object.values(it.world.regions[EU]!.workgroups!);
    group!.configuration.BytesScannedCutoffPerQuery = holdings.bytes;
    await athena.ask('SELECT 1 FROM events');
    group!.configuration.BytesScannedCutoffPerQuery = holdings.bytes - 1;
    await expect(athena.ask('SELECT 1 FROM events')).rejects.toMatchObject({ code: 'QUOTA_EXCEEDED' });
  });
});

describe.skipIf(!tables)('what there is to be read', () => {
  it('is told by files of the days that are meant, however many others there are', async () => {
    const days = Array.from({ length: 40 }, (_, n) => n * DAY);
    const some = ['a', 'b', 'c'].flatMap((cluster) => days.map((day) => at(day, cluster)));
    const world = await filled([...some, at(3 * DAY, null)]);
    world.pageSize = 2;
    const { objects } = world.buckets[PLACE.bucket]!;
    for (let from = 0; from < 40; from += 7) {
      for (const length of [1, 3, 50]) {
        const it = tenant(structuredClone(world)).at();
        const { holdings } = await it.open({ from: from * DAY, to: (from + length) * DAY });
        const meant = objects.filter(({ key }) => {
          const day = Date.parse(/dt=([^/]+)/.exec(key)?.[1] ?? '') / DAY;
          return !key.includes('cluster=__') && day >= from && day < from + length;
        });
        expect(holdings).toEqual({
          clusters: ['a', 'b', 'c'],
          days: [from, Math.min(from + length, 40) - 1].map((day) => new Date(day * DAY).toISOString().slice(0, 10)),
          files: meant.length,
          bytes: meant.reduce((sum, { size }) => sum + size, 0),
          unplaced: 1,
        });
        const lists = it.calls.filter(({ operation }) => operation === 'ListObjectsV2').length;
        expect(lists).toBeLessThanOrEqual(4 + 3 * 3 + meant.length / 2);
      }
    }
  });
});

describe('the queries that are sent', () => {
  const names = athenaNames('rad', PLACE);
  const clusters = Array.from({ length: 2_300 }, (_, n) => `cluster-${n}`);
  const days = ['2026-11-01', '2026-11-22'] as const;
  const scopes = [['prod'], ["o'x"], clusters].map((some) => ({
    names,
    holdings: { clusters: some, days },
    window: ALL,
  }));

  it('are those of Trino, for any number of clusters', () => {
    for (const scope of scopes) {
      const some = scope.holdings.clusters.length > 1_000 ? rules.filter(({ kind }) => kind === 'correlation') : rules;
      const queries = [
        ...some.map(toQuery),
        ...groupsOf(wanted, scope).map((group) => pickOf(group)),
        onePass(rules),
        ALL_EVENTS,
      ];
      for (const query of queries) expect(trinoComplaints(scoped(query, scope)), query).toEqual([]);
    }
  });

  it('name each cluster once, in lists that Athena takes', () => {
    const lists = [...scoped(ALL_EVENTS, scopes[2]!).matchAll(/IN \(([^)]*)\)/g)].map(([, list]) => list!.split(', '));
    expect(lists.every((list) => list.length <= 1_000)).toBe(true);
    expect(lists.flat().map((word) => word.slice(1, -1))).toEqual(clusters);
  });

  it('are as few as Athena takes, and ask for each thing once', () => {
    expect(groupsOf(wanted, scopes[0]!)).toEqual([wanted]);
    const many = Array.from({ length: 12 }, () => wanted).flat();
    const several = groupsOf(many, scopes[0]!);
    expect(several.length).toBeGreaterThan(1);
    expect(several.flat()).toEqual(many);
    for (const some of several)
      expect(Buffer.byteLength(scoped(pickOf(some), scopes[0]!))).toBeLessThanOrEqual(262_144);
  });

  it('one that is too long for Athena alone is refused before it is sent', () => {
    const column = columnOf('verb')!;
    const long: Expression = { kind: 'equals', column, text: 'x'.repeat(300_000), fold: false };
    expect(() => groupsOf([long], scopes[0]!)).toThrow(expect.objectContaining({ code: 'USAGE' }));
  });
});
