import type { Aws } from './clients.ts';

/** EC2 API reference, DescribeSubnets: values of one filter. */
const MOST_VALUES = 200;

/** How many addresses are free in each of these subnets; one that does not exist is left out. */
export async function freeAddresses(
  aws: Aws,
  ids: readonly string[],
  abortSignal: AbortSignal,
): Promise<ReadonlyMap<string, number>> {
  if (ids.length === 0) return new Map();
  const [client, { paginateDescribeSubnets }] = await Promise.all([aws.ec2(), import('./ec2-client.ts')]);
  const free = new Map<string, number>();
  for (let at = 0; at < ids.length; at += MOST_VALUES) {
    // By a filter: one id that does not exist would make an error of all when they are named.
    const Filters = [{ Name: 'subnet-id', Values: ids.slice(at, at + MOST_VALUES) }];
    for await (const { Subnets = [] } of paginateDescribeSubnets({ client }, { Filters }, { abortSignal }))
      for (const { SubnetId = '', AvailableIpAddressCount = 0 } of Subnets) free.set(SubnetId, AvailableIpAddressCount);
  }
  return free;
}

/** The subnets that EKS has for the control plane of a cluster. */
export const subnetsOf = async ({ survey }: Aws, cluster: string): Promise<readonly string[]> =>
  (await survey.cluster(cluster))?.resourcesVpcConfig?.subnetIds ?? [];
