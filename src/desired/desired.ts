import { bucket, SCOPE } from '../aws/kinds/bucket.ts';
import { clusterLogging } from '../aws/kinds/cluster-logging.ts';
import { deliveryStream } from '../aws/kinds/delivery-stream.ts';
import { clusterLogGroup, errorLogGroup, STREAM } from '../aws/kinds/log-group.ts';
import { role } from '../aws/kinds/role.ts';
import { slotsFull, subscriptionFilter } from '../aws/kinds/subscription-filter.ts';
import { slots } from '../aws/slots.ts';
import { RadError } from '../engine/errors.ts';
import type { Resource, Seen, Spec } from '../engine/resource.ts';
import type { Account } from './account.ts';
import { type Departure, staying } from './departure.ts';
import { clusterLogGroupName } from './names.ts';
import { deliveryRole, readerRole, subscriptionRole, tlsOnly } from './policies.ts';
import { regionLabel, type Settings, settingsLabels } from './settings.ts';

/** RAD's platform finds the buckets by these: the second key is the one that RAD's own Terraform module sets. */
const DATA_TYPE = { 'rad-data-type': 'eks-audit-logs', 'ksoc-data-type': 'eks-audit-logs' };
const ERROR_RETENTION_DAYS = 14;
/** IAM's shortest. Seconds. */
const SESSION = 3600;

/**
 * Everything rad-connect wants in an account, each thing after the things it needs; read by plan, apply, status and teardown.
 * `leaving` says what of it stays when it is taken away.
 */
export function desired(account: Account, settings: Settings, leaving?: Departure): Resource[] {
  const { id, names, home, partition } = account;
  const stay = staying(account, leaving);
  const birth = settings.tags;
  const roleSpec = (documents: { trust: Spec; permissions: Spec }) => ({
    ...documents,
    maxSession: SESSION,
    boundary: null,
  });

  // The registry lives in the tags of this role: it is there before anything else and goes last.
  const reader = role(
    home,
    names.role.reader,
    roleSpec(readerRole(names, id, settings.radRoleArn, settings.externalId)),
    {
      birth,
      insist: insist(settings, 'externalId', 'trust'),
      labels: {
        ...settingsLabels(settings, partition),
        ...Object.assign(
          {},
          ...account.regions.map(({ aws: { region } }) => regionLabel(region, settings.region(region))),
        ),
      },
      ...stay.reader,
    },
  );
  const needs = [reader];
  const subscription = role(home, names.role.subscription, roleSpec(subscriptionRole(names)), {
    birth,
    needs,
    ...stay.serviceRole(reader),
  });
  const delivery = role(home, names.role.delivery, roleSpec(deliveryRole(names, id)), {
    birth,
    needs,
    ...stay.serviceRole(reader),
  });

  const perRegion = account.regions.flatMap((region) => {
    const { aws } = region;
    const { retentionDays: days, logRetentionDays } = settings.region(aws.region);
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
        encryption: { algorithm: 'AES256', kmsKey: null },
        versioning: 'Enabled',
        lifecycle: { expire: days, noncurrent: days, abortMultipart: days, scope: SCOPE },
        policy: { ours: [tlsOnly(names.bucketArn(bucketName))], others: [] },
      },
      { birth, needs, labels: DATA_TYPE, insist: insist(settings, 'retentionDays', 'lifecycle'), ...stay.bucket },
    );
    const errors = errorLogGroup(
      aws,
      names.errorLogGroup,
      { retention: ERROR_RETENTION_DAYS, stream: STREAM },
      { birth, needs },
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
          errorLogStream: STREAM,
          kmsKey: null,
        },
        encryption: 'AWS_OWNED_CMK',
      },
      { birth, needs: [reader, store, delivery, errors], ...stay.stream },
    );

    const pathOf = (cluster: string) => {
      const groupName = clusterLogGroupName(cluster);
      const group = clusterLogGroup(
        aws,
        groupName,
        { retention: logRetentionDays },
        {
          birth,
          needs,
          insist: insist(settings, 'logRetentionDays', 'retention'),
          stays: (actual, seen) => stay.clusterLogGroup(actual, seen(logging), seen(filter)),
        },
      );
      const filter: Resource = subscriptionFilter(names.filter)(
        aws,
        groupName,
        {
          filter: {
            destination: names.streamArn(aws.region),
            role: names.roleArn(names.role.subscription),
            pattern: settings.filterPattern,
          },
        },
        {
          needs: [reader, group, stream, subscription],
          refused: (actual, seen) => (actual.exists ? undefined : refusal(actual.facts, seen)),
        },
      );
      // After the filter stands: no cost without delivery, and no first event lost.
      const logging: Resource = clusterLogging(
        aws,
        cluster,
        { audit: true },
        { needs: [reader, filter], stays: (_, seen) => stay.clusterLogging(seen(group), seen(filter)) },
      );
      const refusal = (facts: Spec, seen: Seen): RadError | undefined => {
        const holders = (facts.others as readonly Spec[] | undefined)?.map(({ name }) => String(name)) ?? [];
        const limit = slots.limit(seen(stream)?.tags, account.now);
        if (limit !== undefined && holders.length >= limit) return slotsFull(aws.region, groupName, holders);
        const kind = seen(group)?.facts.class;
        return kind === undefined || kind === 'STANDARD' ? undefined : wrongClass(groupName, String(kind));
      };
      return { group, filter, logging };
    };

    return [
      store,
      errors,
      stream,
      ...region.clusters.map(pathOf).flatMap(({ group, filter, logging }) => [group, filter, logging]),
      ...region.ghosts.map(pathOf).flatMap(({ group, filter }) => [group, filter]),
    ];
  });
  return [reader, subscription, delivery, ...perRegion];
}

const insist = ({ given }: Settings, option: keyof Settings['given'], field: string): readonly string[] =>
  given[option] === undefined ? [] : [field];

/** The class of a log group can never be changed (CloudWatch Logs User Guide, log classes). */
const wrongClass = (group: string, kind: string) =>
  new RadError('LOG_CLASS_UNSUPPORTED', `log group ${group} is of class ${kind}, which takes no subscription filter`, {
    hint: 'delete the log group (its events go with it): EKS or the next run makes it anew in class STANDARD',
  });
