import { compare, own, page } from '../basics.ts';
import { awsError } from '../errors.ts';
import { matches, trouble } from '../filter-pattern.ts';
import type { Filter, LogGroup } from '../model.ts';
import { logsAssumes } from '../policy.ts';
import { groupOf } from './groups.ts';
import { isFirehose, reachable, sendControl } from './ingestion.ts';
import { type At, type Input, limit, type Operation, type Service } from './service.ts';

const invalid = (message: string) => awsError('InvalidParameterException', message);

function checkDelivery(at: At, group: LogGroup, filter: Filter): void {
  const { world, region } = at;
  if (!logsAssumes(world, region, group.name, filter.roleArn ?? '')) {
    throw awsError(
      'ValidationException',
      'Make sure you have given CloudWatch Logs permission to assume the provided role.',
    );
  }
  const stream = reachable(world, region, filter);
  if (!stream) {
    throw invalid(
      'Could not deliver test message to specified Firehose stream. Check if the given Firehose stream is in ACTIVE state.',
    );
  }
  sendControl(world, region, stream);
}

function checkFields(input: Input): void {
  const { filterName, filterPattern, destinationArn, roleArn } = input;
  if (!/^[^:*]{1,512}$/.test(filterName)) throw invalid(`Invalid filterName: ${filterName}`);
  if (filterPattern.length > 1_024)
    throw invalid(
      "1 validation error detected: Value at 'filterPattern' failed to satisfy constraint: Member must have length less than or equal to 1024",
    );
  if (trouble(filterPattern)) throw invalid('Invalid filter pattern');
  const service = destinationArn.split(':')[2];
  if (!['firehose', 'kinesis', 'lambda', 'logs'].includes(service))
    throw invalid(`PutSubscriptionFilter operation cannot work with destinationArn for vendor ${service}`);
  if (service === 'lambda' && roleArn) throw invalid('destinationArn for vendor lambda cannot be used with roleArn');
  if (service === 'firehose' && !roleArn)
    throw invalid('destinationArn for vendor firehose cannot be used without roleArn');
}

const PutSubscriptionFilter: Operation = (at, input) => {
  const { filterName, filterPattern, destinationArn, roleArn, distribution = 'ByLogStream' } = input;
  const group = groupOf(at, input.logGroupName);
  checkFields(input);
  if (group.class !== 'STANDARD')
    throw invalid('Subscription filters are supported only for log groups in the Standard log class.');
  const known = own(group.filters, filterName);
  const full = Object.keys(group.filters).length >= at.world.quotas.filtersPerGroup;
  if (!known && full) throw awsError('LimitExceededException', 'Resource limit exceeded.');
  const filter: Filter = {
    filterName,
    logGroupName: group.name,
    filterPattern,
    destinationArn,
    ...(roleArn && { roleArn }),
    distribution,
    creationTime: known?.creationTime ?? at.now,
  };
  if (isFirehose(destinationArn)) checkDelivery(at, group, filter);
  group.filters[filterName] = filter;
  return {};
};

/** CloudWatch Logs API reference, TestMetricFilter: up to 50 messages; those that match, numbered from 1. */
const TestMetricFilter: Operation = (_, { filterPattern = '', logEventMessages = [] }) => {
  if (!logEventMessages.length || logEventMessages.length > 50)
    throw invalid('logEventMessages must hold 1 to 50 messages.');
  if (trouble(filterPattern)) throw invalid('Invalid metric filter pattern');
  const all: { eventNumber: number; eventMessage: string }[] = logEventMessages.map(
    (eventMessage: string, index: number) => ({ eventNumber: index + 1, eventMessage }),
  );
  return { matches: all.filter(({ eventMessage }) => matches(filterPattern, eventMessage)) };
};

export const filters: Service = {
  PutSubscriptionFilter,
  TestMetricFilter,
  DescribeSubscriptionFilters: (at, input) => {
    const prefix = input.filterNamePrefix ?? '';
    const found = Object.values(groupOf(at, input.logGroupName).filters)
      .filter(({ filterName }) => filterName.startsWith(prefix))
      .sort((a, b) => compare(a.filterName, b.filterName));
    const { items, next } = page(found, ({ filterName }) => filterName, limit(at, input.limit), input.nextToken);
    const subscriptionFilters = items.map((filter) => ({ ...filter, applyOnTransformedLogs: false }));
    return { subscriptionFilters, ...(next && { nextToken: next }) };
  },
  DeleteSubscriptionFilter: (at, { logGroupName, filterName }) => {
    const group = groupOf(at, logGroupName);
    if (!own(group.filters, filterName))
      throw awsError('ResourceNotFoundException', 'The specified subscription filter does not exist.');
    delete group.filters[filterName];
    return {};
  },
};
