import { CloudWatchClient } from '@aws-sdk/client-cloudwatch';
import { mockClient } from 'aws-sdk-client-mock';
import { describe, expect, it } from 'vitest';
import { type Clock, realClock } from '../src/aws/clock.ts';
import { incomingBytesPerDay } from '../src/aws/volume.ts';
import { type Cost, estimate } from '../src/desired/cost.ts';
import type { Flow } from '../src/desired/flows.ts';
import { ingestionCost, PRICES_AS_OF, type Range } from '../src/desired/prices.ts';
import { costLines } from '../src/render/cost.ts';
import { accessDenied, serverError } from '../src/simulator/errors.ts';
import { many, scenarios } from '../src/simulator/scenarios.ts';
import type { Call, Fault } from '../src/simulator/simulator.ts';
import { addCluster, addLogGroup, addRegion, addStream, emptyWorld, type World } from '../src/simulator/world.ts';
import { account, type Ran } from './helpers/account.ts';
import { newAws } from './helpers/clients.ts';
import { oneDocument } from './helpers/schema.ts';
import { EU, group, groupOf, NAMES, small, US } from './helpers/small.ts';

const GIB = 1_073_741_824;
const ENABLE = `enable-audit --regions ${US} --yes -o json`;
const DRY = `enable-audit --regions ${US} --dry-run -o json`;

const asked = ({ calls }: Ran) => calls.filter(({ service }) => service === 'cloudwatch');
const costOf = ({ stdout }: Ran): Cost => oneDocument(stdout).cost!;
const of = (cost: Cost, name: string) => cost.clusters.find((cluster) => cluster.name === name)!;
/** A region whose cluster `on` takes in so much a day. */
function measured(bytesPerDay: number, ...regions: string[]): World {
  const world = small(...regions);
  for (const region of regions.length ? regions : [US]) {
    Object.assign(group(world, groupOf('on'), region), { bytesPerDay, createdAt: world.now - 100 * 86_400_000 });
  }
  return world;
}
const onMetrics =
  (error: () => Error) =>
  ({ service }: Call): Fault | undefined =>
    service === 'cloudwatch' ? { when: 'before', error: error() } : undefined;

describe('what is asked', () => {
  it('once per region, and only about groups whose audit logging is on', async () => {
    const run = await account(measured(GIB, US, EU)).run(`enable-audit --regions ${US},${EU} --dry-run -o json`);
    expect(
      asked(run)
        .map(({ region }) => region)
        .sort(),
    ).toEqual([EU, US]);
    for (const { input, operation } of asked(run)) {
      expect(operation).toBe('GetMetricData');
      expect(JSON.stringify(input)).toContain(groupOf('on'));
      expect(JSON.stringify(input)).not.toContain(groupOf('off'));
    }
  });

  it('nothing where nothing is to be done, and no volume by any other command', async () => {
    const { run } = account(measured(GIB));
    expect(asked(await run(`status --regions ${US} -o json`))).toEqual([]);
    expect(asked(await run(ENABLE))).toHaveLength(1);
    const isVolume = ({ input }: Call) => JSON.stringify(input).includes('IncomingBytes');
    for (const line of [ENABLE, DRY, 'status -o json', 'teardown --dry-run -o json']) {
      const ran = await run(line);
      expect(asked(ran).filter(isVolume), line).toEqual([]);
      expect(oneDocument(ran.stdout).cost, line).toBeNull();
    }
  });

  it('nothing for a repair that adds no events', async () => {
    const { run, world } = account(measured(GIB));
    await run(ENABLE);
    delete world.roles['rad-firehose'];
    const ran = await run(DRY);
    expect(ran.json.summary.create).toBeGreaterThan(0);
    expect(asked(ran)).toEqual([]);
    expect(ran.json.cost).toBeNull();
  });

  it('500 groups a call', async () => {
    const world = emptyWorld({ regions: {}, pageSize: 100 });
    addRegion(world, US);
    for (let i = 0; i < 501; i++) {
      addCluster(world, US, `c${i}`, { logging: ['audit'] });
      addLogGroup(world, US, groupOf(`c${i}`), { bytesPerDay: GIB, createdAt: 0 });
    }
    const ran = await account(world).run(DRY);
    expect(asked(ran).map(({ input }) => input.MetricDataQueries.length)).toEqual([500, 1]);
    expect(new Set(costOf(ran).clusters.map(({ basis }) => basis))).toEqual(new Set(['measured']));
  });
});

describe('what is answered', () => {
  it('measured where audit logging is on: only delivery and storage are new', async () => {
    const on = of(costOf(await account(measured(10 * GIB)).run(DRY)), 'on');
    expect(on.basis).toBe('measured');
    expect(on.gbPerMonth.low).toBeCloseTo((10 * 365) / 12, 0);
    expect(on.gbPerMonth.low).toBe(on.gbPerMonth.high);
    expect(on.ingestion).toEqual({ low: 0, high: 0 });
    expect(on.delivery.low).toBeGreaterThan(0);
    expect(on.storage.low).toBeGreaterThan(0);
  });

  it('a young log group is measured by the days that it has', async () => {
    const world = measured(10 * GIB);
    const young = account(world);
    Object.assign(group(world, groupOf('on')), { createdAt: young.clock.now() - 2 * 86_400_000 });
    expect(of(costOf(await young.run(DRY)), 'on').gbPerMonth.low).toBeGreaterThan(200);
  });

  it('assumed where it is off, and where there is no data', async () => {
    const cost = costOf(await account(small()).run(DRY));
    expect(cost.clusters.map(({ basis }) => basis)).toEqual(['assumed', 'assumed']);
    expect(of(cost, 'off').ingestion.low).toBeGreaterThan(0);
    expect(of(cost, 'on').ingestion.high).toBe(0);
    expect(cost.assumptions.join('\n')).toMatch(/10 to 300 GB/);
  });

  it.each<[string, () => Error]>([
    ['denied', () => accessDenied('cloudwatch:GetMetricData', '*')],
    ['failing', serverError],
  ])('%s: a warning and the assumed range, and all else as ever', async (_, error) => {
    const calm = await account(measured(GIB)).run(ENABLE);
    const ran = await account(measured(GIB)).run(ENABLE, { faults: onMetrics(error) });
    expect(ran.code).toBe(0);
    expect(ran.writes).toEqual(calm.writes);
    const [warning] = oneDocument(ran.stdout).warnings.filter(({ code }) => code === 'COST_NOT_MEASURED');
    expect(warning).toMatchObject({ region: US });
    expect(warning!.message).toContain('assumed');
    expect(of(costOf(ran), 'on').basis).toBe('assumed');
    expect(calm.json.warnings.map(({ code }) => code)).not.toContain('COST_NOT_MEASURED');
  });

  it('a CloudWatch that never answers is not waited for', async () => {
    const mock = mockClient(CloudWatchClient);
    mock.onAnyCommand().callsFake(() => new Promise(() => {}));
    const hasty: Clock = {
      ...realClock,
      alarm(_, ring) {
        setImmediate(ring);
        return () => {};
      },
    };
    const answer = incomingBytesPerDay(newAws(), [groupOf('on')], hasty);
    await expect(answer).rejects.toMatchObject({ code: 'TIMEOUT' });
    mock.restore();
  });

  it('what is blocked adds nothing', async () => {
    const { run, world } = account(scenarios.laws!());
    await run(ENABLE);
    addCluster(world, US, 'late');
    const ran = await run(DRY);
    expect(ran.json.summary.blocked).toBe(1);
    expect(costOf(ran).clusters.map(({ name }) => name)).toEqual(['late']);
  });
});

it('what stands on a blocked thing adds nothing either', async () => {
  const world = small();
  addStream(world, US, NAMES.product);
  const ran = await account(world).run(DRY);
  expect(ran.json.summary.blocked).toBe(1);
  expect(ran.json.summary.skipped).toBeGreaterThan(0);
  expect([ran.json.cost, asked(ran)]).toEqual([null, []]);
});

const flow = (more: Partial<Flow> = {}): Flow => ({
  region: US,
  name: 'prod',
  logGroup: groupOf('prod'),
  turnedOn: true,
  logDays: 90,
  bucketDays: 14,
  hasKey: false,
  isFirst: true,
  ...more,
});
const none = new Map<Flow, number>();
const dearer = (a: Range, b: Range) => a.low > b.low && a.high > b.high;

describe('what is reckoned', () => {
  it('totals are the sums of the clusters, and no low is above its high', () => {
    const flows = [flow(), flow({ name: 'b', turnedOn: false }), flow({ name: 'c', region: EU, logDays: null })];
    const { clusters, total, pricesAsOf, currency } = estimate(flows, new Map([[flows[1]!, 5 * GIB]]));
    expect([currency, pricesAsOf]).toEqual(['USD', PRICES_AS_OF]);
    for (const end of ['low', 'high'] as const) {
      for (const cluster of clusters) {
        const { ingestion, delivery, storage, monthly } = cluster;
        expect(monthly[end]).toBeCloseTo(ingestion[end] + delivery[end] + storage[end], 1);
      }
      for (const part of ['monthly', 'ingestion', 'delivery', 'storage'] as const) {
        expect(total[part][end]).toBeCloseTo(
          clusters.reduce((sum, one) => sum + one[part][end], 0),
          1,
        );
        expect(total[part].low).toBeLessThanOrEqual(total[part].high);
      }
    }
  });

  it.each<[string, 'storage' | 'delivery' | 'ingestion', Partial<Flow>, Partial<Flow>]>([
    ['log groups that keep longer', 'storage', { logDays: 365 }, { logDays: 30 }],
    ['log groups that keep for ever', 'storage', { logDays: null }, { logDays: 90 }],
    ['a bucket that keeps longer', 'storage', { bucketDays: 700 }, { bucketDays: 14 }],
    ['a key of your own', 'delivery', { hasKey: true }, { hasKey: false }],
    ['Ireland', 'ingestion', { region: EU }, { region: US }],
  ])('%s cost more', (_, part, more, less) => {
    expect(dearer(estimate([flow(more)], none).total[part], estimate([flow(less)], none).total[part])).toBe(true);
  });

  it('volume discount: a GB more never costs more than the one before, and never nothing', () => {
    const price = (gb: number) => ingestionCost(US, { low: gb, high: gb }).low;
    expect(price(10_240)).toBe(5_120);
    expect(price(30_720)).toBe(5_120 + 5_120);
    expect(price(51_200)).toBe(10_240 + 2_048);
    expect(price(61_440)).toBe(12_288 + 512);
  });

  it('a region without a known price says so, and has the wider range', () => {
    const { assumptions, total } = estimate([flow({ region: 'sa-east-1' })], none);
    expect(assumptions.join('\n')).toMatch(/no price is known here for sa-east-1/);
    expect(total.ingestion.high).toBeGreaterThan(
      estimate([flow({ region: 'ap-northeast-1' })], none).total.ingestion.high,
    );
    expect(estimate([flow()], none).assumptions.join('\n')).not.toMatch(/no price/);
  });

  it('clusters that join a stream pay for no object a minute again', () => {
    const [first, later] = [flow(), flow({ isFirst: false })].map((one) => ({ ...one, turnedOn: false }));
    const little = (one: Flow) => estimate([one], new Map([[one, 1_000]])).total.delivery.low;
    expect(little(first!)).toBeGreaterThan(little(later!));
  });
});

describe('the text', () => {
  const text = async (world: World, line: string) => (await account(world).run(line)).stdout.split('\n');

  it('one cluster: what it costs, from what, and what can be done', () => {
    const lines = costLines(estimate([flow()], none), { details: true });
    expect(lines).toHaveLength(3);
    expect(lines[0]).toMatch(new RegExp(`^Cost: .*\\$.*${PRICES_AS_OF}$`));
    expect(lines[1]).toMatch(/prod .*us-east-1 .*\$.*assumed: 10 to 300 GB/);
    expect(lines[2]).toMatch(/--log-retention-days.*--retention-days/);
  });

  it('a thousand clusters: as few lines, the dearest ones first', async () => {
    const lines = await text(many(1_000), 'enable-audit --regions all --dry-run');
    const at = lines.findIndex((line) => line.startsWith('Cost:'));
    const block = lines.slice(at).filter(Boolean);
    expect(block.length).toBeLessThanOrEqual(8);
    expect(block.at(-2)).toMatch(/and 995 more/);
  });

  it('the outcome says it in one line', async () => {
    const lines = await text(small(), `enable-audit --regions ${US} --yes`);
    const at = lines.findIndex((line) => line.startsWith('Cost:'));
    expect(at).toBeGreaterThan(0);
    expect(lines[at + 1]).toBe('');
  });
});
