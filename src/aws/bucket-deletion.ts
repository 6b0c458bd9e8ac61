import {
  AbortMultipartUploadCommand,
  DeleteBucketCommand,
  DeleteObjectCommand,
  DeleteObjectsCommand,
  ListMultipartUploadsCommand,
  ListObjectVersionsCommand,
  type ListObjectVersionsCommandOutput,
  type ObjectIdentifier,
  type _Error as Refusal,
} from '@aws-sdk/client-s3';
import { RadError } from '../engine/errors.ts';
import type { Run } from '../engine/resource.ts';
import type { Aws } from './clients.ts';
import { found, isDenied, isError, restate } from './errors.ts';
import { decode } from './objects.ts';

/** Deletes every version and delete marker, then the bucket; what arrives meanwhile too. Holds one page at a time. */
export async function emptyAndDelete(aws: Aws, Bucket: string, run: Run): Promise<void> {
  const own = { Bucket, ExpectedBucketOwner: aws.accountId };
  let end: number | undefined;
  for (let deleted = 0; ; ) {
    deleted = await empty(aws, own, run, deleted);
    try {
      await found(aws.s3.send(new DeleteBucketCommand(own)));
      return;
    } catch (error) {
      if (!isError(error, 'BucketNotEmpty')) throw error;
      end ??= run.now() + LATE_OBJECTS;
      if (run.now() >= end) throw restate(error, 'BUCKET_NOT_EMPTY', `objects keep arriving in ${Bucket}`, whoWrites);
    }
    run.note('objects are still arriving');
    await run.sleep(5_000);
    if (run.signal.aborted) throw run.signal.reason;
  }
}

/** Firehose hands over what it has buffered for at most 15 minutes (Firehose quotas). */
const LATE_OBJECTS = 15 * 60_000;
const whoWrites = 'find out what else writes to it, and stop that, then run again';

type Own = { readonly Bucket: string; readonly ExpectedBucketOwner: string };

async function empty(aws: Aws, own: Own, run: Run, before: number): Promise<number> {
  let deleted = before;
  let last = '';
  for (let stuck = 0; ; ) {
    // Always the first page: what it named is gone by the next turn, so an interrupted run goes on where it was.
    const page = await found(aws.s3.send(new ListObjectVersionsCommand({ ...own, EncodingType: 'url' })));
    const objects = page ? identifiers(page) : [];
    if (objects.length === 0) break;
    const isSame = JSON.stringify(objects) === last;
    last = JSON.stringify(objects);
    const refused = await remove(aws, own, objects);
    const gone = isSame ? 0 : objects.length - refused.length;
    stuck = gone === 0 ? stuck + 1 : 0;
    const final = refused.filter(({ Code }) => !PASSING.test(Code ?? ''));
    if (final.length) throw undeletable(own.Bucket, final);
    if (stuck > MOST_TRIES) throw undeletable(own.Bucket, refused.length ? refused : objects.map(asRefusal));
    deleted += gone;
    run.note(`object versions deleted: ${deleted.toLocaleString('en')}`);
    if (refused.length || stuck) await run.sleep(Math.min(1_000 * 2 ** stuck, 30_000));
    if (run.signal.aborted) throw run.signal.reason;
  }
  await abortUploads(aws, own);
  return deleted;
}

const PASSING = /SlowDown|InternalError|ServiceUnavailable/;
const MOST_TRIES = 10;
const asRefusal = ({ Key }: ObjectIdentifier): Refusal => ({
  Key,
  Code: 'StillListed',
  Message: 'S3 calls it deleted, and lists it still',
});

/** What was refused of it: an answer of 200 may carry refusals of single keys (S3 API reference, DeleteObjects). */
async function remove({ s3 }: Aws, own: Own, objects: readonly ObjectIdentifier[]): Promise<Refusal[]> {
  const Objects = objects.filter(({ Key = '' }) => !UNWRITABLE.test(Key));
  const Delete = { Objects, Quiet: true };
  const answer = Objects.length ? await found(s3.send(new DeleteObjectsCommand({ ...own, Delete }))) : undefined;
  const refused = [...(answer?.Errors ?? [])];
  for (const { Key = '', VersionId } of objects.filter((object) => !Objects.includes(object))) {
    try {
      await found(s3.send(new DeleteObjectCommand({ ...own, Key, VersionId })));
    } catch (error) {
      if (!isDenied(error)) throw error;
      refused.push({ Key, Code: 'AccessDenied', Message: (error as Error).message });
    }
  }
  return refused;
}

/** XML 1.0 has no way to write these, and a request with one fails as a whole (boto/boto3#2005): their keys go in the URL, one by one. */
// biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is looked for
const UNWRITABLE = /[\u0000-\u0008\u000b\u000c\u000e-\u001f\ufffe\uffff]/;

function undeletable(Bucket: string, refused: readonly Refusal[]): RadError {
  const [{ Key = '', Code, Message = '' } = {}] = refused;
  const those = refused.length === 1 ? 'an object' : `${refused.length} objects`;
  return new RadError(
    'BUCKET_NOT_EMPTY',
    `${those} of ${Bucket} cannot be deleted, the first is ${JSON.stringify(Key)}: ${Code} ${Message}`.trim(),
    {
      hint: PASSING.test(Code ?? '')
        ? 'run the same command again in some minutes: it goes on from here'
        : 'look for an Object Lock, a legal hold, or a policy that denies s3:DeleteObjectVersion, then run again',
      awsCode: Code,
    },
  );
}

const identifiers = (page: ListObjectVersionsCommandOutput): ObjectIdentifier[] =>
  [...(page.Versions ?? []), ...(page.DeleteMarkers ?? [])].map(({ Key = '', VersionId }) => ({
    Key: decode(Key, page),
    VersionId,
  }));
async function abortUploads({ s3 }: Aws, own: Own): Promise<void> {
  for (let more = true; more; ) {
    const page = await found(s3.send(new ListMultipartUploadsCommand({ ...own, EncodingType: 'url' })));
    for (const { Key = '', UploadId } of page?.Uploads ?? []) {
      await found(s3.send(new AbortMultipartUploadCommand({ ...own, Key: decode(Key, page!), UploadId })));
    }
    more = page?.IsTruncated === true;
  }
}
