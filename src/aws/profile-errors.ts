import { RadError } from '../engine/errors.ts';
import { redacted, unusable, webIdentityTrouble } from './credential-errors.ts';
import { explain, isNoNetwork, networkHint } from './errors.ts';
import { type Profiles, type Root, rootOf } from './profiles.ts';

/** What can be said of one profile: before it is used, and when it fails. */
interface ProfileWords {
  readonly mend: string;
  /** Throws when its files alone show that it cannot work. */
  check(): void;
  explained(error: unknown): RadError;
  /** A program that is asked for the credentials. */
  readonly whom: string | undefined;
}

export function profileWords(name: string, profiles: Profiles): ProfileWords {
  const root = rootOf(profiles, name);
  const mend = mendOf(root);
  return {
    mend,
    whom:
      root.kind === 'credential_process'
        ? `the credential_process ${programOf(root)} of profile ${root.name}`
        : undefined,
    check() {
      const [trouble, hint = mend] = troubleOf(root, name, profiles);
      if (trouble) throw unusable(trouble, hint);
    },
    explained(error) {
      if (error instanceof RadError) return error;
      const { message } = error as Error;
      if (isNoNetwork(error)) return explain(error);
      // The SSO provider keeps no more of an error than its text, which our network has signed.
      if (/, calling https?:/.test(message)) {
        const text = message.replace(/^\w*Error(?: \[\w+\])?: /, '');
        return new RadError('NETWORK', text, { hint: networkHint(text), cause: error });
      }
      const say = (text: string, hint = mend) => unusable(`profile ${root.name}: ${text}`, hint, error);
      if (root.kind === 'credential_process') return say(processWords(root, message));
      if (root.kind === 'web-identity') return webIdentityTrouble(error, root.profile?.role_arn ?? '');
      if (root.kind !== 'sso') return say(redacted(message));
      return /ForbiddenException/.test(message) ? say(...forbidden(root)) : say(ssoWords(message));
    },
  };
}

const optionOf = ({ name }: Root) => (name === 'default' ? '' : ` --profile ${name}`);

function mendOf(root: Root): string {
  const { name, profile, kind } = root;
  const option = optionOf(root);
  if (!profile) return 'name one with --profile or AWS_PROFILE, or make one: aws configure sso';
  return {
    sso: `aws sso login${option}`,
    login: `aws login${option}`,
    credential_process: `run the credential_process of profile ${name} by hand, and see what it says`,
    keys: `put valid keys into the profile: aws configure${option}`,
    'web-identity': `renew the token in ${profile.web_identity_token_file}`,
    role: `see source_profile and credential_source of profile ${name}`,
    nothing: `give it some: aws configure sso${option}`,
  }[kind];
}

const MOST_NAMES = 20;

/** What is wrong, and what mends it where that is not what mends the profile else. */
function troubleOf(root: Root, user: string, { names, hasSession }: Profiles): [string?, string?] {
  const { name, profile, kind } = root;
  const which = name === user ? `profile ${name}` : `profile ${name}, the source_profile of ${user},`;
  if (!profile) {
    const some = names.slice(0, MOST_NAMES).join(', ');
    const there = names.length ? `there are ${some}${names.length > MOST_NAMES ? ', …' : ''}` : 'there is none';
    return [`${which} does not exist or is empty: ${there}`];
  }
  if (kind === 'nothing') return [`${which} has no credentials, only ${Object.keys(profile).join(', ')}`];
  if (kind === 'keys') {
    const missing = ['aws_access_key_id', 'aws_secret_access_key'].filter((key) => !profile[key]);
    return missing.length ? [`${which} lacks ${missing.join(' and ')}`] : [];
  }
  if (kind === 'role' && profile.source_profile)
    return [
      `the source_profiles of ${user} go round in a circle: ${name} has ${profile.source_profile}`,
      `give profile ${name} credentials of its own`,
    ];
  if (kind !== 'sso') return [];
  const { sso_session: session } = profile;
  const configure = `aws configure sso${optionOf(root)}`;
  if (session && !hasSession(session))
    return [`${which} names an sso-session that does not exist: ${session}`, configure];
  const needed = ['sso_account_id', 'sso_role_name', ...(session ? [] : ['sso_start_url', 'sso_region'])];
  const missing = needed.filter((key) => !profile[key]);
  return missing.length ? [`${which} lacks ${missing.join(' and ')}`, configure] : [];
}

const forbidden = ({ profile }: Root) =>
  [
    `its SSO session may not use role ${profile?.sso_role_name} in account ${profile?.sso_account_id}`,
    'choose another one: aws configure sso, or ask the administrator of IAM Identity Center',
  ] as const;

function ssoWords(message: string): string {
  if (/expired|Cannot refresh/.test(message)) return 'its SSO session has expired';
  if (/not found or is invalid|is invalid/.test(message)) return 'it has no SSO session: nobody has signed in yet';
  return /UnauthorizedException/.test(message) ? 'its SSO session is no longer accepted' : redacted(message);
}

/** The arguments may hold a secret, so of the command only the program is named. */
const programOf = ({ profile }: Root) => /^"[^"]+"|^\S+/.exec(profile?.credential_process ?? '')?.[0] ?? '';

function processWords(root: Root, message: string): string {
  const [first = '', second = ''] = message.split('\n');
  const said = first.startsWith('Command failed')
    ? second.trim() || 'it failed without a word'
    : first.replace(/^Profile \S+ credential_process /, 'it ');
  return `its credential_process ${programOf(root)} gave no credentials: ${redacted(said)}`;
}
