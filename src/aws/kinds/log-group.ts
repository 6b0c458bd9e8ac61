import {
  CreateLogGroupCommand,
  CreateLogStreamCommand,
  DeleteLogGroupCommand,
  DescribeLogStreamsCommand,
  ListTagsForResourceCommand,
  type LogGroup,
  PutRetentionPolicyCommand,
  TagResourceCommand,
  UntagResourceCommand,
} from '@aws-sdk/client-cloudwatch-logs';
import { absent, type How, type Json, type Kind, type Tags } from '../../engine/resource.ts';
import type { Aws } from '../clients.ts';
import { found, unlessExists } from '../errors.ts';
import { usedUp } from '../quotas.ts';
import { partitionOf } from '../regions.ts';
import { listLogGroups } from '../survey.ts';
import { until } from '../wait.ts';
import { defineAwsKind } from './define.ts';

export type ClusterLogGroupSpec = {
  /** Days. */
  readonly retention: number;
};
export type ErrorLogGroupSpec = ClusterLogGroupSpec & { readonly stream: string };

const find = async (aws: Aws, name: string, how: How): Promise<LogGroup | undefined> =>
  how === 'survey' && name.startsWith('/aws/eks/')
    ? (await aws.survey.logGroups()).get(name)
    : (await listLogGroups(aws, name)).find((group) => group.logGroupName === name);

// Tag calls take the ARN without ':*', which DescribeLogGroups ends `arn` in (CloudWatch Logs API reference, LogGroup).
const arnOf = ({ region, accountId }: Aws, name: string) =>
  `arn:${partitionOf(region)}:logs:${region}:${accountId}:log-group:${name}`;
const tagsOf = async (aws: Aws, name: string): Promise<Tags> =>
  (await found(aws.logs.send(new ListTagsForResourceCommand({ resourceArn: arnOf(aws, name) }))))?.tags ?? {};

/** What both log groups share: how one is made, tagged and removed. */
const common = {
  type: 'logs:log-group',

  async create(aws, logGroupName, _spec, tags, run) {
    const command = new CreateLogGroupCommand({ logGroupName, tags: { ...tags } });
    await unlessExists(aws.logs.send(command)).catch(usedUp(aws, 'logGroups'));
    await until(() => find(aws, logGroupName, 'fresh'), Boolean, run, { what: `log group ${logGroupName} to appear` });
  },
  tag: (aws, name, tags) => aws.logs.send(new TagResourceCommand({ resourceArn: arnOf(aws, name), tags: { ...tags } })),
  untag: (aws, name, tagKeys) =>
    aws.logs.send(new UntagResourceCommand({ resourceArn: arnOf(aws, name), tagKeys: [...tagKeys] })),
  delete: ({ logs }, logGroupName) => found(logs.send(new DeleteLogGroupCommand({ logGroupName }))),

  /** A group that never expires keeps longest of all. */
  stricter: (path, before, after) => path === 'retention' && (before === null || Number(before) > Number(after)),
} satisfies Partial<Kind<ClusterLogGroupSpec, Aws>>;

const retention: Kind<ClusterLogGroupSpec, Aws>['put']['retention'] = ({ logs }, logGroupName, spec) =>
  logs.send(new PutRetentionPolicyCommand({ logGroupName, retentionInDays: spec.retention }));

const days = (group: LogGroup) => ({ retention: (group.retentionInDays ?? null) as number });
const facts = (group: LogGroup): Record<string, Json> => ({
  class: group.logGroupClass ?? 'STANDARD',
  kmsKey: group.kmsKeyId ?? null,
  metricFilters: group.metricFilterCount ?? 0,
  retention: group.retentionInDays ?? null,
});

/** Where EKS writes. Ours only where it had to be made; an existing one is the customer's and never changed. */
export const clusterLogGroup = defineAwsKind<ClusterLogGroupSpec>({
  ...common,
  claim: 'if-made',
  async read(aws, name, how) {
    const group = await find(aws, name, how);
    return group ? { exists: true, spec: days(group), tags: await tagsOf(aws, name), facts: facts(group) } : absent();
  },
  put: { retention },
});

/** Where Firehose writes what it could not deliver. */
export const errorLogGroup = defineAwsKind<ErrorLogGroupSpec>({
  ...common,
  claim: 'tag',
  async read(aws, logGroupName, how) {
    const group = await find(aws, logGroupName, how);
    if (!group) return absent();
    const [tags, streams] = await Promise.all([
      tagsOf(aws, logGroupName),
      found(aws.logs.send(new DescribeLogStreamsCommand({ logGroupName, logStreamNamePrefix: ERROR_LOG_STREAM }))),
    ]);
    const stream = streams?.logStreams?.find(({ logStreamName }) => logStreamName === ERROR_LOG_STREAM)?.logStreamName;
    return { exists: true, spec: { ...days(group), ...(stream && { stream }) }, tags, facts: facts(group) };
  },
  put: {
    retention,
    stream: async ({ logs }, logGroupName, { stream }) =>
      unlessExists(logs.send(new CreateLogStreamCommand({ logGroupName, logStreamName: stream }))),
  },
});

/** The name that Firehose's own console gives to the stream of its S3 errors. */
export const ERROR_LOG_STREAM = 'S3Delivery';
