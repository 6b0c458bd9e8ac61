import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { own } from './basics.ts';
import type { QueryAnswer, World } from './model.ts';
import { failed } from './services/athena.ts';
import type { Input } from './services/service.ts';
import { isLatest, versionsOf } from './services/versions.ts';

/** A file of a table, with the values of its partition. */
interface File {
  readonly bytes: Buffer;
  readonly values: Readonly<Record<string, string>>;
}
interface Source {
  readonly database: string;
  readonly name: string;
  readonly columns: Readonly<Record<string, string>>;
  readonly partitions: readonly string[];
  readonly files: readonly File[];
}
/** What a query reads, as it is when it starts; or why it cannot. */
export type Sources = readonly Source[] | { readonly refused: string };

/** The tables that a query names, `"database"."table"`, with the files that partition projection leads to. */
export function sourcesOf(world: World, region: string, sql: string): Sources {
  const sources = new Map<string, Source>();
  for (const [at, database, name] of sql.matchAll(/"(\w+)"\."(\w+)"/g)) {
    const table = own(own(world.regions[region]?.databases ?? {}, database!)?.tables ?? {}, name!) as Input;
    if (!table) return { refused: `TABLE_NOT_FOUND: Table 'awsdatacatalog.${database}.${name}' does not exist` };
    const { Parameters = {}, PartitionKeys = [], StorageDescriptor } = table;
    const keys: string[] = PartitionKeys.map(({ Name }: Input) => Name);
    const unfiltered = keys.find(
      (key) => Parameters[`projection.${key}.type`] === 'injected' && !new RegExp(`\\b${key} (=|IN) `).test(sql),
    );
    if (unfiltered)
      return {
        refused: `CONSTRAINT_VIOLATION: For the injected projected partition column ${unfiltered}, the WHERE clause must contain only static equality conditions, and at least one such condition must be present.`,
      };
    const columns = Object.fromEntries(StorageDescriptor.Columns.map(({ Name, Type }: Input) => [Name, Type]));
    const twice = keys.find((key) => key in columns);
    if (twice)
      return {
        refused:
          'HIVE_INVALID_METADATA: Hive metadata for table is invalid: Table descriptor contains duplicate columns',
      };
    const files = filesOf(world, Parameters['storage.location.template'], keys);
    sources.set(at, { database: database!, name: name!, columns, partitions: keys, files });
  }
  return [...sources.values()];
}

function filesOf({ buckets, account }: World, template: string, keys: readonly string[]): File[] {
  const [, name = '', path = ''] = /^s3:\/\/([^/]+)\/(.*)$/.exec(template) ?? [];
  const bucket = own(buckets, name);
  if (!bucket || bucket.owner !== account) return [];
  const literal = (text: string) => text.replace(/[.*+?^()|[\]\\]/g, '\\$&');
  const pattern = keys.reduce(
    (text, key) => text.replaceAll(['$', `{${key}}`].join(''), `(?<${key}>[^/]+)`),
    literal(path),
  );
  const inside = new RegExp(`^${pattern}[^/_.][^/]*$`);
  const versions = versionsOf(bucket);
  return versions.flatMap(({ key, body, deleteMarker }, place) => {
    const values = inside.exec(key)?.groups;
    const isThere = values && !deleteMarker && isLatest(versions, place);
    return isThere ? [{ bytes: Buffer.from(body, 'base64'), values: { ...values } }] : [];
  });
}

/** As far as its words tell: named in quotes, or a day between those that are. */
const isRead = (sql: string, { values }: File): boolean =>
  Object.values(values).every((value) => {
    if (!DAY.test(value)) return sql.includes(`'${value}'`);
    const days = [...sql.matchAll(/'(\d{4}-\d\d-\d\d)'/g)].map(([, day]) => day!).sort();
    return days.length === 0 || (value >= days[0]! && value <= days.at(-1)!);
  });
const DAY = /^\d{4}-\d\d-\d\d$/;

/** What the query says of these files: DuckDB is asked, in the words of Trino that it has, and one more. */
export async function answerOf(sql: string, sources: Sources): Promise<QueryAnswer> {
  if ('refused' in sources) return failed(sources.refused, 2);
  const duckdb = await import('@duckdb/node-api').catch(() => undefined);
  if (!duckdb) return failed('the simulated Athena needs DuckDB: npm install @duckdb/node-api', 1);
  const instance = await duckdb.DuckDBInstance.create(':memory:', { threads: '2' });
  const connection = await instance.connect();
  const scratch = await mkdtemp(join(tmpdir(), 'rad-connect-'));
  try {
    await connection.run('CREATE MACRO regexp_like(value, pattern) AS regexp_matches(value, pattern)');
    for (const source of sources) await load(connection, source, scratch);
    const result = await connection.runAndReadAll(sql);
    const names = result.columnNames();
    const types = result.columnTypes().map((type) => String(type).toLowerCase());
    const scanned = sources.flatMap(({ files }) => files.filter((file) => isRead(sql, file)));
    return {
      columns: names.map((name, i) => ({ name, type: types[i]! })),
      rows: result.getRows().map((row) => row.map((value) => (value === null ? null : String(value)))),
      scanned: scanned.reduce((sum, { bytes }) => sum + bytes.length, 0),
    };
  } catch (error) {
    return failed(`SYNTAX_ERROR: ${(error as Error).message.split('\n', 1)[0]}`, 2);
  } finally {
    connection.closeSync();
    instance.closeSync();
    await rm(scratch, { recursive: true, force: true });
  }
}

async function load(connection: Connection, source: Source, scratch: string): Promise<void> {
  const types = Object.entries({ ...source.columns, ...nothing(source.partitions) });
  const table = `${source.database}.${source.name}`;
  await connection.run(`CREATE SCHEMA IF NOT EXISTS ${source.database}`);
  await connection.run(`CREATE TABLE ${table} (${types.map(([name, type]) => `${name} ${TYPES[type]}`).join(', ')})`);
  if (source.files.length === 0) return;
  const files = quoted(await layOut(source, join(scratch, table)));
  const known = types.map(([name]) => quoted(name)).join(', ');
  const how = 'hive_partitioning = true, hive_types_autocast = false, union_by_name = true';
  await connection.run(
    `INSERT INTO ${table} BY NAME SELECT COLUMNS(c -> list_contains([${known}], c)) FROM read_parquet(${files}, ${how})`,
  );
}
interface Connection {
  run(sql: string): Promise<unknown>;
}

/** As Hive would, since that is what DuckDB can read at once. */
async function layOut({ files }: Source, root: string): Promise<string> {
  for (const [n, { bytes, values }] of files.entries()) {
    const parts = Object.entries(values).map(([key, value]) => `${key}=${encodeURIComponent(value)}`);
    const folder = join(root, ...parts);
    await mkdir(folder, { recursive: true });
    await writeFile(join(folder, `${n}.parquet`), bytes);
  }
  return `${root}/**/*.parquet`;
}

const TYPES: Readonly<Record<string, string>> = { string: 'VARCHAR', bigint: 'BIGINT', boolean: 'BOOLEAN' };
const nothing = (keys: readonly string[]) => Object.fromEntries(keys.map((key) => [key, 'string']));
const quoted = (text: string) => `'${text.replaceAll("'", "''")}'`;
