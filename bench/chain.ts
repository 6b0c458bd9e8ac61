import type { Lags, World } from '../src/simulator/model.ts';
import type { Family, Figure } from './figure.ts';
import { eager, type SimulateOptions, simulate } from './simulated.ts';
import { enable, worldOf } from './worlds.ts';

/**
 * The longest chain of a run: the look, then along `needs` each step with its own calls and with what AWS takes its time for. It is
 * run, not computed: the same program on a copy of the account, asking every 50 ms whether a thing is ready, of an AWS
 * that counts no calls. What the real run takes longer is what it sleeps too long.
 */
export function longestChain(world: World, line: string): Promise<number> {
  const copy = structuredClone(world);
  copy.quotas.perSecond = {};
  return timeOf(copy, line, { clockOf: eager });
}

/** Simulated milliseconds; what the run does to the world stays done. */
export async function timeOf(world: World, line: string, options: SimulateOptions = {}): Promise<number> {
  const { code, ms, stderr } = await simulate(world, line, options);
  if (code !== 0) throw new Error(`the run ended with ${code}: ${stderr}`);
  return ms;
}

/** How long AWS takes; one set alone may happen to suit the pauses. */
const PACES: readonly Partial<Lags>[] = [
  {},
  { roleMs: 6_500, streamCreatingMs: 48_000, eksUpdateMs: 96_000 },
  { roleMs: 9_300, streamCreatingMs: 71_000, eksUpdateMs: 137_000 },
  { roleMs: 12_100, streamCreatingMs: 55_000, eksUpdateMs: 163_000 },
  { roleMs: 10_700, streamCreatingMs: 83_000, eksUpdateMs: 214_000 },
  { roleMs: 7_900, streamCreatingMs: 64_000, eksUpdateMs: 251_000 },
  { roleMs: 14_600, streamCreatingMs: 93_000, eksUpdateMs: 302_000 },
];

const TEARDOWN = 'teardown --yes --confirm 123456789012 --delete-data --quiet --timeout 24h';

export const chain: Family = async (quick) => {
  const [there, back]: [number[], number[]] = [[], []];
  for (const lags of quick ? PACES.slice(0, 2) : PACES) {
    const world = worldOf(2, 2, 'off');
    Object.assign(world.lags, lags);
    for (const [line, ratios] of [
      [enable(world), there],
      [TEARDOWN, back],
    ] as const) {
      const best = await longestChain(world, line);
      ratios.push((await timeOf(world, line)) / best);
    }
  }
  return [figure('a first run', there, 1.1), figure('teardown --delete-data', back)];
};

const figure = (what: string, ratios: readonly number[], most?: number): Figure => ({
  what,
  value: Math.max(...ratios),
  unit: '× its longest chain',
  ...(most && { most }),
  beside: `the worst of ${ratios.map((ratio) => ratio.toFixed(2)).join(' ')}`,
});
