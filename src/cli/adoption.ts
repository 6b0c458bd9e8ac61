import { bucketRegions, hasStream } from '../aws/discover.ts';
import { explain } from '../aws/errors.ts';
import type { Region } from '../desired/account.ts';
import { type Adoption, feedsModule, isOfModule, MODULE, type ModuleRegion } from '../desired/adoption.ts';
import { clusterOfLogGroup } from '../desired/names.ts';
import { type Found, type Home, withoutPermission } from './discover.ts';

/** What RAD's Terraform module has made in the regions of this run, and where else it delivers. Reads only. */
export async function findModule(home: Home, found: readonly Found[], regions: readonly Region[]): Promise<Adoption> {
  const looks = await Promise.all(
    regions.map(async (region) => {
      const look = found.find(({ name }) => name === region.aws.region);
      return [region.aws.region, await lookForModule(region, look)] as const;
    }),
  );
  const buckets = await bucketRegions(home.aws, MODULE.bucketStem);
  if (!buckets)
    home.warnings.push(withoutPermission('s3:ListAllMyBuckets', 'other regions of the module are not seen'));
  const others = [...new Set(buckets?.values())].filter((name) => !regions.some(({ aws }) => aws.region === name));
  const delivering = await Promise.all(others.map((region) => hasStream(home.at(region), MODULE.stream)));
  return {
    regions: new Map(looks),
    elsewhere: buckets && others.filter((_, i) => delivering[i]).sort(),
    buckets: [...(buckets?.keys() ?? [])].sort(),
  };
}

/** The log groups of a region that the module's filter is on, and the filters of others that feed its stream. */
async function lookForModule({ aws: { survey }, clusters }: Region, look?: Found): Promise<ModuleRegion> {
  const isLeftOut = (group: string) => {
    const cluster = clusterOfLogGroup(group);
    return cluster !== undefined && look?.clusters.includes(cluster) === true && !clusters.includes(cluster);
  };
  const filters = await Promise.all(
    (look?.logGroups ?? []).map(async (group) => {
      const all = await survey.filters(group).catch((error: unknown) => {
        throw explain(error);
      });
      return all
        .map(({ filterName: name = '', destinationArn: destination = '' }) => ({ group, name, destination }))
        .filter(feedsModule);
    }),
  );
  const [theirs, others] = [filters.flat().filter(isOfModule), filters.flat().filter((one) => !isOfModule(one))];
  return {
    groups: theirs.map(({ group }) => ({ name: group, leftOut: isLeftOut(group) })),
    feeders: others.map(({ group, name }) => `filter ${name} on ${group}`),
  };
}
