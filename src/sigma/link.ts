import type { RawCorrelation } from './correlation.ts';
import { targetOf } from './detection.ts';
import { all, any, type Expression, not } from './expression.ts';
import type { Entry } from './read.ts';
import type { CorrelationRule, EventRule, Rule } from './rule.ts';
import type { Source } from './source.ts';

/** Makes of entries rules that know of each other: filters taken in, and correlations with the rules that they count. Throws USAGE. */
export function link(entries: readonly Entry[]): Rule[] {
  const named = entries.filter((one) => one.kind !== 'filter');
  const seen = new Map<string, string>();
  for (const { about, source } of named) {
    const other = seen.get(about.name);
    if (other) source.fail(['name'], `${about.name} is the name of a rule in ${other} too`);
    seen.set(about.name, source.file);
  }
  const events = named.filter((one) => one.kind === 'event').map((one) => eventRule(one, entries));
  checkFilters(
    entries,
    named.flatMap(({ about }) => [about.name, about.id]),
  );
  const find = (name: string) => events.find((rule) => rule.name === name || rule.id === name);
  return named.map((one): Rule => {
    if (one.kind === 'event') return find(one.about.name)!;
    return correlationRule(one, find);
  });
}

type Of<Kind> = Extract<Entry, { kind: Kind }>;

function eventRule({ about, detection, newTerms }: Of<'event'>, entries: readonly Entry[]): EventRule {
  const filters = entries
    .filter((one) => one.kind === 'filter')
    .filter(
      ({ rules }) => rules === 'any' || rules.includes(about.name) || (about.id !== null && rules.includes(about.id)),
    );
  const expression: Expression = filters.length
    ? all([detection, not(any(filters.map(({ filter }) => filter)))])
    : detection;
  return {
    ...about,
    kind: 'event',
    expression,
    ...(newTerms && { newTerms }),
    filters: filters.map(({ title }) => title),
  };
}

function checkFilters(entries: readonly Entry[], names: readonly (string | null)[]): void {
  for (const one of entries) {
    if (one.kind !== 'filter' || one.rules === 'any') continue;
    const unknown = one.rules.find((name) => !names.includes(name));
    if (unknown) one.source.fail(['filter', 'rules'], `there is no rule ${unknown}`);
  }
}

function correlationRule(
  { about, correlation, source }: Of<'correlation'>,
  find: (name: string) => EventRule | undefined,
): CorrelationRule {
  const { rules, groupBy, aliases, ...rest } = correlation;
  const of = rules.map(
    (name) => find(name) ?? source.fail(['correlation', 'rules'], `there is no rule ${name} of single events`),
  );
  if (of.length === 0) source.fail(['correlation', 'rules'], 'is empty');
  return {
    ...about,
    ...rest,
    kind: 'correlation',
    of,
    groupBy: groupBy.map((field) => of.map((rule) => pathFor(field, rule, aliases, source))),
  };
}

function pathFor(field: string, rule: EventRule, aliases: RawCorrelation['aliases'], source: Source): string {
  const alias = aliases[field];
  const path = alias
    ? (alias[rule.name] ?? source.fail(['correlation', 'aliases', field], `says nothing for ${rule.name}`))
    : field;
  const target = targetOf(path);
  if (!target || target.path !== undefined)
    source.fail(['correlation', 'group-by'], `${path} has no column, so events cannot be grouped by it`);
  return path;
}
