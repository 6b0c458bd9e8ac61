import { afterEach, describe, expect, it } from 'vitest';
import type { ApiCall } from '../../src/aws/clients.ts';
import { createSend } from '../../src/aws/http.ts';
import { createRetry } from '../../src/aws/retry.ts';
import type { RadError } from '../../src/engine/errors.ts';
import { radAccess } from '../../src/rad/access.ts';
import { createRad } from '../../src/rad/api.ts';
import type { RadOptions } from '../../src/rad/call.ts';
import { type Act, inTurn, KEYS, type RadServer, radServer, say, TOKEN } from './server.ts';

const ACCOUNT = '123456789012';
const ROLE = `arn:x:iam::${ACCOUNT}:role/rad-audit-logs`;
const POST = 'POST /cloud/register';
const DELETE = 'DELETE /cloud/register';
const LOGIN = 'POST /authentication/authenticate';
const drops: Act = ({ headers: _ }, response) => void response.destroy();

const open: RadServer[] = [];
afterEach(async () => {
  for (const server of open.splice(0)) await server.close();
});

interface Setting {
  readonly keys?: { readonly accessKeyId: string; readonly secretKey: string };
  readonly more?: Partial<RadOptions>;
}
/** RAD's API against a server of this machine. Pauses pass at once; an attempt takes too long when `timeIsUp` says so. */
async function rad(acts: Readonly<Record<string, Act>> = {}, { keys = KEYS, more }: Setting = {}) {
  const server = await radServer(acts);
  open.push(server);
  const calls: ApiCall[] = [];
  const { signal } = new AbortController();
  const { signIn } = createRad({
    access: { url: server.url, ...keys },
    send: createSend(),
    clock: {
      now: () => 0,
      alarm(_, ring) {
        alarms.add(ring);
        return () => void alarms.delete(ring);
      },
    },
    retry: createRetry({ sleep: async () => {} } as never, signal, 4, 3),
    signal,
    kill: signal,
    version: '1.2.3',
    onCall: (call) => void calls.push(call),
    ...more,
  });
  const api = {
    register: async (...what: [string, string]) => (await signIn()).register(...what),
    remove: async (...what: [string, string]) => (await signIn()).remove(...what),
  };
  const paths = () => server.received.map(({ method, path }) => `${method} ${path}`);
  return { api, server, calls, paths };
}
const alarms = new Set<() => void>();
function timeIsUp(): void {
  for (const ring of [...alarms]) ring();
}

const failure = (promise: Promise<unknown>): Promise<RadError> =>
  promise.then(
    () => expect.unreachable(),
    (error) => error,
  );

describe('what is sent is what the Terraform provider of RAD sends', () => {
  it.each(['register', 'remove'] as const)('%s', async (verb) => {
    const { api, server } = await rad();
    await api[verb](ACCOUNT, ROLE);
    const [login, call] = server.received;
    expect(server.received).toHaveLength(2);
    expect(login).toMatchObject({ method: 'POST', path: '/authentication/authenticate' });
    expect(login!.body).toEqual({ access_key_id: KEYS.accessKeyId, secret_key: KEYS.secretKey });
    expect(login!.headers.authorization).toBeUndefined();
    expect(call).toMatchObject({ method: verb === 'register' ? 'POST' : 'DELETE', path: '/cloud/register' });
    expect(call!.body).toEqual({ type: 'aws', aws_account_id: ACCOUNT, aws_role_arn: ROLE });
    expect(call!.headers).toMatchObject({
      authorization: `Bearer ${TOKEN}`,
      'content-type': 'application/json',
      'user-agent': 'rad-connect/1.2.3',
    });
  });
});

describe('what is answered', () => {
  it.each<[string, Act, string]>([
    ['its id', say(200, { id: 'r-1' }), 'made'],
    ['nothing', say(200, ''), 'made'],
    ['nothing but a line feed', say(200, '\n'), 'made'],
    ['an object of nothing', say(201, {}), 'made'],
    ['another role', say(200, { id: 'r-1', aws_role_arn: 'x' }), 'others'],
    ['known already', say(409), 'known'],
    ['a lost answer, then known', inTurn(drops, say(409)), 'made'],
    ['500, then known', inTurn(say(500), say(409)), 'made'],
    ['slower, then known', inTurn(say(429), say(409)), 'known'],
    ['slower, then done', inTurn(say(429), say(429), say(200)), 'made'],
  ])('register: %s', async (_, act, expected) => {
    const { api } = await rad({ [POST]: act });
    expect(await api.register(ACCOUNT, ROLE)).toBe(expected);
  });

  it.each<[string, Act]>([
    ['done', say(200)],
    ['done, without a word', say(204, '')],
    ['gone already', say(404)],
    ['a lost answer, then gone', inTurn(drops, say(404))],
  ])('remove: %s', async (_, act) => {
    const { api } = await rad({ [DELETE]: act });
    await expect(api.remove(ACCOUNT, ROLE)).resolves.toBeUndefined();
  });

  it.each<[string, Act]>([
    ['no JSON', say(200, '<html>')],
    ['JSON of another kind', say(201, '[1, null]')],
    ['nothing in JSON', say(200, 'null')],
  ])('a success that is not of RAD is none: %s', async (_, act) => {
    for (const verb of ['register', 'remove'] as const) {
      const { api, server } = await rad({ [POST]: act, [DELETE]: act });
      const { code, hint } = await failure(api[verb](ACCOUNT, ROLE));
      expect([code, hint, server.received.length]).toEqual([
        'RAD_REGISTRATION_FAILED',
        expect.stringContaining('RAD_API_URL'),
        2,
      ]);
    }
  });

  it.each<[string, string, Act, string, number]>([
    ['the keys are refused', LOGIN, say(401), 'RAD_REGISTRATION_DENIED', 1],
    ['the login gives no token', LOGIN, say(200, {}), 'RAD_REGISTRATION_FAILED', 1],
    ['the login gives garbage', LOGIN, say(200, '<html>sign in</html>'), 'RAD_REGISTRATION_FAILED', 1],
    ['the token is no header', LOGIN, say(200, { token: 'a\nb' }), 'RAD_REGISTRATION_FAILED', 1],
    [
      'the login is elsewhere',
      LOGIN,
      (_, to) => void to.writeHead(302, { location: '/x' }).end(),
      'RAD_REGISTRATION_FAILED',
      1,
    ],
    ['registering is not allowed', POST, say(403), 'RAD_REGISTRATION_DENIED', 2],
    ['a bad request', POST, say(400), 'RAD_REGISTRATION_FAILED', 2],
    ['500 and again 500', POST, say(500), 'RAD_REGISTRATION_FAILED', 5],
    ['no answer at all', POST, drops, 'RAD_REGISTRATION_FAILED', 4],
  ])('%s', async (_, path, act, code, requests) => {
    const { api, server } = await rad({ [path]: act });
    const error = await failure(api.register(ACCOUNT, ROLE));
    expect(error).toMatchObject({ name: 'RadError', code });
    expect(error.hint).toBeTruthy();
    expect(server.received).toHaveLength(requests);
  });

  it.each<[string, Act]>([
    ['hangs', () => timeIsUp()],
    [
      'hangs in the middle',
      (_, response) => {
        response.writeHead(200).write('{"id":', timeIsUp);
      },
    ],
  ])('a server that %s is given up, and asked again', async (_, act) => {
    const { api, paths } = await rad({ [POST]: act });
    const error = await failure(api.register(ACCOUNT, ROLE));
    expect(error).toMatchObject({ code: 'RAD_REGISTRATION_FAILED' });
    expect(error.message).toContain('nothing within 30 s');
    expect(paths().filter((path) => path === POST)).toHaveLength(3);
  });

  it('who waits for a slow answer is told', async () => {
    const told: string[] = [];
    const slow: Act = (received, response) => {
      [...alarms].at(-1)?.();
      say(200)(received, response);
    };
    const onWait = (place: string, whom: string) => {
      told.push(place, whom);
      return () => void told.push('answered');
    };
    const { api } = await rad({ [POST]: slow }, { more: { onWait } });
    expect([await api.register(ACCOUNT, ROLE), ...told]).toEqual(['made', 'global', 'RAD', 'answered']);
  });

  it('a redirect is told as one', async () => {
    const { api } = await rad({ [LOGIN]: (_, to) => void to.writeHead(302, { location: '/x' }).end() });
    const { message, hint } = await failure(api.register(ACCOUNT, ROLE));
    expect(`${message} ${hint}`).toMatch(/redirect.*RAD_API_URL/);
  });

  it('an answer without end is not read to its end, nor asked for again', async () => {
    const endless: Act = (_, response) => {
      const more = () => {
        if (!response.destroyed) response.write('x'.repeat(65_536), more);
      };
      more();
    };
    const { api, paths } = await rad({ [POST]: endless });
    expect((await failure(api.register(ACCOUNT, ROLE))).hint).toContain('RAD_API_URL');
    expect(paths()).toEqual([LOGIN, POST]);
  });

  it('nobody there', async () => {
    const { api, server } = await rad();
    await server.close();
    open.splice(0);
    const error = await failure(api.register(ACCOUNT, ROLE));
    expect(error.message).toMatch(/^no answer from 127\.0\.0\.1:\d+: ECONNREFUSED$/);
  });
});

describe('a run that is told to stop', () => {
  it('begins no call', async () => {
    const stop = new AbortController();
    const why = new Error('stop');
    const { api, server } = await rad({}, { more: { signal: stop.signal } });
    stop.abort(why);
    expect(await failure(api.register(ACCOUNT, ROLE))).toBe(why);
    expect(server.received).toEqual([]);
  });

  it('gives up the call in flight when it is told twice', async () => {
    const kill = new AbortController();
    const why = new Error('kill');
    const { api, server } = await rad({ [POST]: () => kill.abort(why) }, { more: { kill: kill.signal } });
    expect(await failure(api.register(ACCOUNT, ROLE))).toBe(why);
    expect(server.received).toHaveLength(2);
  });
});

it('what is told of calls and errors holds no secret, even where the server gives back what it was sent', async () => {
  const echo: Act = ({ body, headers }, response) => say(400, { error: { body, headers } })({} as never, response);
  const told: unknown[] = [];
  for (const path of [LOGIN, POST]) {
    const { api, calls } = await rad({ [path]: echo });
    const { message, hint, cause, stack } = await failure(api.register(ACCOUNT, ROLE));
    told.push(calls, message, hint, cause, stack);
  }
  const text = JSON.stringify(told);
  expect(text).toContain('PostRegistration');
  for (const secret of [KEYS.secretKey, KEYS.accessKeyId, TOKEN]) expect(text).not.toContain(secret);
});

describe('the environment', () => {
  const keys = { RAD_ACCESS_KEY_ID: 'id-1', RAD_SECRET_KEY: 'hidden-1' };
  const url = (text: string) => radAccess({ ...keys, RAD_API_URL: text })?.url;

  it('no keys: no RAD, whatever the address', () => {
    expect(radAccess({})).toBeUndefined();
    expect(radAccess({ RAD_ACCESS_KEY_ID: '', RAD_SECRET_KEY: '', RAD_API_URL: 'nonsense' })).toBeUndefined();
  });
  it('the address is that of RAD, unless another is named', () => {
    expect(radAccess(keys)).toEqual({ url: 'https://api.rad.security', accessKeyId: 'id-1', secretKey: 'hidden-1' });
    expect(url('https://api.ksoc.com/')).toBe('https://api.ksoc.com');
    expect(url('https://proxy.example.com/rad/')).toBe('https://proxy.example.com/rad');
  });
  it.each(['http://127.0.0.1:8080', 'http://localhost:1', 'http://[::1]:1'])('%s is this machine', (text) =>
    expect(url(text)).toBe(text),
  );
  it.each([
    'http://api.rad.security',
    'http://127.0.0.1.example.com',
    'http://localhost.example.com',
    'ftp://api.rad.security',
    'https://hidden-1@api.rad.security',
    'https://api.rad.security?x=1',
    'api.rad.security',
    'https://',
  ])('%s is refused', (text) => {
    expect(() => url(text)).toThrow(expect.objectContaining({ code: 'USAGE' }));
    expect(() => url(text)).not.toThrow(/hidden-1/);
  });
  it.each([['RAD_ACCESS_KEY_ID'], ['RAD_SECRET_KEY']])('%s alone is refused', (name) => {
    expect(() => radAccess({ [name]: 'hidden-1' })).toThrow(expect.objectContaining({ code: 'USAGE' }));
    expect(() => radAccess({ [name]: 'hidden-1' })).not.toThrow(/hidden-1/);
  });
});
