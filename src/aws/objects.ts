import { createHash } from 'node:crypto';
import { GetObjectCommand, HeadBucketCommand, ListObjectsV2Command, PutObjectCommand } from '@aws-sdk/client-s3';
import { RadError } from '../engine/errors.ts';
import type { Run } from '../engine/resource.ts';
import type { Aws } from './clients.ts';
import { type Clock, within } from './clock.ts';
import { explain, found, isError, isNotFound, restate } from './errors.ts';
import { eventually } from './wait.ts';

/** An object of a bucket; when it was written, in milliseconds since the epoch. */
export interface StoredObject {
  readonly key: string;
  readonly at: number;
  readonly size: number;
  readonly etag: string | undefined;
}

interface Page {
  readonly objects: readonly StoredObject[];
  /** Where the next one begins; undefined: this is the last. */
  readonly next: string | undefined;
}

/** One page of the objects that begin so, in the order of their keys, from a place on. */
export async function pageOfObjects(
  { s3, accountId: ExpectedBucketOwner }: Aws,
  Bucket: string,
  Prefix: string,
  { StartAfter, ContinuationToken }: { readonly StartAfter?: string; readonly ContinuationToken?: string } = {},
): Promise<Page> {
  const page = await s3.send(
    new ListObjectsV2Command({
      Bucket,
      Prefix,
      ExpectedBucketOwner,
      EncodingType: 'url',
      ...(StartAfter && { StartAfter }),
      ...(ContinuationToken && { ContinuationToken }),
    }),
  );
  const objects = (page.Contents ?? []).map(({ Key = '', LastModified, Size = 0, ETag }) => ({
    key: decode(Key, page),
    at: LastModified?.getTime() ?? 0,
    size: Size,
    etag: ETag,
  }));
  return { objects, next: page.IsTruncated ? page.NextContinuationToken : undefined };
}

/** Keys are asked for URL-encoded, since XML cannot carry every character; S3 writes a space as `+`. Other stores may not encode them. */
export const decode = (key: string, { EncodingType }: { readonly EncodingType?: string | undefined }): string =>
  EncodingType === 'url' ? decodeURIComponent(key.replaceAll('+', '%20')) : key;

export async function listObjects(aws: Aws, bucket: string, prefix: string): Promise<StoredObject[]> {
  const all: StoredObject[] = [];
  for (let next: string | undefined = ''; next !== undefined; ) {
    const page: Page = await pageOfObjects(aws, bucket, prefix, { ContinuationToken: next });
    all.push(...page.objects);
    next = page.next;
  }
  return all;
}

/** Its bytes; undefined: it has expired in the meantime. */
export async function openObject(
  { s3, accountId }: Aws,
  Bucket: string,
  Key: string,
  IfMatch?: string,
): Promise<AsyncIterable<Uint8Array> | undefined> {
  const object = await found(
    s3.send(new GetObjectCommand({ Bucket, Key, ExpectedBucketOwner: accountId, ...(IfMatch && { IfMatch }) })),
  );
  return object?.Body as AsyncIterable<Uint8Array> | undefined;
}

/** Milliseconds without a byte. */
const SILENCE = 60_000;
const TRIES = 4;

/**
 * All its bytes, as they were listed; undefined: it is gone. `changed`: others have taken their place. The SDK repeats a call only until its
 * answer begins, and compares the body with the checksum that S3 keeps: what breaks off or differs is read again from the start.
 */
export async function readObject(
  aws: Aws,
  bucket: string,
  { key, size, etag }: Pick<StoredObject, 'key'> & Partial<StoredObject>,
  clock: Clock,
): Promise<Buffer | 'changed' | undefined> {
  for (let tries = 1; ; tries++) {
    const body = await openObject(aws, bucket, key, etag).catch((error: unknown) => {
      if (isError(error, 'PreconditionFailed')) return 'changed' as const;
      if (isError(error, 'InvalidObjectState')) throw archived(error, key);
      throw error;
    });
    if (body === undefined || body === 'changed') return body;
    try {
      const bytes = await collected(body, clock);
      if (size === undefined || bytes.length === size) return bytes;
      throw new RadError('AWS', `${key} came with ${bytes.length} of ${size} bytes`);
    } catch (error) {
      if (tries === TRIES) throw restate(explain(error), 'AWS', `${key} cannot be read: ${(error as Error).message}`);
    }
  }
}

const archived = (error: unknown, key: string) =>
  restate(error, 'AWS', `${key} is archived`, 'restore it from its storage class, then run again');

async function collected(body: AsyncIterable<Uint8Array>, clock: Clock): Promise<Buffer> {
  const chunks: Uint8Array[] = [];
  const late = Object.assign(new Error(`nothing came for ${SILENCE / 1_000} s`), { name: 'TimeoutError' });
  const reader = body[Symbol.asyncIterator]();
  for (;;) {
    const { done, value } = await within(reader.next(), clock, SILENCE, late);
    if (done) return Buffer.concat(chunks);
    chunks.push(value);
  }
}

/**
 * Writes it unless there is one of this key: then false. Two at once end with one of them, and the other is told at once or has to ask
 * again (Amazon S3 user guide, "How to prevent object overwrites with conditional writes").
 */
export async function writeOnce(
  { s3, accountId }: Aws,
  place: { readonly Bucket: string; readonly Key: string },
  Body: Buffer,
  Metadata: Readonly<Record<string, string>>,
  run: Run,
): Promise<boolean> {
  const ChecksumSHA256 = createHash('sha256').update(Body).digest('base64');
  const put = () =>
    s3.send(
      new PutObjectCommand({
        ...place,
        Body,
        ChecksumSHA256,
        Metadata,
        IfNoneMatch: '*',
        ContentType: 'application/octet-stream',
        ExpectedBucketOwner: accountId,
      }),
    );
  try {
    await eventually(put, (error) => isError(error, 'ConditionalRequestConflict'), run, { what: place.Key });
    return true;
  } catch (error) {
    if (isError(error, 'PreconditionFailed')) return false;
    throw error;
  }
}

/** Where a bucket is, which S3 tells also who asks elsewhere or may not read it. */
export async function regionOfBucket({ s3, region }: Aws, Bucket: string): Promise<string> {
  try {
    return (await s3.send(new HeadBucketCommand({ Bucket }))).BucketRegion ?? region;
  } catch (error) {
    const { $response } = error as { $response?: { headers?: Record<string, string> } };
    const told = $response?.headers?.['x-amz-bucket-region'];
    if (told) return told;
    if (isNotFound(error))
      throw restate(error, 'AWS', `there is no bucket ${Bucket}`, 'look at its name, then run again');
    throw explain(error);
  }
}
