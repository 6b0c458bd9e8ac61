/**
 * Below these Firehose puts what it could not deliver: in the installation's own error prefix, or in one by the type of the error
 * (Data Firehose developer guide, "Custom prefixes for Amazon S3 objects").
 */
const UNDELIVERED = /(^|\/)(errors|[A-Za-z-]+-failed)\//;

/** Whether an object is something else than what clusters have logged. */
export const isForeign = (key: string): boolean => UNDELIVERED.test(key);

/** Where Firehose puts what arrived in that hour (UTC). */
export const hourPrefix = (time: number): string =>
  `${new Date(time).toISOString().slice(0, 13).replace(/[-T]/g, '/')}/`;

export const HOUR = 3_600_000;

/** The prefixes of all hours between two times, the latest first. */
export function hourPrefixes(from: number, to: number): string[] {
  const prefixes: string[] = [];
  for (let hour = to - (to % HOUR); hour > from - HOUR; hour -= HOUR) prefixes.push(hourPrefix(hour));
  return prefixes;
}
