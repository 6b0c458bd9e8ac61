import { gunzipSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { type Asked, statistic } from '../src/simulator/metrics.ts';
import { traffic } from '../src/simulator/traffic/traffic.ts';
import type { World } from '../src/simulator/world.ts';
import { account } from './helpers/account.ts';
import { bucket, filter, group, groupOf, NAMES, role, small, stream, US } from './helpers/small.ts';

const ENABLE = `enable-audit --regions ${US} --external-id x-1 --yes -o json`;
const TEN = { minutes: 10, seed: 7 };

/** A connected account, and then ten minutes of its clusters. */
async function connected(change: (world: World) => void = () => {}) {
  const { world, run } = account(small());
  expect((await run(ENABLE)).code).toBe(0);
  change(world);
  const before = world.now;
  return { world, before, run, written: traffic(world, TEN) };
}

const text = (world: World) =>
  bucket(world)
    .objects.map(({ body }) => gunzipSync(Buffer.from(body, 'base64')).toString())
    .join('');
const landed = (world: World) =>
  new Set([...text(world).matchAll(/\\"auditID\\":\\"([\w-]+)\\"/g)].map(([, id]) => id)).size;

function sum(world: World, namespace: string, name: string, dimensions: Asked['dimensions']): number | undefined {
  const asked = { namespace, name, dimensions, statistic: 'Sum' };
  return statistic(world.regions[US]!, asked, 0, world.now + 60_000);
}
const ofGroup = { LogGroupName: groupOf('on') };
const ofFilter = { ...ofGroup, DestinationType: 'Firehose', FilterName: NAMES.product };
const ofStream = { DeliveryStreamName: NAMES.product };

describe('traffic of the clusters', () => {
  it('ends in the bucket, each event once, and the metrics tell the way', async () => {
    const { world, before, written } = await connected();
    expect(written.map(({ cluster, events }) => [cluster, events])).toEqual([
      ['off', 300],
      ['on', 300],
    ]);
    expect(landed(world)).toBe(600);
    expect(sum(world, 'AWS/Logs', 'IncomingLogEvents', ofGroup)).toBe(300);
    expect(sum(world, 'AWS/Logs', 'ForwardedLogEvents', ofFilter)).toBe(300);
    // Two batches each ten seconds, and what each filter sent when it was made.
    expect(sum(world, 'AWS/Firehose', 'IncomingRecords', ofStream)).toBe(2 * 60 + 2);
    expect(sum(world, 'AWS/Firehose', 'DeliveryToS3.Records', ofStream)).toBe(2 * 60 + 2);
    expect(world.now - before).toBeGreaterThanOrEqual(10 * 60_000);
  });

  it('is the same for the same seed, and other events for another', async () => {
    const { world: first } = await connected();
    const again = structuredClone(first);
    for (const one of [first, again]) traffic(one, { minutes: 2, seed: 3 });
    expect(text(again)).toBe(text(first));
    const { world } = account(small());
    const ids = (seed: number) => {
      traffic(world, { minutes: 1, seed });
      return Object.values(group(world, groupOf('on')).streams)
        .at(-1)!
        .events.map(({ message }) => message);
    };
    expect(ids(1)).not.toEqual(ids(2));
  });

  it('is of clusters that have their audit log on', () => {
    const { world } = account(small());
    expect(traffic(world, TEN).map(({ cluster, events }) => [cluster, events])).toEqual([
      ['off', 0],
      ['on', 300],
    ]);
  });

  it('has events that a security team wants to hear of, each of them whole', async () => {
    const { world, written } = await connected();
    expect(written.reduce((all, { suspicious }) => all + suspicious, 0)).toBeGreaterThan(0);
    const events = group(world, groupOf('on')).streams;
    for (const { message } of Object.values(events).flatMap((one) => one.events)) {
      const event = JSON.parse(message);
      expect(event).toMatchObject({ kind: 'Event', apiVersion: 'audit.k8s.io/v1', verb: expect.any(String) });
      expect(message).not.toContain('ACCOUNT');
      expect(Date.parse(event.stageTimestamp)).toBeGreaterThan(Date.parse(event.requestReceivedTimestamp));
    }
  });
});

describe('where the way is broken', () => {
  it('a filter that may not put records: they are lost, and counted', async () => {
    const { world } = await connected((w) => {
      role(w, NAMES.subscription).policies = {};
    });
    expect(landed(world)).toBe(0);
    expect(sum(world, 'AWS/Logs', 'DeliveryErrors', ofFilter)).toBe(300);
    expect(sum(world, 'AWS/Logs', 'ForwardedLogEvents', ofFilter)).toBeUndefined();
  });

  it('a pattern that matches nothing: nothing is forwarded, and that is no error', async () => {
    const { world } = await connected((w) => {
      filter(w, 'on').filterPattern = '{ $.kind = "Nothing" }';
    });
    expect(landed(world)).toBe(300);
    expect(sum(world, 'AWS/Logs', 'IncomingLogEvents', ofGroup)).toBe(300);
    expect(sum(world, 'AWS/Logs', 'DeliveryErrors', ofFilter)).toBeUndefined();
  });

  it('a bucket that refuses: what waits grows old', async () => {
    const { world } = await connected((w) => {
      role(w, NAMES.delivery).policies = {};
    });
    expect(stream(world).buffer).toBeDefined();
    const asked = { namespace: 'AWS/Firehose', dimensions: ofStream };
    const now = world.now + 60_000;
    const here = world.regions[US]!;
    expect(
      statistic(here, { ...asked, name: 'DeliveryToS3.DataFreshness', statistic: 'Maximum' }, 0, now),
    ).toBeGreaterThan(300);
    expect(statistic(here, { ...asked, name: 'DeliveryToS3.Success', statistic: 'Minimum' }, 0, now)).toBe(0);
  });
});

describe('sandbox traffic', () => {
  it.each(['--minutes 0', '--minutes 1.5', '--minutes 1441', '--seed x', '--minutes'])(
    '%s: one line, 64',
    async (line) => {
      const { code, stderr } = await account(small()).run(`sandbox traffic ${line}`);
      expect([code, stderr.trim().split('\n').length]).toEqual([64, 1]);
    },
  );
});
