import { compareKeys } from '../../src/sync/merge.ts';
import type { Shelf } from '../../src/sync/shelf.ts';

export type Files = Map<string, Buffer>;
/** In memory; `failing` may throw before a write, or after it, where the answer is lost. */
export function shelfOf(files: Files, failing = { before: (_: number) => {}, after: (_: number) => {} }) {
  let writes = 0;
  const read: string[] = [];
  const shelf: Shelf = {
    async *list(prefix, after) {
      const keys = [...files.keys()].filter((key) => key.startsWith(prefix) && compareKeys(key, after) > 0);
      for (const key of keys.sort(compareKeys)) yield { key, size: files.get(key)!.length };
    },
    async read(key) {
      read.push(key);
      return files.get(key);
    },
    async write(key, bytes) {
      writes++;
      failing.before(writes);
      const isNew = !files.has(key);
      if (isNew) files.set(key, bytes);
      failing.after(writes);
      return isNew;
    },
    refuses: () => false,
  };
  return { shelf, read, writes: () => writes };
}
