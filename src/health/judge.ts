import { judgeCluster } from './cluster.ts';
import { type ClusterFacts, type ClusterMetrics, isUnread, type RegionFacts } from './facts.ts';
import { judgeRegion } from './region.ts';
import { lastAt, timeline } from './series.ts';
import type { ClusterDelivery, RegionHealth } from './verdict.ts';

/** The judgement of one region and of each of its clusters, from what was seen: no calls. */
export function healthOf(facts: RegionFacts): RegionHealth {
  const { metrics, newestObject } = facts;
  const verdict = judgeRegion(facts);
  const lastObjectAt = iso(newestObject);
  const freshness = isUnread(metrics) ? undefined : metrics.stream.freshness.at(-1)?.[1];
  const cluster = (one: ClusterFacts): ClusterDelivery => {
    const counted = isUnread(metrics) ? undefined : metrics.clusters.get(one.name);
    return {
      ...judgeCluster(facts, one, verdict),
      lastObjectAt,
      lastEventAt: iso(lastAt((counted ?? NOTHING).forwarded)),
      timeline: timeline(counted ?? NOTHING, facts.now),
    };
  };
  return {
    delivery: { ...verdict, lastObjectAt, freshnessSeconds: freshness === undefined ? null : Math.round(freshness) },
    clusters: new Map(facts.clusters.map((one) => [one.name, cluster(one)])),
  };
}

export const NOTHING: ClusterMetrics = { incoming: [], forwarded: [], errors: [], throttled: [] };

const iso = (time: number | null | undefined) => (time == null ? null : new Date(time).toISOString());
