import { normalise, normaliseStatement } from '../aws/documents.ts';
import { SID } from '../aws/kinds/bucket.ts';
import { ERROR_LOG_STREAM } from '../aws/kinds/log-group.ts';
import type { Json, Spec } from '../engine/resource.ts';
import type { Names } from './names.ts';
import { ACTIONS } from './needs.ts';
import type { AccountSettings, RegionKey } from './settings.ts';

const document = (...Statement: Spec[]): Spec => normalise({ Version: '2012-10-17', Statement });
const allow = (Action: readonly string[], Resource: readonly string[], Condition?: Spec): Spec => ({
  Effect: 'Allow',
  Action,
  Resource,
  ...(Condition && { Condition }),
});
const trust = (Principal: Json, Action: string, Condition?: Spec): Spec => ({
  Effect: 'Allow',
  Principal,
  Action,
  ...(Condition && { Condition }),
});
/** The name pattern alone would also match a bucket of another account. */
const ofAccount = (account: string): Spec => ({ StringEquals: { 'aws:ResourceAccount': account } });

/** A key may be used by way of one service in its region only, whose name ends otherwise in each partition; no key, no statement. */
function useKeys(keys: readonly RegionKey[], service: 's3' | 'firehose', actions: readonly string[], more: Spec = {}) {
  if (keys.length === 0) return [];
  const arns = [...new Set(keys.map(({ arn }) => arn))];
  const via = [...new Set(keys.map(({ region }) => `${service}.${region}.*`))];
  return [allow(actions, arns, { StringLike: { 'kms:ViaService': via, ...more } })];
}
/** With a bucket key the encryption context is the bucket, without one the object (Amazon S3 User Guide, S3 Bucket Keys). */
const ofOurBuckets = ({ allBucketsArn }: Names): Spec => ({
  'kms:EncryptionContext:aws:s3:arn': [allBucketsArn, `${allBucketsArn}/*`],
});

/**
 * CloudWatch Logs puts records on the streams of our name (CloudWatch Logs User Guide, subscription filters with Firehose). Since April 2026
 * Firehose asks who puts records whether they may use the key of the stream, as AWS's own AWSWAFLoggingServiceRolePolicy has it.
 */
export const subscriptionRole = (names: Names, keys: readonly RegionKey[]) => ({
  trust: document(
    trust({ Service: names.logsService }, 'sts:AssumeRole', {
      StringLike: { 'aws:SourceArn': names.logsSourceArn },
    }),
  ),
  permissions: document(
    allow(ACTIONS.subscription.stream, [names.streamArn('*')]),
    ...useKeys(keys, 'firehose', ACTIONS.subscription.key),
  ),
});

/** The actions that Firehose's developer guide names for an S3 destination; it assumes its role with the account as external id. */
export const deliveryRole = (names: Names, account: string, keys: readonly RegionKey[]) => ({
  trust: document(
    trust({ Service: 'firehose.amazonaws.com' }, 'sts:AssumeRole', { StringEquals: { 'sts:ExternalId': account } }),
  ),
  permissions: document(
    allow(
      [...ACTIONS.delivery.bucket, ...ACTIONS.delivery.objects],
      [names.allBucketsArn, `${names.allBucketsArn}/*`],
      ofAccount(account),
    ),
    allow(ACTIONS.delivery.errorLog, [names.errorLogStreamArn(ERROR_LOG_STREAM)]),
    ...useKeys(keys, 's3', ACTIONS.delivery.key, ofOurBuckets(names)),
  ),
});

/** RAD reads the objects of the audit buckets, and nothing else. */
export const readerRole = (
  names: Names,
  account: string,
  { radRoleArn, externalId }: Pick<AccountSettings, 'radRoleArn' | 'externalId'>,
  keys: readonly RegionKey[],
) => ({
  trust: document(
    trust(
      { AWS: radRoleArn },
      'sts:AssumeRole',
      externalId ? { StringEquals: { 'sts:ExternalId': externalId } } : undefined,
    ),
    trust({ AWS: radRoleArn }, 'sts:TagSession'),
  ),
  permissions: document(
    allow(
      [...ACTIONS.reader.bucket, ...ACTIONS.reader.objects],
      [names.allBucketsArn, `${names.allBucketsArn}/*`],
      ofAccount(account),
    ),
    ...useKeys(keys, 's3', ACTIONS.reader.key, ofOurBuckets(names)),
  ),
});

/** No request without TLS, except by AWS's own services, which do not carry the key. */
export const tlsOnly = (bucketArn: string): Spec =>
  normaliseStatement({
    Sid: SID,
    Effect: 'Deny',
    Principal: '*',
    Action: 's3:*',
    Resource: [bucketArn, `${bucketArn}/*`],
    Condition: { Bool: { 'aws:SecureTransport': 'false', 'aws:PrincipalIsAWSService': 'false' } },
  });
