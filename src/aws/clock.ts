/** Where time comes from. Nothing else in src reads a clock or sets a timer, so that tests and the sandbox own time. */
export interface Clock {
  /** Milliseconds since the epoch. */
  now(): number;
  /** Resolves after `ms`, or at once when the signal is aborted. */
  sleep(ms: number, signal?: AbortSignal): Promise<void>;
  /** Calls `ring` once `ms` have passed, without ever making time pass. Returns how to take it back. */
  alarm(ms: number, ring: () => void): () => void;
  /** Real input and output is under way: virtual time stands still until it is done. */
  during<T>(work: () => Promise<T>): Promise<T>;
}

export const realClock: Clock = {
  now: () => Date.now(),
  sleep: (ms, signal) =>
    new Promise((resolve) => {
      if (signal?.aborted) return resolve();
      const end = () => {
        clearTimeout(timer);
        signal?.removeEventListener('abort', end);
        resolve();
      };
      const timer = setTimeout(end, ms);
      signal?.addEventListener('abort', end, { once: true });
    }),
  alarm(ms, ring) {
    const timer = setTimeout(ring, ms);
    timer.unref();
    return () => clearTimeout(timer);
  },
  during: (work) => work(),
};

/** The same work, given up with this error when it has not ended by then (milliseconds). */
export function within<T>(work: Promise<T>, clock: Pick<Clock, 'alarm'>, ms: number, late: Error): Promise<T> {
  return new Promise((resolve, reject) => {
    const takeBack = clock.alarm(ms, () => reject(late));
    work.then(resolve, reject).finally(takeBack);
  });
}

/** Told of an answer that is long in coming; gives what to call once nobody waits for it any more. */
export type OnWait = (place: string, whom: string) => () => void;

/** The same work; whoever waits for it is told when it takes this long (milliseconds). */
export function watched<T>(
  work: Promise<T>,
  clock: Pick<Clock, 'alarm'>,
  ms: number,
  tell: () => (() => void) | undefined,
) {
  let end: (() => void) | undefined;
  const takeBack = clock.alarm(ms, () => {
    end = tell();
  });
  return work.finally(() => {
    takeBack();
    end?.();
  });
}

/** The same work, given up as soon as the signal is aborted, with its reason. */
export function unlessAborted<T>(work: Promise<T>, signal: AbortSignal): Promise<T> {
  return new Promise((resolve, reject) => {
    const give = () => reject(signal.reason);
    if (signal.aborted) return give();
    signal.addEventListener('abort', give, { once: true });
    work.then(resolve, reject).finally(() => signal.removeEventListener('abort', give));
  });
}

interface Waiter {
  readonly at: number;
  readonly wake: () => void;
}

/** Time that jumps to the next sleepers, all of one moment, as soon as nothing else is left to do. */
export function virtualClock(start: number): Clock {
  let time = start;
  let busy = 0;
  let ticking = false;
  const sleepers = new Set<Waiter>();
  const alarms = new Set<Waiter>();

  const pass = (to: number) => {
    time = Math.max(time, to);
    for (const alarm of alarms) {
      if (alarm.at > time) continue;
      alarms.delete(alarm);
      alarm.wake();
    }
  };
  const next = () => {
    let first: Waiter | undefined;
    for (const waiter of sleepers) if (!first || waiter.at < first.at) first = waiter;
    return first;
  };
  // Two turns of the event loop: promise chains between two calls have settled by then.
  const tick = () => {
    if (ticking) return;
    ticking = true;
    setImmediate(() =>
      setImmediate(() => {
        ticking = false;
        if (busy > 0) return;
        const first = next();
        if (!first) return;
        pass(first.at);
        for (const waiter of [...sleepers]) if (waiter.at === first.at) waiter.wake();
        if (sleepers.size) tick();
      }),
    );
  };

  return {
    now: () => time,
    sleep: (ms, signal) =>
      new Promise((resolve) => {
        if (signal?.aborted) return resolve();
        const waiter: Waiter = {
          at: time + Math.max(0, ms),
          wake() {
            sleepers.delete(waiter);
            signal?.removeEventListener('abort', waiter.wake);
            resolve();
          },
        };
        sleepers.add(waiter);
        signal?.addEventListener('abort', waiter.wake, { once: true });
        tick();
      }),
    alarm(ms, ring) {
      const waiter: Waiter = { at: time + ms, wake: ring };
      alarms.add(waiter);
      return () => void alarms.delete(waiter);
    },
    async during(work) {
      busy++;
      try {
        return await work();
      } finally {
        busy--;
        if (sleepers.size) tick();
      }
    },
  };
}
