import { newTally, type Tally } from '../audit/tally.ts';
import type { RadError } from '../engine/errors.ts';

/** Objects of which something is to be said. */
const KINDS = ['damaged', 'truncated', 'empty', 'foreign', 'gone'] as const;
export type Trouble = (typeof KINDS)[number];
const NAMES = 3;

/** What was read, and what was met beside events: each object is read, gone or failed. */
export interface Reading {
  readonly objects: number;
  readonly bytes: number;
  readonly tally: Readonly<Tally>;
  /** Objects, with the names of the first of them. */
  readonly named: Readonly<Record<Trouble, { readonly count: number; readonly names: readonly string[] }>>;
  /** Left out by their keys: what Firehose could not deliver. */
  readonly undelivered: number;
  readonly failures: readonly { readonly object: string; readonly error: RadError }[];
}

/** So many objects that cannot be read are a fault of the place; fewer, where none can. */
const [MOST_FAILURES, MOST_IN_VAIN] = [100, 16] as const;

export function createReading() {
  const counts = { objects: 0, bytes: 0 };
  const tally = newTally();
  const named = Object.fromEntries(KINDS.map((kind) => [kind, { count: 0, names: [] as string[] }])) as Record<
    Trouble,
    { count: number; names: string[] }
  >;
  const failures: { object: string; error: RadError }[] = [];
  const name = (kind: Trouble, object: string) => {
    named[kind].count++;
    if (named[kind].names.length < NAMES) named[kind].names.push(object);
  };
  const add = (objects: number, bytes: number, seen: Tally) => {
    counts.objects += objects;
    counts.bytes += bytes;
    for (const key of Object.keys(tally) as (keyof Tally)[]) tally[key] += seen[key];
  };
  return {
    /** Several of which nothing is to be said. */
    add,
    read(object: string, size: number, seen: Tally): void {
      add(1, size, seen);
      for (const kind of ['damaged', 'truncated', 'empty'] as const) if (seen[kind]) name(kind, object);
      if (seen.others && seen.events + seen.control + seen.truncated === 0) name('foreign', object);
    },
    gone: (object: string) => name('gone', object),
    /** Throws the error where it is not one of this object alone. */
    failed(object: string, error: RadError): void {
      failures.push({ object, error });
      if (failures.length >= (counts.objects ? MOST_FAILURES : MOST_IN_VAIN)) throw error;
    },
    /** `undelivered`: what was left out, since it holds nothing that clusters have logged. */
    close: (undelivered: number): Reading => ({ ...counts, tally, named, failures, undelivered }),
  };
}
export type Ledger = ReturnType<typeof createReading>;
