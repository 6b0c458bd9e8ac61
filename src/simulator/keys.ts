import { own } from './basics.ts';
import type { Key, World } from './model.ts';
import { allows, denies, roleMay } from './policy.ts';

/** What keeps a role from a key: there is none, it is not in a state to be used, or nobody has allowed it. */
export type KeyTrouble = 'missing' | 'unusable' | 'denied';

/**
 * May this role do all of this with a key, through the service and with the context named here? The key's policy says so itself,
 * or leaves it to IAM by naming the account (KMS developer guide, "Key policies").
 */
export function keyTrouble(
  world: World,
  arn: string,
  roleArn: string,
  actions: readonly string[],
  context: Readonly<Record<string, string>>,
): KeyTrouble | undefined {
  const key = own(world.keys, arn);
  if (!key) return 'missing';
  if (!isUsable(key)) return 'unusable';
  const more = { ...context, 'kms:calleraccount': world.account };
  const may = actions.every((action) => {
    const question = { action, resource: arn, context: more };
    const account = [world.account, `arn:${world.partition}:iam::${world.account}:root`];
    if (denies(key.policy, { ...question, principals: [...account, roleArn] })) return false;
    if (allows([key.policy], { ...question, principals: [roleArn] })) return true;
    return allows([key.policy], { ...question, principals: account }) && roleMay(world, roleArn, question);
  });
  return may ? undefined : 'denied';
}

/** Firehose and S3 encrypt with symmetric keys only. */
export const isUsable = ({ state, spec, usage }: Key): boolean =>
  state === 'Enabled' && spec === 'SYMMETRIC_DEFAULT' && usage === 'ENCRYPT_DECRYPT';
