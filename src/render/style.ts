import { styleText } from 'node:util';

export type Paint = (format: 'bold' | 'dim' | 'red' | 'green' | 'yellow' | 'cyan', text: string) => string;

export interface Stream {
  readonly isTTY?: boolean | undefined;
  readonly columns?: number | undefined;
  write(text: string): unknown;
}

/** A pseudo-terminal that nobody has sized says that it has no columns: where a line ends there is not known, so none is drawn anew. */
export const isScreen = ({ isTTY, columns }: Stream): boolean => isTTY === true && columns !== 0;

/** Whether this stream gets colour: the option, NO_COLOR, FORCE_COLOR, a dumb terminal, and whether it is a terminal at all. */
export function hasColour(stream: Stream, env: Readonly<Record<string, string | undefined>>, option: boolean): boolean {
  if (!option || env.NO_COLOR) return false;
  if (env.FORCE_COLOR !== undefined) return env.FORCE_COLOR !== '0' && env.FORCE_COLOR !== 'false';
  return stream.isTTY === true && env.TERM !== 'dumb';
}

export const painter = (colour: boolean): Paint =>
  colour ? (format, text) => styleText(format, text, { validateStream: false }) : (_, text) => text;

/** Rows as aligned columns; the last one is not padded. */
export function columns(rows: readonly (readonly string[])[], indent = ''): string[] {
  const widths = rows.reduce<number[]>((most, row) => row.map((cell, i) => Math.max(most[i] ?? 0, cell.length)), []);
  return rows.map((row) =>
    (indent + row.map((cell, i) => (i === row.length - 1 ? cell : cell.padEnd(widths[i] ?? 0))).join('  ')).trimEnd(),
  );
}

export const plural = (count: number, thing: string): string => `${count} ${thing}${count === 1 ? '' : 's'}`;
