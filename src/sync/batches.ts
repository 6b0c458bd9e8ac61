import { createHash } from 'node:crypto';
import type { Listed, Shelf } from './shelf.ts';

/** Objects that become one set of files. Which these are never changes, so neither does what is made of them. */
export interface Batch {
  readonly keys: readonly string[];
  /** What its files are called, in every run. */
  readonly name: string;
  readonly isDone: boolean;
  done(): Promise<unknown>;
}

/**
 * Which objects of a folder belong to which batch. A batch is claimed under the next number before anything is made of it, by
 * a write of which there can be only one, and is told to be done afterwards. So a run that was killed leaves a claim for the next one,
 * two at once make the same files, and an object that comes late is in a batch of its own.
 */
export interface Batches {
  /** Whether all of so many objects are in batches that are done; told from the listing alone. */
  areDone(folder: string, count: number): boolean;
  /** Those there are, and new ones for the objects that are in none. */
  claim(folder: string, objects: readonly Listed[]): AsyncIterable<Batch>;
}

/** Engines pass over what begins with an underscore (Apache Hive, hidden files). */
const BELOW = 'events/_batches/';
/** Of what is in one batch: it is held in memory. */
const [MOST_KEYS, MOST_BYTES] = [2_000, 64 * 1_048_576] as const;

/** `below`: the objects' prefix. Holds a number for each folder. */
export async function openBatches(shelf: Shelf, below: string, after: string): Promise<Batches> {
  const root = `${BELOW}${below}`;
  const done = new Map<string, Map<number, number>>();
  for await (const { key } of shelf.list(root, after && root + after)) {
    const [, folder, number, count] = /^(.*?)(\d+)-(\d+)\.done$/.exec(key.slice(root.length)) ?? [];
    if (folder === undefined) continue;
    const those = done.get(folder) ?? new Map<number, number>();
    done.set(folder, those.set(Number(number), Number(count)));
  }
  const batch = (folder: string, number: number, keys: readonly string[]): Batch => ({
    keys,
    name: createHash('sha256').update(keys.join('\n')).digest('hex').slice(0, 32),
    isDone: done.get(folder)?.has(number) ?? false,
    done: () => shelf.write(`${root}${folder}${place(number)}-${keys.length}.done`, NOTHING),
  });
  return {
    areDone: (folder, count) => [...(done.get(folder)?.values() ?? [])].reduce((sum, one) => sum + one, 0) === count,
    async *claim(folder, objects) {
      const left = new Map(objects.map((object) => [object.key, object]));
      for (let number = 0; ; ) {
        const file = `${root}${folder}${place(number)}.keys`;
        const held = await shelf.read(file);
        if (held) {
          const keys = JSON.parse(held.toString()) as string[];
          for (const key of keys) left.delete(key);
          yield batch(folder, number++, keys);
        } else if (left.size) await shelf.write(file, Buffer.from(JSON.stringify(some([...left.values()]))));
        else return;
      }
    },
  };
}

const NOTHING = Buffer.alloc(0);
const place = (number: number) => String(number).padStart(6, '0');

function some(objects: readonly Listed[]): string[] {
  let bytes = 0;
  const fits = objects.filter(({ size }, i) => {
    bytes += size;
    return i === 0 || (i < MOST_KEYS && bytes <= MOST_BYTES);
  });
  return fits.map(({ key }) => key);
}
