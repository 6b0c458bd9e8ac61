import type { Clock } from '../aws/clock.ts';
import type { Message } from '../aws/publish.ts';
import { asRadError, type RadError } from '../engine/errors.ts';
import { inFlight } from '../sync/in-flight.ts';
import type { Shelf } from '../sync/shelf.ts';

export interface Sent {
  readonly sent: number;
  /** Of earlier runs, or of one that is at it. */
  readonly before: number;
  /** Not sent, because of the error or since the run was told to stop. */
  readonly left: number;
  readonly error?: RadError;
}

export interface Sending {
  readonly shelf: Shelf;
  /** Below which it is kept what was sent. */
  readonly below: string;
  readonly clock: Pick<Clock, 'now'>;
  readonly signal: AbortSignal;
  send(message: Message): Promise<void>;
}

/** Who has claimed a finding and said no more has been killed. Longer than all attempts at sending one take. Milliseconds. */
const HOLD = 900_000;
const LIMITS = { places: 8, bytes: Number.POSITIVE_INFINITY };

/**
 * Sends each finding once. It is claimed under the next number, by a write of which there can be only one, before it is sent, and told to be
 * sent after. So of two runs at once one sends it. After a kill between sending and telling so, a later run sends it again, with the same id.
 * At the first that cannot be sent no other is begun.
 */
export async function sendOnce(all: readonly Message[], sending: Sending): Promise<Sent> {
  const { signal } = sending;
  const ledger = await openLedger(sending);
  const done = { sent: 0, before: 0 };
  let error: RadError | undefined;
  const one = async (message: Message) => {
    if (error || signal.aborted) return;
    const claim = await ledger.claim(message.id);
    if (!claim) {
      done.before++;
      return;
    }
    try {
      await sending.send(message);
    } catch (thrown) {
      error ??= asRadError(thrown);
      await claim.release();
      return;
    }
    await claim.sent();
    done.sent++;
  };
  await inFlight(all, LIMITS, () => 0, one);
  const left = all.length - done.sent - done.before;
  return { ...done, left, ...(error && { error }) };
}

interface Claim {
  sent(): Promise<unknown>;
  /** It was not sent: whoever comes next may try at once. */
  release(): Promise<unknown>;
}

async function openLedger({ shelf, below, clock }: Sending) {
  const seen = new Map<string, Set<string>>();
  for await (const { key } of shelf.list(below, '')) {
    const [id = '', word = ''] = key.slice(below.length).split('/');
    seen.set(id, (seen.get(id) ?? new Set()).add(word));
  }
  const isHeld = async (claimed: string) => {
    const at = Number(await shelf.read(claimed));
    return clock.now() - at < HOLD;
  };
  return {
    /** undefined: it is sent, or somebody is at it. */
    async claim(id: string): Promise<Claim | undefined> {
      const words = seen.get(id) ?? new Set();
      if (words.has('sent')) return undefined;
      const place = (word: string) => `${below}${id}/${word}`;
      let number = 0;
      while (words.has(`${number}.claim`)) number++;
      const last = number - 1;
      if (number && !words.has(`${last}.failed`) && (await isHeld(place(`${last}.claim`)))) return undefined;
      if (!(await shelf.write(place(`${number}.claim`), Buffer.from(String(clock.now()))))) return undefined;
      return {
        sent: () => shelf.write(place('sent'), NOTHING),
        release: () => shelf.write(place(`${number}.failed`), NOTHING),
      };
    },
  };
}

const NOTHING = Buffer.alloc(0);
