import { RadError } from '../engine/errors.ts';
import type { Labels, Tags } from '../engine/resource.ts';
import { decodePairs, encodePairs } from '../engine/state.ts';

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
  /** The user's own, given to everything that is made. */
  readonly tags: Tags;
}
/** What may differ from region to region. Days. */
export interface RegionSettings {
  readonly retentionDays: number;
  readonly logRetentionDays: number;
}
/** What was said in this run: an option or its environment variable; what was said to be `none` has its default here. */
export type Given = Partial<AccountSettings & RegionSettings>;

export interface Settings extends AccountSettings {
  readonly given: Given;
  region(name: string): RegionSettings;
}

/** What the tags of the reader role say about earlier runs. */
export interface Recorded {
  readonly account: Partial<AccountSettings>;
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
  tags: {},
});
export const REGION_DEFAULTS: RegionSettings = { retentionDays: 7, logRetentionDays: 90 };

/** An option goes before what is recorded, and that before the default. */
export function resolve(given: Given, recorded: Recorded, partition: string): Settings {
  const { retentionDays, logRetentionDays, ...account } = given;
  const regional = {
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
    region: (name) => ({ ...REGION_DEFAULTS, ...recorded.regions[name], ...regional }),
  };
}

const SETTINGS = 'rad-connect:settings';
const REGION = 'rad-connect:region:';
const VALUE_LENGTH = 256;
const MOST_CHUNKS = 12;
/** IAM quotas, tags per role. */
const MOST_ROLE_TAGS = 50;

const LISTS = { clusters: 'clusters', excludeClusters: 'exclude-clusters' } as const;
const TEXTS = { externalId: 'external-id', radRoleArn: 'rad-role-arn', filterPattern: 'filter-pattern' } as const;

/**
 * The tags that record these settings: what differs from the defaults, cut to the length of a tag value. One call writes them all:
 * a surplus one is emptied, not taken away by a second call, between which another run could write a longer record.
 */
export function settingsLabels(settings: AccountSettings, partition: string): Labels {
  const defaults = accountDefaults(partition);
  const pairs: Record<string, string> = {};
  for (const [key, name] of Object.entries(TEXTS) as [keyof typeof TEXTS, string][]) {
    if (settings[key] !== defaults[key]) pairs[name] = settings[key];
  }
  for (const [key, name] of Object.entries(LISTS) as [keyof typeof LISTS, string][]) {
    if (settings[key].length) pairs[name] = settings[key].join(',');
  }
  for (const [key, value] of Object.entries(settings.tags)) pairs[`tag:${key}`] = value;
  const chunks =
    [encodePairs(pairs), END]
      .filter(Boolean)
      .join(' ')
      .match(new RegExp(`.{1,${VALUE_LENGTH}}`, 'g')) ?? [];
  if (chunks.length > MOST_CHUNKS) {
    throw new RadError(
      'USAGE',
      'these settings are too long to be kept in tags: shorten --filter-pattern, --clusters or --tag',
    );
  }
  return Object.fromEntries(Array.from({ length: MOST_CHUNKS }, (_, i) => [chunkKey(i), chunks[i] ?? '']));
}
/**
 * Ends the text, also an empty one: a record that is not there at all was taken away by somebody. And a chunk left over from a
 * longer text, of a run at the same time, is not read as part of it.
 */
const END = '.';
const chunkKey = (i: number) => (i === 0 ? SETTINGS : `${SETTINGS}-${i}`);

/** Throws USAGE when the reader role has no room for claim and seal, settings, a tag per region, the user's own and what else it has. */
export function checkRoom(
  settings: AccountSettings,
  partition: string,
  regions: readonly string[],
  now: Tags = {},
): void {
  const chunks = Object.entries(settingsLabels(settings, partition)).filter(
    ([key, chunk]) => chunk || key in now,
  ).length;
  const others = Object.keys({ ...now, ...settings.tags }).filter((key) => !key.startsWith('rad-connect:')).length;
  const all = 2 + chunks + regions.length + others;
  if (all <= MOST_ROLE_TAGS) return;
  throw new RadError(
    'USAGE',
    `${all} tags are more than the ${MOST_ROLE_TAGS} that IAM allows on a role: fewer --tag or --regions, or a shorter --filter-pattern`,
  );
}

export const regionLabel = (region: string, { retentionDays, logRetentionDays }: RegionSettings): Labels => ({
  [REGION + region]: encodePairs({ retention: retentionDays, 'log-retention': logRetentionDays }),
});
export const noRegionLabels = (regions: readonly string[]): Labels =>
  Object.fromEntries(regions.map((region) => [REGION + region, null]));

export const connectedRegions = (tags: Tags = {}): string[] =>
  Object.keys(tags)
    .filter((key) => key.startsWith(REGION))
    .map((key) => key.slice(REGION.length))
    .sort();

export function readRecord(tags: Tags = {}): Recorded {
  const chunks = Array.from({ length: MOST_CHUNKS }, (_, i) => tags[chunkKey(i)] ?? '');
  const words = chunks.join('').split(' ');
  const end = words.findIndex((word) => word.startsWith(END));
  const text = (end < 0 ? words : words.slice(0, end)).join(' ');
  const pairs = decodePairs(text);
  const account: Record<string, unknown> = {};
  for (const [key, name] of Object.entries(TEXTS)) if (pairs[name] !== undefined) account[key] = pairs[name];
  for (const [key, name] of Object.entries(LISTS)) if (pairs[name] !== undefined) account[key] = pairs[name].split(',');
  const own = Object.entries(pairs).filter(([key]) => key.startsWith('tag:'));
  if (own.length) account.tags = Object.fromEntries(own.map(([key, value]) => [key.slice('tag:'.length), value]));
  const regions = Object.fromEntries(
    connectedRegions(tags).map((region) => [region, readRegion(tags[REGION + region])]),
  );
  return { account: account as Partial<AccountSettings>, regions };
}

function readRegion(text: string | undefined): Partial<RegionSettings> {
  const { retention, 'log-retention': logRetention } = decodePairs(text);
  return {
    ...(retention && { retentionDays: Number(retention) }),
    ...(logRetention && { logRetentionDays: Number(logRetention) }),
  };
}
