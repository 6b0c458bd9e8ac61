import { AssumeRoleCommand } from '@aws-sdk/client-sts';
import type { Aws } from './clients.ts';
import type { Clock } from './clock.ts';
import { roleTrouble } from './credential-errors.ts';
import { isError, restate } from './errors.ts';
import { type Provider, renewed } from './shared-credentials.ts';

export interface AssumedRole {
  readonly credentials: Provider;
  /** Once more with another session where this one was refused as over. */
  again<T>(call: () => Promise<T>): Promise<T>;
}

/** A session that was itself got by assuming a role can have no longer one (IAM user guide, "Role chaining"). Seconds. */
const HOUR = 3_600;

/** The role of somebody else's account, assumed whenever its session nears its end. */
export function assumeRole(
  { sts }: Aws,
  { roleArn, externalId }: { readonly roleArn: string; readonly externalId: string | undefined },
  {
    clock,
    signal,
    mend = '',
  }: { readonly clock: Clock; readonly signal: AbortSignal; readonly mend?: string | undefined },
): AssumedRole {
  const session = renewed({ clock, signal }, async () => {
    const command = new AssumeRoleCommand({
      RoleArn: roleArn,
      RoleSessionName: 'rad-connect-sync',
      DurationSeconds: HOUR,
      ...(externalId && { ExternalId: externalId }),
    });
    const { Credentials: got } = await sts.send(command).catch((error: unknown) => {
      throw refused(roleTrouble(error, roleArn, mend), externalId);
    });
    return {
      accessKeyId: got?.AccessKeyId ?? '',
      secretAccessKey: got?.SecretAccessKey ?? '',
      sessionToken: got?.SessionToken ?? '',
      ...(got?.Expiration && { expiration: got.Expiration }),
    };
  });
  return {
    // Else the SDK would keep them by a clock of its own, beyond what is forgotten here.
    credentials: Object.assign(session, { memoized: true }),
    async again(call) {
      try {
        return await call();
      } catch (error) {
        if (!isError(error, 'ExpiredToken') && !isError(error, 'ExpiredTokenException')) throw error;
        session.forget();
        return call();
      }
    },
  };
}

/** STS has one answer for all that a trust policy may lack, and never says that the external id was wrong. */
function refused(error: Error, externalId: string | undefined): Error {
  if (!/may not be assumed/.test(error.message)) return error;
  const hint = externalId
    ? 'see that --external-id is the one that the trust policy of the role names, and that it names who you are'
    : 'where the trust policy of the role demands an external id, give it: --external-id ID';
  return restate(error, 'CREDENTIALS', error.message, hint);
}
