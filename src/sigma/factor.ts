import { ALWAYS, all, any, type Expression } from './expression.ts';
import { toSql } from './sql.ts';

/** The same, with what several alternatives ask for asked once: of many rules nearly all are then answered by a few tests. */
export const factored = (it: Expression): Expression =>
  it.kind === 'or' ? joined(it.of.map((one) => new Map(partsOf(one).map((part) => [toSql(part), part])))) : it;

const partsOf = (it: Expression) => (it.kind === 'and' ? it.of : [it]);

type Parts = ReadonlyMap<string, Expression>;
function joined(alternatives: readonly Parts[]): Expression {
  if (alternatives.some((parts) => parts.size === 0)) return ALWAYS;
  const counts = new Map<string, number>();
  for (const parts of alternatives) for (const key of parts.keys()) counts.set(key, (counts.get(key) ?? 0) + 1);
  const [most, count] = [...counts].reduce((a, b) => (b[1] > a[1] ? b : a), ['', 0]);
  if (count < 2) return any(alternatives.map((parts) => all([...parts.values()])));
  const has = alternatives.filter((parts) => parts.has(most));
  const rest = joined(has.map((parts) => new Map([...parts].filter(([key]) => key !== most))));
  return any([
    all([has[0]!.get(most)!, rest]),
    ...(has.length < alternatives.length ? [joined(alternatives.filter((parts) => !parts.has(most)))] : []),
  ]);
}
