import { fromEnv, fromHttp, fromIni, fromInstanceMetadata, fromTokenFile } from '@aws-sdk/credential-providers';
import type { AwsCredentialIdentity } from '@smithy/types';
import { createAssumers } from './assume.ts';
import { within } from './clock.ts';
import { containerTrouble, noneAnywhere, unusable, webIdentityTrouble } from './credential-errors.ts';
import { profileWords } from './profile-errors.ts';
import { kindOf, type Profiles, readProfiles } from './profiles.ts';
import { type Needs, type Provider, shared, type Tools } from './shared-credentials.ts';

type Env = Readonly<Record<string, string | undefined>>;

/** Where the credentials of a run come from: chosen once, by what the environment and the profiles say, before any call. */
export interface CredentialSource {
  /** As the first line of a run names it. */
  readonly name: string;
  /** What to do when AWS refuses these credentials. */
  readonly mend: string;
  /** One set of credentials for all clients. It throws RadErrors only. */
  provide(needs: Needs): Provider;
}

/**
 * The order of the SDK's default chain, without its last resort: a profile that was named and does not work is an error.
 * The chain would go on to the role of the instance, and work in another account than the one that was meant.
 */
export async function findSource(env: Env, option: string | undefined): Promise<CredentialSource> {
  const profiles = await readProfiles();
  if (option) return profileSource(option, profiles);
  // As aws and the SDK do: of the environment, keys go before a profile (botocore, create_credential_resolver).
  if (env.AWS_ACCESS_KEY_ID || env.AWS_SECRET_ACCESS_KEY) return environmentSource(env);
  if (env.AWS_PROFILE) return profileSource(env.AWS_PROFILE, profiles);
  if (kindOf(profiles.get('default')) !== 'nothing') return profileSource('default', profiles);
  if (env.AWS_WEB_IDENTITY_TOKEN_FILE && env.AWS_ROLE_ARN) return webIdentitySource(env);
  const container = env.AWS_CONTAINER_CREDENTIALS_RELATIVE_URI || env.AWS_CONTAINER_CREDENTIALS_FULL_URI;
  return container ? containerSource(container) : instanceSource(env);
}

interface Ways {
  resolve(tools: Tools): Promise<AwsCredentialIdentity>;
  /** An error of the SDK in our words. */
  explained(error: unknown): Error;
  /** Who is asked, where the name of the source does not say it. */
  readonly whom?: string | undefined;
}

const source = (name: string, mend: string, { resolve, explained, whom = name }: Ways): CredentialSource => ({
  name,
  mend,
  provide: (needs) =>
    shared(
      needs,
      async (tools) => {
        try {
          return await resolve(tools);
        } catch (error) {
          throw explained(error);
        }
      },
      whom,
    ),
});

function profileSource(name: string, profiles: Profiles): CredentialSource {
  const { mend, check, explained, whom } = profileWords(name, profiles);
  return source(`profile ${name}`, mend, {
    explained,
    whom,
    async resolve(tools) {
      check();
      const { clientConfig, logger, asker } = tools;
      const init = {
        profile: name,
        clientConfig: { ...clientConfig, profile: name },
        logger,
        // The SDK would ask before it looks at the credentials behind, and an error of those would then end the process.
        mfaCodeProvider: async () => '',
        ...createAssumers(tools, mend),
      };
      return fromIni(init)(asker);
    },
  });
}

const environmentSource = ({ AWS_ACCESS_KEY_ID: id }: Env) =>
  source('keys of the environment', 'set AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY and AWS_SESSION_TOKEN anew', {
    resolve: () => fromEnv()(),
    explained: () =>
      unusable(
        `${id ? 'AWS_SECRET_ACCESS_KEY' : 'AWS_ACCESS_KEY_ID'} is not set`,
        'set both, or name a profile with --profile',
      ),
  });

const webIdentitySource = ({ AWS_ROLE_ARN: role = '', AWS_WEB_IDENTITY_TOKEN_FILE: file = '' }: Env) =>
  source('web identity token', `renew the token in ${file}, or name a profile with --profile`, {
    resolve: (tools) => fromTokenFile({ logger: tools.logger, ...createAssumers(tools, '') })(),
    explained: (error) => webIdentityTrouble(error, role),
  });

/** An agent on the same host answers at once. Milliseconds. */
const PATIENCE = 3_000;
/** The SDK's own limit only warns, on the console, and is also how long it would pause before it asks again. */
const NEVER = 600_000;

const containerSource = (url: string) =>
  source('container credentials', 'give the task or pod a role, or name a profile with --profile', {
    async resolve({ logger, clock }) {
      const ask = fromHttp({ timeout: NEVER, maxRetries: 0, logger });
      const late = new Error(`no answer within ${PATIENCE / 1_000} s`);
      return within(ask().catch(ask), clock, PATIENCE, late);
    },
    explained: (error) => containerTrouble(error, url),
  });

function instanceSource({ AWS_EC2_METADATA_DISABLED: off = 'false', ...env }: Env): CredentialSource {
  const has = off === 'false' || off === '';
  const { AWS_WEB_IDENTITY_TOKEN_FILE: file, AWS_ROLE_ARN: role } = env;
  const half = file
    ? 'AWS_WEB_IDENTITY_TOKEN_FILE without AWS_ROLE_ARN'
    : role && 'AWS_ROLE_ARN without AWS_WEB_IDENTITY_TOKEN_FILE';
  return source(
    has ? 'instance role' : 'no credentials',
    'give the instance a role, or name a profile with --profile',
    {
      async resolve({ logger }) {
        if (!has) throw noneAnywhere(half);
        return fromInstanceMetadata({ logger })();
      },
      explained: (error) => noneAnywhere(half, error),
    },
  );
}
