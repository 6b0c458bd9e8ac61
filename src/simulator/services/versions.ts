import { compare, nextId } from '../basics.ts';
import type { Bucket, ObjectVersion, World } from '../model.ts';

/** The versions of a bucket by key, newest first: kept beside the world, so that a page of many is found at once. */
const indexes = new WeakMap<readonly ObjectVersion[], { readonly count: number; readonly sorted: ObjectVersion[] }>();

export function versionsOf({ objects }: Bucket): readonly ObjectVersion[] {
  const known = indexes.get(objects);
  if (known?.count === objects.length) return known.sorted;
  const places = new Map(objects.map((object, place) => [object, place]));
  const sorted = [...objects].sort((a, b) => compare(a.key, b.key) || places.get(b)! - places.get(a)!);
  indexes.set(objects, { count: objects.length, sorted });
  return sorted;
}

/** Where the keys begin that are not before this one. */
export function placeOf(versions: readonly ObjectVersion[], key: string): number {
  let [low, high] = [0, versions.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    if (compare(versions[middle]!.key, key) < 0) low = middle + 1;
    else high = middle;
  }
  return low;
}

/** Whether the version at this place is the latest of its key. */
export const isLatest = (versions: readonly ObjectVersion[], place: number): boolean =>
  versions[place - 1]?.key !== versions[place]!.key;

export function removeVersions(bucket: Bucket, isGone: (version: ObjectVersion) => boolean): void {
  const sorted = versionsOf(bucket).filter((version) => !isGone(version));
  bucket.objects = bucket.objects.filter((version) => !isGone(version));
  indexes.set(bucket.objects, { count: sorted.length, sorted });
}

/** A new version, or the only one where versioning was never turned on. */
export function putVersion(
  world: World,
  bucket: Bucket,
  object: Omit<ObjectVersion, 'versionId' | 'at'>,
): ObjectVersion {
  const versionId = bucket.versioning === 'Enabled' ? nextId(world).replaceAll('-', '') : 'null';
  if (versionId === 'null') removeVersions(bucket, (old) => old.key === object.key && old.versionId === 'null');
  const version = { ...object, versionId, at: world.now };
  bucket.objects.push(version);
  return version;
}

export const putObject = (world: World, bucket: Bucket, key: string, body: Uint8Array): ObjectVersion =>
  putVersion(world, bucket, { key, size: body.byteLength, body: Buffer.from(body).toString('base64') });
