import { own } from '../basics.ts';
import { awsError } from '../errors.ts';
import { type Asked, known, statistic } from '../metrics.ts';
import type { At, Input, Service } from './service.ts';

const DAY = 86_400_000;

/** A scenario's figure of what reaches a log group, for as long as the group is there. */
function steady({ here }: At, { namespace, name, dimensions }: Asked, from: number, to: number): number {
  const group = own(here.groups, dimensions.LogGroupName ?? '');
  if (namespace !== 'AWS/Logs' || name !== 'IncomingBytes' || !group?.bytesPerDay) return 0;
  return (Math.max(0, to - Math.max(from, group.createdAt)) / DAY) * group.bytesPerDay;
}

/** One query: a value for each period that has data, newest first. */
function values(at: At, { MetricStat }: Input, start: number, end: number): [number, number][] {
  const { Metric, Period, Stat } = MetricStat;
  const pairs = (Metric.Dimensions ?? []).map(({ Name, Value }: Input) => [Name, Value]);
  const dimensions = Object.fromEntries(pairs);
  const asked: Asked = { namespace: Metric.Namespace, name: Metric.MetricName, dimensions, statistic: Stat };
  const found: [number, number][] = [];
  for (let from = start; from < Math.min(end, at.now); from += Period * 1_000) {
    const to = from + Period * 1_000;
    const measured = statistic(at.here, asked, from, to);
    const more = steady(at, asked, from, Math.min(to, at.now));
    if (measured !== undefined || more) found.unshift([from, (measured ?? 0) + more]);
  }
  return found;
}

const invalid = (message: string) => awsError('ValidationError', message);

export const cloudwatch: Service = {
  /** CloudWatch API reference, GetMetricData: what is not there has no value and is no error. */
  GetMetricData: (at, { MetricDataQueries: queries, StartTime, EndTime }) => {
    if (queries.length > 500) throw invalid('The collection MetricDataQueries must not have a size greater than 500.');
    if (StartTime >= EndTime) throw invalid('The parameter StartTime must be less than the parameter EndTime.');
    if (queries.some(({ MetricStat }: Input) => MetricStat.Period % 60 !== 0))
      throw invalid('The parameter Period must be a multiple of 60.');
    const MetricDataResults = queries.map((query: Input) => {
      // Rounded down to a whole minute (CloudWatch API reference, GetMetricData, StartTime).
      const start = Math.floor(StartTime.getTime() / 60_000) * 60_000;
      const found = values(at, query, start, EndTime.getTime());
      return {
        Id: query.Id,
        Label: query.MetricStat.Metric.MetricName,
        Timestamps: found.map(([time]) => new Date(time)),
        Values: found.map(([, value]) => value),
        StatusCode: 'Complete',
      };
    });
    return { MetricDataResults, Messages: [] };
  },
  ListMetrics: ({ here }, { Namespace, MetricName, Dimensions = [] }) => {
    const asked: Input[] = Dimensions;
    const Metrics = known(here)
      .filter(({ namespace }) => !Namespace || namespace === Namespace)
      .filter(({ name }) => !MetricName || name === MetricName)
      .filter(({ dimensions }) =>
        asked.every(({ Name, Value }) => dimensions.some(([n, v]) => n === Name && (!Value || v === Value))),
      )
      .map(({ namespace, name, dimensions }) => ({
        Namespace: namespace,
        MetricName: name,
        Dimensions: dimensions.map(([n, Value]) => ({ Name: n, Value })),
      }));
    return { Metrics };
  },
};
