import { type ClusterMetrics, PERIOD, type Series } from './facts.ts';
import type { Hour } from './verdict.ts';

const HOUR = 3_600_000;
const HOURS = 24;

/** The window that is looked at begins with a whole hour. */
export const windowStart = (now: number): number => now - (now % HOUR) - (HOURS - 1) * HOUR;

/** The beginning of the newest period that counted something. */
export const lastAt = (series: Series): number | undefined => series.findLast(([, value]) => value > 0)?.[0];

export const valueAt = (series: Series, at: number): number => series.find(([time]) => time === at)?.[1] ?? 0;

/** The periods that counted something and began after this moment. */
export const after = (series: Series, moment: number): Series =>
  series.filter(([at, value]) => at > moment && value > 0);

/** Whether such a period was over so long ago. */
export const isOlder = (at: number, now: number, age: number): boolean => at + PERIOD <= now - age;

/** Hour by hour, oldest first; nothing where nothing was counted. */
export function timeline({ incoming, forwarded, errors }: ClusterMetrics, now: number): Hour[] {
  if (incoming.length + forwarded.length + errors.length === 0) return [];
  const start = windowStart(now);
  const sum = (series: Series, from: number) =>
    series.reduce((all, [at, value]) => (at >= from && at < from + HOUR ? all + value : all), 0);
  return Array.from({ length: HOURS }, (_, hour) => {
    const from = start + hour * HOUR;
    return {
      at: new Date(from).toISOString(),
      incoming: sum(incoming, from),
      forwarded: sum(forwarded, from),
      errors: sum(errors, from),
    };
  });
}
