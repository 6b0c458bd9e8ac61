import { type Document, isNode, LineCounter, parseAllDocuments } from 'yaml';
import { RadError } from '../engine/errors.ts';

export type Path = readonly (string | number)[];

/** One YAML document of a rule file. What is wrong with it is told with file and line. */
export interface Source {
  readonly file: string;
  readonly data: unknown;
  /** What stands under a key, as it is written. */
  text(key: string): string;
  /** Throws USAGE. */
  fail(path: Path, why: string): never;
}

export function readYaml(text: string, file: string): Source[] {
  const lines = new LineCounter();
  const documents = parseAllDocuments(text, { lineCounter: lines, prettyErrors: false });
  const fail = (offset: number | undefined, why: string): never => {
    const line = offset === undefined ? 1 : lines.linePos(offset).line;
    throw new RadError('USAGE', `${file}:${line}: ${why.replace(/\s+/g, ' ')}`);
  };
  return [...documents].map((document): Source => {
    const [error] = document.errors;
    if (error) fail(error.pos[0], `not YAML: ${error.message}`);
    return {
      file,
      data: document.toJS({ maxAliasCount: 100 }) as unknown,
      text: (key) => writtenAt(document, key, text),
      fail: (path, why) => fail(offsetOf(document, path), [path.join('.'), why].filter(Boolean).join(': ')),
    };
  });
}

function writtenAt(document: Document, key: string, text: string): string {
  const node = document.get(key, true);
  if (!isNode(node) || !node.range) return '';
  const line = text.lastIndexOf('\n', node.range[0]) + 1;
  const indent = /^ */.exec(text.slice(line))![0].length;
  const lines = text.slice(line, node.range[1]).trimEnd().split('\n');
  return lines.map((one) => one.slice(indent)).join('\n');
}

/** Where the nearest thing on a path stands. */
function offsetOf(document: Document, path: Path): number | undefined {
  for (let length = path.length; length >= 0; length--) {
    const node = length ? document.getIn(path.slice(0, length), true) : document.contents;
    if (isNode(node) && node.range) return node.range[0];
  }
  return undefined;
}

export const isMap = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);
