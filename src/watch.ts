import { unlessAborted } from './aws/clock.ts';
import { asRadError, ERROR_CODES, type RadError } from './engine/errors.ts';

interface Watch<T> {
  /** Aborted with the RadError that tells why. */
  readonly signal: AbortSignal;
  look(): Promise<T>;
  /** What a round that failed looks like. */
  failed(why: RadError): T;
  show(seen: T): void;
  /** Between two rounds. */
  pause(): Promise<void>;
}

/** Looks again and again, until it is told to stop: then at once. Trouble of one round is shown, and the next one tries again. */
export async function watch<T>({ signal, look, failed, show, pause }: Watch<T>): Promise<never> {
  for (;;) {
    const round = look().catch((error: unknown) => {
      const why = asRadError(error);
      if (!mayPass(why)) throw why;
      return failed(why);
    });
    show(await unlessAborted(round, signal));
    await unlessAborted(pause(), signal);
  }
}

/** Bad usage, bad credentials and bugs are the same in the next round. */
const mayPass = ({ code }: RadError) => code !== 'INTERNAL' && ![4, 64].includes(ERROR_CODES[code].exit);
