import { PassThrough } from 'node:stream';
import { expect, it } from 'vitest';
import { createAws } from '../../src/aws/clients.ts';
import { virtualClock } from '../../src/aws/clock.ts';
import { identify } from '../../src/aws/discover.ts';
import { RadError } from '../../src/engine/errors.ts';
import { main } from '../../src/main.ts';
import { createStopper } from '../../src/stop.ts';

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
    onWait: (place, whom) => void told.push(place, whom),
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
});

it('told to stop a second time, it is given up at once', async () => {
  const { clock, stop, call } = begin();
  await clock.sleep(10);
  stop();
  stop();
  expect(await call).toBe('TIMEOUT');
});

it('a run that waits for something that listens to nobody is over all the same', async () => {
  const clock = virtualClock(0);
  let begin = () => {};
  const begun = new Promise<void>((resolve) => {
    begin = resolve;
  });
  /** Before the call is made, as credentials are looked for that never come. */
  const never = (client: { middlewareStack: { use(plugin: unknown): void } }) =>
    client.middlewareStack.use({
      applyToStack: (stack: { add(...words: unknown[]): void }) =>
        stack.add(() => () => new Promise(() => begin()), { step: 'initialize', name: 'never', priority: 'low' }),
    });
  const out = new PassThrough();
  const stream = () => Object.assign(new PassThrough().resume(), { isTTY: false });
  let ended: number | undefined;
  void main(['status', '--timeout', '4s', '-o', 'json'], {
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
  for (let second = 0; second < 15 && ended === undefined; second++) await clock.sleep(1_000);
  expect(ended).toBe(1);
  expect(JSON.parse(String(out.read())).errors).toMatchObject([{ code: 'TIMEOUT' }]);
});
