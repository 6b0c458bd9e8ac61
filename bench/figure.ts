/** One thing that was measured, and what it may be at most or has to be at least. */
export interface Figure {
  readonly what: string;
  readonly value: number;
  readonly unit: string;
  readonly most?: number;
  readonly least?: number;
  /** What it was compared with, or what else was seen. */
  readonly beside?: string;
}

/** What measures some figures, or says why it cannot here. */
export type Family = (quick: boolean) => Promise<readonly Figure[] | { readonly skipped: string }>;

export const verdict = ({ value, most = Infinity, least = -Infinity }: Figure): 'ok' | 'over' =>
  value <= most && value >= least ? 'ok' : 'over';

const round = (value: number) => value.toLocaleString('en', { maximumFractionDigits: value < 10 ? 2 : 0 });

const limit = ({ most, least }: Figure) =>
  most !== undefined ? `≤ ${round(most)}` : least !== undefined ? `≥ ${round(least)}` : '';

/** Columns for people. */
export function table(figures: readonly Figure[]): string {
  const rows = figures.map((figure) => {
    const bound = limit(figure);
    return [figure.what, round(figure.value), figure.unit, bound, bound && verdict(figure), figure.beside ?? ''];
  });
  const widths = [0, 1, 2, 3, 4].map((i) => Math.max(...rows.map((row) => row[i]!.length)));
  const line = (row: readonly string[]) =>
    row.map((cell, i) => (i === 1 ? cell.padStart(widths[i]!) : cell.padEnd(widths[i] ?? 0))).join('  ');
  return rows.map((row) => `  ${line(row).trimEnd()}\n`).join('');
}

export function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = sorted.length >> 1;
  return sorted.length % 2 ? sorted[middle]! : (sorted[middle - 1]! + sorted[middle]!) / 2;
}
