import type { Ora } from 'ora';
import { describe, expect, it } from 'vitest';
import { RadError } from '../../src/engine/errors.ts';
import type { Event, Outcome } from '../../src/engine/event.ts';
import type { Action, Step } from '../../src/engine/plan.ts';
import type { Resource } from '../../src/engine/resource.ts';
import { progress } from '../../src/render/progress.ts';

const step = (action: Action, more: Partial<Resource> = {}, rest: Partial<Step> = {}): Step => ({
  resource: { type: 's3:bucket', region: 'eu-west-1', name: 'audit', ...more } as Resource,
  actual: { exists: true, spec: {}, tags: {}, facts: {} },
  action,
  target: {},
  changes: [],
  kept: [],
  ...rest,
});

/** Events, one a second, and what became of them: lines that stay, and what the spinner showed. */
function tell(events: readonly Event[], withSpinner: boolean) {
  const lines: string[] = [];
  const meanwhile: string[] = [];
  let now = 0;
  let isSpinning = false;
  const spinner = {
    set text(text: string) {
      meanwhile.push(text);
    },
    get isSpinning() {
      return isSpinning;
    },
    start() {
      isSpinning = true;
    },
    clear: () => void lines.push('(cleared)'),
  };
  const report = progress({
    stream: { write: (text) => void lines.push(text) },
    paint: (_, text) => text,
    now: () => now,
    spinner: withSpinner ? (spinner as unknown as Ora) : undefined,
  });
  for (const event of events) {
    report(event);
    now += 1_500;
  }
  return { lines: lines.map((line) => line.replace(/\n$/, '')), meanwhile, isSpinning };
}
const end = (of: Step, rest: object): Event => ({ type: 'step.end', outcome: { step: of, ...rest } as Outcome });
const create = step('create');
const role = step('update', { type: 'iam:role', name: 'rad-firehose' });

describe('progress', () => {
  it.each<[string, Event[], string[], string[]]>([
    [
      'looking',
      [{ type: 'looking', regions: ['a', 'b'] }],
      ['Looking for EKS clusters in 2 regions'],
      ['looking for EKS clusters'],
    ],
    ['looked', [{ type: 'looked', region: 'a', clusters: 1, state: 'ok' }], [], ['a: 1 cluster']],
    ['looked in vain', [{ type: 'looked', region: 'a', clusters: 0, state: 'denied' }], [], ['a: denied']],
    ['started', [{ type: 'started', steps: [create] }], [], []],
    [
      'step.start',
      [
        { type: 'started', steps: [create, role] },
        { type: 'step.start', step: create },
      ],
      [],
      ['0/2 · eu-west-1 s3:bucket audit'],
    ],
    [
      'a role has no region',
      [
        { type: 'started', steps: [role] },
        { type: 'step.start', step: role },
      ],
      [],
      ['0/1 · iam:role rad-firehose'],
    ],
    [
      'step.end',
      [{ type: 'started', steps: [create] }, { type: 'step.start', step: create }, end(create, { status: 'done' })],
      ['  ✓ eu-west-1 s3:bucket audit created (2 s)'],
      ['0/1 · eu-west-1 s3:bucket audit', '1/1'],
    ],
    [
      'nothing to do counts for nothing',
      [{ type: 'started', steps: [step('none')] }, end(step('none'), { status: 'unchanged' })],
      [],
      [],
    ],
  ])('%s', (_, events, lines, meanwhile) => {
    expect(tell(events, false)).toMatchObject({ lines, meanwhile: [] });
    expect(tell(events, true).meanwhile).toEqual(meanwhile);
    expect(tell(events, true).lines.filter((line) => line !== '(cleared)')).toEqual(lines);
  });

  it('how a step may end', () => {
    const lines = (of: Step, rest: object) => tell([end(of, rest)], false).lines;
    expect(lines(create, { status: 'done' })).toEqual(['  ✓ eu-west-1 s3:bucket audit created']);
    expect(lines(step('update'), { status: 'done' })).toEqual(['  ✓ eu-west-1 s3:bucket audit updated']);
    expect(lines(step('delete'), { status: 'done' })).toEqual(['  ✓ eu-west-1 s3:bucket audit deleted']);
    expect(lines(step('restore'), { status: 'done' })).toEqual(['  ✓ eu-west-1 s3:bucket audit restored']);
    expect(lines(step('release', {}, { stay: { why: 'w', release: true } }), { status: 'done' })).toEqual([
      '  ✓ eu-west-1 s3:bucket audit released',
    ]);
    expect(lines(step('keep', {}, { stay: { why: 'w' } }), { status: 'unchanged' })).toEqual([]);
    expect(lines(create, { status: 'failed', error: new RadError('AWS', 'no') })).toEqual([
      '  ✗ eu-west-1 s3:bucket audit failed',
    ]);
    expect(lines(create, { status: 'failed', error: new RadError('FOREIGN', 'no') })).toEqual([
      '  ✗ eu-west-1 s3:bucket audit blocked',
    ]);
    expect(lines(create, { status: 'skipped' })).toEqual(['  - eu-west-1 s3:bucket audit skipped']);
    expect(lines(step('delete'), { status: 'kept', why: 'w' })).toEqual(['  = eu-west-1 s3:bucket audit kept']);
  });

  it('without a terminal a note is a line, once; a countdown is not a line for each number', () => {
    const note = (text: string): Event => ({ type: 'step.note', step: create, text });
    const notes = ['waiting for IAM', 'waiting for IAM', 'waiting 20 s', 'waiting 10 s', 'waiting for IAM'].map(note);
    expect(tell(notes, false).lines).toEqual([
      '  · eu-west-1 s3:bucket audit: waiting for IAM',
      '  · eu-west-1 s3:bucket audit: waiting 20 s',
      '  · eu-west-1 s3:bucket audit: waiting for IAM',
    ]);
  });

  it('on a terminal a note is what the spinner shows', () => {
    const notes: Event[] = ['20 s', '10 s'].map((text) => ({ type: 'step.note', step: create, text }));
    const { lines, meanwhile, isSpinning } = tell([{ type: 'started', steps: [create] }, ...notes], true);
    expect(lines).toEqual([]);
    expect(meanwhile).toEqual(['0/1 · eu-west-1 s3:bucket audit: 20 s', '0/1 · eu-west-1 s3:bucket audit: 10 s']);
    expect(isSpinning).toBe(true);
  });

  it('on a terminal the spinner makes room for a line that stays', () => {
    const { lines } = tell([end(create, { status: 'done' })], true);
    expect(lines).toEqual(['(cleared)', '  ✓ eu-west-1 s3:bucket audit created']);
  });
});

it.each([true, false])('what others have named is spelled out (on a terminal: %s)', (withSpinner) => {
  const evil = 'a\u001b[2J\u202e\n';
  const named = step('create', { name: evil });
  const { lines, meanwhile } = tell(
    [
      { type: 'note', place: evil, text: evil },
      { type: 'started', steps: [named] },
      { type: 'step.start', step: named },
      { type: 'step.note', step: named, text: evil },
      end(named, { status: 'done' }),
    ],
    withSpinner,
  );
  const all = [...lines, ...meanwhile].join('');
  expect(all).toContain('a\\u001b[2J\\u202e\\u000a: a\\u001b[2J');
  expect(all).not.toMatch(/[\p{Cc}\p{Cf}]/u);
});
