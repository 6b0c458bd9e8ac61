import type { Column } from './columns.ts';
import { folded } from './event.ts';
import { any, type Expression, not } from './expression.ts';
import { alternatives, escapeRegex } from './regex.ts';

/** What a test looks at: a column, or one path of `leaves`, or, without a path, all of them. */
export interface Target {
  readonly column: Column;
  readonly path?: string;
}

/** The parts of a Sigma text: literal ones, and the wildcards. A backslash takes a wildcard, or a backslash before one, for itself. */
type Part = string | typeof ANY | typeof ONE;
const ANY: unique symbol = Symbol('*');
const ONE: unique symbol = Symbol('?');

export function parsePattern(text: string): Part[] {
  const parts: Part[] = [];
  const literal = (char: string) => {
    const last = parts.at(-1);
    if (typeof last === 'string') parts[parts.length - 1] = last + char;
    else parts.push(char);
  };
  for (const [part] of text.matchAll(/\\[\\*?]|./gsu)) {
    if (part === '*') {
      if (parts.at(-1) !== ANY) parts.push(ANY);
    } else if (part === '?') parts.push(ONE);
    else literal(part.length === 2 && part[0] === '\\' ? part[1]! : part);
  }
  return parts;
}
export function around(parts: readonly Part[], before: boolean, after: boolean): Part[] {
  const begin: Part[] = before && parts[0] !== ANY ? [ANY] : [];
  const end: Part[] = after && parts.at(-1) !== ANY ? [ANY] : [];
  return [...begin, ...parts, ...end];
}

export const present = ({ column, path }: Target): Expression =>
  path === undefined
    ? { kind: 'present', column }
    : any(['=', '.'].map((end) => ({ kind: 'starts', column, text: `${path}${end}`, fold: false })));

/** A text against a target. Case counts only where it is asked for. */
export function textTest(target: Target, parts: readonly Part[], cased: boolean): Expression {
  const { column, path } = target;
  const keyword = column.name === 'leaves' && path === undefined;
  if (parts.length === 0 && !keyword)
    return any([not(present(target)), { kind: 'equals', column, text: path ? `${path}=` : '', fold: false }]);
  const fold = !cased && !column.lower;
  const plain = (text: string) => (cased ? text : folded(text));
  const prefix = path === undefined ? '' : plain(`${path}=`);
  const [first, second, third] = keyword ? around(parts, true, true) : parts;
  const length = keyword ? around(parts, true, true).length : parts.length;
  if (first === ANY && length === 1) return present(target);
  if (typeof first === 'string' && length === 1) return { kind: 'equals', column, text: prefix + plain(first), fold };
  if (typeof first === 'string' && second === ANY && length === 2)
    return { kind: 'starts', column, text: prefix + plain(first), fold };
  if (first === ANY && typeof second === 'string' && third === ANY && length === 3 && path === undefined)
    return { kind: 'contains', column, text: plain(second), fold };
  const body = parts
    .map((part) => (part === ANY ? '.*' : part === ONE ? '.' : escapeRegex(plain(part as string))))
    .join('');
  const regex = keyword ? body : `^${escapeRegex(prefix)}${body}$`;
  return { kind: 'matches', column, regex, fold, insensitive: false };
}

/** A regular expression is looked for anywhere in a value; on a path of `leaves` its line begins with the path. */
export function regexTest({ column, path }: Target, source: string, insensitive: boolean): Expression {
  const on = (regex: string): Expression => ({ kind: 'matches', column, regex, fold: false, insensitive });
  if (path === undefined) return on(source);
  const prefix = escapeRegex(`${path}=`);
  const parts = alternatives(source).map((one) =>
    one.startsWith('^') ? `^${prefix}(?:${one.slice(1)})` : `^${prefix}.*(?:${one})`,
  );
  if (parts.some((part) => /(?<![\\[])\^/.test(part.slice(1))))
    throw new Error(
      'on a field without a column, ^ may only begin the expression or one of its outermost alternatives',
    );
  return on(parts.join('|'));
}
