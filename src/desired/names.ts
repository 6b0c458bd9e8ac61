import { RadError } from '../engine/errors.ts';

const PRODUCT = '-eks-audit-logs';
/** Whether a filter of this name belongs to an installation of rad-connect, with whatever prefix. */
export const isOfInstallation = (filter: string): boolean => filter.endsWith(PRODUCT);

/** Every name and ARN is computed from prefix, partition, account and region, so nothing has to be remembered. */
export function namesOf(prefix: string, partition: string, account: string) {
  const product = `${prefix}${PRODUCT}`;
  const arn = (service: string, region: string, owner: string, resource: string) =>
    `arn:${partition}:${service}:${region}:${owner}:${resource}`;
  const bucketStem = `${product}-${account}-`;
  const role = {
    subscription: `${prefix}-cloudwatch-logs`,
    delivery: `${prefix}-firehose`,
    reader: `${prefix}-audit-logs`,
  };
  const errorLogGroup = `/aws/kinesisfirehose/${product}`;
  return {
    prefix,
    role,
    stream: product,
    filter: product,
    errorLogGroup,
    bucketStem,
    bucket: (region: string) => bucketName(prefix, account, region),
    /** The region in whose bucket name this is ours, or undefined. */
    regionOfBucket(bucket: string): string | undefined {
      const region = bucket.slice(bucketStem.length).replace(/-an$/, '');
      return /-\d+$/.test(region) && bucketName(prefix, account, region) === bucket ? region : undefined;
    },
    roleArn: (name: string, path = '/') => arn('iam', '', account, `role${path}${name}`),
    bucketArn: (bucket: string) => arn('s3', '', '', bucket),
    allBucketsArn: arn('s3', '', '', `${bucketStem}*`),
    streamArn: (region: string) => arn('firehose', region, account, `deliverystream/${product}`),
    /** In China CloudWatch Logs goes by another name, and Firehose does not (terraform-provider-aws, aws_service_principal). */
    logsService: `logs.amazonaws.com${partition === 'aws-cn' ? '.cn' : ''}`,
    logsSourceArn: arn('logs', '*', account, '*'),
    logGroupArn: (region: string, group: string) => arn('logs', region, account, `log-group:${group}`),
    errorLogStreamArn: (stream: string, region = '*') =>
      arn('logs', region, account, `log-group:${errorLogGroup}:log-stream:${stream}`),
  };
}
export type Names = ReturnType<typeof namesOf>;

/** Regions without the account-regional bucket namespace (S3 User Guide, general purpose bucket namespaces). */
const NO_NAMESPACE = ['me-south-1', 'me-central-1'];

const bucketName = (prefix: string, account: string, region: string) =>
  `${prefix}${PRODUCT}-${account}-${region}${NO_NAMESPACE.includes(region) ? '' : '-an'}`;

/** The prefix of the installation whose bucket would have this name. */
export function installationOf(bucket: string, account: string): string | undefined {
  const [, prefix, region] = new RegExp(`^(.+)${PRODUCT}-${account}-(.+-\\d+)(-an)?$`).exec(bucket) ?? [];
  return prefix && region && bucketName(prefix, account, region) === bucket ? prefix : undefined;
}

export const clusterLogGroupName = (cluster: string) => `/aws/eks/${cluster}/cluster`;
export const clusterOfLogGroup = (name: string): string | undefined => /^\/aws\/eks\/([^/]+)\/cluster$/.exec(name)?.[1];

/** How the log streams begin that hold an event of `verify --canary` and nothing else. */
export const CANARY = 'rad-connect-canary-';

const LONGEST_PREFIX = 17;
const LONGEST_BUCKET = 63;
const RESERVED = ['xn--', 'sthree-', 'amzn-s3-demo-'];

/** Fails when a name of ours would break a rule of AWS, before any call. */
export function checkPrefix(prefix: string, regions: readonly string[]): void {
  const no = (why: string) => new RadError('USAGE', `--name-prefix ${prefix}: ${why}`);
  if (!/^[a-z0-9](-?[a-z0-9])*$/.test(prefix))
    throw no('use lower-case letters, digits and single dashes between them');
  if (prefix.length > LONGEST_PREFIX) throw no(`at most ${LONGEST_PREFIX} characters`);
  const reserved = RESERVED.find((start) => `${prefix}-`.startsWith(start));
  if (reserved) throw no(`S3 reserves bucket names that begin with ${reserved}`);
  for (const region of regions) {
    const surplus = bucketName(prefix, '000000000000', region).length - LONGEST_BUCKET;
    if (surplus > 0)
      throw no(`at most ${prefix.length - surplus} characters for ${region}, whose bucket name would be too long`);
  }
}
