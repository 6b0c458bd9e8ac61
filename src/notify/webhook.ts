import { createHmac } from 'node:crypto';
import { type ExchangeOptions, exchange } from '../aws/exchange.ts';
import type { Message } from '../aws/publish.ts';
import { RadError } from '../engine/errors.ts';

export interface WebhookOptions extends Omit<ExchangeOptions, 'failed'> {
  readonly version: string;
  /** What both sides know. undefined: nothing is signed. */
  readonly secret: Buffer | undefined;
}

/** What is signed, and how, is the specification of Standard Webhooks, https://www.standardwebhooks.com, "Signature scheme". */
export const signatureOf = (secret: Buffer, id: string, seconds: number, body: string): string =>
  `v1,${createHmac('sha256', secret).update(`${id}.${seconds}.${body}`).digest('base64')}`;

/** Throws USAGE, which never holds the secret. */
export function notifySecret(env: Readonly<Record<string, string | undefined>>): Buffer | undefined {
  const { RAD_CONNECT_NOTIFY_SECRET: text } = env;
  if (!text) return undefined;
  const secret = secretOf(text);
  if (secret) return secret;
  throw new RadError(
    'USAGE',
    `RAD_CONNECT_NOTIFY_SECRET: base64 of ${LEAST} to ${MOST} bytes: openssl rand -base64 32`,
  );
}

const SECRET = /^(?:whsec_)?([A-Za-z0-9+/]+={0,2})$/;
/** Bytes. The same specification, "Signature scheme". */
const [LEAST, MOST] = [24, 64] as const;

/** Base64, as the specification has it, with `whsec_` before it or without; undefined: it is none. */
export function secretOf(text: string): Buffer | undefined {
  const bytes = Buffer.from(SECRET.exec(text)?.[1] ?? '', 'base64');
  return bytes.length >= LEAST && bytes.length <= MOST ? bytes : undefined;
}

/** Sends one finding, whose id is the same each time. Any 2xx is success. */
export async function postTo(url: string, { id, body }: Message, options: WebhookOptions): Promise<void> {
  const { clock, secret, version } = options;
  const { host } = new URL(url);
  const seconds = Math.floor(clock.now() / 1_000);
  const headers = {
    'content-type': 'application/json',
    'user-agent': `rad-connect/${version}`,
    'webhook-id': id,
    'webhook-timestamp': String(seconds),
    ...(secret && { 'webhook-signature': signatureOf(secret, id, seconds, body) }),
  };
  const failed = (why: string) =>
    new RadError('NOTIFY_FAILED', why, { hint: 'run the same command again: what was not sent is sent then' });
  const { status } = await exchange({ method: 'POST', url, headers, body }, { ...options, failed });
  if (status >= 200 && status < 300) return;
  throw new RadError('NOTIFY_FAILED', `${host} answered ${status} and does not take the finding`, {
    hint: 'see that the address of --notify and RAD_CONNECT_NOTIFY_SECRET are right, then run the same command again',
  });
}
