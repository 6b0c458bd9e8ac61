import { describe, expect, it } from 'vitest';
import { toFunction } from '../../src/sigma/evaluate.ts';
import type { Value } from '../../src/sigma/event.ts';
import { firesAtLast } from '../../src/sigma/fire.ts';
import { flatten } from '../../src/sigma/flatten.ts';
import { link } from '../../src/sigma/link.ts';
import { readRules } from '../../src/sigma/read.ts';
import type { EventRule } from '../../src/sigma/rule.ts';

const HEAD = 'title: t\nname: r\nlogsource: {product: kubernetes, service: audit}\n';
const compile = (detection: string) =>
  link(readRules(`${HEAD}detection:\n  ${detection.trim().replaceAll('\n', '\n  ')}\n`, 'r.yml'))[0] as EventRule;
const judge = (detection: string, event: Value) =>
  toFunction(compile(detection).expression)(flatten(event, {}, { leaves: true }));
/** One selection of one field. */
const one = (field: string, value: string, event: Value) => judge(`s: {'${field}': ${value}}\ncondition: s`, event);

const POD = {
  verb: 'create',
  objectRef: { resource: 'pods', namespace: 'shop', name: 'Web-1' },
  user: { username: 'Alice', groups: ['dev', 'ops-team'] },
  sourceIPs: ['10.1.2.3', '2001:db8:0:1::5'],
  responseStatus: { code: 201 },
  userAgent: 'kubectl/v1.33 (linux)',
  requestObject: {
    metadata: { labels: { team: 'a*b' } },
    spec: { containers: [{ image: 'Nginx:1' }, { image: 'redis' }] },
  },
};

describe('values', () => {
  it.each([
    ['user.username', 'aLICE', true],
    ['user.username|cased', 'aLICE', false],
    ['user.username|cased', 'Alice', true],
    ['user.username', "'al*'", true],
    ['user.username', "'al?ce'", true],
    ['user.username', "'al?'", false],
    ['user.username|startswith', 'AL', true],
    ['user.username|endswith', 'CE', true],
    ['user.username|contains', 'LIC', true],
    ['user.username|contains', 'x', false],
    ['user.username|neq', 'bob', true],
    ['user.username', '[bob, alice]', true],
    ['userAgent|contains|all', '[kubectl, linux]', true],
    ['userAgent|contains|all', '[kubectl, windows]', false],
    ['user.groups', 'OPS-team', true],
    ['user.groups', 'ops', false],
    ['user.groups|startswith', 'ops', true],
    ['user.groups|endswith', 'team', true],
    ['user.groups', "'o*m'", true],
    ['user.groups|re', "'^ops-'", true],
    ['user.groups|re', "'^team$'", false],
    ['user.username|re', 'alice', false],
    ['user.username|re|i', 'alice', true],
    ['user.username|re', "'(?i)^ali'", true],
    ['responseStatus.code', '201', true],
    ['responseStatus.code', "'2*'", true],
    ['responseStatus.code|gte', '201', true],
    ['responseStatus.code|gt', '201', false],
    ['responseStatus.code|lt', '300', true],
    ['responseStatus.code|lte', '200', false],
    ['sourceIPs|cidr', '10.0.0.0/8', true],
    ['sourceIPs|cidr', '10.1.2.0/29', true],
    ['sourceIPs|cidr', '10.1.3.0/24', false],
    ['sourceIPs|cidr', '2001:db8::/32', true],
    ['sourceIPs|cidr', 'fd00::/8', false],
    ['objectRef.subresource', 'null', true],
    ['objectRef.subresource|exists', 'false', true],
    ['objectRef.resource|exists', 'true', true],
    ['objectRef.subresource', "''", true],
    ['objectRef.resource', "''", false],
    ['x.succeeded', 'true', true],
    ['x.systemPrincipal', 'true', false],
    ['user.username|base64', 'Alice', false],
    // Fields without a column: through arrays, any of them.
    ['requestObject.spec.containers.image', 'REDIS', true],
    ['requestObject.spec.containers.image|startswith', 'nginx', true],
    ['requestObject.spec.containers.image|endswith', ':1', true],
    ['requestObject.spec.containers.image|re', "'^(Nginx|x):\\d$'", true],
    ['requestObject.spec.containers.image|re', "'^x|^redis$'", true],
    ['requestObject.spec.containers|exists', 'true', true],
    ['requestObject.spec.volumes|exists', 'true', false],
    ['requestObject.spec', 'null', false],
    ['requestObject.metadata.labels.team', "'a\\*b'", true],
    ['requestObject.metadata.labels.team', "'a\\*c'", false],
  ])('%s: %s', (field, value, expected) => expect(one(field, value, POD)).toBe(expected));

  it('are compared as Base64', () =>
    expect(one('user.username|base64', 'Alice', { user: { username: 'QWxpY2U=' } })).toBe(true));

  it('are compared in full: what follows a value, or stands before it, is another value', () => {
    expect(one('objectRef.resource', 'pod', POD)).toBe(false);
    expect(one('user.groups', 'dev*team', POD)).toBe(false);
  });

  it('are compared with another field', () => {
    const same = { ...POD, impersonatedUser: { username: 'ALICE' } };
    expect(one('user.username|fieldref', 'impersonatedUser.username', same)).toBe(true);
    expect(one('user.username|fieldref', 'impersonatedUser.username', POD)).toBe(false);
    expect(judge("s: {'user.username|fieldref': impersonatedUser.username}\ncondition: not s", POD)).toBe(true);
  });
});

describe('conditions', () => {
  const selections = 'a: {verb: create}\nb1: {verb: delete}\nb2: {verb: create}\n_c: {verb: delete}\n';
  it.each([
    ['a', true],
    ['not a', false],
    ['not not a', true],
    ['a and b1', false],
    ['a or b1 and b1', true],
    ['(a or b1) and b1', false],
    ['1 of b*', true],
    ['all of b*', false],
    ['any of them', true],
    ['all of them', false],
    ['a and not 1 of b1*', true],
    ['A'.toLowerCase(), true],
  ])('%s', (condition, expected) => expect(judge(`${selections}condition: ${condition}`, POD)).toBe(expected));

  it('of a list: any of them', () => expect(judge(`${selections}condition: [b1, a]`, POD)).toBe(true));
  it('of keywords: anywhere in the event', () => {
    expect(judge('k: [nginx, nothing]\ncondition: k', POD)).toBe(true);
    expect(judge("k: {'|all': [nginx, nothing]}\ncondition: k", POD)).toBe(false);
    expect(judge("k: ['ngi*1']\ncondition: k", POD)).toBe(true);
  });
  it('of fields that are as dear: each of its own', () =>
    expect(judge('s: [{verb: delete}, {objectRef.resource: pods}]\ncondition: s', POD)).toBe(true));
  it('of a list of maps: any of them', () =>
    expect(judge('s: [{verb: delete}, {verb: create, objectRef.namespace: shop}]\ncondition: s', POD)).toBe(true));
});

describe('rules of others', () => {
  it('that name fields which no event has are read as they are meant, and say so', () => {
    const rule = compile(
      "s: {verb: [patch, replace], apiGroup: apps, responseStatus.code: ALLOW, hostPath: '*'}\ncondition: s",
    );
    expect(rule.aliases).toEqual(
      expect.arrayContaining([
        'verb replace → update',
        'apiGroup → objectRef.apiGroup',
        'hostPath → x.podSpec.hostPath',
      ]),
    );
    const event = {
      verb: 'update',
      objectRef: { resource: 'deployments', apiGroup: 'apps' },
      annotations: { 'authorization.k8s.io/decision': 'allow' },
      requestObject: { spec: { template: { spec: { volumes: [{ hostPath: { path: '/x' } }] } } } },
    };
    expect(toFunction(rule.expression)(flatten(event))).toBe(true);
  });
});

describe('filters', () => {
  const FILTER =
    'title: f\nlogsource: {product: kubernetes, service: audit}\nfilter:\n  rules: RULES\n  known: {user.username: alice}\n  condition: known\n';
  const two = (rules: string) =>
    link(
      readRules(`${HEAD}detection: {s: {verb: create}, condition: s}\n---\n${FILTER.replace('RULES', rules)}`, 'f.yml'),
    )[0] as EventRule;
  it.each(['[r]', 'any'])('make exceptions of %s', (rules) => {
    const fires = toFunction(two(rules).expression);
    expect(fires(flatten(POD))).toBe(false);
    expect(fires(flatten({ ...POD, user: { username: 'bob' } }))).toBe(true);
    expect(two(rules).filters).toEqual(['f']);
  });
  it('for a rule that is not there are refused', () =>
    expect(() => two('[gone]')).toThrow(/f\.yml:\d+: .*no rule gone/));
});

describe('correlations', () => {
  const at = (second: number, more: object = {}) =>
    flatten({ ...POD, ...more, stageTimestamp: new Date(second * 1_000).toISOString() });
  const correlation = (text: string) =>
    link(
      readRules(
        `${HEAD}detection: {s: {verb: create}, condition: s}\n---\n${HEAD.replace('name: r', 'name: q')}detection: {s: {verb: delete}, condition: s}\n---\ntitle: c\nname: c\ncorrelation: {timespan: 10s, ${text}}\n`,
        'c.yml',
      ),
    ).find(({ name }) => name === 'c')!;
  const gone = { verb: 'delete' };

  it('count events, in a window that ends with each', () => {
    const rule = correlation('type: event_count, rules: [r], group-by: [user.username], condition: {gte: 3}');
    expect(firesAtLast(rule, [at(1), at(5), at(11)])).toBe(true);
    expect(firesAtLast(rule, [at(1), at(5), at(12)])).toBe(false);
    expect(firesAtLast(rule, [at(1), at(5, { user: { username: 'bob' } }), at(6)])).toBe(false);
  });
  it('have ranges', () => {
    const rule = correlation('type: event_count, rules: [r], group-by: [], condition: {gt: 1, lte: 2}');
    expect([[at(1)], [at(1), at(2)], [at(1), at(2), at(3)]].map((rows) => firesAtLast(rule, rows))).toEqual([
      false,
      true,
      false,
    ]);
  });
  it('count values', () => {
    const rule = correlation('type: value_count, rules: [r], group-by: [], condition: {field: objectRef.name, gte: 2}');
    expect(firesAtLast(rule, [at(1), at(2)])).toBe(false);
    expect(firesAtLast(rule, [at(1), at(2, { objectRef: { name: 'other' } })])).toBe(true);
  });
  it('want all rules, in any order or in theirs', () => {
    const any = correlation('type: temporal, rules: [r, q], group-by: [user.username]');
    const ordered = correlation('type: temporal_ordered, rules: [r, q], group-by: [user.username]');
    expect([any, ordered].map((rule) => firesAtLast(rule, [at(1), at(2, gone)]))).toEqual([true, true]);
    expect([any, ordered].map((rule) => firesAtLast(rule, [at(1, gone), at(2)]))).toEqual([true, false]);
    expect([any, ordered].map((rule) => firesAtLast(rule, [at(1), at(12, gone)]))).toEqual([false, false]);
  });
  it('name one field differently for each rule', () => {
    const rule = correlation(
      'type: temporal, rules: [r, q], group-by: [who], aliases: {who: {r: objectRef.name, q: user.username}}',
    );
    expect(firesAtLast(rule, [at(1, { objectRef: { name: 'x' } }), at(2, { ...gone, user: { username: 'x' } })])).toBe(
      true,
    );
    expect(firesAtLast(rule, [at(1, { objectRef: { name: 'y' } }), at(2, { ...gone, user: { username: 'x' } })])).toBe(
      false,
    );
  });
});

describe('what is wrong is told with file, line and what', () => {
  const bad = (text: string) => () => link(readRules(text, 'bad.yml'));
  const detection = (text: string) => `${HEAD}detection:\n  ${text}\n`;
  it.each([
    ['a: [', /^bad\.yml:1: not YAML/],
    ['- a', /^bad\.yml:1: a rule is a map/],
    ['name: x', /^bad\.yml:1: logsource: is missing/],
    ['title: t\nlogsource: {product: windows}\n', /^bad\.yml:2: logsource: not the Kubernetes audit log/],
    [HEAD, /^bad\.yml:1: detection: .* is missing/],
    [`${HEAD.replace('title: t\n', '')}detection: {s: {verb: a}, condition: s}`, /title: is missing/],
    [`${HEAD}level: huge\ndetection: {s: {verb: a}, condition: s}`, /^bad\.yml:4: level: one of/],
    [detection('s: {verb: a}'), /condition: is missing/],
    [detection('s: {verb: a}\n  condition: t'), /^bad\.yml:6: detection\.condition: there is no selection t/],
    [detection('s: {verb: a}\n  condition: s s'), /one word too many/],
    [detection('s: {verb: a}\n  condition: (s'), /not closed/],
    [detection('s: {verb: a}\n  condition: s and'), /a selection is missing/],
    [detection('s: {verb: a}\n  condition: 1 of x*'), /no selection x\*/],
    [detection('s: {verb: a}\n  condition: s | count() > 3'), /write a correlation/],
    [detection("s:\n    verb: a\n    'verb|near': a\n  condition: s"), /^bad\.yml:7: .*there is no modifier near/],
    [detection('s: {verb: []}\n  condition: s'), /is empty/],
    [detection('s: {}\n  condition: s'), /is empty/],
    [detection('s: {verb: {a: b}}\n  condition: s'), /a value is/],
    [detection("s: {'verb|contains|all': a}\n  condition: s"), /more than one value/],
    [detection('s: {x.podSpec.root: true}\n  condition: s'), /no derived field x\.podSpec\.root/],
    [detection('s: {x.succeeded: 5}\n  condition: s'), /true or false/],
    [detection("s: {'responseStatus.code|gt': x}\n  condition: s"), /needs a number/],
    [detection("s: {'sourceIPs|cidr': 10.0.0.300/8}\n  condition: s"), /no network/],
    [detection("s: {'sourceIPs|cidr': '2001:db8:10::/36'}\n  condition: s"), /no network/],
    [detection("s: {'verb|re': '(?=a)'}\n  condition: s"), /not understood by all engines/],
    [detection("s: {'verb|re': 'a++'}\n  condition: s"), /possessive/],
    [detection("s: {'verb|re': '(a'}\n  condition: s"), /Unterminated|nterminated/],
    [detection("s: {'verb|fieldref': user.groups}\n  condition: s"), /fieldref/],
    [`${detection('s: {verb: a}\n  condition: s')}tests: [{name: n, event: {}}]`, /tests\.0\.fires/],
    [
      `${detection('s: {verb: a}\n  condition: s')}---\n${detection('s: {verb: a}\n  condition: s')}`,
      /is the name of a rule in bad\.yml too/,
    ],
    ['title: c\nname: c\ncorrelation: {type: event_count, rules: [r], group-by: [verb], timespan: 5m}', /condition/],
    [
      'title: c\nname: c\ncorrelation: {type: event_count, rules: [r], group-by: [verb], timespan: 5, condition: {gte: 1}}',
      /timespan: a number with/,
    ],
    [
      'title: c\nname: c\ncorrelation: {type: event_count, rules: [r], group-by: [verb], timespan: 5m, condition: {gte: 1}}',
      /no rule r of single events/,
    ],
  ])('%j', (text, message) => {
    expect(bad(text)).toThrow(message);
    expect(bad(text)).toThrow(/^bad\.yml:\d+: [^\n]+$/);
  });
});
