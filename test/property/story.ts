import { expect } from 'vitest';
import type { Document } from '../../src/render/document.ts';
import type { World } from '../../src/simulator/model.ts';
import { account, type Ran } from '../helpers/account.ts';
import { meet, numbers, type Trouble } from './faults.ts';
import { type Hand, lay } from './hands.ts';
import type { Guard, Worlds } from './places.ts';
import { documentLaws, isPlan, type Line } from './run-laws.ts';
import { isClaimed, isMadeByEks, later, things } from './things.ts';
import { respected, untouched } from './world-laws.ts';
import { build, type WorldRecipe } from './worlds.ts';

/** An account that is used for a while, with the laws of each run checked at each run. */
export function open(recipe: WorldRecipe) {
  const worlds: Worlds = { real: build(recipe), shadow: build(recipe) };
  const { real, shadow } = worlds;
  const { run, clock } = account(real);
  const guards = new Map<string, Guard>();
  const told: string[] = [];
  const env = { AWS_REGION: recipe.regions[0]!.name };

  async function enter(line: Line, trouble: Trouble | null = null): Promise<Ran & { readonly document: Document }> {
    const before = structuredClone(real);
    const { words: more, options } = meet(trouble);
    const argv = [line.verb, ...line.words, ...more, '-o', 'json'];
    const ran = await withChance(told.length, () => run(argv, { env, ...options }));
    // Calls that were given up may still arrive.
    if (trouble) await clock.sleep(1_000);
    const met = trouble ? ` [${JSON.stringify(trouble)}]` : '';
    told.push(`$ ${argv.join(' ')}${met} → ${ran.code}, ${ran.writes.length} writes`);
    const document = documentLaws(line, ran);
    if (isPlan(line) || ran.code === 64) {
      expect(ran.writes).toEqual([]);
      untouched(before, real);
    }
    if (ran.code === 5) untouched(before, real);
    const prefix = wordAfter(line, '--name-prefix') ?? 'rad';
    respected({ verb: line.verb, prefix, deleteData: line.words.includes('--delete-data') }, before, real);
    guarded(line);
    if (line.verb === 'teardown') givenBack(document);
    adoptMadeByEks();
    return { ...ran, document };
  }

  function guarded({ verb, words: typed }: Line): void {
    for (const [what, { liftedBy, state }] of guards) {
      const isLifted = liftedBy !== null && typed.includes(liftedBy);
      const now = state(real);
      if (isLifted || now === 'gone') guards.delete(what);
      else if (verb === 'enable-audit') expect(now, `never weaker: ${what}`).toBe('stands');
    }
  }

  /** What teardown leaves on and has no mark any more is the customer's from now on. */
  function givenBack({ changes }: Document): void {
    // An update that is under way will still end.
    const end = later(real, busyUntil(real));
    for (const { type, action, region, id } of changes) {
      const [is, without] = [end, shadow].map((world) => world.regions[region]?.clusters[id]);
      if (type === 'eks:cluster-logging' && action === 'keep' && is && without && !isClaimed(is))
        without.logging = [...is.logging];
    }
  }

  /** EKS makes a log group where it is missing, also where it writes only for us; such a one is nobody's. */
  function adoptMadeByEks(): void {
    for (const thing of things(real).values()) {
      if (!isMadeByEks(thing)) continue;
      const [region = '', , name = ''] = thing.key.split(' ');
      const group = structuredClone(real.regions[region]!.groups[name]!);
      for (const filter of ['rad', 'blue']) delete group.filters[`${filter}-eks-audit-logs`];
      shadow.regions[region]!.groups[name] ??= group;
    }
  }

  async function hand(one: Hand): Promise<void> {
    for (let due = busyUntil(real); due > clock.now(); due = busyUntil(real)) await clock.sleep(due - clock.now());
    if (one.name === 'time passes') await clock.sleep(one.pick * 10 * 60_000);
    const guard = lay(one, worlds, clock.now());
    told.push(`  ${one.name} (${one.pick})`);
    adoptMadeByEks();
    for (const [what, { state }] of guards) if (state(real) !== 'stands') guards.delete(what);
    if (guard && guard.state(real) === 'stands') guards.set(guard.what, guard);
  }

  return { worlds, told, clock, enter, hand };
}

/** The pauses between attempts are the same in each telling. */
async function withChance<T>(seed: number, work: () => Promise<T>): Promise<T> {
  const { random } = Math;
  Math.random = numbers(seed);
  try {
    return await work();
  } finally {
    Math.random = random;
  }
}

const wordAfter = ({ words: all }: Line, option: string): string | undefined =>
  all.includes(option) ? all[all.indexOf(option) + 1] : undefined;

/** EKS takes no change of a cluster while an update of it is under way: people wait for it. */
const busyUntil = ({ due }: World): number =>
  Math.max(0, ...due.filter(({ what }) => what === 'cluster.updated').map(({ at }) => at));
