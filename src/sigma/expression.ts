import type { Column } from './columns.ts';

/**
 * What a rule asks of a row, in the few words that every back end knows. It is two-valued: a test of what is not there is false.
 * `fold`: the value is compared in lower case, and `text` is in lower case already.
 */
export type Expression =
  | { readonly kind: 'and' | 'or'; readonly of: readonly Expression[] }
  | { readonly kind: 'not'; readonly of: Expression }
  | { readonly kind: 'present'; readonly column: Column }
  | { readonly kind: 'is'; readonly column: Column; readonly value: boolean | number }
  | {
      readonly kind: 'equals' | 'contains' | 'starts';
      readonly column: Column;
      readonly text: string;
      readonly fold: boolean;
    }
  | {
      readonly kind: 'matches';
      readonly column: Column;
      readonly regex: string;
      readonly fold: boolean;
      readonly insensitive: boolean;
    }
  | {
      readonly kind: 'compare';
      readonly column: Column;
      readonly path?: string;
      readonly by: Comparison;
      readonly value: number;
    }
  | { readonly kind: 'same'; readonly column: Column; readonly other: Column; readonly fold: boolean };
export type Comparison = 'gt' | 'gte' | 'lt' | 'lte';

export const NEVER: Expression = { kind: 'or', of: [] };
export const ALWAYS: Expression = { kind: 'and', of: [] };

/** What comparing costs, roughly in comparisons of two short words; what rules out few events counts as dearer. */
const COSTS = { present: 2, is: 3, equals: 1, compare: 3, same: 3, starts: 2, contains: 5, matches: 20 } as const;

/** The column and words of `column IN (…)`; undefined for any other expression. */
export function listed(
  it: Expression,
): { readonly column: Column; readonly fold: boolean; readonly words: readonly string[] } | undefined {
  const [first, ...rest] = it.kind === 'or' ? it.of : [];
  if (first?.kind !== 'equals' || first.column.many || first.column.type !== 'text') return undefined;
  const { column, fold } = first;
  const words = [first.text];
  for (const one of rest) {
    if (one.kind !== 'equals' || one.column !== column || one.fold !== fold) return undefined;
    words.push(one.text);
  }
  return { column, fold, words };
}

function cost(it: Expression): number {
  if (listed(it)?.fold === false) return 1.5;
  if (it.kind === 'and' || it.kind === 'or') return it.of.reduce((sum, one) => sum + cost(one), 0);
  if (it.kind === 'not') return cost(it.of);
  return COSTS[it.kind] * ('column' in it && it.column.name === 'leaves' ? 50 : 1) + ('fold' in it && it.fold ? 2 : 0);
}

/** Cheap tests first: engines and the evaluator stop at the first one that fails, and verb and resource rule out nearly all events. */
const byCost = (of: readonly Expression[]) => of.map((one) => [cost(one), one] as const).sort(([a], [b]) => a - b);

export function all(of: readonly Expression[]): Expression {
  return join('and', of);
}
export function any(of: readonly Expression[]): Expression {
  return join('or', of);
}
function join(kind: 'and' | 'or', of: readonly Expression[]): Expression {
  const flat = of.flatMap((one) => (one.kind === kind ? one.of : [one]));
  return flat.length === 1 ? flat[0]! : { kind, of: byCost(flat).map(([, one]) => one) };
}
export const not = (of: Expression): Expression => (of.kind === 'not' ? of.of : { kind: 'not', of });

/** The columns that it asks for. */
export function columnsIn(it: Expression): Column[] {
  switch (it.kind) {
    case 'and':
    case 'or':
      return [...new Set(it.of.flatMap(columnsIn))];
    case 'not':
      return columnsIn(it.of);
    case 'same':
      return [it.column, it.other];
    default:
      return [it.column];
  }
}
