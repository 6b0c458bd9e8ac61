import { RadError } from '../engine/errors.ts';
import type { Labels, Tags } from '../engine/resource.ts';
import { decodePairs, encodePairs } from '../engine/state.ts';
import {
  type AccountSettings,
  accountDefaults,
  type Recorded,
  type RegionSettings,
  type Settings,
} from './settings.ts';

const SETTINGS = 'rad-connect:settings';
const REGION = 'rad-connect:region:';
const VALUE_LENGTH = 256;
const MOST_CHUNKS = 12;
/** IAM quotas, tags per role. */
const MOST_ROLE_TAGS = 50;

const LISTS = { clusters: 'clusters', excludeClusters: 'exclude-clusters' } as const;
const TEXTS = {
  externalId: 'external-id',
  radRoleArn: 'rad-role-arn',
  filterPattern: 'filter-pattern',
  permissionsBoundary: 'permissions-boundary',
  rolePath: 'role-path',
  firehoseRoleArn: 'firehose-role-arn',
  cloudwatchRoleArn: 'cloudwatch-role-arn',
  auditLogsRoleArn: 'audit-logs-role-arn',
} as const;

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
  const text = [encodePairs(pairs), END].filter(Boolean).join(' ');
  const chunks = text.match(new RegExp(`.{1,${VALUE_LENGTH}}`, 'g'))!;
  if (chunks.length > MOST_CHUNKS) {
    throw new RadError(
      'USAGE',
      'these settings are too long to be kept in tags: shorten --filter-pattern, --clusters or --tag',
    );
  }
  return Object.fromEntries(Array.from({ length: MOST_CHUNKS }, (_, i) => [chunkKey(i), chunks[i] ?? '']));
}
/** Whether these tags hold the record. */
export const isRegistry = (tags: Tags): boolean => SETTINGS in tags;

/**
 * Ends the text, also an empty one: a record that is not there at all was taken away by somebody. And a chunk left over from a
 * longer text, of a run at the same time, is not read as part of it.
 */
const END = '.';
const chunkKey = (i: number) => (i === 0 ? SETTINGS : `${SETTINGS}-${i}`);

/** Throws USAGE when the reader role has no room for claim, seal and registration, settings, a tag per region, the user's own and what else it has. */
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
  const places = new Set([...regions, ...placesOf(now)]).size;
  const all = 3 + chunks + places + others;
  if (all <= MOST_ROLE_TAGS) return;
  throw new RadError(
    'USAGE',
    `${all} tags are more than the ${MOST_ROLE_TAGS} that IAM allows on a role: fewer --tag or --regions, or a shorter --filter-pattern`,
  );
}

/** All that is recorded of an installation, as the tags of what holds it. */
export const registryLabels = (
  settings: Settings,
  partition: string,
  regions: Readonly<Record<string, RegionSettings>>,
): Labels =>
  Object.assign(
    {},
    settingsLabels(settings, partition),
    ...Object.entries(regions).map(([region, regional]) => regionLabel(region, regional)),
  );

const keyPairs = ({ kmsKey, kmsKeyBefore }: Partial<RegionSettings>) => ({
  ...(kmsKey && { kms: kmsKey }),
  ...(kmsKeyBefore && { 'kms-before': kmsKeyBefore }),
});
export const regionLabel = (region: string, settings: RegionSettings): Labels => ({
  [REGION + region]: encodePairs({
    retention: settings.retentionDays,
    'log-retention': settings.logRetentionDays,
    ...keyPairs(settings),
  }),
});
/** Of a region that is no longer connected nothing stays recorded, but the keys under which its bucket still holds logs. */
export const leftLabel = (region: string, settings: Partial<RegionSettings> = {}): Labels => {
  const pairs = keyPairs(settings);
  return { [REGION + region]: Object.keys(pairs).length ? encodePairs({ left: true, ...pairs }) : null };
};

const placesOf = (tags: Tags): string[] =>
  Object.keys(tags)
    .filter((key) => key.startsWith(REGION))
    .map((key) => key.slice(REGION.length))
    .sort();
export const connectedRegions = (tags: Tags = {}): string[] =>
  placesOf(tags).filter((region) => decodePairs(tags[REGION + region]).left === undefined);

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
  const regions = Object.fromEntries(placesOf(tags).map((region) => [region, readRegion(tags[REGION + region])]));
  return { account: account as Partial<AccountSettings>, isWhole: end >= 0, regions };
}

function readRegion(text: string | undefined): Partial<RegionSettings> {
  const { retention, 'log-retention': logRetention, kms: kmsKey, 'kms-before': kmsKeyBefore } = decodePairs(text);
  return {
    ...(kmsKey && { kmsKey }),
    ...(kmsKeyBefore && { kmsKeyBefore }),
    ...(retention && { retentionDays: Number(retention) }),
    ...(logRetention && { logRetentionDays: Number(logRetention) }),
  };
}
