import { accessDenied, awsError } from '../errors.ts';
import { allows, roleByArn, seen } from '../policy.ts';
import type { Operation, Service } from './service.ts';

/** Who asks, by every name that a trust may have for it. */
const namesOf = (caller: string): string[] => {
  const [, partition, , , account] = caller.split(':');
  const [, role] = /:assumed-role\/([^/]+)\//.exec(caller) ?? [];
  const root = `arn:${partition}:iam::${account}:root`;
  return [caller, root, account!, ...(role ? [`arn:${partition}:iam::${account}:role/${role}`] : [])];
};

const AssumeRole: Operation = ({ world, now }, { RoleArn, RoleSessionName, ExternalId, DurationSeconds = 3_600 }) => {
  const role = roleByArn(world, RoleArn);
  const trust = role && seen(role.trust, now);
  const context = { ...(ExternalId && { 'sts:externalid': ExternalId }) };
  const question = { action: 'sts:AssumeRole', principals: namesOf(world.caller), context };
  if (!role || !trust || !allows([trust], question))
    throw accessDenied('sts:AssumeRole', RoleArn, undefined, world.caller);
  if (DurationSeconds > role.maxSessionDuration)
    throw awsError(
      'ValidationError',
      'The requested DurationSeconds exceeds the MaxSessionDuration set for this role.',
    );
  return {
    Credentials: {
      AccessKeyId: 'ASIASANDBOXSANDBOX01',
      SecretAccessKey: 'SANDBOX',
      SessionToken: 'SANDBOX',
      Expiration: new Date(now + DurationSeconds * 1_000),
    },
    AssumedRoleUser: {
      AssumedRoleId: `${role.id}:${RoleSessionName}`,
      Arn: `arn:${world.partition}:sts::${world.account}:assumed-role/${role.name}/${RoleSessionName}`,
    },
  };
};

export const sts: Service = {
  AssumeRole,
  GetCallerIdentity: ({ world }) => {
    const session = world.caller.split('/').slice(2).join('/');
    const UserId = session ? `AROASANDBOXSANDBOX01:${session}` : 'AIDASANDBOXSANDBOX012';
    return { Account: world.account, Arn: world.caller, UserId };
  },
};
