import type { Delivery } from './types.ts';

type State = Delivery['state'];

/** Told by a sign and a word too, not by colour alone. */
export const SIGNS: Readonly<Record<State, string>> = {
  delivering: '✓',
  idle: '–',
  failing: '✕',
  none: '○',
  unknown: '?',
};

/** Worst first. */
export const STATES: readonly State[] = ['failing', 'none', 'unknown', 'idle', 'delivering'];

/** What the words mean, in half a sentence. */
export const MEANINGS: Readonly<Record<State, string>> = {
  delivering: 'events arrive in the bucket',
  idle: 'nothing to deliver was seen',
  failing: 'events are lost or stuck',
  none: 'not connected',
  unknown: 'could not be told',
};

const MINUTE = 60_000;

/** How long before `now`: "40 s ago", "3 h ago". */
export function ago(time: string | null, now: number): string {
  if (time === null) return 'never seen';
  const ms = Math.max(0, now - Date.parse(time));
  if (ms < 2 * MINUTE) return `${Math.round(ms / 1_000)} s ago`;
  if (ms < 120 * MINUTE) return `${Math.round(ms / MINUTE)} min ago`;
  if (ms < 48 * 60 * MINUTE) return `${Math.round(ms / (60 * MINUTE))} h ago`;
  return `${Math.round(ms / (24 * 60 * MINUTE))} days ago`;
}

export const count = (n: number, what: string) => `${n.toLocaleString('en')} ${what}${n === 1 ? '' : 's'}`;

/** The end of a long name is what tells it from others. */
export const shortened = (name: string, most: number) =>
  name.length <= most ? name : `${name.slice(0, Math.ceil(most / 2) - 1)}…${name.slice(-Math.floor(most / 2))}`;
