import { addCluster, addLogGroup, addRegion, emptyWorld, type World } from '../src/simulator/world.ts';

/** What a cluster may be like before: nothing is logged, or the audit log is on and has its group. */
export type ClusterState = 'off' | 'on';

export const REGIONS = ['us-east-1', 'eu-west-1', 'eu-central-1', 'ap-south-1', 'us-west-2'];

/** As many regions, with so many clusters in each, and pages of AWS's size. */
export function worldOf(regions: number, clusters: number, state: ClusterState): World {
  const world = emptyWorld({ regions: {}, pageSize: 100 });
  for (const region of REGIONS.slice(0, regions)) {
    addRegion(world, region);
    for (let i = 0; i < clusters; i++) {
      addCluster(world, region, `cluster-${i}`, state === 'on' ? { logging: ['audit'] } : {});
      if (state === 'on') addLogGroup(world, region, `/aws/eks/cluster-${i}/cluster`, { retention: 90 });
    }
  }
  return world;
}

/** Connects every region in which there is a cluster. */
export function enable(world: World): string {
  const regions = Object.keys(world.regions).filter((name) => Object.keys(world.regions[name]!.clusters).length > 0);
  return `enable-audit --regions ${regions.join(',')} --external-id bench-1 --yes --quiet --timeout 24h`;
}
