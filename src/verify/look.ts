import type { AuditEvent } from '../audit/events.ts';
import { hourPrefixes, isForeign } from '../audit/keys.ts';
import { readEvents } from '../audit/reader.ts';
import { newTally, type Tally } from '../audit/tally.ts';
import type { Aws } from '../aws/clients.ts';
import type { Clock } from '../aws/clock.ts';
import { listObjects, openObject, type StoredObject } from '../aws/objects.ts';

/** The last event of a cluster that was found, and the object it was found in. Milliseconds since the epoch. */
export interface Sighting {
  readonly at: number;
  readonly landedAt: number;
  readonly key: string;
  readonly events: number;
}

/** Where is looked, from when on. */
export interface Window {
  readonly aws: Aws;
  readonly bucket: string;
  readonly from: number;
  readonly clock: Clock;
}

/** Further back nobody waits for. */
const MOST_OBJECTS = 200;

/** The last event of each of these clusters: the newest objects first, until each cluster was seen. */
export async function lastEvents(window: Window, clusters: readonly string[]) {
  const { from, clock } = window;
  const seen = new Map<string, Sighting>();
  const tally = newTally();
  const isDone = () => clusters.every((name) => seen.has(name));
  let objects = 0;
  for (const prefix of hourPrefixes(from, clock.now())) {
    if (isDone()) break;
    for (const object of await delivered(window, prefix)) {
      if (isDone() || objects === MOST_OBJECTS) break;
      objects++;
      for (const [cluster, sighting] of await sightings(window, object, tally))
        if (!seen.has(cluster)) seen.set(cluster, sighting);
    }
  }
  return { seen, tally, objects, isCut: objects === MOST_OBJECTS && !isDone() };
}

/** The objects below a prefix that hold what clusters have logged, the newest first. */
export const delivered = async ({ aws, bucket, from }: Window, prefix: string): Promise<StoredObject[]> =>
  (await listObjects(aws, bucket, prefix))
    .filter(({ key, at }) => at >= from && !isForeign(key))
    .sort((a, b) => b.at - a.at);

/** The last event of each cluster in an object. `watch` sees all of them. */
export async function sightings(
  { aws, bucket, clock }: Window,
  { key, at: landedAt }: StoredObject,
  tally: Tally,
  watch: (event: AuditEvent) => void = () => {},
): Promise<Map<string, Sighting>> {
  const found = new Map<string, Sighting>();
  const body = await openObject(aws, bucket, key);
  if (!body) return found;
  await clock.during(async () => {
    for await (const batch of readEvents(body, { region: aws.region }, tally)) {
      for (const event of batch) {
        watch(event);
        const before = found.get(event.cluster ?? '');
        const at = Math.max(event.at ?? 0, before?.at ?? 0);
        if (event.cluster) found.set(event.cluster, { at, landedAt, key, events: (before?.events ?? 0) + 1 });
      }
    }
  });
  return found;
}
