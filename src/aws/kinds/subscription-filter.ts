import {
  DeleteSubscriptionFilterCommand,
  PutSubscriptionFilterCommand,
  type SubscriptionFilter,
} from '@aws-sdk/client-cloudwatch-logs';
import type { RadError } from '../../engine/errors.ts';
import { absent, type Run, type Spec } from '../../engine/resource.ts';
import type { Aws } from '../clients.ts';
import { found, isError, restate } from '../errors.ts';
import { slots } from '../slots.ts';
import { listFilters } from '../survey.ts';
import { afterFirst, eventually } from '../wait.ts';
import { defineAwsKind } from './define.ts';

export type SubscriptionFilterSpec = {
  readonly filter: { readonly destination: string; readonly role: string; readonly pattern: string };
};

/** Named by its log group. It cannot be tagged, so its content says whose it is. */
export const subscriptionFilter = (filterName: string) =>
  defineAwsKind<SubscriptionFilterSpec>({
    type: 'logs:subscription-filter',
    claim: ({ filter: seen }, { filter: wanted }) =>
      seen?.destination === wanted.destination || seen?.role === wanted.role,

    async read(aws, logGroupName, how) {
      const filters = await (how === 'survey' ? aws.survey.filters(logGroupName) : listFilters(aws, logGroupName));
      const ours = filters.find((filter) => filter.filterName === filterName);
      const facts = { others: filters.filter((filter) => filter !== ours).map(holder) };
      return ours ? { exists: true, spec: { filter: toSpec(ours) }, tags: undefined, facts } : absent(facts);
    },

    put: {
      async filter(aws, logGroupName, { filter }, run) {
        const { destination: destinationArn, role: roleArn, pattern: filterPattern } = filter;
        const input = { logGroupName, filterName, filterPattern, destinationArn, roleArn };
        const send = () => aws.logs.send(new PutSubscriptionFilterCommand(input));
        const limit = { what: 'CloudWatch Logs to reach the stream', limit: 5 * 60_000 };
        try {
          await afterFirst(aws, () => eventually(send, isNotReady, run, limit), isUnreachable);
        } catch (error) {
          throw await refusal(aws, logGroupName, destinationArn, run, error);
        }
        await slots.noticeMade(aws, await othersOf(aws, logGroupName, filterName), destinationArn);
      },
    },

    delete: ({ logs }, logGroupName) =>
      found(logs.send(new DeleteSubscriptionFilterCommand({ logGroupName, filterName }))),
  });

const toSpec = ({ destinationArn = '', roleArn = '', filterPattern = '' }: SubscriptionFilter) => ({
  destination: destinationArn,
  role: roleArn,
  pattern: filterPattern,
});
const holder = ({ filterName = '', destinationArn = '' }: SubscriptionFilter): Spec => ({
  name: filterName,
  destination: destinationArn,
});

/**
 * PutSubscriptionFilter sends a test message through role and stream; until both are known everywhere it says one of these
 * (terraform-provider-aws retries both for 5 minutes).
 */
const isUnreachable = (error: unknown) =>
  isError(error, 'InvalidParameterException', 'Could not deliver test message') ||
  isError(error, 'ValidationException', 'assume the provided role');
/** Another write to the same log group was under way. */
const isCrossed = (error: unknown) => isError(error, 'OperationAbortedException');
const isNotReady = (error: unknown) => isUnreachable(error) || isCrossed(error);

const othersOf = async (aws: Aws, group: string, filter: string): Promise<number> =>
  (await aws.survey.filters(group)).filter(({ filterName }) => filterName !== filter).length;

async function refusal(aws: Aws, group: string, destination: string, run: Run, error: unknown): Promise<unknown> {
  if (isError(error, 'LimitExceededException')) {
    // Not those of the survey: somebody may have taken the last slot since.
    const holders = (await listFilters(aws, group)).map(({ filterName = '' }) => filterName);
    await slots.noticeFull(aws, holders.length, destination, run);
    return slotsFull(aws.region, group, holders, error);
  }
  if (isUnreachable(error)) {
    const hint =
      'check that the stream is ACTIVE and that no policy keeps CloudWatch Logs from its role, then run again';
    return restate(error, 'DELIVERY_DENIED', (error as Error).message, hint);
  }
  if (isError(error, 'InvalidParameterException', 'pattern')) {
    return restate(
      error,
      'AWS',
      (error as Error).message,
      'mend it with --filter-pattern, or go back to the default with --filter-pattern none',
    );
  }
  return error;
}

export function slotsFull(region: string, group: string, holders: readonly string[], cause: unknown = {}): RadError {
  const message = `no free subscription filter on ${group}: ${holders.join(', ')} hold${holders.length === 1 ? 's' : ''} them`;
  const command = `aws logs delete-subscription-filter --region ${region} --log-group-name ${group} --filter-name NAME`;
  return restate(cause, 'FILTER_SLOTS_FULL', message, `if one is no longer needed: ${command}`);
}
