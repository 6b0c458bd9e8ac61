import { describe, expect, it } from 'vitest';
import { columns, hasColour, painter } from '../../src/render/style.ts';

describe('colour', () => {
  it.each<[string, boolean, Record<string, string>, boolean, boolean]>([
    ['a terminal', true, {}, true, true],
    ['a terminal with a name', true, { TERM: 'xterm-256color' }, true, true],
    ['a pipe', false, {}, true, false],
    ['a dumb terminal', true, { TERM: 'dumb' }, true, false],
    ['NO_COLOR', true, { NO_COLOR: '1' }, true, false],
    ['an empty NO_COLOR says nothing', true, { NO_COLOR: '' }, true, true],
    ['FORCE_COLOR in a pipe', false, { FORCE_COLOR: '1' }, true, true],
    ['FORCE_COLOR=0 on a terminal', true, { FORCE_COLOR: '0' }, true, false],
    ['FORCE_COLOR=false on a terminal', true, { FORCE_COLOR: 'false' }, true, false],
    ['FORCE_COLOR on a dumb terminal', true, { FORCE_COLOR: '1', TERM: 'dumb' }, true, true],
    ['NO_COLOR before FORCE_COLOR', true, { NO_COLOR: '1', FORCE_COLOR: '1' }, true, false],
    ['--no-color on a terminal', true, {}, false, false],
    ['--no-color before FORCE_COLOR', true, { FORCE_COLOR: '1' }, false, false],
  ])('%s', (_, isTTY, env, option, expected) => {
    expect(hasColour({ isTTY, write: () => true }, env, option)).toBe(expected);
  });

  it('a stream that does not know what it is gets none', () =>
    expect(hasColour({ write: () => true }, {}, true)).toBe(false));

  it('paints, or leaves the text alone', () => {
    expect(painter(true)('red', 'x')).toBe('\u001b[31mx\u001b[39m');
    expect(painter(false)('red', 'x')).toBe('x');
  });
});

describe('columns', () => {
  it.each<[string, string[][], string[]]>([
    [
      'aligned',
      [
        ['a', 'bb', 'c'],
        ['aaa', 'b', 'cc'],
      ],
      ['a    bb  c', 'aaa  b   cc'],
    ],
    [
      'no blanks at the end',
      [
        ['a', ''],
        ['aaa', 'b'],
      ],
      ['a', 'aaa  b'],
    ],
    ['none', [], []],
    ['one cell', [['a']], ['a']],
  ])('%s', (_, rows, lines) => expect(columns(rows)).toEqual(lines));

  it('indented', () => expect(columns([['a', 'b']], '  ')).toEqual(['  a  b']));
});
