import { columnOf, type Row } from '../sigma/columns.ts';
import { toQuery } from '../sigma/query.ts';
import type { Rule } from '../sigma/rule.ts';

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

/**
 * All rules as one query over the table `events`, in the SQL of both engines: the number of the rule, and the event that it fires at. A row
 * without an object is no event, but only says how far the events reach back.
 */
export function hitsQuery(rules: readonly Rule[]): string {
  const found = rules.map(
    (rule, i) => `SELECT ${i} AS rule, cluster, audit_id, log_event_id, time FROM (${toQuery(rule)}) AS rule_${i}`,
  );
  const same = ['cluster', 'audit_id', 'log_event_id', 'time'].map(
    (name) => `events.${name} IS NOT DISTINCT FROM found.${name}`,
  );
  return (
    `SELECT found.rule, ${hitColumns(rules)
      .map((name) => `events.${name}`)
      .join(', ')} FROM (${found.join(' UNION ALL ')}) AS found` +
    ` JOIN events ON ${same.join(' AND ')} WHERE events.object IS NOT NULL`
  );
}

/** A rule, and an event that it has fired at: of several the last one. */
export interface Hit {
  readonly rule: Rule;
  readonly row: Row;
}
