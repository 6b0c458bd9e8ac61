import { createHash } from 'node:crypto';
import type { Due, Tags, World } from './model.ts';

export const own = <T>(record: Record<string, T>, key: string): T | undefined =>
  Object.hasOwn(record, key) ? record[key] : undefined;

export const uuidOf = (text: string): string =>
  createHash('sha256')
    .update(text)
    .digest('hex')
    .replace(/^(.{8})(.{4}).(.{3}).(.{3})(.{12}).*$/, '$1-$2-4$3-a$4-$5');

/** An identifier that is new in this world and the same in every run. */
export const nextId = (world: World): string => uuidOf(`${world.account}/${++world.serial}`);

/** Notes what will happen; among equals the first noted comes first. */
export function schedule(world: World, due: Due): void {
  let place = world.due.length;
  while (place > 0 && world.due[place - 1]!.at > due.at) place--;
  world.due.splice(place, 0, due);
}

/** One page of items after the token; the token is the last key of the page before, so that what changes between pages is seen. */
export function page<T>(items: readonly T[], key: (item: T) => string, size: number, token?: string) {
  const after = token === undefined ? undefined : Buffer.from(token, 'base64url').toString();
  const rest = after === undefined ? items : items.filter((item) => compare(key(item), after) > 0);
  const found = rest.slice(0, Math.max(1, size));
  const last = found.at(-1);
  const more = last !== undefined && rest.length > found.length;
  return { items: found, next: more ? Buffer.from(key(last)).toString('base64url') : undefined };
}

/** ASCII order, as AWS lists. */
export const compare = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0);

export const sorted = <T>(record: Record<string, T>): T[] =>
  Object.keys(record)
    .sort(compare)
    .map((key) => record[key]!);

export const mergeTags = (tags: Tags, more: Tags): Tags => ({ ...tags, ...more });

export function dropTags(tags: Tags, keys: readonly string[]): Tags {
  return Object.fromEntries(Object.entries(tags).filter(([key]) => !keys.includes(key)));
}

/** AWS spells tag lists Key and Value in IAM, S3 and Firehose. */
export const tagList = (tags: Tags) =>
  sorted(Object.fromEntries(Object.entries(tags).map(([Key, Value]) => [Key, { Key, Value }])));

export const tagRecord = (list: readonly { Key: string; Value?: string }[] = []): Tags =>
  Object.fromEntries(list.map(({ Key, Value }) => [Key, Value ?? '']));

/** What was sent, without what JSON cannot hold. */
export const plain = <T>(value: T): T => (value === undefined ? value : JSON.parse(JSON.stringify(value)));

/** `text` with `*` and `?` as in IAM: any characters, one character. */
export function like(pattern: string, text: string): boolean {
  const source = pattern
    .replace(/[.+^${}()|[\]\\]/g, '\\$&')
    .replaceAll('*', '.*')
    .replaceAll('?', '.');
  return new RegExp(`^${source}$`, 's').test(text);
}
