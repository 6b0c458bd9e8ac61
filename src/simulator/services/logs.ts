import { compare, dropTags, mergeTags, own, page } from '../basics.ts';
import { awsError } from '../errors.ts';
import { matches } from '../filter-pattern.ts';
import type { LogEvent, LogGroup } from '../model.ts';
import { addLogGroup } from '../world.ts';
import { expectLogGroup } from './eks.ts';
import { filters } from './filters.ts';
import { groupOf } from './groups.ts';
import { ingest } from './ingestion.ts';
import { type At, arn, type Input, limit, type Operation, type Service } from './service.ts';

const invalid = (message: string) => awsError('InvalidParameterException', message);

/** CloudWatch Logs API reference, PutRetentionPolicy. */
const retentions = [
  1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, 365, 400, 545, 731, 1096, 1827, 2192, 2557, 2922, 3288, 3653,
];

/** `arn` ends in `:*`, `logGroupArn` does not (CloudWatch Logs API reference, LogGroup). */
const describe = (at: At, group: LogGroup) => {
  const logGroupArn = arn(at, 'logs', `log-group:${group.name}`);
  return { logGroupName: group.name, creationTime: group.createdAt, arn: `${logGroupArn}:*`, logGroupArn };
};

const details = (group: LogGroup) => ({
  logGroupClass: group.class,
  metricFilterCount: group.metricFilterCount,
  storedBytes: group.storedBytes,
  deletionProtectionEnabled: group.protected ?? false,
  ...(group.retention && { retentionInDays: group.retention }),
  ...(group.kmsKeyId && { kmsKeyId: group.kmsKeyId }),
});

/** With a pattern less comes back: no retention, no class (CloudWatch Logs API reference, DescribeLogGroups). */
const DescribeLogGroups: Operation = (at, input) => {
  const { logGroupNamePrefix: prefix = '', logGroupNamePattern: pattern, logGroupClass, limit: asked = 50 } = input;
  if (pattern && prefix)
    throw invalid('LogGroup name prefix and LogGroup name pattern are mutually exclusive parameters.');
  if (asked < 1 || asked > 50)
    throw invalid(
      `1 validation error detected: Value '${asked}' at 'limit' failed to satisfy constraint: Member must have value less than or equal to 50`,
    );
  const found = Object.values(at.here.groups)
    .filter(({ name }) => (pattern ? name.includes(pattern) : name.startsWith(prefix)))
    .filter((group) => !logGroupClass || group.class === logGroupClass)
    .sort((a, b) => compare(a.name, b.name));
  const { items, next } = page(found, ({ name }) => name, limit(at, asked), input.nextToken);
  const logGroups = items.map((group) =>
    pattern ? describe(at, group) : { ...describe(at, group), ...details(group) },
  );
  return { logGroups, ...(next && { nextToken: next }) };
};

const CreateLogGroup: Operation = (at, input) => {
  const { logGroupName: name, tags = {}, kmsKeyId, logGroupClass = 'STANDARD', deletionProtectionEnabled } = input;
  if (!/^[.\-_/#A-Za-z0-9]{1,512}$/.test(name)) throw invalid(`Invalid log group name: ${name}`);
  if (name.startsWith('aws/')) throw invalid("Log groups starting with 'aws/' are reserved for AWS.");
  if (own(at.here.groups, name))
    throw awsError('ResourceAlreadyExistsException', 'The specified log group already exists');
  if (Object.keys(at.here.groups).length >= at.world.quotas.groups)
    throw awsError('LimitExceededException', 'Resource limit exceeded.');
  const more = { ...(kmsKeyId && { kmsKeyId }), ...(deletionProtectionEnabled && { protected: true }) };
  addLogGroup(at.world, at.region, name, { class: logGroupClass, tags: checkTags(tags), ...more });
  return {};
};

const DeleteLogGroup: Operation = (at, { logGroupName: name }) => {
  if (groupOf(at, name).protected) {
    throw awsError(
      'ValidationException',
      'Cannot delete log group with deletion protection enabled. Disable deletion protection first.',
    );
  }
  delete at.here.groups[name];
  const cluster = own(at.here.clusters, /^\/aws\/eks\/([^/]+)\/cluster$/.exec(name)?.[1] ?? '');
  if (cluster?.logging.length) expectLogGroup(at.world, at.region, cluster.name);
  return {};
};

function checkTags(tags: Record<string, string>): Record<string, string> {
  if (Object.keys(tags).length > 50)
    throw awsError('TooManyTagsException', 'A resource can have no more than 50 tags.');
  for (const [key, value] of Object.entries(tags)) {
    const good = /^[\p{L}\p{Z}\p{N}_.:/=+\-@]{1,128}$/u.test(key) && /^[\p{L}\p{Z}\p{N}_.:/=+\-@]{0,256}$/u.test(value);
    if (!good || /^aws:/i.test(key)) throw invalid(`Invalid tag: ${key}`);
  }
  return tags;
}

/** Tag calls take the ARN without `:*` (CloudWatch Logs API reference, TagResource). */
function tagged(at: At, resourceArn: string): LogGroup {
  const start = arn(at, 'logs', 'log-group:');
  if (!resourceArn.startsWith(start) || resourceArn.endsWith('*'))
    throw invalid(`Invalid resource ARN: ${resourceArn}`);
  return groupOf(at, resourceArn.slice(start.length));
}

/** Groups are named by name, or by ARN where the input has an identifier. */
const named = (at: At, { logGroupName, logGroupIdentifier = '' }: Input): LogGroup =>
  groupOf(at, logGroupName ?? logGroupIdentifier.replace(/^arn:.*:log-group:/, '').replace(/:\*$/, ''));

const DescribeLogStreams: Operation = (at, input) => {
  const { logStreamNamePrefix: prefix = '', orderBy = 'LogStreamName', descending = false, nextToken } = input;
  if (prefix && orderBy === 'LastEventTime') throw invalid('Cannot order by LastEventTime with a logStreamNamePrefix.');
  const group = named(at, input);
  const found = Object.entries(group.streams)
    .filter(([name]) => name.startsWith(prefix))
    .map(([name, { createdAt, events }]) => ({
      logStreamName: name,
      creationTime: createdAt,
      arn: arn(at, 'logs', `log-group:${group.name}:log-stream:${name}`),
      storedBytes: 0,
      ...(events.length && {
        firstEventTimestamp: events[0]!.timestamp,
        lastEventTimestamp: events.at(-1)!.timestamp,
        lastIngestionTime: events.at(-1)!.ingestionTime,
      }),
    }));
  const order = ({ lastEventTimestamp = 0, logStreamName }: (typeof found)[number]) =>
    orderBy === 'LastEventTime' ? `${String(lastEventTimestamp).padStart(16, '0')} ${logStreamName}` : logStreamName;
  found.sort((a, b) => compare(order(a), order(b)));
  if (descending) found.reverse();
  const start = nextToken ? Number(nextToken) : 0;
  const end = start + limit(at, input.limit);
  return { logStreams: found.slice(start, end), ...(end < found.length && { nextToken: String(end) }) };
};

const PutLogEvents: Operation = (at, { logGroupName, logStreamName, logEvents }) => {
  const group = groupOf(at, logGroupName);
  if (!own(group.streams, logStreamName))
    throw awsError('ResourceNotFoundException', 'The specified log stream does not exist.');
  if (!logEvents.length) throw invalid('logEvents must hold at least one event.');
  const events: LogEvent[] = logEvents.map(({ timestamp, message }: Input) => ({
    timestamp,
    message,
    ingestionTime: at.now,
  }));
  ingest(at, group, logStreamName, events);
  return { nextSequenceToken: String(++at.world.serial) };
};

const FilterLogEvents: Operation = (at, input) => {
  const { logStreamNames: names, logStreamNamePrefix: prefix = '', startTime = 0, endTime = Infinity } = input;
  const found = Object.entries(named(at, input).streams)
    .filter(([name]) => (names ? names.includes(name) : name.startsWith(prefix)))
    .flatMap(([logStreamName, { events }]) =>
      events.map((event, index) => ({ logStreamName, ...event, eventId: `${logStreamName}/${index}` })),
    )
    .filter(
      ({ timestamp, message }) =>
        timestamp >= startTime && timestamp < endTime && matches(input.filterPattern ?? '', message),
    )
    .sort((a, b) => a.timestamp - b.timestamp);
  const start = input.nextToken ? Number(input.nextToken) : 0;
  const end = start + Math.min(input.limit ?? 10_000, at.world.pageSize * 50);
  return {
    events: found.slice(start, end),
    searchedLogStreams: [],
    ...(end < found.length && { nextToken: String(end) }),
  };
};

/** From the end of the log stream, oldest first (CloudWatch Logs API reference, GetLogEvents). */
const GetLogEvents: Operation = (at, input) => {
  const { logStreamName, startTime = 0, endTime = Infinity, startFromHead = false } = input;
  const stream = own(named(at, input).streams, logStreamName);
  if (!stream) throw awsError('ResourceNotFoundException', 'The specified log stream does not exist.');
  const found = stream.events.filter(({ timestamp }) => timestamp >= startTime && timestamp < endTime);
  const most = input.limit ?? 10_000;
  return {
    events: startFromHead ? found.slice(0, most) : found.slice(-most),
    nextForwardToken: `f/${found.length}`,
    nextBackwardToken: 'b/0',
  };
};

export const logs: Service = {
  ...filters,
  DescribeLogGroups,
  CreateLogGroup,
  DeleteLogGroup,
  DescribeLogStreams,
  PutLogEvents,
  FilterLogEvents,
  GetLogEvents,
  PutRetentionPolicy: (at, { logGroupName, retentionInDays }) => {
    const group = groupOf(at, logGroupName);
    if (!retentions.includes(retentionInDays))
      throw invalid(
        `1 validation error detected: Value '${retentionInDays}' at 'retentionInDays' failed to satisfy constraint: Member must satisfy enum value set: [${retentions.join(', ')}]`,
      );
    group.retention = retentionInDays;
    return {};
  },
  DeleteRetentionPolicy: (at, { logGroupName }) => {
    delete groupOf(at, logGroupName).retention;
    return {};
  },
  AssociateKmsKey: (at, { logGroupName, kmsKeyId }) => {
    groupOf(at, logGroupName).kmsKeyId = kmsKeyId;
    return {};
  },
  DisassociateKmsKey: (at, { logGroupName }) => {
    delete groupOf(at, logGroupName).kmsKeyId;
    return {};
  },
  TagResource: (at, { resourceArn, tags }) => {
    const group = tagged(at, resourceArn);
    group.tags = checkTags(mergeTags(group.tags, tags));
    return {};
  },
  UntagResource: (at, { resourceArn, tagKeys }) => {
    const group = tagged(at, resourceArn);
    group.tags = dropTags(group.tags, tagKeys);
    return {};
  },
  ListTagsForResource: (at, { resourceArn }) => ({ tags: tagged(at, resourceArn).tags }),
  CreateLogStream: (at, { logGroupName, logStreamName }) => {
    const { streams } = groupOf(at, logGroupName);
    if (own(streams, logStreamName))
      throw awsError('ResourceAlreadyExistsException', 'The specified log stream already exists');
    streams[logStreamName] = { createdAt: at.now, events: [] };
    return {};
  },
  DeleteLogStream: (at, { logGroupName, logStreamName }) => {
    const { streams } = groupOf(at, logGroupName);
    if (!own(streams, logStreamName))
      throw awsError('ResourceNotFoundException', 'The specified log stream does not exist.');
    delete streams[logStreamName];
    return {};
  },
  DescribeAccountPolicies: ({ here }, { policyType }) => ({
    accountPolicies: here.accountPolicies.filter(
      (policy) => !policyType || (policy as Input).policyType === policyType,
    ),
  }),
};
