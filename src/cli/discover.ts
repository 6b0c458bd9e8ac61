import type { Aws } from '../aws/clients.ts';
import { bucketRegions, enabledRegions, identify, lookAt, type RegionLook, unusable } from '../aws/discover.ts';
import { explain } from '../aws/errors.ts';
import { roleTags } from '../aws/kinds/role.ts';
import { homeRegionOf, partitionOf } from '../aws/regions.ts';
import type { Region } from '../desired/account.ts';
import { clusterLogGroupName, clusterOfLogGroup, type Names, namesOf } from '../desired/names.ts';
import { connectedRegions, readRecord } from '../desired/record.ts';
import { select, unmatched } from '../desired/select.ts';
import { type Given, resolve, type Settings } from '../desired/settings.ts';
import { RadError } from '../engine/errors.ts';
import type { Tags } from '../engine/resource.ts';
import type { Notice } from '../render/document.ts';
import type { Context } from './context.ts';
import { usage } from './values.ts';

/** Who we are, and what earlier runs have left. */
export interface Home {
  readonly aws: Aws;
  readonly account: string;
  readonly partition: string;
  /** The ARN of whose credentials these are. */
  readonly caller: string;
  readonly names: Names;
  /** undefined: there is no reader role. */
  readonly readerTags: Tags | undefined;
  /** The regions that its tags record. */
  readonly connected: readonly string[];
  /** What is worth saying of what was looked for so far. */
  readonly warnings: Notice[];
}

export async function signIn({ options, announce, connect, defaultRegion, mend }: Context): Promise<Home> {
  announce();
  const named = options.regions?.find((region) => region !== 'all') ?? options.forgetRegion?.[0];
  const region = homeRegionOf(partitionOf(named ?? (await defaultRegion()) ?? 'us-east-1'));
  const { account, partition, arn: caller } = await identify(connect(region, ''), mend);
  checkAccount(account, options.account, '--account');
  if (named && partitionOf(named) !== partition)
    throw usage(`region ${named} is of partition ${partitionOf(named)}, the account of ${partition}`);
  const aws = connect(region, account);
  const names = namesOf(options.namePrefix, partition, account);
  const readerTags = await roleTags(aws, names.role.reader).catch((error: unknown) => {
    throw explain(error);
  });
  const connected = connectedRegions(readerTags);
  return { aws, account, partition, caller, names, readerTags, connected, warnings: [] };
}

/** A teardown at the same time may take the record away that this run has made: then nothing says what stands. */
export async function lostRecord({ aws, names }: Home, regions: readonly Region[]): Promise<RadError | undefined> {
  const tags = await roleTags(aws, names.role.reader).catch(explain);
  if (tags instanceof RadError) return tags;
  const connected = connectedRegions(tags);
  const lost = regions.map((region) => region.aws.region).filter((region) => !connected.includes(region));
  if (lost.length === 0) return undefined;
  return new RadError('AWS', `another run has taken the record of ${lost.join(', ')} away`, {
    hint: 'run the same command again when no other run is at work',
  });
}

/** Throws ACCOUNT_MISMATCH when this option names another account. */
export function checkAccount(account: string, named: string | undefined, option: string): void {
  if (!named || named === account) return;
  throw new RadError('ACCOUNT_MISMATCH', `these credentials belong to account ${account}, not to ${named}`, {
    hint: `choose other credentials with --profile, or change ${option}`,
  });
}

/** What was given, what earlier runs have recorded, and the defaults. */
export const settingsFor = ({ readerTags, partition }: Home, given: Given = {}): Settings =>
  resolve(given, readRecord(readerTags), partition);

/** The regions that hold a bucket of ours; where the buckets may not be listed, those that are recorded. */
export async function regionsWithBucket({ aws, names, connected, warnings }: Home): Promise<string[]> {
  const buckets = await bucketRegions(aws, names.bucketStem);
  if (!buckets)
    warnings.push(withoutPermission('s3:ListAllMyBuckets', 'buckets of regions that are not recorded are not seen'));
  return buckets ? [...buckets.keys()].flatMap((bucket) => names.regionOfBucket(bucket) ?? []).sort() : [...connected];
}

/** The regions that the options name, with `all` spelled out; undefined when they name none. */
export async function namedRegions(home: Home, { options }: Context): Promise<string[] | undefined> {
  if (!options.regions?.length) return undefined;
  const all = options.regions.includes('all');
  const named = all ? await allRegions(home) : [...new Set(options.regions)];
  const left = named.filter((region) => !options.excludeRegions?.includes(region));
  if (left.length === 0) throw usage('--exclude-regions leaves no region');
  return left.sort();
}

export async function allRegions({ aws, warnings }: Home): Promise<string[]> {
  const { names, denied } = await enabledRegions(aws);
  if (denied) warnings.push(withoutPermission('account:ListRegions', 'every known region was tried'));
  return names;
}

export const withoutPermission = (action: string, consequence: string): Notice => ({
  code: 'PERMISSION_OPTIONAL',
  region: 'global',
  id: action,
  message: `these credentials may not call ${action}: ${consequence}`,
  hint: `allow ${action} for these credentials; all that are needed: rad-connect policy`,
});

/** One region as it was found. */
export interface Found extends RegionLook {
  readonly name: string;
  readonly aws: Aws;
}

/** Look at all these regions at once. */
export async function lookAround(home: Home, regions: readonly string[], context: Context): Promise<Found[]> {
  if (regions.length) context.report({ type: 'looking', regions });
  return Promise.all(
    regions.map(async (name) => {
      const aws = name === home.aws.region ? home.aws : context.connect(name, home.account);
      const look = await lookAt(aws);
      context.report({ type: 'looked', region: name, clusters: look.clusters.length, state: look.state });
      return { name, aws, ...look };
    }),
  );
}

/** What the settings choose of what was found. */
interface Chosen {
  readonly regions: Region[];
  /** Regions with no cluster to connect, which are not connected either: nothing is wanted there. */
  readonly empty: readonly string[];
  readonly warnings: Notice[];
}

/**
 * The clusters that the settings choose, and those that are connected already: leaving one out later never disconnects it.
 * Without those that EKS has given up. Throws USAGE for a glob that matches none.
 */
export async function chooseClusters(home: Home, found: readonly Found[], settings: Settings): Promise<Chosen> {
  const warnings = globTrouble(home, found, settings);
  const all = await Promise.all(
    found
      .filter(({ state }) => state === 'ok')
      .map(async ({ aws, clusters }): Promise<Region> => {
        const selected = select(clusters, settings.clusters, settings.excludeClusters);
        const others = clusters.filter((name) => !selected.includes(name));
        const connected = await filtered(home, aws, others);
        const chosen = [...selected, ...connected].sort();
        const broken = await unusable(aws, chosen);
        for (const [id, status] of broken) {
          const message = `cluster ${id} is ${status}: it was left out`;
          warnings.push({
            code: 'CLUSTER_SKIPPED',
            region: aws.region,
            id,
            message,
            hint: 'run again when the cluster is ACTIVE',
          });
        }
        return { aws, clusters: chosen.filter((name) => !broken.has(name)), ghosts: [] };
      }),
  );
  const isEmpty = ({ aws, clusters }: Region) => clusters.length === 0 && !home.connected.includes(aws.region);
  return {
    regions: all.filter((region) => !isEmpty(region)),
    empty: all.filter(isEmpty).map(({ aws }) => aws.region),
    warnings,
  };
}

/** Of these clusters, those whose log group has our filter. */
async function filtered({ names }: Home, { survey, region }: Aws, clusters: readonly string[]): Promise<string[]> {
  const has = await Promise.all(
    clusters.map(async (cluster) => {
      // What may not be read counts: its own step will say so.
      const filters = await survey.filters(clusterLogGroupName(cluster)).catch(() => undefined);
      return (
        !filters ||
        filters.some(
          ({ filterName, destinationArn }) => filterName === names.filter && destinationArn === names.streamArn(region),
        )
      );
    }),
  );
  return clusters.filter((_, i) => has[i]);
}

function globTrouble(
  { connected }: Home,
  found: readonly Found[],
  { clusters, excludeClusters, given }: Settings,
): Notice[] {
  const names = found.flatMap((one) => one.clusters);
  const lost = unmatched([...clusters, ...excludeClusters], names);
  if (lost.length === 0) return [];
  const typed = unmatched([...(given.clusters ?? []), ...(given.excludeClusters ?? [])], names);
  if (typed.length && found.every(({ state }) => state === 'ok')) {
    const there = names.length
      ? `there are ${names.slice(0, 10).join(', ')}${names.length > 10 ? ', …' : ''}`
      : 'there are no clusters';
    throw usage(
      `--clusters or --exclude-clusters ${typed.join(',')}: no cluster matches in ${found.map(({ name }) => name).join(', ')}: ${there}`,
    );
  }
  // A part of the regions says nothing about what is recorded for all of them.
  if (connected.some((region) => !found.some(({ name, state }) => name === region && state === 'ok'))) return [];
  const message = `no cluster matches ${lost.join(', ')}`;
  return [
    {
      code: 'GLOB_WITHOUT_MATCH',
      region: 'global',
      id: lost.join(','),
      message,
      hint: 'change it with --clusters or --exclude-clusters',
    },
  ];
}

/** All clusters of the readable regions, and those that are gone and left a log group, whose filter may be ours. */
export const everyCluster = (found: readonly Found[]): Region[] =>
  found
    .filter(({ state }) => state === 'ok')
    .map(({ aws, clusters, logGroups }) => ({
      aws,
      clusters,
      ghosts: logGroups.flatMap((group) => clusterOfLogGroup(group) ?? []).filter((name) => !clusters.includes(name)),
    }));
