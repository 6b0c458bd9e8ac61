import { assumeRole } from '../aws/assumed-role.ts';
import type { Aws } from '../aws/clients.ts';
import { identify } from '../aws/discover.ts';
import { regionOfBucket } from '../aws/objects.ts';
import type { Context } from './context.ts';
import { checkAccount } from './discover.ts';

/** How buckets are reached: those of a customer with the role of its account, if there is one, and ours with our own credentials. */
export interface Buckets {
  readonly account: string;
  readonly partition: string;
  /** Once more with another session of the role where this one was refused as over. */
  again<T>(call: () => Promise<T>): Promise<T>;
  theirs(bucket: string): Promise<Aws>;
  ours(bucket: string): Promise<Aws>;
}

export async function reachBuckets(context: Context): Promise<Buckets> {
  const { options, announce, connect, defaultRegion, mend, clock, signal } = context;
  announce();
  const home = (await defaultRegion()) ?? 'us-east-1';
  const { account, partition } = await identify(connect(home, ''), mend);
  checkAccount(account, options.account, '--account');
  const { roleArn, externalId } = options;
  const role = roleArn
    ? assumeRole(connect(home, account), { roleArn, externalId }, { clock, signal, mend })
    : undefined;
  // Whose buckets these are to be: one of that name in a third account is refused.
  const owner = roleArn?.split(':')[4] ?? account;
  const at = async (bucket: string, whose: string, as: Parameters<typeof connect>[2] = {}): Promise<Aws> =>
    connect(await regionOfBucket(connect(home, whose, as), bucket), whose, { ...as, bulk: true });
  return {
    account,
    partition,
    again: role?.again ?? ((call) => call()),
    theirs: (bucket) => at(bucket, owner, role && { credentials: role.credentials }),
    ours: (bucket) => at(bucket, account),
  };
}
