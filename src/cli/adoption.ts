import { bucketRegions, hasStream } from '../aws/discover.ts';
import { explain } from '../aws/errors.ts';
import type { Region } from '../desired/account.ts';
import { type Adoption, isOfModule, MODULE } from '../desired/adoption.ts';
import { clusterOfLogGroup } from '../desired/names.ts';
import type { Context } from './context.ts';
import { type Found, type Home, withoutPermission } from './discover.ts';

/** What RAD's Terraform module has made in the regions of this run, and where else it delivers. Reads only. */
export async function findModule(
  home: Home,
  found: readonly Found[],
  regions: readonly Region[],
  context: Context,
): Promise<Adoption> {
  const groups = await Promise.all(
    regions.map(async ({ aws: { region, survey }, clusters }) => {
      const { logGroups = [], clusters: all = [] } = found.find(({ name }) => name === region) ?? {};
      const isLeftOut = (group: string) => {
        const cluster = clusterOfLogGroup(group);
        return cluster !== undefined && all.includes(cluster) && !clusters.includes(cluster);
      };
      const filtersOf = (group: string) =>
        survey.filters(group).catch((error: unknown) => {
          throw explain(error);
        });
      const has = await Promise.all(
        logGroups.map(async (group) =>
          (await filtersOf(group)).some(({ filterName: name = '', destinationArn: destination = '' }) =>
            isOfModule({ name, destination }),
          ),
        ),
      );
      const named = logGroups.filter((_, i) => has[i]).map((name) => ({ name, leftOut: isLeftOut(name) }));
      return [region, named] as const;
    }),
  );
  const buckets = await bucketRegions(home.aws, MODULE.bucketStem);
  if (!buckets)
    home.warnings.push(withoutPermission('s3:ListAllMyBuckets', 'other regions of the module are not seen'));
  const others = [...new Set(buckets?.values())].filter((name) => !regions.some(({ aws }) => aws.region === name));
  const delivering = await Promise.all(
    others.map((region) => hasStream(context.connect(region, home.account), MODULE.stream)),
  );
  return {
    groups: new Map(groups),
    elsewhere: others.filter((_, i) => delivering[i]).sort(),
    buckets: [...(buckets?.keys() ?? [])].sort(),
  };
}
