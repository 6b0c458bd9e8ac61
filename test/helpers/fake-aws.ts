import { createServer, type IncomingMessage, type RequestListener } from 'node:http';
import { createServer as createTlsServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { stopping } from './stopping.ts';

export const ACCOUNT = '123456789012';

/** One request as the fake AWS has seen it. */
export interface Seen {
  readonly operation: string;
  readonly host: string;
  readonly path: string;
  /** Whose keys signed it. */
  readonly accessKey: string | undefined;
  readonly userAgent: string;
  readonly parameters: URLSearchParams;
  readonly headers: IncomingMessage['headers'];
}
interface Answer {
  readonly status?: number;
  readonly body?: string;
  readonly type?: string;
}
export type Answers = Readonly<Record<string, (seen: Seen) => Answer>>;

export const refusal =
  (code: string, message: string, status = 403) =>
  (): Answer => ({
    status,
    body: `<ErrorResponse><Error><Type>Sender</Type><Code>${code}</Code><Message>${message}</Message></Error><RequestId>r-1</RequestId></ErrorResponse>`,
  });

export const json =
  (value: object, status = 200, headers = {}) =>
  (): Answer => ({
    status,
    body: JSON.stringify(value),
    type: 'application/json',
    ...headers,
  });

const inAnHour = () => new Date(Date.now() + 3_600_000).toISOString();

/** Whatever is secret says so, and must never be seen again. */
const assumed = (operation: string, id: string) => ({
  body: `<${operation}Response><${operation}Result><Credentials><AccessKeyId>${id}</AccessKeyId><SecretAccessKey>SECRET-${id}</SecretAccessKey><SessionToken>SECRET-TOKEN-${id}</SessionToken><Expiration>${inAnHour()}</Expiration></Credentials></${operation}Result></${operation}Response>`,
});

const handedOut = (id: string) => ({
  Code: 'Success',
  AccessKeyId: id,
  SecretAccessKey: `SECRET-${id}`,
  Token: `SECRET-TOKEN-${id}`,
  Expiration: inAnHour(),
});

/** An account with nothing in it, and every service that hands out credentials. */
const EMPTY: Answers = {
  GetCallerIdentity: () => ({
    body: `<GetCallerIdentityResponse><GetCallerIdentityResult><Arn>arn:aws:iam::${ACCOUNT}:user/u</Arn><Account>${ACCOUNT}</Account></GetCallerIdentityResult></GetCallerIdentityResponse>`,
  }),
  GetRole: refusal('NoSuchEntity', 'The role cannot be found.', 404),
  ListBuckets: () => ({ body: '<ListAllMyBucketsResult><Buckets></Buckets></ListAllMyBucketsResult>' }),
  AssumeRole: ({ parameters }) => assumed('AssumeRole', `ASIA${parameters.get('RoleArn')?.split('/').at(-1)}`),
  AssumeRoleWithWebIdentity: () => assumed('AssumeRoleWithWebIdentity', 'ASIAweb'),
  GetRoleCredentials: json({
    roleCredentials: {
      accessKeyId: 'ASIAsso',
      secretAccessKey: 'SECRET-sso',
      sessionToken: 'SECRET-TOKEN-sso',
      expiration: Date.now() + 3_600_000,
    },
  }),
  CreateToken: json({ accessToken: 'SECRET-renewed', expiresIn: 3_600, refreshToken: 'SECRET-refresh-2' }),
  Container: json(handedOut('ASIAcontainer')),
  InstanceToken: () => ({ body: 'SECRET-imds' }),
  InstanceRole: () => ({ body: 'web-server' }),
  Instance: json(handedOut('ASIAinstance')),
};

const PATHS: readonly (readonly [RegExp, string])[] = [
  [/^\/federation\/credentials/, 'GetRoleCredentials'],
  [/^\/token/, 'CreateToken'],
  [/^\/container/, 'Container'],
  [/^\/latest\/api\/token/, 'InstanceToken'],
  [/^\/latest\/meta-data\/iam\/security-credentials\/$/, 'InstanceRole'],
  [/^\/latest\/meta-data\/iam\/security-credentials\/./, 'Instance'],
  [/^\/(\?|$)/, 'ListBuckets'],
];

async function readAll(request: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk);
  return Buffer.concat(chunks).toString();
}

/** A server of this machine that stands for all of AWS; with a certificate, over TLS. */
export async function fakeAws(certificate?: { readonly key: string; readonly cert: string }) {
  const seen: Seen[] = [];
  let answers: Answers = EMPTY;
  let before = (_: Seen) => {};
  const listener: RequestListener = async (request, response) => {
    const parameters = new URLSearchParams(await readAll(request));
    const path = request.url ?? '';
    const operation = parameters.get('Action') ?? PATHS.find(([pattern]) => pattern.test(path))?.[1] ?? path;
    const [, accessKey] = /Credential=([^/]+)/.exec(request.headers.authorization ?? '') ?? [];
    const { host = '', 'user-agent': userAgent = '' } = request.headers;
    const one = { operation, host, path, accessKey, userAgent, parameters, headers: request.headers };
    before(one);
    seen.push(one);
    const answer = answers[operation] ?? refusal('AccessDenied', `${operation} is not for you`);
    const { status = 200, body = '', type = 'text/xml' } = answer(one);
    response.writeHead(status, { 'content-type': type, 'x-amzn-requestid': 'r-1' }).end(body);
  };
  const server = certificate ? createTlsServer(certificate, listener) : createServer(listener);
  const stop = stopping(server);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  return {
    seen,
    port,
    url: `${certificate ? 'https' : 'http'}://127.0.0.1:${port}`,
    operations: () => seen.map(({ operation }) => operation),
    signedBy: (operation: string) => seen.find((one) => one.operation === operation)?.accessKey,
    /** Forgets what it has seen, and answers some operations otherwise than an account with nothing in it. */
    reset(other: Answers = {}, watch = (_: Seen) => {}) {
      seen.length = 0;
      answers = { ...EMPTY, ...other };
      before = watch;
    },
    stop,
  };
}
