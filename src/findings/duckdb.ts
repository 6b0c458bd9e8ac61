import type { AuditEvent } from '../audit/events.ts';
import { appendRow, type Database } from '../duckdb/database.ts';
import { LEAVES, type Row, tableColumns } from '../sigma/columns.ts';
import { toFunction } from '../sigma/evaluate.ts';
import { any } from '../sigma/expression.ts';
import { factored } from '../sigma/factor.ts';
import { flatten } from '../sigma/flatten.ts';
import { atGlance } from '../sigma/glance.ts';
import { askable, asksFor, expressionsOf } from './askable.ts';
import type { Engine } from './engine.ts';
import type { Task } from './fetched.ts';
import { type Inventory, inventoryOf } from './inventory.ts';
import { judged, neededColumns } from './judged.ts';
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
    return {
      hits: await judged(db, asked, columns),
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
