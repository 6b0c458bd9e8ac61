import type { Aws } from '../aws/clients.ts';
import { bucket, SCOPE } from '../aws/kinds/bucket.ts';
import { clusterLogging } from '../aws/kinds/cluster-logging.ts';
import { deliveryStream } from '../aws/kinds/delivery-stream.ts';
import { clusterLogGroup, ERROR_LOG_STREAM, errorLogGroup } from '../aws/kinds/log-group.ts';
import { role } from '../aws/kinds/role.ts';
import { slotsFull, subscriptionFilter } from '../aws/kinds/subscription-filter.ts';
import { slots } from '../aws/slots.ts';
import { RadError } from '../engine/errors.ts';
import type { Actual, Labels, Resource, Seen, Spec } from '../engine/resource.ts';
import { registration, registrationState } from '../rad/registration.ts';
import type { Account, Region } from './account.ts';
import { moduleThings } from './adoption.ts';
import { type Departure, staying } from './departure.ts';
import { chosenKey } from './keys.ts';
import { clusterLogGroupName } from './names.ts';
import { deliveryRole, readerRole, subscriptionRole, tlsOnly } from './policies.ts';
import { regionLabel, settingsLabels } from './record.ts';
import { isSure, keysOf, type Settings, withRecordedKey } from './settings.ts';

/** RAD's platform finds the buckets by these: the second key is the one that RAD's own Terraform module sets. */
const DATA_TYPE = { 'rad-data-type': 'eks-audit-logs', 'ksoc-data-type': 'eks-audit-logs' };
const ERROR_RETENTION_DAYS = 14;
/** IAM's shortest. Seconds. */
const SESSION = 3600;

interface Wanted {
  readonly account: Account;
  readonly settings: Settings;
  /** What stays when it is taken away. */
  readonly stay: ReturnType<typeof staying>;
}

/**
 * Everything rad-connect wants in an account, each thing after the things it needs; read by plan, apply, status and teardown.
 * `leaving` says what of it stays when it is taken away.
 */
export function desired(account: Account, settings: Settings, leaving?: Departure): Resource[] {
  const wanted: Wanted = { account, settings, stay: staying(account, settings, leaving) };
  const roles = accountRoles(wanted);
  const ours = [
    ...Object.values(roles),
    ...radThings(wanted, roles.reader, leaving !== undefined),
    ...account.regions.flatMap((region) => regionThings(wanted, roles, region)),
  ];
  if (!account.adoption) return ours;
  const filterOf = (region: string, group: string) =>
    ours.find((one) => one.type === 'logs:subscription-filter' && one.region === region && one.name === group);
  return [...ours, ...moduleThings(account, account.adoption, filterOf)];
}

type Roles = ReturnType<typeof accountRoles>;

/** The registry lives in the tags of the reader role: it is there before anything else and goes last. */
function accountRoles({ account: { id, names, home, partition, regions }, settings, stay }: Wanted) {
  const spec = (documents: { trust: Spec; permissions: Spec }) => ({
    ...documents,
    maxSession: SESSION,
    boundary: null,
  });
  const connected = Object.fromEntries(
    regions.map(({ aws: { region }, keyTrouble }) => [
      region,
      keyTrouble ? withRecordedKey(settings, region) : settings.region(region),
    ]),
  );
  const keys = keysOf(settings, connected);
  const labels = Object.entries(connected).map(([region, regional]) => regionLabel(region, regional));
  const registry: Labels = Object.assign({}, settingsLabels(settings, partition), ...labels);
  const birth = settings.tags;

  const reader = role(home, names.role.reader, spec(readerRole(names, id, settings, keys)), {
    birth,
    labels: registry,
    insist: insist(settings, 'externalId', 'trust'),
    ...stay.reader,
  });
  const service = { birth, needs: [reader], ...stay.serviceRole(reader) };
  return {
    reader,
    subscription: role(home, names.role.subscription, spec(subscriptionRole(names, keys)), service),
    delivery: role(home, names.role.delivery, spec(deliveryRole(names, id, keys)), service),
  };
}

/** The account is registered where there are keys; without them a registration of earlier runs is shown, and told of when leaving. */
function radThings({ account, stay }: Wanted, reader: Resource, isLeaving: boolean): Resource[] {
  const { id, names, rad, registry: tags } = account;
  const state = registrationState(tags);
  if (!rad && (state === 'none' || (state === 'pending' && !isLeaving))) return [];
  const readerArn = names.roleArn(names.role.reader);
  const wish = { needs: [reader], ...stay.registration(reader) };
  return [registration({ region: 'global', rad, reader, readerArn, tags }, id, { role: readerArn }, wish)];
}

/** Bucket, stream and error log of a region, and the path of each of its clusters to them. */
function regionThings(wanted: Wanted, roles: Roles, region: Region): Resource[] {
  const { aws, clusters, ghosts, keyTrouble } = region;
  const { account, settings, stay } = wanted;
  const { names } = account;
  const { retentionDays: days, kmsKey } = settings.region(aws.region);
  const birth = settings.tags;
  const unsure = !isSure(settings, aws.region);
  const isKeyGiven = chosenKey(settings.given.kmsKey, aws.region) !== undefined;
  const bucketName = names.bucket(aws.region);

  const store = bucket(
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
      birth,
      needs: [roles.reader],
      labels: DATA_TYPE,
      insist: [...insist(settings, 'retentionDays', 'lifecycle'), ...(isKeyGiven ? ['encryption'] : [])],
      unsure,
      refused: () => keyTrouble,
      ...stay.bucket,
    },
  );
  const errors = errorLogGroup(
    aws,
    names.errorLogGroup,
    { retention: ERROR_RETENTION_DAYS, stream: ERROR_LOG_STREAM },
    { birth, needs: [roles.reader] },
  );
  const stream = deliveryStream(
    aws,
    names.stream,
    {
      destination: {
        bucket: names.bucketArn(bucketName),
        role: names.roleArn(names.role.delivery),
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
      needs: [roles.reader, store, roles.delivery, errors, ...(kmsKey ? [roles.subscription] : [])],
      insist: isKeyGiven ? ['destination', 'encryption'] : [],
      unsure,
      ...stay.stream,
    },
  );

  const path = (cluster: string) => clusterPath(wanted, roles, stream, aws, cluster);
  return [
    store,
    errors,
    stream,
    ...clusters.map(path).flatMap(({ group, filter, logging }) => [group, filter, logging]),
    ...ghosts.map(path).flatMap(({ group, filter }) => [group, filter]),
  ];
}

/** From a cluster to the stream. Logging comes after the filter stands: no cost without delivery, and no first event lost. */
function clusterPath({ account, settings, stay }: Wanted, roles: Roles, stream: Resource, aws: Aws, cluster: string) {
  const { names, now } = account;
  const { reader, subscription } = roles;
  const name = clusterLogGroupName(cluster);

  const group: Resource = clusterLogGroup(
    aws,
    name,
    { retention: settings.region(aws.region).logRetentionDays },
    {
      birth: settings.tags,
      needs: [reader],
      insist: insist(settings, 'logRetentionDays', 'retention'),
      unsure: !isSure(settings, aws.region),
      stays: (actual, seen) => stay.clusterLogGroup(actual, seen(logging), seen(filter)),
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
        role: names.roleArn(names.role.subscription),
        pattern: settings.filterPattern,
      },
    },
    {
      needs: [reader, group, stream, subscription],
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

const insist = ({ given }: Settings, option: keyof Settings['given'], field: string): readonly string[] =>
  given[option] === undefined ? [] : [field];
