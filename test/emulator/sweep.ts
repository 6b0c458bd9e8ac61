import { afterAll, expect, test } from 'vitest';
import type { Document } from '../../src/render/document.ts';
import { type Disturb, dice, FAULTS, MOMENTS } from './disturbances.ts';
import {
  COMMANDS,
  type Command,
  calmly,
  closePlace,
  look,
  openPlace,
  type Place,
  prepare,
  undisturbed,
} from './places.ts';

/**
 * Every write of enable-audit and of teardown meets every fault, and one clean run makes good what was left.
 *
 * SWEEP_CLUSTERS  the clusters of the account
 * SWEEP_SAMPLE    a number: only some of the points, other ones for the next number
 * SWEEP_SEED      the first seed of the random moments
 */
const { SWEEP_CLUSTERS = 'off,audit,leftover,one-filter', SWEEP_SAMPLE, SWEEP_SEED } = process.env;
const FIRST_SEED = Number(SWEEP_SEED ?? SWEEP_SAMPLE ?? Date.now() % 1_000_000);
/** As many as vitest runs side by side, so that one is always free. */
const SIDE_BY_SIDE = 5;
/** About so many points are a sample. */
const SAMPLE = 24;

const places = await Promise.all(Array.from({ length: SIDE_BY_SIDE }, openPlace));
const calm = await undisturbed(places[0]!, SWEEP_CLUSTERS.split(','));
const free = [...places];
const tried = new Map<string, number>();

afterAll(async () => {
  await Promise.all(places.map(closePlace));
  const all = [...tried.values()].reduce((sum, count) => sum + count, 0);
  const lines = [...tried].sort().map(([kind, count]) => `${String(count).padStart(6)}  ${kind}`);
  process.stdout.write(`\nsweep: ${all} points\n${lines.join('\n')}\n`);
});

type Point = { name: string; kind: string; command: Command; disturb: Disturb };

function pointsOf(command: Command): Point[] {
  const point = (fault: string, at: string, disturb: Disturb) => {
    const kind = `${command} · ${fault}`;
    return { name: `${kind} · ${at}`, kind, command, disturb };
  };
  const faults = Object.entries(FAULTS).flatMap(([fault, disturb]) =>
    calm.writes[command].map((at) => point(fault, at, disturb(at))),
  );
  const moments = Object.entries(MOMENTS).flatMap(([fault, { disturb, times }]) =>
    Array.from({ length: times }, (_, i) => point(fault, `seed ${FIRST_SEED + i}`, disturb(FIRST_SEED + i))),
  );
  return [...faults, ...moments];
}

/** In an order that only looks random, so that a sample has each fault at other writes. */
function mixed(points: readonly Point[]): Point[] {
  const keyed = points.map((point, i) => ({ point, key: dice(i)(2 ** 32) }));
  return keyed.sort((a, b) => a.key - b.key).map(({ point }) => point);
}

/** There and back in turn: an account that was connected is torn down next. */
function inTurn(there: readonly Point[], back: readonly Point[]): Point[] {
  return Array.from({ length: Math.max(there.length, back.length) }, (_, i) => [there[i], back[i]])
    .flat()
    .filter((point) => point !== undefined);
}

/** An odd step takes from both commands. */
function sampled(points: readonly Point[]): readonly Point[] {
  if (SWEEP_SAMPLE === undefined) return points;
  const step = Math.round(points.length / SAMPLE) | 1;
  return points.filter((_, i) => i % step === Number(SWEEP_SAMPLE) % step);
}

const doneBy = (json: Document | undefined): string[] =>
  json?.changes.filter(({ status }) => status === 'done').map(({ region, type, id }) => `${region} ${type} ${id}`) ??
  [];

/** One disturbed run, one clean run without options, and all must be as if nothing had been. */
async function attempt({ kind, command, disturb }: Point): Promise<void> {
  const { line, again, from, to } = COMMANDS[command];
  const fitting = free.findIndex(({ state }) => state === from);
  const [place] = free.splice(Math.max(fitting, 0), 1) as [Place];
  try {
    await prepare(place, from, calm.clusters);
    place.state = 'unknown';
    tried.set(kind, (tried.get(kind) ?? 0) + 1);
    const left = await disturb(place, command, calm);
    const { roles } = await look(place, 'connected');
    // What was ended before its first write took effect has recorded no region.
    const second = await calmly(place, 'rad-audit-logs' in roles ? again : line);
    if (left.mended) expect(second.writes).toEqual([]);
    const told = doneBy(left.json);
    expect(doneBy(second.json).filter((thing) => told.includes(thing))).toEqual([]);
    expect(await look(place, to)).toEqual(to === 'bare' ? place.bare : calm.connected);
    place.state = to;
  } finally {
    free.push(place);
  }
}

for (const point of sampled(inTurn(mixed(pointsOf('enable-audit')), mixed(pointsOf('teardown'))))) {
  // Not timed: it is the program that must end, and `cli` makes sure that it does.
  test.concurrent(point.name, { timeout: 0 }, async () => {
    try {
      await attempt(point);
    } catch (error) {
      const settings = `SWEEP_CLUSTERS=${SWEEP_CLUSTERS} SWEEP_SEED=${FIRST_SEED}`;
      process.stderr.write(`\nfailed; alone: ${settings} npm run sweep -- -t '${point.name}'\n`);
      throw error;
    }
  });
}
