import type { AuditEvent } from '../audit/events.ts';
import { ALL, appendRow, type Database } from '../duckdb/database.ts';
import { type Column, columnOf, LEAVES, type Row, tableColumns } from '../sigma/columns.ts';
import { toFunction } from '../sigma/evaluate.ts';
import { any, columnsIn } from '../sigma/expression.ts';
import { factored } from '../sigma/factor.ts';
import { flatten } from '../sigma/flatten.ts';
import { atGlance } from '../sigma/glance.ts';
import type { Rule } from '../sigma/rule.ts';
import { askable, asksFor, expressionsOf } from './askable.ts';
import type { Engine } from './engine.ts';
import type { Task } from './fetched.ts';
import { type Hit, hitColumns, hitQueries } from './hits.ts';
import { type Inventory, inventoryOf } from './inventory.ts';
import { readParquet, type Wanted } from './parquet.ts';
import { readRaw, type Take } from './raw.ts';
import { createReading } from './reading.ts';
import type { Store } from './store.ts';

interface Surroundings {
  readonly db: Database;
  readonly stores: readonly Store[];
  readonly signal: AbortSignal;
  progress(text: string, store: Store): void;
}

/**
 * Asks DuckDB, in this process. Of all events those are taken at which any rule, or a part of one, fires; of an event that is there twice one. Then
 * each rule is asked of these few.
 */
export const duckdbEngine =
  ({ db, stores, signal, progress }: Surroundings): Engine =>
  async (rules, window) => {
    const ledger = createReading();
    const places: { store: Store; inventory: Inventory }[] = [];
    for (const store of stores) places.push({ store, inventory: await inventoryOf(store, window.from) });
    const inventories = places.map(({ inventory }) => inventory);
    const { asked, left } = askable(rules, inventories, window);
    const wanted = factored(any(asked.flatMap(expressionsOf)));
    const columns = neededColumns(asked);
    await db.run(`CREATE OR REPLACE TABLE found (${tableColumns(columns)})`);
    for (const { store, inventory } of places) {
      const { form, objects } = inventory;
      const told = (done: number) => progress(`${done} of ${objects.length} objects looked through`, store);
      const task: Task = { store, objects, ledger, scratch: db.scratch, signal, progress: told };
      if (form === 'parquet') await readParquet(task, db, { wanted, columns, ...window });
      else await takeRaw(task, db, { wanted, columns, ...window });
    }
    await db.run(eachOnce(columns));
    await db.run('DROP TABLE found');
    const hits: Hit[] = [];
    for (const query of hitQueries(asked)) for (const hit of hitsIn(await db.rows(query), asked)) hits.push(hit);
    return {
      hits,
      form: inventories.some(({ form, objects }) => form === 'raw' && objects.length) ? 'raw' : 'parquet',
      reading: ledger.close(inventories.reduce((sum, { foreign }) => sum + foreign, 0)),
      left,
    };
  };

async function takeRaw(task: Task, db: Database, { wanted, columns, from = 0 }: Wanted): Promise<void> {
  const fires = toFunction(wanted);
  const leaves = asksFor(wanted, LEAVES);
  const appender = await db.appender('found');
  let begun = Number.POSITIVE_INFINITY;
  const take: Take = {
    event(event, object, isPicked) {
      const row = rowOf(event, object, leaves);
      const time = typeof row.time === 'number' ? row.time : undefined;
      if (time !== undefined && time < from) return;
      if (time !== undefined) begun = Math.min(begun, time);
      if (!isPicked && !fires(row)) return;
      appendRow(appender, row, columns);
      appender.endRow();
    },
    begun(time) {
      if (time < begun) begun = Math.max(time, from);
    },
  };
  await readRaw(task, db, factored(atGlance(wanted)), take);
  if (Number.isFinite(begun)) {
    appendRow(appender, { time: begun }, columns);
    appender.endRow();
  }
  appender.closeSync();
}

function rowOf({ event, cluster, account, region, logEventId }: AuditEvent, object: string, leaves: boolean): Row {
  const origin = {
    object,
    ...(cluster && { cluster }),
    ...(account && { account }),
    ...(region && { region }),
    ...(logEventId && { logEventId }),
  };
  return flatten(event as Parameters<typeof flatten>[0], origin, { leaves });
}

/** What rules look at, what is told of an event, and what makes it the same as another one. Of most columns most events have nothing. */
function neededColumns(rules: readonly Rule[]): Column[] {
  const paths = rules.flatMap((rule) =>
    rule.kind === 'event' ? (rule.newTerms?.fields ?? []) : rule.field ? [rule.field] : [],
  );
  const inTests = rules.flatMap(expressionsOf).flatMap(columnsIn);
  const names = [...inTests, ...paths.map((path) => columnOf(path)!)].map(({ name }) => name);
  const needed = new Set([...names, ...hitColumns(rules), 'stage']);
  return ALL.filter(({ name }) => needed.has(name));
}

/** CloudWatch Logs and Firehose deliver at least once. Of the same event the first by object stays, in whatever order they are read. */
const eachOnce = (
  columns: readonly Column[],
) => `CREATE OR REPLACE TABLE events AS SELECT ${columns.map(({ name }) => name).join(', ')} FROM (
  SELECT *, row_number() OVER (PARTITION BY cluster, coalesce(audit_id, log_event_id, CAST(rowid AS VARCHAR)), stage ORDER BY object, log_event_id) AS n
  FROM found) AS numbered WHERE n = 1`;

function hitsIn(rows: readonly Readonly<Record<string, unknown>>[], rules: readonly Rule[]): Hit[] {
  return rows.flatMap(({ fired, ...values }) => {
    const plain = Object.entries(values).map(([name, value]) => [
      name,
      typeof value === 'bigint' ? Number(value) : value,
    ]);
    const row = Object.fromEntries(plain) as Row;
    return String(fired)
      .split(',')
      .map((i) => ({ rule: rules[Number(i)]!, row }));
  });
}
