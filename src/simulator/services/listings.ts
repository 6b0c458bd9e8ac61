import { compare } from '../basics.ts';
import type { ObjectVersion } from '../model.ts';
import { bucketOf } from './buckets.ts';
import type { At, Input, Operation, Service } from './service.ts';
import { isLatest, placeOf, versionsOf } from './versions.ts';

export const etag = ({ versionId, size, at }: ObjectVersion): string => `"${versionId}-${size}-${at}"`;

const size = ({ world }: At, asked = 1_000): number => Math.min(asked, 1_000, Math.max(1, world.pageSize));

/** Keys as they were asked for: as they are, or encoded, where XML could not carry them (Amazon S3 API reference, EncodingType). */
const written = ({ EncodingType }: Input) =>
  EncodingType === 'url'
    ? (key: string) => encodeURIComponent(key).replaceAll('%2F', '/').replaceAll('%20', '+')
    : (key: string) => key;
const encoding = ({ EncodingType }: Input) => (EncodingType ? { EncodingType } : {});

const shown = (object: ObjectVersion, Key: string) => ({
  Key,
  LastModified: new Date(object.at),
  ETag: etag(object),
  Size: object.size,
  StorageClass: 'STANDARD' as const,
});

/** The latest objects, with those whose keys go on after a delimiter as one, until so many are found. */
function folded(at: At, input: Input, after: string, most: number) {
  const { Prefix = '', Delimiter } = input;
  const versions = versionsOf(bucketOf(at, input));
  const found = new Map<string, ObjectVersion | undefined>();
  for (let place = placeOf(versions, Prefix); versions[place]?.key.startsWith(Prefix); place++) {
    const object = versions[place]!;
    if (object.deleteMarker || !isLatest(versions, place)) continue;
    const end = Delimiter ? object.key.indexOf(Delimiter, Prefix.length) : -1;
    const key = end < 0 ? object.key : object.key.slice(0, end + Delimiter.length);
    if (key <= after || found.has(key)) continue;
    if (found.size === most) return { found, more: true };
    found.set(key, end < 0 ? object : undefined);
  }
  return { found, more: false };
}

const ListObjectsV2: Operation = (at, input) => {
  const { StartAfter = '', ContinuationToken, MaxKeys } = input;
  const after = ContinuationToken ? Buffer.from(ContinuationToken, 'base64url').toString() : StartAfter;
  const { found, more } = folded(at, input, after, size(at, MaxKeys));
  const entries = [...found];
  const write = written(input);
  const contents = entries.flatMap(([key, object]) => (object ? [shown(object, write(key))] : []));
  const prefixes = entries.flatMap(([key, object]) => (object ? [] : [{ Prefix: write(key) }]));
  return {
    Name: input.Bucket,
    ...encoding(input),
    Prefix: write(input.Prefix ?? ''),
    KeyCount: entries.length,
    MaxKeys: MaxKeys ?? 1_000,
    IsTruncated: more,
    ...(contents.length && { Contents: contents }),
    ...(prefixes.length && { CommonPrefixes: prefixes }),
    ...(more && { NextContinuationToken: Buffer.from(entries.at(-1)![0]).toString('base64url') }),
  };
};

/** Where a page begins: after the version that the markers name, or after all versions of the key. */
function placeAfter(versions: readonly ObjectVersion[], { KeyMarker, VersionIdMarker }: Input): number {
  if (!KeyMarker) return 0;
  let place = placeOf(versions, KeyMarker);
  for (; versions[place]?.key === KeyMarker; place++) {
    if (versions[place]!.versionId === VersionIdMarker) return place + 1;
  }
  return place;
}

/** Versions and delete markers share one count (Amazon S3 API reference, ListObjectVersions). */
const ListObjectVersions: Operation = (at, input) => {
  const { Prefix = '', MaxKeys } = input;
  const versions = versionsOf(bucketOf(at, input));
  const write = written(input);
  const found: [ObjectVersion, object][] = [];
  let place = Math.max(placeAfter(versions, input), placeOf(versions, Prefix));
  for (; versions[place]?.key.startsWith(Prefix) && found.length < size(at, MaxKeys); place++) {
    const object = versions[place]!;
    const { ETag, Size, StorageClass, ...bare } = shown(object, write(object.key));
    const entry = { VersionId: object.versionId, IsLatest: isLatest(versions, place) };
    found.push([object, { ...bare, ...(!object.deleteMarker && { ETag, Size, StorageClass }), ...entry }]);
  }
  const more = versions[place]?.key.startsWith(Prefix) === true;
  const part = (isMarker: boolean) =>
    found.filter(([{ deleteMarker }]) => (deleteMarker ?? false) === isMarker).map(([, entry]) => entry);
  const [last] = found.at(-1) ?? [];
  return {
    Name: input.Bucket,
    ...encoding(input),
    Prefix: write(Prefix),
    MaxKeys: MaxKeys ?? 1_000,
    IsTruncated: more,
    ...(part(false).length && { Versions: part(false) }),
    ...(part(true).length && { DeleteMarkers: part(true) }),
    ...(more && last && { NextKeyMarker: write(last.key), NextVersionIdMarker: last.versionId }),
  };
};

const ListMultipartUploads: Operation = (at, input) => {
  const { uploads } = bucketOf(at, input);
  const { KeyMarker = '', UploadIdMarker = '', MaxUploads } = input;
  const write = written(input);
  const place = ({ key, uploadId }: { key: string; uploadId: string }) => `${key}\n${uploadId}`;
  const rest = [...uploads]
    .sort((a, b) => compare(place(a), place(b)))
    .filter((upload) => !KeyMarker || place(upload) > `${KeyMarker}\n${UploadIdMarker}`);
  const found = rest.slice(0, size(at, MaxUploads));
  const last = rest.length > found.length ? found.at(-1) : undefined;
  const Uploads = found.map(({ key, uploadId, at: time }) => ({
    Key: write(key),
    UploadId: uploadId,
    Initiated: new Date(time),
  }));
  return {
    Bucket: input.Bucket,
    ...encoding(input),
    IsTruncated: last !== undefined,
    ...(found.length && { Uploads }),
    ...(last && { NextKeyMarker: write(last.key), NextUploadIdMarker: last.uploadId }),
  };
};

export const listings: Service = { ListObjectsV2, ListObjectVersions, ListMultipartUploads };
