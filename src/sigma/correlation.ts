import { groupable, span, texts, words } from './fields.ts';
import type { CorrelationRule, CorrelationType } from './rule.ts';
import { isMap, type Source } from './source.ts';

/** As it is written; the rules that it names are found later. */
export interface RawCorrelation extends Pick<CorrelationRule, 'type' | 'timespan' | 'field' | 'criteria'> {
  readonly rules: readonly string[];
  readonly groupBy: readonly string[];
  readonly aliases: Readonly<Record<string, Readonly<Record<string, string>>>>;
}

const TYPES: readonly CorrelationType[] = ['event_count', 'value_count', 'temporal', 'temporal_ordered'];
const OPERATORS = ['gt', 'gte', 'lt', 'lte', 'eq'] as const;

/** The `correlation` of a Sigma file. Throws USAGE. */
export function readCorrelation(source: Source, value: unknown): RawCorrelation {
  const at = (key: string) => ['correlation', key];
  if (!isMap(value)) return source.fail(['correlation'], 'a map with type, rules, group-by, timespan and condition');
  const type = value.type as CorrelationType;
  if (!TYPES.includes(type)) source.fail(at('type'), `one of ${TYPES.join(', ')}`);
  const counts = type === 'event_count' || type === 'value_count';
  const { field = null, ...bounds } = isMap(value.condition) ? value.condition : {};
  const criteria = Object.entries(bounds).map(([by, number]) => {
    if (!OPERATORS.includes(by as 'gt') || typeof number !== 'number')
      source.fail(at('condition'), `a number with ${OPERATORS.join(', ')}`);
    return { by: by as 'gt', value: number as number };
  });
  if (counts && criteria.length === 0) source.fail(at('condition'), `a number with ${OPERATORS.join(', ')}`);
  if (type === 'value_count' && typeof field !== 'string')
    source.fail(at('condition'), 'value_count needs the field that it counts');
  const aliases = isMap(value.aliases)
    ? Object.fromEntries(
        Object.keys(value.aliases).map((name) => [
          name,
          texts(source, `correlation.aliases.${name}`, (value.aliases as Record<string, unknown>)[name]),
        ]),
      )
    : {};
  return {
    type,
    rules: words(source, at('rules'), value.rules),
    groupBy: words(source, at('group-by'), value['group-by'] ?? []),
    aliases,
    timespan: span(source, at('timespan'), value.timespan),
    field: field === null ? null : groupable(source, at('condition'), String(field)),
    criteria,
  };
}
