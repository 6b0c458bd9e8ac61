import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { COLUMNS, LEAVES, type Row, tableColumns } from '../sigma/columns.ts';

/** Rows in, a Parquet file for each cluster and day out. */
export interface Tables {
  add(row: Row): void;
  /** What was added since the last time, by where its files belong. */
  files(): AsyncIterable<{ readonly place: string; readonly bytes: Buffer }>;
  close(): Promise<void>;
}

/** As Hive names what has no value: engines read it as none. */
const NONE = '__HIVE_DEFAULT_PARTITION__';
const SETTINGS = { memory_limit: '1GB', threads: '2', autoinstall_known_extensions: 'false' };
const ALL = [...COLUMNS, LEAVES];

/** undefined: DuckDB is not installed. It is for this alone, and larger than all else together. */
export async function openTables(): Promise<Tables | undefined> {
  const duckdb = await import('@duckdb/node-api').catch(() => undefined);
  if (!duckdb) return undefined;
  const instance = await duckdb.DuckDBInstance.create(':memory:', SETTINGS);
  const connection = await instance.connect();
  const scratch = await mkdtemp(join(tmpdir(), 'rad-connect-'));
  const begin = async () => {
    await connection.run(
      `CREATE OR REPLACE TABLE events (${tableColumns()}, partition_cluster VARCHAR, partition_day VARCHAR)`,
    );
    return connection.createAppender('events');
  };
  let appender = await begin();
  return {
    add(row) {
      for (const { name, type } of ALL) {
        const value = row[name] ?? null;
        if (value === null) appender.appendNull();
        else if (type === 'number') appender.appendBigInt(BigInt(value));
        else if (type === 'boolean') appender.appendBoolean(value === true);
        else appender.appendVarchar(String(value));
      }
      appender.appendVarchar(typeof row.cluster === 'string' ? row.cluster : NONE);
      appender.appendVarchar(typeof row.time === 'number' ? new Date(row.time).toISOString().slice(0, 10) : NONE);
      appender.endRow();
    },
    async *files() {
      appender.closeSync();
      const places = 'SELECT DISTINCT partition_cluster, partition_day FROM events ORDER BY ALL';
      const found = (await connection.runAndReadAll(places)).getRows() as [string, string][];
      for (const [cluster, day] of found) {
        const file = join(scratch, 'events.parquet');
        await connection.run(copy(file), { cluster, day });
        yield { place: `events/cluster=${cluster}/dt=${day}/`, bytes: await readFile(file) };
      }
      appender = await begin();
    },
    async close() {
      connection.closeSync();
      instance.closeSync();
      await rm(scratch, { recursive: true, force: true });
    },
  };
}

/** In one order, so that the same events are the same bytes. */
const copy = (file: string) =>
  `COPY (SELECT ${ALL.map(({ name }) => name).join(', ')} FROM events
    WHERE partition_cluster = $cluster AND partition_day = $day ORDER BY time, audit_id, stage, log_event_id)
  TO '${file.replaceAll("'", "''")}' (FORMAT parquet, COMPRESSION zstd)`;
