import { own } from './basics.ts';
import type { Region } from './model.ts';

/** What a metric was in one minute. */
export interface Minute {
  /** When it began, in minutes since the epoch. */
  at: number;
  sum: number;
  max: number;
  min: number;
  count: number;
}

export type Dimensions = Readonly<Record<string, string>>;

const MINUTE = 60_000;
/** The world stays small: minutes that are kept. */
const KEPT = 3 * 24 * 60;

const keyOf = (namespace: string, name: string, dimensions: Dimensions) =>
  JSON.stringify([namespace, name, ...Object.entries(dimensions).sort(([a], [b]) => (a < b ? -1 : 1))]);

/** Adds one value to a metric of this region. */
export function measure(
  region: Region,
  now: number,
  namespace: string,
  dimensions: Dimensions,
  values: Readonly<Record<string, number>>,
): void {
  region.metrics ??= {};
  const at = Math.floor(now / MINUTE);
  for (const [name, value] of Object.entries(values)) {
    const key = keyOf(namespace, name, dimensions);
    region.metrics[key] ??= [];
    const minutes = region.metrics[key];
    const last = minutes.at(-1);
    if (last?.at !== at) minutes.push({ at, sum: value, max: value, min: value, count: 1 });
    else {
      last.sum += value;
      last.max = Math.max(last.max, value);
      last.min = Math.min(last.min, value);
      last.count++;
    }
    while (minutes.length && minutes[0]!.at < at - KEPT) minutes.shift();
  }
}

const STATISTICS: Readonly<Record<string, (minutes: readonly Minute[]) => number>> = {
  Sum: (minutes) => minutes.reduce((sum, minute) => sum + minute.sum, 0),
  Average: (minutes) => STATISTICS.Sum!(minutes) / STATISTICS.SampleCount!(minutes),
  Maximum: (minutes) => Math.max(...minutes.map(({ max }) => max)),
  Minimum: (minutes) => Math.min(...minutes.map(({ min }) => min)),
  SampleCount: (minutes) => minutes.reduce((sum, { count }) => sum + count, 0),
};

export interface Asked {
  readonly namespace: string;
  readonly name: string;
  readonly dimensions: Dimensions;
  readonly statistic: string;
}

/** The value of a period; undefined where there is no data. All dimensions must be named (CloudWatch user guide, "Dimensions"). */
export function statistic(region: Region, asked: Asked, from: number, to: number): number | undefined {
  const { namespace, name, dimensions } = asked;
  const minutes = own(region.metrics ?? {}, keyOf(namespace, name, dimensions)) ?? [];
  const inside = minutes.filter(({ at }) => at * MINUTE >= from && at * MINUTE < to);
  return inside.length ? STATISTICS[asked.statistic]?.(inside) : undefined;
}

/** The metrics that have data (CloudWatch API reference, ListMetrics). */
export const known = (region: Region) =>
  Object.keys(region.metrics ?? {}).map((key) => {
    const [namespace, name, ...dimensions] = JSON.parse(key) as [string, string, ...[string, string][]];
    return { namespace, name, dimensions };
  });
