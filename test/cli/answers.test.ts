import { PassThrough } from 'node:stream';
import { describe, expect, it } from 'vitest';
import { answers } from '../../src/cli/answers.ts';
import { main } from '../../src/main.ts';

const VERSION = '1.2.3';
const { any, 80: narrow } = answers(VERSION);

/** What the program itself prints, on a terminal of that many columns or into a pipe. */
async function printed(argv: readonly string[], columns?: number) {
  let text = '';
  const stream = () => Object.assign(new PassThrough(), { isTTY: columns !== undefined, columns });
  const stdout = stream().on('data', (part) => {
    text += part;
  });
  const io = { stdin: new PassThrough(), stdout, stderr: stream(), env: {}, version: VERSION, rules: '' };
  const code = await main(argv, { ...io, onInterrupt: () => () => {} });
  return { code, text };
}

const all = Object.entries({ ...any, ...narrow }).map(([words, text]) => [words, text] as const);
const longest = (text: string) => Math.max(...text.split('\n').map((line) => line.length));

describe('answers made when the program is built', () => {
  it.each(all)('%s: what the program prints into a pipe, and on 80 columns', async (words, text) => {
    expect(await printed(JSON.parse(words))).toEqual({ code: 0, text });
    expect(await printed(JSON.parse(words), 80)).toEqual({ code: 0, text });
  });

  it.each(Object.entries(any))('%s: the same on any terminal', async (words, text) => {
    for (const columns of [20, 200]) expect(await printed(JSON.parse(words), columns)).toEqual({ code: 0, text });
  });

  it('every command has its help, in each way to ask for it', () => {
    const asked = ['enable-audit', 'status', 'teardown', 'sandbox'].flatMap((command) => [
      [command, '--help'],
      [command, '-h'],
      ['help', command],
    ]);
    for (const words of [[], ['--help'], ['-h'], ['help'], ['sandbox', 'reset', '--help'], ...asked])
      expect(Object.keys(narrow)).toContain(JSON.stringify(words));
  });

  it('the program wraps help to the width of the terminal', async () => {
    const [slim, wide] = [await printed(['--help'], 60), await printed(['--help'], 200)];
    expect(longest(wide.text)).toBeGreaterThan(80);
    expect(slim.text.split('\n').length).toBeGreaterThan(wide.text.split('\n').length);
  });
});
