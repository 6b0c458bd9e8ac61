import { judgeCluster } from './cluster.ts';
import { type ClusterFacts, type ClusterMetrics, isUnread, type RegionFacts } from './facts.ts';
import { judgeRegion } from './region.ts';
import { lastAt, timeline } from './series.ts';
import { type ClusterDelivery, idle, type RegionHealth, unknown, type Verdict } from './verdict.ts';

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
  const clusters = new Map(facts.clusters.map((one) => [one.name, cluster(one)]));
  const freshnessSeconds = freshness === undefined ? null : Math.round(freshness);
  return { delivery: { ...ofAll(verdict, [...clusters.values()]), lastObjectAt, freshnessSeconds }, clusters };
}

const WORST_FIRST = ['failing', 'unknown', 'idle'] as const;

/**
 * A region whose stream delivers is delivering where one of its clusters is: else what the stream takes is something else, such as
 * the messages by which CloudWatch Logs tries it (CloudWatch Logs user guide, "Subscription filters").
 */
function ofAll(region: Verdict, clusters: readonly Verdict[]): Verdict {
  if (region.state === 'failing' || region.state === 'unknown' || clusters.length === 0) return region;
  const connected = clusters.filter(({ state }) => state !== 'none');
  if (connected.some(({ state }) => state === 'delivering')) return region;
  const worst = WORST_FIRST.find((word) => connected.some(({ state }) => state === word)) ?? 'idle';
  if (worst === 'idle' && region.state === 'idle') return region;
  const [first] = connected;
  if (first && connected.every(({ hop, cause }) => hop === first.hop && cause === first.cause)) {
    const { state, hop, cause, hint } = first;
    return { state, hop, cause, hint };
  }
  const few = `${connected.filter(({ state }) => state === worst).length} of ${clusters.length} clusters`;
  if (worst === 'failing') return { state: worst, hop: null, cause: `none delivers, ${few} fail`, hint: null };
  if (worst === 'unknown') return unknown(`none is known to deliver; nothing can be told of ${few}`, null);
  return idle(connected.length ? 'no cluster has had anything to deliver of late' : 'no cluster is connected');
}

export const NOTHING: ClusterMetrics = { incoming: [], forwarded: [], errors: [], throttled: [] };

const iso = (time: number | null | undefined) => (time == null ? null : new Date(time).toISOString());
