import type { OpenAthena } from '../athena/engine.ts';
import { newTally } from '../audit/tally.ts';
import { ALL, appendRow, type Database } from '../duckdb/database.ts';
import { type Row, tableColumns } from '../sigma/columns.ts';
import { askable, expressionsOf } from './askable.ts';
import type { Engine, Window } from './engine.ts';
import type { Inventory } from './inventory.ts';
import { judged, neededColumns } from './judged.ts';
import { createReading } from './reading.ts';

interface Surroundings {
  readonly db: Database;
  open(window: Window): Promise<OpenAthena>;
}

/** Athena picks the events where they are; the few that it finds are judged as all others are. */
export const viaAthena =
  ({ db, open }: Surroundings): Engine =>
  async (rules, window) => {
    const { engine, holdings } = await open(window);
    const days = holdings.files ? holdings.days : [];
    const objects = days.map((day) => ({ key: `events/dt=${day}/`, size: 0 }));
    const inventory: Inventory = { form: 'parquet', objects, foreign: 0 };
    const { asked, left } = askable(rules, [inventory], window);
    const columns = neededColumns(asked);
    const { rows, begun, events } = await engine.pick(asked.flatMap(expressionsOf), columns);
    await db.run(`CREATE OR REPLACE TABLE found (${tableColumns(columns)})`);
    const appender = await db.appender('found');
    for (const row of [...rows.map(plain), ...(begun === null ? [] : [{ time: begun }])]) {
      appendRow(appender, row, columns);
      appender.endRow();
    }
    appender.closeSync();
    const ledger = createReading();
    ledger.add(holdings.files, holdings.bytes, { ...newTally(), events });
    return { hits: await judged(db, asked, columns), form: 'parquet', reading: ledger.close(0), left };
  };

const plain = (row: Readonly<Record<string, unknown>>): Row =>
  Object.fromEntries(
    ALL.map(({ name }) => [name, typeof row[name] === 'bigint' ? Number(row[name]) : (row[name] ?? null)]),
  ) as Row;
