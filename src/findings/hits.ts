import { columnOf, type Row } from '../sigma/columns.ts';
import { toQuery } from '../sigma/query.ts';
import type { EventRule, Rule } from '../sigma/rule.ts';
import { toSql } from '../sigma/sql.ts';

/** What findings tell of an event. */
const TOLD = [
  'cluster',
  'account',
  'region',
  'object',
  'log_event_id',
  'audit_id',
  'time',
  'verb',
  'resource',
  'subresource',
  'namespace',
  'name',
  'username',
  'principal_arn',
  'source_ips',
  'user_agent',
  'code',
  'decision_reason',
];

/** The columns of the events that rules have fired at: those that are told, and those by which correlations group. */
export const hitColumns = (rules: readonly Rule[]): string[] => {
  const grouped = rules.flatMap((rule) => (rule.kind === 'correlation' ? rule.groupBy.flat() : []));
  return [...new Set([...TOLD, ...grouped.map((path) => columnOf(path)!.name)])];
};

const isSimple = (rule: Rule): rule is EventRule => rule.kind === 'event' && !rule.newTerms;

/**
 * All rules as queries over the table `events`, in the SQL of both engines: an event, and the numbers of the rules that fire at it, with commas.
 * Rules of single events take one pass. A row without an object is no event, but only says how far the events reach back.
 */
export function hitQueries(rules: readonly Rule[]): string[] {
  const columns = hitColumns(rules);
  const cases = rules.flatMap((rule, i) =>
    isSimple(rule) ? `CASE WHEN ${toSql(rule.expression)} THEN '${i}' END` : [],
  );
  const others = rules.flatMap((rule, i) =>
    isSimple(rule)
      ? []
      : `SELECT '${i}' AS fired, cluster, audit_id, log_event_id, time FROM (${toQuery(rule)}) AS rule_${i}`,
  );
  const same = ['cluster', 'audit_id', 'log_event_id', 'time'].map(
    (name) => `events.${name} IS NOT DISTINCT FROM found.${name}`,
  );
  const pass = `SELECT ${columns.join(', ')}, concat_ws(',', ${cases.join(', ')}) AS fired FROM events WHERE object IS NOT NULL`;
  const rest =
    `SELECT found.fired, ${columns.map((name) => `events.${name}`).join(', ')} FROM (${others.join(' UNION ALL ')}) AS found` +
    ` JOIN events ON ${same.join(' AND ')} WHERE events.object IS NOT NULL`;
  return [
    ...(cases.length ? [`SELECT * FROM (${pass}) AS judged WHERE fired <> ''`] : []),
    ...(others.length ? [rest] : []),
  ];
}

/** A rule, and an event that it has fired at: of several the last one. */
export interface Hit {
  readonly rule: Rule;
  readonly row: Row;
}
