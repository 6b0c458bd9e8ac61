import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { ALL, appendRow, inQuotes, openDatabase } from '../duckdb/database.ts';
import { type Row, tableColumns } from '../sigma/columns.ts';

/** Rows in, a Parquet file for each cluster and day out. */
export interface Tables {
  add(row: Row): void;
  /** What was added since the last time, by where its files belong. */
  files(): AsyncIterable<{ readonly place: string; readonly bytes: Buffer }>;
  close(): Promise<void>;
}

/** As Hive names what has no value: engines read it as none. */
const NONE = '__HIVE_DEFAULT_PARTITION__';
/** undefined: DuckDB is not installed. */
export async function openTables(): Promise<Tables | undefined> {
  const db = await openDatabase();
  if (!db) return undefined;
  const begin = async () => {
    await db.run(
      `CREATE OR REPLACE TABLE events (${tableColumns()}, partition_cluster VARCHAR, partition_day VARCHAR)`,
    );
    return db.appender('events');
  };
  let appender = await begin();
  return {
    add(row) {
      appendRow(appender, row);
      appender.appendVarchar(typeof row.cluster === 'string' ? row.cluster : NONE);
      appender.appendVarchar(typeof row.time === 'number' ? new Date(row.time).toISOString().slice(0, 10) : NONE);
      appender.endRow();
    },
    async *files() {
      appender.closeSync();
      const places = 'SELECT DISTINCT partition_cluster, partition_day FROM events ORDER BY ALL';
      const found = (await db.rows(places)) as { partition_cluster: string; partition_day: string }[];
      for (const { partition_cluster: cluster, partition_day: day } of found) {
        const file = join(db.scratch, 'events.parquet');
        await db.run(copy(file), { cluster, day });
        yield { place: `events/cluster=${cluster}/dt=${day}/`, bytes: await readFile(file) };
      }
      appender = await begin();
    },
    close: () => db.close(),
  };
}

/** In one order, so that the same events are the same bytes. */
const copy = (file: string) =>
  `COPY (SELECT ${ALL.map(({ name }) => name).join(', ')} FROM events
    WHERE partition_cluster = $cluster AND partition_day = $day ORDER BY time, audit_id, stage, log_event_id)
  TO ${inQuotes(file)} (FORMAT parquet, COMPRESSION zstd)`;
