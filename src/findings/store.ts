import { access, stat, writeFile } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { RadError } from '../engine/errors.ts';
import { folderShelf } from '../sync/folder.ts';
import { type BucketPlace, nameOf } from '../sync/place.ts';
import type { Listed } from '../sync/shelf.ts';
import type { Source } from '../sync/synchronise.ts';

/** A folder or a bucket with objects to look through. It is only read. */
export interface Store {
  readonly name: string;
  /** null: not known. */
  readonly region: string | null;
  /** In the order of keys: those that begin so, after this one. */
  list(prefix: string, after: string): AsyncIterable<Listed>;
  /** Its bytes as a file: its own, or one at this place; undefined: it is gone. */
  fetch(object: Listed, file: string): Promise<string | undefined>;
  /** Where an object is, for people. */
  uri(key: string): string;
}

/** A folder, or one file. Throws USAGE. */
export async function folderStore(path: string): Promise<Store> {
  const found = await stat(path).catch((error: NodeJS.ErrnoException) => {
    throw new RadError(
      'USAGE',
      `findings ${path}: ${error.code === 'ENOENT' ? 'there is no such folder' : error.message}`,
    );
  });
  const [folder, only] = found.isFile() ? [dirname(path), basename(path)] : [path, ''];
  const shelf = folderShelf(folder);
  return {
    name: path,
    region: null,
    async *list(prefix, after) {
      if (!only) yield* shelf.list(prefix, after);
      else if (only.startsWith(prefix)) yield { key: only, size: found.size };
    },
    async fetch({ key }) {
      const file = join(folder, key);
      await access(file).catch((error: Error) => {
        throw new RadError('FOLDER', `${file}: ${error.message}`, { hint: 'see that it can be read, then run again' });
      });
      return file;
    },
    uri: (key) => join(folder, key),
  };
}

/** `open`: what of the bucket begins so. */
export function bucketStore(place: BucketPlace, region: string, open: (place: BucketPlace) => Source): Store {
  const { bucket, prefix } = place;
  return {
    name: nameOf(place),
    region,
    async *list(start, after) {
      const all = open({ bucket, prefix: prefix + start }).list(after && prefix + after);
      for await (const object of all) yield { ...object, key: object.key.slice(prefix.length) };
    },
    async fetch(object, file) {
      const bytes = await open(place).read({ ...object, key: prefix + object.key });
      if (!bytes) return undefined;
      await writeFile(file, bytes);
      return file;
    },
    uri: (key) => `s3://${bucket}/${prefix}${key}`,
  };
}
