import fc from 'fast-check';
import { advance } from '../../src/simulator/advance.ts';
import { CLUSTER_HANDS } from './hands-clusters.ts';
import { OUR_HANDS } from './hands-ours.ts';
import type { Change, Guard, Place, Worlds } from './places.ts';

/** What people do in an account while rad-connect is there. */
const HANDS = { ...CLUSTER_HANDS, ...OUR_HANDS };
export type HandName = keyof typeof HANDS;

export interface Hand {
  readonly name: HandName;
  readonly pick: number;
}

export const hands: fc.Arbitrary<Hand> = fc.record({
  name: fc.constantFrom(...(Object.keys(HANDS) as HandName[])),
  pick: fc.nat(11),
});

/** Does it to both worlds, at this time. */
export function lay({ name, pick }: Hand, worlds: Worlds, now: number): Guard | undefined {
  for (const world of [worlds.real, worlds.shadow]) advance(world, now);
  const regions = Object.keys(worlds.real.regions);
  const region = regions[pick % regions.length]!;
  const clusters = Object.keys(worlds.real.regions[region]!.clusters);
  const place: Place = {
    region,
    prefix: pick === 11 ? 'blue' : 'rad',
    cluster: clusters[Math.floor(pick / 2) % clusters.length] ?? 'gone',
    pick,
  };
  const change: Change = HANDS[name];
  return change(worlds, place) ?? undefined;
}
