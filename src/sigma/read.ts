import { type RawCorrelation, readCorrelation } from './correlation.ts';
import { compileDetection } from './detection.ts';
import type { Expression } from './expression.ts';
import { groupable, list, lists, span, string, words } from './fields.ts';
import { LEVELS, type Level, type Rule, type RuleTest } from './rule.ts';
import { isMap, type Path, readYaml, type Source } from './source.ts';

/** What one document of a file is, before rules know of each other. */
export type Entry =
  | {
      readonly kind: 'event';
      readonly source: Source;
      readonly about: Shared;
      readonly detection: Expression;
      readonly newTerms?: NewTerms;
    }
  | {
      readonly kind: 'correlation';
      readonly source: Source;
      readonly about: Shared;
      readonly correlation: RawCorrelation;
    }
  | {
      readonly kind: 'filter';
      readonly source: Source;
      readonly title: string;
      readonly rules: readonly string[] | 'any';
      readonly filter: Expression;
    };
type Shared = Pick<
  Rule,
  | 'name'
  | 'id'
  | 'title'
  | 'description'
  | 'level'
  | 'tags'
  | 'author'
  | 'references'
  | 'falsepositives'
  | 'compliance'
  | 'alsoIn'
  | 'aliases'
  | 'file'
  | 'condition'
  | 'tests'
>;
interface NewTerms {
  readonly fields: readonly string[];
  readonly history: number;
}
/** All documents of one rule file. Throws USAGE with file and line. */
export const readRules = (text: string, file: string): Entry[] =>
  readYaml(text, file)
    .filter(({ data }) => data !== null)
    .map(entry);

function entry(source: Source): Entry {
  const { data } = source;
  if (!isMap(data)) return source.fail([], 'a rule is a map with title, logsource, detection and level');
  if (data.filter !== undefined) return filterEntry(source, data);
  const notes = new Set<string>();
  if (data.correlation !== undefined)
    return {
      kind: 'correlation',
      source,
      about: about(source, data, notes),
      correlation: readCorrelation(source, data.correlation),
    };
  logsource(source, data.logsource);
  const detection = compileDetection(source, ['detection'], notes);
  const newTerms = data['x-new-terms'] === undefined ? undefined : terms(source, data['x-new-terms']);
  return { kind: 'event', source, about: about(source, data, notes), detection, ...(newTerms && { newTerms }) };
}

function filterEntry(source: Source, data: Readonly<Record<string, unknown>>): Entry {
  logsource(source, data.logsource);
  const { rules } = isMap(data.filter) ? data.filter : {};
  const title = string(source, ['title'], data.title);
  const which = rules === 'any' ? rules : words(source, ['filter', 'rules'], rules);
  if (which.length === 0) source.fail(['filter'], 'name the rules that it is for, or: any');
  return { kind: 'filter', source, title, rules: which, filter: compileDetection(source, ['filter'], new Set()) };
}

function logsource(source: Source, value: unknown): void {
  if (!isMap(value)) source.fail(['logsource'], 'is missing: product kubernetes, service audit');
  if (value.product !== 'kubernetes' || (value.service ?? 'audit') !== 'audit')
    source.fail(['logsource'], 'not the Kubernetes audit log: product kubernetes, service audit');
}

function about(source: Source, data: Readonly<Record<string, unknown>>, notes: ReadonlySet<string>): Shared {
  const title = string(source, ['title'], data.title);
  const id = data.id === undefined ? null : string(source, ['id'], data.id);
  const name = data.name === undefined ? id : string(source, ['name'], data.name);
  const level = data.level ?? 'medium';
  if (!LEVELS.includes(level as Level)) source.fail(['level'], `one of ${LEVELS.join(', ')}`);
  return {
    name: name ?? source.fail([], 'a rule needs an id or a name'),
    id,
    title,
    description: data.description === undefined ? '' : string(source, ['description'], data.description).trim(),
    level: level as Level,
    tags: words(source, ['tags'], data.tags ?? []),
    author: data.author === undefined ? null : string(source, ['author'], data.author),
    references: words(source, ['references'], data.references ?? []),
    falsepositives: words(source, ['falsepositives'], data.falsepositives ?? []),
    compliance: lists(source, 'compliance', data.compliance),
    alsoIn: words(source, ['also-in'], data['also-in'] ?? []),
    aliases: [...notes],
    file: source.file,
    condition: source.text(data.correlation === undefined ? 'detection' : 'correlation'),
    tests: list(source, ['tests'], data.tests ?? []).map((one, i) => test(source, ['tests', i], one)),
  };
}

function test(source: Source, at: Path, value: unknown): RuleTest {
  if (!isMap(value)) return source.fail(at, 'a test has name, fires, and event or events');
  const { fires, event, events = [event] } = value;
  if (typeof fires !== 'boolean') return source.fail([...at, 'fires'], 'true or false');
  const those = list(source, [...at, 'events'], events);
  if (those.length === 0 || !those.every(isMap)) source.fail(at, 'event is an audit event, events a list of them');
  return { name: string(source, [...at, 'name'], value.name), fires, events: those as object[] };
}

function terms(source: Source, value: unknown): NewTerms {
  if (!isMap(value)) return source.fail(['x-new-terms'], 'a map with fields and history');
  const fields = words(source, ['x-new-terms', 'fields'], value.fields).map((field) =>
    groupable(source, ['x-new-terms', 'fields'], field),
  );
  return { fields, history: span(source, ['x-new-terms', 'history'], value.history) };
}
