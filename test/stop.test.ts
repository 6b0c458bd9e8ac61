import { expect, it } from 'vitest';
import { endings } from '../src/stop.ts';

const wordsOf = (command: string, options = {}) => {
  const { interrupted, late } = endings(command, options, 30, () => undefined);
  return `${interrupted.message} ${interrupted.hint} ${late().message}`;
};

it.each(['status', 'verify', 'doctor', 'findings'])('%s only reads: nothing was changed', (command) => {
  expect(wordsOf(command)).toMatch(/^interrupted: nothing was changed .*nothing was changed$/);
});

it.each([
  ['enable-audit', {}],
  ['teardown', {}],
  ['sync', {}],
  ['findings', { notify: [{}] }],
  ['findings', { engine: 'athena' }],
])('%s %j may have changed something', (command, options) => {
  expect(wordsOf(command, options)).not.toContain('nothing was changed');
  expect(wordsOf(command, options)).toContain('run the same command again');
});
