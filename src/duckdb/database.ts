import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { DuckDBAppender } from '@duckdb/node-api';
import { COLUMNS, type Column, LEAVES, type Row } from '../sigma/columns.ts';
import { DUCKDB_MACRO } from '../sigma/sql.ts';

/** DuckDB in this process, with nothing on disk but a scratch folder that goes when it is closed. */
export interface Database {
  readonly scratch: string;
  run(sql: string, values?: Record<string, string>): Promise<void>;
  rows(sql: string): Promise<Readonly<Record<string, unknown>>[]>;
  appender(table: string): Promise<DuckDBAppender>;
  close(): Promise<void>;
}

/** What `tableColumns` names, in its order. */
export const ALL: readonly Column[] = [...COLUMNS, LEAVES];

/** Extensions are never downloaded. */
const SETTINGS = { memory_limit: '1GB', threads: '2', autoinstall_known_extensions: 'false' };

/** What to do where it is missing. */
export const INSTALL_DUCKDB = 'npm install @duckdb/node-api beside rad-connect';

/** undefined: DuckDB is not installed. It is optional, and larger than all else together. */
export async function openDatabase(settings: Record<string, string> = {}): Promise<Database | undefined> {
  const duckdb = await import('@duckdb/node-api').catch(() => undefined);
  if (!duckdb) return undefined;
  const scratch = await mkdtemp(join(tmpdir(), 'rad-connect-'));
  const instance = await duckdb.DuckDBInstance.create(':memory:', {
    ...SETTINGS,
    temp_directory: scratch,
    ...settings,
  });
  const connection = await instance.connect();
  // What is appended goes its own way, while a query is at work.
  const second = await instance.connect();
  await connection.run(DUCKDB_MACRO);
  return {
    scratch,
    async run(sql, values) {
      await connection.run(sql, values);
    },
    rows: async (sql) => (await connection.runAndReadAll(sql)).getRowObjectsJS(),
    appender: (table) => second.createAppender(table),
    async close() {
      second.closeSync();
      connection.closeSync();
      instance.closeSync();
      await rm(scratch, { recursive: true, force: true });
    },
  };
}

/** A row of the flat view, or these columns of it; what else the table has is to follow. */
export function appendRow(appender: DuckDBAppender, row: Row, columns: readonly Column[] = ALL): void {
  for (const { name, type } of columns) {
    const value = row[name] ?? null;
    if (value === null) appender.appendNull();
    else if (type === 'number') appender.appendBigInt(BigInt(value));
    else if (type === 'boolean') appender.appendBoolean(value === true);
    else appender.appendVarchar(String(value));
  }
}

/** A text in SQL, as the name of a file. */
export const inQuotes = (text: string): string => `'${text.replaceAll("'", "''")}'`;
