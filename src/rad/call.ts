import type { RetryErrorInfo, RetryStrategyV2 } from '@smithy/types';
import type { ApiCall } from '../aws/clients.ts';
import type { Clock } from '../aws/clock.ts';
import { RadError } from '../engine/errors.ts';
import type { RadAccess } from './access.ts';
import type { HttpAnswer, HttpRequest, Send } from './http.ts';

export interface RadOptions {
  readonly access: RadAccess;
  readonly send: Send;
  readonly clock: Pick<Clock, 'now' | 'alarm'>;
  readonly retry: RetryStrategyV2;
  /** When it aborts, no new call begins. */
  readonly signal: AbortSignal;
  /** When it aborts, the call in flight is given up. */
  readonly kill: AbortSignal;
  readonly version: string;
  readonly onCall?: (call: ApiCall) => void;
  readonly onWait?: ((place: string, whom: string) => void) | undefined;
}

/** Of one attempt, as RAD's own Terraform provider allows. Milliseconds. */
const PATIENCE = 30_000;
/** After this who waits is told. Milliseconds. */
const LONG = 10_000;

export interface Call {
  readonly operation: 'GetToken' | 'PostRegistration' | 'DeleteRegistration';
  readonly method: HttpRequest['method'];
  readonly path: string;
  readonly body: object;
  readonly token?: string;
}
export interface Reply extends HttpAnswer {
  /** An earlier attempt had no answer, or one that does not tell whether it took effect. */
  readonly isRepeat: boolean;
}

export const isSuccess = ({ status }: HttpAnswer) => status >= 200 && status < 300;

export const AGAIN = 'all else is done: run the same command again';
export const CHECK_URL = 'check RAD_API_URL and the network, then run the same command again';
export const failed = (message: string, hint: string) => new RadError('RAD_REGISTRATION_FAILED', message, { hint });

/** The first answer that another attempt would not change. */
export async function answered(call: Call, options: RadOptions): Promise<Reply> {
  const { clock, retry, signal, onCall } = options;
  const start = clock.now();
  let isRepeat = false;
  let attempts = 0;
  const tell = (error?: string) => {
    const { operation } = call;
    const ms = clock.now() - start;
    onCall?.({ service: 'rad', operation, region: 'global', ms, attempts, requestId: undefined, error });
  };
  try {
    let token = await retry.acquireInitialRetryToken('rad');
    for (;;) {
      if (signal.aborted) throw signal.reason;
      attempts++;
      const answer = await attempt(call, options);
      if (!('seen' in answer)) {
        tell(isSuccess(answer) ? undefined : String(answer.status));
        return { ...answer, isRepeat };
      }
      const { error, seen } = answer;
      isRepeat ||= seen.errorType !== 'THROTTLING';
      // To the strategy an error of ours is final.
      token = await retry.refreshRetryTokenForRetry(token, seen).catch(() => {
        throw error;
      });
    }
  } catch (error) {
    tell((error as RadError).code);
    throw signal.aborted ? signal.reason : error;
  }
}

/** Trouble that may pass by itself. */
interface Trouble {
  readonly error: RadError;
  /** The same, as the strategy knows it. */
  readonly seen: RetryErrorInfo;
}

/** An answer that another attempt would not change, or trouble. */
async function attempt(
  { method, path, body, token }: Call,
  { access, send, clock, kill, version, onWait }: RadOptions,
): Promise<HttpAnswer | Trouble> {
  const late = new AbortController();
  const alarms = [clock.alarm(LONG, () => onWait?.('global', 'RAD')), clock.alarm(PATIENCE, () => late.abort())];
  const headers = {
    'content-type': 'application/json',
    'user-agent': `rad-connect/${version}`,
    ...(token && { authorization: `Bearer ${token}` }),
  };
  const { host } = new URL(access.url);
  try {
    const request = { method, url: `${access.url}${path}`, headers, body: JSON.stringify(body) };
    const answer = await send(request, AbortSignal.any([late.signal, kill]));
    const { status } = answer;
    if (status !== 429 && status < 500) return answer;
    const known = { name: 'Error', message: '', $metadata: { httpStatusCode: status } };
    const seen = { errorType: status === 429 ? 'THROTTLING' : 'SERVER_ERROR', error: known } as const;
    return { error: failed(`RAD's API answered ${status}`, AGAIN), seen };
  } catch (error) {
    if (kill.aborted) throw kill.reason;
    if (error instanceof RadError) throw error;
    const { code, message } = error as NodeJS.ErrnoException;
    const why = late.signal.aborted ? `nothing within ${PATIENCE / 1_000} s` : (code ?? message);
    return { error: failed(`no answer from ${host}: ${why}`, CHECK_URL), seen: { errorType: 'TRANSIENT' } };
  } finally {
    for (const cancel of alarms) cancel();
  }
}
