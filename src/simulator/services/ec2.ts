import { page, uuidOf } from '../basics.ts';
import { awsError } from '../errors.ts';
import type { Cluster } from '../model.ts';
import { type Input, limit, type Service } from './service.ts';

const idOf = (name: string) => `subnet-${uuidOf(name).replaceAll('-', '').slice(0, 17)}`;
/** Of a network with 256 addresses, of which AWS keeps five (Amazon VPC user guide, "Subnet CIDR blocks"). */
const ROOMY = 251;

/** Free addresses by subnet. */
export const subnetsOf = ({ name, subnets }: Cluster): Record<string, number> =>
  subnets ?? { [idOf(`${name} a`)]: ROOMY, [idOf(`${name} b`)]: ROOMY };

export const ec2: Service = {
  /** EC2 API reference, DescribeSubnets: a filter that matches nothing is no error. */
  DescribeSubnets: (at, { Filters = [], MaxResults, NextToken }) => {
    const other = Filters.find(({ Name }: Input) => Name !== 'subnet-id');
    if (other) throw awsError('NotImplemented', `the simulator does not know the filter ${other.Name}`, 501);
    const all = Object.entries(Object.assign({}, ...Object.values(at.here.clusters).map(subnetsOf)))
      .filter(([id]) => Filters.every(({ Values }: Input) => Values.includes(id)))
      .sort(([a], [b]) => (a < b ? -1 : 1));
    const { items, next } = page(all, ([id]) => id, limit(at, MaxResults), NextToken);
    const Subnets = items.map(([SubnetId, AvailableIpAddressCount]) => ({
      SubnetId,
      AvailableIpAddressCount,
      State: 'available',
    }));
    return { Subnets, ...(next && { NextToken: next }) };
  },
};
