import type { Row } from './columns.ts';
import { toFunction } from './evaluate.ts';
import type { Thing } from './event.ts';
import type { Expression } from './expression.ts';
import { firesAtLast } from './fire.ts';
import { flatten } from './flatten.ts';
import type { Rule } from './rule.ts';
import { toSql } from './sql.ts';

export interface TestVerdict {
  readonly rule: string;
  readonly test: string;
  readonly expected: boolean;
  readonly actual: boolean;
  /** What differs, for one that fails. */
  readonly why: string | null;
}

/** The tests that a rule brings along. */
export const verdictsOf = (rule: Rule): TestVerdict[] =>
  rule.tests.map(({ name, fires, events }) => {
    const rows = events.map((event) => flatten(event as Thing, { cluster: 'cluster' }, { leaves: true }));
    const actual = firesAtLast(rule, rows);
    return {
      rule: rule.name,
      test: name,
      expected: fires,
      actual,
      why: actual === fires ? null : why(rule, rows.at(-1)!, fires),
    };
  });

function why(rule: Rule, row: Row, fires: boolean): string {
  if (rule.kind === 'correlation')
    return fires
      ? 'the events do not meet the condition of the correlation'
      : 'the events meet the condition of the correlation';
  if (!fires) return 'all of its condition holds';
  const missing = notHeld(rule.expression, row);
  return missing
    ? `does not hold: ${toSql(missing)}${valueIn(missing, row)}`
    : 'not new, or the events do not reach back as far as its history';
}

/** The first thing that is asked for and not so. */
function notHeld(it: Expression, row: Row): Expression | undefined {
  if (toFunction(it)(row)) return undefined;
  return it.kind === 'and' ? it.of.map((one) => notHeld(one, row)).find(Boolean) : it;
}

function valueIn(it: Expression, row: Row): string {
  if (!('column' in it) || it.column.name === 'leaves') return '';
  const value = row[it.column.name] ?? null;
  return `; ${it.column.path} is ${
    value === null
      ? 'absent'
      : JSON.stringify(value)
          .replace(/^"\\n|\\n"$/g, '"')
          .replaceAll('\\n', ', ')
  }`;
}
