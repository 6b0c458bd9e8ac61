import { HOUR } from '../audit/keys.ts';
import { type Column, LEAVES } from '../sigma/columns.ts';
import { columnsIn, type Expression } from '../sigma/expression.ts';
import type { Rule } from '../sigma/rule.ts';
import type { Look, Window } from './engine.ts';
import { type Inventory, timeOf } from './inventory.ts';

/** What a rule, or each part of one, asks of an event. */
export const expressionsOf = (rule: Rule): Expression[] =>
  rule.kind === 'event' ? [rule.expression] : rule.of.map(({ expression }) => expression);

export const asksFor = (it: Expression, column: Column): boolean => columnsIn(it).includes(column);

const DAY = 24 * HOUR;
const days = (ms: number) => `${Math.round(ms / DAY)} days`;

/** Those of the rules that these objects can answer. */
export function askable(
  rules: readonly Rule[],
  inventories: readonly Inventory[],
  window: Window,
): { readonly asked: Rule[]; readonly left: Look['left'] } {
  const reach = reachOf(inventories, window);
  const isFlat = inventories.some(({ form }) => form === 'parquet');
  const whyNot = (rule: Rule): string | undefined => {
    const history = rule.kind === 'event' ? (rule.newTerms?.history ?? 0) : 0;
    if (history > reach) return `it tells what is new in ${days(history)}, and the events do not reach back as far`;
    if (isFlat && expressionsOf(rule).some((one) => asksFor(one, LEAVES)))
      return 'it asks for fields that flat files do not have: look through the raw objects';
    return undefined;
  };
  const judged = rules.map((rule) => ({ rule, why: whyNot(rule) }));
  return {
    asked: judged.flatMap(({ rule, why }) => (why ? [] : [rule])),
    left: judged.flatMap(({ rule, why }) => (why ? [{ rule, why }] : [])),
  };
}

/** From the first event to the last, at most; in milliseconds. Firehose may be late by a day. */
function reachOf(inventories: readonly Inventory[], { from = 0 }: Window): number {
  const times = inventories.flatMap(({ objects }) => objects.map(({ key }) => timeOf(key)));
  if (times.some((time) => time === undefined)) return Number.POSITIVE_INFINITY;
  const [first, last] = (times as number[]).reduce(
    ([least, most], time) => [Math.min(least, time), Math.max(most, time)] as const,
    [Number.POSITIVE_INFINITY, 0] as readonly [number, number],
  );
  return last + DAY - Math.max(from, first - DAY);
}
