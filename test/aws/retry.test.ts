import { CloudWatchLogsClient, PutSubscriptionFilterCommand } from '@aws-sdk/client-cloudwatch-logs';
import { EKSClient, ListClustersCommand } from '@aws-sdk/client-eks';
import type { RetryErrorInfo } from '@smithy/types';
import { describe, expect, it } from 'vitest';
import { type ApiCall, type Attachable, type ClientOptions, createAws } from '../../src/aws/clients.ts';
import { virtualClock } from '../../src/aws/clock.ts';
import { createRetry, SIGN_IN } from '../../src/aws/retry.ts';
import { RadError } from '../../src/engine/errors.ts';

const named = (name: string, more = {}) =>
  Object.assign(new Error(name), { name, $metadata: { requestId: 'r-1' }, $fault: 'client', ...more });
const THROTTLE = () => named('ThrottlingException', { $retryable: { throttling: true } });

/** Real clients whose every attempt is answered here, in the place of the network. */
function account(answer: (attempt: number) => unknown, more: Partial<ClientOptions> = {}) {
  const clock = virtualClock(0);
  const calls: ApiCall[] = [];
  let attempts = 0;
  const reply = () => async () => {
    const said = await answer(++attempts);
    if (said instanceof Error) throw said;
    return { output: { $metadata: { requestId: 'r-2' }, clusters: [], ...(said as object) }, response: {} };
  };
  const aws = createAws('eu-west-1', '123456789012', {
    clock,
    signal: new AbortController().signal,
    kill: new AbortController().signal,
    version: '1.2.3',
    concurrency: 4,
    credentials: { accessKeyId: 'x', secretAccessKey: 'y' },
    onClient: (client: Attachable) =>
      client.middlewareStack.use({
        applyToStack: (stack: { add(...args: unknown[]): void }) =>
          stack.add(reply, { step: 'deserialize', priority: 'high' }),
      }),
    onCall: (call) => void calls.push(call),
    ...more,
  });
  return { aws, clock, calls, attempts: () => attempts, list: () => aws.eks.send(new ListClustersCommand({})) };
}

describe('retry, through real clients', () => {
  it.each([
    ['throttling', THROTTLE],
    ['a 503', () => named('ServiceUnavailable', { $metadata: { httpStatusCode: 503 }, $fault: 'server' })],
    ['a lost connection', () => Object.assign(new Error('socket hang up'), { code: 'ECONNRESET' })],
    ['EKS too many requests', () => named('TooManyRequestsException')],
  ])('%s is tried again, on the clock of the run', async (_, error) => {
    const { list, clock, attempts } = account((n) => (n <= 4 ? error() : {}));
    await list();
    expect(attempts()).toBe(5);
    expect(clock.now()).toBeGreaterThan(0);
  });

  it.each([
    ['LimitExceededException', () => named('LimitExceededException')],
    ['NotImplemented', () => named('NotImplemented', { $metadata: { httpStatusCode: 501 }, $fault: 'server' })],
    ['AccessDeniedException', () => named('AccessDeniedException', { $metadata: { httpStatusCode: 403 } })],
    ['ResourceInUseException', () => named('ResourceInUseException', { $metadata: { httpStatusCode: 409 } })],
    ['InvalidParameterException', () => named('InvalidParameterException', { $metadata: { httpStatusCode: 400 } })],
  ])('%s is final', async (name, error) => {
    const { list, clock, attempts } = account(error);
    await expect(list()).rejects.toMatchObject({ name });
    expect([attempts(), clock.now()]).toEqual([1, 0]);
  });

  it.each([
    ['10 attempts', undefined, 10],
    ['as many as are said', 3, 3],
  ])('gives up after %s, with the error of AWS', async (_, maxAttempts, most) => {
    const { list, attempts } = account(THROTTLE, { maxAttempts });
    await expect(list()).rejects.toMatchObject({ name: 'ThrottlingException' });
    expect(attempts()).toBe(most);
  });

  it('pauses grow, and stay under 20 s each', async () => {
    const times: number[] = [];
    const { list, clock } = account(() => {
      times.push(clock.now());
      return THROTTLE();
    });
    await expect(list()).rejects.toThrow();
    const pauses = times.slice(1).map((time, i) => time - times[i]!);
    expect(Math.max(...pauses)).toBeLessThanOrEqual(20_000);
    expect(pauses[0]).toBeGreaterThanOrEqual(500);
    expect(pauses.at(-1)).toBeGreaterThan(pauses[0]!);
  });

  it('a stopped run makes no call', async () => {
    const { list, attempts } = account(() => ({}), { signal: AbortSignal.abort(new Error('interrupted')) });
    await expect(list()).rejects.toThrow('interrupted');
    expect(attempts()).toBe(0);
  });

  it('a run that is stopped between attempts makes no other one', async () => {
    const stopper = new AbortController();
    const { list, attempts } = account(
      () => {
        stopper.abort(new Error('interrupted'));
        return THROTTLE();
      },
      { signal: stopper.signal },
    );
    await expect(list()).rejects.toThrow('interrupted');
    expect(attempts()).toBe(1);
  });

  it('each call is told once, with its attempts, its error and the time it took', async () => {
    const { list, calls, clock } = account((n) => (n <= 2 ? THROTTLE() : {}));
    await list();
    expect(calls).toEqual([
      expect.objectContaining({ service: 'eks', operation: 'ListClusters', region: 'eu-west-1' }),
    ]);
    expect(calls[0]).toMatchObject({ attempts: 3, error: undefined, ms: clock.now() });
    const broken = account(() => named('AccessDeniedException'));
    await expect(broken.list()).rejects.toThrow();
    expect(broken.calls).toMatchObject([{ error: 'AccessDeniedException', attempts: 1, requestId: 'r-1' }]);
  });

  it('calls of a rated operation wait their turn, each attempt too', async () => {
    const { aws, clock, attempts } = account(() => ({}));
    await Promise.all(Array.from({ length: 11 }, () => aws.logs.send(new PutSubscriptionFilterCommand(filter))));
    expect(attempts()).toBe(11);
    expect(clock.now()).toBeGreaterThan(2_000);
  });

  const filter = { logGroupName: 'g', filterName: 'f', filterPattern: '', destinationArn: 'd' };

  it('calls that wait their turn hold no place', async () => {
    const { aws, clock } = account(() => ({}), { concurrency: 1 });
    const rated = Array.from({ length: 11 }, () => aws.logs.send(new PutSubscriptionFilterCommand(filter)));
    await aws.eks.send(new ListClustersCommand({}));
    expect(clock.now()).toBe(0);
    await Promise.all(rated);
    expect(clock.now()).toBeGreaterThan(2_000);
  });

  it('calls of a rated operation that have queued for a place do not bunch', async () => {
    const begun: number[] = [];
    let first = true;
    const { aws, clock } = account(
      () => {
        if (!first) return void begun.push(clock.now());
        first = false;
        return clock.sleep(3_000);
      },
      { concurrency: 1 },
    );
    const slow = aws.eks.send(new ListClustersCommand({}));
    await Promise.all(Array.from({ length: 11 }, () => aws.logs.send(new PutSubscriptionFilterCommand(filter))));
    await slow;
    expect(begun.map((time) => time - begun[0]!)).toEqual([0, 0, 0, 0, 0, 1_020, 1_020, 1_020, 1_020, 1_020, 2_040]);
  });

  it('a pause between attempts holds no place', async () => {
    let first = true;
    const done: string[] = [];
    const { aws } = account(
      () => {
        if (!first) return {};
        first = false;
        return THROTTLE();
      },
      { concurrency: 1 },
    );
    const call = (name: string) => aws.eks.send(new ListClustersCommand({})).then(() => done.push(name));
    await Promise.all([call('throttled'), call('next')]);
    expect(done).toEqual(['next', 'throttled']);
  });

  it('clients carry the user agent and are made once each', async () => {
    const { aws } = account(() => ({}));
    expect(aws.eks).toBeInstanceOf(EKSClient);
    expect(aws.logs).toBeInstanceOf(CloudWatchLogsClient);
    expect(aws.eks).toBe(aws.eks);
    expect(aws.eks.config.customUserAgent).toContainEqual(['rad-connect', '1.2.3']);
    expect(await aws.eks.config.region()).toBe('eu-west-1');
  });
});

describe('the strategy alone', () => {
  const info = (errorType: RetryErrorInfo['errorType'], error = new Error('x')) =>
    ({ errorType, error }) as unknown as RetryErrorInfo;

  it.each(['THROTTLING', 'TRANSIENT', 'SERVER_ERROR'] as const)('%s: time passes, the count grows', async (type) => {
    const clock = virtualClock(0);
    const retry = createRetry(clock, new AbortController().signal);
    const again = await retry.refreshRetryTokenForRetry(await retry.acquireInitialRetryToken('eks'), info(type));
    expect(again.getRetryCount()).toBe(1);
    expect(clock.now()).toBeGreaterThan(0);
    expect(again.getRetryDelay()).toBe(0);
  });

  it.each([
    ['nobody answers', new Error('x'), 3],
    ['AWS answers', named('ServiceUnavailable', { $metadata: { httpStatusCode: 503 } }), 10],
    ['credentials cannot be had', new RadError('CREDENTIALS', 'x'), 1],
  ])('before anything has answered, where %s, that many attempts are made: %#', async (_, error, expected) => {
    const retry = createRetry(virtualClock(0), new AbortController().signal, undefined, SIGN_IN);
    let token = await retry.acquireInitialRetryToken('sts');
    let attempts = 1;
    await expect(async () => {
      for (; ; attempts++) token = await retry.refreshRetryTokenForRetry(token, info('TRANSIENT', error));
    }).rejects.toBe(error);
    expect(attempts).toBe(expected);
  });

  it('an error of the client is thrown as it is', async () => {
    const retry = createRetry(virtualClock(0), new AbortController().signal);
    const token = await retry.acquireInitialRetryToken('eks');
    const error = new Error('mine');
    await expect(retry.refreshRetryTokenForRetry(token, info('CLIENT_ERROR', error))).rejects.toBe(error);
  });
});
