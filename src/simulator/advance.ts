import type { World } from './model.ts';
import { clusterEvent } from './services/eks.ts';
import { streamEvent } from './services/records.ts';

/** Lets the time pass until `now`: what has become due happens, in order, each at its own time. Whether anything did. */
export function advance(world: World, now: number): boolean {
  const isDue = world.due[0] !== undefined && world.due[0].at <= now;
  for (let due = world.due[0]; due && due.at <= now; due = world.due[0]) {
    world.due.shift();
    world.now = Math.max(world.now, due.at);
    if (due.what.startsWith('cluster.')) clusterEvent(world, due);
    else streamEvent(world, due);
  }
  world.now = Math.max(world.now, now);
  return isDue;
}
