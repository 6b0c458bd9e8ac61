import { setMaxListeners } from 'node:events';
import type { Clock } from './aws/clock.ts';
import type { RadError } from './engine/errors.ts';

/** How a run is told to end: first nothing new begins and calls in flight end; then they are given up too. */
export interface Stopper {
  readonly signal: AbortSignal;
  readonly kill: AbortSignal;
  /** The second time calls in flight are given up at once. */
  stop(why: RadError): void;
}

/** A call that has not ended by then has no answer to wait for; whether it took effect the next run will see. Milliseconds. */
const GRACE = 5_000;

export function createStopper(clock: Clock): Stopper {
  const [soft, hard] = [new AbortController(), new AbortController()];
  // Every wait of a run listens to it.
  for (const { signal } of [soft, hard]) setMaxListeners(0, signal);
  return {
    signal: soft.signal,
    kill: hard.signal,
    stop(why) {
      if (soft.signal.aborted) return hard.abort(soft.signal.reason);
      soft.abort(why);
      clock.alarm(GRACE, () => hard.abort(why));
    },
  };
}
