import { expect } from 'vitest';
import type { World } from '../../src/simulator/model.ts';
import { isMadeByEks, isSame, later, type Thing, things } from './things.ts';

/** What one run may have done to the account. */
interface Told {
  readonly verb: string;
  readonly prefix: string;
  readonly deleteData: boolean;
}

/** A plan, a status and a run that was refused leave the account as it would have become by itself. */
export function untouched(before: World, after: World): void {
  const expected = later(before, after.now);
  for (const world of [expected, after]) world.recent = {};
  expect(after, 'nothing was changed').toEqual(expected);
}

/** Nothing of others is changed, and of what is ours only what is ours to change. */
export function respected(told: Told, before: World, after: World): void {
  const [was, is] = [things(later(before, after.now)), things(after)];
  const wrongs = [...was.values()].flatMap((thing) => wrong(told, thing, is.get(thing.key), was) ?? []);
  const added = [...is.values()].filter(({ key }) => !was.has(key)).filter((thing) => !mayAppear(told, thing));
  expect([...wrongs, ...added.map(({ key }) => `${key} appeared`)], 'respect').toEqual([]);
}

const mayAppear = ({ verb, prefix }: Told, thing: Thing): boolean =>
  (verb === 'enable-audit' && (thing.owner === prefix || thing.owner === 'shared')) || isMadeByEks(thing);

function wrong(told: Told, was: Thing, is: Thing | undefined, all: ReadonlyMap<string, Thing>): string | undefined {
  const { key, owner } = was;
  const changed = (text: string) => `${key} ${text}: ${JSON.stringify([was, is])}`;
  if (owner !== told.prefix && owner !== 'shared')
    return isSame(was.whole, is?.whole) && (is?.holds ?? 0) >= (was.holds ?? 0)
      ? undefined
      : changed('is not ours and was changed');
  if (!is) return mayGo(told, was, all) ? undefined : changed('is gone');
  if (!isSame(was.theirs, is.theirs)) return changed('has something of others that was changed');
  if (!key.includes(' eks:cluster-logging ')) return undefined;
  return wrongLogging(told, was, is) ? changed('was turned') : undefined;
}

function mayGo({ verb, deleteData }: Told, { key, owner, theirs }: Thing, all: ReadonlyMap<string, Thing>): boolean {
  if (verb !== 'teardown') return false;
  if (owner !== 'shared') return true;
  const { kmsKeyId, metricFilterCount } = theirs as { kmsKeyId?: string; metricFilterCount: number };
  const isRead = [...all.values()].some(
    (other) => other.key.startsWith(key.replace(' logs:log-group ', ' logs:subscription-filter ')) && !other.owner,
  );
  return deleteData && !kmsKeyId && metricFilterCount === 0 && !isRead;
}

/** enable-audit only turns on; teardown turns off only where we have noted that we turned it on. */
function wrongLogging({ verb }: Told, was: Thing, is: Thing): boolean {
  const [before, now] = [was, is].map(({ whole }) => whole as { types: string[]; marked: boolean });
  const [on, stays] = [before!.types.includes('audit'), now!.types.includes('audit')];
  if (verb === 'enable-audit') return on && !stays;
  return on ? !stays && !before!.marked : stays;
}
