import { type AccountPolicy, DescribeAccountPoliciesCommand, type PolicyType } from '@aws-sdk/client-cloudwatch-logs';
import type { Spec } from '../engine/resource.ts';
import type { Aws } from './clients.ts';

/** A policy of CloudWatch Logs that holds for log groups of the whole account in a region. */
export interface LogsPolicy {
  readonly type: string;
  readonly name: string;
  readonly document: Spec;
  appliesTo(logGroup: string): boolean;
}

/** Those of one type. The SDK has no paginator for them. */
export async function accountPolicies(
  { logs }: Aws,
  policyType: PolicyType,
  abortSignal: AbortSignal,
): Promise<LogsPolicy[]> {
  const found: LogsPolicy[] = [];
  let nextToken: string | undefined;
  do {
    const input = { policyType, ...(nextToken && { nextToken }) };
    const page = await logs.send(new DescribeAccountPoliciesCommand(input), { abortSignal });
    found.push(...(page.accountPolicies ?? []).map(read));
    nextToken = page.nextToken;
  } while (nextToken);
  return found;
}

const read = ({ policyType, policyName = '', policyDocument, selectionCriteria = '' }: AccountPolicy) => ({
  type: policyType ?? '',
  name: policyName,
  document: parsed(policyDocument),
  appliesTo: (group: string) => applies(selectionCriteria, group),
});

/** `LogGroupName NOT IN ["…"]`, or a prefix (CloudWatch Logs API reference, PutAccountPolicy); what is not understood is taken to apply. */
function applies(criteria: string, group: string): boolean {
  const named = [...criteria.matchAll(/"([^"]*)"/g)].map(([, name]) => name!);
  if (/^\s*LogGroupName NOT IN\b/.test(criteria)) return !named.includes(group);
  if (/^\s*LogGroupNamePrefix\b/.test(criteria)) return named.some((prefix) => group.startsWith(prefix));
  return true;
}

function parsed(document = '{}'): Spec {
  try {
    return JSON.parse(document) as Spec;
  } catch {
    return {};
  }
}
