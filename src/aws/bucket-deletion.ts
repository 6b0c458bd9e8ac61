import {
  AbortMultipartUploadCommand,
  DeleteBucketCommand,
  DeleteObjectsCommand,
  ListMultipartUploadsCommand,
  ListObjectVersionsCommand,
  type ListObjectVersionsCommandOutput,
  type ObjectIdentifier,
} from '@aws-sdk/client-s3';
import { RadError } from '../engine/errors.ts';
import type { Run } from '../engine/resource.ts';
import type { Aws } from './clients.ts';
import { found, isError } from './errors.ts';

/** Deletes every version and delete marker, then the bucket; what arrives meanwhile too. Holds one page at a time. */
export async function emptyAndDelete(aws: Aws, Bucket: string, run: Run): Promise<void> {
  const own = { Bucket, ExpectedBucketOwner: aws.accountId };
  const end = run.now() + LATE_OBJECTS;
  for (let deleted = 0; ; ) {
    deleted = await empty(aws, own, run, deleted);
    try {
      await found(aws.s3.send(new DeleteBucketCommand(own)));
      return;
    } catch (error) {
      if (!isError(error, 'BucketNotEmpty') || run.now() > end) throw error;
    }
    run.note('objects are still arriving');
    await run.sleep(5_000);
    if (run.signal.aborted) throw run.signal.reason;
  }
}

/** Firehose hands over what it has buffered for at most 15 minutes (Firehose quotas). */
const LATE_OBJECTS = 15 * 60_000;

type Own = { readonly Bucket: string; readonly ExpectedBucketOwner: string };

async function empty(aws: Aws, own: Own, run: Run, before: number): Promise<number> {
  let deleted = before;
  for (;;) {
    // Always the first page: what it named is gone by the next turn, so an interrupted run goes on where it was.
    const page = await found(aws.s3.send(new ListObjectVersionsCommand({ ...own, EncodingType: 'url' })));
    const Objects = page ? identifiers(page) : [];
    if (Objects.length === 0) break;
    const answer = await found(aws.s3.send(new DeleteObjectsCommand({ ...own, Delete: { Objects, Quiet: true } })));
    const Errors = answer?.Errors ?? [];
    // A 200 answer may carry refusals of single keys (S3 API reference, DeleteObjects).
    const refused = Errors.filter(({ Code }) => !/SlowDown|InternalError|ServiceUnavailable/.test(Code ?? ''));
    const [first] = refused;
    if (first) {
      throw new RadError(
        'BUCKET_NOT_EMPTY',
        `${refused.length} objects of ${own.Bucket} cannot be deleted, the first is ${first.Key}: ${first.Code} ${first.Message ?? ''}`.trim(),
        {
          hint: 'look for an Object Lock, a legal hold or a deny statement in the bucket policy, then run again',
          awsCode: first.Code,
        },
      );
    }
    deleted += Objects.length - Errors.length;
    run.note(`object versions deleted: ${deleted.toLocaleString('en')}`);
    if (Errors.length) await run.sleep(1_000);
    if (run.signal.aborted) throw run.signal.reason;
  }
  await abortUploads(aws, own);
  return deleted;
}

const identifiers = ({ Versions = [], DeleteMarkers = [] }: ListObjectVersionsCommandOutput): ObjectIdentifier[] =>
  [...Versions, ...DeleteMarkers].map(({ Key = '', VersionId }) => ({ Key: decode(Key), VersionId }));
/** Keys are asked for URL-encoded, since XML cannot carry every character; S3 writes a space as `+`. */
const decode = (key: string) => decodeURIComponent(key.replaceAll('+', '%20'));

async function abortUploads({ s3 }: Aws, own: Own): Promise<void> {
  for (let more = true; more; ) {
    const page = await found(s3.send(new ListMultipartUploadsCommand(own)));
    for (const { Key, UploadId } of page?.Uploads ?? []) {
      await found(s3.send(new AbortMultipartUploadCommand({ ...own, Key, UploadId })));
    }
    more = page?.IsTruncated === true;
  }
}
