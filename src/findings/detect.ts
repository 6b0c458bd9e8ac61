import { createHash } from 'node:crypto';
import { columnOf, type Row } from '../sigma/columns.ts';
import { toFunction } from '../sigma/evaluate.ts';
import { type CorrelationRule, LEVELS, type Rule } from '../sigma/rule.ts';
import type { Hit } from './hits.ts';
import type { Detection } from './report.ts';

/** A detection with the rule that it is of and the last event of it. */
export interface Found extends Hit {
  readonly detection: Detection;
}

/** Each thing once, however often and from wherever its events came; worst first, then the latest. */
export function detect(hits: readonly Hit[]): Found[] {
  const all = new Map<string, { hit: Hit; events: Set<string> }>();
  for (const hit of hits) {
    const id = idOf(hit);
    const before = all.get(id);
    const events = (before?.events ?? new Set<string>()).add(eventOf(hit.row));
    all.set(id, { hit: before && !isLater(hit.row, before.hit.row) ? before.hit : hit, events });
  }
  return [...all]
    .map(([id, { hit, events }]) => ({ ...hit, detection: detection(id, hit, events.size) }))
    .sort(byWeight);
}

const hash = (...parts: readonly string[]) =>
  createHash('sha256').update(parts.join('\u001f')).digest('hex').slice(0, 32);
const textOf = (row: Row, name: string) => String(row[name] ?? '');
export const textOrNull = (row: Row, name: string): string | null => String(row[name] ?? '') || null;
const timeOf = ({ time }: Row) => (typeof time === 'number' ? time : 0);
export const isoOf = ({ time }: Row): string | null => (typeof time === 'number' ? new Date(time).toISOString() : null);

/** What an event is known by: it may have come without the id that the API server gives it. */
const eventOf = (row: Row): string =>
  textOf(row, 'audit_id') ||
  textOf(row, 'log_event_id') ||
  [timeOf(row), textOf(row, 'username'), what(row), target(row)].join(' ');

/** Of a correlation: its group, in one of the stretches of time into which its time span parts all time. */
function idOf({ rule, row }: Hit): string {
  const name = rule.id ?? rule.name;
  const cluster = textOf(row, 'cluster');
  if (rule.kind === 'event') return hash(name, cluster, eventOf(row));
  return hash(name, cluster, groupOf(rule, row), String(Math.floor(timeOf(row) / rule.timespan)));
}

/** As the rule groups the events of that part of it which has fired. */
function groupOf(rule: CorrelationRule, row: Row): string {
  const part = Math.max(
    0,
    rule.of.findIndex(({ expression }) => toFunction(expression)(row)),
  );
  return rule.groupBy.map((paths) => textOf(row, columnOf(paths[part]!)!.name)).join('\u001e');
}

const isLater = (row: Row, other: Row) =>
  timeOf(row) !== timeOf(other) ? timeOf(row) > timeOf(other) : eventOf(row) > eventOf(other);

export function what(row: Row): string {
  const [verb, resource, subresource] = [textOf(row, 'verb'), textOf(row, 'resource'), textOf(row, 'subresource')];
  return [verb, [resource, subresource].filter(Boolean).join('/')].filter(Boolean).join(' ');
}

export function target(row: Row): string {
  const [namespace, name] = [textOf(row, 'namespace'), textOf(row, 'name')];
  return namespace && name ? `${namespace}/${name}` : name || (namespace ? `${namespace}/*` : '*');
}

const detection = (id: string, { rule, row }: Hit, events: number): Detection => ({
  id,
  rule: rule.name,
  level: rule.level,
  cluster: textOrNull(row, 'cluster'),
  time: isoOf(row),
  user: textOrNull(row, 'username'),
  what: what(row),
  target: target(row),
  events,
  evidence: {
    object: textOrNull(row, 'object'),
    auditId: textOrNull(row, 'audit_id'),
    logEventId: textOrNull(row, 'log_event_id'),
  },
});

const weight = ({ level }: Rule) => LEVELS.indexOf(level);
function byWeight(a: Found, b: Found): number {
  if (a.rule.level !== b.rule.level) return weight(b.rule) - weight(a.rule);
  if (timeOf(a.row) !== timeOf(b.row)) return timeOf(b.row) - timeOf(a.row);
  return a.detection.id < b.detection.id ? -1 : 1;
}
