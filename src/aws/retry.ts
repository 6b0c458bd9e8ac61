import type { RetryErrorInfo, RetryStrategyV2, RetryToken } from '@smithy/types';
import { RadError } from '../engine/errors.ts';
import type { Clock } from './clock.ts';

const ATTEMPTS = 10;
/** Attempts where nobody answers, before anything has: then it is more often a setting than the network. */
export const SIGN_IN = 3;
const BASE = { THROTTLING: 500, TRANSIENT: 100, SERVER_ERROR: 100, CLIENT_ERROR: 0 } as const;
const CAP = 20_000;

/** The one place that repeats a call after throttling, 5xx answers and network errors; its pauses pass on our clock. */
export function createRetry(
  clock: Clock,
  signal: AbortSignal,
  attempts = ATTEMPTS,
  unanswered = attempts,
): RetryStrategyV2 {
  const token = (count: number): RetryToken => ({ getRetryCount: () => count, getRetryDelay: () => 0 });
  return {
    acquireInitialRetryToken: async () => token(0),
    async refreshRetryTokenForRetry(old, { errorType, error }: RetryErrorInfo) {
      const count = old.getRetryCount() + 1;
      const most = isUnanswered(error) ? Math.min(unanswered, attempts) : attempts;
      if (errorType === 'CLIENT_ERROR' || isFinal(error) || count >= most) throw error;
      // Once the run is told to stop this takes no time, and the attempt that follows says why it was not made.
      const ceiling = Math.min(CAP, BASE[errorType] * 2 ** count);
      await clock.sleep(ceiling * (0.5 + Math.random() / 2), signal);
      return token(count);
    },
    recordSuccess() {},
  };
}

/**
 * The SDK counts a used-up quota as throttling (`LimitExceededException` is in its list); waiting does not mend it.
 * An error of ours is of credentials, which have been tried for already. Who does not know an operation will not learn it.
 */
const isFinal = (error: unknown) =>
  error instanceof RadError ||
  (error instanceof Error && error.name === 'LimitExceededException') ||
  statusOf(error) === 501;

const isUnanswered = (error: unknown) => statusOf(error) === undefined;

const statusOf = (error: unknown) =>
  (error as { $metadata?: { httpStatusCode?: number } } | undefined)?.$metadata?.httpStatusCode;
