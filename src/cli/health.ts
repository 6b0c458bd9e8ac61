import type { Region } from '../desired/account.ts';
import type { RegionFacts } from '../health/facts.ts';
import { healthOf } from '../health/judge.ts';
import type { RegionHealth } from '../health/verdict.ts';
import type { Notice } from '../render/document.ts';
import type { Context } from './context.ts';
import { clusterFacts, isConnected, regionFacts, type Seen } from './health-facts.ts';
import { type Measured, measure } from './measure.ts';

export interface Health {
  /** By region: those that are connected. */
  readonly regions: ReadonlyMap<string, RegionHealth>;
  readonly warnings: readonly Notice[];
}

/** What stands of the way from these clusters to the bucket: nothing is asked that a plan has not asked. */
export async function standing(
  seen: Seen,
  region: Region,
  context: Context,
  warnings: Notice[],
): Promise<RegionHealth> {
  const measured = {
    metrics: { unread: 'not asked', hint: null },
    errors: [],
    newestObject: null,
    counted: new Set<string>(),
  };
  return healthOf(await factsOf(seen, region, measured, context, warnings));
}

async function factsOf(
  seen: Seen,
  region: Region,
  measured: Measured,
  context: Context,
  warnings: Notice[],
): Promise<RegionFacts> {
  const clusters = await Promise.all(
    region.clusters.map((name) => clusterFacts(seen, region, name, measured, warnings)),
  );
  return { ...regionFacts(seen, region, context), ...measured, now: context.clock.now(), clusters };
}

/** Whether events arrive, in each region that is connected and for each of its clusters; and what could not be asked. */
export async function lookAtHealth(seen: Seen, context: Context): Promise<Health> {
  const warnings: Notice[] = [];
  const connected = seen.regions.filter((region) => isConnected(seen, region));
  const looked = await Promise.all(
    connected.map(async (region): Promise<[string, RegionHealth]> => {
      const measured = await measure(region, seen.home, context, warnings);
      return [region.aws.region, healthOf(await factsOf(seen, region, measured, context, warnings))];
    }),
  );
  return { regions: new Map(looked), warnings };
}
