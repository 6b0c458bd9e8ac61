import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { account } from '../helpers/account.ts';
import { oneDocument } from '../helpers/schema.ts';
import { small } from '../helpers/small.ts';

const { run } = account(small());
const home = mkdtempSync(join(tmpdir(), 'rad-connect-rules-'));
afterAll(() => rmSync(home, { recursive: true, force: true }));

let made = 0;
/** A folder with these files. */
function folder(files: Readonly<Record<string, string>>): string {
  const path = join(home, String(made++));
  mkdirSync(path);
  for (const [name, text] of Object.entries(files)) writeFileSync(join(path, name), text);
  return path;
}

const RULE = `title: Own
name: own
logsource: {product: kubernetes, service: audit}
detection:
  selection:
    apiGroup: apps
    verb: delete
  condition: selection
level: critical
tests:
  - {name: deleted, fires: true, event: {verb: VERB, objectRef: {apiGroup: apps}}}
  - {name: made, fires: false, event: {verb: create, objectRef: {apiGroup: apps}}}
`;
const json = async (...words: string[]) => {
  const ran = await run(['rules', ...words, '-o', 'json']);
  return { ...ran, document: oneDocument(ran.stdout) };
};

describe('rules list', () => {
  it('names each rule on a line, without a call', async () => {
    const { code, stdout, stderr, calls } = await run('rules list');
    expect({ code, stderr, calls }).toEqual({ code: 0, stderr: '', calls: [] });
    expect(stdout).toMatch(/^pod-exec +medium +T1609 +Command run in a pod$/m);
  });
  it('has as JSON what the text has', async () => {
    const { document } = await json('list');
    expect(document.rules!.length).toBeGreaterThanOrEqual(104);
    expect(document.rules).toContainEqual(expect.objectContaining({ name: 'pod-exec', level: 'medium' }));
  });
  it('leaves out what is below a level', async () => {
    const { document } = await json('list', '--level', 'high');
    expect(new Set(document.rules!.map(({ level }) => level))).toEqual(new Set(['high', 'critical']));
  });
  it('has the rules of folders of the user beside ours, given twice or by the environment', async () => {
    const [one, two] = [folder({ 'a.yml': RULE }), folder({ 'b.yaml': RULE.replace('name: own', 'name: other') })];
    const both = await json('list', '--rules', one, '--rules', two);
    expect(both.document.rules!.map(({ name }) => name)).toEqual(expect.arrayContaining(['own', 'other', 'pod-exec']));
    const named = await run('rules list', { env: { RAD_CONNECT_RULES: one } });
    expect(named.stdout).toMatch(/^own /m);
  });
});

describe('rules show', () => {
  it.each(['exec-token-theft', '4c4a7a88-1658-5d55-930e-24d618d75b61'])('tells all of one: %s', async (name) => {
    const { document } = await json('show', name);
    const [rule] = document.rules!;
    expect(rule).toMatchObject({ name: 'exec-token-theft', tags: expect.arrayContaining(['attack.t1528']) });
    expect(rule!.condition).toMatch(/^exec:\n/);
    expect(rule!.sql).toMatch(/^SELECT .* FROM events WHERE \(resource = 'pods' AND /);
  });
  it('says in text what it says in JSON, and what was read as what', async () => {
    const own = folder({ 'a.yml': RULE });
    const { stdout } = await run(['rules', 'show', 'own', '--rules', own]);
    for (const part of ['critical', 'apiGroup → objectRef.apiGroup', "api_group = 'apps'", join(own, 'a.yml')])
      expect(stdout).toContain(part);
  });
  it('names the filters that make exceptions', async () => {
    const filter = `title: The operator may\nlogsource: {product: kubernetes, service: audit}\nfilter: {rules: [pod-exec], s: {user.username: operator}, condition: s}\n`;
    const { document } = await json('show', 'pod-exec', '--rules', folder({ 'f.yml': filter }));
    expect(document.rules![0]!.filters).toEqual(['The operator may']);
    expect(document.rules![0]!.sql).toContain("NOT coalesce(lower(username) = 'operator', false)");
  });
});

describe('rules test', () => {
  it('is content with the rules that come along', async () => {
    const { code, document } = await json('test');
    expect(code).toBe(0);
    expect(document.tests!.every(({ expected, actual }) => expected === actual)).toBe(true);
    expect(new Set(document.tests!.map(({ rule }) => rule)).size).toBeGreaterThanOrEqual(104);
  });
  it('tries one rule, or those of a folder', async () => {
    const one = await json('test', 'pod-exec');
    expect(new Set(one.document.tests!.map(({ rule }) => rule))).toEqual(new Set(['pod-exec']));
    const own = await json('test', folder({ 'a.yml': RULE.replace('VERB', 'delete') }));
    expect(own.code).toBe(0);
    expect(own.document.tests!.map(({ rule, test }) => [rule, test])).toEqual([
      ['own', 'deleted'],
      ['own', 'made'],
    ]);
  });
  it('fails with what differs', async () => {
    const own = folder({ 'a.yml': RULE.replace('VERB', 'patch') });
    const text = await run(['rules', 'test', own]);
    expect(text.code).toBe(1);
    expect(text.stdout).toMatch(/own: deleted\n.*verb = 'delete'.*"patch"/);
    const { code, document } = await json('test', own);
    expect(code).toBe(1);
    expect(document.errors).toEqual([expect.objectContaining({ code: 'RULE_TEST_FAILED' })]);
    expect(document.tests!.filter(({ expected, actual }) => expected !== actual).map(({ test }) => test)).toEqual([
      'deleted',
    ]);
  });
  it('warns of rules without tests', async () => {
    const { code, document } = await json('test', folder({ 'a.yml': RULE.split('tests:')[0]! }));
    expect(code).toBe(0);
    expect(document.warnings).toEqual([expect.objectContaining({ code: 'RULE_WITHOUT_TESTS', id: 'own' })]);
  });
});

describe('rules coverage', () => {
  it('says what EKS never shows, and why', async () => {
    const { document } = await json('coverage');
    const hidden = document.rules!.filter(({ coverage }) => !coverage!.filter);
    expect(hidden.map(({ name, coverage }) => [name, coverage!.reason])).toEqual([
      ['configmap-credentials', expect.stringMatching(/too little/)],
    ]);
    expect(document.rules!.find(({ name }) => name === 'pod-exec')!.alsoIn).toContain('falco');
  });
});

describe('what is wrong is one line, with exit code 64', () => {
  const bad = folder({
    'ok.yml': RULE,
    'bad.yml': `${RULE.replace('own', 'mine')}`.replace('verb: delete', "'verb|near': delete"),
  });
  it.each([
    [['rules'], /list, show, test, coverage/],
    [['rules', 'show', 'exec-token'], /exec-token: there is no such rule; there is exec-token-theft/],
    [['rules', 'show'], /rule/],
    [['rules', 'list', '--level', 'huge'], /--level huge: informational, low, medium, high or critical/],
    [['rules', 'list', '--rules', join(home, 'nowhere')], /nowhere: there is no such folder/],
    [['rules', 'list', '--rules', folder({ 'a.txt': '' })], /no \.yml or \.yaml/],
    [['rules', 'list', '--rules', ''], /--rules is empty/],
    [['rules', 'list', '--rules', bad], /bad\.yml:7: detection\.selection\.verb\|near: there is no modifier near/],
    [['rules', 'test', join(bad, 'bad.yml')], /bad\.yml:7: /],
  ])('%j', async (words, message) => {
    const { code, stdout, stderr, calls } = await run(words);
    expect({ code, stdout, calls }).toEqual({ code: 64, stdout: '', calls: [] });
    expect(stderr).toMatch(/^[^\n]+\n$/);
    expect(stderr).toMatch(message);
  });
});
