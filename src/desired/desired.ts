import type { Aws } from '../aws/clients.ts';
import { bucket, SCOPE } from '../aws/kinds/bucket.ts';
import { clusterLogging } from '../aws/kinds/cluster-logging.ts';
import { deliveryStream } from '../aws/kinds/delivery-stream.ts';
import { clusterLogGroup, ERROR_LOG_STREAM, errorLogGroup } from '../aws/kinds/log-group.ts';
import { recordBucket } from '../aws/kinds/record-bucket.ts';
import { slotsFull, subscriptionFilter } from '../aws/kinds/subscription-filter.ts';
import { slots } from '../aws/slots.ts';
import { RadError } from '../engine/errors.ts';
import type { Actual, Resource, Seen, Spec } from '../engine/resource.ts';
import { registration, registrationState } from '../rad/registration.ts';
import { type Account, type Region, regionSettings } from './account.ts';
import { moduleThings } from './adoption.ts';
import { type Departure, staying, type Wanted } from './departure.ts';
import { chosenKey } from './keys.ts';
import { clusterLogGroupName } from './names.ts';
import { tlsOnly } from './policies.ts';
import { registryLabels } from './record.ts';
import { accountRoles, roleArns } from './roles.ts';
import { insist, isSure, type Settings } from './settings.ts';

/** RAD's platform finds the buckets by these: the second key is the one that RAD's own Terraform module sets. */
export const DATA_TYPE = { 'rad-data-type': 'eks-audit-logs', 'ksoc-data-type': 'eks-audit-logs' };
const ERROR_RETENTION_DAYS = 14;

const isKeyGiven = ({ given }: Settings, region: string) => chosenKey(given.kmsKey, region) !== undefined;

/**
 * Everything rad-connect wants in an account, each thing after the things it needs; read by plan, apply, status and teardown.
 * `leaving` says what of it stays when it is taken away.
 */
export function desired(account: Account, settings: Settings, leaving?: Departure): Resource[] {
  const { regions } = account;
  const connected = regionSettings(regions, settings);
  const wanted: Wanted = { account, settings, connected, stay: staying(account, settings, leaving) };
  const at = account.registry.bucketOf;
  const holder = at && recordHolder(wanted, at);
  const roles = accountRoles(wanted, holder, leaving !== undefined);
  const ours = [
    ...(holder && !connected[holder.region] ? [holder] : []),
    ...roles.all,
    ...radThings(wanted, roles.registry, leaving !== undefined),
    ...regions.flatMap((region) => regionThings(wanted, roles, region, holder)),
  ];
  if (!account.adoption) return ours;
  const filterOf = (region: string, group: string) =>
    ours.find((one) => one.type === 'logs:subscription-filter' && one.region === region && one.name === group);
  return [...ours, ...moduleThings(account, account.adoption, filterOf)];
}

type Roles = ReturnType<typeof accountRoles>;

/** The account is registered where there are keys; without them a registration of earlier runs is shown, and told of when leaving. */
function radThings({ account, settings, stay }: Wanted, registry: Resource, isLeaving: boolean): Resource[] {
  const {
    id,
    names,
    rad,
    registry: { tags },
  } = account;
  const state = registrationState(tags);
  if (!rad && (state === 'none' || (state === 'pending' && !isLeaving))) return [];
  const { reader } = roleArns(names, settings);
  const wish = { needs: [registry], ...stay.registration(registry) };
  return [
    registration({ region: 'global', rad, record: registry, readerArn: reader, tags }, id, { role: reader }, wish),
  ];
}

/** Where our reader role is not there to hold the record, the bucket of one region does: of a region that is not meant, only that changes. */
function recordHolder(wanted: Wanted, at: Aws): Resource {
  const { account, settings, connected, stay } = wanted;
  const here = account.regions.find(({ aws }) => aws.region === at.region);
  if (here) return store(wanted, here);
  const labels = registryLabels(settings, account.partition, connected);
  return recordBucket(at, account.names.bucket(at.region), {}, { labels, ...stay.registryBucket(at.region) });
}

/** The bucket of a region. */
function store(wanted: Wanted, { aws, keyTrouble }: Region, registry?: Resource): Resource {
  const { account, settings, connected, stay } = wanted;
  const { names, partition } = account;
  const { retentionDays: days, kmsKey } = settings.region(aws.region);
  const bucketName = names.bucket(aws.region);
  return bucket(
    aws,
    bucketName,
    {
      publicAccess: {
        BlockPublicAcls: true,
        IgnorePublicAcls: true,
        BlockPublicPolicy: true,
        RestrictPublicBuckets: true,
      },
      ownership: 'BucketOwnerEnforced',
      encryption: kmsKey ? { algorithm: 'aws:kms', kmsKey, bucketKey: true } : { algorithm: 'AES256', kmsKey: null },
      versioning: 'Enabled',
      lifecycle: { enabled: true, expire: days, noncurrent: days, abortMultipart: days, scope: SCOPE },
      policy: { ours: [tlsOnly(names.bucketArn(bucketName))], others: [] },
    },
    {
      birth: settings.tags,
      needs: registry ? [registry] : [],
      labels: registry ? DATA_TYPE : { ...DATA_TYPE, ...registryLabels(settings, partition, connected) },
      insist: [
        ...insist(settings, { retentionDays: 'lifecycle' }),
        ...(isKeyGiven(settings, aws.region) ? ['encryption'] : []),
      ],
      unsure: !isSure(settings, aws.region),
      refused: () => keyTrouble,
      ...(registry ? stay.bucket : stay.registryBucket(aws.region)),
    },
  );
}

/** Bucket, stream and error log of a region, and the path of each of its clusters to them. */
function regionThings(wanted: Wanted, roles: Roles, region: Region, holder: Resource | undefined): Resource[] {
  const { aws, clusters, ghosts } = region;
  const { account, settings, stay } = wanted;
  const { names } = account;
  const { kmsKey } = settings.region(aws.region);
  const birth = settings.tags;
  const { registry } = roles;
  const objects = holder?.region === aws.region ? holder : store(wanted, region, registry);
  const errors = errorLogGroup(
    aws,
    names.errorLogGroup,
    { retention: ERROR_RETENTION_DAYS, stream: ERROR_LOG_STREAM },
    { birth, needs: [registry] },
  );
  const stream = deliveryStream(
    aws,
    names.stream,
    {
      destination: {
        bucket: names.bucketArn(names.bucket(aws.region)),
        role: roleArns(names, settings).delivery,
        prefix: '',
        errorPrefix: 'errors/!{firehose:error-output-type}/!{timestamp:yyyy/MM/dd/HH}/',
        extension: '.gz',
        // CloudWatch Logs sends records that are gzip already.
        compression: 'UNCOMPRESSED',
        bufferSeconds: 60,
        bufferMiB: 5,
        processing: false,
        errorLogGroup: names.errorLogGroup,
        errorLogStream: ERROR_LOG_STREAM,
        kmsKey: kmsKey || null,
      },
      encryption: kmsKey || 'AWS_OWNED_CMK',
    },
    {
      birth,
      // Who puts records must be allowed the key before the stream has it: CloudWatch Logs skips the events of a refusal.
      needs: [registry, objects, roles.delivery, errors, ...(kmsKey ? [roles.subscription] : [])],
      insist: isKeyGiven(settings, aws.region) ? ['destination', 'encryption'] : [],
      unsure: !isSure(settings, aws.region),
      ...stay.stream,
    },
  );

  const path = (cluster: string) => clusterPath(wanted, roles, stream, aws, cluster);
  return [
    objects,
    errors,
    stream,
    ...clusters.map(path).flatMap(({ group, filter, logging }) => [group, filter, logging]),
    ...ghosts.map(path).flatMap(({ group, filter }) => [group, filter]),
  ];
}

/** From a cluster to the stream. Logging comes after the filter stands: no cost without delivery and a reader, and no first event lost. */
function clusterPath({ account, settings, stay }: Wanted, roles: Roles, stream: Resource, aws: Aws, cluster: string) {
  const { names, now } = account;
  const { registry, reader, subscription } = roles;
  const name = clusterLogGroupName(cluster);

  const group: Resource = clusterLogGroup(
    aws,
    name,
    { retention: settings.region(aws.region).logRetentionDays },
    {
      birth: { ...settings.tags, [INSTALLATION]: names.prefix },
      needs: [registry],
      leaves: (actual) => isOfAnother(actual, names.prefix),
      insist: insist(settings, { logRetentionDays: 'retention' }),
      unsure: !isSure(settings, aws.region),
      stays: (actual, seen) =>
        isOfAnother(actual, names.prefix) && !seen(filter)?.exists
          ? { why: `installation ${actual.tags?.[INSTALLATION]} made it` }
          : stay.clusterLogGroup(actual, seen(logging), seen(filter)),
      async beforeDelete() {
        const [itself, itsLogging, itsFilter] = await Promise.all([
          group.read('fresh'),
          logging.read('fresh'),
          filter.read('fresh'),
        ]);
        return stay.clusterLogGroup(itself, itsLogging, itsFilter);
      },
    },
  );
  const filter: Resource = subscriptionFilter(names.filter)(
    aws,
    name,
    {
      filter: {
        destination: names.streamArn(aws.region),
        role: roleArns(names, settings).subscription,
        pattern: settings.filterPattern,
      },
    },
    {
      needs: [registry, group, stream, subscription],
      adopts: account.adoption?.regions.get(aws.region)?.groups.some((group) => group.name === name) ?? false,
      refused: (actual, seen) => refusal(aws.region, name, actual, slots.limit(seen(stream)?.tags, now), seen(group)),
    },
  );
  const logging: Resource = clusterLogging(
    aws,
    cluster,
    { audit: true },
    { needs: [reader, filter], stays: (_, seen: Seen) => stay.clusterLogging(seen(group), seen(filter)) },
  );
  return { group, filter, logging };
}

/** Which installation made a cluster's log group: another one uses it as it is, and deletes it only if it is the last to use it. */
const INSTALLATION = 'rad-connect:installation';
const isOfAnother = ({ tags }: Actual, prefix: string) => (tags?.[INSTALLATION] ?? prefix) !== prefix;

/** Why AWS would not take a further filter on this log group. */
function refusal(
  region: string,
  name: string,
  filter: Actual,
  limit: number | undefined,
  group: Actual | undefined,
): RadError | undefined {
  if (filter.exists) return undefined;
  const holders = (filter.facts.others as readonly Spec[] | undefined)?.map((other) => String(other.name)) ?? [];
  if (limit !== undefined && holders.length >= limit) return slotsFull(region, name, holders);
  const kind = group?.facts.class;
  if (kind === undefined || kind === 'STANDARD') return undefined;
  // The class of a log group can never be changed (CloudWatch Logs User Guide, log classes).
  return new RadError(
    'LOG_CLASS_UNSUPPORTED',
    `log group ${name} is of class ${kind}, which takes no subscription filter`,
    {
      hint: 'delete the log group (its events go with it): EKS or the next run makes it anew in class STANDARD',
    },
  );
}
