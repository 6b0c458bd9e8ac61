import { own } from '../basics.ts';
import { awsError } from '../errors.ts';
import { isUsable } from '../keys.ts';
import type { Tags } from '../model.ts';
import { firehoseAssumes } from '../policy.ts';
import type { At, Input } from './service.ts';

export const invalid = (message: string) => awsError('InvalidArgumentException', message);

export function checkRole({ world, region }: At, roleArn: string): void {
  if (firehoseAssumes(world, region, roleArn)) return;
  throw invalid(`Firehose is unable to assume role ${roleArn}. Please check the role provided.`);
}

/** What KMS refuses comes back as one error (Firehose API reference, InvalidKMSResourceException; its texts are unverified). */
export function checkKey({ world }: At, { KeyType, KeyARN = '' }: Input): void {
  if (KeyType !== 'CUSTOMER_MANAGED_CMK') return;
  const key = own(world.keys, KeyARN);
  const why = !key ? 'was not found' : isUsable(key) && key.manager === 'CUSTOMER' ? undefined : 'cannot be used';
  if (why) throw awsError('InvalidKMSResourceException', `KMS key ${KeyARN} ${why}.`);
}

/** Firehose API reference, ExtendedS3DestinationConfiguration; developer guide, "Custom prefixes". */
export function checkDestination(destination: Input): void {
  const {
    BufferingHints: hints = {},
    Prefix = '',
    ErrorOutputPrefix,
    FileExtension = '',
    RoleARN,
    BucketARN,
  } = destination;
  if (!/^arn:[\w-]+:iam::\d{12}:role\//.test(RoleARN)) throw invalid(`Invalid role ARN: ${RoleARN}`);
  if (!/^arn:[\w-]+:s3:::[\w.-]+$/.test(BucketARN)) throw invalid(`Invalid bucket ARN: ${BucketARN}`);
  if (Object.keys(hints).length % 2) throw invalid('BufferingHints needs both SizeInMBs and IntervalInSeconds.');
  const { SizeInMBs: size = 5, IntervalInSeconds: interval = 300 } = hints;
  if (size < 1 || size > 128 || interval < 0 || interval > 900) throw invalid('BufferingHints are out of range.');
  if (!/^$|^\.[0-9a-z!\-_.*'()]{1,127}$/.test(FileExtension)) throw invalid(`Invalid FileExtension: ${FileExtension}`);
  if (Prefix.includes('!{') && !ErrorOutputPrefix)
    throw invalid("ErrorOutputPrefix can't be null when Prefix contains expressions");
  if (Prefix.includes('!{') && !ErrorOutputPrefix.includes('!{firehose:error-output-type}'))
    throw invalid('ErrorOutputPrefix must contain !{firehose:error-output-type}');
}

/** Firehose takes `%` too, IAM and EKS do not (Firehose API reference, Tag). */
export function checkTags(tags: Tags): Tags {
  for (const [key, value] of Object.entries(tags)) {
    if (!/^(?!aws:)[\p{L}\p{Z}\p{N}_.:/=+\-@%]{1,128}$/u.test(key)) throw invalid(`Invalid tag key: ${key}`);
    if (!/^[\p{L}\p{Z}\p{N}_.:/=+\-@%]{0,256}$/u.test(value)) throw invalid(`Invalid tag value: ${value}`);
  }
  if (Object.keys(tags).length > 50)
    throw awsError('LimitExceededException', 'A delivery stream cannot have more than 50 tags.');
  return tags;
}
