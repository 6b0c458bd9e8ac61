import { compare, nextId } from '../basics.ts';
import { awsError } from '../errors.ts';
import type { Bucket, ObjectVersion, World } from '../model.ts';
import { bucketOf } from './buckets.ts';
import type { At, Input, Operation, Service } from './service.ts';

const malformed = () =>
  awsError('MalformedXML', 'The XML you provided was not well-formed or did not validate against our published schema');
const noKey = () => awsError('NoSuchKey', 'The specified key does not exist.', 404);

/** A new version, or the only one where versioning was never turned on. */
export function putObject(world: World, bucket: Bucket, key: string, body: Uint8Array): ObjectVersion {
  return add(world, bucket, { key, size: body.byteLength, body: Buffer.from(body).toString('base64') });
}

function add(world: World, bucket: Bucket, object: Omit<ObjectVersion, 'versionId' | 'at'>): ObjectVersion {
  const versionId = bucket.versioning === 'Enabled' ? nextId(world).replaceAll('-', '') : 'null';
  if (versionId === 'null') remove(bucket, object.key, 'null');
  const version = { ...object, versionId, at: world.now };
  bucket.objects.push(version);
  return version;
}

const remove = (bucket: Bucket, key: string, versionId: string): void => {
  bucket.objects = bucket.objects.filter((object) => object.key !== key || object.versionId !== versionId);
};

/** Without a version a versioned bucket gets a delete marker; deleting what is not there is success. */
function erase(world: World, bucket: Bucket, { Key: key, VersionId }: Input): { marker?: string } {
  if (VersionId) remove(bucket, key, VersionId);
  else if (!bucket.versioning) remove(bucket, key, 'null');
  else return { marker: add(world, bucket, { key, size: 0, body: '', deleteMarker: true }).versionId };
  return {};
}

/** By key, newest first; whether each is the latest of its key. */
function versionsOf(bucket: Bucket, prefix = '') {
  const found = bucket.objects
    .map((object, index) => ({ object, index }))
    .filter(({ object }) => object.key.startsWith(prefix));
  found.sort((a, b) => compare(a.object.key, b.object.key) || b.index - a.index);
  return found.map(({ object }, i) => ({ ...object, latest: object.key !== found[i - 1]?.object.key }));
}

const etag = ({ versionId, size }: ObjectVersion): string => `"${versionId}-${size}"`;

const shown = (object: ObjectVersion) => ({
  Key: object.key,
  LastModified: new Date(object.at),
  ETag: etag(object),
  Size: object.size,
  StorageClass: 'STANDARD' as const,
});

const versioned = ({ versionId }: ObjectVersion) => (versionId === 'null' ? {} : { VersionId: versionId });

function find(bucket: Bucket, { Key, VersionId }: Input): ObjectVersion {
  const found = versionsOf(bucket, Key).find(
    ({ key, versionId, latest }) => key === Key && (VersionId ? versionId === VersionId : latest),
  );
  if (!found) throw VersionId ? awsError('NoSuchVersion', 'The specified version does not exist.', 404) : noKey();
  if (found.deleteMarker) throw noKey();
  return found;
}

const size = ({ world }: At, asked = 1_000): number => Math.min(asked, 1_000, Math.max(1, world.pageSize));

const ListObjectsV2: Operation = (at, input) => {
  const { Prefix = '', Delimiter, StartAfter = '', ContinuationToken, MaxKeys } = input;
  const after = ContinuationToken ? Buffer.from(ContinuationToken, 'base64url').toString() : StartAfter;
  const folded = new Map<string, ObjectVersion | undefined>();
  for (const object of versionsOf(bucketOf(at, input), Prefix)) {
    if (!object.latest || object.deleteMarker) continue;
    const end = Delimiter ? object.key.indexOf(Delimiter, Prefix.length) : -1;
    if (end < 0) folded.set(object.key, object);
    else folded.set(object.key.slice(0, end + Delimiter.length), undefined);
  }
  const rest = [...folded].filter(([key]) => key > after);
  const found = rest.slice(0, size(at, MaxKeys));
  const more = rest.length > found.length;
  const contents = found.flatMap(([, object]) => (object ? [shown(object)] : []));
  const prefixes = found.flatMap(([key, object]) => (object ? [] : [{ Prefix: key }]));
  return {
    Name: input.Bucket,
    Prefix,
    KeyCount: found.length,
    MaxKeys: MaxKeys ?? 1_000,
    IsTruncated: more,
    ...(contents.length && { Contents: contents }),
    ...(prefixes.length && { CommonPrefixes: prefixes }),
    ...(more && { NextContinuationToken: Buffer.from(found.at(-1)![0]).toString('base64url') }),
  };
};

/** Versions and delete markers share one count (Amazon S3 API reference, ListObjectVersions). */
const ListObjectVersions: Operation = (at, input) => {
  const { Prefix = '', KeyMarker = '', VersionIdMarker, MaxKeys } = input;
  const all = versionsOf(bucketOf(at, input), Prefix);
  const marker = all.findIndex(({ key, versionId }) => key === KeyMarker && versionId === VersionIdMarker);
  const rest = VersionIdMarker && marker >= 0 ? all.slice(marker + 1) : all.filter(({ key }) => key > KeyMarker);
  const found = rest.slice(0, size(at, MaxKeys));
  const last = found.at(-1);
  const versions = found.filter(({ deleteMarker }) => !deleteMarker);
  const markers = found.filter(({ deleteMarker }) => deleteMarker);
  const entry = (object: (typeof found)[number]) => ({ VersionId: object.versionId, IsLatest: object.latest });
  return {
    Name: input.Bucket,
    Prefix,
    MaxKeys: MaxKeys ?? 1_000,
    IsTruncated: rest.length > found.length,
    ...(versions.length && { Versions: versions.map((object) => ({ ...shown(object), ...entry(object) })) }),
    ...(markers.length && {
      DeleteMarkers: markers.map((object) => ({
        Key: object.key,
        LastModified: new Date(object.at),
        ...entry(object),
      })),
    }),
    ...(rest.length > found.length && last && { NextKeyMarker: last.key, NextVersionIdMarker: last.versionId }),
  };
};

/** The answer is 200 even where single keys were refused: they are in Errors (Amazon S3 API reference, DeleteObjects). */
const DeleteObjects: Operation = (at, input) => {
  const bucket = bucketOf(at, input);
  const { Objects = [], Quiet } = input.Delete ?? {};
  if (!Objects.length || Objects.length > 1_000) throw malformed();
  const refused = (object: Input): boolean => bucket.undeletable?.includes(object.Key) ?? false;
  const Errors = Objects.filter(refused).map((object: Input) => ({
    ...object,
    Code: 'AccessDenied',
    Message: 'Access Denied',
  }));
  const Deleted = Objects.filter((object: Input) => !refused(object)).map((object: Input) => {
    const { marker } = erase(at.world, bucket, object);
    return { ...object, ...(marker && { DeleteMarker: true, DeleteMarkerVersionId: marker }) };
  });
  return { ...(!Quiet && Deleted.length && { Deleted }), ...(Errors.length && { Errors }) };
};

const bytes = (body: Input): Uint8Array => {
  if (body === undefined || typeof body === 'string' || body instanceof Uint8Array) return Buffer.from(body ?? '');
  throw awsError('NotImplemented', 'the simulator knows object bodies that are text or bytes only', 501);
};

/** `Body` is bytes here; the simulator makes the stream of it that the SDK gives. */
const GetObject: Operation = (at, input) => {
  const object = find(bucketOf(at, input), input);
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
  ListObjectsV2,
  ListObjectVersions,
  DeleteObjects,
  GetObject,
  HeadObject: (at, input) => head(find(bucketOf(at, input), input)),
  PutObject: (at, input) => {
    const object = putObject(at.world, bucketOf(at, input), input.Key, bytes(input.Body));
    return { ETag: etag(object), ServerSideEncryption: 'AES256', ...versioned(object) };
  },
  DeleteObject: (at, input) => {
    const bucket = bucketOf(at, input);
    if (bucket.undeletable?.includes(input.Key)) throw awsError('AccessDenied', 'Access Denied', 403);
    const { marker } = erase(at.world, bucket, input);
    return marker ? { DeleteMarker: true, VersionId: marker } : {};
  },
  ListMultipartUploads: (at, input) => {
    const { uploads } = bucketOf(at, input);
    const { KeyMarker = '', UploadIdMarker = '', MaxUploads } = input;
    const place = ({ key, uploadId }: { key: string; uploadId: string }) => `${key}\n${uploadId}`;
    const rest = [...uploads]
      .sort((a, b) => compare(place(a), place(b)))
      .filter((upload) => place(upload) > `${KeyMarker}\n${UploadIdMarker}`);
    const found = rest.slice(0, size(at, MaxUploads));
    const last = rest.length > found.length ? found.at(-1) : undefined;
    return {
      Bucket: input.Bucket,
      IsTruncated: last !== undefined,
      ...(found.length && {
        Uploads: found.map(({ key, uploadId, at: time }) => ({
          Key: key,
          UploadId: uploadId,
          Initiated: new Date(time),
        })),
      }),
      ...(last && { NextKeyMarker: last.key, NextUploadIdMarker: last.uploadId }),
    };
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
