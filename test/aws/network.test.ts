import { createHash } from 'node:crypto';
import dns from 'node:dns';
import { afterAll, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import { newAuthority } from '../helpers/certificates.ts';
import { ACCOUNT, fakeAws } from '../helpers/fake-aws.ts';
import { fakeProxy } from '../helpers/fake-proxy.ts';
import { addFiles, newHome, run } from '../helpers/process.ts';

/** Only this name exists, and it is this machine: nothing here can reach another one. */
const HERE = 'here.aws.test';
const { lookup } = dns;
vi.spyOn(dns, 'lookup').mockImplementation(((host: string, ...rest: [...object[], (error: Error) => void]) => {
  if (/^[\d.]+$/.test(host)) return lookup(host, ...(rest as [never, never]));
  if (host === HERE) return lookup('127.0.0.1', ...(rest as [never, never]));
  const done = rest.at(-1) as (error: Error) => void;
  return done(Object.assign(new Error(`getaddrinfo ENOTFOUND ${host}`), { code: 'ENOTFOUND' }));
}) as never);

const authority = newAuthority([
  '127.0.0.1',
  HERE,
  '*.amazonaws.com',
  '*.us-east-1.amazonaws.com',
  '*.sso.eu-west-1.amazonaws.com',
  '*.us-east-1.api.aws',
  '*.global.api.aws',
  '*.dualstack.us-east-1.amazonaws.com',
]);
let aws: Awaited<ReturnType<typeof fakeAws>>;
let plain: Awaited<ReturnType<typeof fakeAws>>;
let proxy: Awaited<ReturnType<typeof fakeProxy>>;
beforeAll(async () => {
  [aws, plain] = await Promise.all([fakeAws(authority), fakeAws()]);
  proxy = await fakeProxy(aws.port);
});
afterAll(() => Promise.all([aws.stop(), plain.stop(), proxy.stop()]));
beforeEach(() => {
  aws.reset();
  plain.reset();
  proxy.reset();
});

const KEYS = { AWS_ACCESS_KEY_ID: 'AKIAenv', AWS_SECRET_ACCESS_KEY: 'SECRET-env' };
const TRUST = { AWS_CA_BUNDLE: authority.file };
const HOME = newHome();
const START = 'https://example.awsapps.com/start';
addFiles(HOME, {
  '.aws/config': `[profile sso]
sso_start_url = ${START}
sso_region = eu-west-1
sso_account_id = ${ACCOUNT}
sso_role_name = Ops
[profile ops]
role_arn = arn:aws:iam::${ACCOUNT}:role/ops
source_profile = sso
`,
  [`.aws/sso/cache/${createHash('sha1').update(START).digest('hex')}.json`]: JSON.stringify({
    accessToken: 'SECRET-token',
    expiresAt: new Date(Date.now() + 3_600_000).toISOString(),
  }),
});
const status = (env: Readonly<Record<string, string>>, line = 'status') =>
  run(line, { HOME, AWS_EC2_METADATA_DISABLED: 'true', AWS_MAX_ATTEMPTS: '1', ...KEYS, ...env });
const hosts = () => proxy.asked.map(({ host }) => host);
const EVERYTHING = ['GetCallerIdentity', 'GetRole', 'ListBuckets'];

describe('by a proxy', () => {
  it('all calls to AWS go, with its name and password, which nobody else sees', async () => {
    const HTTPS_PROXY = proxy.url.replace('//', '//user:SECRET-word%21@');
    const { code, stderr } = await status({ ...TRUST, HTTPS_PROXY });
    expect(code, stderr).toBe(0);
    expect(hosts()).toEqual([
      'sts.us-east-1.amazonaws.com:443',
      'iam.amazonaws.com:443',
      's3.us-east-1.amazonaws.com:443',
    ]);
    const authorization = `Basic ${Buffer.from('user:SECRET-word!').toString('base64')}`;
    for (const one of proxy.asked) expect(one.authorization).toBe(authorization);
    expect(aws.operations()).toEqual(EVERYTHING);
    for (const { headers } of aws.seen) expect(headers['proxy-authorization']).toBeUndefined();
  });

  it('so do those that get credentials: SSO, and STS for roles', async () => {
    const { code, stderr } = await status({ ...TRUST, HTTPS_PROXY: proxy.url }, 'status --profile ops');
    expect(code, stderr).toBe(0);
    expect(hosts().slice(0, 3)).toEqual([
      'portal.sso.eu-west-1.amazonaws.com:443',
      'sts.us-east-1.amazonaws.com:443',
      'sts.us-east-1.amazonaws.com:443',
    ]);
    expect(aws.operations()).toEqual(['GetRoleCredentials', 'AssumeRole', ...EVERYTHING]);
  });

  it('no call goes to what NO_PROXY spares, or to this machine', async () => {
    const env = { ...TRUST, HTTPS_PROXY: proxy.url, NO_PROXY: 'aws.test' };
    const spared = await status({ ...env, AWS_ENDPOINT_URL: `https://${HERE}:${aws.port}` });
    expect(spared.code, spared.stderr).toBe(0);
    const local = await status({ ...env, AWS_ENDPOINT_URL: aws.url });
    expect(local.code, local.stderr).toBe(0);
    expect(hosts()).toEqual([]);
    expect(aws.operations()).toEqual([...EVERYTHING, ...EVERYTHING]);
  });

  it('a call over plain http goes by HTTP_PROXY', async () => {
    const { code } = await status({ HTTP_PROXY: proxy.url, AWS_ENDPOINT_URL: 'http://minio.aws.test' });
    expect(code).toBe(1);
    expect(hosts()).toEqual(['http://minio.aws.test/']);
  });

  it.each([['407 Proxy Authentication Required'], ['403 Forbidden'], ['502 Bad Gateway']])(
    'the refusal of a proxy is not one of AWS: %s',
    async (answer) => {
      proxy.reset(answer);
      const { code, stderr } = await status({ ...TRUST, HTTPS_PROXY: proxy.url.replace('//', '//user:SECRET-word@') });
      expect(code).toBe(1);
      expect(stderr).toContain(answer);
      expect(stderr).toContain(proxy.url);
      expect(stderr).toMatch(/→ .*HTTPS_PROXY.*NO_PROXY/);
    },
  );

  it.each(['status', 'status --profile ops'])('a proxy that is not there is named: %s', async (line) => {
    const { code, stderr } = await status({ HTTPS_PROXY: 'http://user:SECRET-word@127.0.0.1:1' }, line);
    expect(code).toBe(1);
    expect(stderr).toContain('http://127.0.0.1:1');
    expect(stderr).toMatch(/→ .*HTTPS_PROXY/);
  });
});

describe('certificates', () => {
  it('of an authority that nobody knows are not trusted, and AWS_CA_BUNDLE is named', async () => {
    for (const env of [{ AWS_ENDPOINT_URL: aws.url }, { HTTPS_PROXY: proxy.url }]) {
      for (const line of ['status', 'status --profile ops']) {
        const { code, stderr } = await status(env, line);
        expect(code, line).toBe(1);
        expect(stderr).toMatch(/certificate.*, calling https:/);
        expect(stderr).toMatch(/→ .*AWS_CA_BUNDLE/);
      }
    }
    expect(aws.seen).toEqual([]);
  });

  it('are trusted with AWS_CA_BUNDLE, beside those of NODE_EXTRA_CA_CERTS', async () => {
    const other = newAuthority(['127.0.0.1']);
    for (const env of [TRUST, { AWS_CA_BUNDLE: other.file, NODE_EXTRA_CA_CERTS: authority.file }]) {
      const { code, stderr } = await status({ ...env, AWS_ENDPOINT_URL: aws.url });
      expect(code, stderr).toBe(0);
    }
    expect((await status({ AWS_CA_BUNDLE: other.file, AWS_ENDPOINT_URL: aws.url })).code).toBe(1);
  });

  it('cannot be read: one line, before any call', async () => {
    addFiles(HOME, {
      'empty.pem': 'no certificate',
      'broken.pem': '-----BEGIN CERTIFICATE-----\nxx\n-----END CERTIFICATE-----\n',
    });
    for (const name of ['missing.pem', 'empty.pem', 'broken.pem']) {
      const { code, stderr } = await status({ AWS_CA_BUNDLE: `${HOME}/${name}`, AWS_ENDPOINT_URL: aws.url });
      expect(code).toBe(64);
      expect(stderr).toMatch(new RegExp(`^error: AWS_CA_BUNDLE ${HOME}/${name}: [^\n]+\n$`));
    }
    expect(aws.seen).toEqual([]);
  });
});

describe('endpoints', () => {
  it('of single services go before that of all', async () => {
    const { code, stderr } = await status({ ...TRUST, AWS_ENDPOINT_URL: aws.url, AWS_ENDPOINT_URL_STS: plain.url });
    expect(code, stderr).toBe(0);
    expect(plain.operations()).toEqual(['GetCallerIdentity']);
    expect(aws.operations()).toEqual(['GetRole', 'ListBuckets']);
  });

  it.each([
    [
      'AWS_USE_FIPS_ENDPOINT',
      ['sts-fips.us-east-1.amazonaws.com:443', 'iam-fips.amazonaws.com:443', 's3-fips.us-east-1.amazonaws.com:443'],
    ],
    [
      'AWS_USE_DUALSTACK_ENDPOINT',
      ['sts.us-east-1.api.aws:443', 'iam.global.api.aws:443', 's3.dualstack.us-east-1.amazonaws.com:443'],
    ],
  ])('%s is honoured', async (name, expected) => {
    const { code, stderr } = await status({ ...TRUST, HTTPS_PROXY: proxy.url, [name]: 'true' });
    expect(hosts(), stderr).toEqual(expected);
    expect(code).toBe(0);
  });

  it.each([
    ['AWS_ENDPOINT_URL', 'localhost:4566'],
    ['AWS_ENDPOINT_URL_S3', 'not a url'],
    ['HTTPS_PROXY', 'socks5://proxy:1080'],
  ])('%s=%s is one line, before any call', async (name, value) => {
    const { code, stderr } = await status({ [name]: value });
    expect(code).toBe(64);
    expect(stderr).toMatch(new RegExp(`^error: ${name}[^\n]*\n$`));
  });

  it.each([
    ['nobody listens at', 'http://127.0.0.1:1', 'http://127.0.0.1:1'],
    ['nobody knows', 'http://nowhere.aws.test', 'nowhere.aws.test'],
  ])('one that %s is named', async (_, url, named) => {
    const { code, stderr } = await status({ AWS_ENDPOINT_URL: url });
    expect(code).toBe(1);
    expect(stderr).toContain(named);
    expect(stderr).toMatch(/→ .*AWS_ENDPOINT_URL/);
  });

  it.each([200, 404, 503])('one that is no AWS is named: %s', async (code) => {
    plain.reset({
      GetCallerIdentity: () => ({ status: code, body: '<html><body>Welcome</body></html>', type: 'text/html' }),
    });
    const answer = await status({ AWS_ENDPOINT_URL: plain.url });
    expect(answer.code).toBe(1);
    expect(answer.stderr).not.toContain('this is a bug');
    expect(answer.stderr).toMatch(/→ .*AWS_ENDPOINT_URL/);
    expect(plain.operations()).toEqual(['GetCallerIdentity']);
  });
});

describe('AWS_MAX_ATTEMPTS', () => {
  it.each([
    ['1', 1],
    ['2', 2],
  ])('%s', async (AWS_MAX_ATTEMPTS, expected) => {
    plain.reset({ GetCallerIdentity: () => ({ status: 503, body: '' }) });
    await status({ AWS_ENDPOINT_URL: plain.url, AWS_MAX_ATTEMPTS });
    expect(plain.operations()).toHaveLength(expected);
  });

  it.each(['abc', '0', '1.5', '-1'])('%s is refused, without a call', async (AWS_MAX_ATTEMPTS) => {
    plain.reset();
    const { code, stderr } = await status({ AWS_ENDPOINT_URL: plain.url, AWS_MAX_ATTEMPTS });
    expect([code, plain.operations()]).toEqual([64, []]);
    expect(stderr).toMatch(/^error: AWS_MAX_ATTEMPTS .*\n$/);
  });
});
