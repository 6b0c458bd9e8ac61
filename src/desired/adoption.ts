import { deliveryStream } from '../aws/kinds/delivery-stream.ts';
import { roleAt } from '../aws/kinds/role.ts';
import { subscriptionFilter } from '../aws/kinds/subscription-filter.ts';
import { RadError } from '../engine/errors.ts';
import type { Actual, Resource, Spec } from '../engine/resource.ts';
import type { Account, Region } from './account.ts';
import { untilLanded } from './departure.ts';

/** What RAD's Terraform module makes (rad-security/terraform-aws-rad-security-connect, eks_audit_logs.tf). */
export const MODULE = {
  stream: 'ksoc-audit-logs',
  filter: 'ksoc-audit-logs',
  bucketStem: 'ksoc-eks-',
  roles: { delivery: 'ksoc-firehose', subscription: 'ksoc-cloudwatch-logs', reader: 'ksoc-audit-logs' },
} as const;
const BUCKET = /:ksoc-eks-[0-9a-f]{8}$/;
const ABOUT = "of RAD's Terraform module";

/** What was found of the module, to be taken over. */
export interface Adoption {
  readonly regions: ReadonlyMap<string, ModuleRegion>;
  /** Regions beyond those of this run in which the module still delivers, or may do so; undefined: that cannot be seen. */
  readonly elsewhere: readonly string[] | undefined;
  /** The module's buckets, which stay. */
  readonly buckets: readonly string[];
}
export interface ModuleRegion {
  /** The log groups that have the module's filter. */
  readonly groups: readonly ModuleGroup[];
  /** Filters of others that deliver to the module's stream, in words. */
  readonly feeders: readonly string[];
}
interface ModuleGroup {
  readonly name: string;
  /** Its cluster is there and is not to be connected: without the module nothing would deliver its events. */
  readonly leftOut: boolean;
}

const streamArn = ({ id, partition }: Account, region: string) =>
  `arn:${partition}:firehose:${region}:${id}:deliverystream/${MODULE.stream}`;

interface SeenFilter {
  readonly name: string;
  readonly destination: string;
}
export const feedsModule = ({ destination }: SeenFilter): boolean =>
  destination.endsWith(`:deliverystream/${MODULE.stream}`);
/** Whether a filter is the one that the module makes. */
export const isOfModule = (filter: SeenFilter): boolean => filter.name === MODULE.filter && feedsModule(filter);

/**
 * What the module made, wanted gone, each thing once ours stands in its place: so no event is lost, and for a minute some come twice.
 * Its bucket stays. `filterOf` gives our filter on a log group.
 */
export function moduleThings(
  account: Account,
  adoption: Adoption,
  filterOf: (region: string, group: string) => Resource | undefined,
): Resource[] {
  const { home } = account;
  const regions = account.regions.map((region) => regionOfModule(account, adoption, region, filterOf));
  const needs = regions.map(({ stream }) => stream);
  const { elsewhere } = adoption;
  const stays = () => {
    if (!elsewhere) return { why: 'which other regions use it cannot be seen without s3:ListAllMyBuckets' };
    return elsewhere.length ? { why: `${elsewhere.join(', ')} still uses it` } : undefined;
  };
  const roleOf = (name: string, trusted: RegExp) => {
    const isModules = ({ trust }: Spec) => trusted.test(JSON.stringify(trust ?? ''));
    return roleAt('/').gone(home, name, isModules, {
      needs,
      about: ABOUT,
      stays,
      refused: unlessMeant('iam:role', name, isModules),
    });
  };
  return [
    ...regions.flatMap(({ filters, stream }) => [...filters, stream]),
    roleOf(MODULE.roles.subscription, /"logs\.[\w.-]*amazonaws/),
    roleOf(MODULE.roles.delivery, /"firehose\.amazonaws/),
    roleOf(MODULE.roles.reader, /:role\/ksoc-data-pipeline"|"arn:[\w-]+:iam::955322216602:/),
  ];
}

function regionOfModule(
  account: Account,
  adoption: Adoption,
  { aws }: Region,
  filterOf: (region: string, group: string) => Resource | undefined,
): { readonly filters: readonly Resource[]; readonly stream: Resource } {
  const arn = streamArn(account, aws.region);
  const isTheirs = ({ filter }: Spec) => (filter as Spec | undefined)?.destination === arn;
  const { groups = [], feeders = [] } = adoption.regions.get(aws.region) ?? {};
  const all = groups.flatMap(({ name }) => filterOf(aws.region, name) ?? []);
  const filters = groups.map(({ name, leftOut }) => {
    const ours = filterOf(aws.region, name);
    return subscriptionFilter(MODULE.filter).gone(aws, name, isTheirs, {
      // On a log group that is no cluster's nothing of ours comes to stand: its filter goes once all of ours in the region do.
      needs: ours ? [ours] : all,
      about: ABOUT,
      refused: (actual) =>
        leftOut
          ? wouldStop(name)
          : unlessMeant('logs:subscription-filter', `${MODULE.filter} on ${name}`, isTheirs)(actual),
    });
  });
  // What is on its way out, or has failed, shows no destination.
  const isModules = ({ destination }: Spec) =>
    destination === undefined || BUCKET.test(String((destination as Spec).bucket));
  const stream = deliveryStream.gone(aws, MODULE.stream, isModules, {
    needs: filters,
    about: ABOUT,
    refused: (actual) => unlessMeant('firehose:delivery-stream', MODULE.stream, isModules)(actual) ?? shared(feeders),
    async beforeDelete(run) {
      await untilLanded(run);
      return undefined;
    },
  });
  return { filters, stream };
}

const unlessMeant =
  (type: string, name: string, isMeant: (seen: Spec) => boolean) =>
  ({ spec }: Actual): RadError | undefined =>
    isMeant(spec as Spec)
      ? undefined
      : new RadError(
          'FOREIGN',
          `${type} ${name} has the name that RAD's Terraform module gives, but is not what it makes`,
          {
            hint: 'see whose it is; what belongs to it was left untouched',
          },
        );

const wouldStop = (group: string) =>
  new RadError(
    'ADOPTION_INCOMPLETE',
    `${group} is delivered by RAD's Terraform module, and its cluster is left out here`,
    {
      hint: 'take the cluster in with --clusters, or remove the filter yourself',
    },
  );

/** Filters of others would lose their destination. */
function shared(feeders: readonly string[]): RadError | undefined {
  if (feeders.length === 0) return undefined;
  return new RadError('FOREIGN', `the stream of RAD's Terraform module is also fed by ${feeders.join(', ')}`, {
    hint: 'give that filter another destination, then run again',
  });
}

export const isFound = ({ buckets, regions }: Adoption): boolean =>
  buckets.length > 0 || [...regions.values()].some(({ groups }) => groups.length > 0);

/** What Terraform has to be told, so that it neither makes it all again nor deletes the bucket with its logs. */
export function terraformBlocks(buckets: readonly string[]): string {
  const addresses = [
    'aws_cloudwatch_log_subscription_filter.subscription_filter',
    'aws_kinesis_firehose_delivery_stream.firehose',
    'aws_iam_role_policy.firehose_to_s3',
    'aws_iam_role_policy.cloudwatch_to_firehose',
    'aws_iam_role_policy_attachment.ksoc_s3_access',
    ...['firehose', 'cloudwatch', 'ksoc_s3_access'].map((name) => `aws_iam_role.${name}`),
    ...['', '_public_access_block', '_server_side_encryption_configuration', '_versioning'].map(
      (part) => `aws_s3_bucket${part}.audit_logs`,
    ),
  ];
  const block = (address: string) =>
    `removed {\n  from = module.rad_security_connect.${address}\n  lifecycle {\n    destroy = false\n  }\n}\n`;
  return [
    `# Without these, terraform destroy deletes ${buckets.join(', ') || 'the bucket'} with the logs in it (force_destroy).`,
    '# Name the module as your configuration does. Where its call stays, use for each address: terraform state rm',
    ...addresses.map(block),
  ].join('\n');
}
