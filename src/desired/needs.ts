import { ERROR_LOG_STREAM } from '../aws/kinds/log-group.ts';
import { viaService } from './keys.ts';
import type { Names } from './names.ts';
import type { RegionKey } from './settings.ts';

/** Something that a role must be able to do: on each of these things, in a request of which this is known (keys in lower case). */
export interface Need {
  readonly actions: readonly string[];
  readonly resources: readonly string[];
  readonly context: Readonly<Record<string, string>>;
}
export const ROLES = ['subscription', 'delivery', 'reader'] as const;
type Needs = Readonly<Record<(typeof ROLES)[number], Need>>;

const ENCRYPT = ['kms:GenerateDataKey', 'kms:Decrypt'] as const;
/** What each role does, by what it does it on. */
export const ACTIONS = {
  subscription: { stream: ['firehose:PutRecord', 'firehose:PutRecordBatch'], key: ENCRYPT },
  delivery: {
    bucket: ['s3:GetBucketLocation', 's3:ListBucket', 's3:ListBucketMultipartUploads'],
    objects: ['s3:AbortMultipartUpload', 's3:GetObject', 's3:PutObject'],
    errorLog: ['logs:PutLogEvents'],
    key: ENCRYPT,
  },
  reader: { bucket: ['s3:GetBucketLocation', 's3:ListBucket'], objects: ['s3:GetObject'], key: ['kms:Decrypt'] },
} as const satisfies Record<(typeof ROLES)[number], Readonly<Record<string, readonly string[]>>>;

/** What each role does with a key of a region. */
export function keyNeeds(names: Names, { region, arn }: RegionKey): Needs {
  const throughS3 = {
    'kms:viaservice': viaService('s3', region),
    'kms:encryptioncontext:aws:s3:arn': names.bucketArn(names.bucket(region)),
  };
  const resources = [arn];
  return {
    subscription: {
      actions: ACTIONS.subscription.key,
      resources,
      context: { 'kms:viaservice': viaService('firehose', region) },
    },
    delivery: { actions: ACTIONS.delivery.key, resources, context: throughS3 },
    reader: { actions: ACTIONS.reader.key, resources, context: throughS3 },
  };
}

/** What each role does in these regions, and with these keys. */
export function roleNeeds(names: Names, account: string, regions: readonly string[], keys: readonly RegionKey[]) {
  const context = { 'aws:resourceaccount': account };
  const buckets = regions.map((region) => names.bucketArn(names.bucket(region)));
  const objects = buckets.map((arn) => `${arn}/object`);
  const withKeys = keys.map((key) => keyNeeds(names, key));
  const errors = regions.map((region) => names.errorLogStreamArn(ERROR_LOG_STREAM, region));
  return {
    subscription: [
      { actions: ACTIONS.subscription.stream, resources: regions.map(names.streamArn), context },
      ...withKeys.map(({ subscription }) => subscription),
    ],
    delivery: [
      { actions: ACTIONS.delivery.bucket, resources: buckets, context },
      { actions: ACTIONS.delivery.objects, resources: objects, context },
      { actions: ACTIONS.delivery.errorLog, resources: errors, context },
      ...withKeys.map(({ delivery }) => delivery),
    ],
    reader: [
      { actions: ACTIONS.reader.bucket, resources: buckets, context },
      { actions: ACTIONS.reader.objects, resources: objects, context },
      ...withKeys.map(({ reader }) => reader),
    ],
  } satisfies Record<string, readonly Need[]>;
}
