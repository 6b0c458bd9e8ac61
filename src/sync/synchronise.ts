import { isForeign } from '../audit/keys.ts';
import { explain } from '../aws/errors.ts';
import type { RadError } from '../engine/errors.ts';
import { inFlight } from './in-flight.ts';
import { createLedger, type Failure, type Ledger, type Named, type Proof } from './ledger.ts';
import { lookAt } from './look.ts';
import { joined, type Pair } from './merge.ts';
import type { Listed, Shelf } from './shelf.ts';

/** What is copied from. It is never written to. */
export interface Source {
  readonly prefix: string;
  /** In the order of keys, those after this one. */
  list(after: string): AsyncIterable<Listed>;
  /** As it is listed; undefined: it is gone. */
  read(object: Listed): Promise<Buffer | undefined>;
}

export interface Job {
  readonly source: Source;
  readonly destination: Shelf;
  /** Below this in the destination, keys are those of the source. What is there is all that is remembered. */
  readonly below: string;
  /** Keys up to this one are not looked at. */
  readonly after: string;
  /** Tell only what is missing. */
  readonly check: boolean;
  progress(counts: Ledger['counts']): void;
}

export interface Synchronised {
  readonly proof: Proof;
  readonly named: Named;
  readonly failures: readonly Failure[];
  /** What ended it before its end. */
  readonly error?: RadError;
}

/** Objects of Firehose have 5 MiB by default, and at most 128 (Data Firehose quotas). */
const MIB = 1_048_576;
const LIMITS = { places: 24, bytes: 160 * MIB };
/** Firehose makes none of this size, and it would have to be held whole. */
const LARGE = 512 * MIB;
/** So many objects that cannot be copied are a fault of the place; fewer, where none can. */
const [MOST_FAILURES, MOST_IN_VAIN] = [100, 16] as const;

/** Copies what is missing, the oldest first, each object once: whoever else does the same at the same time. */
export async function synchronise(job: Job): Promise<Synchronised> {
  const { source, after } = job;
  const ledger = createLedger();
  const pairs = joined(source.list(after), copies(job));
  let error: RadError | undefined;
  try {
    await inFlight(
      missing(pairs, job, ledger),
      LIMITS,
      ({ size }) => size,
      (object) => copy(object, job, ledger),
    );
  } catch (thrown) {
    error = explain(thrown);
  }
  return { ...ledger.close(error === undefined), failures: ledger.failures, ...(error && { error }) };
}

async function* copies({ source: { prefix }, destination, below, after }: Job): AsyncGenerator<Listed> {
  for await (const copy of destination.list(below + prefix, after && below + after))
    yield { ...copy, key: copy.key.slice(below.length) };
}

async function* missing(pairs: AsyncIterable<Pair>, job: Job, ledger: Ledger): AsyncGenerator<Listed> {
  for await (const { object, copy } of pairs) {
    ledger.seen(object);
    if (copy) ledger.present(object, copy);
    else if (isForeign(object.key)) ledger.skip(object.key, 'foreign');
    else if (object.size > LARGE) ledger.skip(object.key, 'large');
    else if (job.destination.refuses(job.below + object.key)) ledger.skip(object.key, 'refused');
    else if (job.check) ledger.miss(object.key);
    else {
      ledger.begin(object);
      yield object;
    }
    if (ledger.counts.objects % 1_000 === 0) job.progress(ledger.counts);
  }
}

async function copy(object: Listed, { source, destination, below }: Job, ledger: Ledger): Promise<void> {
  const { key, etag = '', at = 0 } = object;
  const about = { 'source-etag': etag.replaceAll('"', ''), 'source-last-modified': new Date(at).toISOString() };
  try {
    const bytes = await source.read(object);
    if (!bytes) return ledger.skip(key, 'gone');
    const seen = await lookAt(bytes);
    ledger.done(key, bytes, seen, await destination.write(below + key, bytes, about));
  } catch (thrown) {
    const error = explain(thrown);
    const { failures, counts } = ledger;
    const inVain = counts.copied === 0 && failures.length >= MOST_IN_VAIN;
    if (!OF_ONE.has(error.code) || inVain || failures.length >= MOST_FAILURES) throw error;
    ledger.failed(key, error);
  }
}

/** Others are met by every object. */
const OF_ONE: ReadonlySet<string> = new Set(['PERMISSION_DENIED', 'AWS', 'FOLDER']);
