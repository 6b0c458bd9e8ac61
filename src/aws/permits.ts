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
  const some = (effect: 'Allow' | 'Deny', unknown: boolean) =>
    statementsOf(documents, effect).some((statement) => concerns(statement, question, unknown));
  return some('Allow', !sure) && !some('Deny', sure);
}

/** The statement that denies it for certain. */
export const denial = (documents: readonly Spec[], question: Question): Spec | undefined =>
  statementsOf(documents, 'Deny').find((statement) => concerns(statement, question, false));

/** Whom a trust names to become a role in any way, under whatever conditions; "*": everybody. */
export const admitted = (trust: Spec): string[] =>
  statementsOf([trust], 'Allow')
    .filter((statement) => ASSUME.some((action) => means(statement, action)))
    .flatMap(({ Principal, NotPrincipal }) => (NotPrincipal === undefined ? namesOf(Principal) : ['*']));

const ASSUME = ['sts:AssumeRole', 'sts:AssumeRoleWithSAML', 'sts:AssumeRoleWithWebIdentity'];

const statementsOf = (documents: readonly Spec[], effect: 'Allow' | 'Deny'): readonly Spec[] =>
  documents.flatMap(({ Statement }) => list(Statement) as readonly Spec[]).filter(({ Effect }) => Effect === effect);

const names = (statement: Spec, field: string, name: string) =>
  list(statement[field]).some((pattern) => like(String(pattern).toLowerCase(), name.toLowerCase()));

/** Whether a statement is about this action. */
export const means = (statement: Spec, action: string): boolean =>
  statement.Action === undefined ? !names(statement, 'NotAction', action) : names(statement, 'Action', action);

function concerns(statement: Spec, { action, resource, principals, context }: Question, unknown: boolean): boolean {
  if (!means(statement, action)) return false;
  if (resource && statement.Resource !== undefined && !names(statement, 'Resource', resource)) return false;
  if (resource && statement.NotResource !== undefined && names(statement, 'NotResource', resource)) return false;
  if (principals && !isMeant(statement, principals, unknown)) return false;
  return Object.entries((statement.Condition ?? {}) as Record<string, Spec>).every(([operator, tests]) =>
    Object.entries(tests).every(
      ([key, values]) => holds(operator, list(values), context[key.toLowerCase()]) ?? unknown,
    ),
  );
}

function isMeant({ Principal, NotPrincipal }: Spec, principals: readonly string[], unknown: boolean): boolean {
  if (NotPrincipal !== undefined) return unknown;
  return namesOf(Principal).some((one) => one === '*' || principals.includes(one));
}

const namesOf = (principal: Json | undefined): string[] =>
  principal === '*' ? ['*'] : Object.values((principal ?? {}) as Spec).flatMap((value) => list(value).map(String));

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
