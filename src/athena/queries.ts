import { type AthenaNames, PARTITIONS } from '../desired/athena-names.ts';
import { RadError } from '../engine/errors.ts';
import { COLUMNS, type Column, LEAVES } from '../sigma/columns.ts';
import { any, type Expression } from '../sigma/expression.ts';
import { quoted, toSql } from '../sigma/sql.ts';
import type { Holdings, Window } from './holdings.ts';

/** Which of the events are meant. */
export interface Scope {
  readonly names: AthenaNames;
  readonly holdings: Pick<Holdings, 'clusters' | 'days'>;
  readonly window: Window;
}

/** A query over the table `events` as one that Athena runs: `events` are those of the scope. */
export function scoped(query: string, scope: Scope): string {
  return `WITH events AS (${eventsOf(scope)}) SELECT * FROM (${query}) AS answer`;
}

/** Of an injected partition at most so many values in one list (Athena user guide, "Supported types for partition projection"). */
const MOST_CLUSTERS = 1_000;

function eventsOf({ names: { database, table }, holdings, window: { from, to } }: Scope): string {
  const [first, last] = holdings.days;
  const days = `${PARTITIONS.day} BETWEEN '${first}' AND '${last}'`;
  const part = (some: readonly string[]) =>
    `SELECT * FROM "${database}"."${table}" WHERE ${PARTITIONS.cluster} IN (${some.map(quoted).join(', ')})` +
    ` AND ${days} AND time >= ${from} AND time < ${to}`;
  return chunks(holdings.clusters).map(part).join(' UNION ALL ');
}

const chunks = (all: readonly string[]): (readonly string[])[] =>
  Array.from({ length: Math.max(1, Math.ceil(all.length / MOST_CLUSTERS)) }, (_, i) =>
    all.slice(i * MOST_CLUSTERS, (i + 1) * MOST_CLUSTERS),
  );

/** Bytes of UTF-8 (Athena user guide, "Service quotas": query string length). */
const LONGEST_QUERY = 262_144;
const fits = (query: string, scope: Scope) => Buffer.byteLength(scoped(query, scope)) <= LONGEST_QUERY;

/** Of each event of which any of these is true, these columns. */
export const pickOf = (some: readonly Expression[], columns: readonly Column[] = [...COLUMNS, LEAVES]): string =>
  `SELECT ${columns.map(({ name }) => name).join(', ')} FROM events WHERE ${toSql(any(some))}`;

/** All of these, in as few groups as Athena takes in one query each. */
export function groupsOf(all: readonly Expression[], scope: Scope): (readonly Expression[])[] {
  if (all.length === 0) return [];
  if (fits(pickOf(all), scope)) return [all];
  if (all.length === 1) throw tooLong('a rule');
  return halves(all).flatMap((some) => groupsOf(some, scope));
}

export const halves = <T>(all: readonly T[]): (readonly T[])[] => {
  const half = Math.ceil(all.length / 2);
  return [all.slice(0, half), all.slice(half)];
};

/** When the first of all events was, and how many there are. */
export const ALL_EVENTS = 'SELECT min(time) AS begun, count(*) AS events FROM events';

/** Throws USAGE. */
export function checkLength(query: string, scope: Scope): void {
  if (!fits(query, scope)) throw tooLong(query.slice(0, 60));
}

const tooLong = (what: string) =>
  new RadError('USAGE', `${what}: as a query it is longer than Athena takes (${LONGEST_QUERY} bytes)`, {
    hint: 'split the rule, or ask for fewer clusters',
  });
