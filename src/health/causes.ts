import { isUnread, type RegionFacts, type RoleFacts } from './facts.ts';
import { lastAt } from './series.ts';
import { failing, type Hop, type Verdict } from './verdict.ts';

// What stands behind a refusal, in words, and what mends it.

const KEY_POLICY = 'let our roles use it in the policy of the key: the warning KMS_KEY_POLICY has the statement';

/** A key of the customer that cannot be used. */
export function keyTrouble(hop: Hop, { kmsKey, region }: RegionFacts, how: string): Verdict {
  const key = kmsKey ?? 'of the customer';
  const id = kmsKey?.split('/').at(-1);
  const hint =
    how === 'denied'
      ? KEY_POLICY
      : how === 'disabled' && id
        ? `aws kms enable-key --region ${region} --key-id ${id}`
        : `make the key usable again, or choose another: rad-connect enable-audit --regions ${region} --kms-key ARN`;
  const cause = how === 'denied' ? `the use of KMS key ${key} is denied` : `KMS key ${key} is ${how}`;
  return failing(hop, cause, hint);
}

/** Firehose could not write to the bucket: its error log says why (Data Firehose developer guide, "Amazon S3 data delivery errors"). */
export function refused(facts: RegionFacts): Verdict {
  const { errors, metrics, mend, roles, bucket, errorLogGroup, region } = facts;
  const successAt = isUnread(metrics) ? 0 : (lastAt(metrics.stream.success) ?? 0);
  const { code, message } = errors.findLast(({ at }) => at >= successAt) ?? { code: '', message: '' };
  const log = `aws logs tail ${errorLogGroup} --region ${region}`;
  if (/KMS/.test(code)) return keyTrouble('bucket', facts, keyWord(code));
  if (/NoSuchBucket/.test(code)) return failing('bucket', 'the bucket is gone', mend);
  const role = roleTrouble(roles.delivery);
  if (role) return failing('bucket', `Firehose may not write to the bucket: ${role}`, mend);
  if (!isUnread(bucket) && bucket.addedStatements && (code === '' || /AccessDenied/.test(code))) {
    const hint = `see what was added to its policy: aws s3api get-bucket-policy --bucket ${bucket.name}`;
    return failing('bucket', 'Firehose may not write to the bucket: a statement added to its policy may deny it', hint);
  }
  if (/AccessDenied/.test(code)) {
    const hint = `look for a policy of the organization, or a permissions boundary, that denies it; ${log}`;
    return failing('bucket', 'Firehose may not write to the bucket, though role and bucket are as wanted', hint);
  }
  return failing('bucket', code ? `Firehose cannot deliver: ${code}: ${message}` : 'Firehose cannot deliver', log);
}

/** Of these codes only some are documented. */
const keyWord = (code: string) =>
  /AccessDenied/.test(code)
    ? 'denied'
    : /NotFound/.test(code)
      ? 'gone'
      : /Disabled/.test(code)
        ? 'disabled'
        : 'in no state to be used';

/** CloudWatch Logs could not put records on the stream. */
export function undelivered({ roles, mend, stream, errorLogGroup, region }: RegionFacts, lost: number): Verdict {
  const what = `${lost} ${lost === 1 ? 'event was' : 'events were'} not delivered`;
  const role = roleTrouble(roles.subscription);
  if (role) return failing('filter', `${what}: ${role}`, mend);
  const name = isUnread(stream) ? errorLogGroup : stream.name;
  const hint = `look for a policy of the organization, or a permissions boundary, that denies it in ${region}; or run ${mend}`;
  return failing('filter', `${what}: CloudWatch Logs cannot put records on the stream ${name}`, hint);
}

/** Nobody can assume a role that is not there, whatever has been counted before. */
export const roleGone = (hop: Hop, { name, standing }: RoleFacts, mend: string): Verdict | undefined =>
  standing === 'missing' ? failing(hop, `the role ${name} is gone`, mend) : undefined;

const roleTrouble = ({ name, standing }: RoleFacts) =>
  standing === 'missing'
    ? `the role ${name} is gone`
    : standing === 'changed'
      ? `the role ${name} was changed`
      : undefined;
