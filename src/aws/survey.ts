import {
  type LogGroup,
  paginateDescribeLogGroups,
  paginateDescribeSubscriptionFilters,
  type SubscriptionFilter,
} from '@aws-sdk/client-cloudwatch-logs';
import { type Cluster, DescribeClusterCommand, paginateListClusters } from '@aws-sdk/client-eks';
import type { Aws } from './clients.ts';
import { found } from './errors.ts';

/** What a region holds, each question asked at most once: CloudWatch Logs allows only 5 to 10 of them a second. */
export interface Survey {
  clusterNames(): Promise<string[]>;
  cluster(name: string): Promise<Cluster | undefined>;
  /** The control-plane log groups, by name. */
  logGroups(): Promise<ReadonlyMap<string, LogGroup>>;
  /** Of a control-plane log group; none when it does not exist. */
  filters(logGroupName: string): Promise<SubscriptionFilter[]>;
}

export function createSurvey(aws: () => Aws): Survey {
  const once = memo();
  const logGroups = () => once('groups', async () => byName(await listLogGroups(aws(), '/aws/eks/')));
  return {
    clusterNames: () => once('clusters', () => listClusters(aws())),
    cluster: (name) => once(`cluster ${name}`, () => describeCluster(aws(), name)),
    logGroups,
    // AWS answers few of these a second: a group that the listing does not have needs none.
    filters: (group) =>
      once(`filters ${group}`, async () => ((await logGroups()).has(group) ? listFilters(aws(), group) : [])),
  };
}

function memo() {
  const answers = new Map<string, Promise<unknown>>();
  return <T>(question: string, ask: () => Promise<T>): Promise<T> => {
    const answer = (answers.get(question) as Promise<T> | undefined) ?? ask();
    answers.set(question, answer);
    return answer;
  };
}

async function listClusters({ eks: client }: Aws): Promise<string[]> {
  const names: string[] = [];
  for await (const { clusters = [] } of paginateListClusters({ client }, {})) names.push(...clusters);
  return names.sort();
}

export const describeCluster = async ({ eks }: Aws, name: string): Promise<Cluster | undefined> =>
  (await found(eks.send(new DescribeClusterCommand({ name }))))?.cluster;

export async function listLogGroups({ logs: client }: Aws, logGroupNamePrefix: string): Promise<LogGroup[]> {
  const groups: LogGroup[] = [];
  for await (const page of paginateDescribeLogGroups({ client }, { logGroupNamePrefix }))
    groups.push(...(page.logGroups ?? []));
  return groups;
}

const byName = (groups: LogGroup[]) => new Map(groups.map((group) => [group.logGroupName!, group]));

export async function listFilters({ logs: client }: Aws, logGroupName: string): Promise<SubscriptionFilter[]> {
  const filters: SubscriptionFilter[] = [];
  const listing = async () => {
    for await (const page of paginateDescribeSubscriptionFilters({ client }, { logGroupName }))
      filters.push(...(page.subscriptionFilters ?? []));
    return filters;
  };
  return (await found(listing())) ?? [];
}
