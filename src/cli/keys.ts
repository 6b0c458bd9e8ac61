import type { KeyLook } from '../aws/keys.ts';
import { permits } from '../aws/permits.ts';
import type { Region } from '../desired/account.ts';
import { keyNeeds, ROLES } from '../desired/needs.ts';
import { roleArns, roleNameOf } from '../desired/roles.ts';
import type { Settings } from '../desired/settings.ts';
import type { Notice } from '../render/document.ts';
import type { Home } from './discover.ts';

interface Looked {
  readonly regions: readonly Region[];
  readonly warnings: readonly Notice[];
}

/**
 * Looks at the keys that are meant for these regions before anything is written. One that cannot be used blocks its region; what a
 * key's policy seems to lack is told, and so is what may not be asked.
 */
export async function lookAtKeys(home: Home, regions: readonly Region[], settings: Settings): Promise<Looked> {
  const looked = await Promise.all(
    regions.map(async (region): Promise<Looked> => {
      const arn = settings.region(region.aws.region).kmsKey;
      if (!arn) return { regions: [region], warnings: [] };
      const { lookAtKey } = await import('../aws/keys.ts');
      const look = await lookAtKey(region.aws, arn);
      const { trouble } = look;
      return {
        regions: [trouble ? { ...region, keyTrouble: trouble } : region],
        warnings: [
          ...(look.policy ? lacking(home, settings, region.aws.region, arn, look.policy) : []),
          ...(look.unseen ? [unseen(region.aws.region, arn, look.unseen)] : []),
        ],
      };
    }),
  );
  return { regions: looked.flatMap((one) => one.regions), warnings: looked.flatMap((one) => one.warnings) };
}

/** A key's policy must name our roles, or leave it to the account's IAM (KMS Developer Guide, key policies). */
function lacking(
  { names, account, partition }: Home,
  settings: Settings,
  region: string,
  id: string,
  policy: NonNullable<KeyLook['policy']>,
): Notice[] {
  const root = `arn:${partition}:iam::${account}:root`;
  const arns = roleArns(names, settings);
  const needs = keyNeeds(names, { region, arn: id });
  const refused = ROLES.filter((role) => {
    const { actions, context } = needs[role];
    const principals = [root, account, arns[role]];
    const known = { ...context, 'kms:calleraccount': account };
    return !actions.every((action) => permits([policy], { action, resource: id, principals, context: known }));
  });
  if (refused.length === 0) return [];
  const Action = [...new Set(refused.flatMap((role) => needs[role].actions))];
  const statement = { Effect: 'Allow', Principal: { AWS: root }, Action, Resource: '*' };
  return [
    {
      code: 'KMS_KEY_POLICY',
      region,
      id,
      message: `the policy of KMS key ${id} seems not to let ${refused.map((role) => roleNameOf(arns[role])).join(', ')} use it: nothing would be delivered, or nobody could read it`,
      hint: `add to the key's policy: ${JSON.stringify(statement)}`,
    },
  ];
}

const unseen = (region: string, id: string, { message, hint }: NonNullable<KeyLook['unseen']>): Notice => ({
  code: 'KMS_KEY_UNCHECKED',
  region,
  id,
  message: `KMS key ${id} could not be looked at: ${message}`,
  hint: hint ?? null,
});
