import type { Lags } from '../src/simulator/model.ts';
import type { Call } from '../src/simulator/simulator.ts';
import type { World } from '../src/simulator/world.ts';
import type { Family, Figure } from './figure.ts';
import { simulate } from './simulated.ts';
import { type ClusterState, enable, worldOf } from './worlds.ts';

/** AWS takes no time for anything, so that nobody asks twice. */
function ready(world: World): World {
  for (const lag of Object.keys(world.lags) as (keyof Lags)[]) if (lag !== 'callMs') world.lags[lag] = 0;
  return world;
}

/** Further pages of a listing grow with what an account has, not with what is connected: they are left out. */
const isFurtherPage = ({ input }: Call) =>
  ['nextToken', 'NextToken', 'Marker', 'ContinuationToken', 'KeyMarker', 'ExclusiveStartTagKey'].some(
    (field) => input[field] !== undefined,
  );

async function count(world: World): Promise<number> {
  let calls = 0;
  const { code, stderr } = await simulate(world, enable(world), {
    onCall: (call) => {
      if (!isFurtherPage(call)) calls++;
    },
  });
  if (code !== 0) throw new Error(`the run ended with ${code}: ${stderr}`);
  return calls;
}

/** `account + region × regions + cluster × clusters`, from three sizes; a fourth shows that it is so. */
async function fitted(state: ClusterState, first: boolean) {
  const measure = async (regions: number, clusters: number) => {
    const world = ready(worldOf(regions, clusters, state));
    const calls = await count(world);
    return first ? calls : count(world);
  };
  const [small, more, wide, other] = [
    await measure(1, 1),
    await measure(1, 4),
    await measure(3, 4),
    await measure(2, 2),
  ];
  const cluster = (more - small) / 3;
  const region = (wide - more) / 2 - 4 * cluster;
  const account = small - region - cluster;
  const off = other - (account + 2 * region + 4 * cluster);
  return { account, region, cluster, beside: off ? `off by ${off} of ${other} for 2 regions of 2` : '' };
}

const LIMITS = { account: 14, region: 20, cluster: 3 } as const;

export const calls: Family = async () => {
  const figures: Figure[] = [];
  for (const [what, state, first] of [
    ['a run without changes', 'on', false],
    ['a first run, clusters that log', 'on', true],
    ['a first run, clusters that do not', 'off', true],
  ] as const) {
    const slopes = await fitted(state, first);
    for (const per of ['account', 'region', 'cluster'] as const) {
      const limit = first ? {} : { most: LIMITS[per] };
      figures.push({ what, value: slopes[per], unit: `calls per ${per}`, ...limit, beside: slopes.beside });
    }
  }
  return figures;
};
