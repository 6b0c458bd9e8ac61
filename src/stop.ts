import { setMaxListeners } from 'node:events';
import type { Clock, OnWait } from './aws/clock.ts';
import { RadError } from './engine/errors.ts';

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

/** What a run waits for: each is told when that begins to be long. */
export function createWaits(tell: (place: string, text: string) => void) {
  const waits = new Map<symbol, string>();
  const onWait: OnWait = (place, whom) => {
    tell(place, `${whom} has not answered yet`);
    const wait = Symbol();
    waits.set(wait, /\d$/.test(place) ? `${whom} in ${place}` : whom);
    return () => void waits.delete(wait);
  };
  return {
    onWait,
    /** What has not come so far, in words. */
    unanswered() {
      const all = [...new Set(waits.values())];
      const some = all.slice(0, 3).join(', ');
      return all.length ? `no answer from ${some}${all.length > 3 ? ', …' : ''}` : undefined;
    },
  };
}

/**
 * What is said of a run that ends before its time: what it leaves behind depends on what it does. `seconds`: its time-out;
 * `unanswered`: what it waits for then.
 */
export function endings(
  command: string,
  options: Readonly<Record<string, unknown>>,
  seconds: number,
  unanswered: () => string | undefined,
) {
  const { dryRun, check, canary, watch, notify, engine } = options;
  const reads = READS.has(command) && !notify && engine !== 'athena';
  const span = `--timeout ${Math.round(seconds)}s`;
  const end = (left: string, hints: { interrupted?: string; late?: string }) => ({
    interrupted: new RadError('INTERRUPTED', `interrupted${left && `: ${left}`}`, { hint: hints.interrupted }),
    late() {
      const why = [unanswered(), left].filter(Boolean).join('; ');
      const text = `${watch ? `${span} is over` : `not done within ${span}`}${why && `: ${why}`}`;
      return new RadError('TIMEOUT', text, { hint: hints.late });
    },
  });
  // What of its log streams is left is told by the command, where it still can.
  if (canary) return end('', { interrupted: CANARY_LEFT, late: CANARY_LEFT });
  if (reads || dryRun || check) return end(NOTHING, { late: watch ? ENDLESS : MORE_TIME });
  if (watch) return end('what is done stays', { late: ENDLESS });
  return end('no further call was made; what AWS had begun by then goes on by itself', {
    interrupted: GO_ON,
    late: GO_ON,
  });
}

const READS: ReadonlySet<string> = new Set(['status', 'verify', 'doctor', 'findings']);
const NOTHING = 'nothing was changed';
const MORE_TIME = 'give it more with --timeout';
const ENDLESS = 'without --timeout it goes on until Ctrl-C';
const GO_ON = 'run the same command again: it goes on from here';
const CANARY_LEFT = 'should its log stream be left, rad-connect verify --canary takes it away once it is an hour old';
