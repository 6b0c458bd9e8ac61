import { expect, it } from 'vitest';
import { createAws } from '../../src/aws/clients.ts';
import { virtualClock } from '../../src/aws/clock.ts';
import { publishTo, putOn } from '../../src/aws/publish.ts';
import { Simulator } from '../../src/simulator/simulator.ts';
import { memoryStore } from '../../src/simulator/store.ts';
import { ACCOUNT, small, US } from '../helpers/small.ts';

const topic = (name: string) => `arn:aws:sns:${US}:${ACCOUNT}:${name}`;
const bus = (name: string) => `arn:aws:events:${US}:${ACCOUNT}:event-bus/${name}`;
const MESSAGE = { id: 'f1', level: 'high', title: `Exec into pod by “Zoë” ${'x'.repeat(200)}`, body: '{"id":"f1"}' };

function account() {
  const world = small(US);
  const here = world.regions[US]!;
  Object.assign(here, { topics: { alerts: [], 'alerts.fifo': [] }, buses: { security: [] } });
  const clock = virtualClock(world.now);
  const { signal } = new AbortController();
  const aws = createAws(US, ACCOUNT, {
    clock,
    signal,
    kill: signal,
    version: 'test',
    concurrency: 4,
    credentials: { accessKeyId: 'x', secretAccessKey: 'y' },
    onClient: new Simulator({ clock, store: memoryStore(world) }).attach,
  });
  return { aws, topics: here.topics!, buses: here.buses! };
}

it('a topic is sent the finding, under a subject that SNS takes', async () => {
  const { aws, topics } = account();
  await publishTo(aws, topic('alerts'), MESSAGE);
  expect(topics.alerts).toMatchObject([{ subject: expect.stringMatching(/^Exec into pod/), body: MESSAGE.body }]);
});

it('a FIFO topic takes the same finding once', async () => {
  const { aws, topics } = account();
  for (let i = 0; i < 2; i++) await publishTo(aws, topic('alerts.fifo'), MESSAGE);
  expect(topics['alerts.fifo']).toHaveLength(1);
});

it('a bus is sent the finding', async () => {
  const { aws, buses } = account();
  await putOn(aws, bus('security'), MESSAGE);
  expect(buses.security).toMatchObject([{ subject: 'Finding', body: MESSAGE.body }]);
});

it.each([
  ['a topic', topic('none'), publishTo],
  ['a bus, though AWS answers 200', bus('none'), putOn],
])('%s that is not there is an error', async (_, arn, send) => {
  await expect(send(account().aws, arn, MESSAGE)).rejects.toMatchObject({
    code: 'NOTIFY_FAILED',
    message: expect.stringContaining('not exist'),
    hint: expect.stringContaining('--notify'),
  });
});
