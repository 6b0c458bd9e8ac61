import { normalise, normaliseStatement } from '../aws/documents.ts';
import { SID } from '../aws/kinds/bucket.ts';
import { ERROR_LOG_STREAM } from '../aws/kinds/log-group.ts';
import type { Json, Spec } from '../engine/resource.ts';
import type { Names } from './names.ts';

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

/** CloudWatch Logs puts records on the streams of our name (CloudWatch Logs User Guide, subscription filters with Firehose). */
export const subscriptionRole = (names: Names) => ({
  trust: document(
    trust({ Service: 'logs.amazonaws.com' }, 'sts:AssumeRole', {
      StringLike: { 'aws:SourceArn': names.logsSourceArn },
    }),
  ),
  permissions: document(allow(['firehose:PutRecord', 'firehose:PutRecordBatch'], [names.streamArn('*')])),
});

/** The actions that Firehose's developer guide names for an S3 destination; it assumes its role with the account as external id. */
export const deliveryRole = (names: Names, account: string) => ({
  trust: document(
    trust({ Service: 'firehose.amazonaws.com' }, 'sts:AssumeRole', { StringEquals: { 'sts:ExternalId': account } }),
  ),
  permissions: document(
    allow(
      [
        's3:AbortMultipartUpload',
        's3:GetBucketLocation',
        's3:GetObject',
        's3:ListBucket',
        's3:ListBucketMultipartUploads',
        's3:PutObject',
      ],
      [names.allBucketsArn, `${names.allBucketsArn}/*`],
      ofAccount(account),
    ),
    allow(['logs:PutLogEvents'], [names.errorLogStreamArn(ERROR_LOG_STREAM)]),
  ),
});

/** RAD reads the objects of the audit buckets, and nothing else. */
export const readerRole = (names: Names, account: string, radRoleArn: string, externalId: string) => ({
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
      ['s3:GetObject', 's3:ListBucket', 's3:GetBucketLocation'],
      [names.allBucketsArn, `${names.allBucketsArn}/*`],
      ofAccount(account),
    ),
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
