import { createAws } from '../../src/aws/clients.ts';
import { realClock } from '../../src/aws/clock.ts';
import type { Run } from '../../src/engine/resource.ts';

/** The clients of a region, for tests that mock what they send. */
export const newAws = (region = 'eu-west-1') =>
  createAws(region, '123456789012', {
    clock: realClock,
    signal: new AbortController().signal,
    kill: new AbortController().signal,
    version: '0',
    concurrency: 4,
  });

export const START = Date.parse('2026-11-23T00:00:00Z');

/** A run whose time passes only by sleeping. */
export function newRun(signal = new AbortController().signal): Run & { readonly notes: string[] } {
  let time = START;
  const notes: string[] = [];
  return {
    signal,
    notes,
    note: (text) => void notes.push(text),
    now: () => time,
    async sleep(ms) {
      time += ms;
    },
  };
}

/** An error as the SDK throws it. */
export const failure = (name: string, message = '', httpStatusCode = 400) =>
  Object.assign(new Error(message), {
    name,
    $fault: 'client' as const,
    $metadata: { httpStatusCode, requestId: 'r-1' },
  });

interface Mock {
  calls(): readonly { readonly args: readonly unknown[] }[];
}
/** What was sent, in order: [operation, input]. */
export const sentBy = (mock: Mock): [string, object][] =>
  mock.calls().map(({ args: [command] }) => {
    const { constructor: type, input } = command as { constructor: { name: string }; input: object };
    return [type.name.replace(/Command$/, ''), input];
  });
