import { loadSharedConfigFiles } from '@smithy/core/config';

type Profile = Readonly<Record<string, string | undefined>>;
type Kind = 'role' | 'web-identity' | 'keys' | 'credential_process' | 'sso' | 'login' | 'nothing';

/** The profiles of the config and the credentials file. */
export interface Profiles {
  readonly names: readonly string[];
  get(name: string): Profile | undefined;
  hasSession(name: string): boolean;
}

/** Reads no more than files; one that is not there holds nothing. */
export async function readProfiles(): Promise<Profiles> {
  const { configFile, credentialsFile } = await loadSharedConfigFiles();
  const names = new Set([...Object.keys(configFile), ...Object.keys(credentialsFile)]);
  return {
    names: [...names].filter((name) => !/^(sso-session|services)\./.test(name)).sort(),
    get: (name) => (names.has(name) ? { ...configFile[name], ...credentialsFile[name] } : undefined),
    hasSession: (name) => configFile[`sso-session.${name}`] !== undefined,
  };
}

/** How a profile comes by its credentials, in the order in which the SDK looks. */
export function kindOf(profile: Profile = {}): Kind {
  if (profile.credential_source || (profile.role_arn && profile.source_profile)) return 'role';
  if (profile.aws_access_key_id || profile.aws_secret_access_key) return 'keys';
  if (profile.web_identity_token_file) return 'web-identity';
  if (profile.credential_process) return 'credential_process';
  if (Object.keys(profile).some((key) => key.startsWith('sso_'))) return 'sso';
  return profile.login_session ? 'login' : 'nothing';
}

export interface Root {
  readonly name: string;
  readonly profile: Profile | undefined;
  readonly kind: Kind;
}

/** The profile that the credentials of this one begin with: at the end of its `source_profile`s. */
export function rootOf(profiles: Profiles, name: string, seen: readonly string[] = []): Root {
  const profile = profiles.get(name);
  const kind = kindOf(profile);
  const source = kind === 'role' ? profile?.source_profile : undefined;
  // A profile may name itself: its role is assumed with its own keys.
  if (source === name) return { name, profile, kind: kindOf({ ...profile, role_arn: undefined }) };
  return !source || seen.includes(source) ? { name, profile, kind } : rootOf(profiles, source, [...seen, name]);
}
