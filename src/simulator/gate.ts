import { like, own } from './basics.ts';
import { accessDenied, awsError, hostNotFound, throttled } from './errors.ts';
import type { World } from './model.ts';
import type { Input } from './services/service.ts';

interface Request {
  readonly service: string;
  readonly operation: string;
  readonly region: string;
  readonly input: Input;
}

/** What a call passes before its service sees it: the region must exist, be enabled, it must be allowed, and the rate must hold. */
export function admit(world: World, request: Request): void {
  const { service, operation, region } = request;
  if (!global.has(service)) checkRegion(world, request);
  const action = actionOf(service, operation);
  const isDenied = own(world.regions, region)?.deniedActions?.some((pattern) => like(pattern, action));
  if (isDenied) throw deniedByPolicy(world, action, resourceOf(world, request), 'p-actions');
  checkRate(world, `${service}:${operation}`, region);
}

/** IAM, STS and Account answer from any region here, and RAD has none. */
const global: ReadonlySet<string> = new Set(['iam', 'sts', 'account', 'rad']);

function checkRegion(world: World, { service, operation, region }: Request): void {
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
    throw deniedByPolicy(world, action, resource, 'p-regions');
  }
}

function deniedByPolicy({ partition, caller }: World, action: string, resource: string, policy: string): Error {
  const scp = `arn:${partition}:organizations::999999999999:policy/o-sandbox/service_control_policy/${policy}`;
  return accessDenied(action, resource, `with an explicit deny in a service control policy: ${scp}`, caller);
}

function resourceOf({ partition, account }: World, { service, region, input }: Request): string {
  if (service === 's3') return `arn:${partition}:s3:::${input.Bucket ?? '*'}`;
  if (service === 'iam') return `arn:${partition}:iam::${account}:role/${input.RoleName ?? '*'}`;
  const names: Readonly<Record<string, string | undefined>> = {
    eks: input.name && `cluster/${input.name}`,
    logs: input.logGroupName && `log-group:${input.logGroupName}`,
    firehose: input.DeliveryStreamName && `deliverystream/${input.DeliveryStreamName}`,
  };
  return input.resourceArn ?? `arn:${partition}:${service}:${region}:${account}:${own(names, service) ?? '*'}`;
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

export const actionOf = (service: string, operation: string): string =>
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
