import { RadError } from '../engine/errors.ts';
import type { Run } from '../engine/resource.ts';

const FIRST = 250;
const LONGEST = 5_000;
const MINUTE = 60_000;

interface Wait {
  /** What is waited for, as it is shown: "waiting for <what>". */
  readonly what: string;
  /** Milliseconds. */
  readonly limit: number;
}

/** Try again while the error says that it is only too early. IAM tells other services late: terraform-provider-aws allows 2 minutes. */
export async function eventually<T>(
  request: () => Promise<T>,
  again: (error: unknown) => boolean,
  run: Run,
  { what, limit = 2 * MINUTE }: Partial<Wait> & Pick<Wait, 'what'>,
): Promise<T> {
  const end = run.now() + limit;
  for (let pause = FIRST; ; pause = Math.min(pause * 1.5, LONGEST)) {
    try {
      return await request();
    } catch (error) {
      if (!again(error) || run.now() + pause > end) throw error;
    }
    await rest(run, pause, what);
  }
}

/** Ask until it is ready. */
export async function until<T>(
  read: () => Promise<T>,
  ready: (value: T) => boolean,
  run: Run,
  { what, limit = 10 * MINUTE }: Partial<Wait> & Pick<Wait, 'what'>,
): Promise<T> {
  const value = await soon(read, ready, run, { what, limit });
  if (ready(value)) return value;
  throw new RadError('TIMEOUT', `still waiting for ${what} after ${Math.round(limit / MINUTE)} minutes`, {
    hint: 'run the same command again: it goes on from here',
  });
}

/** Ask until it is ready or the time is over: what was seen last. */
export async function soon<T>(
  read: () => Promise<T>,
  ready: (value: T) => boolean,
  run: Run,
  { what, limit }: Wait,
): Promise<T> {
  const end = run.now() + limit;
  for (let pause = FIRST; ; pause = Math.min(pause * 1.5, LONGEST)) {
    const value = await read();
    if (ready(value) || run.now() + pause > end) return value;
    await rest(run, pause, what);
  }
}

async function rest(run: Run, pause: number, what: string): Promise<void> {
  if (run.signal.aborted) throw run.signal.reason;
  run.note(`waiting for ${what}`);
  await run.sleep(pause);
  if (run.signal.aborted) throw run.signal.reason;
}

/**
 * Of all calls of a region that wait for the same thing one goes first: while it waits, the others need not ask too. When it
 * meets an error that all of them would meet, it fails for all.
 */
export async function afterFirst<T>(
  region: object,
  work: () => Promise<T>,
  isForAll: (error: unknown) => boolean,
): Promise<T> {
  const leader = leaders.get(region);
  if (leader) {
    const led = await leader.then(
      () => true,
      (error: unknown) => {
        if (isForAll(error)) throw error;
        return false;
      },
    );
    return led ? work() : afterFirst(region, work, isForAll);
  }
  const leading = work();
  leaders.set(region, leading);
  leading.catch((error: unknown) => isForAll(error) || leaders.delete(region));
  return leading;
}
const leaders = new WeakMap<object, Promise<unknown>>();
