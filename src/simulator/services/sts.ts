import type { Service } from './service.ts';

export const sts: Service = {
  GetCallerIdentity: ({ world }) => {
    const session = world.caller.split('/').slice(2).join('/');
    const UserId = session ? `AROASANDBOXSANDBOX01:${session}` : 'AIDASANDBOXSANDBOX012';
    return { Account: world.account, Arn: world.caller, UserId };
  },
};
