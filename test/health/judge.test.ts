import { describe, expect, it } from 'vitest';
import type {
  ClusterFacts,
  ClusterMetrics,
  Metrics,
  RegionFacts,
  Series,
  StreamMetrics,
} from '../../src/health/facts.ts';
import { healthOf, NOTHING } from '../../src/health/judge.ts';
import { judgeRegion } from '../../src/health/region.ts';
import { windowStart } from '../../src/health/series.ts';
import type { State, Verdict } from '../../src/health/verdict.ts';

const MINUTE = 60_000;
const NOW = Date.parse('2026-11-25T10:32:10Z');
const PERIOD = 5 * MINUTE;
const floor = (time: number) => time - (time % PERIOD);

/** The same value in each period that began between so many minutes ago. */
function counted(from: number, to: number, value = 10): Series {
  const points: [number, number][] = [];
  for (let at = floor(NOW - from * MINUTE); at <= NOW - to * MINUTE; at += PERIOD) points.push([at, value]);
  return points;
}
const ago = (minutes: number) => NOW - minutes * MINUTE;

const SILENT: StreamMetrics = {
  incoming: [],
  success: [],
  freshness: [],
  throttled: [],
  keyDenied: [],
  keyDisabled: [],
  keyInvalid: [],
  keyMissing: [],
};
const flowing: StreamMetrics = {
  ...SILENT,
  incoming: counted(300, 3),
  success: counted(300, 3, 1),
  freshness: counted(300, 3, 60),
};
const busy: ClusterMetrics = { ...NOTHING, incoming: counted(300, 3, 20), forwarded: counted(300, 3) };
const fine: ClusterFacts = {
  name: 'prod',
  audit: true,
  others: false,
  wasConnected: true,
  logGroup: true,
  wasRemade: false,
  filter: { createdAt: ago(10_000), elsewhere: null, pattern: 'default' },
};
const filterOf = (more: Partial<NonNullable<ClusterFacts['filter']>>) => ({ filter: { ...fine.filter!, ...more } });

interface Case {
  readonly stream?: Partial<StreamMetrics>;
  readonly cluster?: Partial<ClusterMetrics>;
  readonly facts?: Partial<RegionFacts>;
  readonly of?: Partial<ClusterFacts>;
  readonly metrics?: Partial<Metrics>;
}

/** Of a region in which nothing is broken. */
const ofOne: Omit<RegionFacts, 'metrics' | 'clusters'> = {
  region: 'eu-west-1',
  now: NOW,
  mend: 'mend it',
  stream: { name: 'stream', status: 'ACTIVE', elsewhere: null },
  bucket: { name: 'bucket', exists: true, addedStatements: false },
  roles: {
    subscription: { name: 'to-stream', standing: 'ok' },
    delivery: { name: 'to-bucket', standing: 'ok' },
  },
  kmsKey: null,
  errorLogGroup: '/errors',
  errors: [],
  newestObject: ago(1),
};

function judged({ stream, cluster, facts, of, metrics }: Case) {
  const seen: RegionFacts = {
    ...ofOne,
    metrics: {
      stream: { ...flowing, ...stream },
      clusters: new Map([['prod', { ...busy, ...cluster }]]),
      sure: true,
      ...metrics,
    },
    clusters: [{ ...fine, ...of }],
    ...facts,
  };
  const health = healthOf(seen);
  // Of stream and bucket alone.
  const region = { ...health.delivery, ...judgeRegion(seen) };
  return { region, cluster: health.clusters.get('prod')! };
}

const short = ({ state, hop }: Verdict) => (hop ? `${state} at ${hop}` : state);
const SINCE_FIVE_MINUTES = { stream: { incoming: counted(8, 3) }, cluster: { incoming: counted(8, 3) } };
const denied = { at: ago(6), code: 'S3.AccessDenied', message: 'no' };
const failed: Partial<StreamMetrics> = {
  success: [...counted(300, 60, 1), ...counted(55, 3, 0)],
  freshness: counted(55, 3, 1_800),
};
const nothing: Case = { stream: SILENT, cluster: NOTHING, facts: { newestObject: null } };

describe('what was seen, and what it means for the region and for a cluster', () => {
  it.each<[what: string, seen: Case, region: string, cluster: string, cause?: RegExp]>([
    ['events that were forwarded and have landed', {}, 'delivering', 'delivering'],
    ['metrics that come some minutes late', { cluster: { forwarded: counted(300, 9) } }, 'delivering', 'delivering'],
    ['no data anywhere is neither healthy nor broken', nothing, 'idle', 'idle', /24 hours/],
    [
      'a filter made minutes ago, and no data',
      { ...nothing, of: filterOf({ createdAt: ago(4) }) },
      'idle',
      'idle',
      /just connected/,
    ],
    [
      'the first events, and no object yet',
      {
        stream: { ...SILENT, incoming: counted(4, 1) },
        cluster: { ...NOTHING, incoming: counted(4, 1), forwarded: counted(4, 1) },
        facts: { newestObject: null },
        of: filterOf({ createdAt: ago(5) }),
      },
      'idle',
      'idle',
      /on their way/,
    ],
    [
      'a cluster that has been quiet for two hours',
      { cluster: { ...NOTHING, incoming: counted(300, 120), forwarded: counted(300, 120) } },
      'delivering',
      'idle',
      /last hour/,
    ],
    ['forwarded, and no sign of landing', { stream: SILENT, facts: { newestObject: null } }, 'idle', 'unknown'],
    [
      'records that came, and neither success nor error',
      { stream: { success: [], freshness: [] }, facts: { newestObject: null } },
      'unknown',
      'unknown',
    ],
    [
      'the same while what waits grows old',
      { stream: { success: [], freshness: counted(300, 3, 3_600) }, facts: { newestObject: null } },
      'failing at bucket',
      'failing at bucket',
    ],
    ['no metric of success, and a new object', { stream: { success: [] } }, 'delivering', 'delivering'],
    [
      'metrics that may not be read, and a new object',
      { facts: { metrics: { unread: 'may not', hint: 'allow it' } } },
      'unknown',
      'unknown',
      /may not/,
    ],
    ['a stream that cannot be seen', { facts: { stream: { unread: 'denied', hint: null } } }, 'unknown', 'unknown'],
    [
      'a cluster that cannot be seen',
      { of: { trouble: { unread: 'denied', hint: null } } },
      'delivering',
      'unknown',
      /denied/,
    ],

    ['audit logging that was turned off', { of: { audit: false } }, 'delivering', 'failing at cluster'],
    ['and one that never was on', { of: { audit: false, wasConnected: false } }, 'delivering', 'none at cluster'],
    ['a log group that is gone', { of: { logGroup: false, filter: undefined } }, 'delivering', 'failing at log-group'],
    [
      'a cluster that EKS has made no log group for',
      { of: { logGroup: false, filter: undefined, wasConnected: false } },
      'delivering',
      'none at log-group',
    ],
    ['a filter that is gone', { of: { filter: undefined } }, 'delivering', 'failing at filter'],
    [
      'a filter that went with its log group',
      { of: { filter: undefined, wasRemade: true } },
      'delivering',
      'failing at log-group',
      /made anew/,
    ],
    [
      'a cluster without a filter, ever',
      { of: { filter: undefined, wasConnected: false } },
      'delivering',
      'none at filter',
    ],
    [
      'a log group without room for a filter',
      { of: { filter: undefined, wasConnected: false, obstacle: { unread: 'no free slot', hint: 'free one' } } },
      'delivering',
      'none at filter',
      /no free slot/,
    ],
    [
      'a filter to another stream',
      { of: filterOf({ elsewhere: 'arn:x' }) },
      'delivering',
      'failing at filter',
      /arn:x/,
    ],

    [
      'events that cannot be put',
      { cluster: { forwarded: counted(300, 60), errors: counted(59, 3) } },
      'delivering',
      'failing at filter',
      /10 events were not delivered/,
    ],
    [
      'the same because of a role',
      {
        cluster: { forwarded: [], errors: counted(59, 3, 1) },
        facts: {
          roles: {
            subscription: { name: 'to-stream', standing: 'changed' },
            delivery: { name: 'to-bucket', standing: 'ok' },
          },
        },
      },
      'delivering',
      'failing at filter',
      /1 event was not delivered: the role to-stream was changed/,
    ],
    ['errors of an hour ago, and events since', { cluster: { errors: counted(80, 60) } }, 'delivering', 'delivering'],
    [
      'a few errors beside many events',
      { cluster: { forwarded: counted(59, 3, 100), errors: counted(59, 3, 2) } },
      'delivering',
      'delivering',
    ],
    [
      'as many errors as events',
      { cluster: { forwarded: counted(59, 3, 51), errors: counted(59, 3, 49) } },
      'delivering',
      'failing at filter',
      /not delivered/,
    ],
    [
      'errors of long ago, and nothing since',
      { cluster: { incoming: counted(300, 120), forwarded: counted(300, 150), errors: counted(140, 120) } },
      'delivering',
      'idle',
    ],
    [
      'a stream that takes too little',
      { cluster: { forwarded: counted(300, 60), throttled: counted(55, 3) } },
      'delivering',
      'failing at stream',
      /too slowly/,
    ],
    ['the same for a while, and not any more', { cluster: { throttled: counted(50, 40) } }, 'delivering', 'delivering'],
    [
      'a filter made minutes ago on a group with many events',
      { cluster: { forwarded: [] }, of: filterOf({ createdAt: ago(4) }) },
      'delivering',
      'idle',
      /just connected/,
    ],
    [
      'events that none is forwarded of',
      { cluster: { forwarded: [] }, of: filterOf({ pattern: 'other' }) },
      'delivering',
      'failing at filter',
      /its pattern let none of the last \d+ events pass/,
    ],
    ['the same with our own pattern', { cluster: { forwarded: [] } }, 'delivering', 'failing at filter'],
    [
      'the same where other log types share the group',
      { cluster: { forwarded: [] }, of: { others: true } },
      'delivering',
      'idle',
    ],
    [
      'a pattern of the customer that has never let anything pass',
      { cluster: { forwarded: [] }, of: filterOf({ pattern: 'chosen' }) },
      'delivering',
      'failing at filter',
    ],
    [
      'a pattern of the customer for what is rare',
      { cluster: { forwarded: counted(240, 200) }, of: filterOf({ pattern: 'chosen' }) },
      'delivering',
      'idle',
    ],
    [
      'events that have only just come, and none forwarded yet',
      { cluster: { ...SINCE_FIVE_MINUTES.cluster, forwarded: [] } },
      'delivering',
      'idle',
    ],
    [
      'none forwarded, where it is not certain what the metric is called',
      { cluster: { forwarded: [] }, metrics: { sure: false } },
      'delivering',
      'unknown',
      /not known/,
    ],

    [
      'no stream',
      { facts: { stream: { name: 's', status: null, elsewhere: null } } },
      'failing at stream',
      'failing at stream',
    ],
    [
      'a stream that could not be made',
      { facts: { stream: { name: 's', status: 'CREATING_FAILED', elsewhere: null } } },
      'failing at stream',
      'failing at stream',
    ],
    [
      'a stream that is being made',
      { ...nothing, facts: { newestObject: null, stream: { name: 's', status: 'CREATING', elsewhere: null } } },
      'idle',
      'idle',
    ],
    [
      'a stream into another bucket',
      { facts: { stream: { name: 's', status: 'ACTIVE', elsewhere: 'theirs' } } },
      'failing at stream',
      'failing at stream',
      /theirs/,
    ],
    [
      'a key that KMS denies to the stream',
      {
        stream: { ...flowing, success: counted(300, 60, 1), keyDenied: counted(50, 3, 1) },
        cluster: { forwarded: counted(300, 60), errors: counted(50, 3) },
      },
      'failing at stream',
      'failing at stream',
      /KMS key .* denied/,
    ],
    [
      'a key that was denied, and is not any more',
      { stream: { keyDenied: counted(50, 40, 1) } },
      'delivering',
      'delivering',
    ],
    [
      'a stream at its limit',
      { stream: { throttled: counted(50, 3, 100), success: counted(300, 60, 1) }, facts: { newestObject: ago(60) } },
      'failing at stream',
      'failing at stream',
      /limit/,
    ],
    [
      'a stream that is slowed down now and then',
      { stream: { throttled: counted(50, 3, 1) } },
      'delivering',
      'delivering',
    ],

    [
      'no bucket',
      { facts: { bucket: { name: 'b', exists: false, addedStatements: false } } },
      'failing at bucket',
      'failing at bucket',
    ],
    [
      'S3 that refuses, whatever has landed before',
      { stream: failed, facts: { newestObject: ago(70), errors: [denied] } },
      'failing at bucket',
      'failing at bucket',
      /though role and bucket are as wanted/,
    ],
    [
      'the same, by a statement that somebody has added',
      {
        stream: failed,
        facts: {
          newestObject: ago(70),
          errors: [denied],
          bucket: { name: 'b', exists: true, addedStatements: true },
        },
      },
      'failing at bucket',
      'failing at bucket',
      /a statement added to its policy/,
    ],
    [
      'a key that KMS denies to the bucket',
      {
        stream: failed,
        facts: {
          newestObject: ago(70),
          kmsKey: 'arn:k/1',
          errors: [{ ...denied, code: 'S3.KMS.AccessDeniedException' }],
        },
      },
      'failing at bucket',
      'failing at bucket',
      /KMS key arn:k\/1 is denied/,
    ],
    [
      'S3 that refuses for a reason we do not know',
      { stream: failed, facts: { newestObject: ago(70), errors: [{ ...denied, code: 'S3.Odd', message: 'odd' }] } },
      'failing at bucket',
      'failing at bucket',
      /S3\.Odd: odd/,
    ],
    [
      'an error of the log that is older than the last success explains nothing',
      { stream: failed, facts: { newestObject: ago(70), errors: [{ ...denied, at: ago(200), code: 'S3.Odd' }] } },
      'failing at bucket',
      'failing at bucket',
      /^Firehose cannot deliver$/,
    ],
    [
      'a put that had to be repeated',
      { stream: { success: counted(300, 3, 0.9) }, facts: { newestObject: ago(20) } },
      'delivering',
      'delivering',
    ],
    [
      'puts that fail while what waits grows old',
      { stream: { success: counted(55, 3, 0.4), freshness: counted(55, 3, 3_600) }, facts: { newestObject: ago(70) } },
      'failing at bucket',
      'failing at bucket',
    ],
    [
      'a bucket that is not there any more, as the log has it',
      { stream: failed, facts: { newestObject: ago(70), errors: [{ ...denied, code: 'S3.NoSuchBucket' }] } },
      'failing at bucket',
      'failing at bucket',
      /the bucket is gone/,
    ],
    [
      'the same for a cluster that is quiet',
      {
        stream: failed,
        cluster: { ...NOTHING, incoming: counted(300, 120), forwarded: counted(300, 120) },
        facts: { newestObject: ago(70), errors: [denied] },
      },
      'failing at bucket',
      'failing at bucket',
    ],
    [
      'refusals, and an object that is newer',
      { stream: { success: [...counted(300, 60, 1), ...counted(55, 20, 0)] } },
      'delivering',
      'delivering',
    ],
    [
      'a backlog that lands after an outage',
      { stream: { success: [...counted(55, 10, 0), ...counted(5, 3, 1)], freshness: counted(55, 3, 3_600) } },
      'delivering',
      'delivering',
    ],
  ])('%s', (_, seen, region, cluster, cause = /^/) => {
    const verdict = judged(seen);
    expect([short(verdict.region), short(verdict.cluster)]).toEqual([region, cluster]);
    expect(verdict.cluster.cause ?? '').toMatch(cause);
  });

  it('a region through which nothing has come for hours is idle, and says so', () => {
    const { region } = judged({
      stream: { ...SILENT, incoming: counted(300, 120), success: counted(300, 120, 1) },
      facts: { newestObject: ago(119) },
    });
    expect(region).toMatchObject({ state: 'idle', cause: 'nothing has reached the stream in the last hour' });
  });

  it('a healthy verdict has no cause, and every other one has; what fails says what mends it', () => {
    for (const one of [judged({}), judged(nothing), judged({ of: { audit: false } }), judged({ stream: failed })]) {
      for (const { state, cause, hop, hint } of [one.region, one.cluster]) {
        expect(cause === null).toBe(state === 'delivering');
        expect([hop !== null, hint !== null]).toEqual(
          state === 'failing' || state === 'none' ? [true, true] : [false, false],
        );
      }
    }
  });

  it('nothing is healthy without evidence: whatever series is taken away, delivering needs events and a landing', () => {
    for (const forwarded of [[], busy.forwarded])
      for (const success of [[], flowing.success])
        for (const newestObject of [null, ago(1)]) {
          const { cluster } = judged({ stream: { success }, cluster: { forwarded }, facts: { newestObject } });
          if (forwarded.length === 0 || (success.length === 0 && newestObject === null))
            expect(cluster.state).not.toBe('delivering');
          else expect(cluster.state).toBe('delivering');
        }
  });
});

describe('times', () => {
  it('the last event is that of the last period in which something was forwarded', () => {
    const forwarded: Series = [
      [ago(100), 3],
      [ago(50), 0],
    ];
    const { cluster, region } = judged({ cluster: { forwarded } });
    expect(cluster.lastEventAt).toBe(new Date(ago(100)).toISOString());
    expect([cluster.lastObjectAt, region.lastObjectAt]).toEqual(Array(2).fill(new Date(ago(1)).toISOString()));
    expect(judged(nothing).cluster.lastEventAt).toBeNull();
  });

  it('the timeline has an entry for each of 24 hours, and loses nothing', () => {
    const incoming = counted(22 * 60, 0, 7);
    const { timeline } = judged({ cluster: { incoming } }).cluster;
    expect(timeline.map(({ at }) => Date.parse(at))).toEqual(
      Array.from({ length: 24 }, (_, hour) => windowStart(NOW) + hour * 60 * MINUTE),
    );
    expect(timeline.at(-1)!.at).toBe('2026-11-25T10:00:00.000Z');
    expect(timeline.reduce((sum, hour) => sum + hour.incoming, 0)).toBe(7 * incoming.length);
    expect(judged(nothing).cluster.timeline).toEqual([]);
  });
});

describe('what is said of a region and of its clusters', () => {
  /** Clusters in each state, while records of another kind go through the stream. */
  const kinds: Record<Exclude<State, 'unknown'>, [Partial<ClusterFacts>, ClusterMetrics]> = {
    delivering: [{}, busy],
    idle: [{}, NOTHING],
    failing: [{ filter: undefined }, busy],
    none: [{ audit: false, wasConnected: false }, NOTHING],
  };
  type Kind = keyof typeof kinds;
  const health = (states: readonly Kind[]) => {
    const clusters = states.map((kind, i) => ({ ...fine, name: `c${i}`, ...kinds[kind][0] }));
    const counts = new Map(states.map((kind, i) => [`c${i}`, kinds[kind][1]]));
    return healthOf({ ...ofOne, clusters, metrics: { stream: flowing, clusters: counts, sure: true } });
  };
  it.each<[readonly Kind[], State, Verdict['hop'], RegExp | null]>([
    [['delivering', 'failing', 'idle', 'none'], 'delivering', null, null],
    [['failing', 'failing'], 'failing', 'filter', /the filter is gone/],
    [['failing', 'idle', 'none'], 'failing', null, /none delivers, 1 of 3 clusters fail/],
    [['idle', 'idle'], 'idle', null, /no event has been written/],
    [['none', 'none'], 'idle', null, /no cluster is connected/],
    [[], 'delivering', null, null],
  ])('%j: %s', (states, state, hop, cause) => {
    const { delivery, clusters } = health(states);
    expect([...clusters.values()].map((one) => one.state)).toEqual(states);
    expect(delivery).toMatchObject({ state, hop, cause: cause && expect.stringMatching(cause) });
  });
});
