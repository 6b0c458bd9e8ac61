import { type MetricDataQuery, paginateGetMetricData, paginateListMetrics } from '@aws-sdk/client-cloudwatch';
import { RadError } from '../engine/errors.ts';
import type { Aws } from './clients.ts';

export interface Metric {
  readonly namespace: 'AWS/Logs' | 'AWS/Firehose';
  readonly name: string;
  readonly dimensions: Readonly<Record<string, string>>;
  readonly stat: 'Sum' | 'Average' | 'Maximum';
}

export interface Window {
  /** Milliseconds since the epoch; both. */
  readonly start: number;
  readonly end: number;
  /** Seconds. */
  readonly period: number;
}

/** The beginning of a period that has data, and its value. */
export type Point = readonly [at: number, value: number];

/** CloudWatch API reference, GetMetricData. */
const MOST_QUERIES = 500;

/** The points of each of these metrics, in the same order, oldest first; none where nothing was counted. One call for 500 of them. */
export async function metricData(
  aws: Aws,
  metrics: readonly Metric[],
  window: Window,
  abortSignal: AbortSignal,
): Promise<Point[][]> {
  const pages = await Promise.all(chunks(metrics).map((some) => ask(aws, some, window, abortSignal)));
  return pages.flat();
}

async function ask(
  { cloudwatch: client, region }: Aws,
  metrics: readonly Metric[],
  { start, end, period }: Window,
  abortSignal: AbortSignal,
): Promise<Point[][]> {
  const MetricDataQueries = metrics.map((metric, i) => query(metric, i, period));
  const input = { MetricDataQueries, StartTime: new Date(start), EndTime: new Date(end) };
  const points = metrics.map((): Point[] => []);
  for await (const { MetricDataResults = [] } of paginateGetMetricData({ client }, input, { abortSignal })) {
    for (const { Id = '', Timestamps = [], Values = [], StatusCode } of MetricDataResults) {
      if (StatusCode === 'InternalError' || StatusCode === 'Forbidden')
        throw new RadError('AWS', `CloudWatch in ${region} has no answer for ${metrics[Number(Id.slice(1))]?.name}`);
      points[Number(Id.slice(1))]?.push(...Timestamps.map((time, i): Point => [time.getTime(), Values[i] ?? 0]));
    }
  }
  return points.map((all) => all.sort(([a], [b]) => a - b));
}

const query = ({ namespace, name, dimensions, stat }: Metric, i: number, Period: number): MetricDataQuery => ({
  Id: `m${i}`,
  MetricStat: {
    Metric: {
      Namespace: namespace,
      MetricName: name,
      Dimensions: Object.entries(dimensions).map(([Name, Value]) => ({ Name, Value })),
    },
    Period,
    Stat: stat,
  },
});

const chunks = <T>(all: readonly T[]): T[][] =>
  Array.from({ length: Math.ceil(all.length / MOST_QUERIES) }, (_, i) =>
    all.slice(i * MOST_QUERIES, (i + 1) * MOST_QUERIES),
  );

/**
 * By log group, the types of destination that its filter of this name has counted for. The metrics of a filter have the type as a
 * dimension, whose words are not documented (CloudWatch Logs user guide, "Monitoring with CloudWatch metrics").
 */
export async function destinationTypes(
  { cloudwatch: client }: Aws,
  filter: string,
  abortSignal: AbortSignal,
): Promise<Map<string, Set<string>>> {
  const input = { Namespace: 'AWS/Logs', Dimensions: [{ Name: 'FilterName', Value: filter }] };
  const types = new Map<string, Set<string>>();
  for await (const { Metrics = [] } of paginateListMetrics({ client }, input, { abortSignal })) {
    for (const { Dimensions = [] } of Metrics) {
      const named = (name: string) => Dimensions.find(({ Name }) => Name === name)?.Value;
      const [group, type] = [named('LogGroupName'), named('DestinationType')];
      if (group && type) types.set(group, (types.get(group) ?? new Set()).add(type));
    }
  }
  return types;
}
