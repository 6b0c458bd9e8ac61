import { columnOf, type Row } from './columns.ts';
import { toFunction } from './evaluate.ts';
import type { CorrelationRule, EventRule, Rule } from './rule.ts';

/** Does a rule fire at the last of these rows? What `toQuery` asks an engine, asked of rows in memory. */
export function firesAtLast(rule: Rule, rows: readonly Row[]): boolean {
  const last = rows.at(-1)!;
  if (rule.kind === 'correlation') return correlates(rule, rows, last);
  const fires = toFunction(rule.expression);
  if (!fires(last)) return false;
  return rule.newTerms ? isNew(rule.newTerms, rows, last, fires) : true;
}

const timeOf = ({ time }: Row) => time as number;
const textOf = (row: Row, path: string) => String(row[columnOf(path)!.name] ?? '');

function isNew(
  { fields, history }: NonNullable<EventRule['newTerms']>,
  rows: readonly Row[],
  last: Row,
  fires: (row: Row) => boolean,
): boolean {
  const key = (row: Row) => fields.map((field) => textOf(row, field)).join('\u001f');
  const since = timeOf(last) - history;
  const known = rows.slice(0, -1).some((row) => timeOf(row) >= since && key(row) === key(last) && fires(row));
  return !known && Math.min(...rows.map(timeOf)) <= since;
}

interface Match {
  readonly rule: number;
  readonly row: Row;
}

function correlates(rule: CorrelationRule, rows: readonly Row[], last: Row): boolean {
  const tests = rule.of.map(({ expression }) => toFunction(expression));
  const group = ({ rule: i, row }: Match) => rule.groupBy.map((paths) => textOf(row, paths[i]!)).join('\u001f');
  const found = rows.flatMap((row) => tests.flatMap((test, i) => (test(row) ? [{ rule: i, row }] : [])));
  return found
    .filter(({ row }) => row === last)
    .some((end) => {
      const near = found.filter(
        (one) =>
          group(one) === group(end) &&
          timeOf(one.row) >= timeOf(last) - rule.timespan &&
          timeOf(one.row) <= timeOf(last),
      );
      return rule.type === 'temporal_ordered' ? inOrder(near, end, rule.of.length) : holds(rule, countOf(rule, near));
    });
}

function countOf({ type, field }: CorrelationRule, near: readonly Match[]): number {
  if (type === 'event_count') return near.length;
  return new Set(near.map(({ rule, row }) => (type === 'temporal' ? rule : textOf(row, field!)))).size;
}

const COMPARE = {
  gt: (a: number, b: number) => a > b,
  gte: (a: number, b: number) => a >= b,
  lt: (a: number, b: number) => a < b,
  lte: (a: number, b: number) => a <= b,
  eq: (a: number, b: number) => a === b,
};
const holds = ({ type, of, criteria }: CorrelationRule, count: number) =>
  type === 'temporal' && criteria.length === 0
    ? count >= of.length
    : criteria.every(({ by, value }) => COMPARE[by](count, value));

/** Backwards from the end: the latest event of each rule before leaves the most room for those before it. */
function inOrder(near: readonly Match[], end: Match, length: number): boolean {
  if (end.rule !== length - 1) return false;
  let latest = timeOf(end.row);
  for (let rule = length - 2; rule >= 0; rule--) {
    const times = near.filter((one) => one.rule === rule && timeOf(one.row) <= latest).map(({ row }) => timeOf(row));
    if (times.length === 0) return false;
    latest = Math.max(...times);
  }
  return true;
}
