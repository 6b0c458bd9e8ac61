import { gzipSync } from 'node:zlib';
import { nextId, own, schedule } from '../basics.ts';
import { type KeyTrouble, keyTrouble } from '../keys.ts';
import { measure } from '../metrics.ts';
import type { Bucket, Due, JsonObject, Stream, World } from '../model.ts';
import { denies, firehoseAssumes, roleMay } from '../policy.ts';
import { putObject } from './versions.ts';

// How Firehose delivers to S3 (Amazon Data Firehose developer guide, "Amazon S3 object name format", "Custom prefixes").

/** Accepts records (base64): they wait for the interval from the first of them, or until the size is reached. */
export function accept(world: World, region: string, stream: Stream, records: readonly string[]): void {
  if (stream.status !== 'ACTIVE' || !records.length) return;
  const { SizeInMBs, IntervalInSeconds } = stream.destination.BufferingHints as Record<string, number>;
  if (!stream.buffer) {
    stream.buffer = { since: world.now, records: [], bytes: 0 };
    flushAt(world, region, stream, world.now + IntervalInSeconds! * 1_000);
  }
  const bytes = records.reduce((sum, record) => sum + Buffer.byteLength(record, 'base64'), 0);
  stream.buffer.records.push(...records);
  stream.buffer.bytes += bytes;
  count(world, region, stream, { IncomingRecords: records.length, IncomingBytes: bytes, IncomingPutRequests: 1 });
  if (stream.buffer.bytes >= SizeInMBs! * 1_048_576) flush(world, region, stream);
}

/** Data Firehose developer guide, "Monitor Amazon Data Firehose Using CloudWatch Metrics". */
const count = (world: World, region: string, { name }: Stream, values: Readonly<Record<string, number>>): void =>
  measure(world.regions[region]!, world.now, 'AWS/Firehose', { DeliveryStreamName: name }, values);

function flushAt(world: World, region: string, { name, buffer }: Stream, at: number): void {
  schedule(world, { what: 'stream.flush', at, region, name, since: buffer!.since });
}

const retryMs = 300_000;
const keptMs = 24 * 3_600_000;

/** Lands what waits as one object. Where S3 refuses, it is tried again for 24 hours (developer guide, "Data delivery failure handling"). */
function flush(world: World, region: string, stream: Stream): void {
  const { buffer } = stream;
  if (!buffer) return;
  const refused = refusal(world, region, stream);
  count(world, region, stream, {
    'DeliveryToS3.Success': refused ? 0 : 1,
    'DeliveryToS3.DataFreshness': (world.now - buffer.since) / 1_000,
  });
  if (refused) {
    noteError(world, region, stream, refused);
    if (world.now - buffer.since < keptMs) {
      flushAt(world, region, stream, world.now + retryMs);
      return;
    }
  } else {
    const records = buffer.records.map((record) => Buffer.from(record, 'base64'));
    const body = Buffer.concat(records);
    const gzip = stream.destination.CompressionFormat === 'GZIP';
    count(world, region, stream, { 'DeliveryToS3.Records': records.length, 'DeliveryToS3.Bytes': body.byteLength });
    putObject(world, target(world, stream)!, keyOf(world, stream, buffer.since), gzip ? gzipSync(body) : body);
  }
  delete stream.buffer;
}

const bucketName = (stream: Stream): string => String(stream.destination.BucketARN).split(':::')[1] ?? '';

const target = (world: World, stream: Stream) => own(world.buckets, bucketName(stream));

/** S3 delivery errors (developer guide, "Amazon S3 data delivery errors"). */
function refusal(world: World, region: string, stream: Stream): { errorCode: string; message: string } | undefined {
  const bucket = target(world, stream);
  if (!bucket)
    return {
      errorCode: 'S3.NoSuchBucket',
      message: 'The specified bucket does not exist. Create the bucket or use a different bucket that does exist.',
    };
  const resource = `${stream.destination.BucketARN}/object`;
  const context = {
    'aws:resourceaccount': bucket.owner,
    'aws:securetransport': 'true',
    'aws:principalisawsservice': 'false',
  };
  const question = { action: 's3:PutObject', resource, context };
  const role = String(stream.destination.RoleARN);
  const isDenied = bucket.policy !== undefined && denies(bucket.policy, question);
  const may = firehoseAssumes(world, region, role) && roleMay(world, role, question);
  if (may && !isDenied && bucket.owner === world.account) return keyRefusal(world, region, stream, bucket);
  return {
    errorCode: 'S3.AccessDenied',
    message:
      'Access was denied. Ensure that the trust policy for the provided IAM role allows Firehose to assume the role, and the access policy allows access to the S3 bucket.',
  };
}

/** S3's words for what KMS refuses; only NotFoundException is in the developer guide, the other codes are unverified. */
const keyErrors: Readonly<Record<KeyTrouble, { errorCode: string; message: string }>> = {
  missing: {
    errorCode: 'S3.KMS.NotFoundException',
    message:
      'The AWS KMS key was not found. If you are using what you believe to be a valid KMS key with the correct role, check if there is a problem with the account to which the KMS key is attached.',
  },
  unusable: { errorCode: 'S3.KMS.DisabledException', message: 'The AWS KMS key is not in a state to be used.' },
  denied: {
    errorCode: 'S3.KMS.AccessDeniedException',
    message: 'Access was denied. Ensure that the delivery role has sufficient permissions to use the KMS key.',
  },
};

/**
 * The key of the destination, else the bucket's. With a bucket key the context is the bucket's ARN, else the object's (Amazon S3
 * user guide, "Reducing the cost of SSE-KMS with Amazon S3 Bucket Keys").
 */
function keyRefusal(world: World, region: string, stream: Stream, bucket: Bucket) {
  const rule = ((bucket.encryption?.Rules ?? []) as JsonObject[])[0];
  const ofBucket = (rule?.ApplyServerSideEncryptionByDefault as JsonObject | undefined)?.KMSMasterKeyID;
  const ofStream = (stream.destination.EncryptionConfiguration as { KMSEncryptionConfig?: { AWSKMSKeyARN?: string } })
    .KMSEncryptionConfig?.AWSKMSKeyARN;
  const key = ofStream ?? ofBucket;
  if (typeof key !== 'string') return undefined;
  const bucketArn = String(stream.destination.BucketARN);
  const context = {
    'kms:viaservice': `s3.${region}.amazonaws.com`,
    'kms:encryptioncontext:aws:s3:arn': rule?.BucketKeyEnabled ? bucketArn : `${bucketArn}/object`,
  };
  const role = String(stream.destination.RoleARN);
  const trouble = keyTrouble(world, key, role, ['kms:GenerateDataKey', 'kms:Decrypt'], context);
  return trouble && keyErrors[trouble];
}

/** Firehose writes its errors where it is told, if group and stream are there and the role may; else nobody learns of them. */
function noteError(world: World, region: string, stream: Stream, error: { errorCode: string; message: string }): void {
  const options = stream.destination.CloudWatchLoggingOptions as JsonObject;
  if (!options.Enabled) return;
  const [groupName, streamName] = [String(options.LogGroupName), String(options.LogStreamName)];
  const log = own(own(world.regions[region]!.groups, groupName)?.streams ?? {}, streamName);
  const resource = `arn:${world.partition}:logs:${region}:${world.account}:log-group:${groupName}:log-stream:${streamName}`;
  const question = { action: 'logs:PutLogEvents', resource, context: { 'aws:resourceaccount': world.account } };
  if (!log || !roleMay(world, String(stream.destination.RoleARN), question)) return;
  const destination = stream.destination.BucketARN;
  const message = JSON.stringify({
    deliveryStreamARN: stream.arn,
    destination,
    deliveryStreamVersionId: stream.version,
    ...error,
  });
  log.events.push({ timestamp: world.now, ingestionTime: world.now, message });
}

const suffixes: Readonly<Record<string, string>> = {
  GZIP: '.gz',
  ZIP: '.zip',
  Snappy: '.snappy',
  HADOOP_SNAPPY: '.hsnappy',
};

function keyOf(world: World, stream: Stream, since: number): string {
  const { Prefix = '', FileExtension, CompressionFormat } = stream.destination as Record<string, string | undefined>;
  const time = new Date(since).toISOString();
  const [date, clock] = [time.slice(0, 10), time.slice(11, 19).replaceAll(':', '-')];
  const extension = FileExtension || suffixes[CompressionFormat ?? ''] || '';
  const uuid = nextId(world);
  const name = `${stream.name}-${stream.version}-${date}-${clock}-${uuid}${extension}`;
  return `${evaluated(Prefix, time, uuid)}${name}`;
}

/** Without a timestamp of its own a prefix is followed by `YYYY/MM/DD/HH/`, with no slash put in between. */
function evaluated(prefix: string, time: string, random: string): string {
  const [yyyy, MM, dd, HH] = time.split(/[-T:]/) as [string, string, string, string];
  const parts: Record<string, string> = {
    yyyy,
    YYYY: yyyy,
    MM,
    dd,
    HH,
    mm: time.slice(14, 16),
    ss: time.slice(17, 19),
  };
  const format = (pattern: string) =>
    pattern.replace(/'([^']*)'|yyyy|YYYY|MM|dd|HH|mm|ss/g, (token, quoted?: string) => quoted ?? parts[token] ?? token);
  const text = prefix
    .replace(/!\{timestamp:([^}]*)\}/g, (_, pattern: string) => format(pattern))
    .replace(/!\{firehose:random-string\}/g, random.slice(0, 11));
  return prefix.includes('!{timestamp:') ? text : `${text}${yyyy}/${MM}/${dd}/${HH}/`;
}

export function streamEvent(world: World, due: Due): void {
  const { streams } = world.regions[due.region]!;
  const stream = own(streams, due.name);
  if (!stream) return;
  if (due.what === 'stream.created') {
    stream.status = stream.failure ? 'CREATING_FAILED' : 'ACTIVE';
    if (stream.encryption.Status === 'ENABLING')
      stream.encryption.Status = stream.failure ? 'ENABLING_FAILED' : 'ENABLED';
  }
  if (due.what === 'stream.encrypted') stream.encryption = settled(stream.encryption);
  if (due.what === 'stream.deleted') delete streams[due.name];
  if (due.what === 'stream.flush' && stream.status === 'ACTIVE' && stream.buffer?.since === due.since)
    flush(world, due.region, stream);
}

const settled = (encryption: Stream['encryption']): Stream['encryption'] =>
  encryption.Status === 'DISABLING' ? { Status: 'DISABLED' } : { ...encryption, Status: 'ENABLED' };
