import { HOUR, hourPrefix, isForeign } from '../audit/keys.ts';
import type { Listed } from '../sync/shelf.ts';
import type { Store } from './store.ts';

/** Which objects are to be read. */
export interface Inventory {
  /** `parquet`: the flat files that `sync` makes, which go before the objects that they were made of. */
  readonly form: 'raw' | 'parquet';
  readonly objects: readonly Listed[];
  /** Those that hold nothing that clusters have logged, by their keys. */
  readonly foreign: number;
}

/** What a store has of events since a time; undefined: of all. */
export async function inventoryOf(store: Store, from: number | undefined): Promise<Inventory> {
  const flat = await filesOfEvents(store, from);
  if (flat) return { form: 'parquet', objects: flat, foreign: 0 };
  const copies = await rawObjects(store, from, 'raw/', '');
  // Firehose's keys begin with the hour of arrival, unless it was given a prefix.
  return copies.objects.length ? copies : rawObjects(store, from, '', from === undefined ? '' : hourPrefix(from));
}

async function filesOfEvents(store: Store, from: number | undefined): Promise<Listed[] | undefined> {
  const isSince = (key: string) => from === undefined || (timeOf(key) ?? from) >= from - (from % (24 * HOUR));
  const all: Listed[] = [];
  for await (const object of store.list('events/', '')) if (object.key.endsWith('.parquet')) all.push(object);
  return all.length ? all.filter(({ key }) => isSince(key)) : undefined;
}

async function rawObjects(store: Store, from: number | undefined, below: string, after: string): Promise<Inventory> {
  const objects: Listed[] = [];
  let foreign = 0;
  for await (const object of store.list(below, after)) {
    if (isForeign(object.key)) foreign++;
    else if (from === undefined || (timeOf(object.key) ?? from) >= from - (from % HOUR)) objects.push(object);
  }
  return { form: 'raw', objects, foreign };
}

/** The hour in which the first of its events arrived, or the day of all of them, by its key; undefined: that tells neither. */
export function timeOf(key: string): number | undefined {
  const [, year, month, day, hour] =
    /(?:^|\/)(\d{4})\/(\d\d)\/(\d\d)\/(\d\d)\//.exec(key) ?? /\/dt=(\d{4})-(\d\d)-(\d\d)\//.exec(key) ?? [];
  return year ? Date.UTC(Number(year), Number(month) - 1, Number(day), Number(hour ?? 0)) : undefined;
}

/** A copy that `sync` has made is named by what it is a copy of. */
export function evidenceOf(store: Store, key: string): string {
  const [, bucket, original] = /^raw\/([^/]+)\/(.+)$/s.exec(key) ?? [];
  return bucket ? `s3://${bucket}/${original}` : store.uri(key);
}
