import { targetOf } from './detection.ts';
import { isMap, type Path, type Source } from './source.ts';

// What the parts of a rule are made of. Each throws USAGE, with file and line, for what is something else.

export const string = (source: Source, at: Path, value: unknown): string =>
  typeof value === 'string' && value.trim() ? value : source.fail(at, 'is missing, or no text');
export const list = (source: Source, at: Path, value: unknown): readonly unknown[] =>
  Array.isArray(value) ? value : source.fail(at, 'a list');
export const words = (source: Source, at: Path, value: unknown): string[] =>
  list(source, at, value).map((one, i) => (typeof one === 'number' ? String(one) : string(source, [...at, i], one)));
const map = (source: Source, at: string, value: unknown) =>
  value === undefined ? {} : isMap(value) ? value : source.fail([at], 'a map');
export const texts = (source: Source, at: string, value: unknown): Record<string, string> =>
  Object.fromEntries(Object.entries(map(source, at, value)).map(([key, one]) => [key, string(source, [at, key], one)]));
export const lists = (source: Source, at: string, value: unknown): Record<string, string[]> =>
  Object.fromEntries(Object.entries(map(source, at, value)).map(([key, one]) => [key, words(source, [at, key], one)]));

const UNITS = { s: 1_000, m: 60_000, h: 3_600_000, d: 86_400_000 } as const;
export function span(source: Source, at: Path, value: unknown): number {
  const [, count, unit] = /^(\d{1,6})([smhd])$/.exec(String(value)) ?? [];
  return unit
    ? Number(count) * UNITS[unit as keyof typeof UNITS]
    : source.fail(at, 'a number with s, m, h or d, as in 15m');
}

/** Groups are made by columns: what stands in `leaves` has no one value. */
export function groupable(source: Source, at: Path, field: string): string {
  const target = targetOf(field);
  if (!target || target.path !== undefined)
    return source.fail(at, `${field} has no column, so events cannot be grouped by it`);
  return field;
}
