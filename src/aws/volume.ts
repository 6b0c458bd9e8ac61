import { type MetricDataQuery, paginateGetMetricData } from '@aws-sdk/client-cloudwatch';
import type { Aws } from './clients.ts';
import type { Clock } from './clock.ts';
import { patiently } from './patience.ts';

const DAYS = 14;
const DAY = 86_400;
/** CloudWatch API reference, GetMetricData. */
const MOST_QUERIES = 500;

/**
 * What reached each of these log groups on an average day of the last two weeks, in bytes, before compression. One call for 500
 * groups. A group without data is left out: the metric is there only where something was written.
 */
export async function incomingBytesPerDay(
  aws: Aws,
  logGroups: readonly string[],
  clock: Clock,
): Promise<ReadonlyMap<string, number>> {
  return patiently(clock, 'CloudWatch gave no metrics', async (signal) => {
    const pages = await Promise.all(chunks(logGroups).map((groups) => ask(aws, groups, clock.now(), signal)));
    return new Map(pages.flat());
  });
}

async function ask(
  { cloudwatch: client }: Aws,
  groups: readonly string[],
  now: number,
  abortSignal: AbortSignal,
): Promise<[string, number][]> {
  const EndTime = new Date(now - (now % 3_600_000));
  const StartTime = new Date(EndTime.getTime() - DAYS * DAY * 1_000);
  const input = { MetricDataQueries: groups.map(query), StartTime, EndTime };
  const days = groups.map((): number[] => []);
  const config = { client };
  for await (const { MetricDataResults = [] } of paginateGetMetricData(config, input, { abortSignal })) {
    for (const { Id = '', Values = [] } of MetricDataResults) days[Number(Id.slice(1))]?.push(...Values);
  }
  return groups.flatMap((group, i): [string, number][] => {
    const values = days[i] ?? [];
    return values.length ? [[group, values.reduce((sum, value) => sum + value, 0) / values.length]] : [];
  });
}

/** IncomingBytes is the uncompressed volume of a log group (CloudWatch Logs user guide, monitoring with CloudWatch metrics). */
const query = (LogGroupName: string, i: number): MetricDataQuery => ({
  Id: `m${i}`,
  MetricStat: {
    Metric: {
      Namespace: 'AWS/Logs',
      MetricName: 'IncomingBytes',
      Dimensions: [{ Name: 'LogGroupName', Value: LogGroupName }],
    },
    Period: DAY,
    Stat: 'Sum',
  },
});

const chunks = <T>(all: readonly T[]): T[][] =>
  Array.from({ length: Math.ceil(all.length / MOST_QUERIES) }, (_, i) =>
    all.slice(i * MOST_QUERIES, (i + 1) * MOST_QUERIES),
  );
