/** What is done with what is found. */
interface Finds {
  document(value: Fields): void;
  /** Text that is no document; `isTold`: because what held it is damaged, which was counted already. */
  broken(text: string, isTold: boolean): void;
}
export type Fields = Readonly<Record<string, unknown>>;

/** An envelope of 20 MB has been seen; what goes on for longer without an end is damaged. */
const LONGEST = 64 * 1_048_576;

/**
 * Takes text apart into JSON documents that follow one another with nothing between them, or with lines or other white space. Where
 * one ends is guessed at the next `}{"` or line, and proven by parsing it: no document is the beginning of a longer one. Only
 * where that fails, as with a text that itself ends in `}{`, is it looked at character by character.
 */
export function createSplitter(finds: Finds) {
  let held: Buffer = Buffer.alloc(0);
  let waiting: Buffer[] = [];
  let size = 0;
  const split = (isLast: boolean, isTold = false) => {
    const text = waiting.length === 1 && held.length === 0 ? waiting[0]! : Buffer.concat([held, ...waiting]);
    held = text.subarray(splitUp(text, finds, isLast, isTold));
    [waiting, size] = [[], 0];
  };
  return {
    push(bytes: Buffer): void {
      waiting.push(bytes);
      size += bytes.length;
      // By doubling: a long document is put together, and looked through, only a few times.
      if (size >= held.length) split(false);
    },
    /** No document goes on after this. */
    end(isTold: boolean): void {
      if (held.length || size) split(true, isTold);
    },
  };
}

/** How much of the text is done with. */
function splitUp(text: Buffer, { document, broken }: Finds, isLast: boolean, isTold: boolean): number {
  const borderAfter = createBorders(text);
  let start = 0;
  for (;;) {
    while (start < text.length && isBlank(text[start]!)) start++;
    if (start === text.length) return start;
    const border = borderAfter(start);
    if (border === undefined && !isLast && text.length - start < LONGEST) return start;
    const found = documentAt(text, start, border ?? text.length);
    if (found === 'open' && !isLast && text.length - start < LONGEST) return start;
    if (typeof found === 'object') {
      document(found.value);
      start = found.end;
    } else {
      const next = nextStart(text, start + 1);
      broken(text.toString('utf8', start, next), isTold && next === text.length);
      start = next;
    }
  }
}

interface Found {
  readonly value: Fields;
  readonly end: number;
}

/** `open`: it does not end within this text. */
function documentAt(text: Buffer, start: number, guess: number): Found | 'open' | 'broken' {
  if (text[start] !== OPEN) return 'broken';
  const value = parsed(text, start, guess);
  if (value) return { value, end: guess };
  const end = endOf(text, start);
  if (end === undefined) return 'open';
  const exact = parsed(text, start, end);
  return exact ? { value: exact, end } : 'broken';
}

function parsed(text: Buffer, start: number, end: number): Fields | undefined {
  try {
    return JSON.parse(text.toString('utf8', start, end)) as Fields;
  } catch {
    return undefined;
  }
}

const [OPEN, CLOSE, QUOTE, BACKSLASH, LINE] = [0x7b, 0x7d, 0x22, 0x5c, 0x0a] as const;
/** White space of JSON, and the zeros with which some pad. */
const isBlank = (byte: number) => byte === 0x20 || (byte >= 0x09 && byte <= 0x0d) || byte === 0;

/** Where a document seems to end, at or after a place. Each border is looked for once, however many documents there are. */
function createBorders(text: Buffer): (start: number) => number | undefined {
  const borders = ['}{"', '}\n{'].map((pattern) => {
    let at = -1;
    return (start: number) => {
      if (at < start) at = text.indexOf(pattern, start);
      if (at < 0) at = Number.POSITIVE_INFINITY;
      return at + 1;
    };
  });
  return (start) => {
    const next = Math.min(...borders.map((border) => border(start)));
    return Number.isFinite(next) ? next : undefined;
  };
}

/** Where the object that begins here ends, with an eye on what is a string. */
function endOf(text: Buffer, start: number): number | undefined {
  let depth = 0;
  let isString = false;
  for (let at = start; at < text.length; at++) {
    const byte = text[at];
    if (byte === BACKSLASH && isString) at++;
    else if (byte === QUOTE) isString = !isString;
    else if (isString) continue;
    else if (byte === OPEN) depth++;
    else if (byte === CLOSE && --depth === 0) return at + 1;
  }
  return undefined;
}

/** As CloudWatch Logs begins an envelope, and the API server an event: within a string their quotes would be escaped. */
const BEGINNINGS = ['{"messageType"', '{"kind":"Event","apiVersion":"audit.k8s.io/'].map((text) => Buffer.from(text));

/** Where a document may begin again after a damaged one. */
function nextStart(text: Buffer, from: number): number {
  for (let at = text.indexOf('{"', from); at >= 0; at = text.indexOf('{"', at + 1)) {
    const before = text[at - 1];
    if (before === CLOSE || before === LINE) return at;
    if (BEGINNINGS.some((start) => text.subarray(at, at + start.length).equals(start))) return at;
  }
  return text.length;
}
