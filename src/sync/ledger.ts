import type { RadError } from '../engine/errors.ts';
import type { Seen } from './look.ts';
import { compareKeys } from './merge.ts';
import type { Listed } from './shelf.ts';

/** What was there, and what became of it: each object of the source is present, copied, skipped or missing. */
export interface Proof {
  /** Both listings were read to their ends. */
  readonly complete: boolean;
  readonly objects: number;
  readonly bytes: number;
  readonly present: number;
  readonly copied: number;
  readonly copiedBytes: number;
  /** Left out for good: `named` tells why. */
  readonly skipped: number;
  readonly missing: number;
  /** The first missing one, by key, which is by time. */
  readonly oldestMissing: string | null;
  /** Present with another size than the source has now: what is there stays. */
  readonly changed: number;
  /** Of what was copied. */
  readonly damaged: number;
  readonly empty: number;
  readonly huge: number;
  /** Nothing that clusters have logged: by its key, and then skipped, or by what is in it. */
  readonly foreign: number;
}

/** Things about which something is said, with the keys of the first of them. */
const KINDS = ['damaged', 'empty', 'huge', 'foreign', 'changed', 'gone', 'large', 'refused'] as const;
export type Kind = (typeof KINDS)[number];
export type Named = Readonly<Record<Kind, { readonly count: number; readonly keys: readonly string[] }>>;
const NAMES = 3;

export interface Failure {
  readonly key: string;
  readonly error: RadError;
}

/** Keeps count of a run. It holds the keys that are in flight, and no others. */
export function createLedger() {
  const counts = { objects: 0, bytes: 0, present: 0, copied: 0, copiedBytes: 0, skipped: 0, missing: 0 };
  const named = Object.fromEntries(KINDS.map((kind) => [kind, { count: 0, keys: [] }])) as unknown as Record<
    Kind,
    { count: number; keys: string[] }
  >;
  const failures: Failure[] = [];
  const begun = new Set<string>();
  let oldest: string | undefined;
  const name = (kind: Kind, key: string) => {
    const one = named[kind];
    one.count++;
    if (one.keys.length < NAMES) one.keys.push(key);
  };
  const miss = (key: string) => {
    begun.delete(key);
    counts.missing++;
    if (oldest === undefined || compareKeys(key, oldest) < 0) oldest = key;
  };
  return {
    counts: counts as Readonly<typeof counts>,
    failures: failures as readonly Failure[],
    seen({ size }: Listed): void {
      counts.objects++;
      counts.bytes += size;
    },
    present({ key, size }: Listed, copy: Listed): void {
      counts.present++;
      if (copy.size !== size) name('changed', key);
    },
    skip(key: string, why: Kind): void {
      begun.delete(key);
      counts.skipped++;
      name(why, key);
    },
    begin: ({ key }: Listed) => void begun.add(key),
    miss,
    failed(key: string, error: RadError): void {
      failures.push({ key, error });
      miss(key);
    },
    /** Where somebody else was first, it is present. */
    done(key: string, bytes: Buffer, seen: Seen, isOurs: boolean): void {
      begun.delete(key);
      counts[isOurs ? 'copied' : 'present']++;
      if (isOurs) counts.copiedBytes += bytes.length;
      for (const kind of ['damaged', 'empty', 'huge', 'foreign'] as const) if (seen[kind]) name(kind, key);
    },
    /** What was begun and has not ended is missing. */
    close(complete: boolean): { proof: Proof; named: Named } {
      for (const key of [...begun]) miss(key);
      const count = (kind: Kind) => named[kind].count;
      const proof = {
        complete,
        ...counts,
        oldestMissing: oldest ?? null,
        changed: count('changed'),
        damaged: count('damaged'),
        empty: count('empty'),
        huge: count('huge'),
        foreign: count('foreign'),
      };
      return { proof, named };
    },
  };
}
export type Ledger = ReturnType<typeof createLedger>;
