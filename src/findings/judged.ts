import { ALL, type Database } from '../duckdb/database.ts';
import { type Column, columnOf, type Row } from '../sigma/columns.ts';
import { columnsIn } from '../sigma/expression.ts';
import type { Rule } from '../sigma/rule.ts';
import { expressionsOf } from './askable.ts';
import { type Hit, hitColumns, hitQueries } from './hits.ts';

/** Asks each rule of the events in the table `found`, which has these columns, of each of them once. */
export async function judged(db: Database, rules: readonly Rule[], columns: readonly Column[]): Promise<Hit[]> {
  await db.run(eachOnce(columns));
  await db.run('DROP TABLE found');
  const hits: Hit[] = [];
  for (const query of hitQueries(rules)) for (const hit of hitsIn(await db.rows(query), rules)) hits.push(hit);
  return hits;
}

/** What rules look at, what is told of an event, and what makes it the same as another one. Of most columns most events have nothing. */
export function neededColumns(rules: readonly Rule[]): Column[] {
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
