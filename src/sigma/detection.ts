import { aliased } from './aliases.ts';
import { cidrRegex } from './cidr.ts';
import { COLUMNS, columnOf, LEAVES } from './columns.ts';
import { parseCondition } from './condition.ts';
import { all, any, type Comparison, type Expression, not } from './expression.ts';
import { around, parsePattern, present, regexTest, type Target, textTest } from './pattern.ts';
import { escapeRegex, regexComplaint } from './regex.ts';
import { isMap, type Path, type Source } from './source.ts';

/** The `detection` of a rule, or the `filter` of a Sigma filter, as an expression. */
export function compileDetection(source: Source, at: Path, notes: Set<string>): Expression {
  const block = at.reduce<unknown>((value, key) => (isMap(value) ? value[key] : undefined), source.data);
  if (!isMap(block)) return source.fail(at, 'a map of selections and a condition is missing');
  const { condition, rules: _rules, timeframe, ...rest } = block;
  if (timeframe !== undefined) source.fail([...at, 'timeframe'], 'is no longer Sigma: write a correlation');
  const selections = Object.fromEntries(
    Object.entries(rest).map(([name, value]) => [name, selection({ source, notes }, [...at, name], value)]),
  );
  const conditions = Array.isArray(condition) ? condition : [condition];
  return any(
    conditions.map((one) => {
      if (typeof one !== 'string') return source.fail([...at, 'condition'], 'is missing, or no text');
      try {
        return parseCondition(one, selections);
      } catch (error) {
        return source.fail([...at, 'condition'], (error as Error).message);
      }
    }),
  );
}

interface Reading {
  readonly source: Source;
  /** What was read as what. */
  readonly notes: Set<string>;
}

function selection(reading: Reading, at: Path, value: unknown): Expression {
  if (isMap(value)) return all(entries(reading, at, value));
  if (!Array.isArray(value)) return item(reading, at, '', [value]);
  if (value.length === 0) return reading.source.fail(at, 'is empty');
  return any(
    value.map((one, i) => (isMap(one) ? all(entries(reading, [...at, i], one)) : item(reading, [...at, i], '', [one]))),
  );
}

function entries(reading: Reading, at: Path, map: Readonly<Record<string, unknown>>): Expression[] {
  if (Object.keys(map).length === 0) return reading.source.fail(at, 'is empty');
  return Object.entries(map).map(([key, value]) =>
    item(reading, [...at, key], key, Array.isArray(value) ? value : [value]),
  );
}

const MODIFIERS = [
  'contains',
  'startswith',
  'endswith',
  'all',
  're',
  'i',
  'cidr',
  'exists',
  'cased',
  'gt',
  'gte',
  'lt',
  'lte',
  'neq',
  'fieldref',
  'base64',
];

/** One `field|modifier: values`. */
function item({ source, notes }: Reading, at: Path, key: string, given: readonly unknown[]): Expression {
  const [name = '', ...modifiers] = key.split('|');
  const { field, values, notes: more } = aliased(name, given);
  for (const note of more) notes.add(note);
  const unknown = modifiers.find((modifier) => !MODIFIERS.includes(modifier));
  if (unknown) return source.fail(at, `there is no modifier ${unknown}; there are ${MODIFIERS.join(', ')}`);
  if (values.length === 0) return source.fail(at, 'is empty');
  if (modifiers.includes('all') && values.length === 1) return source.fail(at, 'all needs more than one value');
  const target = targetOf(field);
  if (!target) return source.fail(at, `there is no derived field ${field}; there are ${DERIVED.join(', ')}`);
  const tests = values.map((value) => {
    try {
      return one(target, value, new Set(modifiers));
    } catch (error) {
      return source.fail(at, (error as Error).message);
    }
  });
  if (modifiers.includes('neq')) return not(any(tests));
  return modifiers.includes('all') ? all(tests) : any(tests);
}

const DERIVED = COLUMNS.map(({ path }) => path).filter((path) => path.startsWith('x.'));

/** undefined for a derived field that there is not. */
export function targetOf(field: string): Target | undefined {
  const column = columnOf(field);
  if (column) return { column };
  if (field === '') return { column: LEAVES };
  return field.startsWith('x.') ? undefined : { column: LEAVES, path: field };
}

const COMPARISONS: readonly Comparison[] = ['gt', 'gte', 'lt', 'lte'];

/** One value against its field. Throws an Error that says why not. */
function one(target: Target, value: unknown, modifiers: ReadonlySet<string>): Expression {
  const { column, path } = target;
  if (modifiers.has('exists')) {
    if (typeof value !== 'boolean') throw new Error('exists is true or false');
    return value ? present(target) : not(present(target));
  }
  if (value === null) return not(present(target));
  const by = COMPARISONS.find((comparison) => modifiers.has(comparison));
  if (by) {
    if (typeof value !== 'number') throw new Error(`${by} needs a number`);
    return { kind: 'compare', column, ...(path !== undefined && { path: escapeRegex(path) }), by, value };
  }
  if (!['string', 'number', 'boolean'].includes(typeof value))
    throw new Error('a value is a text, a number, true, false or null');
  const text = String(value);
  if (modifiers.has('fieldref')) return sameAs(target, text, modifiers.has('cased'));
  if (modifiers.has('re')) return matching(target, text, modifiers.has('i'));
  if (modifiers.has('cidr')) {
    const regex = cidrRegex(text);
    if (!regex) throw new Error(`${text}: no network, or one whose text does not begin the same for all its addresses`);
    return regexTest(target, regex, false);
  }
  if (column.type === 'boolean') {
    if (text !== 'true' && text !== 'false') throw new Error(`${column.path} is true or false`);
    return { kind: 'is', column, value: text === 'true' };
  }
  if (column.type === 'number' && /^-?\d+$/.test(text)) return { kind: 'is', column, value: Number(text) };
  const parts = modifiers.has('base64') ? [Buffer.from(text).toString('base64')] : parsePattern(text);
  const contains = modifiers.has('contains');
  const free = around(parts, contains || modifiers.has('endswith'), contains || modifiers.has('startswith'));
  return textTest(target, free, modifiers.has('cased'));
}

function sameAs({ column, path }: Target, field: string, cased: boolean): Expression {
  const other = targetOf(field);
  const all = [column, other?.column];
  if (path !== undefined || all.some((it) => !it || it.many || it.type !== 'text'))
    throw new Error('fieldref compares two fields of one text each that have a column; see docs/rules.md');
  return { kind: 'same', column, other: other!.column, fold: !cased };
}

function matching(target: Target, source: string, insensitive: boolean): Expression {
  const plain = source.replace(/^\(\?i\)/, '');
  const why = regexComplaint(plain);
  if (why) throw new Error(`${source}: ${why}`);
  return regexTest(target, plain, insensitive || plain !== source);
}
