import type { RetryErrorInfo, RetryStrategyV2 } from '@smithy/types';
import { RadError } from '../engine/errors.ts';
import { type Clock, watched } from './clock.ts';
import type { HttpAnswer, HttpRequest, Send } from './http.ts';

/** What a request that is no call of the SDK needs of the run. */
export interface ExchangeOptions {
  readonly send: Send;
  readonly clock: Pick<Clock, 'now' | 'alarm'>;
  readonly retry: RetryStrategyV2;
  /** When it aborts, no new attempt begins. */
  readonly signal: AbortSignal;
  /** When it aborts, the attempt in flight is given up. */
  readonly kill: AbortSignal;
  readonly onAttempt?: () => void;
  /** Called when an answer is long in coming. */
  readonly onWait?: (() => (() => void) | undefined) | undefined;
  /** What is thrown where no attempt was answered in a way that counts. */
  failed(why: string, isAnswered: boolean): RadError;
}

export interface Reply extends HttpAnswer {
  /** An earlier attempt had no answer, or one that does not tell whether it took effect. */
  readonly isRepeat: boolean;
}

/** Of one attempt. Milliseconds. */
const PATIENCE = 30_000;
/** After this who waits is told. Milliseconds. */
const LONG = 10_000;

/** The first answer that another attempt would not change: neither 429 nor 5xx. */
export async function exchange(request: HttpRequest, options: ExchangeOptions): Promise<Reply> {
  const { retry, signal } = options;
  let isRepeat = false;
  let token = await retry.acquireInitialRetryToken(request.url);
  for (;;) {
    if (signal.aborted) throw signal.reason;
    options.onAttempt?.();
    const answer = await attempt(request, options);
    if (!('seen' in answer)) return { ...answer, isRepeat };
    const { error, seen } = answer;
    isRepeat ||= seen.errorType !== 'THROTTLING';
    // To the strategy an error of ours is final.
    token = await retry.refreshRetryTokenForRetry(token, seen).catch(() => {
      throw error;
    });
  }
}

/** Trouble that may pass by itself. */
interface Trouble {
  readonly error: RadError;
  /** The same, as the strategy knows it. */
  readonly seen: RetryErrorInfo;
}

async function attempt(
  request: HttpRequest,
  { send, clock, kill, onWait, failed }: ExchangeOptions,
): Promise<HttpAnswer | Trouble> {
  const late = new AbortController();
  const takeBack = clock.alarm(PATIENCE, () => late.abort());
  const { host } = new URL(request.url);
  try {
    const sent = send(request, AbortSignal.any([late.signal, kill]));
    const answer = await watched(sent, clock, LONG, () => onWait?.());
    const { status } = answer;
    if (status !== 429 && status < 500) return answer;
    const known = { name: 'Error', message: '', $metadata: { httpStatusCode: status } };
    const seen = { errorType: status === 429 ? 'THROTTLING' : 'SERVER_ERROR', error: known } as const;
    return { error: failed(`${host} answered ${status}`, true), seen };
  } catch (error) {
    if (kill.aborted) throw kill.reason;
    const { code, message } = error as NodeJS.ErrnoException;
    if (error instanceof RadError) throw failed(message, false);
    const why = late.signal.aborted ? `nothing within ${PATIENCE / 1_000} s` : (code ?? message);
    return { error: failed(`no answer from ${host}: ${why}`, false), seen: { errorType: 'TRANSIENT' } };
  } finally {
    takeBack();
  }
}
