import type { Aws } from '../aws/clients.ts';
import { pageOfObjects, type StoredObject } from '../aws/objects.ts';
import type { EventsPlace } from '../desired/athena-names.ts';

/** From one moment to before another, in milliseconds since the epoch. */
export interface Window {
  readonly from: number;
  readonly to: number;
}

/** What there is of a window: the files that a query would read. */
export interface Holdings {
  /** In order. */
  readonly clusters: readonly string[];
  /** The first and the last. */
  readonly days: readonly [string, string];
  readonly files: number;
  readonly bytes: number;
  /** Files of events without a time, or without a cluster: no partition leads to them. */
  readonly unplaced: number;
}

const dayOf = (time: number): string => new Date(time).toISOString().slice(0, 10);

/** Of each cluster only the days that are meant are listed, for a bucket may hold years: from one that is not meant it goes on behind it. */
export async function holdingsOf(aws: Aws, { bucket, prefix }: EventsPlace, window: Window): Promise<Holdings> {
  const root = `${prefix}events/cluster=`;
  const [first, last] = [dayOf(window.from), dayOf(window.to - 1)];
  const clusters = new Set<string>();
  const days = new Set<string>();
  let [files, bytes, unplaced] = [0, 0, 0];
  /** Before which key nothing more is meant. */
  const take = ({ key, size }: StoredObject): string | undefined => {
    const [, cluster, day] = /^([^/]+)\/dt=([^/]+)\/[^/]+\.parquet$/.exec(key.slice(root.length)) ?? [];
    if (cluster === undefined || day === undefined) return undefined;
    const at = `${root}${cluster}/dt=`;
    if (cluster === NONE || day === NONE) unplaced++;
    else if (day < first) return `${at}${first}/`;
    else if (day > last) return `${at}${NONE}/`;
    else {
      clusters.add(cluster);
      days.add(day);
      files++;
      bytes += size;
    }
    return undefined;
  };
  let skip = '';
  for (let after: string | undefined = ''; after !== undefined; ) {
    const page: Page = await pageOfObjects(aws, bucket, root, { StartAfter: after });
    for (const object of page.objects) if (object.key >= skip) skip = take(object) ?? skip;
    const end = page.objects.at(-1)?.key ?? '';
    after = page.next === undefined ? undefined : end > skip ? end : skip;
  }
  const inOrder = [...days].sort();
  return {
    clusters: [...clusters].sort(),
    days: [inOrder[0] ?? first, inOrder.at(-1) ?? last],
    files,
    bytes,
    unplaced,
  };
}
type Page = Awaited<ReturnType<typeof pageOfObjects>>;

/** As Hive names what has no value; after all days. */
const NONE = '__HIVE_DEFAULT_PARTITION__';
