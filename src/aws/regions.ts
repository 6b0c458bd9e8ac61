/** EKS regions per partition, as in the partition data of the AWS SDK; a test compares them. The first is where global calls go. */
const PARTITIONS = {
  aws: 'us-east-1 us-east-2 us-west-1 us-west-2 af-south-1 ap-east-1 ap-east-2 ap-northeast-1 ap-northeast-2 ap-northeast-3 ap-south-1 ap-south-2 ap-southeast-1 ap-southeast-2 ap-southeast-3 ap-southeast-4 ap-southeast-5 ap-southeast-6 ap-southeast-7 ca-central-1 ca-west-1 eu-central-1 eu-central-2 eu-north-1 eu-south-1 eu-south-2 eu-west-1 eu-west-2 eu-west-3 il-central-1 me-central-1 me-south-1 me-west-1 mx-central-1 sa-east-1 sa-west-1',
  'aws-cn': 'cn-north-1 cn-northwest-1',
  'aws-us-gov': 'us-gov-west-1 us-gov-east-1',
  'aws-eusc': 'eusc-de-east-1',
} as const;

export type Partition = keyof typeof PARTITIONS;

const entries = Object.entries(PARTITIONS).map(
  ([partition, regions]) => [partition as Partition, regions.split(' ')] as const,
);

export const knownRegions: readonly string[] = entries.flatMap(([, regions]) => regions);

export const partitions: readonly string[] = Object.keys(PARTITIONS);

/** `aws` for a region that this version does not know yet. */
export const partitionOf = (region: string): Partition =>
  entries.find(([, regions]) => regions.includes(region))?.[0] ?? 'aws';

export const regionsOf = (partition: Partition): readonly string[] => PARTITIONS[partition].split(' ');

/** IAM answers here; its calls count as made in this region. */
export const homeRegionOf = (partition: Partition): string => regionsOf(partition)[0]!;
