import type { Step } from '../engine/plan.ts';
import type { Spec } from '../engine/resource.ts';
import { clusterLogGroupName } from './names.ts';

/** A cluster whose events will flow where none did. */
export interface Flow {
  readonly region: string;
  readonly name: string;
  readonly logGroup: string;
  /** Audit logging is turned on by this plan: then its ingestion and what its log group keeps are new too. */
  readonly turnedOn: boolean;
  /** Days; null: for ever. */
  readonly logDays: number | null;
  /** Days that an object stays in the bucket, with its time as an older version. */
  readonly bucketDays: number;
  readonly hasKey: boolean;
  /** The region has no stream yet, so it has no objects either. */
  readonly isFirst: boolean;
}

/** The clusters that this plan adds a cost for; what is blocked or stands on it costs nothing. */
export function newFlows(steps: readonly Step[]): Flow[] {
  const ours = steps.filter(({ resource }) => !resource.unwanted);
  const byKey = new Map(ours.map((step) => [keyOf(step.resource), step]));
  const find = (type: string, region: string, name?: string) =>
    byKey.get(keyOf({ type, region, ...(name !== undefined && { name }) }));
  return steps.flatMap((logging): Flow[] => {
    const { type, region, name } = logging.resource;
    if (type !== 'eks:cluster-logging') return [];
    const logGroup = clusterLogGroupName(name);
    const turnedOn = will(logging, 'update');
    const filter = find('logs:subscription-filter', region, logGroup);
    // What is taken over from somebody else was delivered before.
    if (!turnedOn && (!will(filter, 'create') || filter?.resource.adopts)) return [];
    const group = find('logs:log-group', region, logGroup);
    const store = find('s3:bucket', region)?.target ?? {};
    const { expire, noncurrent } = store.lifecycle as Spec;
    const logDays = group?.actual.exists ? group.actual.facts.retention : group?.resource.spec.retention;
    return [
      {
        region,
        name,
        logGroup,
        turnedOn,
        logDays: (logDays ?? null) as number | null,
        bucketDays: Number(expire) + Number(noncurrent),
        hasKey: Boolean((store.encryption as Spec | undefined)?.kmsKey),
        isFirst: will(find('firehose:delivery-stream', region), 'create'),
      },
    ];
  });
}

/** A region has one bucket and one stream, and many of the other things. */
const keyOf = ({ type, region, name }: { type: string; region: string; name?: string }) =>
  /^(s3:bucket|firehose:delivery-stream)$/.test(type) ? `${type} ${region}` : `${type} ${region} ${name}`;
const will = (step: Step | undefined, action: Step['action']) => step?.action === action && !step.because;
