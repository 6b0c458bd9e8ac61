import type { Document } from './document.ts';

/**
 * What a terminal or a browser obeys instead of showing it: control characters, marks that turn the direction of writing or have no
 * width, and ends of lines (Unicode Standard, general categories). Names and messages of others may hold any of them.
 */
const HIDDEN = /[\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}]/gu;

/** The same text with these spelled out, on one line. */
export const visible = (text: string): string =>
  text.replace(HIDDEN, (character) => {
    const code = character.codePointAt(0)!.toString(16);
    return code.length > 4 ? `\\u{${code}}` : `\\u${code.padStart(4, '0')}`;
  });

/**
 * JSON that a terminal shows as it is and a parser reads as the same: what is hidden, beside the ends of lines between its values, is
 * spelled by its UTF-16 units (RFC 8259, section 7).
 */
export const visibleJson = (document: unknown): string =>
  JSON.stringify(document, null, 2).replace(HIDDEN, (character) => {
    if (character === '\n') return character;
    const units = Array.from({ length: character.length }, (_, i) => character.charCodeAt(i));
    return units.map((unit) => `\\u${unit.toString(16).padStart(4, '0')}`).join('');
  });

/** Of a text that has lines of its own. */
export const visibleLines = (text: string): string => text.split('\n').map(visible).join('\n');

/** What is written in lines: by us, and in rules. */
const IN_LINES: ReadonlySet<string> = new Set(['terraform', 'description', 'condition', 'sql', 'why']);

/** The document as it is shown to a person; the JSON has all of it. */
export const visibly = (document: Document): Document => shown(document, '') as Document;

function shown(value: unknown, name: string): unknown {
  if (typeof value === 'string') return IN_LINES.has(name) ? visibleLines(value) : visible(value);
  if (Array.isArray(value)) return value.map((one) => shown(one, name));
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([key, one]) => [visible(key), shown(one, key)]));
}
