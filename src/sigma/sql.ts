import type { Column } from './columns.ts';
import type { Expression } from './expression.ts';

/**
 * An expression as SQL of DuckDB and of Trino (Athena). Both have starts_with, strpos, lower, coalesce, IN and TRY_CAST; for one name of
 * Trino DuckDB needs the macro below. What is negated is made two-valued first: NOT of an unknown would be unknown.
 */
export function toSql(it: Expression): string {
  switch (it.kind) {
    case 'and':
    case 'or':
      return joined(it.kind, it.of);
    case 'not':
      return it.of.kind === 'present' ? `${it.of.column.name} IS NULL` : `NOT coalesce(${toSql(it.of)}, false)`;
    case 'present':
      return `${it.column.name} IS NOT NULL`;
    case 'is':
      return it.value === true ? it.column.name : `${it.column.name} = ${it.value}`;
    case 'equals':
      return it.column.many
        ? `strpos(${side(it)}, chr(10) || ${quoted(it.text)} || chr(10)) > 0`
        : `${side(it)} = ${quoted(it.text)}`;
    case 'contains':
      return `strpos(${side(it)}, ${quoted(it.text)}) > 0`;
    case 'starts':
      return it.column.many
        ? `strpos(${side(it)}, chr(10) || ${quoted(it.text)}) > 0`
        : `starts_with(${side(it)}, ${quoted(it.text)})`;
    case 'matches':
      return `regexp_like(${side(it)}, ${quoted(`(?${it.insensitive ? 'i' : ''}m)${it.regex}`)})`;
    case 'compare':
      return `${number(it.column, it.path)} ${SIGNS[it.by]} ${it.value}`;
    case 'same':
      return `${side(it)} = ${it.fold ? `lower(${it.other.name})` : it.other.name}`;
  }
}
const SIGNS = { gt: '>', gte: '>=', lt: '<', lte: '<=' } as const;

/** Loaded into DuckDB once, so that it reads the text that Trino reads. */
export const DUCKDB_MACRO = 'CREATE OR REPLACE MACRO regexp_like(value, pattern) AS regexp_matches(value, pattern)';

const side = ({ column, fold }: { readonly column: Column; readonly fold: boolean }) =>
  column.type === 'text' ? (fold ? `lower(${column.name})` : column.name) : `CAST(${column.name} AS VARCHAR)`;

export const quoted = (text: string): string => `'${text.replaceAll("'", "''")}'`;

const number = ({ name, type }: Column, path: string | undefined) => {
  if (type === 'number') return name;
  const value = path === undefined ? name : `regexp_extract(${name}, ${quoted(`(?m)^${path}=(.*)$`)}, 1)`;
  return `TRY_CAST(${value} AS DOUBLE)`;
};

function joined(kind: 'and' | 'or', of: readonly Expression[]): string {
  if (of.length === 0) return kind === 'and' ? 'true' : 'false';
  const parts = kind === 'or' ? [...lists(of), ...of.filter((one) => !isListed(one)).map(toSql)] : of.map(toSql);
  return parts.length === 1 ? parts[0]! : `(${parts.join(kind === 'and' ? ' AND ' : ' OR ')})`;
}

const isListed = (it: Expression) => it.kind === 'equals' && !it.column.many;

/** Several words for one column are one list. */
function lists(of: readonly Expression[]): string[] {
  const byColumn = new Map<string, string[]>();
  for (const it of of) {
    if (it.kind !== 'equals' || it.column.many) continue;
    byColumn.set(side(it), [...(byColumn.get(side(it)) ?? []), quoted(it.text)]);
  }
  return [...byColumn].map(([name, words]) =>
    words.length === 1 ? `${name} = ${words[0]}` : `${name} IN (${words.join(', ')})`,
  );
}
