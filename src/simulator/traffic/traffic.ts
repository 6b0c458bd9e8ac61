import { createHash } from 'node:crypto';
import { advance } from '../advance.ts';
import { sorted } from '../basics.ts';
import type { LogGroup, World } from '../model.ts';
import { ingest } from '../services/ingestion.ts';
import { ordinary, SUSPICIOUS } from './acts.ts';
import { auditEvent } from './events.ts';
import { createRandom, type Random } from './random.ts';

export interface TrafficOptions {
  readonly minutes: number;
  readonly seed: number;
}

/** What one cluster has written. */
export interface Traffic {
  readonly region: string;
  readonly cluster: string;
  readonly events: number;
  readonly suspicious: number;
}

interface Writer {
  readonly region: string;
  readonly cluster: string;
  readonly random: Random;
  /** The API server's log stream in the group. */
  readonly logStream: string;
  events: number;
  suspicious: number;
}

const MINUTE = 60_000;
/** How often a cluster writes, and how many events then: thirty a minute. */
const [BEAT, PER_BEAT] = [10_000, 5];
const LANDED = 2 * MINUTE;

/**
 * Lets the time of the account pass while its clusters write their audit logs, as far as they have the log type on: into the log
 * group, and from there as filters, streams and buckets have it. Ends when what was written last has had the time to land.
 */
export function traffic(world: World, { minutes, seed }: TrafficOptions): Traffic[] {
  const start = Math.floor(world.now);
  const writers = Object.entries(world.regions).flatMap(([region, { clusters }]) =>
    sorted(clusters).map(({ name }) => writerOf(region, name, seed)),
  );
  for (let at = 0; at < minutes * MINUTE; at += BEAT) {
    advance(world, start + at);
    for (const writer of writers) write(world, writer, PER_BEAT, BEAT);
  }
  advance(world, start + minutes * MINUTE + LANDED);
  return writers.map(({ region, cluster, events, suspicious }) => ({ region, cluster, events, suspicious }));
}

function writerOf(region: string, cluster: string, seed: number): Writer {
  const digest = createHash('sha256').update(`${seed}/${region}/${cluster}`).digest();
  const random = createRandom(digest.readUInt32BE());
  return { region, cluster, random, logStream: `kube-apiserver-audit-${random.hex(32)}`, events: 0, suspicious: 0 };
}

/** In a busy hour of a cluster, a few things are not as they should be. */
const SHARE = 0.01;

function write(world: World, writer: Writer, count: number, beat: number): void {
  const { region, cluster, random, logStream } = writer;
  const here = world.regions[region]!;
  const group: LogGroup | undefined = here.groups[`/aws/eks/${cluster}/cluster`];
  if (!group || !here.clusters[cluster]!.logging.includes('audit')) return;
  group.streams[logStream] ??= { createdAt: world.now, events: [] };
  const events = Array.from({ length: count }, () => {
    const isSuspicious = random.next() < SHARE;
    if (isSuspicious) writer.suspicious++;
    const act = isSuspicious ? random.pick(SUSPICIOUS)(random) : ordinary(random);
    const timestamp = Math.floor(world.now) - random.below(beat);
    return {
      timestamp,
      ingestionTime: Math.floor(world.now),
      message: auditEvent(act, timestamp, world, random),
    };
  });
  writer.events += events.length;
  const at = { world, region, now: world.now, here, token: undefined };
  ingest(
    at,
    group,
    logStream,
    events.sort((a, b) => a.timestamp - b.timestamp),
  );
}
