import { PassThrough } from 'node:stream';
import { expect, it } from 'vitest';
import { createAws } from '../../src/aws/clients.ts';
import { virtualClock } from '../../src/aws/clock.ts';
import { identify } from '../../src/aws/discover.ts';
import { RadError } from '../../src/engine/errors.ts';
import { main } from '../../src/main.ts';
import { createStopper, createWaits } from '../../src/stop.ts';

/** A network that takes every request and never answers. */
const silent = (asked: () => void) => (client: { middlewareStack: { use(plugin: unknown): void } }) =>
  client.middlewareStack.use({
    applyToStack: (stack: { add(...words: unknown[]): void }) =>
      stack.add(() => () => new Promise(asked), { step: 'deserialize', name: 'silent', priority: 'high' }),
  });

const begin = (told: string[] = []) => {
  const clock = virtualClock(0);
  const stopper = createStopper(clock);
  const credentials = { accessKeyId: 'x', secretAccessKey: 'y' };
  let asked = () => {};
  const begun = new Promise<void>((resolve) => {
    asked = resolve;
  });
  const aws = createAws('us-east-1', '', {
    ...stopper,
    clock,
    version: 'test',
    concurrency: 4,
    credentials,
    onClient: silent(asked),
    onWait(place, whom) {
      told.push(place, whom);
      return () => void told.push('given up');
    },
  });
  return {
    clock,
    begun,
    stop: () => stopper.stop(new RadError('TIMEOUT', 'out of time')),
    call: identify(aws).then(
      () => 'answered',
      (error) => error.code,
    ),
  };
};

it('a call that never answers is given up some time after the run was told to stop', async () => {
  const { clock, stop, call } = begin();
  await clock.sleep(10);
  stop();
  await clock.sleep(4_000);
  expect(await Promise.race([call, Promise.resolve('waiting')])).toBe('waiting');
  await clock.sleep(2_000);
  expect(await call).toBe('TIMEOUT');
});

it('who waits for an answer is told, after ten seconds', async () => {
  const told: string[] = [];
  const { clock, begun, stop, call } = begin(told);
  await begun;
  await clock.sleep(9_000);
  expect(told).toEqual([]);
  await clock.sleep(2_000);
  expect(told).toEqual(['us-east-1', 'sts']);
  stop();
  stop();
  await call;
  expect(told.slice(2)).toEqual(['given up']);
});

it('told to stop a second time, it is given up at once', async () => {
  const { clock, stop, call } = begin();
  await clock.sleep(10);
  stop();
  stop();
  expect(await call).toBe('TIMEOUT');
});

it('a call that is given up says which endpoint has not answered', async () => {
  const clock = virtualClock(0);
  const { signal } = new AbortController();
  const credentials = { accessKeyId: 'x', secretAccessKey: 'y' };
  const options = { clock, signal, kill: signal, version: 'test', concurrency: 4, maxAttempts: 1, credentials };
  const call = identify(createAws('eu-west-1', '', { ...options, onClient: silent(() => {}) })).catch(String);
  for (let second = 0; second < 61; second++) await clock.sleep(1_000);
  expect(await call).toContain('no answer within 60 s, calling https://sts.eu-west-1.amazonaws.com');
});

it.each([
  ['initialize', '4s', /^not done within --timeout 4s: nothing was changed$/],
  ['initialize', '15s', /^not done within --timeout 15s: nothing was changed$/],
  ['deserialize', '15s', /^not done within --timeout 15s: no answer from sts in us-east-1; nothing was changed$/],
])('a run that waits for something that listens to nobody (%s, %s) is over all the same', async (step, limit, text) => {
  const clock = virtualClock(0);
  let begin = () => {};
  const begun = new Promise<void>((resolve) => {
    begin = resolve;
  });
  /** Before the call is made, as credentials are looked for that never come. */
  const never = (client: { middlewareStack: { use(plugin: unknown): void } }) =>
    client.middlewareStack.use({
      applyToStack: (stack: { add(...words: unknown[]): void }) =>
        stack.add(() => () => new Promise(() => begin()), { step, name: 'never', priority: 'low' }),
    });
  const out = new PassThrough();
  const stream = () => Object.assign(new PassThrough().resume(), { isTTY: false });
  let ended: number | undefined;
  void main(['status', '--timeout', limit, '-o', 'json'], {
    stdin: Object.assign(new PassThrough(), { isTTY: false }),
    stdout: Object.assign(out, { isTTY: false }),
    stderr: stream(),
    env: {},
    version: 'test',
    rules: '',
    onInterrupt: () => () => {},
    aws: { clock, name: 'test', credentials: { accessKeyId: 'x', secretAccessKey: 'y' }, onClient: never },
  }).then((code) => {
    ended = code;
  });
  await begun;
  for (let second = 0; second < 30 && ended === undefined; second++) await clock.sleep(1_000);
  expect(ended).toBe(1);
  expect(JSON.parse(String(out.read())).errors).toMatchObject([
    { code: 'TIMEOUT', message: expect.stringMatching(text) },
  ]);
});

it('what has come is waited for no longer, and what is waited for twice is said once', () => {
  const told: string[] = [];
  const { onWait, unanswered } = createWaits((place, text) => void told.push(`${place}: ${text}`));
  expect(unanswered()).toBeUndefined();
  const [one, ...others] = ['eks', 'eks', 'iam', 's3', 'logs'].map((whom) => onWait('eu-west-1', whom));
  const key = onWait('sign-in', 'profile x');
  expect(told[0]).toBe('eu-west-1: eks has not answered yet');
  expect(unanswered()).toBe('no answer from eks in eu-west-1, iam in eu-west-1, s3 in eu-west-1, …');
  for (const end of others) end();
  expect(unanswered()).toBe('no answer from eks in eu-west-1, profile x');
  one!();
  expect(unanswered()).toBe('no answer from profile x');
  key();
  expect(unanswered()).toBeUndefined();
});
