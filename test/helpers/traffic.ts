import { gunzipSync } from 'node:zlib';
import type { Clock } from '../../src/aws/clock.ts';
import { advance } from '../../src/simulator/advance.ts';
import { ingest } from '../../src/simulator/services/ingestion.ts';
import type { World } from '../../src/simulator/world.ts';
import { groupOf, NAMES, US } from './small.ts';

const event = (id: string) =>
  JSON.stringify({ apiVersion: 'audit.k8s.io/v1', stage: 'ResponseComplete', requestURI: '/api/v1/pods', auditID: id });

/** A cluster that logs an event every half second for as long as the work takes: those that were sent, those that have landed. */
export async function during(
  work: () => Promise<unknown>,
  world: World,
  clock: Clock,
  { cluster = 'on', bucket = NAMES.bucket(US) } = {},
) {
  const sent: string[] = [];
  let isOver = false;
  const traffic = async () => {
    while (!isOver) {
      await clock.sleep(500);
      advance(world, clock.now());
      const id = `event-${sent.length}.`;
      const here = world.regions[US]!;
      const group = here.groups[groupOf(cluster)]!;
      const message = { timestamp: world.now, ingestionTime: world.now, message: event(id) };
      group.streams.audit ??= { createdAt: world.now, events: [] };
      ingest({ world, region: US, now: world.now, here, token: undefined }, group, 'audit', [message]);
      sent.push(id);
    }
  };
  const emitting = traffic();
  await work();
  await clock.sleep(30_000);
  isOver = true;
  await emitting;
  await clock.sleep(120_000);
  advance(world, clock.now());
  const text = world.buckets[bucket]!.objects.map(({ body }) => gunzipSync(Buffer.from(body, 'base64')).toString());
  return { sent, landed: sent.filter((id) => text.some((one) => one.includes(id))) };
}
