import { type ContextEntry, GetRoleCommand, paginateSimulatePrincipalPolicy } from '@aws-sdk/client-iam';
import { RadError } from '../engine/errors.ts';
import type { Aws } from './clients.ts';
import { found } from './errors.ts';

/** Actions on things, with the condition keys that such a request would have. */
export interface Simulated {
  readonly actions: readonly string[];
  readonly resources: readonly string[];
  readonly context: Readonly<Record<string, readonly string[]>>;
}

/** IAM API reference, SimulatePrincipalPolicy. */
const MOST_RESULTS = 1_000;

/**
 * The user or role whose policies hold for who calls; undefined for what IAM does not simulate: the root user, federated users.
 * The ARN of a session has lost the path of its role, which those of IAM Identity Center always have.
 */
export async function principalOf({ iam }: Aws, caller: string, abortSignal: AbortSignal): Promise<string | undefined> {
  if (/^arn:[\w-]+:iam::\d+:user\//.test(caller)) return caller;
  const [, partition, account, RoleName] = /^arn:([\w-]+):sts::(\d+):assumed-role\/([^/]+)\//.exec(caller) ?? [];
  if (!RoleName) return undefined;
  if (!RoleName.startsWith('AWSReservedSSO_')) return `arn:${partition}:iam::${account}:role/${RoleName}`;
  return (await iam.send(new GetRoleCommand({ RoleName }), { abortSignal })).Role?.Arn;
}

/** Of these actions, those that IAM would seem to deny. A hint: it does not see sessions, policies of resources, and conditions of an organization. */
export async function seemsDenied(
  { iam: client }: Aws,
  principal: string,
  asked: readonly Simulated[],
  abortSignal: AbortSignal,
): Promise<string[]> {
  const looks = Promise.all(
    asked.map(async ({ actions, resources, context }) => {
      const input = {
        PolicySourceArn: principal,
        ActionNames: [...actions],
        ResourceArns: [...resources],
        ContextEntries: Object.entries(context).map(entry),
        MaxItems: MOST_RESULTS,
      };
      const names: string[] = [];
      for await (const { EvaluationResults = [] } of paginateSimulatePrincipalPolicy({ client }, input, {
        abortSignal,
      })) {
        for (const { EvalActionName = '', EvalDecision, ResourceSpecificResults = [] } of EvaluationResults) {
          const decisions = [EvalDecision, ...ResourceSpecificResults.map((one) => one.EvalResourceDecision)];
          if (decisions.some((decision) => decision !== 'allowed')) names.push(EvalActionName);
        }
      }
      return names;
    }),
  );
  const denied = await found(looks);
  if (!denied)
    throw new RadError('AWS', `IAM finds no ${principal}: of a role with a path its session does not tell it`);
  return [...new Set(denied.flat())].sort();
}

const entry = ([ContextKeyName, values]: [string, readonly string[]]): ContextEntry => ({
  ContextKeyName,
  ContextKeyValues: [...values],
  ContextKeyType: values.length > 1 ? 'stringList' : /^(true|false)$/.test(values[0]!) ? 'boolean' : 'string',
});
