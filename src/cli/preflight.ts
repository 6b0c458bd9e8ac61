import type { Settings } from '../desired/settings.ts';
import { codeThatUndoes } from '../doctor/infrastructure-code.ts';
import { type Step, writes } from '../engine/plan.ts';
import { type Notice, placeOf } from '../render/document.ts';
import type { Context } from './context.ts';
import { type Found, type Home, withoutPermission } from './discover.ts';
import { type Look, lookAtAccountPolicies, lookAtPermissions, lookAtSubnets } from './inspect.ts';

/**
 * What would make this plan fail, or undo it, as far as it can be told beforehand: hints, and never a gate. A plan that writes
 * nothing asks nothing, and what cannot be told is left to the run itself.
 */
export async function preflight(
  command: 'enable-audit' | 'teardown',
  { home, settings }: { readonly home: Home; readonly settings: Settings },
  found: readonly Found[],
  steps: readonly Step[],
  context: Context,
): Promise<Notice[]> {
  const todo = steps.filter((step) => writes(step) && !step.because);
  if (todo.length === 0) return [];
  const regions = found.filter(({ name }) => todo.some(({ resource }) => placeOf(resource) === name));
  const looks = await Promise.all([
    lookAtPermissions(
      home,
      settings,
      [command],
      regions.map(({ name }) => name),
      context,
    ),
    ...regions.flatMap(({ name, aws }) => {
      const here = todo.filter(({ resource }) => placeOf(resource) === name);
      return [
        lookAtSubnets(aws, here, context),
        ...(command === 'enable-audit'
          ? [lookAtAccountPolicies(home, aws, here, ['SUBSCRIPTION_FILTER_POLICY'], context)]
          : []),
      ];
    }),
  ]);
  const code = todo.filter(isLogging).flatMap((step) => codeThatUndoes(step));
  return [...looks.flatMap(({ findings }) => findings), ...code]
    .map(({ severity: _, ...notice }): Notice => notice)
    .concat(unasked(looks));
}

const isLogging = ({ resource }: Step) => resource.type === 'eks:cluster-logging';

const CONSEQUENCES: Readonly<Record<string, string>> = {
  'ec2:DescribeSubnets': 'whether the subnets of clusters have room for the change is not known',
  'iam:GetRole': 'whether permissions are missing is not known',
  'iam:SimulatePrincipalPolicy': 'whether permissions are missing is not known',
  'logs:DescribeAccountPolicies': 'whether a policy of the account sends these logs elsewhere too is not known',
};

function unasked(looks: readonly Look[]): Notice[] {
  const denied = looks.flatMap(({ unseen }) => unseen).filter(({ error }) => error.code === 'PERMISSION_DENIED');
  const actions = [...new Set(denied.map(({ action }) => action))].sort();
  return actions.map((action) => withoutPermission(action, CONSEQUENCES[action]!));
}
