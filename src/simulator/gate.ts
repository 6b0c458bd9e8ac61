import { own } from './basics.ts';
import { accessDenied, awsError, hostNotFound, throttled } from './errors.ts';
import type { World } from './model.ts';

/** What a call passes before its service sees it: the region must exist, be enabled and allowed, and the rate must hold. */
export function admit(world: World, service: string, operation: string, region: string): void {
  if (!global.has(service)) checkRegion(world, service, operation, region);
  checkRate(world, `${service}:${operation}`, region);
}

/** IAM, STS and Account answer from any region here, and RAD has none. */
const global: ReadonlySet<string> = new Set(['iam', 'sts', 'account', 'rad']);

function checkRegion(world: World, service: string, operation: string, region: string): void {
  const state = own(world.regions, region)?.state;
  if (!state) throw hostNotFound(`${service}.${region}.amazonaws.com`);
  if (state === 'not-enabled') {
    // The credentials are not known there: the same words as for wrong keys (AWS Account Management guide; STS error codes).
    if (service === 's3')
      throw awsError('InvalidAccessKeyId', 'The AWS Access Key Id you provided does not exist in our records.', 403);
    throw awsError(
      'UnrecognizedClientException',
      'The security token included in the request is invalid.',
      service === 'eks' ? 403 : 400,
    );
  }
  if (state === 'denied') {
    const action = actionOf(service, operation);
    const resource =
      service === 's3'
        ? `arn:${world.partition}:s3:::*`
        : `arn:${world.partition}:${service}:${region}:${world.account}:*`;
    const scp = `arn:${world.partition}:organizations::999999999999:policy/o-sandbox/service_control_policy/p-regions`;
    throw accessDenied(action, resource, `with an explicit deny in a service control policy: ${scp}`, world.caller);
  }
}

/** Where an S3 action has another name than the API call (Service Authorization Reference, Amazon S3). */
const s3Actions: Readonly<Record<string, string>> = {
  ListBuckets: 'ListAllMyBuckets',
  HeadBucket: 'ListBucket',
  ListObjectsV2: 'ListBucket',
  ListObjectVersions: 'ListBucketVersions',
  ListMultipartUploads: 'ListBucketMultipartUploads',
  HeadObject: 'GetObject',
  DeleteObjects: 'DeleteObject',
  GetPublicAccessBlock: 'GetBucketPublicAccessBlock',
  PutPublicAccessBlock: 'PutBucketPublicAccessBlock',
  DeletePublicAccessBlock: 'PutBucketPublicAccessBlock',
  GetBucketEncryption: 'GetEncryptionConfiguration',
  PutBucketEncryption: 'PutEncryptionConfiguration',
  GetBucketLifecycleConfiguration: 'GetLifecycleConfiguration',
  PutBucketLifecycleConfiguration: 'PutLifecycleConfiguration',
  DeleteBucketLifecycle: 'PutLifecycleConfiguration',
  DeleteBucketTagging: 'PutBucketTagging',
};

const actionOf = (service: string, operation: string): string =>
  `${service}:${(service === 's3' && own(s3Actions, operation)) || operation}`;

/** No more than n calls of one operation in any second, per account and region. What was refused does not count. */
function checkRate(world: World, call: string, region: string): void {
  const most = own(world.quotas.perSecond, call);
  if (most === undefined) return;
  const key = `${region}:${call}`;
  const recent = (own(world.recent, key) ?? []).filter((time) => time > world.now - 1_000);
  if (recent.length >= most) throw throttled(call.split(':')[0]!);
  world.recent[key] = [...recent, world.now];
}
