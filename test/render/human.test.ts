import { describe, expect, it } from 'vitest';
import type { ChangeRow, ClusterRow, Document, Notice, Problem, Summary } from '../../src/render/document.ts';
import { toText } from '../../src/render/human.ts';
import { type Paint, painter, plural } from '../../src/render/style.ts';
import { errorsText, warningsText } from '../../src/render/trouble.ts';

const plain: Paint = (_, text) => text;
const marked: Paint = (format, text) => `<${format}>${text}</${format}>`;

const ZERO: Summary = {
  clusters: 0,
  create: 0,
  update: 0,
  adopt: 0,
  delete: 0,
  restore: 0,
  keep: 0,
  unchanged: 0,
  blocked: 0,
  skipped: 0,
  failed: 0,
};
const row = (more: Partial<ChangeRow>): ChangeRow => ({
  region: 'eu-west-1',
  type: 'logs:subscription-filter',
  id: '/aws/eks/prod/cluster',
  action: 'create',
  reason: null,
  status: 'planned',
  diff: [],
  note: null,
  ...more,
});
const delivery = (state: ClusterRow['delivery']['state'], more: Partial<ClusterRow['delivery']> = {}) => ({
  state,
  lastObjectAt: null,
  lastEventAt: null,
  hop: null,
  cause: null,
  hint: null,
  timeline: [],
  ...more,
});
const cluster = (name: string, more: Partial<ClusterRow> = {}): ClusterRow => ({
  region: 'eu-west-1',
  name,
  auditLogging: true,
  filter: 'ok',
  delivery: delivery('unknown'),
  managedBy: null,
  ...more,
});
const document = ({
  summary,
  ...more
}: Partial<Omit<Document, 'summary'>> & { summary?: Partial<Summary> } = {}): Document => ({
  schemaVersion: 1,
  command: 'enable-audit',
  version: '1.0.0',
  dryRun: true,
  result: 'changes',
  account: '123456789012',
  partition: 'x',
  credentials: null,
  regions: [
    { name: 'eu-west-1', state: 'ok' },
    { name: 'us-east-1', state: 'denied' },
  ],
  summary: { ...ZERO, ...summary },
  changes: [],
  clusters: [cluster('prod'), cluster('stage')],
  cost: null,
  outputs: {
    auditLogsRoleArn: 'arn:x:iam::123456789012:role/rad-audit-logs',
    radRoleArn: 'arn:x:iam::955322216602:role/rad',
    externalId: 'abc',
    buckets: { 'eu-west-1': 'rad-eks-audit-logs' },
    terraform: null,
    streams: { 'eu-west-1': 'rad-eks-audit-logs' },
  },
  warnings: [],
  errors: [],
  ...more,
});

const diff = (path: string, before: ChangeRow['diff'][number]['before'], after: ChangeRow['diff'][number]['after']) => [
  { path, before, after },
];
const PLAN: ChangeRow[] = [
  row({ region: 'global', type: 'iam:role', id: 'rad-firehose', diff: diff('trust', null, {}) }),
  row({ region: 'global', type: 'iam:role', id: 'rad-cloudwatch-logs', action: 'none', status: 'unchanged' }),
  row({ type: 'eks:cluster-logging', id: 'prod', action: 'update', diff: diff('audit', false, true) }),
  row({
    type: 'eks:cluster-logging',
    id: 'stage',
    action: 'update',
    status: 'skipped',
    diff: diff('audit', false, true),
    note: 'needs logs:subscription-filter /aws/eks/stage/cluster',
  }),
  row({
    type: 'logs:log-group',
    id: '/aws/eks/prod/cluster',
    action: 'keep',
    status: 'unchanged',
    diff: diff('retention', 365, 90),
    note: 'stricter than wanted: kept',
  }),
  row({}),
  row({
    id: '/aws/eks/stage/cluster',
    action: 'blocked',
    status: 'skipped',
    note: 'no free subscription filter: datadog, splunk hold them',
  }),
];

describe('the plan', () => {
  it('of enable-audit', () => {
    const summary = { create: 2, update: 1, keep: 1, blocked: 1, skipped: 1, unchanged: 1 };
    expect(toText(document({ changes: PLAN, summary }), plain)).toMatchInlineSnapshot(`
      "Account 123456789012 (x), regions eu-west-1, us-east-1 (denied)
      Readable by arn:x:iam::955322216602:role/rad, external id abc
        + iam:role  rad-firehose
      eu-west-1 · 2 clusters
        ~ eks:cluster-logging       prod                   audit  off → on
        ~ eks:cluster-logging       stage                  skipped; audit  off → on; needs logs:subscription-filter /aws/eks/stage/cluster
        = logs:log-group            /aws/eks/prod/cluster  retention  365 → 90; stricter than wanted: kept
        + logs:subscription-filter  prod
        ! logs:subscription-filter  stage                  no free subscription filter: datadog, splunk hold them
      Plan: 2 to create, 1 to update, 0 to delete, 1 kept, 1 blocked, 1 skipped.
      "
    `);
  });

  it('of teardown', () => {
    const changes = [
      row({ type: 'eks:cluster-logging', id: 'prod', action: 'restore', diff: diff('audit', true, false) }),
      row({ action: 'delete' }),
      row({
        type: 's3:bucket',
        id: 'rad-eks-audit-logs',
        action: 'keep',
        status: 'unchanged',
        note: 'it holds your audit logs',
      }),
    ];
    const text = toText(document({ command: 'teardown', changes, summary: { delete: 1, restore: 1, keep: 1 } }), plain);
    expect(text).toMatchInlineSnapshot(`
      "Account 123456789012 (x), regions eu-west-1, us-east-1 (denied)
      eu-west-1 · 2 clusters
        < eks:cluster-logging       prod                audit  on → off
        - logs:subscription-filter  prod
        = s3:bucket                 rad-eks-audit-logs  it holds your audit logs
      Plan: 0 to create, 0 to update, 1 to delete, 1 to restore, 1 kept.
      "
    `);
  });

  it.each([
    ['create', '+', 'green'],
    ['adopt', '+', 'green'],
    ['update', '~', 'yellow'],
    ['delete', '-', 'red'],
    ['restore', '<', 'yellow'],
    ['keep', '=', 'dim'],
    ['blocked', '!', 'red'],
  ] as const)('%s is marked %s, in %s', (action, mark, colour) => {
    const of = (paint: Paint) => toText(document({ changes: [row({ action })] }), paint).split('\n')[3];
    expect(of(plain)).toBe(`  ${mark} logs:subscription-filter  prod`);
    expect(of(marked)).toBe(`  <${colour}>${mark}</${colour}> logs:subscription-filter  prod`);
  });

  it('says the same with and without colour', () => {
    const text = toText(document({ changes: PLAN }), painter(true));
    // biome-ignore lint/suspicious/noControlCharactersInRegex: colour is made of them
    expect(text.replace(/\u001b\[\d+m/g, '')).toBe(toText(document({ changes: PLAN }), plain));
  });

  it.each<[string, ChangeRow['diff'], string]>([
    ['on and off', diff('audit', false, true), 'audit  off → on'],
    ['none', diff('boundary', null, 'arn:b'), 'boundary  none → arn:b'],
    ['numbers', diff('retention', 30, 90), 'retention  30 → 90'],
    ['records', diff('a', { b: 1 }, [2]), 'a  {"b":1} → [2]'],
    ['long texts are cut', diff('p', 'x'.repeat(61), 'y'.repeat(60)), `p  ${'x'.repeat(57)}… → ${'y'.repeat(60)}`],
    ['several', [...diff('a', 1, 2), ...diff('b', 3, 4)], 'a  1 → 2; b  3 → 4'],
    ['tags of ours are not told', [...diff('a', 1, 2), ...diff('tags.rad-connect:settings', null, 'x')], 'a  1 → 2'],
  ])('differences: %s', (_, changed, told) =>
    expect(toText(document({ changes: [row({ action: 'update', diff: changed })] }), plain)).toContain(
      `prod  ${told}\n`,
    ),
  );

  it.each<[string, Partial<Document['outputs']>, string]>([
    ['with an external id', {}, 'Readable by arn:x:iam::955322216602:role/rad, external id abc'],
    ['without', { externalId: null }, 'Readable by arn:x:iam::955322216602:role/rad, without an external id'],
  ])('names who will be able to read, %s', (_, more, line) =>
    expect(toText(document({ outputs: { ...document().outputs, ...more } }), plain)).toContain(`${line}\n`),
  );

  it('names the credentials, when they are known', () =>
    expect(toText(document({ credentials: 'profile prod' }), plain)).toContain(
      'Account 123456789012 (x), profile prod, regions eu-west-1',
    ));

  it('nothing is said of an account that was never seen', () =>
    expect(toText(document({ account: null }), plain)).toBe(''));
});

describe('totals', () => {
  it.each<[string, Partial<Summary>, boolean, string]>([
    ['a plan', { create: 5, update: 2, blocked: 1 }, true, 'Plan: 5 to create, 2 to update, 0 to delete, 1 blocked.'],
    [
      'a plan with all there is',
      { create: 1, update: 2, delete: 3, restore: 4, keep: 5, blocked: 6, skipped: 7 },
      true,
      'Plan: 1 to create, 2 to update, 3 to delete, 4 to restore, 5 kept, 6 blocked, 7 skipped.',
    ],
    [
      'an outcome',
      { create: 1, failed: 1, skipped: 2 },
      false,
      'Done: 1 created, 0 updated, 0 deleted, 2 skipped, 1 failed.',
    ],
    ['restored', { restore: 1 }, false, 'Done: 0 created, 0 updated, 0 deleted, 1 restored.'],
    ['nothing', {}, false, 'Nothing to do.'],
    ['nothing, as wanted', { unchanged: 3 }, true, 'Nothing to do: 3 things as wanted.'],
    ['nothing, one thing', { unchanged: 1 }, true, 'Nothing to do: 1 thing as wanted.'],
    ['nothing, and nothing could be', {}, false, 'Nothing was done.'],
  ])('%s', (_, summary, dryRun, line) => {
    const result = line === 'Nothing was done.' ? 'failed' : 'ok';
    expect(toText(document({ dryRun, summary, result }), plain)).toContain(`\n${line}\n`);
  });

  it('what waits for an answer is a plan, though this is no dry run', () =>
    expect(toText(document({ dryRun: false, changes: [row({})], summary: { create: 1 } }), plain)).toContain(
      'Plan: 1 to create',
    ));
});

describe('the outcome', () => {
  const outcome = (more: Parameters<typeof document>[0] = {}) =>
    toText(document({ dryRun: false, result: 'partial', ...more }), plain);

  it('of enable-audit ends in what RAD has to be told', () => {
    const changes = [
      row({ status: 'done' }),
      row({
        type: 'eks:cluster-logging',
        id: 'prod',
        action: 'update',
        status: 'failed',
        diff: diff('audit', false, true),
        note: 'EKS could not update cluster prod',
      }),
    ];
    expect(outcome({ changes, summary: { create: 1, failed: 1 } })).toMatchInlineSnapshot(`
      "Account 123456789012 (x), regions eu-west-1, us-east-1 (denied)
      Readable by arn:x:iam::955322216602:role/rad, external id abc
      eu-west-1 · 2 clusters
        ~ eks:cluster-logging  prod  failed; audit  off → on; EKS could not update cluster prod
      Done: 1 created, 0 updated, 0 deleted, 1 failed.

      role for RAD         arn:x:iam::123456789012:role/rad-audit-logs
      external id          abc
      bucket in eu-west-1  rad-eks-audit-logs
      "
    `);
  });

  it.each<[string, Parameters<typeof document>[0]]>([
    ['of a dry run', { dryRun: true }],
    ['of a failure', { result: 'failed' }],
    ['of a blocked account', { result: 'blocked' }],
    ['of teardown', { command: 'teardown' }],
  ])('%s has no outputs', (_, more) => expect(outcome(more)).not.toContain('role for RAD'));
});

describe('status', () => {
  const status = (more: Parameters<typeof document>[0] = {}) =>
    toText(document({ command: 'status', dryRun: false, result: 'ok', ...more }), plain);

  it('as wanted', () => {
    const clusters = [
      cluster('prod', { managedBy: 'terraform' }),
      cluster('stage', { auditLogging: false, filter: 'missing', delivery: delivery('none') }),
    ];
    expect(status({ clusters, summary: { clusters: 2, unchanged: 9 } })).toMatchInlineSnapshot(`
      "Account 123456789012 (x), regions eu-west-1, us-east-1 (denied)
      Readable by arn:x:iam::955322216602:role/rad, external id abc

      eu-west-1 · 2 clusters · s3://rad-eks-audit-logs
        CLUSTER  AUDIT  FILTER   DELIVERY  LAST EVENT  MANAGED BY
        prod     on     ok       unknown               terraform
        stage    off    missing  none

      us-east-1 · could not be read: denied

      Everything is as wanted.
      "
    `);
  });

  it('with differences', () => {
    const summary = { clusters: 2, create: 1, update: 1, blocked: 1, keep: 1 };
    expect(status({ changes: PLAN, summary, result: 'partial' })).toMatchInlineSnapshot(`
      "Account 123456789012 (x), regions eu-west-1, us-east-1 (denied)
      Readable by arn:x:iam::955322216602:role/rad, external id abc

      eu-west-1 · 2 clusters · s3://rad-eks-audit-logs
        CLUSTER  AUDIT  FILTER  DELIVERY  LAST EVENT  MANAGED BY
        prod     on     ok      unknown
        stage    on     ok      unknown

      us-east-1 · could not be read: denied

      Not as wanted
        + iam:role  rad-firehose
      eu-west-1 · 2 clusters
        ~ eks:cluster-logging       prod                   audit  off → on
        ~ eks:cluster-logging       stage                  skipped; audit  off → on; needs logs:subscription-filter /aws/eks/stage/cluster
        = logs:log-group            /aws/eks/prod/cluster  retention  365 → 90; stricter than wanted: kept
        + logs:subscription-filter  prod
        ! logs:subscription-filter  stage                  no free subscription filter: datadog, splunk hold them

      1 missing, 1 drifted, 1 stricter than wanted, 1 blocked. Mend it with: rad-connect enable-audit
      "
    `);
  });

  it('whether events arrive: ages in words, each cause once', () => {
    const stopped = { hop: 'filter', cause: 'the filter is gone', hint: 'mend it' } as const;
    const clusters = [
      cluster('prod', { delivery: delivery('delivering', { lastEventAt: '2026-11-25T09:58:00.000Z' }) }),
      cluster('quiet', { delivery: delivery('idle', { cause: 'no event', lastEventAt: '2026-11-24T08:00:00.000Z' }) }),
      cluster('new', { filter: 'missing', delivery: delivery('none', { ...stopped }) }),
      ...['a', 'b', 'c', 'd'].map((name) =>
        cluster(name, { filter: 'missing', delivery: delivery('failing', stopped) }),
      ),
    ];
    const healthy = { state: 'delivering', hop: null, cause: null, hint: null } as const;
    const ofRegion = { ...healthy, lastObjectAt: '2026-11-25T09:59:20.000Z', freshnessSeconds: 61 };
    const regions = [{ name: 'eu-west-1', state: 'ok', delivery: ofRegion }] as const;
    const made = document({ command: 'status', dryRun: false, result: 'ok', clusters, regions });
    expect(toText(made, plain, Date.parse('2026-11-25T10:00:00Z'))).toMatchInlineSnapshot(`
      "Account 123456789012 (x), regions eu-west-1
      Readable by arn:x:iam::955322216602:role/rad, external id abc

      eu-west-1 · 7 clusters · s3://rad-eks-audit-logs
        delivering, newest object 40 s ago
        CLUSTER  AUDIT  FILTER   DELIVERY    LAST EVENT  MANAGED BY
        prod     on     ok       delivering  2 min ago
        quiet    on     ok       idle        1 d ago
        new      on     missing  none
        a        on     missing  failing
        b        on     missing  failing
        c        on     missing  failing
        d        on     missing  failing
        idle: quiet: no event
        failing at filter: a, b, c and 1 more: the filter is gone
        → mend it

      All that rad-connect made is as wanted, and yet not all events arrive.
      "
    `);
  });

  it('a region that fails says so once, with what mends it', () => {
    const cause = { hop: 'bucket', cause: 'the bucket is gone', hint: 'mend it' } as const;
    const regions = [
      {
        name: 'eu-west-1',
        state: 'ok',
        delivery: { state: 'failing', lastObjectAt: null, freshnessSeconds: null, ...cause },
      },
    ] as const;
    const clusters = [cluster('prod', { delivery: delivery('failing', cause) })];
    const text = status({ clusters, regions });
    expect(text.split('the bucket is gone')).toHaveLength(2);
    expect(text).toMatchInlineSnapshot(`
      "Account 123456789012 (x), regions eu-west-1
      Readable by arn:x:iam::955322216602:role/rad, external id abc

      eu-west-1 · 1 cluster · s3://rad-eks-audit-logs
        failing at bucket: the bucket is gone
        → mend it
        CLUSTER  AUDIT  FILTER  DELIVERY  LAST EVENT  MANAGED BY
        prod     on     ok      failing

      All that rad-connect made is as wanted, and yet not all events arrive.
      "
    `);
  });

  it('of nothing', () =>
    expect(status({ regions: [] })).toContain('Nothing is connected. Begin with: rad-connect enable-audit'));
});

describe('errors and warnings', () => {
  const problem = (more: Partial<Problem> = {}): Problem => ({
    code: 'AWS',
    region: 'eu-west-1',
    id: '/aws/eks/prod/cluster',
    message: 'no',
    hint: 'do this',
    awsCode: 'LimitExceededException',
    requestId: 'r-1',
    ...more,
  });
  it.each<[string, Partial<Problem>, ChangeRow[], string]>([
    [
      'of a step',
      {},
      [row({ status: 'failed', note: 'no' })],
      'error: logs:subscription-filter prod in eu-west-1: create failed\n  no (LimitExceededException, request r-1)\n  → do this\n',
    ],
    [
      'of a blocked step',
      {},
      [row({ action: 'blocked', note: 'no' })],
      'error: logs:subscription-filter prod in eu-west-1: blocked\n  no (LimitExceededException, request r-1)\n  → do this\n',
    ],
    [
      'of a role',
      { region: 'global', id: 'rad-firehose' },
      [row({ region: 'global', type: 'iam:role', id: 'rad-firehose', note: 'no' })],
      'error: iam:role rad-firehose: create failed\n  no (LimitExceededException, request r-1)\n  → do this\n',
    ],
    [
      'of a region',
      { id: 'eu-west-1' },
      [],
      'error: region eu-west-1 could not be read\n  no (LimitExceededException, request r-1)\n  → do this\n',
    ],
    [
      'of the run',
      { region: 'global', id: '', awsCode: null, requestId: null, hint: null },
      [],
      'error: a call to AWS failed\n  no\n',
    ],
    [
      'of usage: one line',
      { code: 'USAGE', region: 'global', id: '', message: '--regions x: no', hint: 'h' },
      [],
      'error: --regions x: no\n',
    ],
  ])('an error %s', (_, more, changes, text) => expect(errorsText([problem(more)], changes, plain)).toBe(text));

  const refused = (name: string, region = 'eu-west-1', more: Partial<Problem> = {}) => ({
    problem: problem({
      region,
      id: `/aws/eks/${name}/cluster`,
      message: `denied on arn:aws:logs:${region}:1:log-group:/aws/eks/${name}/cluster`,
      hint: `ask for ${name}`,
      requestId: `request of ${name}`,
      ...more,
    }),
    row: row({ region, id: `/aws/eks/${name}/cluster`, status: 'failed' }),
  });
  it.each<[string, ReturnType<typeof refused>[], string[]]>([
    ['two of one cause', [refused('a'), refused('b')], ['a, b in eu-west-1']],
    ['four', ['a', 'b', 'c', 'd'].map((name) => refused(name)), ['a, b, c, d in eu-west-1']],
    ['many', ['a', 'b', 'c', 'd', 'e', 'f'].map((name) => refused(name)), ['a, b, c and 3 more in eu-west-1']],
    ['in two regions', [refused('a'), refused('b', 'us-east-1')], ['a, b in eu-west-1, us-east-1']],
    [
      'in many regions',
      ['r-1', 'r-2', 'r-3', 'r-4', 'r-5'].map((region) => refused('a', region)),
      ['a, a, a and 2 more in 5 regions'],
    ],
    [
      'another code',
      [refused('a'), refused('b', 'eu-west-1', { code: 'QUOTA_EXCEEDED' })],
      ['a in eu-west-1', 'b in eu-west-1'],
    ],
    [
      'another message',
      [refused('a'), refused('b', 'eu-west-1', { message: 'no' })],
      ['a in eu-west-1', 'b in eu-west-1'],
    ],
    [
      'another way out',
      [refused('a'), refused('b', 'eu-west-1', { hint: 'no' })],
      ['a in eu-west-1', 'b in eu-west-1'],
    ],
    ['names in words are no names', [refused('a'), refused('ab')], ['a, ab in eu-west-1']],
  ])('errors alike, %s: the cause once', (_, told, expected) => {
    const text = errorsText(
      told.map((one) => one.problem),
      told.map((one) => one.row),
      plain,
    );
    expect(text.split('\n').filter((line) => line.startsWith('error:'))).toEqual(
      expected.map((names) => `error: logs:subscription-filter ${names}: create failed`),
    );
    expect(text.trim().split('\n')).toHaveLength(3 * expected.length);
  });

  const notice = (n: number, code = 'A'): Notice => ({
    code,
    region: 'r',
    id: `${n}`,
    message: `m${n}`,
    hint: n ? null : 'h',
  });
  it.each<[string, Notice[], string]>([
    ['none', [], ''],
    ['one, with what to do', [notice(0)], 'warning: m0\n  → h\n'],
    ['three alike', [1, 2, 3].map((n) => notice(n)), 'warning: m1\nwarning: m2\nwarning: m3\n'],
    ['four alike', [1, 2, 3, 4].map((n) => notice(n)), 'warning: m1\nwarning: m2\nwarning: m3\nwarning: m4\n'],
    [
      'many alike',
      [1, 2, 3, 4, 5].map((n) => notice(n)),
      'warning: m1\nwarning: m2\nwarning: m3\n  and 2 more like this (all of them: -o json)\n',
    ],
    ['two kinds', [notice(1), notice(2, 'B'), notice(3)], 'warning: m1\nwarning: m3\nwarning: m2\n'],
  ])('warnings: %s', (_, warnings, text) => expect(warningsText(warnings, plain)).toBe(text));

  it.each([
    [0, '0 clusters'],
    [1, '1 cluster'],
    [2, '2 clusters'],
  ])('plural %i', (count, text) => expect(plural(count, 'cluster')).toBe(text));
});
