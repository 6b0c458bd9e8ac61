import { ERROR_LOG_STREAM } from '../aws/kinds/log-group.ts';
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

/** What each role does with a key of a region. */
export function keyNeeds(names: Names, { region, arn }: RegionKey): Needs {
  const encrypt = ['kms:GenerateDataKey', 'kms:Decrypt'];
  const throughS3 = {
    'kms:viaservice': `s3.${region}.amazonaws.com`,
    'kms:encryptioncontext:aws:s3:arn': names.bucketArn(names.bucket(region)),
  };
  const resources = [arn];
  return {
    subscription: { actions: encrypt, resources, context: { 'kms:viaservice': `firehose.${region}.amazonaws.com` } },
    delivery: { actions: encrypt, resources, context: throughS3 },
    reader: { actions: ['kms:Decrypt'], resources, context: throughS3 },
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
      { actions: ['firehose:PutRecord', 'firehose:PutRecordBatch'], resources: regions.map(names.streamArn), context },
      ...withKeys.map(({ subscription }) => subscription),
    ],
    delivery: [
      {
        actions: ['s3:GetBucketLocation', 's3:ListBucket', 's3:ListBucketMultipartUploads'],
        resources: buckets,
        context,
      },
      { actions: ['s3:AbortMultipartUpload', 's3:GetObject', 's3:PutObject'], resources: objects, context },
      { actions: ['logs:PutLogEvents'], resources: errors, context },
      ...withKeys.map(({ delivery }) => delivery),
    ],
    reader: [
      { actions: ['s3:GetBucketLocation', 's3:ListBucket'], resources: buckets, context },
      { actions: ['s3:GetObject'], resources: objects, context },
      ...withKeys.map(({ reader }) => reader),
    ],
  } satisfies Record<string, readonly Need[]>;
}
