import { canonical, isRecord, isSame } from '../engine/diff.ts';
import type { Json, Spec } from '../engine/resource.ts';

/**
 * One form for what IAM and S3 treat as equal: they may give a one-element list back as a scalar and lists in another order,
 * and booleans as strings (terraform-provider-aws compares documents with awspolicyequivalence for the same reason).
 */
export const normalise = (document: Spec): Spec => ({
  Version: document.Version ?? '2012-10-17',
  Statement: list(document.Statement).map((statement) => normaliseStatement(statement as Spec)),
});

export function normaliseStatement(statement: Spec): Spec {
  const fields = Object.entries(statement).map(([key, value]): [string, Json] => {
    if (/^(Not)?(Action|Resource)$/.test(key)) return [key, sorted(value)];
    if (/^(Not)?Principal$/.test(key)) return [key, isRecord(value) ? mapValues(value, sorted) : { '*': ['*'] }];
    if (key === 'Condition' && isRecord(value))
      return [key, mapValues(value, (test) => mapValues(test as Spec, sorted))];
    return [key, value];
  });
  return canonical(Object.fromEntries(fields)) as Spec;
}

/** IAM gives documents back percent-encoded (RFC 3986). */
export const parseEncoded = (document: string | undefined): Spec | undefined =>
  document === undefined ? undefined : normalise(JSON.parse(decodeURIComponent(document)) as Spec);

/** `{"*":["*"]}` is how we hold the principal that a document spells "*". */
export const print = (document: Spec): string =>
  JSON.stringify(document, (key, value) => (/^(Not)?Principal$/.test(key) && value['*'] ? '*' : value));

/** Whether these are the wanted statements with further conditions: conditions add up, so each one more allows less. */
export function isNarrower(statements: Json | undefined, wanted: Json): boolean {
  const [seen, want] = [list(statements), list(wanted)];
  return (
    seen.length === want.length &&
    seen.every((statement, i) => isSame(pruned(statement as Spec, want[i] as Spec), want[i]!))
  );
}

/**
 * The wanted statements with the conditions that somebody has added to them in the meantime, on keys that are not ours to set.
 * Statements are the same when they let the same principal do the same.
 */
export function withConditionsOf(statements: Json | undefined, wanted: Spec, ourKeys: readonly string[]): Spec {
  const who = ({ Effect, Principal, Action }: Spec) =>
    canonical({ Effect: Effect ?? '', Principal: Principal ?? '', Action: Action ?? '' })!;
  const Statement = list(wanted.Statement).map((statement) => {
    const want = statement as Spec;
    const same = (list(statements) as readonly Spec[]).find((seen) => isSame(who(seen), who(want)));
    const added = Object.entries((same?.Condition ?? {}) as Record<string, Spec>).map(
      ([operator, tests]): [string, Spec] => [
        operator,
        Object.fromEntries(
          Object.entries(tests).filter(([key]) => !ourKeys.some((ours) => ours.toLowerCase() === key.toLowerCase())),
        ),
      ],
    );
    const Condition: Record<string, Spec> = { ...(want.Condition as Record<string, Spec> | undefined) };
    for (const [operator, tests] of added) {
      if (Object.keys(tests).length) Condition[operator] = { ...tests, ...Condition[operator] };
    }
    return Object.keys(Condition).length ? { ...want, Condition } : want;
  });
  return { ...wanted, Statement };
}

function pruned(statement: Spec, wanted: Spec): Json {
  const conditions = (of: Spec) => (of.Condition ?? {}) as Record<string, Spec>;
  const kept = Object.entries(conditions(statement)).map(([operator, tests]): [string, Spec] => {
    const wantedTests = conditions(wanted)[operator] ?? {};
    return [operator, Object.fromEntries(Object.entries(tests).filter(([key]) => key in wantedTests))];
  });
  const Condition = Object.fromEntries(kept.filter(([, tests]) => Object.keys(tests).length));
  const { Condition: _, ...rest } = statement;
  return Object.keys(Condition).length ? { ...rest, Condition } : rest;
}

export const list = (value: Json | undefined): readonly Json[] =>
  Array.isArray(value) ? value : value === undefined ? [] : [value as Json];
const sorted = (value: Json): Json => list(value).map(String).sort();
const mapValues = (record: Spec, map: (value: Json) => Json): Spec =>
  Object.fromEntries(Object.entries(record).map(([key, value]) => [key, map(value)]));
