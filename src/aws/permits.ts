import type { Json, Spec } from '../engine/resource.ts';
import { list } from './documents.ts';

/** Who asks to do what. */
export interface Question {
  readonly action: string;
  readonly resource?: string;
  /** Every name by which a policy may mean who asks: services, accounts, ARNs. */
  readonly principals?: readonly string[];
  /** Condition keys in lower case; null: certainly not in the request. What is not named here is not known. */
  readonly context: Readonly<Record<string, string | null>>;
}

/**
 * Whether these documents seem to allow it. A hint and no proof: what is not known, or not understood, is taken to be in favour,
 * so that no policy is called wrong that may be right; where it has to be `sure`, against it.
 */
export function permits(documents: readonly Spec[], question: Question, sure = false): boolean {
  const statements = documents.flatMap(({ Statement }) => list(Statement) as readonly Spec[]);
  const some = (effect: string, unknown: boolean) =>
    statements.some((statement) => statement.Effect === effect && concerns(statement, question, unknown));
  return some('Allow', !sure) && !some('Deny', sure);
}

function concerns(statement: Spec, { action, resource, principals, context }: Question, unknown: boolean): boolean {
  const named = (field: string, name: string) =>
    list(statement[field]).some((pattern) => like(String(pattern).toLowerCase(), name.toLowerCase()));
  if (statement.Action === undefined ? named('NotAction', action) : !named('Action', action)) return false;
  if (resource && statement.Resource !== undefined && !named('Resource', resource)) return false;
  if (resource && statement.NotResource !== undefined && named('NotResource', resource)) return false;
  if (principals && !isMeant(statement, principals, unknown)) return false;
  return Object.entries((statement.Condition ?? {}) as Record<string, Spec>).every(([operator, tests]) =>
    Object.entries(tests).every(
      ([key, values]) => holds(operator, list(values), context[key.toLowerCase()]) ?? unknown,
    ),
  );
}

function isMeant({ Principal, NotPrincipal }: Spec, principals: readonly string[], unknown: boolean): boolean {
  if (NotPrincipal !== undefined) return unknown;
  const all = Principal === '*' ? ['*'] : Object.values((Principal ?? {}) as Spec).flatMap((value) => [...list(value)]);
  return all.some((one) => one === '*' || principals.includes(String(one)));
}

/** undefined: it cannot be told. */
function holds(operator: string, values: readonly Json[], actual: string | null | undefined): boolean | undefined {
  const [, set, name = '', ifExists] = /^(For\w+Values?:)?(\w+?)(IfExists)?$/.exec(operator) ?? [];
  if (actual === undefined || set) return undefined;
  if (name === 'Null') return values.map(String).includes(String(actual === null));
  const isNegated = name.includes('Not');
  if (actual === null) return isNegated || ifExists !== undefined;
  const test = TESTS[name.replace('Not', '')];
  return test && values.some((value) => test(String(value), actual)) !== isNegated;
}

/** `text` with `*` and `?` as IAM has them: any characters, one character. */
function like(pattern: string, text: string): boolean {
  const source = pattern
    .replace(/[.+^${}()|[\]\\]/g, '\\$&')
    .replaceAll('*', '.*')
    .replaceAll('?', '.');
  return new RegExp(`^${source}$`, 's').test(text);
}

const TESTS: Readonly<Record<string, (value: string, actual: string) => boolean>> = {
  StringEquals: (value, actual) => value === actual,
  StringEqualsIgnoreCase: (value, actual) => value.toLowerCase() === actual.toLowerCase(),
  Bool: (value, actual) => value.toLowerCase() === actual.toLowerCase(),
  StringLike: like,
  ArnLike: like,
  ArnEquals: like,
};
