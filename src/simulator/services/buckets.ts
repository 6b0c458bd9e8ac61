import { own, page, sorted, tagRecord } from '../basics.ts';
import { awsError } from '../errors.ts';
import type { Bucket } from '../model.ts';
import { addBucket } from '../world.ts';
import type { At, Input, Operation, Service } from './service.ts';

const denied = () => awsError('AccessDenied', 'Access Denied', 403);

/** The bucket a call names, if it is of this account, of the owner that the caller expects, and of the client's region. */
export function bucketOf({ world, region }: At, { Bucket: name, ExpectedBucketOwner: expected }: Input): Bucket {
  const bucket = own(world.buckets, name);
  if (!bucket) throw awsError('NoSuchBucket', 'The specified bucket does not exist', 404, { BucketName: name });
  if (bucket.region !== region) {
    const message =
      'The bucket you are attempting to access must be addressed using the specified endpoint. Please send all future requests to this endpoint.';
    throw awsError('PermanentRedirect', message, 301, { Endpoint: `${name}.s3.${bucket.region}.amazonaws.com` });
  }
  if (bucket.owner !== world.account || (expected && expected !== bucket.owner)) throw denied();
  return bucket;
}

const badName = () => awsError('InvalidBucketName', 'The specified bucket is not valid.');

/** Amazon S3 user guide, "General purpose bucket naming rules" and "Namespaces for general purpose buckets". */
function checkName({ world, region }: At, { Bucket: name, BucketNamespace: namespace }: Input): void {
  if (!/^[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]$/.test(name) || /\.\.|^xn--|^sthree-|^amzn-s3-demo-/.test(name))
    throw badName();
  if (/-s3alias$|--ol-s3$|\.mrap$|--x-s3$|--table-s3$/.test(name)) throw badName();
  if (namespace !== 'account-regional') {
    if (name.endsWith('-an')) throw badName();
    return;
  }
  if (region === 'me-south-1' || region === 'me-central-1') {
    throw awsError('InvalidRequest', 'The account regional namespace is not supported in this Region.');
  }
  if (!name.endsWith(`-${world.account}-${region}-an`)) throw badName();
}

function checkLocation({ region }: At, constraint: string | undefined): void {
  if (constraint === 'us-east-1')
    throw awsError('InvalidLocationConstraint', 'The specified location-constraint is not valid');
  const wanted = constraint ?? 'us-east-1';
  if (wanted === region) return;
  const message = `The ${constraint ?? 'unspecified'} location constraint is incompatible for the region specific endpoint this request was sent to.`;
  throw awsError('IllegalLocationConstraintException', message);
}

/** In us-east-1 a bucket of one's own in the global namespace is no error (Amazon S3 API reference, CreateBucket). */
function taken(at: At, name: string): boolean {
  const bucket = own(at.world.buckets, name);
  if (!bucket) return false;
  if (bucket.owner !== at.world.account) {
    const message =
      'The requested bucket name is not available. The bucket namespace is shared by all users of the system. Please select a different name and try again.';
    throw awsError('BucketAlreadyExists', message, 409, { BucketName: name });
  }
  if (bucket.region === 'us-east-1' && at.region === 'us-east-1' && bucket.namespace === 'global') return true;
  const message = 'Your previous request to create the named bucket succeeded and you already own it.';
  throw awsError('BucketAlreadyOwnedByYou', message, 409, { BucketName: name });
}

const CreateBucket: Operation = (at, input) => {
  const { Bucket: name, CreateBucketConfiguration: configuration = {}, ObjectOwnership: ownership } = input;
  checkName(at, input);
  checkLocation(at, configuration.LocationConstraint);
  const answer = { Location: `/${name}`, BucketArn: `arn:${at.world.partition}:s3:::${name}` };
  if (taken(at, name)) return answer;
  const { account, buckets, quotas } = at.world;
  if (Object.values(buckets).filter(({ owner }) => owner === account).length >= quotas.buckets)
    throw awsError('TooManyBuckets', 'You have attempted to create more buckets than allowed');
  addBucket(at.world, at.region, name, {
    createdAt: at.now,
    namespace: input.BucketNamespace === 'account-regional' ? 'account-regional' : 'global',
    tags: tagRecord(configuration.Tags),
    ...(ownership && { ownership: { Rules: [{ ObjectOwnership: ownership }] } }),
  });
  return answer;
};

const DeleteBucket: Operation = (at, input) => {
  const bucket = bucketOf(at, input);
  if (bucket.objects.length) {
    const message = `The bucket you tried to delete is not empty.${bucket.versioning ? ' You must delete all versions in the bucket.' : ''}`;
    throw awsError('BucketNotEmpty', message, 409, { BucketName: bucket.name });
  }
  delete at.world.buckets[bucket.name];
  return {};
};

/** Without MaxBuckets all come at once (Amazon S3 API reference, ListBuckets). */
const ListBuckets: Operation = (at, { Prefix = '', BucketRegion, MaxBuckets, ContinuationToken }) => {
  const { account, buckets, pageSize, partition } = at.world;
  const mine = sorted(buckets).filter(
    ({ name, owner, region }) =>
      owner === account && name.startsWith(Prefix) && (!BucketRegion || region === BucketRegion),
  );
  const size = MaxBuckets ? Math.min(MaxBuckets, pageSize) : mine.length;
  const { items, next } = page(mine, ({ name }) => name, size, ContinuationToken);
  const Buckets = items.map(({ name, createdAt, region }) => ({
    Name: name,
    CreationDate: new Date(createdAt),
    BucketRegion: region,
    BucketArn: `arn:${partition}:s3:::${name}`,
  }));
  return {
    Buckets,
    Owner: { ID: `owner-${account}` },
    ...(Prefix && { Prefix }),
    ...(next && { ContinuationToken: next }),
  };
};

export const buckets: Service = {
  CreateBucket,
  DeleteBucket,
  ListBuckets,
  HeadBucket: (at, input) => {
    const { name, region } = bucketOf(at, input);
    return { BucketRegion: region, BucketArn: `arn:${at.world.partition}:s3:::${name}`, AccessPointAlias: false };
  },
  /** us-east-1 has no constraint (Amazon S3 API reference, GetBucketLocation). */
  GetBucketLocation: (at, input) => {
    const { region } = bucketOf(at, input);
    return region === 'us-east-1' ? {} : { LocationConstraint: region };
  },
};
