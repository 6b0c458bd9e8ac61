import type { Aws } from '../aws/clients.ts';
import { bucketRegions, enabledRegions, identify, lookAt, type RegionLook, unusable } from '../aws/discover.ts';
import { explain, restate } from '../aws/errors.ts';
import { bucketTags } from '../aws/kinds/bucket.ts';
import { readRole } from '../aws/kinds/role.ts';
import { homeRegionOf, partitionOf } from '../aws/regions.ts';
import type { Account, Region, Registry } from '../desired/account.ts';
import { registryTags } from '../desired/departure.ts';
import { clusterLogGroupName, clusterOfLogGroup, installationOf, type Names, namesOf } from '../desired/names.ts';
import { connectedRegions, isRegistry, readRecord } from '../desired/record.ts';
import { select, unmatched } from '../desired/select.ts';
import { type Given, type Recorded, resolve, type Settings } from '../desired/settings.ts';
import { RadError } from '../engine/errors.ts';
import { state } from '../engine/state.ts';
import type { Notice } from '../render/document.ts';
import type { Context } from './context.ts';
import { usage } from './values.ts';

/** Who we are, and what earlier runs have left. */
export interface Home {
  readonly aws: Aws;
  /** The clients of a region: the same ones in all of one look. */
  at(region: string): Aws;
  readonly account: string;
  readonly partition: string;
  /** The ARN of whose credentials these are. */
  readonly caller: string;
  readonly names: Names;
  /** undefined: nothing is recorded. */
  readonly registry: Registry | undefined;
  /** The regions that it records. */
  readonly connected: readonly string[];
  /** The regions that hold a bucket of ours; undefined where that cannot be seen. */
  ourBuckets(): Promise<string[] | undefined>;
  /** What is worth saying of what was looked for so far. */
  readonly warnings: Notice[];
}

export async function signIn(context: Context): Promise<Home> {
  const { options, announce, signedIn, connect, defaultRegion, mend } = context;
  announce();
  const named = options.regions?.find((region) => region !== 'all') ?? options.forgetRegion?.[0];
  const region = homeRegionOf(partitionOf(named ?? (await defaultRegion()) ?? 'us-east-1'));
  const { account, partition, arn: caller } = await identify(connect(region, ''), mend);
  signedIn({ account, partition });
  checkAccount(account, options.account, '--account');
  if (named && partitionOf(named) !== partition)
    throw usage(`region ${named} is of partition ${partitionOf(named)}, the account of ${partition}`);
  const at = connecting((name) => connect(name, account));
  const aws = at(region);
  const names = namesOf(options.namePrefix, partition, account);
  const warnings: Notice[] = [];
  const ourBuckets = bucketFinder(aws, names, warnings);
  const registry = await findRegistry({ aws, at, names, ourBuckets }, context);
  // Who names regions has said where to look; who says that the reader role is ours, that no bucket holds the record.
  const isTold = options.regions !== undefined || options.auditLogsRoleArn === '';
  if (!isTold && (await isRecordUnseen({ registry, ourBuckets }))) throw recordUnseen(false, options);
  const connected = connectedRegions(registry?.tags);
  return { aws, at, account, partition, caller, names, registry, connected, ourBuckets, warnings };
}

function connecting(connect: (region: string) => Aws): Home['at'] {
  const made = new Map<string, Aws>();
  return (region) => {
    const aws = made.get(region) ?? connect(region);
    made.set(region, aws);
    return aws;
  };
}

/** Our reader role; else one of the buckets, of which those in the regions that were named may be asked without a list of all. */
async function findRegistry(
  { aws, at, names, ourBuckets }: Pick<Home, 'aws' | 'at' | 'names' | 'ourBuckets'>,
  { options }: Context,
): Promise<Registry | undefined> {
  const role = await readRole(aws, names.role.reader).catch((error: unknown) => {
    throw explain(error);
  });
  if (role && (isRegistry(role.tags) || state.isClaimed(role.tags))) return role;
  const listed = await ourBuckets();
  const named = options.regions?.filter((region) => region !== 'all') ?? [];
  // A name that is only guessed may be of somebody else's bucket.
  const orNone = (region: string) => (listed ? unreadable(names, region) : () => ({}));
  const found = await Promise.all(
    (listed ?? named)
      .filter((region) => !options.forgetRegion?.includes(region))
      .map(async (region): Promise<Registry> => {
        const bucketOf = at(region);
        return { bucketOf, tags: await bucketTags(bucketOf, names.bucket(region)).catch(orNone(region)) };
      }),
  );
  const records = found.filter(({ tags }) => isRegistry(tags));
  if (records.length > 1) throw twoRecords(records.map(({ bucketOf }) => names.bucket(bucketOf!.region)));
  return records[0];
}

/** Each knows of regions that the other does not: whatever is done by one of them may be wrong. */
const twoRecords = (buckets: readonly string[]) =>
  new RadError('TWO_RECORDS', `buckets ${buckets.join(' and ')} hold a record of this installation each`, {
    hint: 'keep one: take the tags rad-connect:settings and rad-connect:region:… off the other (aws s3api get-bucket-tagging shows them), then run enable-audit with the --regions of both',
  });

/** Nothing is recorded where it can be seen, and it may be where it cannot. */
export const isRecordUnseen = async ({ registry, ourBuckets }: Pick<Home, 'registry' | 'ourBuckets'>) =>
  registry === undefined && (await ourBuckets()) === undefined;

/** What it says would be taken for nothing, and a second one would take away what the other needs. */
export const recordUnseen = (isPlaceNamed: boolean, { auditLogsRoleArn }: Given) =>
  new RadError(
    'PERMISSION_DENIED',
    `a bucket${isPlaceNamed ? ' of another region' : ''} may hold the record of this installation, and the buckets of the account cannot be listed`,
    {
      hint: `allow s3:ListAllMyBuckets for these credentials, and S3 to be reached; ${
        isPlaceNamed
          ? auditLogsRoleArn
            ? `all that are needed: rad-connect policy --audit-logs-role-arn ${auditLogsRoleArn}`
            : 'or, where no earlier run was given --audit-logs-role-arn ARN, say so: --audit-logs-role-arn none'
          : 'or name where to look: --regions'
      }`,
    },
  );

/** Without what is recorded, the defaults would be taken for what is wanted. */
const unreadable = (names: Names, region: string) => (error: unknown) => {
  const { code, message, hint } = explain(error);
  const bucket = names.bucket(region);
  throw restate(error, code, `bucket ${bucket} may hold the record, and its tags cannot be read: ${message}`, hint);
};

/** A teardown at the same time may take the record away that this run has made: then nothing says what stands. */
export async function lostRecord(account: Account): Promise<RadError | undefined> {
  const { regions } = account;
  const tags = await registryTags(account).catch(explain);
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

/** What earlier runs have recorded; where the roles are, they say themselves. */
export function recordOf({ registry }: Home): Recorded {
  const record = readRecord(registry?.tags);
  return registry?.path ? { ...record, account: { ...record.account, rolePath: registry.path } } : record;
}

/** What was given, what earlier runs have recorded, and the defaults. */
export const settingsFor = (home: Home, given: Given = {}): Settings => resolve(given, recordOf(home), home.partition);

/** The regions that hold a bucket of ours; where the buckets may not be listed, those that are recorded. */
export async function regionsWithBucket(home: Home): Promise<string[]> {
  return (await home.ourBuckets()) ?? [...home.connected];
}

/** Looks once, when it is first asked, for the regions that hold a bucket of our name; undefined, and a warning, where it cannot. */
function bucketFinder(aws: Aws, names: Names, warnings: Notice[]): Home['ourBuckets'] {
  let regions: ReturnType<Home['ourBuckets']> | undefined;
  const find = async () => {
    const buckets = await bucketRegions(aws, names.bucketStem);
    if (!buckets)
      warnings.push({
        ...withoutPermission('s3:ListAllMyBuckets', ''),
        message: 'the buckets of the account cannot be listed: those of regions that are not recorded are not seen',
      });
    return buckets && [...buckets.keys()].flatMap((bucket) => names.regionOfBucket(bucket) ?? []).sort();
  };
  return () => (regions ??= find());
}

/** The prefixes of other installations that have a bucket in the account; undefined where that cannot be seen. */
export async function otherInstallations({ aws, account, names }: Home): Promise<string[] | undefined> {
  const buckets = await bucketRegions(aws);
  const all = buckets && [...buckets.keys()].flatMap((bucket) => installationOf(bucket, account) ?? []);
  return all && [...new Set(all)].filter((prefix) => prefix !== names.prefix).sort();
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
      const aws = home.at(name);
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
