import { RadError } from '../engine/errors.ts';
import type { Listed } from './shelf.ts';

/** An object of the source, and the one of the same key at the destination. */
export interface Pair {
  readonly object: Listed;
  readonly copy: Listed | undefined;
}

/** By the bytes of UTF-8, as S3 lists keys (Amazon S3 API reference, ListObjectsV2). */
export const compareKeys = (a: string, b: string): number =>
  a === b ? 0 : Buffer.compare(Buffer.from(a), Buffer.from(b));

/**
 * Two listings side by side, each read once and in order: however many objects there are, one of each is held. What is only at the
 * destination has expired at the source, and is nothing to tell.
 */
export async function* joined(source: AsyncIterable<Listed>, copies: AsyncIterable<Listed>): AsyncGenerator<Pair> {
  const there = inOrder(copies);
  try {
    let next = await there.next();
    for await (const object of inOrder(source)) {
      while (!next.done && compareKeys(next.value.key, object.key) < 0) next = await there.next();
      const isThere = !next.done && next.value.key === object.key;
      yield { object, copy: isThere ? next.value : undefined };
    }
  } finally {
    await there.return(undefined);
  }
}

/** Directory buckets of S3 Express are not listed in order (Amazon S3 API reference, ListObjectsV2): a merge would miss what is there. */
async function* inOrder(listing: AsyncIterable<Listed>): AsyncGenerator<Listed> {
  let last: string | undefined;
  for await (const one of listing) {
    if (last !== undefined && compareKeys(last, one.key) >= 0)
      throw new RadError('AWS', `keys are not listed in order: ${one.key} comes after ${last}`, {
        hint: 'sync needs a general purpose bucket, whose keys S3 lists in order',
      });
    last = one.key;
    yield one;
  }
}
