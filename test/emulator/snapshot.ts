import {
  DescribeMetricFiltersCommand,
  ListTagsForResourceCommand,
  paginateDescribeLogGroups,
  paginateDescribeLogStreams,
  paginateDescribeSubscriptionFilters,
} from '@aws-sdk/client-cloudwatch-logs';
import { DescribeClusterCommand, paginateListClusters } from '@aws-sdk/client-eks';
import {
  DescribeDeliveryStreamCommand,
  ListDeliveryStreamsCommand,
  ListTagsForDeliveryStreamCommand,
} from '@aws-sdk/client-firehose';
import {
  GetPolicyVersionCommand,
  GetRoleCommand,
  GetRolePolicyCommand,
  paginateListAttachedRolePolicies,
  paginateListPolicies,
  paginateListRolePolicies,
  paginateListRoles,
  paginateListRoleTags,
} from '@aws-sdk/client-iam';
import {
  GetBucketAclCommand,
  GetBucketCorsCommand,
  GetBucketEncryptionCommand,
  GetBucketLifecycleConfigurationCommand,
  GetBucketLoggingCommand,
  GetBucketNotificationConfigurationCommand,
  GetBucketOwnershipControlsCommand,
  GetBucketPolicyCommand,
  GetBucketReplicationCommand,
  GetBucketTaggingCommand,
  GetBucketVersioningCommand,
  GetBucketWebsiteCommand,
  GetPublicAccessBlockCommand,
  HeadBucketCommand,
  ListBucketsCommand,
  ListObjectVersionsCommand,
} from '@aws-sdk/client-s3';
import { ACCOUNT, type Clients, clients } from './clients.ts';
import type { Emulator } from './emulator.ts';

type Things = Record<string, Record<string, unknown>>;

export type Snapshot = {
  account: string;
  roles: Things;
  policies: Things;
  buckets: Things;
  regions: Record<string, { clusters: Things; logGroups: Things; streams: Things }>;
};

export type SnapshotOptions = {
  /** also what is new when a thing is deleted and made again: ids, times, versions (true) */
  identity?: boolean;
};

/** The whole account as plain sorted data: equal snapshots mean that nothing was changed. */
export async function snapshot(
  emulator: Emulator,
  regions: string[],
  options: SnapshotOptions = {},
): Promise<Snapshot> {
  const look = new Look(options.identity ?? true);
  const home = clients(emulator, 'us-east-1', { quiet: true });
  const found = {
    account: ACCOUNT,
    roles: await look.roles(home),
    policies: await look.policies(home),
    buckets: await look.buckets(home),
    regions: {} as Snapshot['regions'],
  };
  for (const region of regions) found.regions[region] = await look.region(clients(emulator, region, { quiet: true }));
  return sorted(found) as Snapshot;
}

class Look {
  private readonly identity: boolean;

  constructor(identity: boolean) {
    this.identity = identity;
  }

  private id(value: unknown): { identity?: unknown } {
    return this.identity ? { identity: value } : {};
  }

  async roles({ iam }: Clients): Promise<Things> {
    const names = await all(paginateListRoles({ client: iam }, {}), (page) => page.Roles?.map((r) => r.RoleName!));
    return each(names, async (RoleName) => {
      const { Role: role } = await iam.send(new GetRoleCommand({ RoleName }));
      const inline = await all(paginateListRolePolicies({ client: iam }, { RoleName }), (p) => p.PolicyNames);
      const attached = await all(paginateListAttachedRolePolicies({ client: iam }, { RoleName }), (p) =>
        p.AttachedPolicies?.map((policy) => policy.PolicyArn!),
      );
      return {
        arn: role!.Arn,
        trust: json(role!.AssumeRolePolicyDocument),
        inline: await each(inline, async (PolicyName) =>
          json((await iam.send(new GetRolePolicyCommand({ RoleName, PolicyName }))).PolicyDocument),
        ),
        attached: attached.sort(),
        tags: tags(await all(paginateListRoleTags({ client: iam }, { RoleName }), (p) => p.Tags)),
        description: role!.Description,
        maxSession: role!.MaxSessionDuration,
        boundary: role!.PermissionsBoundary?.PermissionsBoundaryArn,
        ...this.id([role!.RoleId, role!.CreateDate]),
      };
    });
  }

  async policies({ iam }: Clients): Promise<Things> {
    const pages = paginateListPolicies({ client: iam }, { Scope: 'Local' });
    const found = new Map((await all(pages, (page) => page.Policies)).map((policy) => [policy.Arn!, policy]));
    return each([...found.keys()], async (PolicyArn) => {
      const policy = found.get(PolicyArn)!;
      const version = await iam.send(new GetPolicyVersionCommand({ PolicyArn, VersionId: policy.DefaultVersionId! }));
      return {
        document: json(version.PolicyVersion!.Document),
        version: policy.DefaultVersionId,
        attachments: policy.AttachmentCount,
        ...this.id([policy.PolicyId, policy.CreateDate]),
      };
    });
  }

  async buckets({ s3 }: Clients): Promise<Things> {
    const { Buckets = [] } = await s3.send(new ListBucketsCommand({}));
    const created = new Map(Buckets.map((bucket) => [bucket.Name!, bucket.CreationDate]));
    return each([...created.keys()], async (Bucket) => ({
      region: (await s3.send(new HeadBucketCommand({ Bucket }))).BucketRegion,
      tags: tags((await configured(s3.send(new GetBucketTaggingCommand({ Bucket }))))?.TagSet),
      policy: json((await configured(s3.send(new GetBucketPolicyCommand({ Bucket }))))?.Policy),
      publicAccess: await configured(s3.send(new GetPublicAccessBlockCommand({ Bucket }))),
      ownership: await configured(s3.send(new GetBucketOwnershipControlsCommand({ Bucket }))),
      encryption: await configured(s3.send(new GetBucketEncryptionCommand({ Bucket }))),
      versioning: await configured(s3.send(new GetBucketVersioningCommand({ Bucket }))),
      lifecycle: await configured(s3.send(new GetBucketLifecycleConfigurationCommand({ Bucket }))),
      acl: await configured(s3.send(new GetBucketAclCommand({ Bucket }))),
      cors: await configured(s3.send(new GetBucketCorsCommand({ Bucket }))),
      logging: await configured(s3.send(new GetBucketLoggingCommand({ Bucket }))),
      notification: await configured(s3.send(new GetBucketNotificationConfigurationCommand({ Bucket }))),
      website: await configured(s3.send(new GetBucketWebsiteCommand({ Bucket }))),
      replication: await configured(s3.send(new GetBucketReplicationCommand({ Bucket }))),
      objects: await this.objects(s3, Bucket),
      ...this.id(created.get(Bucket)),
    }));
  }

  private async objects(s3: Clients['s3'], Bucket: string): Promise<Record<string, unknown[]>> {
    const found = new Map<string, unknown[]>();
    const add = (key: string, version: object) => found.set(key, [...(found.get(key) ?? []), version]);
    let more = {};
    for (;;) {
      const page = await s3.send(new ListObjectVersionsCommand({ Bucket, ...more }));
      for (const { Key, ETag, Size, IsLatest, VersionId, LastModified } of page.Versions ?? []) {
        add(Key!, { etag: ETag, size: Size, latest: IsLatest, ...this.id([VersionId, LastModified]) });
      }
      for (const { Key, IsLatest, VersionId } of page.DeleteMarkers ?? []) {
        add(Key!, { deleted: true, latest: IsLatest, ...this.id(VersionId) });
      }
      if (!page.IsTruncated) return Object.fromEntries(found);
      more = { KeyMarker: page.NextKeyMarker, VersionIdMarker: page.NextVersionIdMarker };
    }
  }

  async region(aws: Clients): Promise<Snapshot['regions'][string]> {
    return {
      clusters: await this.clusters(aws),
      logGroups: await this.logGroups(aws),
      streams: await this.streams(aws),
    };
  }

  private async clusters({ eks }: Clients): Promise<Things> {
    const names = await all(paginateListClusters({ client: eks }, {}), (page) => page.clusters);
    return each(names, async (name) => {
      const { cluster } = await eks.send(new DescribeClusterCommand({ name }));
      const setups = cluster!.logging?.clusterLogging ?? [];
      const { subnetIds, ...vpc } = cluster!.resourcesVpcConfig ?? {};
      return {
        logging: Object.fromEntries(setups.flatMap((s) => (s.types ?? []).map((type) => [type, s.enabled ?? false]))),
        status: cluster!.status,
        tags: cluster!.tags,
        version: cluster!.version,
        roleArn: cluster!.roleArn,
        vpc,
        ...this.id([cluster!.createdAt, subnetIds]),
      };
    });
  }

  private async logGroups({ logs }: Clients): Promise<Things> {
    const pages = paginateDescribeLogGroups({ client: logs }, {});
    const found = new Map((await all(pages, (page) => page.logGroups)).map((group) => [group.logGroupName!, group]));
    return each([...found.keys()], async (logGroupName) => {
      const group = found.get(logGroupName)!;
      const listed = await logs.send(new ListTagsForResourceCommand({ resourceArn: group.logGroupArn! }));
      const filters = paginateDescribeSubscriptionFilters({ client: logs }, { logGroupName });
      const metrics = await logs.send(new DescribeMetricFiltersCommand({ logGroupName }));
      const streams = await all(paginateDescribeLogStreams({ client: logs }, { logGroupName }), (p) => p.logStreams);
      return {
        retention: group.retentionInDays,
        kmsKey: group.kmsKeyId,
        class: group.logGroupClass,
        tags: listed.tags,
        filters: Object.fromEntries(
          (await all(filters, (page) => page.subscriptionFilters)).map(({ filterName, creationTime, ...filter }) => [
            filterName!,
            { ...filter, ...this.id(creationTime) },
          ]),
        ),
        metricFilters: metrics.metricFilters?.map((filter) => filter.filterName),
        streams: streams.map((stream) => stream.logStreamName).sort(),
        ...this.id([group.creationTime, group.storedBytes]),
      };
    });
  }

  private async streams({ firehose }: Clients): Promise<Things> {
    const names: string[] = [];
    for (let more = true; more; ) {
      const last = names.at(-1);
      const page = await firehose.send(
        new ListDeliveryStreamsCommand(last === undefined ? {} : { ExclusiveStartDeliveryStreamName: last }),
      );
      names.push(...(page.DeliveryStreamNames ?? []));
      more = page.HasMoreDeliveryStreams ?? false;
    }
    return each(names, async (DeliveryStreamName) => {
      const described = await firehose.send(new DescribeDeliveryStreamCommand({ DeliveryStreamName }));
      const stream = described.DeliveryStreamDescription!;
      const listed = await firehose.send(new ListTagsForDeliveryStreamCommand({ DeliveryStreamName }));
      return {
        status: stream.DeliveryStreamStatus,
        type: stream.DeliveryStreamType,
        encryption: stream.DeliveryStreamEncryptionConfiguration,
        destinations: stream.Destinations,
        tags: tags(listed.Tags),
        ...this.id([stream.VersionId, stream.CreateTimestamp]),
      };
    });
  }
}

async function all<P, T>(pages: AsyncIterable<P>, pick: (page: P) => T[] | undefined): Promise<T[]> {
  const found: T[] = [];
  for await (const page of pages) found.push(...(pick(page) ?? []));
  return found;
}

async function each<T>(names: string[], look: (name: string) => Promise<T>): Promise<Record<string, T>> {
  return Object.fromEntries(await Promise.all(names.map(async (name) => [name, await look(name)] as const)));
}

/** undefined where the bucket has no such configuration, which S3 answers with a 404 */
async function configured<T extends object>(answer: Promise<T>): Promise<Omit<T, '$metadata'> | undefined> {
  try {
    const { $metadata: _, ...rest } = (await answer) as T & { $metadata?: unknown };
    return rest;
  } catch (error) {
    if ((error as { $metadata?: { httpStatusCode?: number } }).$metadata?.httpStatusCode === 404) return undefined;
    throw error;
  }
}

function tags(list: { Key?: string | undefined; Value?: string | undefined }[] | undefined): Record<string, string> {
  return Object.fromEntries((list ?? []).map((tag) => [tag.Key!, tag.Value ?? '']));
}

function json(text: string | undefined): unknown {
  return text === undefined ? undefined : JSON.parse(text.startsWith('%') ? decodeURIComponent(text) : text);
}

/** Sorted keys, times as text, and nothing that is undefined. */
function sorted(value: unknown): unknown {
  if (value instanceof Date) return value.toISOString();
  if (Array.isArray(value)) return value.map(sorted);
  if (value === null || typeof value !== 'object') return value;
  const entries = Object.entries(value).filter(([, inner]) => inner !== undefined);
  return Object.fromEntries(entries.sort(([a], [b]) => (a < b ? -1 : 1)).map(([key, inner]) => [key, sorted(inner)]));
}
