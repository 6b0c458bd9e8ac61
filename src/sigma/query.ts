import { columnOf } from './columns.ts';
import type { CorrelationRule, EventRule, Rule } from './rule.ts';
import { quoted, toSql } from './sql.ts';

/** What a finding is made of. */
const KEYS = 'cluster, audit_id, log_event_id, time';

/** The whole query of a rule over the table `events`, in the SQL of both engines: a row for each event that it fires at. */
export function toQuery(rule: Rule): string {
  if (rule.kind === 'event')
    return rule.newTerms ? newTerms(rule, rule.newTerms) : `SELECT ${KEYS} FROM events WHERE ${toSql(rule.expression)}`;
  switch (rule.type) {
    case 'event_count':
      return eventCount(rule);
    case 'value_count':
      return distinct(rule, textOf(rule.field!));
    case 'temporal':
      return distinct(rule, 'rule');
    case 'temporal_ordered':
      return ordered(rule);
  }
}

const textOf = (path: string) => `coalesce(CAST(${columnOf(path)!.name} AS VARCHAR), '')`;
const keyOf = (paths: readonly string[]) => (paths.length ? paths.map(textOf).join(` || chr(31) || `) : "''");

/** New: no such event in the time before, and the events reach back that far; else everything would be new on the first day. */
const newTerms = ({ expression }: EventRule, { fields, history }: NonNullable<EventRule['newTerms']>): string =>
  `SELECT ${KEYS} FROM (SELECT ${KEYS}, lag(time) OVER (PARTITION BY ${keyOf(fields)} ORDER BY time, audit_id, cluster, log_event_id) AS before FROM events` +
  ` WHERE ${toSql(expression)}) AS found WHERE (before IS NULL OR time - before > ${history})` +
  ` AND time - ${history} >= (SELECT min(time) FROM events)`;

/** The events of all rules of a correlation, with the number of the rule, the group, and what is counted. */
function matches({ of, groupBy }: CorrelationRule, value = "''"): string {
  const parts = of.map(
    ({ expression }, i) =>
      `SELECT ${KEYS}, ${i} AS rule, ${keyOf(groupBy.map((paths) => paths[i]!))} AS grouped, ${value} AS counted FROM events WHERE ${toSql(expression)}`,
  );
  return parts.join(' UNION ALL ');
}

const SIGNS = { gt: '>', gte: '>=', lt: '<', lte: '<=', eq: '=' } as const;
const holds = ({ type, of, criteria }: CorrelationRule, count: string) =>
  (type === 'temporal' && criteria.length === 0 ? [{ by: 'gte', value: of.length } as const] : criteria)
    .map(({ by, value }) => `${count} ${SIGNS[by]} ${value}`)
    .join(' AND ');

/** A window that ends with each event: no boundary that a burst could fall across. */
const eventCount = (rule: CorrelationRule): string =>
  `SELECT ${KEYS} FROM (SELECT ${KEYS}, count(*) OVER (PARTITION BY grouped ORDER BY time RANGE BETWEEN ${rule.timespan} PRECEDING` +
  ` AND CURRENT ROW) AS n FROM (${matches(rule)}) AS found) AS counts WHERE ${holds(rule, 'n')}`;

/** Trino has no count(DISTINCT) over a window: each event is joined with those before it. */
const distinct = (rule: CorrelationRule, value: string): string =>
  `WITH found AS (${matches(rule, value === 'rule' ? "''" : value)})` +
  ` SELECT a.cluster, a.audit_id, a.log_event_id, a.time FROM found AS a JOIN found AS b ON a.grouped = b.grouped` +
  ` AND b.time BETWEEN a.time - ${rule.timespan} AND a.time GROUP BY a.cluster, a.audit_id, a.log_event_id, a.time` +
  ` HAVING ${holds(rule, `count(DISTINCT b.${value === 'rule' ? 'rule' : 'counted'})`)}`;

/** One event of each rule, in their order, the last within the time of the first. */
function ordered(rule: CorrelationRule): string {
  const last = rule.of.length - 1;
  const steps = rule.of
    .slice(1)
    .map(
      (_, i) =>
        ` JOIN found AS e${i + 1} ON e${i + 1}.rule = ${i + 1} AND e${i + 1}.grouped = e${i}.grouped AND e${i + 1}.time >= e${i}.time`,
    );
  return (
    `WITH found AS (${matches(rule)}) SELECT DISTINCT e${last}.cluster, e${last}.audit_id, e${last}.log_event_id, e${last}.time FROM found AS e0${steps.join('')}` +
    ` WHERE e0.rule = 0 AND e${last}.time - e0.time <= ${rule.timespan}`
  );
}

/** All rules of single events in one pass: for each event that any fires at, their names with commas. */
export const onePass = (rules: readonly Rule[]): string =>
  `SELECT ${KEYS}, rules FROM (SELECT ${KEYS}, concat_ws(',', ${rules
    .filter((rule) => rule.kind === 'event' && !rule.newTerms)
    .map((rule) => `CASE WHEN ${toSql((rule as EventRule).expression)} THEN ${quoted(rule.name)} END`)
    .join(', ')}) AS rules FROM events) AS judged WHERE rules <> ''`;
