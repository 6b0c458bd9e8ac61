import { type DeliveryError, deliveryErrors } from '../aws/delivery-log.ts';
import { explain } from '../aws/errors.ts';
import { destinationTypes, metricData } from '../aws/metrics.ts';
import { newestObject } from '../aws/newest-object.ts';
import { patiently } from '../aws/patience.ts';
import type { Region } from '../desired/account.ts';
import { isUnread, type Metrics, PERIOD, type Unread } from '../health/facts.ts';
import { windowStart } from '../health/series.ts';
import type { Notice } from '../render/document.ts';
import type { Context } from './context.ts';
import { type Home, withoutPermission } from './discover.ts';
import { clusterQueries, read, streamQueries } from './queries.ts';

/** What the services of one region tell of its delivery. */
export interface Measured {
  readonly metrics: Metrics | Unread;
  readonly errors: readonly DeliveryError[];
  readonly newestObject: number | null;
  /** Log groups for which our filter has counted something in the last two weeks. */
  readonly counted: ReadonlySet<string>;
}

/** What may not be asked, or has no answer, is told once and stops nothing. */
export async function measure(
  { aws, clusters }: Region,
  { names }: Home,
  { clock, signal }: Context,
  warnings: Notice[],
): Promise<Measured> {
  const ask = async <T>(action: string, without: string, work: (calls: AbortSignal) => Promise<T>) => {
    try {
      return await patiently(clock, `no answer to ${action} in ${aws.region}`, work);
    } catch (error) {
      if (signal.aborted) throw signal.reason;
      return tell(error, action, without, aws.region, warnings);
    }
  };
  const counters = async (): Promise<(Metrics & Pick<Measured, 'counted'>) | Unread> => {
    const found = await ask('cloudwatch:ListMetrics', 'what filters let pass is not all known', (calls) =>
      destinationTypes(aws, names.filter, calls),
    );
    const types = isUnread(found) ? new Map<string, Set<string>>() : found;
    const queries = new Map(clusters.map((name) => [name, clusterQueries(names.filter, name, types)]));
    const stream = streamQueries(names.stream);
    const all = [...Object.values(stream).flat(), ...[...queries.values()].flatMap((one) => Object.values(one).flat())];
    const now = clock.now();
    const window = { start: windowStart(now), end: now, period: PERIOD / 1_000 };
    const data = await ask('cloudwatch:GetMetricData', 'whether events are delivered is not known', (calls) =>
      metricData(aws, all, window, calls),
    );
    if (isUnread(data)) return data;
    const points = new Map(all.map((metric, i) => [metric, data[i]!]));
    return {
      stream: read(stream, points),
      clusters: new Map([...queries].map(([name, one]) => [name, read(one, points)])),
      sure: !isUnread(found),
      counted: new Set(types.keys()),
    };
  };
  const [metrics, errors, newest] = await Promise.all([
    counters(),
    ask('logs:GetLogEvents', 'why Firehose fails, where it does, is not known', (calls) =>
      deliveryErrors(aws, names.errorLogGroup, calls),
    ),
    ask('s3:ListBucket', 'how old the newest object is is not known', (calls) =>
      newestObject(aws, names.bucket(aws.region), clock.now(), calls),
    ),
  ]);
  return {
    metrics,
    errors: isUnread(errors) ? [] : errors,
    newestObject: isUnread(newest) ? null : newest,
    counted: isUnread(metrics) ? new Set() : metrics.counted,
  };
}

function tell(error: unknown, action: string, without: string, region: string, warnings: Notice[]): Unread {
  const { code, message, hint = null } = explain(error);
  if (code === 'PERMISSION_DENIED') {
    const warning = withoutPermission(action, without);
    if (!warnings.some(({ id }) => id === action)) warnings.push(warning);
    return { unread: `these credentials may not call ${action}`, hint: warning.hint };
  }
  warnings.push({
    code: 'DELIVERY_NOT_MEASURED',
    region,
    id: region,
    message: `${without} in ${region}: ${message}`,
    hint,
  });
  return { unread: message, hint };
}
