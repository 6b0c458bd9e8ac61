import { streamThere } from '../aws/discover.ts';
import { clusterOfLogGroup } from '../desired/names.ts';
import type { Notice } from '../render/document.ts';
import { type Context, mendWith } from './context.ts';
import { type Home, regionsWithBucket } from './discover.ts';

/** What stands in regions that nothing records as connected. */
export interface Remains {
  /** Regions in which a stream or a filter of ours stands. */
  readonly unrecorded: readonly string[];
  readonly warnings: readonly Notice[];
}

/** `looked`: regions whose things are told anyway. */
export async function lookForRemains(home: Home, looked: readonly string[], context: Context): Promise<Remains> {
  const regions = (await regionsWithBucket(home)).filter((region) => !home.connected.includes(region));
  const stands = await Promise.all(regions.map((region) => isAlive(home, region)));
  const unrecorded = regions.filter((_, i) => stands[i]);
  const warnings = regions.flatMap((region, i) =>
    stands[i] || looked.includes(region) ? [] : [dataRemains(home, region, stands[i])],
  );
  return {
    unrecorded,
    warnings: [...warnings, ...(unrecorded.length ? [recordMissing(home, unrecorded, context)] : [])],
  };
}

/** Whether events still go into its bucket, or wait to; undefined where that cannot be seen. */
async function isAlive({ at, names }: Home, region: string): Promise<boolean | undefined> {
  const aws = at(region);
  try {
    if (await streamThere(aws, names.stream)) return true;
    const groups = [...(await aws.survey.logGroups()).keys()].filter(clusterOfLogGroup);
    const filters = await Promise.all(groups.map((group) => aws.survey.filters(group)));
    return filters.flat().some(({ filterName }) => filterName === names.filter);
  } catch {
    return undefined;
  }
}

const dataRemains = ({ names, account }: Home, region: string, stands: boolean | undefined): Notice => ({
  code: 'DATA_REMAINS',
  region,
  id: names.bucket(region),
  message: `bucket ${names.bucket(region)} of an earlier installation still holds audit logs`,
  // What deletes is not put into anybody's hands where something may still be alive.
  hint:
    stands === false
      ? `rad-connect teardown --regions ${region} --delete-data --yes --confirm ${account}`
      : `see what is there: rad-connect status --regions ${region}`,
});

const recordMissing = ({ names }: Home, regions: readonly string[], context: Context): Notice => ({
  code: 'RECORD_MISSING',
  region: 'global',
  id: names.role.reader,
  message: `nothing records that ${regions.join(', ')} ${regions.length === 1 ? 'is' : 'are'} connected, and streams or filters of ours stand there: role ${names.role.reader}, or what its tags said, is gone`,
  hint: `${mendWith(context, regions.join(','))}, with the options of the first run, such as --external-id`,
});
