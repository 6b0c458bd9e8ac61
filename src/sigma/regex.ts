/**
 * Regular expressions that RE2 (DuckDB), Java's syntax (Trino, Athena) and JavaScript take, and take alike: no look-around, no
 * back-references, no possessive or named groups, no POSIX or Unicode classes (github.com/google/re2/wiki/Syntax, Trino's docs
 * "Regular expression functions").
 */
const ESCAPES = /^[dDwWsSbBtnrf.*+?()[\]{}|^$\\/\-"'=:@%,#&!~<> _]$/;

/** Why an expression is not taken; undefined when it is. */
export function regexComplaint(source: string): string | undefined {
  let inClass = false;
  for (let i = 0; i < source.length; i++) {
    const rest = source.slice(i);
    const char = source[i]!;
    if (char === '\\') {
      i++;
      const escaped = source[i] ?? '';
      if (!ESCAPES.test(escaped)) return `\\${escaped} is not understood by all engines`;
      if (inClass && /[SDWBb]/.test(escaped)) return `\\${escaped} inside [ ] is not understood by all engines`;
    } else if (inClass) {
      if (char === '[') return 'a [ inside [ ] has to be escaped';
      if (char === ']') inClass = false;
    } else if (char === '[') {
      inClass = true;
      if (/^\[\^?\]/.test(rest)) return 'an empty [ ] is not understood by all engines';
    } else if (/^\(\?(?!:)/.test(rest)) return `${rest.slice(0, 4)} is not understood by all engines`;
    else if (/^([*+?]|\{\d+(,\d*)?\})\+/.test(rest)) return 'possessive quantifiers are not understood by all engines';
    else if (char === '{' && !/^\{\d{1,3}(,\d{0,3})?\}/.test(rest))
      return 'a { that is no quantifier has to be escaped';
  }
  try {
    new RegExp(source);
    return undefined;
  } catch (error) {
    return (error as Error).message.replace(/^Invalid regular expression: /, '');
  }
}

/** As JavaScript has to be told what the other engines understand: its own white space knows more of Unicode. */
export function toRegExp(source: string, insensitive: boolean): RegExp {
  let inClass = false;
  const plain = source.replace(/\\s|\\S|\\.|[[\]]/gs, (part) => {
    if (part === '[' || part === ']') inClass = part === '[';
    if (part === '\\s') return inClass ? '\\t\\n\\f\\r ' : '[\\t\\n\\f\\r ]';
    return part === '\\S' ? '[^\\t\\n\\f\\r ]' : part;
  });
  return new RegExp(plain, insensitive ? 'im' : 'm');
}

export const escapeRegex = (text: string): string => text.replace(/[.*+?()[\]{}|^$\\]/g, '\\$&');

/** The alternatives of an expression, where it has several at its outermost level. */
export function alternatives(source: string): string[] {
  const parts = [''];
  let [depth, inClass] = [0, false];
  for (const [part] of source.matchAll(/\\.|./gs)) {
    if (part === '[') inClass = true;
    if (part === ']') inClass = false;
    if (!inClass && part === '(') depth++;
    if (!inClass && part === ')') depth--;
    if (part === '|' && depth === 0 && !inClass) parts.push('');
    else parts[parts.length - 1] += part;
  }
  return parts;
}
