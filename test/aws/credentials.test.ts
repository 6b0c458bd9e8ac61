import { createHash } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { profileWords } from '../../src/aws/profile-errors.ts';
import { ACCOUNT, type Answers, fakeAws, json, refusal } from '../helpers/fake-aws.ts';
import { addFiles, newHome, run } from '../helpers/process.ts';

let aws: Awaited<ReturnType<typeof fakeAws>>;
beforeAll(async () => {
  aws = await fakeAws();
});
afterAll(() => aws.stop());

const KEYS = { AWS_ACCESS_KEY_ID: 'AKIAenv', AWS_SECRET_ACCESS_KEY: 'SECRET-env' };
const later = (ms = 3_600_000) => new Date(Date.now() + ms).toISOString();
const sha1 = (text: string) => createHash('sha1').update(text).digest('hex');
const sha256 = (text: string) => createHash('sha256').update(text).digest('hex');
const profile = (name: string, values: Readonly<Record<string, string>>) =>
  [
    name === 'default' ? '[default]' : `[profile ${name}]`,
    ...Object.entries(values).map(([k, v]) => `${k} = ${v}`),
  ].join('\n');
const base = profile('base', { aws_access_key_id: 'AKIAbase', aws_secret_access_key: 'SECRET-base' });
const role = (name: string, more: Readonly<Record<string, string>>) => ({
  role_arn: `arn:aws:iam::${ACCOUNT}:role/${name}`,
  ...more,
});

it.each<[string, Readonly<Record<string, string>>, string | undefined]>([
  ['a program', { credential_process: '/bin/give --secret SECRET-x' }, 'the credential_process /bin/give of profile p'],
  ['nobody but AWS', { aws_access_key_id: 'x' }, undefined],
])('who is waited for by name, where a profile asks %s', (_, values, whom) => {
  const profiles = { names: ['p'], get: () => values, hasSession: () => false };
  expect(profileWords('p', profiles).whom).toBe(whom);
});

interface Situation {
  readonly config?: string;
  readonly files?: Readonly<Record<string, string>>;
  readonly env?: Readonly<Record<string, string>>;
  readonly line?: string;
}

const filled = (values: Readonly<Record<string, string>>, home: string) =>
  Object.fromEntries(
    Object.entries(values).map(([name, text]) => [name, text.replaceAll('HOME', home).replaceAll('URL', aws.url)]),
  );

/** A run on an account with nothing in it; only the way to its credentials differs. */
function sign({ config = '', files = {}, env = {}, line = 'status' }: Situation, around = {}) {
  const HOME = newHome();
  addFiles(HOME, filled({ '.aws/config': config, ...files }, HOME));
  const surroundings = {
    HOME,
    AWS_ENDPOINT_URL: aws.url,
    AWS_MAX_ATTEMPTS: '1',
    AWS_EC2_METADATA_DISABLED: 'true',
    ...env,
  };
  return run(line, filled(surroundings, HOME), around);
}

/** A profile of IAM Identity Center, and what `aws sso login` leaves behind. */
let sessions = 0;
function sso(name: string, token: object = { accessToken: 'SECRET-sso-token', expiresAt: later() }) {
  const session = `session-${++sessions}`;
  return {
    config: `${profile(name, { sso_session: session, sso_account_id: ACCOUNT, sso_role_name: 'Ops' })}\n[sso-session ${session}]\nsso_start_url = https://example.awsapps.com/start\nsso_region = eu-west-1\n`,
    files: { [`.aws/sso/cache/${sha1(session)}.json`]: JSON.stringify(token) },
  };
}

const oldSso = {
  sso_start_url: 'https://example.awsapps.com/start',
  sso_region: 'eu-west-1',
  sso_account_id: ACCOUNT,
  sso_role_name: 'Ops',
};
const handed = JSON.stringify({ Version: 1, AccessKeyId: 'AKIAprocess', SecretAccessKey: 'SECRET-process' });
const signIn = {
  accessToken: {
    accessKeyId: 'ASIAlogin',
    secretAccessKey: 'SECRET-x',
    sessionToken: 'SECRET-x',
    accountId: ACCOUNT,
    expiresAt: later(),
  },
  clientId: 'c',
  refreshToken: 'SECRET-x',
  dpopKey: 'SECRET-x',
};

const SOURCES: readonly (readonly [what: string, name: string, signer: string, Situation])[] = [
  [
    'keys of the environment',
    'keys of the environment',
    'AKIAenv',
    { env: KEYS, config: profile('default', { region: 'eu-west-1' }) },
  ],
  ['a profile with keys', 'profile base', 'AKIAbase', { config: base, line: 'status --profile base' }],
  ['AWS_PROFILE', 'profile base', 'AKIAbase', { config: base, env: { AWS_PROFILE: 'base' } }],
  [
    'keys of the environment, before AWS_PROFILE',
    'keys of the environment',
    'AKIAenv',
    { config: base, env: { ...KEYS, AWS_PROFILE: 'base' } },
  ],
  [
    '--profile, before the keys of the environment',
    'profile base',
    'AKIAbase',
    { config: base, env: KEYS, line: 'status --profile base' },
  ],
  ['an empty AWS_PROFILE is none', 'keys of the environment', 'AKIAenv', { env: { ...KEYS, AWS_PROFILE: '' } }],
  [
    'the default profile',
    'profile default',
    'AKIAdefault',
    {
      files: {
        '.aws/credentials': '[default]\naws_access_key_id = AKIAdefault\naws_secret_access_key = SECRET-default\n',
      },
    },
  ],
  [
    'a credential_process',
    'profile p',
    'AKIAprocess',
    {
      config: profile('p', { credential_process: 'cat HOME/keys.json' }),
      files: { 'keys.json': handed },
      line: 'status --profile p',
    },
  ],
  ['IAM Identity Center', 'profile s', 'ASIAsso', { ...sso('s'), line: 'status --profile s' }],
  [
    'IAM Identity Center, without an sso-session',
    'profile old',
    'ASIAsso',
    {
      config: profile('old', oldSso),
      files: {
        [`.aws/sso/cache/${sha1(oldSso.sso_start_url)}.json`]: JSON.stringify({
          accessToken: 'SECRET-x',
          expiresAt: later(),
        }),
      },
      line: 'status --profile old',
    },
  ],
  [
    'a console sign-in',
    'profile l',
    'ASIAlogin',
    {
      config: profile('l', { login_session: 'arn:aws:iam::1:user/u' }),
      files: { [`.aws/login/cache/${sha256('arn:aws:iam::1:user/u')}.json`]: JSON.stringify(signIn) },
      line: 'status --profile l',
    },
  ],
  [
    'a chain of roles',
    'profile top',
    'ASIAtop',
    {
      config: [
        base,
        profile('mid', role('mid', { source_profile: 'base' })),
        profile('top', role('top', { source_profile: 'mid' })),
      ].join('\n'),
      line: 'status --profile top',
    },
  ],
  [
    'a role of the environment',
    'profile e',
    'ASIAe',
    { config: profile('e', role('e', { credential_source: 'Environment' })), env: KEYS, line: 'status --profile e' },
  ],
  [
    'a role of a profile that names itself',
    'profile self',
    'ASIAself',
    {
      config: profile(
        'self',
        role('self', { source_profile: 'self', aws_access_key_id: 'AKIAself', aws_secret_access_key: 'SECRET-x' }),
      ),
      line: 'status --profile self',
    },
  ],
  [
    'a web identity',
    'web identity token',
    'ASIAweb',
    {
      files: { token: 'SECRET-jwt' },
      env: { AWS_WEB_IDENTITY_TOKEN_FILE: 'HOME/token', AWS_ROLE_ARN: role('pod', {}).role_arn },
    },
  ],
  [
    'a web identity of a profile',
    'profile w',
    'ASIAweb',
    {
      files: { token: 'SECRET-jwt' },
      config: profile('w', role('w', { web_identity_token_file: 'HOME/token' })),
      line: 'status --profile w',
    },
  ],
  [
    'a container',
    'container credentials',
    'ASIAcontainer',
    { env: { AWS_CONTAINER_CREDENTIALS_FULL_URI: 'URL/container', AWS_CONTAINER_AUTHORIZATION_TOKEN: 'SECRET-x' } },
  ],
  [
    'an instance',
    'instance role',
    'ASIAinstance',
    { env: { AWS_EC2_METADATA_DISABLED: 'false', AWS_EC2_METADATA_SERVICE_ENDPOINT: 'URL' } },
  ],
  [
    'a role of an instance',
    'profile i',
    'ASIAi',
    {
      config: profile('i', role('i', { credential_source: 'Ec2InstanceMetadata' })),
      env: { AWS_EC2_METADATA_SERVICE_ENDPOINT: 'URL' },
      line: 'status --profile i',
    },
  ],
];

describe('credentials come from', () => {
  it.each(SOURCES)('%s', async (_, name, signer, situation) => {
    const events: string[] = [];
    aws.reset({}, () => events.push('call'));
    const { code, stderr } = await sign(situation, { told: (text: string) => events.push(text) });
    expect(code, stderr).toBe(0);
    expect(events[0]).toBe(`rad-connect status: ${name}, regions as recorded\n`);
    expect(['GetCallerIdentity', 'GetRole', 'ListBuckets'].map(aws.signedBy)).toEqual([signer, signer, signer]);
  });
});

describe('one set of credentials serves all clients', () => {
  it('a role is assumed once', async () => {
    aws.reset();
    const config = [base, profile('ops', role('ops', { source_profile: 'base' }))].join('\n');
    await sign({ config, line: 'status --profile ops' });
    expect(aws.operations()).toEqual(['AssumeRole', 'GetCallerIdentity', 'GetRole', 'ListBuckets']);
    for (const { userAgent } of aws.seen) expect(userAgent).toContain('rad-connect/0.0.0-test');
  });

  it('an SSO session that is about to end is renewed, once', async () => {
    aws.reset();
    const token = {
      accessToken: 'SECRET-a',
      expiresAt: later(1_000),
      clientId: 'c',
      clientSecret: 'SECRET-c',
      refreshToken: 'SECRET-r',
    };
    const { code } = await sign({ ...sso('s', token), line: 'status --profile s' });
    expect(code).toBe(0);
    expect(aws.operations().slice(0, 3)).toEqual(['CreateToken', 'GetRoleCredentials', 'GetCallerIdentity']);
    expect(aws.seen[1]?.headers['x-amz-sso_bearer_token']).toBe('SECRET-renewed');
  });
});

describe('a code of an MFA device', () => {
  const serial = `arn:aws:iam::${ACCOUNT}:mfa/phone`;
  const config = [base, profile('ops', role('ops', { source_profile: 'base', mfa_serial: serial }))].join('\n');

  it('is asked for on a terminal, once', async () => {
    aws.reset();
    const { code, stderr } = await sign(
      { config, line: 'status --profile ops' },
      { typed: [`MFA code of ${serial}`, '987654\r'] },
    );
    expect(code, stderr).toBe(0);
    expect(aws.operations().filter((name) => name === 'AssumeRole')).toHaveLength(1);
    expect(Object.fromEntries(aws.seen[0]!.parameters)).toMatchObject({ SerialNumber: serial, TokenCode: '987654' });
    expect(stderr).not.toContain('987654');
  });

  it.each([
    ['', ''],
    [' --no-input', '987654\r'],
  ])('is an error where nobody can be asked:%s', async (option, answer) => {
    aws.reset();
    const typed = answer ? { typed: ['MFA code', answer] } : {};
    const { code, stderr } = await sign({ config, line: `status --profile ops${option}` }, typed);
    expect(code).toBe(4);
    expect(stderr).toContain(serial);
    expect(aws.seen).toEqual([]);
  });

  it('what is wrong with the credentials behind comes first', async () => {
    aws.reset();
    const { config: behind, files } = sso('base', { accessToken: 'SECRET-x', expiresAt: later(-1_000) });
    const ops = profile('ops', role('ops', { source_profile: 'base', mfa_serial: serial }));
    const { code, stderr } = await sign({ config: `${behind}${ops}`, files, line: 'status --profile ops' });
    expect(code).toBe(4);
    expect(stderr).toContain('aws sso login --profile base');
  });
});

const ROLE = role('ops', {}).role_arn;
const ops = {
  config: [base, profile('ops', role('ops', { source_profile: 'base' }))].join('\n'),
  line: 'status --profile ops',
};
const process = (command: string) => ({
  config: profile('p', { credential_process: command }),
  line: 'status --profile p',
});
const inContainer = { env: { AWS_CONTAINER_CREDENTIALS_FULL_URI: 'URL/container' } };
const asPod = {
  files: { token: 'SECRET-jwt' },
  env: { AWS_WEB_IDENTITY_TOKEN_FILE: 'HOME/token', AWS_ROLE_ARN: ROLE },
};
const expired = { accessToken: 'SECRET-sso-token', expiresAt: later(-1_000) };

const behind = sso('s', expired);

/** What is wrong, what the error names, and what its hint says to do. */
const TROUBLES: readonly (readonly [what: string, names: readonly string[], hint: string, Situation, Answers?])[] = [
  [
    'a profile that does not exist',
    ['profile nope', 'base'],
    '--profile',
    { config: base, line: 'status --profile nope', env: KEYS },
  ],
  [
    'AWS_PROFILE that does not exist',
    ['profile nope', 'there is none'],
    'AWS_PROFILE',
    { env: { AWS_PROFILE: 'nope' } },
  ],
  [
    'a profile that does not exist, on an instance',
    ['profile nope'],
    '--profile',
    {
      config: base,
      line: 'status --profile nope',
      env: { AWS_EC2_METADATA_DISABLED: 'false', AWS_EC2_METADATA_SERVICE_ENDPOINT: 'URL' },
    },
  ],
  [
    'a profile without credentials',
    ['profile bare', 'region'],
    'aws configure sso --profile bare',
    { config: profile('bare', { region: 'eu-west-1' }), line: 'status --profile bare' },
  ],
  [
    'a source_profile that does not exist',
    ['profile gone', 'source_profile of x'],
    '--profile',
    { config: profile('x', role('x', { source_profile: 'gone' })), line: 'status --profile x' },
  ],
  [
    'profiles that go in a circle',
    ['source_profiles of a', 'b has a'],
    'give profile b credentials',
    {
      config: [profile('a', role('a', { source_profile: 'b' })), profile('b', role('b', { source_profile: 'a' }))].join(
        '\n',
      ),
      line: 'status --profile a',
    },
  ],
  [
    'half of a pair of keys',
    ['AWS_SECRET_ACCESS_KEY is not set'],
    '--profile',
    { env: { AWS_ACCESS_KEY_ID: 'AKIAenv' } },
  ],
  [
    'half of a pair of keys in a profile',
    ['profile half'],
    'aws configure --profile half',
    { config: profile('half', { aws_access_key_id: 'AKIAhalf' }), line: 'status --profile half' },
  ],
  [
    'an SSO session that has expired',
    ['profile s', 'expired'],
    'aws sso login --profile s',
    { ...sso('s', expired), line: 'status --profile s' },
  ],
  [
    'an SSO session that was never begun',
    ['profile s', 'signed in'],
    'aws sso login --profile s',
    { ...sso('s'), files: {}, line: 'status --profile s' },
  ],
  [
    'the default profile, never signed in',
    ['profile default'],
    'aws sso login',
    { config: profile('default', oldSso) },
  ],
  [
    'an SSO session of the profile behind',
    ['profile s', 'expired'],
    'aws sso login --profile s',
    {
      ...behind,
      config: `${behind.config}${profile('x', role('x', { source_profile: 's' }))}`,
      line: 'status --profile x',
    },
  ],
  [
    'an SSO session that AWS no longer accepts',
    ['profile s', 'no longer'],
    'aws sso login --profile s',
    { ...sso('s'), line: 'status --profile s' },
    {
      GetRoleCredentials: json({ message: 'Session token not found or invalid', __type: 'UnauthorizedException' }, 401),
    },
  ],
  [
    'a role that the SSO user does not have',
    ['role Ops', ACCOUNT],
    'aws configure sso',
    { ...sso('s'), line: 'status --profile s' },
    { GetRoleCredentials: json({ message: 'No access', __type: 'ForbiddenException' }, 403) },
  ],
  [
    'an sso-session that is not there',
    ['missing'],
    'aws configure sso --profile s',
    {
      config: profile('s', { sso_session: 'missing', sso_account_id: ACCOUNT, sso_role_name: 'Ops' }),
      line: 'status --profile s',
    },
  ],
  [
    'an SSO profile without a role',
    ['profile s', 'sso_role_name'],
    'aws configure sso --profile s',
    { config: profile('s', { ...oldSso, sso_role_name: '' }), line: 'status --profile s' },
  ],
  [
    'keys that AWS does not know',
    ['invalid'],
    'aws configure --profile base',
    { config: base, line: 'status --profile base' },
    { GetCallerIdentity: refusal('InvalidClientTokenId', 'The security token included in the request is invalid.') },
  ],
  [
    'a secret key that is wrong',
    ['signature'],
    'AWS_SECRET_ACCESS_KEY',
    { env: KEYS },
    {
      GetCallerIdentity: refusal(
        'SignatureDoesNotMatch',
        'The request signature we calculated does not match.\n\nx-amz-security-token:SECRET-TOKEN',
      ),
    },
  ],
  [
    'keys that have expired',
    ['expired'],
    'AWS_SESSION_TOKEN',
    { env: KEYS },
    { GetCallerIdentity: refusal('ExpiredToken', 'The security token included in the request is expired') },
  ],
  [
    'a role that may not be assumed',
    [ROLE, 'may not be assumed'],
    'sts:AssumeRole',
    ops,
    { AssumeRole: refusal('AccessDenied', 'User is not authorized to perform: sts:AssumeRole') },
  ],
  [
    'a role that is assumed with wrong keys',
    [ROLE, 'refused'],
    'aws configure --profile base',
    ops,
    { AssumeRole: refusal('InvalidClientTokenId', 'The security token included in the request is invalid.') },
  ],
  [
    'a role whose session may not last as long',
    [ROLE, 'MaxSessionDuration'],
    '',
    ops,
    {
      AssumeRole: refusal(
        'ValidationError',
        'The requested DurationSeconds exceeds the MaxSessionDuration set for this role.',
        400,
      ),
    },
  ],
  [
    'an MFA code that is wrong',
    [ROLE, 'MFA'],
    'next code',
    ops,
    { AssumeRole: refusal('AccessDenied', 'MultiFactorAuthentication failed with invalid MFA one time pass code.') },
  ],
  [
    'a credential_process that fails',
    ['profile p', 'sh', 'vault is locked'],
    'profile p',
    process(
      "sh -c 'echo vault is locked token=SECRET-t >&2; echo SECRET-second-line >&2; exit 3' --password SECRET-argument",
    ),
  ],
  [
    'a credential_process that is not there',
    ['profile p', '/no/such/program'],
    'profile p',
    process('/no/such/program SECRET-argument'),
  ],
  [
    'a credential_process that says nonsense',
    ['profile p', 'invalid JSON'],
    'profile p',
    process('echo SECRET-nonsense'),
  ],
  [
    'a credential_process with expired credentials',
    ['profile p', 'expired'],
    'profile p',
    process(`echo '${JSON.stringify({ ...JSON.parse(handed), Expiration: later(-1_000) })}'`),
  ],
  [
    'a container that refuses',
    ['URL/container', 'no association'],
    '--profile',
    inContainer,
    { Container: json({ Code: 'x', Message: 'no association' }, 403) },
  ],
  [
    'a container that is not there',
    ['http://localhost:9/x: ', 'ECONNREFUSED'],
    '--profile',
    { env: { AWS_CONTAINER_CREDENTIALS_FULL_URI: 'http://localhost:9/x' } },
  ],
  [
    'an endpoint of a container that is somewhere else',
    ['http://example.com/x', 'only https is taken'],
    'give the task or pod a role',
    { env: { AWS_CONTAINER_CREDENTIALS_FULL_URI: 'http://example.com/x' } },
  ],
  ['a token file that is not there', ['/token', 'ENOENT'], ROLE, { ...asPod, files: {} }],
  [
    'a web identity that may not assume its role',
    [ROLE, 'Not authorized'],
    'issuer',
    asPod,
    { AssumeRoleWithWebIdentity: refusal('AccessDenied', 'Not authorized to perform sts:AssumeRoleWithWebIdentity') },
  ],
  [
    'a web identity token that has expired',
    [ROLE, 'expired'],
    'renewed',
    asPod,
    { AssumeRoleWithWebIdentity: refusal('ExpiredTokenException', 'Token expired', 400) },
  ],
  ['no credentials anywhere', ['there are none', 'no web identity token'], 'aws configure', {}],
  [
    'a token file without a role',
    ['there are none', 'AWS_WEB_IDENTITY_TOKEN_FILE without AWS_ROLE_ARN'],
    'aws configure',
    { files: { token: 'SECRET-jwt' }, env: { AWS_WEB_IDENTITY_TOKEN_FILE: 'HOME/token' } },
  ],
  [
    'a role without a token file',
    ['there are none', 'AWS_ROLE_ARN without AWS_WEB_IDENTITY_TOKEN_FILE'],
    'aws configure',
    { env: { AWS_ROLE_ARN: ROLE } },
  ],
  [
    'no credentials on an instance without a role',
    ['there are none'],
    'aws configure',
    { env: { AWS_EC2_METADATA_DISABLED: 'false', AWS_EC2_METADATA_SERVICE_ENDPOINT: 'URL' } },
    { InstanceRole: refusal('NotFound', '', 404) },
  ],
];

describe('a trouble is named, with what mends it', () => {
  const rows = TROUBLES.map(
    ([what, names, hint, situation, answers = {}]) => [what, { names, hint, situation, answers }] as const,
  );

  it.each(rows)('%s', async (_, { names, hint, situation, answers }) => {
    aws.reset(answers);
    const { code, stderr, stdout } = await sign(situation);
    expect(code).toBe(4);
    const [title, why = '', how = ''] = stderr.slice(stderr.indexOf('error: ')).split('\n');
    expect(title).toBe('error: no usable AWS credentials');
    for (const name of names) expect(why).toContain(name.replace('URL', aws.url));
    if (hint) expect(how).toContain(hint);
    expect(stdout).toBe('');
  });
});
