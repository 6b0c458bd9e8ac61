import { compare, dropTags, mergeTags, own, plain, schedule, sorted, tagList, tagRecord } from '../basics.ts';
import { awsError } from '../errors.ts';
import { destinationDefaults } from '../facts.ts';
import type { Due, JsonObject, Stream } from '../model.ts';
import { checkDestination, checkKey, checkRole, checkTags, invalid } from './firehose-checks.ts';
import { accept } from './records.ts';
import { type At, arn, type Input, type Operation, type Service } from './service.ts';

const inUse = (message: string) => awsError('ResourceInUseException', message);

function streamOf({ here, world }: At, { DeliveryStreamName: name }: Input): Stream {
  const stream = own(here.streams, name);
  if (!stream)
    throw awsError('ResourceNotFoundException', `Firehose ${name} not found under account ${world.account}.`);
  return stream;
}

function active(at: At, input: Input): Stream {
  const stream = streamOf(at, input);
  if (stream.status !== 'ACTIVE')
    throw inUse(`Firehose ${stream.name} is not in ACTIVE state. Its current state is ${stream.status}.`);
  return stream;
}

const CreateDeliveryStream: Operation = (at, input) => {
  const { DeliveryStreamName: name, DeliveryStreamType: type = 'DirectPut', Tags: tags } = input;
  const { world, region, now, here } = at;
  const destination = plain(input.ExtendedS3DestinationConfiguration);
  if (!/^[a-zA-Z0-9_.-]{1,64}$/.test(name)) throw invalid(`Invalid delivery stream name: ${name}`);
  if (!destination || type !== 'DirectPut')
    throw awsError('NotImplemented', 'the simulator knows DirectPut streams to ExtendedS3 only', 501);
  if (own(here.streams, name)) throw inUse(`Firehose ${name} under accountId ${world.account} already exists`);
  const names = Object.keys(here.streams);
  if (names.length >= world.quotas.streams) {
    const message = `You have already consumed your firehose quota of ${world.quotas.streams} hoses. Firehose names: [${names.join(', ')}]`;
    throw awsError('LimitExceededException', message);
  }
  checkDestination(destination);
  checkRole(at, destination.RoleARN);
  const encryption = input.DeliveryStreamEncryptionConfigurationInput;
  checkKey(at, encryption ?? {});
  const stream: Stream = {
    name,
    arn: arn(at, 'firehose', `deliverystream/${name}`),
    status: 'CREATING',
    createdAt: now,
    version: 1,
    destination: { ...plain(destinationDefaults), ...destination },
    encryption: encryption ? { Status: 'ENABLING', ...plain(encryption) } : { Status: 'DISABLED' },
    tags: checkTags(tagRecord(tags)),
    ...(world.failNextStream && { failure: world.failNextStream }),
  };
  delete world.failNextStream;
  here.streams[name] = stream;
  schedule(world, { what: 'stream.created', at: now + world.lags.streamCreatingMs, region, name });
  return { DeliveryStreamARN: stream.arn };
};

const shared = [
  'RoleARN',
  'BucketARN',
  'Prefix',
  'ErrorOutputPrefix',
  'BufferingHints',
  'CompressionFormat',
  'EncryptionConfiguration',
  'CloudWatchLoggingOptions',
];

const pick = (from: JsonObject, keys: readonly string[]) =>
  Object.fromEntries(Object.entries(from).filter(([key]) => keys.includes(key)));

const DescribeDeliveryStream: Operation = (at, input) => {
  const stream = streamOf(at, input);
  const { destination, failure, updatedAt } = stream;
  return {
    DeliveryStreamDescription: {
      DeliveryStreamName: stream.name,
      DeliveryStreamARN: stream.arn,
      DeliveryStreamStatus: stream.status,
      ...(failure && { FailureDescription: failure }),
      DeliveryStreamEncryptionConfiguration: stream.encryption,
      DeliveryStreamType: 'DirectPut',
      VersionId: String(stream.version),
      CreateTimestamp: new Date(stream.createdAt),
      ...(updatedAt && { LastUpdateTimestamp: new Date(updatedAt) }),
      Destinations: [
        {
          DestinationId: destinationId,
          S3DestinationDescription: pick(destination, shared),
          ExtendedS3DestinationDescription: destination,
        },
      ],
      HasMoreDestinations: false,
    },
  };
};

const destinationId = 'destinationId-000000000001';

/** What is left out keeps its value (Firehose API reference, UpdateDestination). */
const UpdateDestination: Operation = (at, input) => {
  const stream = active(at, input);
  if (input.CurrentDeliveryStreamVersionId !== String(stream.version)) {
    const message = `Cannot update firehose: ${stream.name} since the current version id: ${stream.version} and specified version id: ${input.CurrentDeliveryStreamVersionId} do not match`;
    throw awsError('ConcurrentModificationException', message);
  }
  if (input.DestinationId !== destinationId) throw invalid(`Destination ${input.DestinationId} not found`);
  const update = plain(input.ExtendedS3DestinationUpdate) ?? {};
  const next = { ...stream.destination, ...update };
  checkDestination({ ...next, BufferingHints: update.BufferingHints ?? next.BufferingHints });
  if (stream.destination.S3BackupMode === 'Enabled' && next.S3BackupMode === 'Disabled')
    throw invalid('S3 backup cannot be disabled');
  checkRole(at, next.RoleARN);
  stream.destination = next;
  stream.version++;
  stream.updatedAt = at.now;
  return {};
};

function encrypt(at: At, input: Input, to: Stream['encryption']): object {
  const stream = active(at, input);
  if (/ING$/.test(stream.encryption.Status)) throw inUse(`Firehose ${stream.name} is already changing its encryption.`);
  stream.encryption = to;
  const due = at.now + at.world.lags.streamEncryptingMs;
  schedule(at.world, { what: 'stream.encrypted', at: due, region: at.region, name: stream.name } satisfies Due);
  return {};
}

/** Not while CREATING; Describe works until it is gone; what waits in the buffer is lost (Firehose API reference, DeleteDeliveryStream). */
const DeleteDeliveryStream: Operation = (at, input) => {
  const stream = streamOf(at, input);
  if (stream.status === 'CREATING') throw inUse(`Firehose ${stream.name} is in CREATING state and cannot be deleted.`);
  if (stream.status === 'DELETING') return {};
  stream.status = 'DELETING';
  delete stream.buffer;
  const due = at.now + at.world.lags.streamDeletingMs;
  schedule(at.world, { what: 'stream.deleted', at: due, region: at.region, name: stream.name });
  return {};
};

/** Records as Firehose keeps them; the SDK hands bytes over. */
const base64 = ({ Data }: Input): string => Buffer.from(Data).toString('base64');

function put(at: At, input: Input, records: Input[]): string[] {
  const stream = streamOf(at, input);
  if (stream.status === 'CREATING' || stream.status === 'CREATING_FAILED')
    throw awsError('ResourceNotFoundException', `Firehose ${stream.name} not found under account ${at.world.account}.`);
  accept(at.world, at.region, stream, records.map(base64));
  return records.map((_, index) => `record-${at.now}-${index}`);
}

export const firehose: Service = {
  CreateDeliveryStream,
  DescribeDeliveryStream,
  UpdateDestination,
  DeleteDeliveryStream,
  StartDeliveryStreamEncryption: (at, input) => {
    const asked = plain(input.DeliveryStreamEncryptionConfigurationInput) ?? { KeyType: 'AWS_OWNED_CMK' };
    checkKey(at, asked);
    return encrypt(at, input, { ...asked, Status: 'ENABLING' });
  },
  StopDeliveryStreamEncryption: (at, input) => encrypt(at, input, { Status: 'DISABLING' }),
  ListDeliveryStreams: ({ here, world }, { Limit = 10, ExclusiveStartDeliveryStreamName: start = '' }) => {
    const rest = Object.keys(here.streams)
      .sort(compare)
      .filter((name) => name > start);
    const found = rest.slice(0, Math.min(Limit, world.pageSize));
    return { DeliveryStreamNames: found, HasMoreDeliveryStreams: rest.length > found.length };
  },
  TagDeliveryStream: (at, input) => {
    const stream = streamOf(at, input);
    stream.tags = checkTags(mergeTags(stream.tags, tagRecord(input.Tags)));
    return {};
  },
  UntagDeliveryStream: (at, input) => {
    const stream = streamOf(at, input);
    stream.tags = dropTags(stream.tags, input.TagKeys);
    return {};
  },
  ListTagsForDeliveryStream: (at, input) => {
    const { Limit = 50, ExclusiveStartTagKey: start = '' } = input;
    const rest = sorted(Object.fromEntries(tagList(streamOf(at, input).tags).map((tag) => [tag.Key, tag]))).filter(
      ({ Key }) => Key > start,
    );
    const found = rest.slice(0, Math.min(Limit, at.world.pageSize));
    return { Tags: found, HasMoreTags: rest.length > found.length };
  },
  PutRecord: (at, input) => ({
    RecordId: put(at, input, [input.Record])[0],
    Encrypted: streamOf(at, input).encryption.Status === 'ENABLED',
  }),
  PutRecordBatch: (at, input) => {
    const ids = put(at, input, input.Records);
    return { FailedPutCount: 0, RequestResponses: ids.map((RecordId) => ({ RecordId })) };
  },
};
