import { join } from 'node:path';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { COLUMNS } from '../../src/sigma/columns.ts';
import { toFunction } from '../../src/sigma/evaluate.ts';
import type { Expression } from '../../src/sigma/expression.ts';
import { flatten } from '../../src/sigma/flatten.ts';
import { loadRules } from '../../src/sigma/folder.ts';
import { link } from '../../src/sigma/link.ts';
import { onePass, toQuery } from '../../src/sigma/query.ts';
import { readRules } from '../../src/sigma/read.ts';
import type { EventRule } from '../../src/sigma/rule.ts';
import { toSql } from '../../src/sigma/sql.ts';
import { openEngine } from '../helpers/engine.ts';
import { trinoComplaints } from '../helpers/trino.ts';

const rules = loadRules([join(import.meta.dirname, '../../rules')]);
const engine = await openEngine();

/** Words that meet each other often, with what text of any kind may hold. */
const word = fc.constantFrom(
  'create',
  'pods',
  'Pods',
  'a',
  'ab',
  'a.b',
  'b',
  "o'x",
  '',
  '10',
  '201',
  '403',
  'a\nb',
  'É',
  'x%y',
  'x_y',
  '\\',
  'x*',
  'CREATE ',
  'ı',
);
const event = fc.record(
  {
    verb: word,
    stage: fc.constantFrom('ResponseComplete', 'RequestReceived'),
    objectRef: fc.record(
      { resource: word, name: word, subresource: fc.constantFrom('', 'exec', undefined) },
      { requiredKeys: [] },
    ),
    user: fc.record({ username: word, groups: fc.array(word, { maxLength: 3 }) }, { requiredKeys: [] }),
    sourceIPs: fc.array(
      fc.constantFrom('10.1.2.3', '172.16.0.1', '172.32.0.1', '8.8.8.8', '2001:db8::1', '2001:486f:1::1', '::1'),
      {
        maxLength: 2,
      },
    ),
    responseStatus: fc.record({ code: fc.constantFrom(101, 200, 201, 403, 500) }, { requiredKeys: [] }),
    impersonatedUser: fc.record({ username: word }),
    requestObject: fc.record(
      {
        a: fc.oneof(word, fc.array(word, { maxLength: 3 }), fc.integer({ min: -3, max: 300 }), fc.constant(null)),
        spec: fc.record({ hostPID: fc.boolean() }),
      },
      { requiredKeys: [] },
    ),
  },
  { requiredKeys: [] },
);

const pattern = fc.oneof(
  word,
  fc.tuple(word, fc.constantFrom('*', '?', '\\*', '')).map((parts) => parts.join('')),
  fc.tuple(fc.constantFrom('*', '?', ''), word).map((parts) => parts.join('')),
  fc.constantFrom('a*b', '*a?b*', null, 201),
);
const TEXTS = [
  'verb',
  'objectRef.resource',
  'objectRef.name',
  'objectRef.subresource',
  'user.username',
  'user.groups',
  'sourceIPs',
  'responseStatus.code',
  'requestObject.a',
  'requestObject.b',
];
const item = fc.oneof(
  {
    weight: 6,
    arbitrary: fc.tuple(
      fc.constantFrom(...TEXTS),
      fc.constantFrom('', '|contains', '|startswith', '|endswith', '|cased', '|contains|cased', '|neq'),
      fc.array(pattern, { minLength: 1, maxLength: 3 }),
    ),
  },
  fc.tuple(
    fc.constantFrom(...TEXTS),
    fc.constantFrom('|re', '|re|i'),
    fc.array(fc.constantFrom('^a', 'b$', '^a.b$', 'a|^b', 'x[%_]y', '\\d+', '^$', '\\s', "o'x", '[^a]b', '^[^b]*$'), {
      minLength: 1,
      maxLength: 2,
    }),
  ),
  fc.tuple(fc.constantFrom(...TEXTS), fc.constant('|exists'), fc.boolean()),
  fc.tuple(
    fc.constantFrom('responseStatus.code', 'requestObject.a'),
    fc.constantFrom('|gt', '|gte', '|lt', '|lte'),
    fc.constantFrom(0, 10, 200, 201),
  ),
  fc.tuple(
    fc.constant('sourceIPs'),
    fc.constant('|cidr'),
    fc.constantFrom(
      '10.0.0.0/8',
      '172.16.0.0/12',
      '8.8.8.8/32',
      '2001:db8::/32',
      '2001:4860::/28',
      '::/0',
      '0.0.0.0/0',
    ),
  ),
  fc.tuple(
    fc.constantFrom('x.succeeded', 'x.podSpec.hostPID', 'x.systemPrincipal', 'x.sourcePublic'),
    fc.constant(''),
    fc.boolean(),
  ),
  fc.constant(['user.username', '|fieldref', 'impersonatedUser.username'] as [string, string, unknown]),
);
const selection = fc.oneof(
  fc
    .array(item, { minLength: 1, maxLength: 3 })
    .map((items) => Object.fromEntries(items.map(([field, modifiers, value]) => [field + modifiers, value]))),
  fc.array(fc.constantFrom('create', 'a*b', "o'x", '10', 'É'), { minLength: 1, maxLength: 2 }),
);
const detection = fc.record({
  a: selection,
  b: selection,
  condition: fc.constantFrom('a', 'not a', 'a and not b', 'a or not b', 'not (a and b)', '1 of them', 'not 1 of them'),
});

const compile = (block: object): Expression =>
  (
    link(
      readRules(JSON.stringify({ title: 't', name: 'r', logsource: { product: 'kubernetes' }, detection: block }), 'r'),
    )[0] as EventRule
  ).expression;
const rowsOf = (events: readonly object[]) =>
  events.map((one, i) => flatten(JSON.parse(JSON.stringify(one)), { logEventId: String(i) }, { leaves: true }));

describe.skipIf(!engine)('both back ends say the same', () => {
  it('of any rule and any events', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(detection, { minLength: 5, maxLength: 12 }),
        fc.array(event, { minLength: 5, maxLength: 20 }),
        async (blocks, events) => {
          const rows = rowsOf(events);
          await engine!.fill(rows);
          for (const block of blocks) {
            const expression = compile(block);
            const found = await engine!.ask(`SELECT log_event_id FROM events WHERE ${toSql(expression)}`);
            const judged = rows.filter(toFunction(expression)).map(({ log_event_id }) => log_event_id);
            expect(found.map(({ log_event_id }) => log_event_id).sort(), toSql(expression)).toEqual(judged.sort());
          }
        },
      ),
      { numRuns: 60 },
    );
  });

  it('of the rules that come along and the events of all their tests, in one pass', async () => {
    const single = rules.filter((rule): rule is EventRule => rule.kind === 'event' && !rule.newTerms);
    const rows = rowsOf(rules.flatMap(({ tests }) => tests.flatMap(({ events }) => events)));
    await engine!.fill(rows);
    const found = await engine!.ask(onePass(rules));
    const bySql = new Map(
      found.map(({ log_event_id, rules: names }) => [log_event_id, String(names).split(',').sort()]),
    );
    const tests = single.map(({ name, expression }) => ({ name, fires: toFunction(expression) }));
    for (const row of rows) {
      const names = tests.filter(({ fires }) => fires(row)).map(({ name }) => name);
      expect(bySql.get(row.log_event_id) ?? []).toEqual(names.sort());
    }
    expect(bySql.size).toBeGreaterThan(200);
  });
});

describe('the SQL is that of Trino, and so of Athena', () => {
  it('for each rule that comes along', () => {
    for (const rule of rules) expect(trinoComplaints(toQuery(rule)), `${rule.name}: ${toQuery(rule)}`).toEqual([]);
    expect(trinoComplaints(onePass(rules))).toEqual([]);
  });
  it('for any rule', () => {
    fc.assert(
      fc.property(detection, (block) => {
        expect(trinoComplaints(`SELECT 1 FROM events WHERE ${toSql(compile(block))}`)).toEqual([]);
      }),
      { numRuns: 100 },
    );
  });
  it('and what is not is found out', () => {
    expect(trinoComplaints('SELECT list_transform(a, lambda x: x + 1) FROM events')).not.toEqual([]);
    expect(trinoComplaints("SELECT a FROM events WHERE b ~~~ 'c'")).not.toEqual([]);
  });
});

it('the columns have names that need no quotes, once each, and so have the fields', () => {
  for (const { name } of COLUMNS) expect(name).toMatch(/^[a-z][a-z_]*$/);
  expect(new Set(COLUMNS.map(({ name }) => name)).size).toBe(COLUMNS.length);
  expect(new Set(COLUMNS.map(({ path }) => path)).size).toBe(COLUMNS.length);
});
