import type { Metric, Point } from '../aws/metrics.ts';
import { clusterLogGroupName } from '../desired/names.ts';
import type { ClusterMetrics, StreamMetrics } from '../health/facts.ts';

/** Where nothing has been counted yet: it is not documented, and only what it finds is believed. */
const FIREHOSE = 'Firehose';

/** The metrics that are asked for, by the names that they have here. */
type Queries<M> = { readonly [K in keyof M]: readonly Metric[] };

export const streamQueries = (DeliveryStreamName: string): Queries<StreamMetrics> => {
  const metric = (name: string, stat: Metric['stat'] = 'Sum'): Metric[] => [
    { namespace: 'AWS/Firehose', name, dimensions: { DeliveryStreamName }, stat },
  ];
  return {
    incoming: metric('IncomingRecords'),
    success: metric('DeliveryToS3.Success', 'Average'),
    freshness: metric('DeliveryToS3.DataFreshness', 'Maximum'),
    throttled: metric('ThrottledRecords'),
    keyDenied: metric('KMSKeyAccessDenied'),
    keyDisabled: metric('KMSKeyDisabled'),
    keyInvalid: metric('KMSKeyInvalidState'),
    keyMissing: metric('KMSKeyNotFound'),
  };
};

/** A filter's metrics are found only with all three of their dimensions. */
export function clusterQueries(
  FilterName: string,
  cluster: string,
  types: ReadonlyMap<string, ReadonlySet<string>>,
): Queries<ClusterMetrics> {
  const LogGroupName = clusterLogGroupName(cluster);
  const known = types.get(LogGroupName) ?? new Set([...types.values()].flatMap((some) => [...some]));
  const metric = (name: string, more = {}): Metric => ({
    namespace: 'AWS/Logs',
    name,
    dimensions: { LogGroupName, ...more },
    stat: 'Sum',
  });
  const ofFilter = (name: string) =>
    [...(known.size ? known : [FIREHOSE])].map((DestinationType) => metric(name, { DestinationType, FilterName }));
  return {
    incoming: [metric('IncomingLogEvents')],
    forwarded: ofFilter('ForwardedLogEvents'),
    errors: ofFilter('DeliveryErrors'),
    throttled: ofFilter('DeliveryThrottling'),
  };
}

/** The points of each name, of several metrics their sum. */
export function read<M>(
  queries: Queries<M>,
  points: ReadonlyMap<Metric, readonly Point[]>,
): { [K in keyof M]: Point[] } {
  const sum = (metrics: readonly Metric[]): Point[] => {
    const all = new Map<number, number>();
    for (const [at, value] of metrics.flatMap((metric) => points.get(metric) ?? []))
      all.set(at, (all.get(at) ?? 0) + value);
    return [...all].sort(([a], [b]) => a - b);
  };
  return Object.fromEntries(
    Object.entries(queries).map(([name, metrics]) => [name, sum(metrics as readonly Metric[])]),
  ) as { [K in keyof M]: Point[] };
}
