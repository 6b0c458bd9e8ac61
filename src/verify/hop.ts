import { FilterLogEventsCommand } from '@aws-sdk/client-cloudwatch-logs';
import type { Aws } from '../aws/clients.ts';
import { found } from '../aws/errors.ts';
import { clusterLogGroupName } from '../desired/names.ts';
import { serviceRoles } from '../doctor/access.ts';
import { type Place, stepOf } from '../doctor/place.ts';
import type { Step } from '../engine/plan.ts';
import type { Hop, Stop } from './verification.ts';

/** A line of Firehose's error log. */
export interface DeliveryError {
  readonly at: number;
  readonly code: string;
  readonly message: string;
}

/** What Firehose could not deliver since then, the newest last. */
export async function deliveryErrors({ logs }: Aws, logGroupName: string, startTime: number): Promise<DeliveryError[]> {
  const page = await found(logs.send(new FilterLogEventsCommand({ logGroupName, startTime, limit: 100 })));
  return (page?.events ?? []).map(({ timestamp = 0, message = '' }) => ({ at: timestamp, ...parsed(message) }));
}

function parsed(text: string): Omit<DeliveryError, 'at'> {
  try {
    const { errorCode, message } = JSON.parse(text) as { errorCode?: string; message?: string };
    return { code: errorCode ?? '', message: message ?? '' };
  } catch {
    return { code: '', message: text };
  }
}

/** What is known of the way from a cluster to the bucket. */
export interface Way extends Place {
  readonly cluster: string;
  /** What seems to be wrong with the KMS key. */
  readonly keyTrouble: string | undefined;
}

/** What of the way does not stand, as the plan has it: events cannot get through, whatever is written. */
export function gap(way: Way): Stop | undefined {
  const { names, cluster, mend } = way;
  const group = clusterLogGroupName(cluster);
  const logging = stepOf(way, 'eks:cluster-logging', cluster);
  const stop = (hop: Hop, cause: string): Stop => ({ hop, cause, hint: mend });
  if (isMissing(logging)) return stop('cluster', `the cluster ${cluster} is gone`);
  if (logging?.actual.exists && logging.actual.spec.audit !== true) return stop('cluster', 'its audit logging is off');
  if (isMissing(stepOf(way, 'logs:log-group', group))) return stop('log-group', 'the log group is gone');
  const filter = stepOf(way, 'logs:subscription-filter', group);
  if (isMissing(filter))
    return stop('filter', 'there is no filter: it was deleted, or went when the log group was made anew');
  if (filter?.error && filter.reason !== 'unreadable')
    return { hop: 'filter', cause: filter.error.message, hint: filter.error.hint ?? null };
  const changed = filter?.changes.map(({ path }) => path.split('.').at(-1)) ?? [];
  if (changed.length) return stop('filter', `its ${changed.join(', ')} was changed`);
  if (isMissing(stepOf(way, 'firehose:delivery-stream', names.stream))) return stop('stream', 'the stream is gone');
  if (isMissing(stepOf(way, 's3:bucket', names.bucket(way.region)))) return stop('bucket', 'the bucket is gone');
  const putting = roleTrouble(way, names.role.subscription);
  return putting ? stop('filter', putting) : undefined;
}

/** Where the events stop: what does not stand, what Firehose says, what its role may not do. */
export function stopOf(way: Way, errors: readonly DeliveryError[]): Stop {
  const { names, region, mend, keyTrouble } = way;
  const missing = gap(way);
  if (missing) return missing;
  const last = errors.at(-1);
  const keyHint = 'let the roles use the key in its policy, and see: rad-connect status';
  if (last?.code.includes('KMS'))
    return { hop: 'bucket', cause: `Firehose may not use the KMS key: ${last.code}: ${last.message}`, hint: keyHint };
  if (keyTrouble) return { hop: 'stream', cause: keyTrouble, hint: keyHint };
  const writing = roleTrouble(way, names.role.delivery);
  if (writing) return { hop: 'bucket', cause: writing, hint: mend };
  if (!last) return { hop: null, cause: 'nothing is seen to be in the way', hint: null };
  const hint = `aws logs tail ${names.errorLogGroup} --region ${region}`;
  return { hop: 'bucket', cause: `Firehose cannot deliver: ${last.code}: ${last.message}`, hint };
}

const isMissing = (step: Step | undefined) => step !== undefined && !step.actual.exists && !step.error;

function roleTrouble(way: Way, name: string): string | undefined {
  if (isMissing(stepOf(way, 'iam:role', name))) return `the role ${name} is gone`;
  return serviceRoles(way).find(({ message }) => message.includes(name))?.message;
}
