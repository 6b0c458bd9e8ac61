import { expect } from 'vitest';
import type { Document } from '../../src/render/document.ts';
import { oneDocument } from '../helpers/schema.ts';
import {
  ACCOUNT,
  type Emulator,
  type FaultProxy,
  type RunOptions,
  type RunResult,
  run,
  type Snapshot,
  seed,
  snapshot,
  startEmulator,
  startProxy,
} from './emulator.ts';

const REGION = 'eu-west-1';
const DELETE = `teardown --yes --confirm ${ACCOUNT} --delete-data`;

/** What an account is like: as its owner has it, with rad-connect at work in it, or somewhere in between. */
type State = 'bare' | 'connected';
export type Command = 'enable-audit' | 'teardown';

/** Each command, with options and without, and where it leads. */
export const COMMANDS = {
  'enable-audit': {
    line: `enable-audit --regions ${REGION} --external-id x-1 --retention-days 14 --yes`,
    again: 'enable-audit --yes',
    from: 'bare',
    to: 'connected',
  },
  teardown: { line: DELETE, again: DELETE, from: 'connected', to: 'bare' },
} as const satisfies Record<Command, { line: string; again: string; from: State; to: State }>;

/** An account of its own, and the way to it. */
export type Place = {
  emulator: Emulator;
  proxy: FaultProxy;
  state: State | 'unknown';
  /** how it was before rad-connect came */
  bare: Snapshot | undefined;
};

/** Slow enough that a run which follows one that was ended finds AWS in the middle of it. Milliseconds. */
const SLOW = { eksUpdateMs: 1_000, firehoseCreatingMs: 700, firehoseDeletingMs: 700 };

export async function openPlace(): Promise<Place> {
  const emulator = await startEmulator(SLOW);
  return { emulator, proxy: await startProxy(emulator), state: 'unknown', bare: undefined };
}

export async function closePlace({ emulator, proxy }: Place): Promise<void> {
  await proxy.stop();
  await emulator.stop();
}

/** Runs a command line, with -o json unless it says otherwise; `json` is there when stdout held just one document. */
export async function cli(
  { proxy }: Place,
  line: string,
  options?: RunOptions,
): Promise<RunResult & { readonly json: Document }> {
  const args = [...line.split(' '), ...(line.includes(' -o ') ? [] : ['-o', 'json'])];
  const ran = await run(proxy, args, { timeoutMs: 600_000, ...options });
  return {
    ...ran,
    get json() {
      return oneDocument(ran.stdout);
    },
  };
}

/** Nothing befalls this run, and it must end well. Gives its document, and what it wrote. */
export async function calmly(place: Place, line: string): Promise<{ json: Document; writes: readonly string[] }> {
  const writes = place.proxy.watch();
  const ran = await cli(place, line);
  expect(ran.code, ran.stderr).toBe(0);
  return { json: ran.json, writes };
}

/** Brings the account into this state; what nobody knows begins anew. */
export async function prepare(place: Place, wanted: State, clusters: readonly string[]): Promise<void> {
  if (place.state === 'unknown') {
    await place.emulator.reset();
    await seed(place.emulator, [REGION], clusters);
    place.bare = await look(place, 'bare');
    place.state = 'bare';
  }
  if (place.state !== wanted) await calmly(place, COMMANDS[wanted === 'bare' ? 'teardown' : 'enable-audit'].line);
  place.state = wanted;
}

/** The account as it is compared: gone back, all of it; connected, without ids, times and what was delivered. */
export async function look({ emulator }: Place, state: State): Promise<Snapshot> {
  const seen = await snapshot(emulator, [REGION], { identity: state === 'bare' });
  for (const [name, bucket] of Object.entries(seen.buckets)) {
    if (state === 'connected' && name.startsWith('rad-')) delete bucket.objects;
  }
  return seen;
}

/** What undisturbed runs write, and how the account looks in between. */
export type Calm = {
  clusters: readonly string[];
  writes: Readonly<Record<Command, readonly string[]>>;
  connected: Snapshot;
};

export async function undisturbed(place: Place, clusters: readonly string[]): Promise<Calm> {
  await prepare(place, 'bare', clusters);
  const { writes: enable } = await calmly(place, COMMANDS['enable-audit'].line);
  const connected = await look(place, 'connected');
  const { writes: teardown } = await calmly(place, COMMANDS.teardown.line);
  return { clusters, connected, writes: { 'enable-audit': enable, teardown } };
}
