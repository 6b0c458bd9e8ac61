import { GetMetricDataCommand, type MetricDataQuery } from '@aws-sdk/client-cloudwatch';
import { CreateLogStreamCommand, PutLogEventsCommand } from '@aws-sdk/client-cloudwatch-logs';
import { describe, expect, it } from 'vitest';
import { addLogGroup, emptyWorld } from '../../src/simulator/world.ts';
import { account } from './account.ts';

const DAY = 86_400_000;
const query = (name: string, Id = 'm0', MetricName = 'IncomingBytes'): MetricDataQuery => ({
  Id,
  MetricStat: {
    Metric: { Namespace: 'AWS/Logs', MetricName, Dimensions: [{ Name: 'LogGroupName', Value: name }] },
    Period: 86_400,
    Stat: 'Sum',
  },
});

/** Three log groups, and what GetMetricData says of the last three days. */
function groups() {
  const world = emptyWorld();
  const [steady, quiet] = ['steady', 'quiet'];
  addLogGroup(world, 'us-east-1', steady, { createdAt: world.now - 1.5 * DAY, bytesPerDay: 1_000 });
  addLogGroup(world, 'us-east-1', quiet);
  const { cloudwatch, logs, clock } = account(world);
  const ask = async (...MetricDataQueries: MetricDataQuery[]) => {
    const EndTime = new Date(clock.now());
    const StartTime = new Date(clock.now() - 3 * DAY);
    const { MetricDataResults } = await cloudwatch.send(
      new GetMetricDataCommand({ MetricDataQueries, StartTime, EndTime }),
    );
    return MetricDataResults!.map(({ Id, Values }) => ({ Id, Values: Values!.map(Math.round) }));
  };
  return { ask, logs, clock };
}

describe('GetMetricData', () => {
  it('has a value for each day since the group is there, newest first', async () => {
    expect(await groups().ask(query('steady'))).toEqual([{ Id: 'm0', Values: [1_000, 500] }]);
  });

  it('what is missing is missing', async () => {
    const { ask } = groups();
    const answers = await ask(query('quiet', 'a'), query('nowhere', 'b'), query('steady', 'c', 'IncomingLogEvents'));
    expect(answers.map(({ Values }) => Values)).toEqual([[], [], []]);
  });

  it('counts the bytes of events', async () => {
    const { ask, logs, clock } = groups();
    const [logGroupName, logStreamName] = ['quiet', 'kube-apiserver-audit-1'];
    await logs.send(new CreateLogStreamCommand({ logGroupName, logStreamName }));
    const logEvents = [{ timestamp: clock.now(), message: 'ä'.repeat(50) }];
    await logs.send(new PutLogEventsCommand({ logGroupName, logStreamName, logEvents }));
    await clock.sleep(1_000);
    expect(await ask(query('quiet'))).toEqual([{ Id: 'm0', Values: [100] }]);
  });

  it('takes 500 queries and no more', async () => {
    const { ask } = groups();
    const queries = Array.from({ length: 501 }, (_, i) => query('quiet', `m${i}`));
    expect(await ask(...queries.slice(1))).toHaveLength(500);
    await expect(ask(...queries)).rejects.toMatchObject({ name: 'ValidationError' });
  });
});
