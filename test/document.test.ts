import { describe, expect, it } from 'vitest';
import { ERROR_CODES, type ErrorCode, RadError } from '../src/engine/errors.ts';
import type { Outcome } from '../src/engine/event.ts';
import type { Step } from '../src/engine/plan.ts';
import type { Resource, Tags, Type } from '../src/engine/resource.ts';
import { type Document, exitCode, failure, NO_OUTPUTS, type Result, toDocument } from '../src/render/document.ts';
import { complaints } from './helpers/schema.ts';
import { ACCOUNT, EU, US } from './helpers/small.ts';

const OURS: Tags = { 'rad-connect:claim': 'owned' };
const CLAIMS: Partial<Record<Type, Resource['claim']>> = {
  'eks:cluster-logging': 'prior',
  'logs:log-group': 'if-made',
  'logs:subscription-filter': ({ mine }) => mine !== false,
};

/** A resource as far as a document looks at it. */
const thing = (type: Type, name: string, region = US): Resource =>
  ({ type, name, region, claim: CLAIMS[type] ?? 'tag', spec: {}, needs: [], labels: {}, insist: [] }) as never;

type More = Partial<Omit<Step, 'resource'>>;
const step = (resource: Resource, action: Step['action'], more: More = {}): Step => ({
  resource,
  action,
  actual: { exists: action !== 'create', spec: {}, tags: action === 'create' ? undefined : OURS, facts: {} },
  target: {},
  changes: [],
  kept: [],
  ...more,
});
const theirs = { exists: true, spec: {}, tags: {}, facts: {} };

const result = (more: Partial<Result> = {}): Result => ({
  command: 'enable-audit',
  dryRun: false,
  readOnly: false,
  goal: 'present',
  account: ACCOUNT,
  partition: 'aws',
  regions: [{ name: US, state: 'ok' }],
  steps: [],
  outputs: NO_OUTPUTS,
  warnings: [],
  ...more,
});
function document(more: Partial<Result>): Document {
  const made = toDocument(result(more), '0.0.0-test');
  expect(complaints(made)).toEqual([]);
  return made;
}

const error = (code: ErrorCode) =>
  new RadError(code, `because of ${code}`, { hint: 'do this', awsCode: 'Nope', requestId: 'request-1' });
const ended = (one: Step, status: 'done' | 'unchanged'): Outcome => ({ step: one, status });
const failed = (one: Step, code: ErrorCode): Outcome => ({ step: one, status: 'failed', error: error(code) });
const skipped = (one: Step, because?: Resource): Outcome => ({
  step: one,
  status: 'skipped',
  ...(because && { because }),
});

const role = thing('iam:role', 'rad-firehose');
const bucket = thing('s3:bucket', 'bucket');
const logging = thing('eks:cluster-logging', 'prod');
const filter = thing('logs:subscription-filter', '/aws/eks/prod/cluster');

describe('order', () => {
  it('account-wide things first, then region, type and id, in whatever order they come', () => {
    const things = [
      thing('s3:bucket', 'b', US),
      thing('s3:bucket', 'a', US),
      thing('iam:role', 'z', US),
      thing('logs:log-group', 'g', EU),
      thing('iam:role', 'a', US),
      thing('eks:cluster-logging', 'x', US),
      thing('s3:bucket', 'c', EU),
    ];
    const expected = [
      'global iam:role a',
      'global iam:role z',
      `${EU} logs:log-group g`,
      `${EU} s3:bucket c`,
      `${US} eks:cluster-logging x`,
      `${US} s3:bucket a`,
      `${US} s3:bucket b`,
    ];
    for (const order of [things, things.toReversed(), things.toSorted((a, b) => (a.name < b.name ? -1 : 1))]) {
      const { changes } = document({ steps: order.map((one) => step(one, 'none')) });
      expect(changes.map(({ region, type, id }) => `${region} ${type} ${id}`)).toEqual(expected);
    }
  });

  it('clusters, warnings and errors too', () => {
    const steps = [
      thing('eks:cluster-logging', 'b'),
      thing('eks:cluster-logging', 'a'),
      thing('eks:cluster-logging', 'c', EU),
    ];
    const warning = (region: string, id: string) => ({ code: 'X', region, id, message: 'm', hint: null });
    const made = document({
      steps: steps.map((one) => step(one, 'blocked', { error: error('CLUSTER_BUSY') })),
      warnings: [warning(US, 'b'), warning(US, 'a'), warning('global', 'z'), warning(EU, 'c')],
    });
    expect(made.clusters.map(({ name }) => name)).toEqual(['c', 'a', 'b']);
    expect(made.errors.map(({ id }) => id)).toEqual(['c', 'a', 'b']);
    expect(made.warnings.map(({ id }) => id)).toEqual(['z', 'c', 'a', 'b']);
  });
});

describe('rows', () => {
  const row = (more: Partial<Result>) => document(more).changes[0]!;
  const update = step(bucket, 'update', { reason: 'drifted', changes: [{ path: 'a', before: undefined, after: 1 }] });

  it.each<[string, Partial<Result>, object]>([
    ['a plan', { dryRun: true, steps: [update] }, { action: 'update', reason: 'drifted', status: 'planned' }],
    ['a status', { readOnly: true, steps: [update] }, { action: 'update', status: 'planned' }],
    ['done', { steps: [update], outcomes: [ended(update, 'done')] }, { action: 'update', status: 'done' }],
    [
      'failed',
      { steps: [update], outcomes: [failed(update, 'AWS')] },
      { action: 'update', status: 'failed', note: 'because of AWS' },
    ],
    [
      'refused for good',
      { steps: [update], outcomes: [failed(update, 'FILTER_SLOTS_FULL')] },
      { action: 'blocked', status: 'failed' },
    ],
    [
      'stands on what failed',
      { steps: [update], outcomes: [skipped(update, role)] },
      { status: 'skipped', note: 'needs iam:role rad-firehose' },
    ],
    [
      'stands on what is blocked',
      { dryRun: true, steps: [{ ...update, because: role }] },
      { status: 'skipped', note: 'needs iam:role rad-firehose' },
    ],
    ['not come to', { steps: [update], outcomes: [skipped(update)] }, { status: 'skipped', note: null }],
    [
      'as wanted',
      { readOnly: true, steps: [step(bucket, 'none')] },
      { action: 'none', reason: null, status: 'unchanged', note: null },
    ],
    [
      'blocked',
      { dryRun: true, steps: [step(bucket, 'blocked', { reason: 'foreign', error: error('FOREIGN') })] },
      { action: 'blocked', reason: 'foreign', status: 'skipped', note: 'because of FOREIGN' },
    ],
    ['had to stay', { goal: 'absent', steps: [step(role, 'delete')], outcomes: [] }, { action: 'delete' }],
  ])('%s', (_, more, expected) => {
    expect(row(more)).toMatchObject(expected);
  });

  it('a value that is not there is null, and what is kept says so', () => {
    const kept = [{ path: 'b', before: 30, after: 7 }];
    const { diff, action } = row({
      readOnly: true,
      steps: [step(bucket, 'keep', { reason: 'drifted', changes: update.changes, kept })],
    });
    expect(action).toBe('keep');
    expect(diff).toEqual([
      { path: 'a', before: null, after: 1 },
      { path: 'b', before: 30, after: 7, kept: true },
    ]);
  });

  it('what was to go and had to stay after all is kept, with the reason', () => {
    const going = step(role, 'delete');
    const outcomes: Outcome[] = [{ step: going, status: 'kept', why: 'eu-west-1 still connected' }];
    expect(row({ goal: 'absent', steps: [going], outcomes })).toMatchObject({
      action: 'keep',
      status: 'unchanged',
      note: 'eu-west-1 still connected',
    });
  });

  it('roles are global, everything else is in its region', () => {
    const { changes } = document({ steps: [step(role, 'none'), step(bucket, 'none')] });
    expect(changes.map(({ region }) => region)).toEqual(['global', US]);
  });

  it('at teardown, what is not there or not ours is nothing to tell', () => {
    const steps = [step(bucket, 'none', { actual: theirs }), step(role, 'delete')];
    expect(document({ goal: 'absent', dryRun: true, steps }).changes.map(({ id }) => id)).toEqual([role.name]);
    expect(document({ goal: 'present', readOnly: true, steps }).changes).toHaveLength(2);
  });
});

describe('clusters', () => {
  const on = { exists: true, spec: { audit: true }, tags: {}, facts: {} };
  const off = { ...on, spec: { audit: false } };
  const ours = { exists: true, spec: {}, tags: undefined, facts: {} };
  const none = { ...ours, exists: false };
  const cluster = (log: Step, fil?: Step, outcomes?: Outcome[]) =>
    document({ readOnly: true, steps: fil ? [log, fil] : [log], ...(outcomes && { readOnly: false, outcomes }) })
      .clusters[0]!;
  const isOn = step(logging, 'none', { actual: on });
  const turnOn = step(logging, 'update', { actual: off, target: { audit: true } });

  it.each<[string, Step, string]>([
    ['as wanted', step(filter, 'none', { actual: ours }), 'ok'],
    ['not there', step(filter, 'create', { actual: none }), 'missing'],
    ['other than wanted', step(filter, 'update', { actual: ours, reason: 'drifted' }), 'drifted'],
    ['blocked', step(filter, 'blocked', { actual: none, error: error('FILTER_SLOTS_FULL') }), 'blocked'],
    [
      "somebody else's",
      step(filter, 'blocked', {
        actual: { ...ours, spec: { mine: false } },
        reason: 'foreign',
        error: error('FOREIGN'),
      }),
      'foreign',
    ],
  ])('a filter that is %s', (_, one, expected) => {
    expect(cluster(isOn, one)).toMatchObject({ filter: expected, auditLogging: true });
  });

  it.each<[string, Step, Outcome[] | undefined, boolean]>([
    ['on', isOn, undefined, true],
    ['off', turnOn, undefined, false],
    ['turned on', turnOn, [ended(turnOn, 'done')], true],
    ['not turned on', turnOn, [failed(turnOn, 'CLUSTER_BUSY')], false],
  ])('logging that is %s', (_, log, outcomes, expected) => {
    expect(cluster(log, undefined, outcomes).auditLogging).toBe(expected);
  });

  it.each<[Tags, Document['clusters'][number]['managedBy']]>([
    [{}, null],
    [{ team: 'x' }, null],
    [{ 'aws:cloudformation:stack-name': 'x' }, 'cloudformation'],
    [{ 'alpha.eksctl.io/cluster-name': 'x', 'aws:cloudformation:stack-name': 'x' }, 'eksctl'],
    [{ 'eksctl.cluster.k8s.io/v1alpha1/cluster-name': 'x' }, 'eksctl'],
    [{ Terraform: 'true' }, 'terraform'],
    [{ 'managed-by': 'terraform' }, 'terraform'],
  ])('tags %j: managed by %s', (tags, expected) => {
    expect(cluster(step(logging, 'none', { actual: { ...on, tags } })).managedBy).toBe(expected);
  });
});

const create = step(bucket, 'create', { reason: 'missing' });
const second = step(role, 'update', { reason: 'drifted' });
const asWanted = step(role, 'none');
const customers = step(logging, 'none', { actual: theirs });
const blocked = step(bucket, 'blocked', { reason: 'foreign', error: error('FOREIGN') });
const unreadable = step(bucket, 'blocked', { reason: 'unreadable', error: error('PERMISSION_DENIED') });
const waiting: Step = { ...second, because: bucket };
const denied = { name: EU, state: 'denied', error: error('REGION_DENIED') } as const;
const disabled = { name: EU, state: 'not-enabled', error: error('REGION_NOT_ENABLED') } as const;

type Verdict = Document['result'];
/** What happened, its result, its exit code, and that with --detailed-exitcode where it is another one. */
const TABLE: readonly (readonly [
  what: string,
  more: Partial<Result>,
  result: Verdict,
  code: number,
  detailed?: number,
])[] = [
  ['nothing to do', { steps: [asWanted], outcomes: [ended(asWanted, 'unchanged')] }, 'ok', 0],
  ['nothing there', {}, 'ok', 0],
  ['done', { steps: [create], outcomes: [ended(create, 'done')] }, 'ok', 0],
  ['planned', { dryRun: true, steps: [create] }, 'changes', 0, 2],
  ['nothing planned', { dryRun: true, steps: [asWanted] }, 'ok', 0],
  ['differs', { readOnly: true, steps: [create] }, 'changes', 0, 2],
  ['kept', { readOnly: true, steps: [step(bucket, 'keep', { kept: [{ path: 'a', before: 2, after: 1 }] })] }, 'ok', 0],
  ['one failed', { steps: [create, second], outcomes: [failed(create, 'AWS'), ended(second, 'done')] }, 'partial', 3],
  [
    'one failed, the rest stood',
    { steps: [create, asWanted], outcomes: [failed(create, 'AWS'), ended(asWanted, 'unchanged')] },
    'partial',
    3,
  ],
  ['all failed', { steps: [create], outcomes: [failed(create, 'AWS')] }, 'failed', 1],
  [
    "all failed beside what is the customer's",
    { steps: [create, customers], outcomes: [failed(create, 'AWS'), ended(customers, 'unchanged')] },
    'failed',
    1,
  ],
  [
    'one blocked',
    { steps: [blocked, second], outcomes: [failed(blocked, 'FOREIGN'), ended(second, 'done')] },
    'partial',
    3,
  ],
  ['one would be blocked', { dryRun: true, steps: [blocked, second] }, 'partial', 3],
  ['all blocked', { steps: [blocked], outcomes: [failed(blocked, 'FOREIGN')] }, 'blocked', 1],
  ['all would be blocked', { dryRun: true, steps: [blocked, waiting] }, 'blocked', 1],
  ['denied before any write', { steps: [create], outcomes: [failed(create, 'PERMISSION_DENIED')] }, 'failed', 5],
  [
    'denied after a write',
    { steps: [create, second], outcomes: [failed(create, 'PERMISSION_DENIED'), ended(second, 'done')] },
    'partial',
    3,
  ],
  ['nothing can be read', { readOnly: true, steps: [unreadable] }, 'failed', 5],
  [
    'denied and something else',
    { steps: [create, second], outcomes: [failed(create, 'PERMISSION_DENIED'), failed(second, 'AWS')] },
    'failed',
    1,
  ],
  ['one region denied', { regions: [denied], steps: [create], outcomes: [ended(create, 'done')] }, 'partial', 3],
  ['every region denied', { regions: [denied] }, 'failed', 5],
  ['no region enabled', { regions: [disabled] }, 'failed', 1],
  ['one denied, one not enabled', { regions: [denied, { ...disabled, name: US }] }, 'failed', 1],
  ['interrupted', { error: error('INTERRUPTED') }, 'failed', 130],
  [
    'interrupted after a write',
    { error: error('INTERRUPTED'), steps: [create], outcomes: [ended(create, 'done')] },
    'partial',
    130,
  ],
  ['declined', { error: error('DECLINED') }, 'failed', 130],
  ['out of time', { error: error('TIMEOUT') }, 'failed', 1],
  [
    'out of time after a write',
    { error: error('TIMEOUT'), steps: [create], outcomes: [ended(create, 'done')] },
    'partial',
    3,
  ],
  ['bad usage', { error: error('USAGE') }, 'failed', 64],
  ['no credentials', { error: error('CREDENTIALS') }, 'failed', 4],
  ['another account', { error: error('ACCOUNT_MISMATCH') }, 'failed', 4],
  ['a bug', { error: error('INTERNAL') }, 'failed', 1],
];

describe('verdict and exit code', () => {
  it.each(TABLE.map((row) => [row[0], row] as const))('%s', (_, row) => {
    const [, more, expected, code, withDetail = code] = row;
    const made = document(more);
    const { readOnly = false } = more;
    expect(made.result).toBe(expected);
    expect(exitCode(made, { readOnly })).toBe(code);
    expect(exitCode(made, { readOnly, detailed: true })).toBe(withDetail);
  });

  it('what every step met when the run was told to stop is said once', () => {
    const end = error('INTERRUPTED');
    const outcomes = [create, second].map((one): Outcome => ({ step: one, status: 'failed', error: end }));
    expect(document({ steps: [create, second], outcomes, error: end }).errors).toEqual([
      expect.objectContaining({ code: 'INTERRUPTED', region: 'global', id: '' }),
    ]);
  });

  it.each(Object.entries(ERROR_CODES))('%s ends a run with its own code', (code, { exit }) => {
    const made = toDocument(failure('status', error(code as ErrorCode)), '0.0.0-test');
    expect(complaints(made)).toEqual([]);
    expect(made).toMatchObject({ command: 'status', account: null, changes: [], clusters: [] });
    expect(made.errors).toEqual([
      {
        code,
        region: 'global',
        id: '',
        message: `because of ${code}`,
        hint: 'do this',
        awsCode: 'Nope',
        requestId: 'request-1',
      },
    ]);
    expect(exitCode(made)).toBe(exit);
  });
});

describe('summary', () => {
  it('counts what was done, not what failed or waits', () => {
    const steps = [
      create,
      second,
      step(thing('iam:role', 'b'), 'update'),
      step(thing('iam:role', 'c'), 'none'),
      step(thing('s3:bucket', 'd'), 'blocked', { error: error('FOREIGN') }),
      step(thing('s3:bucket', 'e'), 'keep'),
      step(logging, 'update', { actual: theirs }),
    ];
    const outcomes = [
      ended(steps[0]!, 'done'),
      failed(steps[1]!, 'AWS'),
      skipped(steps[2]!, bucket),
      ended(steps[3]!, 'unchanged'),
      failed(steps[4]!, 'FOREIGN'),
      ended(steps[5]!, 'unchanged'),
      ended(steps[6]!, 'done'),
    ];
    expect(document({ steps, outcomes }).summary).toEqual({
      clusters: 1,
      create: 1,
      update: 1,
      adopt: 0,
      delete: 0,
      restore: 0,
      keep: 1,
      unchanged: 1,
      blocked: 1,
      skipped: 1,
      failed: 1,
    });
  });
});

// biome-ignore lint/suspicious/noExplicitAny: a document to be spoiled
type Loose = any;

describe('the schema', () => {
  const good = () =>
    structuredClone(
      toDocument(
        result({
          readOnly: true,
          steps: [create, customers],
          warnings: [{ code: 'X', region: US, id: 'x', message: 'm', hint: null }],
        }),
        '1.0.0',
      ),
    ) as unknown as Loose;
  it.each<[string, (document: Loose) => unknown]>([
    ['a further field', (d) => Object.assign(d, { more: 1 })],
    ['a further field of a change', (d) => Object.assign(d.changes[0], { more: 1 })],
    ['a field is missing', (d) => delete d.dryRun],
    ['a field of a change is missing', (d) => delete d.changes[0].note],
    ['another result', (d) => Object.assign(d, { result: 'fine' })],
    ['another action', (d) => Object.assign(d.changes[0], { action: 'destroy' })],
    ['another reason', (d) => Object.assign(d.changes[0], { reason: 'because' })],
    ['another status', (d) => Object.assign(d.changes[0], { status: 'pending' })],
    ['another type', (d) => Object.assign(d.changes[0], { type: 'iam:user' })],
    ['another state of a region', (d) => Object.assign(d.regions[0], { state: 'gone' })],
    ['another filter', (d) => Object.assign(d.clusters[0], { filter: 'fine' })],
    ['another delivery', (d) => Object.assign(d.clusters[0].delivery, { state: 'fine' })],
    ['another manager', (d) => Object.assign(d.clusters[0], { managedBy: 'pulumi' })],
    ['a code that is no word', (d) => Object.assign(d.warnings[0], { code: 'not a word' })],
    ['an account that is none', (d) => Object.assign(d, { account: '123' })],
    ['a count below nothing', (d) => Object.assign(d.summary, { failed: -1 })],
    ['failed without an error', (d) => Object.assign(d, { result: 'failed' })],
    ['kept that is false', (d) => d.changes[0].diff.push({ path: 'a', before: 1, after: 2, kept: false })],
  ])('refuses %s', (_, spoil) => {
    const one = good();
    expect(complaints(one)).toEqual([]);
    spoil(one);
    expect(complaints(one)).not.toEqual([]);
  });
});
