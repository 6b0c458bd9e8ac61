import { type AthenaNames, PARTITIONS } from '../desired/athena-names.ts';
import { RadError } from '../engine/errors.ts';
import { onePass } from '../sigma/query.ts';
import type { Rule } from '../sigma/rule.ts';
import { quoted } from '../sigma/sql.ts';
import { dayOf, type Window } from './holdings.ts';

/** Which of the events are meant. */
export interface Scope {
  readonly names: AthenaNames;
  readonly clusters: readonly string[];
  readonly window: Window;
}

/** A query over the table `events` as one that Athena runs: `events` are those of the scope. */
export function scoped(query: string, scope: Scope): string {
  return `WITH events AS (${eventsOf(scope)}) SELECT * FROM (${query}) AS answer`;
}

/** Of an injected partition at most so many values in one list (Athena user guide, "Supported types for partition projection"). */
const MOST_CLUSTERS = 1_000;

function eventsOf({ names: { database, table }, clusters, window: { from, to } }: Scope): string {
  const days = `${PARTITIONS.day} BETWEEN '${dayOf(from)}' AND '${dayOf(to - 1)}'`;
  const part = (some: readonly string[]) =>
    `SELECT * FROM "${database}"."${table}" WHERE ${PARTITIONS.cluster} IN (${some.map(quoted).join(', ')})` +
    ` AND ${days} AND time >= ${from} AND time < ${to}`;
  return chunks(clusters).map(part).join(' UNION ALL ');
}

const chunks = (all: readonly string[]): (readonly string[])[] =>
  Array.from({ length: Math.max(1, Math.ceil(all.length / MOST_CLUSTERS)) }, (_, i) =>
    all.slice(i * MOST_CLUSTERS, (i + 1) * MOST_CLUSTERS),
  );

/** Bytes of UTF-8 (Athena user guide, "Service quotas": query string length). */
const LONGEST_QUERY = 262_144;
const fits = (query: string, scope: Scope) => Buffer.byteLength(scoped(query, scope)) <= LONGEST_QUERY;

/** All rules of single events in as few passes as Athena takes: what `onePass` asks in one. */
export function passes(rules: readonly Rule[], scope: Scope): string[] {
  const query = onePass(rules);
  if (fits(query, scope)) return [query];
  if (rules.length === 1) throw tooLong(rules[0]!.name);
  const half = Math.ceil(rules.length / 2);
  return [rules.slice(0, half), rules.slice(half)].flatMap((some) => passes(some, scope));
}

/** Throws USAGE. */
export function checkLength(query: string, scope: Scope): void {
  if (!fits(query, scope)) throw tooLong(query.slice(0, 60));
}

const tooLong = (what: string) =>
  new RadError('USAGE', `${what}: as a query it is longer than Athena takes (${LONGEST_QUERY} bytes)`, {
    hint: 'split the rule, or ask for fewer clusters',
  });

/** How many times a query reads the events: each time that it names them, for Trino keeps no such table. */
export const scansIn = (query: string): number => query.match(/\bFROM events\b/g)?.length ?? 0;
