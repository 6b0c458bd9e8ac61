import type { AssumedRole } from '../aws/assumed-role.ts';
import type { Aws } from '../aws/clients.ts';
import type { Clock } from '../aws/clock.ts';
import { pageOfObjects, readObject, type StoredObject, writeOnce } from '../aws/objects.ts';
import { RadError } from '../engine/errors.ts';
import type { Run } from '../engine/resource.ts';
import type { BucketPlace } from './place.ts';
import type { Listed, Shelf } from './shelf.ts';
import type { Source } from './synchronise.ts';

type Again = AssumedRole['again'];

/** A bucket that is read, with a role of its account or without one. */
export function bucketSource(aws: Aws, { bucket, prefix }: BucketPlace, again: Again, clock: Clock): Source {
  return {
    prefix,
    list: (after) => listed(aws, bucket, prefix, after, again),
    async read({ key, size, etag }) {
      let wanted: Pick<StoredObject, 'key' | 'size' | 'etag'> | undefined = { key, size, etag };
      for (let tries = 0; wanted && tries < MOST_CHANGES; tries++) {
        const like: Pick<StoredObject, 'key' | 'size' | 'etag'> = wanted;
        const bytes = await again(() => readObject(aws, bucket, like, clock));
        if (bytes !== 'changed') return bytes;
        const { objects } = await again(() => pageOfObjects(aws, bucket, key));
        wanted = objects.find((one) => one.key === key);
      }
      if (!wanted) return undefined;
      throw new RadError('AWS', `${key} is written again and again while it is read`, { hint: 'run again' });
    },
  };
}

/** Firehose writes a key once; whoever rewrites one may do so between the listing and the read. */
const MOST_CHANGES = 5;

/** What a shelf needs of the run. */
interface Means {
  readonly run: Run;
  readonly clock: Clock;
}

/** A bucket that is written to, below a prefix. */
export function bucketShelf(aws: Aws, { bucket, prefix }: BucketPlace, { run, clock }: Means): Shelf {
  return {
    async *list(start, after) {
      const all = listed(aws, bucket, prefix + start, after && prefix + after, (call) => call());
      for await (const object of all) yield { ...object, key: object.key.slice(prefix.length) };
    },
    read: (key) => readObject(aws, bucket, { key: prefix + key }, clock) as Promise<Buffer | undefined>,
    write: (key, bytes, about = {}) => writeOnce(aws, { Bucket: bucket, Key: prefix + key }, bytes, about, run),
    refuses: (key) => Buffer.byteLength(prefix + key) > LONGEST_KEY,
  };
}

/** Bytes of UTF-8 (Amazon S3 user guide, "Object key naming guidelines"). */
const LONGEST_KEY = 1_024;

async function* listed(aws: Aws, bucket: string, prefix: string, after: string, again: Again): AsyncGenerator<Listed> {
  let from: { StartAfter?: string; ContinuationToken?: string } = { StartAfter: after };
  for (;;) {
    const place = from;
    const { objects, next } = await again(() => pageOfObjects(aws, bucket, prefix, place));
    yield* objects;
    if (next === undefined) return;
    from = { ContinuationToken: next };
  }
}
