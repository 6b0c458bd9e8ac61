import { own } from '../basics.ts';
import { awsError } from '../errors.ts';
import type { LogGroup } from '../model.ts';
import type { At, Input, Service } from './service.ts';

const DAY = 86_400_000;

/** Bytes that reached a log group between two times: the scenario's figure, for as long as the group is there, and what streams remember. */
function incoming({ bytesPerDay = 0, createdAt, streams }: LogGroup, from: number, to: number): number {
  const events = Object.values(streams).flatMap((stream) => stream.events);
  const put = events.filter(({ ingestionTime }) => ingestionTime >= from && ingestionTime < to);
  const steady = (Math.max(0, to - Math.max(from, createdAt)) / DAY) * bytesPerDay;
  return put.reduce((sum, { message }) => sum + Buffer.byteLength(message), steady);
}

/** One query: a value for each period that has data, newest first. */
function values({ here, now }: At, { MetricStat }: Input, start: number, end: number): [number, number][] {
  const { Metric, Period, Stat } = MetricStat;
  const name = Metric.Dimensions?.find(({ Name }: Input) => Name === 'LogGroupName')?.Value;
  const group = own(here.groups, name ?? '');
  if (Metric.Namespace !== 'AWS/Logs' || Metric.MetricName !== 'IncomingBytes' || Stat !== 'Sum' || !group) return [];
  const found: [number, number][] = [];
  for (let from = start; from < Math.min(end, now); from += Period * 1_000) {
    const sum = incoming(group, from, Math.min(from + Period * 1_000, now));
    if (sum > 0) found.unshift([from, sum]);
  }
  return found;
}

export const cloudwatch: Service = {
  /** CloudWatch API reference, GetMetricData: what is not there has no value and is no error. */
  GetMetricData: (at, { MetricDataQueries: queries, StartTime, EndTime }) => {
    if (queries.length > 500)
      throw awsError('ValidationError', 'The collection MetricDataQueries must not have a size greater than 500.');
    if (StartTime >= EndTime)
      throw awsError('ValidationError', 'The parameter StartTime must be less than the parameter EndTime.');
    const MetricDataResults = queries.map((query: Input) => {
      const found = values(at, query, StartTime.getTime(), EndTime.getTime());
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
};
