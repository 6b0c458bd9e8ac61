import { COLUMNS, LEAVES, type Row, tableColumns } from '../../src/sigma/columns.ts';
import { DUCKDB_MACRO } from '../../src/sigma/sql.ts';

/** DuckDB, with rows of the flat view in its table `events`. */
export interface Engine {
  fill(rows: readonly Row[]): Promise<void>;
  ask(query: string): Promise<Record<string, unknown>[]>;
  close(): void;
}

/** undefined, said loudly, where DuckDB has no build for this machine. */
export async function openEngine(): Promise<Engine | undefined> {
  const duckdb = await import('@duckdb/node-api').catch((error: Error) => error);
  if (duckdb instanceof Error) {
    process.stderr.write(`SKIPPED: the SQL of rules is not run, since DuckDB is missing: ${duckdb.message}\n`);
    return undefined;
  }
  const instance = await duckdb.DuckDBInstance.create(':memory:', { threads: '2' });
  const connection = await instance.connect();
  await connection.run(DUCKDB_MACRO);
  return {
    async fill(rows) {
      await connection.run(`CREATE OR REPLACE TABLE events (${tableColumns()})`);
      const appender = await connection.createAppender('events');
      for (const row of rows) {
        for (const { name, type } of [...COLUMNS, LEAVES]) {
          const value = row[name] ?? null;
          if (value === null) appender.appendNull();
          else if (type === 'number') appender.appendBigInt(BigInt(value));
          else if (type === 'boolean') appender.appendBoolean(value as boolean);
          else appender.appendVarchar(String(value));
        }
        appender.endRow();
      }
      appender.closeSync();
    },
    ask: async (query) => (await connection.runAndReadAll(query)).getRowObjects(),
    close: () => connection.closeSync(),
  };
}
