import { randomUUID } from 'node:crypto';
import { hourPrefixes } from '../audit/keys.ts';
import { newTally } from '../audit/tally.ts';
import { CANARY } from '../desired/names.ts';
import { delivered, type Sighting, sightings, type Window } from './look.ts';
import type { CanaryRow } from './verification.ts';

/** One event that is written to be followed. */
export interface Canary {
  readonly id: string;
  readonly logStream: string;
  /** Milliseconds since the epoch; undefined: it was not written. */
  readonly sentAt?: number;
}

export function newCanary(): Canary {
  const id = randomUUID();
  return { id, logStream: `${CANARY}${id}` };
}

/** Shaped like an audit event, so that it goes the way of all of them, and says of itself what it is. */
export function canaryEvent({ id }: Canary, version: string, now: number): string {
  const time = new Date(now).toISOString().replace('Z', '000Z');
  return JSON.stringify({
    kind: 'Event',
    apiVersion: 'audit.k8s.io/v1',
    level: 'Metadata',
    auditID: id,
    stage: 'ResponseComplete',
    requestURI: `/rad-connect/canary/${id}`,
    verb: 'get',
    user: { username: 'rad-connect-canary', groups: ['system:unauthenticated'] },
    sourceIPs: ['127.0.0.1'],
    userAgent: `rad-connect/${version}`,
    responseStatus: { metadata: {}, code: 200 },
    requestReceivedTimestamp: time,
    stageTimestamp: time,
    annotations: {
      'rad-connect/canary': 'not written by an API server: rad-connect verify --canary follows it to the bucket',
      'rad-connect/version': version,
    },
  });
}

/** Beside the stream's buffer interval: what CloudWatch Logs and Firehose take on top. */
const SLACK = 4 * 60_000;
export const overdueAfter = (bufferSeconds: number): number => bufferSeconds * 1_000 + SLACK;
/** Between two looks at the bucket. */
const PAUSE = 15_000;

interface Following extends Window {
  readonly signal: AbortSignal;
  /** Of the stream. */
  readonly bufferSeconds: number;
  note(elapsed: number, limit: number): void;
}

/** Looks at each new object until it has seen all of these canaries, by their ids, or until they are overdue. */
export async function follow(window: Following, canaries: readonly Canary[]): Promise<ReadonlyMap<string, Sighting>> {
  const { clock, signal, bufferSeconds } = window;
  const begun = clock.now();
  const limit = overdueAfter(bufferSeconds);
  const arrived = new Map<string, Sighting>();
  const read = new Set<string>();
  while (arrived.size < canaries.length && clock.now() < begun + limit) {
    await clock.sleep(PAUSE, signal);
    if (signal.aborted) break;
    window.note(clock.now() - begun, limit);
    // What arrived while an earlier hour's object was being filled is in that hour.
    for (const prefix of hourPrefixes(begun - bufferSeconds * 1_000, clock.now())) {
      for (const object of await delivered(window, prefix)) {
        if (read.has(object.key)) continue;
        read.add(object.key);
        const ids = new Set<string>();
        const found = await sightings(window, object, newTally(), ({ event, cluster }) => {
          if (cluster) ids.add(`${cluster} ${event.auditID}`);
        });
        for (const [cluster, sighting] of found)
          for (const { id } of canaries) if (ids.has(`${cluster} ${id}`)) arrived.set(id, sighting);
      }
    }
  }
  return arrived;
}

export function canaryRow(
  { id, logStream, sentAt }: Canary,
  sighting: Sighting | undefined,
  isOver: boolean,
): CanaryRow {
  const arrivedAt = sighting?.landedAt ?? null;
  const state =
    sentAt === undefined ? 'not-sent' : arrivedAt !== null ? 'arrived' : isOver ? ('lost' as const) : 'unknown';
  const iso = (time: number | null | undefined) => (time == null ? null : new Date(time).toISOString());
  const seconds =
    arrivedAt !== null && sentAt !== undefined ? Math.max(0, Math.round((arrivedAt - sentAt) / 1_000)) : null;
  return { id, logStream, state, sentAt: iso(sentAt), arrivedAt: iso(arrivedAt), seconds };
}
