import type { Aws } from './clients.ts';
import type { Clock } from './clock.ts';
import { type Metric, metricData } from './metrics.ts';
import { patiently } from './patience.ts';

const DAYS = 14;
const DAY = 86_400;

/**
 * What reached each of these log groups on an average day of the last two weeks, in bytes, before compression. A group without
 * data is left out: the metric is there only where something was written.
 */
export async function incomingBytesPerDay(
  aws: Aws,
  logGroups: readonly string[],
  clock: Clock,
): Promise<ReadonlyMap<string, number>> {
  const now = clock.now();
  const end = now - (now % 3_600_000);
  const window = { start: end - DAYS * DAY * 1_000, end, period: DAY };
  const days = await patiently(clock, 'CloudWatch gave no metrics', (signal) =>
    metricData(aws, logGroups.map(incomingBytes), window, signal),
  );
  return new Map(
    logGroups.flatMap((group, i): [string, number][] => {
      const values = days[i] ?? [];
      return values.length ? [[group, values.reduce((sum, [, value]) => sum + value, 0) / values.length]] : [];
    }),
  );
}

/** IncomingBytes is the uncompressed volume of a log group (CloudWatch Logs user guide, monitoring with CloudWatch metrics). */
const incomingBytes = (LogGroupName: string): Metric => ({
  namespace: 'AWS/Logs',
  name: 'IncomingBytes',
  dimensions: { LogGroupName },
  stat: 'Sum',
});
