import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { columnsIn } from '../../src/sigma/expression.ts';
import { firesAtLast } from '../../src/sigma/fire.ts';
import { flatten } from '../../src/sigma/flatten.ts';
import { loadRules } from '../../src/sigma/folder.ts';
import { toQuery } from '../../src/sigma/query.ts';
import { openEngine } from '../helpers/engine.ts';

const RULES = join(import.meta.dirname, '../../rules');
const rules = loadRules([RULES]);
const tests = rules.flatMap((rule) => rule.tests.map((test) => ({ rule, test, label: `${rule.name}: ${test.name}` })));
const rowsOf = ({ events }: (typeof tests)[0]['test']) =>
  events.map((event, i) => flatten(event as never, { cluster: 'prod', logEventId: String(i) }));
const engine = await openEngine();

describe('the rules that come along', () => {
  it('are many, and each shows when it fires and when it does not', () => {
    expect(rules.length).toBeGreaterThanOrEqual(104);
    expect(
      rules.filter(({ tests }) => !tests.some(({ fires }) => fires) || !tests.some(({ fires }) => !fires)),
    ).toEqual([]);
  });

  it('ask for nothing but columns: no event has to be kept whole for them', () => {
    const whole = rules.filter(
      (rule) => rule.kind === 'event' && columnsIn(rule.expression).some(({ name }) => name === 'leaves'),
    );
    expect(whole.map(({ name }) => name)).toEqual([]);
  });

  it.each(rules)('$name is in the file of its name, with title, description and technique', (rule) => {
    expect(rule.file).toBe(join(RULES, `${rule.name}.yml`));
    expect(rule.description.length).toBeGreaterThan(20);
    expect(rule.tags).toEqual(expect.arrayContaining([expect.stringMatching(/^attack\.t\d{4}(\.\d{3})?$/)]));
    expect(rule.id).toMatch(/^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/);
  });

  it.each(tests)('$label', ({ rule, test }) => expect(firesAtLast(rule, rowsOf(test))).toBe(test.fires));
});

describe.skipIf(!engine)('the same tests, asked of DuckDB', () => {
  it.each(tests)('$label', async ({ rule, test }) => {
    const rows = rowsOf(test);
    await engine!.fill(rows);
    const found = await engine!.ask(toQuery(rule));
    const last = String(rows.length - 1);
    expect(found.some(({ log_event_id }) => log_event_id === last)).toBe(test.fires);
  });
});
