// Loaded only when subnets are looked at, and no more of this large package than that needs.
export { EC2Client, paginateDescribeSubnets } from '@aws-sdk/client-ec2';
