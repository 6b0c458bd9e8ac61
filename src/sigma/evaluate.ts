import type { Column, Row } from './columns.ts';
import { folded } from './event.ts';
import { type Comparison, type Expression, listed } from './expression.ts';
import { toRegExp } from './regex.ts';

export type Verdict = (row: Row) => boolean;

/** An expression as a function over one row: the second back end, and the one that judges the first. */
export function toFunction(it: Expression): Verdict {
  switch (it.kind) {
    case 'and':
      return until(it.of.map(toFunction), false);
    case 'or': {
      const list = listed(it);
      return list ? oneOf(list.column, list.fold, new Set(list.words)) : until(it.of.map(toFunction), true);
    }
    case 'not': {
      const one = toFunction(it.of);
      return (row) => !one(row);
    }
    case 'present':
      return (row) => (row[it.column.name] ?? null) !== null;
    case 'is':
      return (row) => row[it.column.name] === it.value;
    case 'compare':
      return comparison(it.column, it.path, it.by, it.value);
    case 'same':
      return (row) => {
        const [one, other] = [side(row, it.column, it.fold), side(row, it.other, it.fold)];
        return one !== null && one === other;
      };
    default:
      return search(it);
  }
}

/** As soon as one test says `end`, so does the whole. */
function until(tests: readonly Verdict[], end: boolean): Verdict {
  return (row) => {
    for (const test of tests) if (test(row) === end) return end;
    return !end;
  };
}

const oneOf =
  (column: Column, fold: boolean, words: ReadonlySet<string>): Verdict =>
  (row) => {
    const value = side(row, column, fold);
    return value !== null && words.has(value);
  };

function search(it: Extract<Expression, { kind: 'equals' | 'contains' | 'starts' | 'matches' }>): Verdict {
  const { column, fold } = it;
  const on =
    (test: (text: string) => boolean): Verdict =>
    (row) => {
      const value = side(row, column, fold);
      return value !== null && test(value);
    };
  if (it.kind === 'matches') {
    const regex = toRegExp(it.regex, it.insensitive);
    return on((value) => regex.test(value));
  }
  const { text } = it;
  if (it.kind === 'contains') return on((value) => value.includes(text));
  if (column.many) {
    const wanted = it.kind === 'equals' ? `\n${text}\n` : `\n${text}`;
    return on((value) => value.includes(wanted));
  }
  return it.kind === 'equals' ? on((value) => value === text) : on((value) => value.startsWith(text));
}

function side(row: Row, { name }: Column, fold: boolean): string | null {
  const value = row[name] ?? null;
  return value === null ? null : fold ? folded(String(value)) : String(value);
}

const COMPARE: Record<Comparison, (a: number, b: number) => boolean> = {
  gt: (a, b) => a > b,
  gte: (a, b) => a >= b,
  lt: (a, b) => a < b,
  lte: (a, b) => a <= b,
};

function comparison({ name }: Column, path: string | undefined, by: Comparison, wanted: number): Verdict {
  const find = path === undefined ? undefined : new RegExp(`^${path}=(.*)$`, 'm');
  return (row) => {
    const value = row[name] ?? null;
    const found = typeof value === 'string' && find ? find.exec(value)?.[1] : value;
    const number =
      typeof found === 'string' && !/^\s*[-+]?(\d+\.?\d*|\.\d+)(e[-+]?\d+)?\s*$/i.test(found)
        ? NaN
        : Number(found ?? NaN);
    return COMPARE[by](number, wanted);
  };
}
