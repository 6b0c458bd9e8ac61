import { expect, it } from 'vitest';
import { createAws } from '../../src/aws/clients.ts';
import { virtualClock } from '../../src/aws/clock.ts';
import { identify } from '../../src/aws/discover.ts';
import { RadError } from '../../src/engine/errors.ts';
import { createStopper } from '../../src/stop.ts';

/** A network that takes every request and never answers. */
const silent = (client: { middlewareStack: { use(plugin: unknown): void } }) =>
  client.middlewareStack.use({
    applyToStack: (stack: { add(...words: unknown[]): void }) =>
      stack.add(() => () => new Promise(() => {}), { step: 'deserialize', name: 'silent', priority: 'high' }),
  });

const begin = () => {
  const clock = virtualClock(0);
  const stopper = createStopper(clock);
  const credentials = { accessKeyId: 'x', secretAccessKey: 'y' };
  const aws = createAws('us-east-1', '', {
    ...stopper,
    clock,
    version: 'test',
    concurrency: 4,
    credentials,
    onClient: silent,
  });
  return {
    clock,
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

it('told to stop a second time, it is given up at once', async () => {
  const { clock, stop, call } = begin();
  await clock.sleep(10);
  stop();
  stop();
  expect(await call).toBe('TIMEOUT');
});
