import type { JsonObject } from './model.ts';

/** On by default in every account (AWS Account Management guide, "Enable or disable AWS Regions"). */
export const defaultRegions: readonly string[] =
  'ap-northeast-1 ap-northeast-2 ap-northeast-3 ap-south-1 ap-southeast-1 ap-southeast-2 ca-central-1 eu-central-1 eu-north-1 eu-west-1 eu-west-2 eu-west-3 sa-east-1 us-east-1 us-east-2 us-west-1 us-west-2'.split(
    ' ',
  );

/** To be enabled first (same source). */
export const optInRegions: readonly string[] =
  'af-south-1 ap-east-1 ap-east-2 ap-south-2 ap-southeast-3 ap-southeast-4 ap-southeast-5 ap-southeast-6 ap-southeast-7 ca-west-1 eu-central-2 eu-south-1 eu-south-2 il-central-1 me-central-1 me-south-1 mx-central-1'.split(
    ' ',
  );

export const logTypes: readonly string[] = ['api', 'audit', 'authenticator', 'controllerManager', 'scheduler'];

/** IAM, S3, Amazon Data Firehose and CloudWatch Logs quotas; filters as the CloudWatch Logs API reference still has them. */
export const quotas = { filtersPerGroup: 2, roles: 1_000, buckets: 10_000, streams: 5_000, groups: 1_000_000 };

/** Calls per second, account and region (CloudWatch Logs quotas; Amazon Data Firehose quotas: 5 of each control call). */
export const perSecond: Readonly<Record<string, number>> = {
  'logs:PutSubscriptionFilter': 5,
  'logs:DeleteSubscriptionFilter': 5,
  'logs:DescribeSubscriptionFilters': 5,
  'logs:DescribeLogGroups': 10,
  'logs:CreateLogGroup': 10,
  'logs:DeleteLogGroup': 10,
  'logs:PutRetentionPolicy': 5,
  'logs:TagResource': 5,
  'logs:UntagResource': 5,
  'logs:ListTagsForResource': 30,
  'logs:DescribeLogStreams': 25,
  'logs:FilterLogEvents': 5,
  'firehose:CreateDeliveryStream': 5,
  'firehose:DescribeDeliveryStream': 5,
  'firehose:UpdateDestination': 5,
  'firehose:DeleteDeliveryStream': 5,
  'firehose:ListDeliveryStreams': 5,
  'firehose:TagDeliveryStream': 5,
  'firehose:UntagDeliveryStream': 5,
  'firehose:ListTagsForDeliveryStream': 5,
  'firehose:StartDeliveryStreamEncryption': 5,
  'firehose:StopDeliveryStreamEncryption': 5,
};

/** What DescribeDeliveryStream fills in (Amazon Data Firehose API reference, ExtendedS3DestinationDescription). */
export const destinationDefaults: JsonObject = {
  BufferingHints: { SizeInMBs: 5, IntervalInSeconds: 300 },
  CompressionFormat: 'UNCOMPRESSED',
  EncryptionConfiguration: { NoEncryptionConfig: 'NoEncryption' },
  CloudWatchLoggingOptions: { Enabled: false },
  ProcessingConfiguration: { Enabled: false, Processors: [] },
  DataFormatConversionConfiguration: { Enabled: false },
  S3BackupMode: 'Disabled',
  CustomTimeZone: 'UTC',
};
