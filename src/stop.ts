import { setMaxListeners } from 'node:events';
import type { Clock } from './aws/clock.ts';
import type { RadError } from './engine/errors.ts';

/** How a run is told to end: first nothing new begins and calls in flight end; then they are given up too. */
export interface Stopper {
  readonly signal: AbortSignal;
  readonly kill: AbortSignal;
  /** Rejects when the run has not ended by itself after that: whatever it waits for listens to nobody. */
  readonly over: Promise<never>;
  /** The second time calls in flight are given up at once. */
  stop(why: RadError): void;
}

/** A call that has not ended by then has no answer to wait for; whether it took effect the next run will see. Milliseconds. */
const GRACE = 5_000;
/** To tell what was done. Milliseconds. */
const LAST_WORDS = 2_000;

export function createStopper(clock: Clock): Stopper {
  const [soft, hard] = [new AbortController(), new AbortController()];
  // Every wait of a run listens to it.
  for (const { signal } of [soft, hard]) setMaxListeners(0, signal);
  const over = new Promise<never>((_, reject) =>
    hard.signal.addEventListener('abort', () => clock.alarm(LAST_WORDS, () => reject(hard.signal.reason))),
  );
  over.catch(() => {});
  return {
    signal: soft.signal,
    kill: hard.signal,
    over,
    stop(why) {
      if (soft.signal.aborted) return hard.abort(soft.signal.reason);
      soft.abort(why);
      clock.alarm(GRACE, () => hard.abort(why));
    },
  };
}
