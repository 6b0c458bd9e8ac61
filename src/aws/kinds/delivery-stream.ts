import {
  CreateDeliveryStreamCommand,
  type CreateDeliveryStreamCommandInput,
  DeleteDeliveryStreamCommand,
  type DeliveryStreamDescription,
  DescribeDeliveryStreamCommand,
  ListTagsForDeliveryStreamCommand,
  StartDeliveryStreamEncryptionCommand,
  type Tag,
  TagDeliveryStreamCommand,
  UntagDeliveryStreamCommand,
  UpdateDestinationCommand,
} from '@aws-sdk/client-firehose';
import { RadError } from '../../engine/errors.ts';
import { absent, type Run, type Tags } from '../../engine/resource.ts';
import { state } from '../../engine/state.ts';
import type { Aws } from '../clients.ts';
import { found, isError, restate, statusOf } from '../errors.ts';
import { usedUp } from '../quotas.ts';
import { slots } from '../slots.ts';
import { fromList, toList } from '../tags.ts';
import { eventually, until } from '../wait.ts';
import { defineAwsKind } from './define.ts';

export type DeliveryStreamSpec = {
  readonly destination: {
    readonly bucket: string;
    readonly role: string;
    readonly prefix: string;
    readonly errorPrefix: string;
    readonly extension: string;
    readonly compression: 'UNCOMPRESSED';
    readonly bufferSeconds: number;
    readonly bufferMiB: number;
    readonly processing: boolean;
    /** Empty: no error logging. */
    readonly errorLogGroup: string;
    readonly errorLogStream: string;
    readonly kmsKey: string | null;
  };
  /** Of the records while they wait in the stream: AWS_OWNED_CMK, the ARN of a customer's key, or DISABLED. */
  readonly encryption: string;
};

export const deliveryStream = defineAwsKind<DeliveryStreamSpec>({
  type: 'firehose:delivery-stream',
  claim: 'tag',

  async read(aws, name) {
    const stream = await describe(aws, name);
    if (!stream) return absent();
    const tags = await tagsOf(aws, name);
    if (!tags) return absent();
    slots.remember(aws, tags);
    const facts = { status: stream.DeliveryStreamStatus ?? 'UNKNOWN' };
    // What has failed or is on its way out holds nothing that can be kept: all of it is still to be made.
    return { exists: true, spec: isLost(stream) ? {} : flatten(stream), tags, facts };
  },

  async create(aws, name, spec, tags, run) {
    await make(aws, name, spec, tags, run);
    await until(() => describe(aws, name), Boolean, run, { what: `stream ${name} to appear`, limit: 30_000 });
    await created(aws, name, run);
  },

  put: {
    async destination(aws, DeliveryStreamName, spec, run) {
      const update = async () => {
        const { VersionId, Destinations } = await ready(aws, DeliveryStreamName, spec, run);
        const input = {
          DeliveryStreamName,
          CurrentDeliveryStreamVersionId: VersionId,
          DestinationId: Destinations?.[0]?.DestinationId,
        };
        await aws.firehose.send(new UpdateDestinationCommand({ ...input, ExtendedS3DestinationUpdate: expand(spec) }));
      };
      const again = (error: unknown) => cannotAssume(error) || isError(error, 'ConcurrentModificationException');
      await eventually(update, again, run, { what: 'Firehose to see the role' }).catch(deny);
    },
    async encryption(aws, DeliveryStreamName, spec, run) {
      if (encryptionOf(await ready(aws, DeliveryStreamName, spec, run)) === spec.encryption) return;
      const { DeliveryStreamEncryptionConfigurationInput } = encryptionInput(spec);
      if (isKey(spec.encryption)) await untilGrantsAreKnown(run);
      await aws.firehose
        .send(
          new StartDeliveryStreamEncryptionCommand({ DeliveryStreamName, DeliveryStreamEncryptionConfigurationInput }),
        )
        .catch(deny);
      const stream = () => describe(aws, DeliveryStreamName);
      const done = await until(stream, (s) => encryptionStatus(s) !== 'ENABLING', run, {
        what: 'the stream to be encrypted',
      });
      if (encryptionStatus(done) !== 'ENABLED') throw notEncrypted(done);
    },
  },

  tag: ({ firehose }, DeliveryStreamName, tags) =>
    firehose.send(new TagDeliveryStreamCommand({ DeliveryStreamName, Tags: toList(tags) })),
  untag: ({ firehose }, DeliveryStreamName, keys) =>
    firehose.send(new UntagDeliveryStreamCommand({ DeliveryStreamName, TagKeys: [...keys] })),

  async delete(aws, name, run) {
    // A stream cannot be deleted while it is CREATING (Firehose API reference, DeleteDeliveryStream).
    await created(aws, name, run);
    await remove(aws, name, run);
  },

  stricter: (path, before, after) =>
    !isKey(String(after)) &&
    (path === 'encryption' || path === 'destination.kmsKey') &&
    typeof before === 'string' &&
    isKey(before),
});

const describe = async ({ firehose }: Aws, DeliveryStreamName: string) =>
  (await found(firehose.send(new DescribeDeliveryStreamCommand({ DeliveryStreamName }))))?.DeliveryStreamDescription;

/** undefined: the stream is gone. */
async function tagsOf({ firehose }: Aws, DeliveryStreamName: string): Promise<Tags | undefined> {
  const tags: Tag[] = [];
  for (let ExclusiveStartTagKey: string | undefined; ; ) {
    const page = await found(
      firehose.send(
        new ListTagsForDeliveryStreamCommand({
          DeliveryStreamName,
          Limit: 50,
          ...(ExclusiveStartTagKey && { ExclusiveStartTagKey }),
        }),
      ),
    );
    if (!page) return undefined;
    tags.push(...(page.Tags ?? []));
    ExclusiveStartTagKey = page.Tags?.at(-1)?.Key;
    if (!page.HasMoreTags || !ExclusiveStartTagKey) return fromList(tags);
  }
}

const isLost = ({ DeliveryStreamStatus }: DeliveryStreamDescription) =>
  /FAILED|DELETING/.test(DeliveryStreamStatus ?? '');
const cannotAssume = (error: unknown) => isError(error, 'InvalidArgumentException', 'unable to assume role');

const isKey = (encryption: string) => encryption.startsWith('arn:');

/**
 * IAM tells other services late, and whoever puts records needs the key from the moment the stream has it: a refusal makes
 * CloudWatch Logs skip the events of ten minutes. Milliseconds.
 */
const GRANTS_ARE_KNOWN = 15_000;
async function untilGrantsAreKnown(run: Run): Promise<void> {
  run.note('waiting for all of AWS to know who may use the key');
  await run.sleep(GRANTS_ARE_KNOWN);
  if (run.signal.aborted) throw run.signal.reason;
}

const deny = (error: unknown): never => {
  if (isError(error, 'InvalidKMSResourceException'))
    throw restate(error, 'KMS_KEY_UNUSABLE', (error as Error).message, KEY_HINT);
  if (!cannotAssume(error)) throw error;
  const hint = 'check that nobody has changed who may assume the role, then run again';
  throw restate(error, 'DELIVERY_DENIED', (error as Error).message, hint);
};

async function make(
  aws: Aws,
  DeliveryStreamName: string,
  spec: DeliveryStreamSpec,
  tags: Tags,
  run: Run,
): Promise<void> {
  const input: CreateDeliveryStreamCommandInput = {
    DeliveryStreamName,
    DeliveryStreamType: 'DirectPut',
    ...encryptionInput(spec),
    ExtendedS3DestinationConfiguration: expand(spec),
    Tags: toList(tags),
  };
  const create = async () => {
    try {
      await aws.firehose.send(new CreateDeliveryStreamCommand(input));
    } catch (error) {
      if (!isError(error, 'ResourceInUseException')) throw error; // it exists: the caller looks whose it is
    }
  };
  await eventually(create, cannotAssume, run, { what: 'Firehose to see the role' })
    .catch(usedUp(aws, 'streams'))
    .catch(deny);
}

const created = (aws: Aws, name: string, run: Run): Promise<DeliveryStreamDescription | undefined> =>
  until(
    () => describe(aws, name),
    (stream) => stream?.DeliveryStreamStatus !== 'CREATING',
    run,
    { what: 'the stream to be active' },
  );

/**
 * The stream when it is ACTIVE, if need be made anew: CREATING_FAILED never changes, and a name is free only when DELETING has
 * ended. Only what carries our claim is made anew.
 */
async function ready(aws: Aws, name: string, spec: DeliveryStreamSpec, run: Run): Promise<DeliveryStreamDescription> {
  let stream = await created(aws, name, run);
  if (stream && isLost(stream)) {
    const tags = await tagsOf(aws, name);
    if (!tags || !state.isClaimed(tags)) throw vanished(name);
    await remove(aws, name, run);
    await make(aws, name, spec, tags, run);
    stream = await created(aws, name, run);
  }
  if (!stream) throw vanished(name);
  if (stream.DeliveryStreamStatus === 'ACTIVE') return stream;
  const { Type, Details } = stream.FailureDescription ?? {};
  const why = `the stream is ${stream.DeliveryStreamStatus}${Type ? `: ${Type} ${Details ?? ''}` : ''}`;
  throw failed(Type, why, 'run the same command again: it makes the stream anew');
}

/** Firehose makes a grant on the key with the credentials of the caller (Firehose API reference, KeyType). */
const KEY_HINT =
  'check that the key is enabled, and that its policy and yours allow kms:CreateGrant, kms:DescribeKey, kms:GenerateDataKey and kms:Decrypt';
const failed = (type: string | undefined, why: string, hint: string) =>
  type?.includes('KMS')
    ? new RadError('KMS_KEY_UNUSABLE', why, { hint: KEY_HINT, awsCode: type })
    : new RadError('AWS', why, { hint });

const vanished = (name: string) =>
  new RadError('AWS', `stream ${name} is being deleted by somebody else`, {
    hint: 'run the same command again in a minute',
  });

async function remove(aws: Aws, DeliveryStreamName: string, run: Run): Promise<void> {
  try {
    await found(aws.firehose.send(new DeleteDeliveryStreamCommand({ DeliveryStreamName, AllowForceDelete: true })));
  } catch (error) {
    const status = (await describe(aws, DeliveryStreamName))?.DeliveryStreamStatus;
    if (statusOf(error) !== 400 || status !== 'DELETING') throw error;
  }
  await until(
    () => describe(aws, DeliveryStreamName),
    (stream) => stream === undefined,
    run,
    { what: 'the stream to be gone' },
  );
}

const encryptionInput = ({ encryption }: DeliveryStreamSpec) => ({
  DeliveryStreamEncryptionConfigurationInput: isKey(encryption)
    ? { KeyType: 'CUSTOMER_MANAGED_CMK' as const, KeyARN: encryption }
    : { KeyType: 'AWS_OWNED_CMK' as const },
});

const encryptionStatus = (stream: DeliveryStreamDescription | undefined) =>
  stream?.DeliveryStreamEncryptionConfiguration?.Status;

const notEncrypted = (stream: DeliveryStreamDescription | undefined) => {
  const { Type, Details } = stream?.DeliveryStreamEncryptionConfiguration?.FailureDescription ?? {};
  const why = `the stream could not be encrypted: ${Type ?? encryptionStatus(stream)} ${Details ?? ''}`.trim();
  return failed(Type, why, 'run the same command again');
};

function encryptionOf({ DeliveryStreamEncryptionConfiguration: sse }: DeliveryStreamDescription): string {
  if (!/^(ENABLED|ENABLING)$/.test(sse?.Status ?? '')) return 'DISABLED';
  return sse?.KeyARN ?? sse?.KeyType ?? 'AWS_OWNED_CMK';
}

function flatten(stream: DeliveryStreamDescription): DeliveryStreamSpec {
  const s3 = stream.Destinations?.[0]?.ExtendedS3DestinationDescription;
  const log = s3?.CloudWatchLoggingOptions;
  return {
    destination: {
      bucket: s3?.BucketARN ?? '',
      role: s3?.RoleARN ?? '',
      prefix: s3?.Prefix ?? '',
      errorPrefix: s3?.ErrorOutputPrefix ?? '',
      extension: s3?.FileExtension ?? '',
      compression: (s3?.CompressionFormat ?? 'UNCOMPRESSED') as 'UNCOMPRESSED',
      bufferSeconds: s3?.BufferingHints?.IntervalInSeconds ?? 300,
      bufferMiB: s3?.BufferingHints?.SizeInMBs ?? 5,
      processing: s3?.ProcessingConfiguration?.Enabled ?? false,
      errorLogGroup: (log?.Enabled && log.LogGroupName) || '',
      errorLogStream: (log?.Enabled && log.LogStreamName) || '',
      kmsKey: s3?.EncryptionConfiguration?.KMSEncryptionConfig?.AWSKMSKeyARN ?? null,
    },
    encryption: encryptionOf(stream),
  };
}

/** UpdateDestination keeps what is left out, so everything is always said. */
const expand = ({ destination: d }: DeliveryStreamSpec) => ({
  BucketARN: d.bucket,
  RoleARN: d.role,
  Prefix: d.prefix,
  ErrorOutputPrefix: d.errorPrefix,
  FileExtension: d.extension,
  CompressionFormat: d.compression,
  BufferingHints: { IntervalInSeconds: d.bufferSeconds, SizeInMBs: d.bufferMiB },
  ProcessingConfiguration: { Enabled: d.processing, Processors: [] },
  CloudWatchLoggingOptions: { Enabled: true, LogGroupName: d.errorLogGroup, LogStreamName: d.errorLogStream },
  EncryptionConfiguration: d.kmsKey
    ? { KMSEncryptionConfig: { AWSKMSKeyARN: d.kmsKey } }
    : { NoEncryptionConfig: 'NoEncryption' as const },
});
