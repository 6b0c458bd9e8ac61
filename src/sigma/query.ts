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

/**
 * How many values there are in the window that ends with each event. Trino has no count(DISTINCT) over a window, and a join of events with those before
 * them grows with the square of a burst: so each value counts from when it is seen until it is seen again, or is out of the window.
 */
function distinct(rule: CorrelationRule, value: string): string {
  const until = `time + ${rule.timespan} + 1`;
  return (
    `WITH found AS (${matches(rule, value === 'rule' ? "''" : value)}),` +
    ` turns AS (SELECT grouped, time, lead(time) OVER (PARTITION BY grouped, ${value === 'rule' ? 'rule' : 'counted'} ORDER BY time) AS again FROM found),` +
    ` steps AS (SELECT grouped, time AS moment, 1 AS step FROM turns UNION ALL SELECT grouped, least(coalesce(again, ${until}), ${until}), -1 FROM turns),` +
    ` sums AS (SELECT grouped, moment, sum(step) AS step FROM steps GROUP BY grouped, moment),` +
    ` counts AS (SELECT grouped, moment, sum(step) OVER (PARTITION BY grouped ORDER BY moment) AS n FROM sums)` +
    ` SELECT DISTINCT found.cluster, found.audit_id, found.log_event_id, found.time FROM found` +
    ` JOIN counts ON counts.grouped = found.grouped AND counts.moment = found.time WHERE ${holds(rule, 'n')}`
  );
}

/** One event of each rule, in their order, the last within the time of the first: of all ways that end at an event the one that began last. */
function ordered(rule: CorrelationRule): string {
  const last = rule.of.length - 1;
  const begun = rule.of
    .slice(1)
    .reduce(
      (before, _, i) =>
        `SELECT *, CASE WHEN rule = ${i + 1} THEN max(begun_${i}) OVER (PARTITION BY grouped ORDER BY time) END AS begun_${i + 1} FROM (${before}) AS step_${i}`,
      `SELECT *, CASE WHEN rule = 0 THEN time END AS begun_0 FROM (${matches(rule)}) AS found`,
    );
  return `SELECT DISTINCT ${KEYS} FROM (${begun}) AS ended WHERE time - begun_${last} <= ${rule.timespan}`;
}

/** All rules of single events in one pass: for each event that any fires at, their names with commas. */
export const onePass = (rules: readonly Rule[]): string =>
  `SELECT ${KEYS}, rules FROM (SELECT ${KEYS}, concat_ws(',', ${rules
    .filter((rule) => rule.kind === 'event' && !rule.newTerms)
    .map((rule) => `CASE WHEN ${toSql((rule as EventRule).expression)} THEN ${quoted(rule.name)} END`)
    .join(', ')}) AS rules FROM events) AS judged WHERE rules <> ''`;
