import type { Tags } from '../engine/resource.ts';
import { chosenKey, type KeyChoice } from './keys.ts';

/** What holds for the whole installation. */
export interface AccountSettings {
  /** Empty: none. */
  readonly externalId: string;
  /** Who may read the logs. Empty: not known for this partition. */
  readonly radRoleArn: string;
  /** Globs; none: all. */
  readonly clusters: readonly string[];
  readonly excludeClusters: readonly string[];
  readonly filterPattern: string;
  /** The ARN of the policy beyond which no role of ours may go; empty: none. */
  readonly permissionsBoundary: string;
  /** Where in IAM our roles are: it can never be changed. */
  readonly rolePath: string;
  /** Roles that were made elsewhere and are used in place of ours; empty: ours. */
  readonly firehoseRoleArn: string;
  readonly cloudwatchRoleArn: string;
  readonly auditLogsRoleArn: string;
  /** The user's own, given to everything that is made. */
  readonly tags: Tags;
}
/** What may differ from region to region. */
export interface RegionSettings {
  /** Days. */
  readonly retentionDays: number;
  readonly logRetentionDays: number;
  /** The ARN of the KMS key that encrypts; empty: AWS's own keys. */
  readonly kmsKey: string;
  /** The one before it, for what it has encrypted. */
  readonly kmsKeyBefore: string;
}
/** What was said in this run: an option or its environment variable; what was said to be `none` has its default here. */
export type Given = Partial<AccountSettings & Pick<RegionSettings, 'retentionDays' | 'logRetentionDays'>> & {
  readonly kmsKey?: KeyChoice;
};

export interface Settings extends AccountSettings {
  readonly given: Given;
  readonly recorded: Recorded;
  region(name: string): RegionSettings;
}

/** What is recorded of earlier runs. */
export interface Recorded {
  readonly account: Partial<AccountSettings>;
  /** Nothing of it is missing. */
  readonly isWhole: boolean;
  /** Those that are connected, and those that were and still hold logs under a key. */
  readonly regions: Readonly<Record<string, Partial<RegionSettings>>>;
}

/** An exec that is still open is seen at once, not when it ends; requests that only ask for health are left out. */
export const FILTER_PATTERN =
  '{ $.apiVersion = "audit.k8s.io/*" && ($.stage = "ResponseComplete" || $.stage = "Panic" || ($.stage = "ResponseStarted" && ($.objectRef.subresource = "exec" || $.objectRef.subresource = "attach" || $.objectRef.subresource = "portforward" || $.objectRef.subresource = "proxy"))) && $.requestURI != "/version" && $.requestURI != "/version?*" && $.requestURI != "/metrics" && $.requestURI != "/metrics?*" && $.requestURI != "/logs" && $.requestURI != "/logs?*" && $.requestURI != "/swagger*" && $.requestURI != "/livez*" && $.requestURI != "/readyz*" && $.requestURI != "/healthz*" }';

/** RAD Security's own role, which exists in the partition `aws` only; roles of other partitions cannot be trusted across. */
const RAD_ROLE = { partition: 'aws', account: '955322216602', name: 'ksoc-data-pipeline' };

export const accountDefaults = (partition: string): AccountSettings => ({
  externalId: '',
  radRoleArn: partition === RAD_ROLE.partition ? `arn:${partition}:iam::${RAD_ROLE.account}:role/${RAD_ROLE.name}` : '',
  clusters: [],
  excludeClusters: [],
  filterPattern: FILTER_PATTERN,
  permissionsBoundary: '',
  rolePath: '/',
  firehoseRoleArn: '',
  cloudwatchRoleArn: '',
  auditLogsRoleArn: '',
  tags: {},
});
export const REGION_DEFAULTS: RegionSettings = {
  retentionDays: 7,
  logRetentionDays: 90,
  kmsKey: '',
  kmsKeyBefore: '',
};

/** An option goes before what is recorded, and that before the default. */
export function resolve(given: Given, recorded: Recorded, partition: string): Settings {
  const { retentionDays, logRetentionDays, kmsKey, ...account } = given;
  const days = {
    ...(retentionDays !== undefined && { retentionDays }),
    ...(logRetentionDays !== undefined && { logRetentionDays }),
  };
  const defaults = accountDefaults(partition);
  // Clusters and those to leave out are one choice: naming clusters ends an exclusion that was recorded for another one.
  const choice = account.clusters && !account.excludeClusters ? { excludeClusters: [] } : {};
  const resolved = { ...defaults, ...recorded.account, ...choice, ...account };
  return {
    ...resolved,
    radRoleArn: resolved.radRoleArn || defaults.radRoleArn,
    given,
    recorded,
    region(name) {
      const before = { ...REGION_DEFAULTS, ...recorded.regions[name] };
      return { ...before, ...days, ...withKey(before, chosenKey(kmsKey, name)) };
    },
  };
}

function withKey({ kmsKey: now, kmsKeyBefore }: RegionSettings, kmsKey = now): Partial<RegionSettings> {
  return kmsKey === now ? {} : { kmsKey, kmsKeyBefore: now || kmsKeyBefore };
}

/** Whether what was recorded for a region can be relied upon: a tag that somebody has emptied says nothing. */
export const isSure = ({ recorded }: Settings, region: string): boolean =>
  recorded.regions[region]?.retentionDays !== undefined;

/** A key with the region that it works in. */
export interface RegionKey {
  readonly region: string;
  readonly arn: string;
}

/** Where the key that was chosen cannot be used, what is there keeps the one before: so does the record, and so do the roles. */
export function withRecordedKey({ region, recorded }: Settings, name: string): RegionSettings {
  const { kmsKey = '', kmsKeyBefore = '' } = recorded.regions[name] ?? {};
  return { ...region(name), kmsKey, kmsKeyBefore };
}

/** The keys of these regions, those recorded for all others, and those before them. */
export function keysOf({ recorded }: Settings, regions: Readonly<Record<string, RegionSettings>>): RegionKey[] {
  const all = Object.entries({ ...recorded.regions, ...regions });
  return all
    .flatMap(([region, { kmsKey = '', kmsKeyBefore = '' }]) => [kmsKey, kmsKeyBefore].map((arn) => ({ region, arn })))
    .filter(({ arn }) => arn)
    .sort((a, b) => (`${a.region} ${a.arn}` < `${b.region} ${b.arn}` ? -1 : 1));
}

/** Whether this run names it for the first time: what is recorded was looked at by the run before. */
export const isNewlyGiven = ({ given, recorded }: Settings, setting: keyof AccountSettings): boolean =>
  given[setting] !== undefined && given[setting] !== recorded.account[setting];

/** The fields that options of this very run name: they are written even where what is there is stricter. */
export const insist = ({ given }: Settings, fields: { readonly [O in keyof Given]?: string }): string[] =>
  Object.entries(fields).flatMap(([option, field]) => (given[option as keyof Given] === undefined ? [] : [field]));
