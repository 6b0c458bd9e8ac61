import { nextId, plain, tagList, tagRecord } from '../basics.ts';
import { awsError } from '../errors.ts';
import type { Bucket, JsonObject } from '../model.ts';
import { list, missingPrincipal, readBack, statements } from '../policy.ts';
import { bucketOf, buckets } from './buckets.ts';
import { objects } from './objects.ts';
import type { At, Input, Operation, Service } from './service.ts';

const malformed = (message: string) => awsError('MalformedPolicy', message);

/** What is not configured is an error of its own (terraform-provider-aws source, s3). */
function found<T>(value: T | undefined, name: string, message: string): T {
  if (value === undefined) throw awsError(name, message, 404);
  return value;
}

type Field = 'publicAccess' | 'ownership' | 'encryption';

const getter =
  (field: Field, answer: string, name: string, message: string): Operation =>
  (at, input) => ({
    [answer]: found(bucketOf(at, input)[field], name, message),
  });

const putter =
  (field: Field, from: string): Operation =>
  (at, input) => {
    bucketOf(at, input)[field] = plain(input[from]);
    return {};
  };

const dropper =
  (field: Field | 'lifecycle' | 'policy'): Operation =>
  (at, input) => {
    delete bucketOf(at, input)[field];
    return {};
  };

const access = ['BlockPublicAcls', 'IgnorePublicAcls', 'BlockPublicPolicy', 'RestrictPublicBuckets'];

/** What is not sent is off (Amazon S3 API reference, PublicAccessBlockConfiguration). */
const PutPublicAccessBlock: Operation = (at, input) => {
  const sent = input.PublicAccessBlockConfiguration ?? {};
  bucketOf(at, input).publicAccess = Object.fromEntries(access.map((key) => [key, sent[key] ?? false]));
  return {};
};

/** Which encryption types are blocked stays as it was when it is not sent (Amazon S3 user guide, "Default encryption"). */
const PutBucketEncryption: Operation = (at, input) => {
  const bucket = bucketOf(at, input);
  const before = (bucket.encryption?.Rules as JsonObject[] | undefined)?.[0]?.BlockedEncryptionTypes;
  const rules: JsonObject[] = plain(input.ServerSideEncryptionConfiguration?.Rules ?? []);
  if (rules.length !== 1)
    throw awsError(
      'MalformedXML',
      'The XML you provided was not well-formed or did not validate against our published schema',
    );
  const kept = before === undefined ? {} : { BlockedEncryptionTypes: before };
  bucket.encryption = { Rules: rules.map((rule) => ({ BucketKeyEnabled: false, ...kept, ...rule })) };
  return {};
};

const PutBucketVersioning: Operation = (at, input) => {
  const bucket = bucketOf(at, input);
  const status = input.VersioningConfiguration?.Status;
  if (status !== 'Enabled' && status !== 'Suspended')
    throw awsError('IllegalVersioningConfigurationException', 'The Versioning element must be specified');
  bucket.versioning = status;
  return {};
};

/** Each rule has exactly one of Filter and Prefix; a delete-marker expiry stands alone (Amazon S3 API reference, LifecycleRule). */
const PutBucketLifecycleConfiguration: Operation = (at, input) => {
  const bucket = bucketOf(at, input);
  const { Rules: rules = [] } = plain(input.LifecycleConfiguration) ?? {};
  if (!rules.length || rules.length > 1_000)
    throw awsError(
      'MalformedXML',
      'The XML you provided was not well-formed or did not validate against our published schema',
    );
  for (const {
    Filter,
    Prefix,
    Expiration = {},
    NoncurrentVersionExpiration = {},
    AbortIncompleteMultipartUpload = {},
  } of rules) {
    const days = [
      Expiration.Days,
      NoncurrentVersionExpiration.NoncurrentDays,
      AbortIncompleteMultipartUpload.DaysAfterInitiation,
    ];
    if (days.some((number) => number !== undefined && number < 1))
      throw awsError('InvalidArgument', "'Days' must be a positive integer");
    if ((Filter === undefined) === (Prefix === undefined))
      throw awsError('InvalidRequest', 'Exactly one of Filter and Prefix must be specified');
    if (Expiration.ExpiredObjectDeleteMarker && (Expiration.Days || Expiration.Date))
      throw awsError('MalformedXML', 'ExpiredObjectDeleteMarker cannot be specified with Days or Date');
  }
  const smallest = input.TransitionDefaultMinimumObjectSize ?? 'all_storage_classes_128K';
  const Rules = rules.map((rule: Input) => ({ ID: nextId(at.world), ...rule }));
  bucket.lifecycle = { Rules, TransitionDefaultMinimumObjectSize: smallest };
  return { TransitionDefaultMinimumObjectSize: smallest };
};

const PutBucketPolicy: Operation = (at, input) => {
  const bucket = bucketOf(at, input);
  checkPolicy(at, bucket, input.Policy);
  bucket.policy = input.Policy;
  return {};
};

function checkPolicy({ world }: At, bucket: Bucket, policy: string): void {
  let parts: ReturnType<typeof statements>;
  try {
    parts = statements(policy);
  } catch {
    throw malformed("Policies must be valid JSON and the first byte must be '{'");
  }
  if (policy.length > 20_480) throw awsError('PolicyTooLarge', 'Policy document exceeds the limit of 20480 bytes');
  const own = `arn:${world.partition}:s3:::${bucket.name}`;
  for (const { Resource } of parts) {
    if (!list(Resource).every((arn) => arn === own || arn.startsWith(`${own}/`)))
      throw malformed('Policy has invalid resource');
  }
  if (missingPrincipal(world, policy)) throw malformed('Invalid principal in policy');
  const open = parts.some(
    ({ Effect, Principal, Condition }) =>
      Effect === 'Allow' &&
      !Condition &&
      (Principal === '*' || (typeof Principal === 'object' && list(Principal.AWS).includes('*'))),
  );
  if (!open || !bucket.publicAccess?.BlockPublicPolicy) return;
  const message = `User: ${world.caller} is not authorized to perform: s3:PutBucketPolicy on resource: "${own}" because public policies are blocked by the BlockPublicPolicy block public access setting.`;
  throw awsError('AccessDenied', message, 403);
}

/** The whole set is replaced (Amazon S3 API reference, PutBucketTagging). */
const PutBucketTagging: Operation = (at, input) => {
  const bucket = bucketOf(at, input);
  const set = input.Tagging?.TagSet ?? [];
  const tags = tagRecord(set);
  if (Object.keys(tags).length < set.length)
    throw awsError('InvalidTag', 'Cannot provide multiple Tags with the same key');
  if (set.length > 50) throw awsError('BadRequest', 'Bucket tag count cannot be greater than 50');
  for (const [key, value] of Object.entries(tags)) {
    if (/^aws:/i.test(key)) throw awsError('InvalidTag', 'System tags cannot be added/updated by requester');
    if (!/^[\p{L}\p{Z}\p{N}_.:/=+\-@]{1,128}$/u.test(key))
      throw awsError('InvalidTag', 'The TagKey you have provided is invalid');
    if (!/^[\p{L}\p{Z}\p{N}_.:/=+\-@]{0,256}$/u.test(value))
      throw awsError('InvalidTag', 'The TagValue you have provided is invalid');
  }
  bucket.tags = tags;
  return {};
};

export const s3: Service = {
  ...buckets,
  ...objects,
  GetPublicAccessBlock: getter(
    'publicAccess',
    'PublicAccessBlockConfiguration',
    'NoSuchPublicAccessBlockConfiguration',
    'The public access block configuration was not found',
  ),
  PutPublicAccessBlock,
  DeletePublicAccessBlock: dropper('publicAccess'),
  GetBucketOwnershipControls: getter(
    'ownership',
    'OwnershipControls',
    'OwnershipControlsNotFoundError',
    'The bucket ownership controls were not found',
  ),
  PutBucketOwnershipControls: putter('ownership', 'OwnershipControls'),
  GetBucketEncryption: getter(
    'encryption',
    'ServerSideEncryptionConfiguration',
    'ServerSideEncryptionConfigurationNotFoundError',
    'The server side encryption configuration was not found',
  ),
  PutBucketEncryption,
  /** No Status at all where versioning was never set. */
  GetBucketVersioning: (at, input) => {
    const { versioning } = bucketOf(at, input);
    return versioning ? { Status: versioning } : {};
  },
  PutBucketVersioning,
  GetBucketLifecycleConfiguration: (at, input) =>
    found(bucketOf(at, input).lifecycle, 'NoSuchLifecycleConfiguration', 'The lifecycle configuration does not exist'),
  PutBucketLifecycleConfiguration,
  DeleteBucketLifecycle: dropper('lifecycle'),
  GetBucketPolicy: (at, input) => {
    const policy = found(bucketOf(at, input).policy, 'NoSuchBucketPolicy', 'The bucket policy does not exist');
    return { Policy: readBack(at.world, policy) };
  },
  PutBucketPolicy,
  DeleteBucketPolicy: dropper('policy'),
  GetBucketTagging: (at, input) => {
    const TagSet = tagList(bucketOf(at, input).tags);
    return { TagSet: found(TagSet.length ? TagSet : undefined, 'NoSuchTagSet', 'The TagSet does not exist') };
  },
  PutBucketTagging,
  DeleteBucketTagging: (at, input) => {
    bucketOf(at, input).tags = {};
    return {};
  },
};
