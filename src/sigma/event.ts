/** A value of an audit event, as JSON has it. Events come from outside: nothing about their shape is taken for granted. */
export type Value = string | number | boolean | null | readonly Value[] | Thing | undefined;
export interface Thing {
  readonly [key: string]: Value;
}

const NOTHING: Thing = {};
export const thing = (value: Value): Thing =>
  typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Thing) : NOTHING;
export const list = (value: Value): readonly Value[] => (Array.isArray(value) ? value : []);

const BREAKS = /[\n\r\u2028\u2029]/;
/** On one line: a line feed parts the values of a field, and regular expressions of the engines differ in what ends a line. */
export function text(value: Value): string | null {
  if (typeof value === 'string') return BREAKS.test(value) ? value.replace(/[\n\r\u2028\u2029]/g, ' ') : value;
  return typeof value === 'number' || typeof value === 'boolean' ? String(value) : null;
}
export const lower = (value: Value): string | null => text(value)?.toLowerCase() ?? null;
export const whole = (value: Value): number | null => (Number.isSafeInteger(value) ? (value as number) : null);
export const flag = (value: Value): boolean | null => (typeof value === 'boolean' ? value : null);

/** Several values as one text, each between line feeds; null for none. */
export function many(values: readonly Value[]): string | null {
  const texts = values.map(text).filter((one) => one !== null);
  return texts.length ? `\n${texts.join('\n')}\n` : null;
}

/** In lower case, character by character, as SQL has it: a word's last sigma is no other letter than its first. */
export const folded = (value: string): string =>
  // biome-ignore lint/suspicious/noControlCharactersInRegex: all that is not ASCII
  /[^\u0000-\u007f]/.test(value) ? [...value].map((char) => char.toLowerCase()).join('') : value.toLowerCase();
