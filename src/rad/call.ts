import type { ApiCall, ClientOptions } from '../aws/clients.ts';
import { type ExchangeOptions, exchange, type Reply } from '../aws/exchange.ts';
import type { HttpAnswer, HttpRequest } from '../aws/http.ts';
import { RadError } from '../engine/errors.ts';
import type { RadAccess } from './access.ts';

export interface RadOptions extends Pick<ExchangeOptions, 'send' | 'clock' | 'retry' | 'signal' | 'kill'> {
  readonly access: RadAccess;
  readonly version: string;
  readonly onCall?: (call: ApiCall) => void;
  readonly onWait?: ClientOptions['onWait'];
}

export interface Call {
  readonly operation: 'GetToken' | 'PostRegistration' | 'DeleteRegistration';
  readonly method: HttpRequest['method'];
  readonly path: string;
  readonly body: object;
  readonly token?: string;
}

export const isSuccess = ({ status }: HttpAnswer) => status >= 200 && status < 300;

export const AGAIN = 'all else is done: run the same command again';
export const CHECK_URL = 'check RAD_API_URL and the network, then run the same command again';
export const failed = (message: string, hint: string) => new RadError('RAD_REGISTRATION_FAILED', message, { hint });

/** The first answer that another attempt would not change. */
export async function answered({ operation, method, path, body, token }: Call, options: RadOptions): Promise<Reply> {
  const { access, clock, signal, version, onCall, onWait } = options;
  const start = clock.now();
  let attempts = 0;
  const tell = (error?: string) => {
    const ms = clock.now() - start;
    onCall?.({ service: 'rad', operation, region: 'global', ms, attempts, requestId: undefined, error });
  };
  const headers = {
    'content-type': 'application/json',
    'user-agent': `rad-connect/${version}`,
    ...(token && { authorization: `Bearer ${token}` }),
  };
  try {
    const request = { method, url: `${access.url}${path}`, headers, body: JSON.stringify(body) };
    const reply = await exchange(request, {
      ...options,
      onAttempt: () => attempts++,
      onWait: () => onWait?.('global', 'RAD'),
      failed: (why, isAnswered) => failed(why, isAnswered ? AGAIN : CHECK_URL),
    });
    tell(isSuccess(reply) ? undefined : String(reply.status));
    return reply;
  } catch (error) {
    tell((error as RadError).code);
    throw signal.aborted ? signal.reason : error;
  }
}
