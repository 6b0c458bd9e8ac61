import { keyTrouble, refused, roleGone } from './causes.ts';
import { isUnread, PERIOD, type RegionFacts, type StreamMetrics } from './facts.ts';
import { after, isOlder, lastAt, valueAt } from './series.ts';
import { delivering, failing, idle, unknown, type Verdict } from './verdict.ts';

const MINUTE = 60_000;
/** What counts as now. */
export const RECENT = 60 * MINUTE;
/** Metrics come one to three minutes late, and Firehose holds records for one: what is missing for longer is missing. */
export const LATE = 10 * MINUTE;
/** A record that has waited longer is stuck. Seconds. */
const STALE = 15 * 60;

/** Whether what reaches the stream lands in the bucket. */
export function judgeRegion(facts: RegionFacts): Verdict {
  const { stream, bucket, roles, metrics, mend } = facts;
  if (isUnread(stream)) return unknown(stream.unread, stream.hint);
  const { name, status, elsewhere } = stream;
  if (status === null) return failing('stream', `the stream ${name} is gone`, mend);
  if (status === 'CREATING') return idle(`the stream ${name} is being made`);
  if (status !== 'ACTIVE') return failing('stream', `the stream ${name} is ${status}`, mend);
  if (elsewhere) return failing('stream', `the stream ${name} delivers ${elsewhere}`, mend);
  if (!isUnread(bucket) && !bucket.exists) return failing('bucket', `the bucket ${bucket.name} is gone`, mend);
  const gone = roleGone('bucket', roles.delivery, mend);
  if (gone) return gone;
  if (isUnread(metrics)) return unknown(metrics.unread, metrics.hint);
  return refusals(facts, metrics.stream) ?? landings(facts, metrics.stream);
}

/** What Firehose has said no to, as the last thing that was heard of it. */
function refusals(facts: RegionFacts, m: StreamMetrics): Verdict | undefined {
  const { now, newestObject, region } = facts;
  const successAt = lastAt(m.success) ?? 0;
  const isNews = (at: number | undefined): at is number => at !== undefined && at > now - RECENT && at >= successAt;
  const keys = [
    [m.keyDenied, 'denied'],
    [m.keyDisabled, 'disabled'],
    [m.keyInvalid, 'in no state to be used'],
    [m.keyMissing, 'gone'],
  ] as const;
  const key = keys.find(([series]) => isNews(lastAt(series)));
  if (key) return keyTrouble('stream', facts, key[1]);

  const full = lastAt(m.throttled);
  if (isNews(full) && valueAt(m.throttled, full) > valueAt(m.incoming, full)) {
    const hint = `ask for more in Service Quotas: Amazon Data Firehose, ${region}`;
    return failing('stream', 'the stream is at its limit and takes no more records', hint);
  }
  const last = m.success.at(-1);
  if (!last || (newestObject ?? 0) >= last[0] + PERIOD) return undefined;
  const [at, share] = last;
  // A put now and then that had to be repeated is no loss (Data Firehose developer guide, "Data delivery CloudWatch metrics").
  return share === 0 || (share < 1 && valueAt(m.freshness, at) > STALE) ? refused(facts) : undefined;
}

/** Whether the records that came have landed. */
function landings(facts: RegionFacts, m: StreamMetrics): Verdict {
  const { now, newestObject } = facts;
  const landed = Math.max(lastAt(m.success) ?? 0, newestObject ?? 0);
  const [waiting] = after(m.incoming, landed + PERIOD);
  if (waiting && isOlder(waiting[0], now, LATE)) {
    if ((m.freshness.at(-1)?.[1] ?? 0) > STALE) return refused(facts);
    return unknown('records reach the stream, and neither their delivery nor an error is known', logHint(facts));
  }
  const came = lastAt(m.incoming);
  if (came === undefined) return idle('nothing has reached the stream in the last 24 hours');
  if (came <= now - RECENT) return idle('nothing has reached the stream in the last hour');
  return landed > now - RECENT ? delivering : idle('the first records are on their way');
}

const logHint = ({ errorLogGroup, region }: RegionFacts) => `aws logs tail ${errorLogGroup} --region ${region}`;
