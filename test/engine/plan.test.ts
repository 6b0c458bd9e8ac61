import { describe, expect, it } from 'vitest';
import { diff, diffTags, keepBefore } from '../../src/engine/diff.ts';
import { RadError } from '../../src/engine/errors.ts';
import { type Goal, observe, plan, writes } from '../../src/engine/plan.ts';
import {
  type Actual,
  absent,
  type Claim,
  defineKind,
  type Json,
  type Labels,
  type Resource,
  type Spec,
  type Stay,
  type Tags,
  type Wish,
} from '../../src/engine/resource.ts';
import { decodePairs, encodePairs, state } from '../../src/engine/state.ts';

const SPEC = { a: 1, b: 2 };
const no = new RadError('AWS', 'no');
/** A thing whose numbers are stricter when they are higher, and which never touches anything. */
const thing = (claim: Claim, wish: Wish = {}, spec: Spec = SPEC, name = 'thing'): Resource =>
  defineKind<Spec, { region: string }>(
    {
      type: 's3:bucket',
      claim,
      read: async () => absent(),
      put: {},
      stricter: (_, before, after) => Number(before) > Number(after),
    },
    (error) => error as RadError,
    (read) => read(),
  )({ region: 'r' }, name, spec, wish);
const there = (spec: Spec, tags: Tags | undefined, facts: Spec = {}): Actual => ({ exists: true, spec, tags, facts });
const sealed = { ...state.owned, ...state.sealed(SPEC) };
const older = { ...state.owned, ...state.sealed({ a: 0 }) };
const shared = state.shared({ audit: false });

const planned = (goal: Goal, resource: Resource, actual: Actual, error?: RadError) =>
  plan(goal, [{ resource, actual, ...(error && { error }) }])[0]!;
/** "action reason", and the paths that are written and kept. */
const told = (goal: Goal, resource: Resource, actual: Actual) => {
  const { action, reason, changes, kept } = planned(goal, resource, actual);
  const paths = [...changes.map(({ path }) => path), ...kept.map(({ path }) => `(${path})`)];
  return [action, ...(reason ? [reason] : []), ...paths].join(' ');
};

describe('plan: claim × state → present, absent', () => {
  it.each<[string, Actual, string, string]>([
    ['not there', absent(), 'create missing a b', 'none'],
    ['there, without our mark', there(SPEC, {}), 'blocked foreign', 'none'],
    ['there, with marks of others', there(SPEC, { owner: 'them' }), 'blocked foreign', 'none'],
    ['claimed, bare', there({}, state.owned), 'update unfinished a b', 'delete'],
    ['claimed, complete, without a seal', there(SPEC, state.owned), 'update unfinished', 'delete'],
    ['claimed, weaker, without a seal', there({ a: 0, b: 2 }, state.owned), 'update unfinished a', 'delete'],
    ['claimed, stricter, without a seal', there({ a: 9, b: 2 }, state.owned), 'update unfinished (a)', 'delete'],
    ['claimed, stricter and bare, without a seal', there({ a: 9 }, state.owned), 'update unfinished b (a)', 'delete'],
    ['sealed, complete', there(SPEC, sealed), 'none', 'delete'],
    ['sealed, with fields that are not ours', there({ ...SPEC, c: 3 }, sealed), 'none', 'delete'],
    ['sealed, weaker', there({ a: 0, b: 2 }, sealed), 'update drifted a', 'delete'],
    ['sealed, stricter', there({ a: 9, b: 2 }, sealed), 'keep drifted (a)', 'delete'],
    ['sealed, weaker and stricter', there({ a: 0, b: 9 }, sealed), 'update drifted a (b)', 'delete'],
    ['sealed by another wish, complete', there(SPEC, older), 'update outdated', 'delete'],
    ['sealed by another wish, weaker', there({ a: 0, b: 2 }, older), 'update outdated a', 'delete'],
    ['sealed by another wish, stricter', there({ a: 9, b: 2 }, older), 'update outdated (a)', 'delete'],
  ])('tag: %s', (_, actual, present, gone) => {
    expect(told('present', thing('tag'), actual)).toBe(present);
    expect(told('absent', thing('tag'), actual)).toBe(gone);
  });

  it.each<[string, Actual, string, string]>([
    ['not there', absent(), 'create missing a b', 'none'],
    ["the customer's, complete", there(SPEC, {}), 'none', 'none'],
    ["the customer's, different", there({}, {}), 'none', 'none'],
    ['ours, complete', there(SPEC, sealed), 'none', 'delete'],
    ['ours, bare', there({}, state.owned), 'update unfinished a b', 'delete'],
    ['ours, weaker', there({ a: 0, b: 2 }, sealed), 'update drifted a', 'delete'],
    ['ours, stricter', there({ a: 9, b: 2 }, sealed), 'keep drifted (a)', 'delete'],
  ])('if-made: %s', (_, actual, present, gone) => {
    expect(told('present', thing('if-made'), actual)).toBe(present);
    expect(told('absent', thing('if-made'), actual)).toBe(gone);
  });

  it.each<[string, Actual, string, string]>([
    ['not there', absent(), 'none', 'none'],
    ['on already: no trace of us', there({ audit: true }, {}), 'none', 'none'],
    ['off', there({ audit: false }, {}), 'update missing audit', 'none'],
    ['on, by us', there({ audit: true }, shared), 'none', 'restore audit'],
    ['on by us, then off by somebody', there({ audit: false }, shared), 'update drifted audit', 'restore'],
    ['claimed, its note lost', there({ audit: true }, { 'rad-connect:claim': 'shared' }), 'none', 'restore'],
  ])('prior: %s', (_, actual, present, gone) => {
    const resource = thing('prior', {}, { audit: true });
    expect(told('present', resource, actual)).toBe(present);
    expect(told('absent', resource, actual)).toBe(gone);
  });

  it.each<[string, Actual, string, string]>([
    ['not there', absent(), 'none', 'none'],
    ['there', there({}, undefined), 'none', 'none'],
    ['there, even with our mark', there({}, state.owned), 'none', 'none'],
  ])('used: %s', (_, actual, present, gone) => {
    const resource = thing('used', {}, {});
    expect(told('present', resource, actual)).toBe(present);
    expect(told('absent', resource, actual)).toBe(gone);
  });

  it('what is used is blocked where it is refused', () => {
    const refused = () => no;
    expect(planned('present', thing('used', { refused }, {}), absent())).toMatchObject({
      action: 'blocked',
      error: no,
    });
  });

  it('what is left to another installation is neither changed nor made anew', () => {
    const resource = thing('if-made', { leaves: ({ facts }) => facts.by === 'them' });
    expect(told('present', resource, there({ a: 0 }, state.owned, { by: 'them' }))).toBe('none');
    expect(told('present', resource, there({ a: 0 }, state.owned))).toBe('update unfinished a b');
    expect(told('absent', resource, there({ a: 0 }, state.owned, { by: 'them' }))).toBe('delete');
  });

  it('restore aims at what was noted', () =>
    expect(planned('absent', thing('prior', {}, { audit: true }), there({ audit: true }, shared))).toMatchObject({
      target: { audit: false },
      changes: [{ path: 'audit', before: true, after: false }],
    }));

  it.each<[string, Actual, string, string]>([
    ['not there', absent(), 'create missing a b', 'none'],
    ['ours by its content', there(SPEC, undefined), 'none', 'delete'],
    ['ours, weaker', there({ a: 1, b: 0 }, undefined), 'update drifted b', 'delete'],
    ['not ours', there({ a: 5, b: 2 }, undefined), 'blocked foreign', 'none'],
  ])('by content: %s', (_, actual, present, gone) => {
    const resource = thing((seen, wanted) => seen.a === wanted.a);
    expect(told('present', resource, actual)).toBe(present);
    expect(told('absent', resource, actual)).toBe(gone);
  });

  it('what exists and is foreign says so with a way out', () =>
    expect(planned('present', thing('tag'), there(SPEC, {})).error).toMatchObject({
      code: 'FOREIGN',
      blocks: true,
      hint: expect.stringContaining('--name-prefix'),
    }));
});

describe('plan: what else decides', () => {
  it.each<Goal>(['present', 'absent'])('%s: unreadable is blocked, with the error', (goal) =>
    expect(planned(goal, thing('tag'), absent(), no)).toMatchObject({
      action: 'blocked',
      reason: 'unreadable',
      error: no,
    }),
  );

  it.each<[string, Actual, string]>([
    ['not there', absent(), 'blocked'],
    ['ours', there({}, sealed), 'blocked'],
    ['foreign: said first', there({}, {}), 'blocked foreign'],
  ])('a known refusal of AWS blocks: %s', (_, actual, expected) => {
    const resource = thing('tag', { refused: () => no });
    expect(told('present', resource, actual)).toBe(expected);
    expect(planned('absent', resource, there({}, sealed)).action).toBe('delete');
  });

  it('a field that the user named is written even where what is there is stricter', () => {
    expect(told('present', thing('tag', { insist: ['a'] }), there({ a: 9, b: 9 }, sealed))).toBe(
      'update drifted a (b)',
    );
    expect(planned('present', thing('tag', { insist: ['a'] }), there({ a: 9, b: 9 }, sealed)).target).toEqual({
      a: 1,
      b: 9,
    });
  });

  it.each<[string, Spec, Tags, string, Spec]>([
    ['unfinished: a value', { a: 9 }, state.owned, 'update unfinished b (a)', { a: 9, b: 2 }],
    ['unfinished: null', { a: null, b: 9 }, state.owned, 'update unfinished a (b)', { a: 1, b: 9 }],
    ['unfinished: bare', {}, state.owned, 'update unfinished a b', SPEC],
    ['sealed: a value', { a: 9, b: 2 }, sealed, 'keep drifted (a)', { a: 9, b: 2 }],
    ['sealed: null', { a: null, b: 2 }, sealed, 'keep drifted (a)', { a: null, b: 2 }],
    ['sealed: missing', { b: 2 }, sealed, 'keep drifted (a)', { a: null, b: 2 }],
    ['sealed by another wish: null', { a: null, b: 2 }, older, 'update outdated (a)', { a: null, b: 2 }],
  ])('where whatever is there is stricter, %s', (_, spec, tags, expected, target) => {
    const resource: Resource = { ...thing('tag'), stricter: () => true };
    expect(told('present', resource, there(spec, tags))).toBe(expected);
    expect(planned('present', resource, there(spec, tags)).target).toEqual(target);
  });

  /** What an earlier wish of ours has left: both numbers higher than what is wanted now. */
  const left = { ...state.owned, ...state.sealed({ a: 9, b: 9 }) };
  it.each<[string, Spec, Wish, Tags, string]>([
    ['all as we left it', { a: 9, b: 9 }, {}, left, 'update outdated a b'],
    ['a field done, the other as we left it', { a: 1, b: 9 }, {}, left, 'update outdated b'],
    ['a field as we left it, the other by somebody', { a: 9, b: 8 }, {}, left, 'update outdated a (b)'],
    ['our record is not whole', { a: 9, b: 9 }, { labels: { x: '1' } }, left, 'update outdated tags.x (a) (b)'],
    ['the record elsewhere is not whole', { a: 9, b: 9 }, { unsure: true }, left, 'update outdated (a) (b)'],
    ['not whole, but named', { a: 9, b: 9 }, { unsure: true, insist: ['a'] }, left, 'update outdated a (b)'],
  ])('we have changed our mind: %s', (_, spec, wish, tags, expected) =>
    expect(told('present', thing('tag', wish), there(spec, tags))).toBe(expected),
  );

  it('a field that the user named is written where we have not finished too', () =>
    expect(told('present', thing('tag', { insist: ['a'] }), there({ a: 9, b: 9 }, state.owned))).toBe(
      'update unfinished a (b)',
    ));

  it.each<[string, Labels, Tags, string]>([
    ['as wanted', { x: '1', y: null }, { x: '1' }, 'none'],
    ['missing', { x: '1' }, {}, 'update drifted tags.x'],
    ['another value', { x: '1' }, { x: '2' }, 'update drifted tags.x'],
    ['one too many', { y: null }, { y: '1' }, 'update drifted tags.y'],
    ['tags of others', {}, { z: '1' }, 'none'],
  ])('labels, %s', (_, labels, tags, expected) =>
    expect(told('present', thing('tag', { labels }), there(SPEC, { ...sealed, ...tags }))).toBe(expected),
  );

  it('tags given at birth are never looked at again', () =>
    expect(told('present', thing('tag', { birth: { team: 'x' } }), there(SPEC, sealed))).toBe('none'));

  it.each<[string, Stay, string, boolean]>([
    ['as it is', { why: 'w' }, 'keep', false],
    ['with other tags', { why: 'w', labels: { x: '1', y: null } }, 'update tags.x tags.y', true],
    ['given back', { why: 'w', release: true }, 'release', true],
  ])('what stays when the rest goes: %s', (_, stay, expected, isWritten) => {
    const resource = thing('tag', { stays: () => stay });
    expect(told('absent', resource, there(SPEC, { ...sealed, y: '1' }))).toBe(expected);
    expect(writes(planned('absent', resource, there(SPEC, { ...sealed, y: '1' })))).toBe(isWritten);
    expect(told('absent', resource, there(SPEC, {}))).toBe('none');
    expect(told('absent', resource, absent())).toBe('none');
  });

  it('refusals and stays see what was seen of other things', () => {
    const other = thing('tag', {}, SPEC, 'other');
    const resource = thing('tag', { refused: (_, seen) => (seen(other)?.facts.full ? no : undefined) });
    const steps = (full: boolean) =>
      plan('present', [
        { resource: other, actual: there(SPEC, sealed, { full }) },
        { resource, actual: absent() },
      ]).map(({ action }) => action);
    expect(steps(true)).toEqual(['none', 'blocked']);
    expect(steps(false)).toEqual(['none', 'create']);
  });

  it('what stands on a blocked thing is shown as skipped, through things that need no change', () => {
    const base = thing('tag', {}, SPEC, 'base');
    const middle = thing('tag', { needs: [base] }, SPEC, 'middle');
    const top = thing('tag', { needs: [middle] }, SPEC, 'top');
    const beside = thing('tag', {}, SPEC, 'beside');
    const steps = plan('present', [
      { resource: base, actual: there(SPEC, {}) },
      { resource: middle, actual: there(SPEC, sealed) },
      { resource: top, actual: absent() },
      { resource: beside, actual: absent() },
    ]);
    expect(steps.map(({ action, because }) => [action, because?.name])).toEqual([
      ['blocked', undefined],
      ['none', undefined],
      ['create', 'base'],
      ['create', undefined],
    ]);
  });

  it('absent: what is needed by an unreadable thing is skipped', () => {
    const base = thing('tag', {}, SPEC, 'base');
    const top = thing('tag', { needs: [base] }, SPEC, 'top');
    const steps = plan('absent', [
      { resource: base, actual: there(SPEC, sealed) },
      { resource: top, actual: absent(), error: no },
    ]);
    expect(steps.map(({ action, because }) => [action, because?.name])).toEqual([
      ['delete', 'top'],
      ['blocked', undefined],
    ]);
  });

  it('observe reads all, and a read that fails is data', async () => {
    const good = { ...thing('tag'), read: async () => there(SPEC, sealed) };
    const bad = { ...thing('tag'), read: () => Promise.reject(no) };
    const bug = { ...thing('tag'), read: () => Promise.reject(new TypeError('x')) };
    const seen = await observe([good, bad, bug]);
    expect(seen.map(({ actual, error }) => [actual.exists, error?.code])).toEqual([
      [true, undefined],
      [false, 'AWS'],
      [false, 'INTERNAL'],
    ]);
  });
});

describe('diff', () => {
  it.each<[string, Spec, Spec, string[]]>([
    ['the same', { a: 1 }, { a: 1 }, []],
    ['fields that are not named', { a: 1 }, { a: 1, z: 2 }, []],
    ['another value', { a: 1 }, { a: 2 }, ['a']],
    ['missing', { a: null }, {}, ['a']],
    ['deep', { a: { b: 1, c: 2 } }, { a: { b: 1, c: 3 } }, ['a.c']],
    ['a record for a value', { a: { b: 1 } }, { a: 1 }, ['a']],
    ['another order of keys in a list', { a: [{ x: 1, y: 2 }] }, { a: [{ y: 2, x: 1 }] }, []],
    ['another order of a list', { a: [1, 2] }, { a: [2, 1] }, ['a']],
    ['a number for its text', { a: 1 }, { a: '1' }, ['a']],
  ])('%s', (_, wanted, actual, paths) => expect(diff(wanted, actual).map(({ path }) => path)).toEqual(paths));

  it('keepBefore puts back what was there', () => {
    const changes = [
      { path: 'a.b', before: 9, after: 1 },
      { path: 'c', before: undefined, after: 3 },
    ];
    expect(keepBefore({ a: { b: 1, x: 2 }, c: 3, d: 4 }, changes)).toEqual({ a: { b: 9, x: 2 }, c: null, d: 4 });
  });

  it('diffTags', () =>
    expect(diffTags({ a: '1', b: null, c: null }, { b: '2', z: '3' })).toEqual([
      { path: 'tags.a', before: undefined, after: '1' },
      { path: 'tags.b', before: '2', after: null },
    ]));
});

describe('state in tags', () => {
  it.each<[string, Record<string, Json>]>([
    ['plain', { audit: false, retention: 14 }],
    ['what separates pairs', { 'a b': 'c=d e' }],
    ['other alphabets', { name: 'Zürich 東京 🙂' }],
    ['globs and patterns', { clusters: 'prod-*,{a,b}', p: '{ $.a = "b" && $.c != "%" }' }],
    ['the sign of quoting', { a: '@40 @@' }],
    ['empty', { a: '' }],
    ['none', {}],
  ])('pairs: %s', (_, pairs) => {
    const text = encodePairs(pairs);
    expect(text).toMatch(/^[\p{L}\p{N} _.:/=+\-@]*$/u);
    expect(decodePairs(text)).toEqual(Object.fromEntries(Object.entries(pairs).map(([k, v]) => [k, String(v)])));
  });

  it('the prior comes back as it was noted', () =>
    expect(state.prior(state.shared({ audit: false, x: true }))).toEqual({ audit: false, x: true }));

  it('a seal is of the meaning, not of the order', () => {
    const tags = state.sealed({ a: 1, b: { c: 2, d: 3 } });
    expect(state.seal(tags, { b: { d: 3, c: 2 }, a: 1 })).toBe('intact');
    expect(state.seal(tags, { a: 1, b: { c: 2, d: 4 } })).toBe('other');
    expect(state.seal({}, { a: 1 })).toBe('none');
    expect(Object.values(tags)[0]).toMatch(/^[0-9a-f]{8}(\.[0-9a-f]{8})*$/);
  });

  it('a seal knows what was left in each field', () => {
    const tags = state.sealed({ a: 1, b: { c: 2, d: 3 }, e: null });
    expect(state.isLeft(tags, 'a', 1)).toBe(true);
    expect(state.isLeft(tags, 'b', { d: 3, c: 2 })).toBe(true);
    expect(state.isLeft(tags, 'e', null)).toBe(true);
    expect(state.isLeft(tags, 'a', 2)).toBe(false);
    expect(state.isLeft(tags, 'b', 1)).toBe(false);
    expect(state.isLeft({}, 'a', 1)).toBe(false);
  });

  it('a claim is a claim whatever it says', () => {
    expect(state.isClaimed({ 'rad-connect:claim': '' })).toBe(true);
    expect(state.isClaimed({ 'rad-connect:spec': 'x' })).toBe(false);
    expect(state.isClaimed(undefined)).toBe(false);
  });
});
