import { setMaxListeners } from 'node:events';
import { describe, expect, it } from 'vitest';
import { virtualClock } from '../../src/aws/clock.ts';
import { createLimiter, createPacer, RATES } from '../../src/aws/pace.ts';
import { perSecond } from '../../src/simulator/facts.ts';

const open = new AbortController().signal;
setMaxListeners(0, open);

/** When each of so many calls, all asked for at once, begins. */
async function starts(count: number, service: string, operation: string, rates?: Record<string, number>) {
  const clock = virtualClock(0);
  const pace = createPacer(clock, rates);
  const begun: number[] = [];
  await Promise.all(
    Array.from({ length: count }, () => pace(service, operation, open).then(() => begun.push(clock.now()))),
  );
  return begun;
}

/** The most starts in any second. */
const densest = (times: readonly number[]) =>
  Math.max(...times.map((from) => times.filter((time) => time >= from && time < from + 1_000).length));

describe('pacer', () => {
  it.each([
    ['logs', 'PutSubscriptionFilter', 5],
    ['logs', 'DescribeLogGroups', 10],
    ['logs', 'ListTagsForResource', 30],
    ['firehose', 'DescribeDeliveryStream', 5],
    ['firehose', 'TagDeliveryStream', 5],
    ['eks', 'DescribeUpdate', 5],
  ])('%s:%s never begins more than %i calls in a second', async (service, operation, rate) => {
    const times = await starts(rate * 4 + 1, service, operation);
    expect(densest(times)).toBe(rate);
    expect(times.at(-1)).toBeGreaterThanOrEqual(4_000);
    expect(times.at(-1)).toBeLessThan(4_200);
  });

  it('what has no published rate does not wait', async () => {
    expect(new Set(await starts(100, 'eks', 'DescribeCluster'))).toEqual(new Set([0]));
    expect(new Set(await starts(100, 'logs', 'GetLogEvents'))).toEqual(new Set([0]));
  });

  it('keeps the rate when calls come one by one, late and unevenly', async () => {
    const clock = virtualClock(0);
    const pace = createPacer(clock, { 's:Op': 3 });
    const times: number[] = [];
    for (let i = 0; i < 40; i++) {
      await pace('s', 'Op', open);
      times.push(clock.now());
      await clock.sleep((i * 137) % 400);
    }
    expect(densest(times)).toBeLessThanOrEqual(3);
  });

  it('does not save up idle time', async () => {
    const clock = virtualClock(0);
    const pace = createPacer(clock, { 's:Op': 2 });
    await pace('s', 'Op', open);
    await clock.sleep(60_000);
    const times: number[] = [];
    await Promise.all(Array.from({ length: 6 }, () => pace('s', 'Op', open).then(() => times.push(clock.now()))));
    expect(densest(times)).toBe(2);
  });

  it('operations wait for themselves only, those of Firehose too', async () => {
    const clock = virtualClock(0);
    const pace = createPacer(clock);
    const operations = ['logs:PutRetentionPolicy', 'logs:TagResource', 'firehose:CreateDeliveryStream', 'firehose:X'];
    await Promise.all(
      operations.flatMap((name) => {
        const [service, operation] = name.split(':') as [string, string];
        return Array.from({ length: 5 }, () => pace(service, operation, open));
      }),
    );
    expect(clock.now()).toBe(0);
  });

  it('a stopped run does not wait its turn', async () => {
    const clock = virtualClock(0);
    const pace = createPacer(clock, { 's:Op': 1 });
    await Promise.all(Array.from({ length: 50 }, () => pace('s', 'Op', AbortSignal.abort())));
    expect(clock.now()).toBe(0);
  });

  it.each(Object.entries(perSecond))('%s: no more than the %i a second that AWS allows', (operation, allowed) => {
    const rate = RATES[operation] ?? RATES[`${operation.split(':')[0]}:*`];
    expect(rate).toBeLessThanOrEqual(allowed);
  });
});

describe('limiter', () => {
  it.each([1, 3, 10])('at most %i pieces of work at once, all of them done in order', async (places) => {
    const clock = virtualClock(0);
    const limit = createLimiter(places);
    let now = 0;
    let most = 0;
    const order: number[] = [];
    const work = async (i: number) => {
      order.push(i);
      most = Math.max(most, ++now);
      await clock.sleep(10);
      now--;
      return i * 2;
    };
    const answers = await Promise.all(Array.from({ length: 30 }, (_, i) => limit(() => work(i))));
    expect(most).toBe(places);
    expect(order).toEqual(Array.from({ length: 30 }, (_, i) => i));
    expect(answers[29]).toBe(58);
    expect(clock.now()).toBe(Math.ceil(30 / places) * 10);
  });

  it('a failure frees its place', async () => {
    const limit = createLimiter(1);
    await expect(limit(() => Promise.reject(new Error('no')))).rejects.toThrow('no');
    expect(await limit(async () => 'next')).toBe('next');
  });
});
