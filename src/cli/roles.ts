import { trustOf } from '../aws/kinds/role.ts';
import { seemsDenied } from '../aws/simulate.ts';
import { type Region, regionSettings } from '../desired/account.ts';
import { ROLES, roleNeeds } from '../desired/needs.ts';
import { deliveryRole, readerRole, subscriptionRole } from '../desired/policies.ts';
import { GIVEN_ROLES, roleArns, roleNameOf } from '../desired/roles.ts';
import { isNewlyGiven, keysOf, type Settings } from '../desired/settings.ts';
import { RadError } from '../engine/errors.ts';
import type { Json, Spec } from '../engine/resource.ts';
import type { Notice } from '../render/document.ts';
import type { Context } from './context.ts';
import type { Home } from './discover.ts';
import { look } from './inspect.ts';
import { asText, troubleOfTrust } from './trust.ts';
import { noSuch } from './values.ts';

type Which = (typeof ROLES)[number];

/**
 * What roles that were made elsewhere seem to lack, each with the statement to add. They are never changed. Throws USAGE for one
 * that this run names for the first time, and that is not there, or whose trust is not as it must be: nothing of it is recorded.
 */
export async function lookAtRoles(
  home: Home,
  regions: readonly Region[],
  settings: Settings,
  context: Context,
): Promise<Notice[]> {
  const used = ROLES.filter((which) => settings[GIVEN_ROLES[which].setting]);
  const told = await Promise.all(used.map((which) => lookAt(home, regions, settings, which, context)));
  return told.flat();
}

async function lookAt(
  { aws, names, account }: Home,
  looked: readonly Region[],
  settings: Settings,
  which: Which,
  context: Context,
): Promise<Notice[]> {
  const regions = looked.map(({ aws: { region } }) => region);
  const keys = keysOf(settings, regionSettings(looked, settings));
  const arn = roleArns(names, settings)[which];
  const documents = {
    subscription: subscriptionRole(names, keys),
    delivery: deliveryRole(names, account, keys),
    reader: readerRole(names, account, settings, keys),
  }[which];
  const seen = await look(context, 'iam:GetRole', (calls) => trustOf(aws, roleNameOf(arn), calls));
  const { trust, arn: there } = ('seen' in seen && seen.seen) || {};
  const { option, setting } = GIVEN_ROLES[which];
  const isNew = isNewlyGiven(settings, setting);
  if ('seen' in seen && there !== arn) {
    // The plan tells it of one that is recorded.
    if (!isNew) return [];
    throw noSuch(option, arn, 'role', there);
  }
  const needs = roleNeeds(names, account, regions, keys)[which].map(({ context: known, ...need }) => ({
    ...need,
    context: Object.fromEntries(Object.entries(known).map(([key, value]) => [key, [value]])),
  }));
  const answer = await look(context, 'iam:SimulatePrincipalPolicy', (calls) => seemsDenied(aws, arn, needs, calls));
  const refused = 'seen' in answer ? answer.seen : [];
  const unseen = [seen, answer].flatMap((one) => ('unseen' in one ? one.unseen : []));
  const trouble = trust && troubleOfTrust(trust, which, { names, account }, regions, settings, documents.trust);
  // Whole, however long: the statements are to be copied.
  if (isNew && trouble)
    throw new RadError('USAGE', `${option} ${arn}: its trust ${trouble.why}: ${trouble.mend}, or leave the option out`);
  const lacking = (documents.permissions.Statement as readonly Spec[]).filter(({ Action }) =>
    (Action as readonly Json[]).some((action) => refused.includes(String(action))),
  );
  return [
    ...(trouble
      ? [notice(trouble.isOpen ? 'ROLE_TRUST_OPEN' : 'ROLE_TRUST', arn, `: its trust ${trouble.why}`, trouble.mend)]
      : []),
    ...(refused.length
      ? [
          notice(
            'ROLE_PERMISSIONS',
            arn,
            `, seems not to be allowed ${refused.join(', ')}`,
            `add to its permissions: ${asText(lacking)}`,
          ),
        ]
      : []),
    ...unseen.map(({ error: { message, hint = null } }) =>
      notice('ROLE_UNCHECKED', arn, `, could not be looked at: ${message}`, hint),
    ),
  ];
}

const notice = (code: string, arn: string, what: string, hint: string | null): Notice => ({
  code,
  region: 'global',
  id: roleNameOf(arn),
  message: `the role ${arn}, made elsewhere${what}`,
  hint,
});
