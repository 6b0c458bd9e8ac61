import { paginateListRegions } from '@aws-sdk/client-account';
import { DescribeDeliveryStreamCommand } from '@aws-sdk/client-firehose';
import { paginateListBuckets } from '@aws-sdk/client-s3';
import { GetCallerIdentityCommand } from '@aws-sdk/client-sts';
import { RadError } from '../engine/errors.ts';
import type { Aws } from './clients.ts';
import { explain, found, isBadCredentials, isDenied, isNoNetwork, restate } from './errors.ts';
import { partitionOf, regionsOf } from './regions.ts';

interface Identity {
  /** Twelve digits. */
  readonly account: string;
  readonly partition: string;
  readonly arn: string;
}

const NO_AWS = ['what answers in the place of STS is not AWS', 'check AWS_ENDPOINT_URL and HTTPS_PROXY'] as const;

/**
 * GetCallerIdentity needs no permission, so a failure is about the credentials or the network. `mend`: what to do about
 * credentials that AWS refuses.
 */
export async function identify({ sts }: Aws, mend?: string): Promise<Identity> {
  const { Account = '', Arn = '' } = await sts.send(new GetCallerIdentityCommand({})).catch((error: unknown) => {
    const why = explain(error);
    if (why.code === 'AWS' && /^Unknown/.test(why.message)) throw restate(why, 'AWS', ...NO_AWS);
    if (!isBadCredentials(error) || !mend) throw why;
    // Those of another partition are as unknown as wrong ones.
    const elsewhere = /expired/i.test(why.message)
      ? ''
      : '; keys of China or GovCloud need a region of theirs: AWS_REGION';
    throw restate(why, 'CREDENTIALS', why.message, `${mend}${elsewhere}`);
  });
  if (!/^\d{12}$/.test(Account)) throw new RadError('AWS', NO_AWS[0], { hint: NO_AWS[1] });
  return { account: Account, partition: Arn.split(':')[1] ?? 'aws', arn: Arn };
}

/** The regions enabled for the account; where that cannot be asked, all that are known, each of which is tried. */
export async function enabledRegions({
  account: client,
  region,
}: Aws): Promise<{ readonly names: string[]; readonly denied: boolean }> {
  const names: string[] = [];
  let denied = false;
  try {
    const RegionOptStatusContains = ['ENABLED' as const, 'ENABLED_BY_DEFAULT' as const];
    for await (const { Regions = [] } of paginateListRegions({ client }, { RegionOptStatusContains })) {
      names.push(...Regions.map(({ RegionName = '' }) => RegionName));
    }
  } catch (error) {
    const why = explain(error);
    // Not every partition, and not every closed network, has an endpoint of this service.
    if (!/^(PERMISSION_DENIED|AWS|INTERNAL|NETWORK)$/.test(why.code)) throw why;
    denied = why.code === 'PERMISSION_DENIED';
  }
  return { names: (names.length ? names : [...regionsOf(partitionOf(region))]).sort(), denied };
}

/** The account's buckets, or those that begin so, and the region of each; undefined when that may not be asked, or S3 is not reached here. */
export async function bucketRegions(
  { s3: client, region }: Aws,
  Prefix?: string,
): Promise<Map<string, string> | undefined> {
  const regions = new Map<string, string>();
  try {
    for await (const { Buckets = [] } of paginateListBuckets({ client }, { Prefix })) {
      // Older stores ignore Prefix.
      for (const { Name = '', BucketRegion = region } of Buckets)
        if (Name.startsWith(Prefix ?? '')) regions.set(Name, BucketRegion);
    }
  } catch (error) {
    if (isDenied(error) || isNoNetwork(error)) return undefined;
    throw explain(error);
  }
  return regions;
}

export const streamThere = async ({ firehose }: Aws, DeliveryStreamName: string): Promise<boolean> =>
  (await found(firehose.send(new DescribeDeliveryStreamCommand({ DeliveryStreamName })))) !== undefined;

/** Whether there is a stream of this name; true also where that cannot be seen. */
export const hasStream = (aws: Aws, name: string): Promise<boolean> => streamThere(aws, name).catch(() => true);

export type RegionState = 'ok' | 'not-enabled' | 'denied' | 'unreachable';
export interface RegionLook {
  readonly state: RegionState;
  readonly error?: RadError;
  readonly clusters: readonly string[];
  readonly logGroups: readonly string[];
}

/** What a region holds, or why that cannot be seen: one region never stops the others. */
export async function lookAt(aws: Aws): Promise<RegionLook> {
  try {
    const [clusters, groups] = await Promise.all([aws.survey.clusterNames(), aws.survey.logGroups()]);
    return { state: 'ok', clusters, logGroups: [...groups.keys()] };
  } catch (error) {
    return { ...regionTrouble(aws.region, error), clusters: [], logGroups: [] };
  }
}

function regionTrouble(region: string, error: unknown): { readonly state: RegionState; readonly error: RadError } {
  if (error instanceof RadError) throw error;
  const why = explain(error);
  // The same credentials have just been accepted elsewhere, so this region does not know the account (AWS Account Management, regions).
  if (isBadCredentials(error) && !/expired/i.test(why.message)) {
    const hint = `enable it: aws account enable-region --region-name ${region}, or leave it out of --regions`;
    return {
      state: 'not-enabled',
      error: restate(error, 'REGION_NOT_ENABLED', `region ${region} is not enabled for this account`, hint),
    };
  }
  if (isDenied(error)) {
    if (!/service control policy|resource control policy/.test(why.message)) return { state: 'denied', error: why };
    const hint = `leave ${region} out (--regions, --exclude-regions), or ask the administrator of the organization`;
    return { state: 'denied', error: restate(error, 'REGION_DENIED', why.message, hint) };
  }
  if (!isNoNetwork(error)) return { state: 'unreachable', error: why };
  return {
    state: 'unreachable',
    error: restate(error, 'REGION_UNREACHABLE', `no answer from ${region}: ${why.message}`, why.hint),
  };
}

/** Clusters that cannot be changed, with their status; asks about each one. */
export async function unusable({ survey }: Aws, names: readonly string[]): Promise<ReadonlyMap<string, string>> {
  const seen = await Promise.all(
    names.map(async (name): Promise<[string, string] | undefined> => {
      // A refusal is told where the cluster is read.
      const cluster = await survey.cluster(name).catch(() => 'unknown' as const);
      if (cluster === 'unknown') return undefined;
      const status = cluster?.status ?? 'gone';
      return /^(FAILED|DELETING|gone)$/.test(status) ? [name, status] : undefined;
    }),
  );
  return new Map(seen.filter((entry) => entry !== undefined));
}
