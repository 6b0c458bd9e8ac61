import type { World } from './model.ts';
import { clusterEvent } from './services/eks.ts';
import { streamEvent } from './services/records.ts';

/** Lets the time pass until `now`: what has become due happens, in order, each at its own time. */
export function advance(world: World, now: number): void {
  for (let due = world.due[0]; due && due.at <= now; due = world.due[0]) {
    world.due.shift();
    world.now = Math.max(world.now, due.at);
    if (due.what.startsWith('cluster.')) clusterEvent(world, due);
    else streamEvent(world, due);
  }
  world.now = Math.max(world.now, now);
}
