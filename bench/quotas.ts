import type { Region, World } from '../src/simulator/model.ts';
import { many } from '../src/simulator/scenarios.ts';
import { apart, type Measured } from './apart.ts';
import { longestChain, timeOf } from './chain.ts';
import type { Family, Figure } from './figure.ts';
import { enable, worldOf } from './worlds.ts';

/**
 * What AWS's quotas allow at best, a true lower bound. Nothing is written before every region has been looked at, and which
 * filters are on a group only DescribeSubscriptionFilters tells, one group at a time. A cluster whose logging is off gets its
 * filter only when the stream is ACTIVE, and has its logging turned on only after that: the last of them is as late as
 * its PutSubscriptionFilter, and has the rest of the chain of one cluster still before it. In both phases the slowest region
 * counts. All other calls fit beside these and are not in it.
 */
async function bounds(world: World): Promise<{ first: number; again: number }> {
  const alone = worldOf(1, 1, 'off');
  const chain = await longestChain(alone, enable(alone));
  await timeOf(alone, enable(alone));
  const chainAgain = await longestChain(alone, enable(alone));
  const look = slowest(world, groupsOfClusters, 'logs:DescribeSubscriptionFilters');
  const lookAgain = slowest(world, clusters, 'logs:DescribeSubscriptionFilters');
  return {
    first: look + chain + slowest(world, silentClusters, 'logs:PutSubscriptionFilter'),
    again: lookAgain + chainAgain,
  };
}

/** How much later than the first of its calls the last one may begin, in the region that has most of them. Milliseconds. */
function slowest({ regions, quotas: { perSecond } }: World, count: (region: Region) => number, operation: string) {
  const latest = (calls: number) => Math.floor(Math.max(0, calls - 1) / perSecond[operation]!) * 1_000;
  return Math.max(...Object.values(regions).map((region) => latest(count(region))));
}

const clusters = (region: Region) => Object.keys(region.clusters).length;
const silentClusters = (region: Region) =>
  Object.values(region.clusters).filter(({ logging }) => !logging.includes('audit')).length;
const groupsOfClusters = (region: Region) =>
  Object.keys(region.clusters).filter((name) => region.groups[`/aws/eks/${name}/cluster`]).length;

export const quotas: Family = async (quick) => {
  const world = many(quick ? 20 : 1_000);
  const bound = await bounds(world);
  const first = await apart(world, enable(world));
  const again = await apart(first.world, enable(world));
  return [
    ...figures('1,000 clusters in 10 regions, first run', first, bound.first, 1.2),
    ...figures('the same without changes', again, bound.again),
  ];
};

const seconds = (ms: number) => `${(ms / 1_000).toFixed(1)} s`;

function figures(what: string, { ms, wall, cpu, calls, peak }: Measured, bound: number, most?: number): Figure[] {
  const count = Object.values(calls).reduce((a, b) => a + b, 0);
  return [
    {
      what,
      value: ms / bound,
      unit: '× what quotas allow',
      ...(most && { most }),
      beside: `${seconds(ms)} against ${seconds(bound)} simulated, ${count.toLocaleString('en')} calls`,
    },
    { what: '  peak memory', value: peak, unit: 'MB', most: 200 },
    { what: '  real time', value: wall / 1_000, unit: 's', beside: `${seconds(cpu)} of the processor` },
  ];
}
