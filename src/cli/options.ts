import { knownRegions, partitions } from '../aws/regions.ts';
import { COMMANDS } from '../desired/permissions.ts';
import { FILTER_PATTERN, REGION_DEFAULTS } from '../desired/settings.ts';
import { LEVELS } from '../sigma/rule.ts';
import {
  bucketPlace,
  clearable,
  duration,
  externalId,
  file,
  folders,
  globs,
  integer,
  kmsKeys,
  LOG_RETENTION_DAYS,
  logRetention,
  matching,
  oneOf,
  pattern,
  place,
  regions,
  rolePath,
  tag,
  targets,
} from './values.ts';

/** One option of the command line; its environment variable is RAD_CONNECT_<NAME>. */
export interface OptionSpec {
  readonly flags: string;
  readonly help: string;
  /** Turns one value into what it means; the previous value is there for options that may be repeated. Throws USAGE. */
  readonly parse?: (value: string, previous: unknown) => unknown;
  /** What goes without saying, and how help shows it. */
  readonly fallback?: readonly [value: unknown, shown: string];
  /** All that it may be, or with commas several of it. */
  readonly values?: readonly string[];
  readonly isList?: boolean;
}

const longOf = (flags: string): string => /--[\w-]+/.exec(flags)?.[0] ?? '';
/** The environment variable that stands for an option. */
export const variableOf = (flags: string): string =>
  `RAD_CONNECT_${longOf(flags).slice('--'.length).toUpperCase().replaceAll('-', '_')}`;

const ACCOUNT = /^\d{12}$/;
const TWELVE = 'an AWS account id has 12 digits';

const ROLE_ARN = /^arn:[\w-]+:iam::\d{12}:role\/[\w+=,.@/-]+$/;
const ROLE = 'the ARN of an IAM role, as in arn:PARTITION:iam::ACCOUNT:role/NAME';

const OUTPUTS = ['text', 'json', 'html', 'sarif'];

export const GLOBAL_OPTIONS: readonly OptionSpec[] = [
  {
    flags: '-r, --regions <list>',
    help: 'regions, with commas or repeated, or "all"',
    parse: regions('--regions', { all: true }),
    values: ['all', ...knownRegions],
    isList: true,
  },
  {
    flags: '--exclude-regions <list>',
    help: 'regions to leave out of "all"',
    parse: regions('--exclude-regions', { all: false }),
    values: knownRegions,
    isList: true,
  },
  {
    flags: '-p, --profile <name>',
    help: 'AWS profile to use',
    parse: matching('--profile', /^\S+$/, 'the name of a profile, without spaces'),
  },
  {
    flags: '--account <id>',
    help: 'refuse to work in any other account',
    parse: matching('--account', ACCOUNT, TWELVE),
  },
  {
    flags: '-o, --output <format>',
    help: 'text, json (one document on stdout); status and findings: html (one file); findings: sarif',
    parse: oneOf('--output', OUTPUTS),
    values: OUTPUTS,
    fallback: ['text', 'text'],
  },
  { flags: '--sandbox [file]', help: 'work on a simulated AWS account instead, kept in that file', parse: file },
  { flags: '--name-prefix <prefix>', help: 'begin every name with this', fallback: ['rad', 'rad'] },
  {
    flags: '--timeout <duration>',
    help: 'end the run after this long',
    parse: duration('--timeout'),
    fallback: [1_200_000, '20m'],
  },
  {
    flags: '--concurrency <n>',
    help: 'calls at once in a region',
    parse: integer('--concurrency', 1, 100),
    fallback: [4, '4'],
  },
  { flags: '-q, --quiet', help: 'errors only' },
  { flags: '-v, --verbose', help: 'show each write' },
  { flags: '--debug', help: 'show each API call' },
  { flags: '--no-color', help: 'no colour' },
  { flags: '--no-input', help: 'never ask' },
];

/** Whose the roles are, and how they are made. */
const ROLE_OPTIONS: readonly OptionSpec[] = [
  {
    flags: '--permissions-boundary <arn>',
    help: 'policy beyond which no role that is made may go',
    parse: clearable(
      matching(
        '--permissions-boundary',
        /^arn:[\w-]+:iam::(\d{12}|aws):policy\/[\w+=,.@/-]+$/,
        'the ARN of a policy, as in arn:PARTITION:iam::ACCOUNT:policy/NAME',
      ),
      '',
    ),
  },
  {
    flags: '--role-path <path>',
    help: 'where in IAM the roles are made (default /)',
    parse: clearable(rolePath, '/'),
  },
  {
    flags: '--firehose-role-arn <arn>',
    help: 'role made elsewhere that Firehose writes with; it is never changed',
    parse: clearable(matching('--firehose-role-arn', ROLE_ARN, ROLE), ''),
  },
  {
    flags: '--cloudwatch-role-arn <arn>',
    help: 'role made elsewhere that CloudWatch Logs puts records with',
    parse: clearable(matching('--cloudwatch-role-arn', ROLE_ARN, ROLE), ''),
  },
  {
    flags: '--audit-logs-role-arn <arn>',
    help: 'role made elsewhere that RAD reads with',
    parse: clearable(matching('--audit-logs-role-arn', ROLE_ARN, ROLE), ''),
  },
];

const clusters = (help: string): OptionSpec => ({
  flags: '-c, --clusters <globs>',
  help,
  parse: clearable(globs('--clusters', { chooses: true }), []),
});

export const ENABLE_OPTIONS: readonly OptionSpec[] = [
  clusters('clusters to connect, by name or glob'),
  {
    flags: '--exclude-clusters <globs>',
    help: 'clusters to leave out',
    parse: clearable(globs('--exclude-clusters', { chooses: false }), []),
  },
  {
    flags: '--external-id <id>',
    help: 'external id that RAD must present',
    parse: clearable(externalId, ''),
  },
  {
    flags: '--rad-role-arn <arn>',
    help: "RAD's role, where it is not the default",
    parse: clearable(matching('--rad-role-arn', ROLE_ARN, ROLE), ''),
  },
  { flags: '-n, --dry-run', help: 'show the plan and stop' },
  { flags: '-y, --yes', help: 'do not ask' },
  { flags: '--detailed-exitcode', help: 'exit 2 when something differs' },
  {
    flags: '--retention-days <n>',
    help: 'keep events in the bucket this long (default 7)',
    parse: clearable(integer('--retention-days', 1, 3650), REGION_DEFAULTS.retentionDays),
  },
  {
    flags: '--log-retention-days <n>',
    help: 'keep events in log groups we make this long (default 90)',
    parse: clearable(logRetention, REGION_DEFAULTS.logRetentionDays),
    values: LOG_RETENTION_DAYS.map(String),
  },
  { flags: '--filter-pattern <pattern>', help: 'which events to deliver', parse: clearable(pattern, FILTER_PATTERN) },
  { flags: '--adopt', help: "take over from RAD's Terraform module (ksoc-…)" },
  {
    flags: '--kms-key <arn>',
    help: 'KMS key that encrypts bucket and stream; or REGION=ARN, with commas or repeated',
    parse: kmsKeys,
  },
  ...ROLE_OPTIONS,
  { flags: '--tag <key=value>', help: 'tag everything that is made; may be repeated', parse: clearable(tag, {}) },
];

export const STATUS_OPTIONS: readonly OptionSpec[] = [
  {
    flags: '--watch [seconds]',
    help: 'look again every 60 or so many seconds, until Ctrl-C',
    parse: integer('--watch', 5, 3_600),
  },
  { flags: '--detailed-exitcode', help: 'exit 2 when something differs' },
];

export const VERIFY_OPTIONS: readonly OptionSpec[] = [
  clusters('clusters to look for, by name or glob'),
  {
    flags: '--since <duration>',
    help: 'how far to look back',
    parse: duration('--since'),
    fallback: [3_600_000, '1h'],
  },
  { flags: '--canary', help: 'write one marked event into the audit log of each cluster, and follow it to the bucket' },
  { flags: '-y, --yes', help: 'do not ask before --canary writes' },
];

/** Who reads a bucket. */
const READ_AS: readonly OptionSpec[] = [
  {
    flags: '--role-arn <arn>',
    help: "role of the customer's account to read with",
    parse: matching('--role-arn', ROLE_ARN, ROLE),
  },
  { flags: '--external-id <id>', help: 'external id to present to that role', parse: externalId },
];

export const SYNC_OPTIONS: readonly OptionSpec[] = [
  { flags: '--from <bucket>', help: "the customer's: s3://bucket or s3://bucket/prefix", parse: bucketPlace('--from') },
  { flags: '--to <place>', help: "the tenant's: s3://bucket/prefix, or a folder", parse: place('--to') },
  ...READ_AS,
  {
    flags: '--since <duration>',
    help: 'only what has arrived since then, by the hour in its key, as in 48h or 7d',
    parse: duration('--since', { days: 3650 }),
  },
  {
    flags: '--watch [seconds]',
    help: 'look again every 60 or so many seconds, until Ctrl-C; at the last 48 h, where --since says nothing else',
    parse: integer('--watch', 5, 3_600),
  },
  { flags: '--check', help: 'copy nothing; exit 2 when something is missing' },
  { flags: '--no-normalise', help: 'copy only; make no Parquet files of the events' },
];

export const TEARDOWN_OPTIONS: readonly OptionSpec[] = [
  { flags: '-n, --dry-run', help: 'show the plan and stop' },
  { flags: '-y, --yes', help: 'do not ask; needs --confirm' },
  {
    flags: '--confirm <account-id>',
    help: 'the account, typed out',
    parse: matching('--confirm', ACCOUNT, TWELVE),
  },
  { flags: '--keep-logging', help: 'leave audit logging of the clusters on' },
  { flags: '--delete-data', help: 'delete the audit logs too: buckets, and log groups that we made' },
  { flags: '--no-drain', help: 'do not wait for what is in flight' },
  {
    flags: '--forget-region <region>',
    help: 'drop a region that cannot be read from the record',
    parse: regions('--forget-region', { all: false }),
    values: knownRegions,
    isList: true,
  },
];

const ENGINES = ['duckdb', 'athena'];
const ENGINE: OptionSpec = {
  flags: '--engine <engine>',
  help: 'athena: what sync has written to a bucket is looked through there (default: duckdb, here)',
  values: ENGINES,
  parse: oneOf('--engine', ENGINES),
};

/** Beside the commands: what who receives the events needs, what the roles need at most, and every command of the clusters' account. */
const POLICIES = [...COMMANDS, 'findings', 'boundary', 'all'];

export const POLICY_OPTIONS: readonly OptionSpec[] = [
  {
    flags: '--for <command>',
    help: `whose policy: ${POLICIES.join(', ')}`,
    parse: oneOf('--for', POLICIES),
    values: POLICIES,
    fallback: ['all', 'all'],
  },
  {
    flags: '--partition <partition>',
    help: `${partitions.join(', ')}`,
    parse: oneOf('--partition', partitions),
    values: partitions,
    fallback: ['aws', 'aws'],
  },
  { flags: '--adopt', help: 'with what enable-audit --adopt needs' },
  { flags: '--canary', help: 'with what verify --canary needs' },
  { flags: '--kms-key <arn>', help: 'with what the use of this KMS key needs; or REGION=ARN', parse: kmsKeys },
  { flags: '--events <bucket>', help: 'where findings looks: s3://bucket/prefix', parse: bucketPlace('--events') },
  ENGINE,
  ...ROLE_OPTIONS,
];

const RULES: OptionSpec = {
  flags: '--rules <folder>',
  help: 'Sigma rules and filters of your own, beside those that come along; may be repeated',
  parse: folders,
};
const LEVEL: OptionSpec = {
  flags: '--level <level>',
  help: `this level and above: ${LEVELS.join(', ')}`,
  values: LEVELS,
  parse: oneOf('--level', LEVELS),
};
export const FINDINGS_OPTIONS: readonly OptionSpec[] = [
  { flags: '--connected', help: 'look at the buckets of this installation' },
  {
    flags: '--since <duration>',
    help: 'how far to look back, as in 24h or 7d (default: a bucket 24h, a folder all)',
    parse: duration('--since', { days: 3650 }),
  },
  RULES,
  { ...LEVEL, fallback: ['low', 'low'] },
  {
    flags: '--fail-on <level>',
    help: 'exit 2 when there is a finding of this level or above',
    values: LEVELS,
    parse: oneOf('--fail-on', LEVELS),
  },
  ENGINE,
  { flags: '--teardown', help: 'remove what --engine athena has made for this bucket' },
  { flags: '-y, --yes', help: 'do not ask before --engine athena makes or removes anything' },
  {
    flags: '--notify <target>',
    help: 'send each new finding once: to the ARN of an SNS topic or EventBridge bus, or to an https address',
    parse: targets,
  },
  ...READ_AS,
];
export const RULES_OPTIONS: readonly OptionSpec[] = [RULES];
export const RULES_LIST_OPTIONS: readonly OptionSpec[] = [RULES, LEVEL];

export const TRAFFIC_OPTIONS: readonly OptionSpec[] = [
  {
    flags: '--minutes <n>',
    help: 'how long, in simulated minutes',
    parse: integer('--minutes', 1, 1_440),
    fallback: [10, '10'],
  },
  {
    flags: '--seed <n>',
    help: 'another seed, other events',
    parse: integer('--seed', 0, 4_294_967_295),
    fallback: [1, '1'],
  },
];
