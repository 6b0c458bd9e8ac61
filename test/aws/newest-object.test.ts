import { describe, expect, it } from 'vitest';
import { createAws } from '../../src/aws/clients.ts';
import { virtualClock } from '../../src/aws/clock.ts';
import { newestObject } from '../../src/aws/newest-object.ts';
import { Simulator } from '../../src/simulator/simulator.ts';
import { memoryStore } from '../../src/simulator/store.ts';
import { addBucket, addRegion, emptyWorld } from '../../src/simulator/world.ts';

const NOW = Date.parse('2026-11-25T10:40:00Z');
const MINUTE = 60_000;
const signal = new AbortController().signal;

/** The key of an object that Firehose has made at this moment. */
function keyAt(at: number, version = 1): string {
  const time = new Date(at).toISOString();
  const moment = time.slice(0, 19).replace(/[T:]/g, '-');
  return `${time.slice(0, 13).replace(/[-T]/g, '/')}/rad-eks-audit-logs-${version}-${moment}-0a1b.gz`;
}

/** What is found among objects that landed then, and with how many calls. */
async function look(times: readonly number[], { pageSize = 1_000, others = [] as string[] } = {}) {
  const world = emptyWorld({ regions: {}, now: NOW, pageSize });
  addRegion(world, 'us-east-1');
  const keys = [...times.map((at) => ({ key: keyAt(at), at })), ...others.map((key) => ({ key, at: NOW }))];
  addBucket(world, 'us-east-1', 'b', {
    objects: keys.map(({ key, at }, i) => ({ key, at, versionId: `v${i}`, size: 1, body: 'eA==' })),
  });
  const clock = virtualClock(NOW);
  let calls = 0;
  const simulator = new Simulator({ clock, store: memoryStore(world), onCall: () => calls++ });
  const aws = createAws('us-east-1', world.account, {
    ...{ clock, signal, kill: signal, version: '0', concurrency: 4 },
    credentials: { accessKeyId: 'x', secretAccessKey: 'y' },
    onClient: simulator.attach,
  });
  return { found: await newestObject(aws, 'b', NOW, signal), calls };
}

describe('the newest object', () => {
  it('of this hour with one call, of the hour before with two', async () => {
    expect(await look([NOW - MINUTE, NOW - 30 * MINUTE])).toEqual({ found: NOW - MINUTE, calls: 1 });
    expect(await look([NOW - 50 * MINUTE, NOW - 90 * MINUTE])).toEqual({ found: NOW - 50 * MINUTE, calls: 2 });
  });

  it('of any age, with few calls; what is no delivery is not taken for one', async () => {
    const days = [2, 3, 40, 400].map((day) => NOW - day * 1_440 * MINUTE);
    const others = ['errors/S3/2026/11/25/10/a.gz', 'readme.txt', 'zzz/2026/'];
    expect(await look(days, { others })).toEqual({ found: days[0], calls: 7 });
  });

  it('there is none', async () => {
    expect((await look([])).found).toBeNull();
    expect((await look([], { others: ['errors/a.gz'] })).found).toBeNull();
  });

  it('of an hour with more than one listing holds, the last minutes are looked at', async () => {
    const busy = Array.from({ length: 400 }, (_, i) => NOW - 39 * MINUTE + i * 5_800);
    const { found, calls } = await look(busy, { pageSize: 60 });
    expect(found).toBe(busy.at(-1));
    expect(calls).toBeLessThanOrEqual(3);
  });

  it('also where the last minutes have none', async () => {
    const early = Array.from({ length: 90 }, (_, i) => NOW - 39 * MINUTE + i * 10_000);
    expect((await look(early, { pageSize: 40 })).found).toBe(early.at(-1));
  });
});
