import { Webhook } from 'standardwebhooks';
import { afterEach, describe, expect, it } from 'vitest';
import { createSend } from '../../src/aws/http.ts';
import { createRetry } from '../../src/aws/retry.ts';
import { targetOf } from '../../src/notify/target.ts';
import { postTo, secretOf } from '../../src/notify/webhook.ts';
import { type Act, inTurn, type RadServer, radServer, say } from '../rad/server.ts';

const SECRET = `whsec_${Buffer.from('0123456789abcdef0123456789abcdef').toString('base64')}`;
const MESSAGE = { id: 'finding-1', level: 'high', title: 'Exec', body: '{"id":"finding-1","who":"Zoë"}' };
const HOOK = 'POST /hook';

const open: RadServer[] = [];
afterEach(async () => {
  for (const server of open.splice(0)) await server.close();
});

async function post(act: Act, secret: string | undefined = SECRET) {
  const server = await radServer({ [HOOK]: act });
  open.push(server);
  const { signal } = new AbortController();
  const done = postTo(`${server.url}/hook`, MESSAGE, {
    send: createSend(),
    clock: { now: Date.now, alarm: () => () => {} },
    retry: createRetry({ sleep: async () => {} } as never, signal, 4),
    signal,
    kill: signal,
    version: '1.2.3',
    secret: secret ? secretOf(secret) : undefined,
  });
  const error = await done.then(
    () => undefined,
    (thrown) => thrown,
  );
  return { error, received: server.received };
}

describe('a webhook', () => {
  it('can tell by the library of Standard Webhooks that it is ours', async () => {
    const { error, received } = await post(say(202));
    expect(error).toBeUndefined();
    const [{ headers, body }] = received as [RadServer['received'][0]];
    expect(body).toEqual(JSON.parse(MESSAGE.body));
    const verify = (text: string) => new Webhook(SECRET).verify(text, headers as Record<string, string>);
    expect(verify(MESSAGE.body)).toEqual(body);
    expect(() => verify(MESSAGE.body.replace('1', '2'))).toThrow(/signature/);
    expect(headers).toMatchObject({ 'webhook-id': 'finding-1', 'user-agent': 'rad-connect/1.2.3' });
  });

  it('without a secret nothing is signed', async () => {
    const { received } = await post(say(200), '');
    expect(received[0]?.headers).not.toHaveProperty('webhook-signature');
  });

  it('is asked again with the same id while it does not answer well', async () => {
    const { error, received } = await post(inTurn(say(500), (_, to) => void to.destroy(), say(429), say(204)));
    expect(error).toBeUndefined();
    expect(new Set(received.map(({ headers }) => headers['webhook-id']))).toEqual(new Set(['finding-1']));
    expect(received).toHaveLength(4);
  });

  it.each([
    ['does not know us', 401, 1],
    ['is elsewhere', 302, 1],
    ['is broken', 503, 4],
  ])('that %s is an error that tells no secret', async (_, status, times) => {
    const { error, received } = await post(say(status));
    expect(error).toMatchObject({ code: 'NOTIFY_FAILED', message: expect.stringContaining(String(status)) });
    expect(received).toHaveLength(times);
    expect(JSON.stringify([error.message, error.hint])).not.toMatch(/hook"|whsec|MDEyMzQ1/);
  });
});

it.each([
  [SECRET, 32],
  [SECRET.slice(6), 32],
])('%s is a secret', (text, bytes) => expect(secretOf(text)).toHaveLength(bytes));
it.each(['', 'whsec_', 'short', 'not base64 at all, but long enough', `whsec_${'A'.repeat(200)}`])(
  '%j is none',
  (text) => expect(secretOf(text)).toBeUndefined(),
);

describe('targets', () => {
  it.each([
    ['arn:aws:sns:eu-west-1:123456789012:security-alerts', 'topic'],
    ['arn:aws-us-gov:sns:us-gov-west-1:123456789012:alerts.fifo', 'topic'],
    ['arn:aws:events:us-east-1:123456789012:event-bus/default', 'bus'],
    ['https://hooks.example.com/services/T0/B0?x=1', 'webhook'],
    ['http://127.0.0.1:8080/hook', 'webhook'],
  ])('%s', (text, kind) => expect(targetOf(text)).toMatchObject({ kind }));

  it.each([
    '',
    'security-alerts',
    'http://hooks.example.com/',
    'https://user:secret@hooks.example.com/',
    'arn:aws:sqs:eu-west-1:123456789012:queue',
    'arn:aws:sns:eu-west-1:123456789012:a/b',
    'arn:aws:events:us-east-1:123456789012:rule/x',
    'sns:alerts',
  ])('%j is none', (text) => expect(targetOf(text)).toBeUndefined());
});
