import { roleGone, undelivered } from './causes.ts';
import { type ClusterFacts, type ClusterMetrics, isUnread, type Metrics, type RegionFacts } from './facts.ts';
import { LATE, RECENT } from './region.ts';
import { after, isOlder, lastAt, valueAt } from './series.ts';
import { delivering, failing, type Hop, idle, none, unknown, type Verdict } from './verdict.ts';

/** CloudWatch lists a metric up to 15 minutes after its first data (CloudWatch API reference, ListMetrics). */
const NEW = 15 * 60_000;
/** The share of events that may be lost in a few minutes: a stream that is briefly busy loses some. */
const TOLERATED = 0.05;

/** Where the events of a cluster stop: the first place on their way that does not pass them on. */
export function judgeCluster(facts: RegionFacts, cluster: ClusterFacts, region: Verdict): Verdict {
  const { metrics, mend, roles } = facts;
  if (cluster.trouble) return unknown(cluster.trouble.unread, cluster.trouble.hint);
  const gap = missing(facts, cluster) ?? roleGone('filter', roles.subscription, mend);
  if (gap) return gap;
  // What the stream is told of itself says more than the errors of those who write to it.
  if (region.state === 'failing' && region.hop === 'stream') return region;
  if (isUnread(metrics)) return unknown(metrics.unread, metrics.hint);
  const counted = metrics.clusters.get(cluster.name);
  return (
    (counted && filterTrouble(facts, cluster, counted)) ??
    (region.state === 'failing' || !counted ? region : flow(facts, cluster, metrics, counted, region))
  );
}

/** What is not there, or not as it must be. */
function missing({ mend }: RegionFacts, cluster: ClusterFacts): Verdict | undefined {
  const { audit, wasConnected, logGroup, filter, obstacle } = cluster;
  const stops = (hop: Hop, was: string, never: string) =>
    wasConnected ? failing(hop, was, mend) : none(hop, never, mend);
  if (!audit) return stops('cluster', 'audit logging has been turned off', 'audit logging is off');
  if (!logGroup) return stops('log-group', 'the log group is gone', 'EKS has made no log group yet');
  if (!filter && obstacle) return (wasConnected ? failing : none)('filter', obstacle.unread, obstacle.hint ?? mend);
  if (!filter) return stops(cluster.wasRemade ? 'log-group' : 'filter', gone(cluster), 'there is no filter yet');
  if (filter.elsewhere) return failing('filter', `the filter sends to ${filter.elsewhere}`, mend);
  if (filter.pattern === 'deaf')
    return failing('filter', 'its pattern was changed, and lets no sample of an audit event pass', mend);
  return undefined;
}

const gone = ({ wasRemade }: ClusterFacts) =>
  wasRemade ? 'the log group was made anew, and its filter went with the old one' : 'the filter is gone';

/** The newest that is known of the filter is that it could not deliver, or that it let nothing pass. */
function filterTrouble(facts: RegionFacts, cluster: ClusterFacts, m: ClusterMetrics): Verdict | undefined {
  const { now, metrics } = facts;
  const forwardedAt = lastAt(m.forwarded);
  const errorAt = lastAt(m.errors);
  const isLast = errorAt !== undefined && errorAt >= (forwardedAt ?? 0);
  const lost = isLast ? valueAt(m.errors, errorAt) : 0;
  const isOver = isLast && errorAt <= now - RECENT && after(m.incoming, errorAt).length === 0;
  if (lost && !isOver && lost > TOLERATED * (lost + valueAt(m.forwarded, errorAt!))) return undelivered(facts, lost);

  const throttledAt = lastAt(m.throttled);
  if (throttledAt !== undefined && throttledAt > now - RECENT && throttledAt > (forwardedAt ?? 0)) {
    const hint = `ask for more in Service Quotas: Amazon Data Firehose, ${facts.region}`;
    return failing('stream', 'the stream takes records too slowly: they are tried again and again', hint);
  }
  return (metrics as Metrics).sure ? unmatched(facts, cluster, m) : undefined;
}

/** Events are written and none is forwarded. */
function unmatched(
  { now, mend }: RegionFacts,
  { filter, others }: ClusterFacts,
  { incoming, forwarded, errors }: ClusterMetrics,
): Verdict | undefined {
  const { createdAt, pattern } = filter!;
  const left = after(incoming, Math.max(lastAt(forwarded) ?? 0, lastAt(errors) ?? 0, createdAt));
  const [first] = left;
  if (!first || first[0] > now - NEW) return undefined;
  // Other log types share the group, and a pattern that somebody chose may be for what is rare.
  if (pattern === 'default' ? others : pattern === 'chosen' && lastAt(forwarded) !== undefined)
    return idle('no event that the filter lets pass has been written of late');
  const events = left.reduce((sum, [, count]) => sum + count, 0);
  const hint = pattern === 'chosen' ? `${mend} --filter-pattern none, or another pattern` : mend;
  return failing('filter', `its pattern let none of the last ${events} events pass`, hint);
}

/** Nothing is in the way: what moves. */
function flow(
  { now }: RegionFacts,
  { filter }: ClusterFacts,
  { stream, sure }: Metrics,
  m: ClusterMetrics,
  region: Verdict,
): Verdict {
  const forwardedAt = lastAt(m.forwarded);
  const incomingAt = lastAt(m.incoming);
  if (forwardedAt !== undefined && forwardedAt > now - RECENT) {
    if (region.state !== 'idle') return region.state === 'delivering' ? delivering : region;
    const [uncounted] = after(m.forwarded, lastAt(stream.incoming) ?? 0);
    return uncounted && isOlder(uncounted[0], now, LATE)
      ? unknown('events are forwarded, and the stream has not counted them', null)
      : idle('the first events are on their way');
  }
  if (now - filter!.createdAt < NEW) return idle('just connected: metrics take some minutes');
  if (incomingAt === undefined) return idle('no event has been written in the last 24 hours');
  if (incomingAt <= now - RECENT) return idle('no event has been written in the last hour');
  if (!sure) return unknown('which events are forwarded is not known', 'allow cloudwatch:ListMetrics');
  return idle('events have just begun to be written');
}
