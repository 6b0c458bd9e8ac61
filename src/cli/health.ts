import { healthOf } from '../health/judge.ts';
import type { RegionHealth } from '../health/verdict.ts';
import type { Notice } from '../render/document.ts';
import type { Context } from './context.ts';
import { clusterFacts, isConnected, regionFacts, type Seen } from './health-facts.ts';
import { measure } from './measure.ts';

export interface Health {
  /** By region: those that are connected. */
  readonly regions: ReadonlyMap<string, RegionHealth>;
  readonly warnings: readonly Notice[];
}

/** Whether events arrive, in each region that is connected and for each of its clusters; and what could not be asked. */
export async function lookAtHealth(seen: Seen, context: Context): Promise<Health> {
  const warnings: Notice[] = [];
  const connected = seen.regions.filter((region) => isConnected(seen, region));
  const looked = await Promise.all(
    connected.map(async (region): Promise<[string, RegionHealth]> => {
      const measured = await measure(region, seen.home, context, warnings);
      const clusters = region.clusters.map((name) => clusterFacts(seen, region, name, measured));
      const facts = { ...regionFacts(seen, region, context), ...measured, now: context.clock.now() };
      return [region.aws.region, healthOf({ ...facts, clusters: await Promise.all(clusters) })];
    }),
  );
  return { regions: new Map(looked), warnings };
}
