import type { Clock } from './clock.ts';

/**
 * Calls a second that AWS allows per account and region, where it publishes a number.
 * Source: CloudWatch Logs quotas and Amazon Data Firehose quotas in the AWS documentation, October 2026.
 * EKS publishes none, and throttles who asks after many clusters at once: the more of them wait, the rarer each is asked after.
 */
export const RATES: Readonly<Record<string, number>> = {
  'logs:PutSubscriptionFilter': 5,
  'logs:DeleteSubscriptionFilter': 5,
  'logs:DescribeSubscriptionFilters': 5,
  'logs:PutRetentionPolicy': 5,
  'logs:TagResource': 5,
  'logs:UntagResource': 5,
  'logs:DescribeLogGroups': 10,
  'logs:CreateLogGroup': 10,
  'logs:DeleteLogGroup': 10,
  'logs:DescribeLogStreams': 25,
  'logs:FilterLogEvents': 5,
  'logs:ListTagsForResource': 30,
  'firehose:*': 5,
  'eks:DescribeUpdate': 5,
};

/** A little more than a second: the network may push calls closer together than they were sent. */
const WINDOW = 1_020;

/** Lets at most as many calls of one operation begin in any second as AWS allows; others wait their turn. */
export function createPacer(
  clock: Clock,
  rates = RATES,
): (service: string, operation: string, signal: AbortSignal) => Promise<void> {
  const begun = new Map<string, number[]>();
  return async (service, operation, signal) => {
    const key = `${service}:${operation}`;
    const rate = rates[key] ?? rates[`${service}:*`];
    if (rate === undefined) return;
    const recent = begun.get(key) ?? [];
    begun.set(key, recent);
    const at = recent.length < rate ? clock.now() : Math.max(clock.now(), recent.shift()! + WINDOW);
    recent.push(at);
    const wait = at - clock.now();
    if (wait > 0) await clock.sleep(wait, signal);
  };
}

/** At most `places` pieces of work at once; the rest queue in order. */
export function createLimiter(places: number): <T>(work: () => Promise<T>) => Promise<T> {
  const queue: (() => void)[] = [];
  let free = places;
  return async (work) => {
    if (free > 0) free--;
    else await new Promise<void>((resolve) => queue.push(resolve));
    try {
      return await work();
    } finally {
      const next = queue.shift();
      if (next) next();
      else free++;
    }
  };
}
