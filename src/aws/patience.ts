import { setMaxListeners } from 'node:events';
import { RadError } from '../engine/errors.ts';
import { type Clock, within } from './clock.ts';

/** An answer that a run can do without is worth this much waiting. Milliseconds. */
const PATIENCE = 20_000;

/** Gives the calls up where they do not end in time; `late` says what then is not known. */
export async function patiently<T>(clock: Clock, late: string, ask: (signal: AbortSignal) => Promise<T>): Promise<T> {
  const calls = new AbortController();
  // Each of many calls listens to it.
  setMaxListeners(0, calls.signal);
  try {
    const error = new RadError('TIMEOUT', `${late} within ${PATIENCE / 1_000} s`);
    return await within(ask(calls.signal), clock, PATIENCE, error);
  } finally {
    calls.abort();
  }
}
