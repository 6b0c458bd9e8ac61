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

/** The end of a long name is what tells it from others. */
export const shortened = (name: string, most: number) =>
  name.length <= most ? name : `${name.slice(0, Math.ceil(most / 2) - 1)}…${name.slice(-Math.floor(most / 2))}`;
