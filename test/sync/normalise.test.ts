import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DuckDBInstance } from '@duckdb/node-api';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { normalise } from '../../src/sync/normalise.ts';
import { openTables, type Tables } from '../../src/sync/parquet.ts';
import type { Shelf } from '../../src/sync/shelf.ts';
import { CONTROL, envelope, FORMS } from '../audit/forms.ts';
import { type Files, shelfOf } from '../helpers/shelf.ts';

const home = mkdtempSync(join(tmpdir(), 'rad-connect-'));
let tables: Tables;
beforeAll(async () => {
  tables = (await openTables())!;
});
afterAll(async () => {
  await tables.close();
  rmSync(home, { recursive: true, force: true });
});

const BELOW = 'raw/logs/';
let ids = 0;
/** An object with so many events of each cluster, at a time. */
function object(clusters: Readonly<Record<string, number>>, time: string): Buffer {
  const documents = Object.entries(clusters).map(([cluster, count]) =>
    envelope({
      cluster,
      logEvents: Array.from({ length: count }, () => {
        const id = `log-${++ids}`;
        const event = {
          kind: 'Event',
          apiVersion: 'audit.k8s.io/v1',
          auditID: id,
          verb: 'GET',
          stage: 'ResponseComplete',
          stageTimestamp: time,
        };
        return { id, timestamp: Date.parse(time), message: JSON.stringify(event) };
      }),
    }),
  );
  return FORMS['gzip members']!([CONTROL, ...documents]);
}

function raw(hours = ['21', '22', '23']): Files {
  const files: Files = new Map();
  for (const hour of hours)
    for (const n of [1, 2, 3]) {
      const time = `2026-11-22T${hour}:5${n}:00Z`;
      files.set(`${BELOW}2026/11/22/${hour}/s-${n}`, object({ prod: n, 'we-b': 2 }, time));
    }
  files.set(`${BELOW}2026/11/23/00/s-1`, object({ prod: 4 }, '2026-11-22T23:59:59Z'));
  files.set(`${BELOW}2026/11/23/00/s-2`, object({ prod: 5 }, '2026-11-23T00:00:01Z'));
  return files;
}
const EVENTS = 3 * (6 + 6) + 9;

const run = (shelf: Shelf, more: object = {}, own: Tables = tables) =>
  normalise({
    shelf,
    tables: own,
    below: BELOW,
    prefix: '',
    after: '',
    until: undefined,
    region: 'eu-west-1',
    bucket: 'logs',
    signal: new AbortController().signal,
    ...more,
  });

const parquet = (files: Files) => [...files.keys()].filter((key) => key.endsWith('.parquet')).sort();

/** The rows of all files, read by another engine than the one that wrote them. */
async function rows(files: Files): Promise<Record<string, unknown>[]> {
  const instance = await DuckDBInstance.create(':memory:');
  const connection = await instance.connect();
  const all: Record<string, unknown>[] = [];
  for (const [i, key] of parquet(files).entries()) {
    const file = join(home, `${i}.parquet`);
    writeFileSync(file, files.get(key)!);
    const found = await connection.runAndReadAll(`SELECT * FROM read_parquet('${file}', hive_partitioning = false)`);
    all.push(...found.getRowObjects().map((row) => ({ ...row, file: key })));
  }
  connection.closeSync();
  return all;
}

/** The law: each event is one row, where it belongs. */
async function expectEach(files: Files, events: number) {
  const all = await rows(files);
  expect(all).toHaveLength(events);
  expect(new Set(all.map(({ log_event_id }) => log_event_id)).size).toBe(events);
  for (const { cluster, time, file } of all)
    expect(file).toContain(`/cluster=${cluster}/dt=${new Date(Number(time)).toISOString().slice(0, 10)}/`);
}

describe('files of events', () => {
  it('hold each event once, by cluster and day; the second time nothing is read or written', async () => {
    const files = raw();
    expect(await run(shelfOf(files).shelf)).toMatchObject({ objects: 11, events: EVENTS, files: 8 });
    await expectEach(files, EVENTS);
    const [one] = await rows(files);
    expect(one).toMatchObject({ verb: 'get', region: 'eu-west-1', account: '123456789012', stage: 'responsecomplete' });
    expect(one!.object).toMatch(/^s3:\/\/logs\/2026\//);
    const again = shelfOf(files);
    expect(await run(again.shelf)).toMatchObject({ objects: 0, events: 0, files: 0 });
    expect([again.read, again.writes()]).toEqual([[], 0]);
  });

  it('have the same names in every run', async () => {
    ids = 0;
    const first = raw();
    ids = 0;
    const second = raw();
    for (const files of [first, second]) await run(shelfOf(files).shelf);
    expect(parquet(second)).toEqual(parquet(first));
  });

  it('what comes late adds files of its own, and changes none', async () => {
    const files = raw();
    await run(shelfOf(files).shelf);
    const before = new Map(files);
    files.set(`${BELOW}2026/11/22/22/a-late`, object({ prod: 7 }, '2026-11-22T22:10:00Z'));
    expect(await run(shelfOf(files).shelf)).toMatchObject({ objects: 1, events: 7, files: 1 });
    for (const [key, bytes] of before) expect(files.get(key)).toBe(bytes);
    await expectEach(files, EVENTS + 7);
  });

  it('killed at any write, before it or after it, with something late in between: each event once', async () => {
    const clean = shelfOf(raw(['21']));
    await run(clean.shelf);
    for (let moment = 1; moment <= clean.writes(); moment++)
      for (const when of ['before', 'after'] as const) {
        const files = raw(['21']);
        const idle = { before: () => {}, after: () => {} };
        const dies = {
          ...idle,
          [when]: (n: number) => {
            if (n >= moment) throw new Error('killed');
          },
        };
        const own = (await openTables())!;
        await expect(run(shelfOf(files, dies).shelf, {}, own)).rejects.toThrow('killed');
        await own.close();
        files.set(`${BELOW}2026/11/22/21/a-late`, object({ prod: 3 }, '2026-11-22T21:10:00Z'));
        await run(shelfOf(files).shelf);
        await expectEach(files, 12 + 9 + 3);
      }
  });

  it('two at once: each event once', async () => {
    const files = raw();
    const own = [(await openTables())!, (await openTables())!];
    await Promise.all(own.map((one) => run(shelfOf(files).shelf, {}, one)));
    for (const one of own) await one.close();
    await expectEach(files, EVENTS);
  });

  it('take only what --since and the prefix name', async () => {
    const files = raw();
    expect(await run(shelfOf(files).shelf, { after: '2026/11/22/23/' })).toMatchObject({ objects: 5 });
    expect(await run(shelfOf(files).shelf, { prefix: '2026/11/22/', until: '2026/11/22/22/' })).toMatchObject({
      objects: 3,
    });
    expect(await run(shelfOf(files).shelf, { prefix: '2026/11/22/' })).toMatchObject({ objects: 3 });
    await expectEach(files, EVENTS);
  });

  it('an event of no cluster and no time is kept all the same, and what is no event is counted', async () => {
    const bare = JSON.stringify({ kind: 'Event', apiVersion: 'audit.k8s.io/v1', auditID: 'a-1' });
    const files: Files = new Map([[`${BELOW}2026/11/22/01/s`, Buffer.from(`${bare}{"Records":[]}${CONTROL}`)]]);
    const done = await run(shelfOf(files).shelf);
    expect(done).toMatchObject({ events: 1, tally: { events: 1, others: 1, control: 1 } });
    expect(parquet(files)[0]).toContain('events/cluster=__HIVE_DEFAULT_PARTITION__/dt=__HIVE_DEFAULT_PARTITION__/');
  });

  it('of an hour with very many objects several are made', async () => {
    const small = object({ prod: 1 }, '2026-11-22T01:00:00Z');
    const files: Files = new Map(Array.from({ length: 2_100 }, (_, n) => [`${BELOW}2026/11/22/01/s-${n}`, small]));
    expect(await run(shelfOf(files).shelf)).toMatchObject({ objects: 2_100, events: 2_100, files: 2 });
  });
});
