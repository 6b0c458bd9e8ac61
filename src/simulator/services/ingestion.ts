import { gzipSync } from 'node:zlib';
import { matches } from '../filter-pattern.ts';
import { type KeyTrouble, keyTrouble } from '../keys.ts';
import { measure } from '../metrics.ts';
import type { Filter, LogEvent, LogGroup, Stream, World } from '../model.ts';
import { logsAssumes, roleMay } from '../policy.ts';
import { accept } from './records.ts';
import type { At } from './service.ts';

// From a log group through its subscription filters into Firehose.

export const isFirehose = (destinationArn: string): boolean => destinationArn.split(':')[2] === 'firehose';

/** The stream that a filter of this region can write to now, through its role: ACTIVE, here, allowed. */
export function reachable(world: World, region: string, { destinationArn, roleArn = '' }: Filter): Stream | undefined {
  const stream = Object.values(world.regions[region]!.streams).find((candidate) => candidate.arn === destinationArn);
  if (stream?.status !== 'ACTIVE') return undefined;
  const allowed = roleMay(world, roleArn, {
    action: 'firehose:PutRecord',
    resource: destinationArn,
    context: { 'aws:resourceaccount': world.account },
  });
  return allowed && !encryptionTrouble(world, region, stream, roleArn) ? stream : undefined;
}

/** Who puts records into a stream with a key of the customer must be allowed to use it (AWS Health notice of April 2026; AWSWAFLoggingServiceRolePolicy). */
function encryptionTrouble(world: World, region: string, { encryption }: Stream, roleArn: string) {
  if (encryption.KeyType !== 'CUSTOMER_MANAGED_CMK' || !encryption.KeyARN) return undefined;
  const context = { 'kms:viaservice': `firehose.${region}.amazonaws.com` };
  return keyTrouble(world, encryption.KeyARN, roleArn, ['kms:GenerateDataKey', 'kms:Decrypt'], context);
}

/** Data Firehose developer guide, "Monitor Amazon Data Firehose Using CloudWatch Metrics". */
const keyMetrics: Readonly<Record<KeyTrouble, string>> = {
  denied: 'KMSKeyAccessDenied',
  missing: 'KMSKeyNotFound',
  unusable: 'KMSKeyDisabled',
};

/** Firehose counts what KMS refuses to those who put records. */
function countKeyTrouble({ world, region, here, now }: At, { destinationArn, roleArn = '' }: Filter): void {
  const stream = Object.values(here.streams).find(({ arn }) => arn === destinationArn);
  const trouble = stream && encryptionTrouble(world, region, stream, roleArn);
  if (trouble) measure(here, now, 'AWS/Firehose', { DeliveryStreamName: stream.name }, { [keyMetrics[trouble]]: 1 });
}

/** Records as CloudWatch Logs sends them: one gzip member each (CloudWatch Logs user guide, "Subscription filters"). */
const record = (content: object): string => gzipSync(JSON.stringify(content), { level: 6 }).toString('base64');

/** A filter that is accepted makes sure of its destination (CloudWatch Logs user guide, "Subscription filters"). */
export function sendControl(world: World, region: string, stream: Stream): void {
  const control = record({
    messageType: 'CONTROL_MESSAGE',
    owner: 'CloudwatchLogs',
    logGroup: '',
    logStream: '',
    subscriptionFilters: [],
    logEvents: [
      { id: '', timestamp: world.now, message: 'CWL CONTROL MESSAGE: Checking health of destination Firehose.' },
    ],
  });
  accept(world, region, stream, [control]);
}

/** The world stays small: a log stream remembers its last events only. */
const kept = 200;

/** Takes new events into a stream of a log group, and sends them on through the filters whose pattern they match. */
export function ingest(at: At, group: LogGroup, logStream: string, events: readonly LogEvent[]): void {
  const stream = group.streams[logStream]!;
  stream.events.push(...events);
  stream.events.sort((a, b) => a.timestamp - b.timestamp).splice(0, stream.events.length - kept);
  // A log event counts 26 bytes more than its text (Amazon CloudWatch pricing).
  group.storedBytes += bytesOf(events) + 26 * events.length;
  const dimensions = { LogGroupName: group.name };
  measure(at.here, at.now, 'AWS/Logs', dimensions, {
    IncomingLogEvents: events.length,
    IncomingBytes: bytesOf(events),
  });
  for (const filter of Object.values(group.filters)) {
    const chosen = events.filter(({ message }) => matches(filter.filterPattern, message));
    if (chosen.length && isFirehose(filter.destinationArn)) forward(at, group, logStream, filter, chosen);
  }
}

const bytesOf = (events: readonly LogEvent[]) =>
  events.reduce((sum, { message }) => sum + Buffer.byteLength(message), 0);

/** What cannot be delivered is lost, and counted (CloudWatch Logs user guide, "Monitoring with CloudWatch metrics"). */
function forward(at: At, group: LogGroup, logStream: string, filter: Filter, chosen: readonly LogEvent[]): void {
  const { world, region, here, now } = at;
  const dimensions = { LogGroupName: group.name, DestinationType: 'Firehose', FilterName: filter.filterName };
  const count = (values: Readonly<Record<string, number>>) => measure(here, now, 'AWS/Logs', dimensions, values);
  const isTrusted = logsAssumes(world, region, group.name, filter.roleArn ?? '');
  const stream = isTrusted ? reachable(world, region, filter) : undefined;
  if (!stream) {
    count({ DeliveryErrors: chosen.length });
    countKeyTrouble(at, filter);
    return;
  }
  const logEvents = chosen.map(({ timestamp, message }) => ({
    id: String(++world.serial).padStart(56, '3'),
    timestamp,
    message,
  }));
  const content = record({
    messageType: 'DATA_MESSAGE',
    owner: world.account,
    logGroup: group.name,
    logStream,
    subscriptionFilters: [filter.filterName],
    logEvents,
  });
  accept(world, region, stream, [content]);
  count({ ForwardedLogEvents: chosen.length, ForwardedBytes: Buffer.byteLength(content, 'base64') });
}
