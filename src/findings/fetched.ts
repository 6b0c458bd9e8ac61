import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { explain } from '../aws/errors.ts';
import type { Listed } from '../sync/shelf.ts';
import { evidenceOf } from './inventory.ts';
import type { Ledger } from './reading.ts';
import type { Store } from './store.ts';

/** An object as a file of this machine. */
export interface Fetched {
  readonly file: string;
  readonly size: number;
  /** What it is called as evidence. */
  readonly uri: string;
}

export interface Task {
  readonly store: Store;
  readonly objects: readonly Listed[];
  readonly ledger: Ledger;
  /** A folder for what is fetched. */
  readonly scratch: string;
  readonly signal: AbortSignal;
  progress(objects: number): void;
}

/** So many at once are worth a query of their own, and need as much room on disk, twice. */
const [MOST_OBJECTS, MOST_BYTES] = [4, 64 * 1_048_576] as const;

/** Objects as files, some at a time; those that were fetched are gone again when the next but one batch comes. */
export async function* fetched(task: Task): AsyncGenerator<readonly Fetched[]> {
  let done = 0;
  for (const batch of batches(task.objects)) {
    const all = await Promise.all(batch.map((object, i) => fetchOne(object, done + i, task)));
    done += batch.length;
    task.progress(done);
    const files = all.filter((one) => one !== undefined);
    if (files.length) yield files;
  }
}

async function fetchOne(
  object: Listed,
  n: number,
  { store, ledger, scratch, signal }: Task,
): Promise<Fetched | undefined> {
  const uri = evidenceOf(store, object.key);
  if (signal.aborted) throw signal.reason;
  try {
    const file = await store.fetch(object, join(scratch, `object-${n}`));
    if (file) return { file, size: object.size, uri };
    ledger.gone(uri);
  } catch (thrown) {
    if (signal.aborted) throw signal.reason;
    ledger.failed(uri, explain(thrown));
  }
  return undefined;
}

function* batches(objects: readonly Listed[]): Generator<Listed[]> {
  let batch: Listed[] = [];
  let bytes = 0;
  for (const object of objects) {
    if (batch.length && (batch.length === MOST_OBJECTS || bytes + object.size > MOST_BYTES)) {
      yield batch;
      [batch, bytes] = [[], 0];
    }
    batch.push(object);
    bytes += object.size;
  }
  if (batch.length) yield batch;
}

/** What was fetched takes up room no longer. */
export async function release(files: readonly Fetched[], scratch: string): Promise<void> {
  await Promise.all(files.filter(({ file }) => file.startsWith(scratch)).map(({ file }) => rm(file, { force: true })));
}

/** The next one is made while one is worked on. */
export async function* oneAhead<T>(things: AsyncGenerator<T>): AsyncGenerator<T> {
  const begin = () => {
    const next = things.next();
    // It fails where it is waited for.
    next.catch(() => {});
    return next;
  };
  let next = begin();
  try {
    for (;;) {
      const { done, value } = await next;
      if (done) return;
      next = begin();
      yield value;
    }
  } finally {
    await things.return(undefined);
  }
}
