import { getDefaultRoleAssumer, getDefaultRoleAssumerWithWebIdentity } from '@aws-sdk/client-sts';
import { nobodyToAsk, roleTrouble, webIdentityTrouble } from './credential-errors.ts';
import type { Tools } from './shared-credentials.ts';

interface Assumers {
  readonly roleAssumer: ReturnType<typeof getDefaultRoleAssumer>;
  readonly roleAssumerWithWebIdentity: ReturnType<typeof getDefaultRoleAssumerWithWebIdentity>;
}

/** How a provider of the SDK assumes a role: in the region of the run, with an MFA code where the profile wants one. */
export function createAssumers({ clientConfig, region, mfaCode }: Tools, mend: string): Assumers {
  const config = { ...clientConfig, region };
  return {
    async roleAssumer(credentials, params) {
      const { SerialNumber: serial, RoleArn: role = '' } = params;
      if (serial && !mfaCode) throw nobodyToAsk(role, serial);
      const code = serial && mfaCode ? { TokenCode: await mfaCode(serial) } : {};
      try {
        return await getDefaultRoleAssumer(config)(credentials, { ...params, ...code });
      } catch (error) {
        throw roleTrouble(error, role, mend);
      }
    },
    async roleAssumerWithWebIdentity(params) {
      try {
        return await getDefaultRoleAssumerWithWebIdentity(config)(params);
      } catch (error) {
        throw webIdentityTrouble(error, params.RoleArn ?? '');
      }
    },
  };
}
