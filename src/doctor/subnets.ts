import { as, type Found } from './exam.ts';

/** EKS makes network interfaces anew when logging changes: up to five addresses in each subnet (EKS user guide, control plane logs). */
const ENOUGH = 5;

export interface Network {
  readonly cluster: string;
  readonly subnets: readonly string[];
  /** Its logging is still to be turned on, or off again. */
  readonly changes: boolean;
}

/** `free` has the subnets that there are, with their free addresses. */
export function tightSubnets(region: string, networks: readonly Network[], free: ReadonlyMap<string, number>): Found[] {
  return networks.flatMap(({ cluster, subnets, changes }) => {
    const tight = subnets.filter((id) => (free.get(id) ?? 0) < ENOUGH);
    if (tight.length === 0) return [];
    const none = tight.some((id) => !free.get(id));
    const told = tight.map((id) => (free.has(id) ? `${id} has ${free.get(id)}` : `${id} does not exist`)).join(', ');
    const what = `cluster ${cluster} in ${region} has too few free addresses: ${told}`;
    return [
      as(changes ? (none ? 'error' : 'warning') : 'note', {
        code: 'SUBNET_IPS',
        region,
        id: cluster,
        message: `${what}; EKS may need ${ENOUGH} in each subnet to ${changes ? 'change its logging' : 'change its logging later on'}`,
        hint: `free some, or give the cluster other subnets: aws eks update-cluster-config --region ${region} --name ${cluster} --resources-vpc-config subnetIds=SUBNET,SUBNET`,
      }),
    ];
  });
}
