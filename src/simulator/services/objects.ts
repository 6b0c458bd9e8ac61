import { createHash } from 'node:crypto';
import { own } from '../basics.ts';
import { awsError } from '../errors.ts';
import type { Bucket, ObjectVersion, World } from '../model.ts';
import { bucketOf } from './buckets.ts';
import { etag, listings } from './listings.ts';
import type { Input, Operation, Service } from './service.ts';
import { placeOf, putObject, putVersion, removeVersions, versionsOf } from './versions.ts';

const malformed = () =>
  awsError('MalformedXML', 'The XML you provided was not well-formed or did not validate against our published schema');
const noKey = () => awsError('NoSuchKey', 'The specified key does not exist.', 404);

/** Without a version a versioned bucket gets delete markers, whose versions these are; deleting what is not there is success. */
function erase(world: World, bucket: Bucket, objects: readonly Input[]): (string | undefined)[] {
  const gone = new Map<string, Set<string>>();
  const markers = objects.map(({ Key: key, VersionId }) => {
    if (!VersionId && bucket.versioning)
      return putVersion(world, bucket, { key, size: 0, body: '', deleteMarker: true }).versionId;
    gone.set(key, (gone.get(key) ?? new Set()).add(VersionId ?? 'null'));
    return undefined;
  });
  if (gone.size) removeVersions(bucket, ({ key, versionId }) => gone.get(key)?.has(versionId) ?? false);
  return markers;
}

const versioned = ({ versionId }: ObjectVersion) => (versionId === 'null' ? {} : { VersionId: versionId });

function find(bucket: Bucket, { Key, VersionId }: Input): ObjectVersion {
  const versions = versionsOf(bucket);
  let place = placeOf(versions, Key);
  while (VersionId && versions[place]?.key === Key && versions[place]!.versionId !== VersionId) place++;
  const found = versions[place]?.key === Key ? versions[place] : undefined;
  if (!found) throw VersionId ? awsError('NoSuchVersion', 'The specified version does not exist.', 404) : noKey();
  if (found.deleteMarker) throw noKey();
  return found;
}

/** A delete marker is no object (Amazon S3 user guide, "How to prevent object overwrites with conditional writes"). */
function isThere(bucket: Bucket, key: string): boolean {
  const versions = versionsOf(bucket);
  const latest = versions[placeOf(versions, key)];
  return latest?.key === key && !latest.deleteMarker;
}

/** Characters that XML 1.0 has no way to write (W3C, "Extensible Markup Language 1.0", Char). */
// biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is looked for
const unwritable = /[\u0000-\u0008\u000b\u000c\u000e-\u001f\ufffe\uffff]/;

/** Why a key is not deleted this time. */
function refusal(bucket: Bucket, key: string): string | undefined {
  if (bucket.undeletable?.includes(key)) return 'AccessDenied';
  return own(bucket.reluctant ?? {}, key)?.shift();
}

/**
 * The answer is 200 even where single keys were refused: they are in Errors (Amazon S3 API reference, DeleteObjects). A key that
 * XML cannot carry spoils the whole request (boto/boto3#2005).
 */
const DeleteObjects: Operation = (at, input) => {
  const bucket = bucketOf(at, input);
  const { Objects = [], Quiet } = input.Delete ?? {};
  if (!Objects.length || Objects.length > 1_000) throw malformed();
  if (Objects.some(({ Key }: Input) => unwritable.test(Key))) throw malformed();
  const Errors: Input[] = [];
  const gone: Input[] = [];
  for (const object of Objects) {
    const Code = refusal(bucket, object.Key);
    if (Code) Errors.push({ ...object, Code, Message: messages[Code] });
    else gone.push(object);
  }
  const markers = erase(at.world, bucket, gone);
  const Deleted = gone.map((object, i) => ({
    ...object,
    ...(markers[i] && { DeleteMarker: true, DeleteMarkerVersionId: markers[i] }),
  }));
  return { ...(!Quiet && Deleted.length && { Deleted }), ...(Errors.length && { Errors }) };
};

/** S3 API reference, "Error responses". */
const messages: Readonly<Record<string, string>> = {
  AccessDenied: 'Access Denied',
  SlowDown: 'Please reduce your request rate.',
  InternalError: 'We encountered an internal error. Please try again.',
};

const bytes = (body: Input): Uint8Array => {
  if (body === undefined || typeof body === 'string' || body instanceof Uint8Array) return Buffer.from(body ?? '');
  throw awsError('NotImplemented', 'the simulator knows object bodies that are text or bytes only', 501);
};

const failed = () =>
  awsError('PreconditionFailed', 'At least one of the pre-conditions you specified did not hold', 412);

/** `Body` is bytes here; the simulator makes the stream of it that the SDK gives. */
const GetObject: Operation = (at, input) => {
  const object = find(bucketOf(at, input), input);
  if (input.IfMatch && input.IfMatch !== etag(object)) throw failed();
  const whole = Buffer.from(object.body, 'base64');
  const [, from, to] = /^bytes=(\d+)-(\d*)$/.exec(input.Range ?? '') ?? [];
  const body = from === undefined ? whole : whole.subarray(Number(from), to ? Number(to) + 1 : undefined);
  return { ...head(object), ContentLength: body.byteLength, Body: new Uint8Array(body) };
};

const head = (object: ObjectVersion) => ({
  ContentLength: object.size,
  ETag: etag(object),
  LastModified: new Date(object.at),
  ContentType: 'application/octet-stream',
  ...versioned(object),
});

export const objects: Service = {
  ...listings,
  DeleteObjects,
  GetObject,
  HeadObject: (at, input) => head(find(bucketOf(at, input), input)),
  PutObject: (at, input) => {
    const bucket = bucketOf(at, input);
    if (input.IfNoneMatch === '*' && isThere(bucket, input.Key)) throw failed();
    const body = bytes(input.Body);
    if (input.ChecksumSHA256 && input.ChecksumSHA256 !== createHash('sha256').update(body).digest('base64'))
      throw awsError('BadDigest', 'The SHA256 you specified did not match the calculated checksum.');
    const object = putObject(at.world, bucket, input.Key, body);
    return { ETag: etag(object), ServerSideEncryption: 'AES256', ...versioned(object) };
  },
  DeleteObject: (at, input) => {
    const bucket = bucketOf(at, input);
    const code = refusal(bucket, input.Key);
    if (code) throw awsError(code, messages[code] ?? code, { AccessDenied: 403, SlowDown: 503 }[code] ?? 500);
    const [marker] = erase(at.world, bucket, [input]);
    return marker ? { DeleteMarker: true, VersionId: marker } : {};
  },
  AbortMultipartUpload: (at, input) => {
    const bucket = bucketOf(at, input);
    const known = bucket.uploads.some(({ uploadId }) => uploadId === input.UploadId);
    if (!known)
      throw awsError(
        'NoSuchUpload',
        'The specified multipart upload does not exist. The upload ID may be invalid, or the upload may have been aborted or completed.',
        404,
      );
    bucket.uploads = bucket.uploads.filter(({ uploadId }) => uploadId !== input.UploadId);
    return {};
  },
};
