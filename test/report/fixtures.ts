import type { ClusterRow, Document, RegionRow } from '../../src/render/document.ts';
import { NO_OUTPUTS } from '../../src/render/document.ts';

export const NOW = Date.parse('2026-11-25T16:30:00Z');
const iso = (ms: number) => new Date(ms).toISOString();
type Delivery = ClusterRow['delivery'];

/** A day whose hours differ; in the last of them events may be lost. */
const day = (lost = 0): Delivery['timeline'] =>
  Array.from({ length: 24 }, (_, i) => {
    const incoming = Math.round(1_000 * (1 + Math.sin(i / 3)));
    const isLost = i >= 24 - lost;
    return {
      at: iso(NOW - (24 - i) * 3_600_000),
      incoming,
      forwarded: isLost ? 0 : incoming,
      errors: isLost ? incoming : 0,
    };
  });

const well: Delivery = {
  state: 'delivering',
  lastObjectAt: iso(NOW - 40_000),
  lastEventAt: iso(NOW - 90_000),
  hop: null,
  cause: null,
  hint: null,
  timeline: day(),
};

export const cluster = (region: string, name: string, delivery: Partial<Delivery> = {}): ClusterRow => ({
  region,
  name,
  auditLogging: true,
  filter: 'ok',
  managedBy: null,
  delivery: { ...well, ...(delivery.hop && { timeline: day(6) }), ...delivery },
});

export const region = (name: string, delivery: Partial<NonNullable<RegionRow['delivery']>> = {}): RegionRow => ({
  name,
  state: 'ok',
  delivery: {
    state: 'delivering',
    lastObjectAt: iso(NOW - 40_000),
    freshnessSeconds: 61,
    hop: null,
    cause: null,
    hint: null,
    ...delivery,
  },
});

export function status(
  regions: readonly RegionRow[],
  clusters: readonly ClusterRow[],
  more: Partial<Document> = {},
): Document {
  const each = (name: (region: string) => string) =>
    Object.fromEntries(regions.map((one) => [one.name, name(one.name)]));
  return {
    schemaVersion: 1,
    command: 'status',
    version: '0.0.0-test',
    dryRun: false,
    result: 'ok',
    account: '123456789012',
    partition: 'aws',
    credentials: 'profile prod',
    regions,
    summary: {
      clusters: clusters.length,
      create: 0,
      update: 0,
      adopt: 0,
      delete: 0,
      restore: 0,
      keep: 0,
      unchanged: 0,
      blocked: 0,
      skipped: 0,
      failed: 0,
    },
    changes: [],
    clusters,
    cost: null,
    outputs: {
      ...NO_OUTPUTS,
      radRoleArn: 'arn:aws:iam::955322216602:role/ksoc-data-pipeline',
      buckets: each((name) => `rad-eks-audit-logs-123456789012-${name}-an`),
      streams: each(() => 'rad-eks-audit-logs'),
    },
    warnings: [],
    errors: [],
    ...more,
  };
}

const REGIONS = ['us-east-1', 'us-west-2', 'eu-west-1', 'eu-central-1', 'ap-southeast-2'];
const LONG = 'a-cluster-of-a-team-that-likes-long-names-production-blue-green-deployment-with-a-hundred-characters';

/** Two hundred clusters, a few of them in trouble, and a region whose bucket refuses. */
export const many = (): Document =>
  status(
    REGIONS.map((name, i) => region(name, i === 3 ? { state: 'failing', ...REFUSED } : {})),
    REGIONS.flatMap((name, r) =>
      Array.from({ length: 40 }, (_, i) => {
        if (r === 3) return cluster(name, `team-${i}-prod`, { state: 'failing', ...REFUSED });
        const trouble = [
          {
            state: 'failing',
            hop: 'log-group',
            cause: 'its log group has no filter',
            hint: 'rad-connect enable-audit',
          },
          { state: 'none', hop: 'cluster', cause: 'audit logging is off' },
          { state: 'unknown', cause: 'may not be asked: cloudwatch:GetMetricData', timeline: [] },
          { state: 'idle' },
        ] as const satisfies readonly Partial<Delivery>[];
        return cluster(name, i === 9 ? `${LONG}` : `team-${i}-prod`, trouble[(i * 7 + r) % 40]);
      }),
    ),
  );
const REFUSED = {
  hop: 'bucket',
  cause: 'S3 refuses what Firehose writes: S3.AccessDenied',
  hint: 'rad-connect enable-audit --regions eu-central-1',
} as const;

/** Names that would do something, were they not escaped. */
export const HOSTILE = [
  '"><img src=x onerror="document.title=1">',
  '<script>document.title = 2</script>',
  "'-alert(1)-'",
  '</title><svg onload=document.title=3>',
  '</style><b>bold</b>',
  '{{7*7}}<%= 7*7 %>&lt;&amp;',
];

export const hostile = (): Document =>
  status(
    [region('us-east-1', { cause: HOSTILE[0]!, hint: HOSTILE[1]! })],
    HOSTILE.map((name) => cluster('us-east-1', name, { state: 'failing', hop: 'filter', cause: name, hint: name })),
    {
      account: '123456789012',
      outputs: { ...status([], []).outputs, radRoleArn: HOSTILE[3]!, buckets: { 'us-east-1': HOSTILE[4]! } },
      warnings: HOSTILE.map((message) => ({ code: 'X', region: 'us-east-1', id: message, message, hint: message })),
    },
  );
