import { DescribeKeyCommand, GetKeyPolicyCommand, type KeyMetadata } from '@aws-sdk/client-kms';
import { RadError } from '../engine/errors.ts';
import type { Spec } from '../engine/resource.ts';
import type { Aws } from './clients.ts';
import { normalise } from './documents.ts';
import { explain, isNotFound } from './errors.ts';

/** What can be told of a KMS key. */
export interface KeyLook {
  /** Why it cannot encrypt for us. */
  readonly trouble?: RadError;
  readonly policy?: Spec;
  /** What may not be asked. */
  readonly unseen?: RadError;
}

export async function lookAtKey(aws: Aws, arn: string): Promise<KeyLook> {
  const kms = await aws.kms();
  try {
    const { KeyMetadata: key } = await kms.send(new DescribeKeyCommand({ KeyId: arn }));
    const why = key && unusable(key);
    if (why) return { trouble: cannotUse(aws.region, arn, why) };
  } catch (error) {
    if (!isNotFound(error)) return { unseen: explain(error) };
    return { trouble: cannotUse(aws.region, arn, 'does not exist') };
  }
  try {
    const { Policy } = await kms.send(new GetKeyPolicyCommand({ KeyId: arn, PolicyName: 'default' }));
    return Policy ? { policy: normalise(JSON.parse(Policy) as Spec) } : {};
  } catch (error) {
    return { unseen: explain(error) };
  }
}

/** S3 and Firehose take symmetric keys for encryption; Firehose only those of a customer (Firehose API reference, KeyARN). */
function unusable({ KeyState, KeySpec, KeyUsage, KeyManager }: KeyMetadata): string | undefined {
  if (KeyManager === 'AWS') return "is a key of AWS's own";
  if (KeyUsage !== 'ENCRYPT_DECRYPT' || KeySpec !== 'SYMMETRIC_DEFAULT') return `is of the kind ${KeySpec} ${KeyUsage}`;
  return KeyState === 'Enabled' ? undefined : `is ${KeyState}`;
}

const cannotUse = (region: string, arn: string, why: string) =>
  new RadError('KMS_KEY_UNUSABLE', `KMS key ${arn} ${why}`, {
    hint: `give a symmetric key that is enabled: --kms-key ${region}=ARN, or none: --kms-key ${region}=none`,
  });
