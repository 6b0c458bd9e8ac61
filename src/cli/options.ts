import { closest, distance } from 'fastest-levenshtein';
import { knownRegions } from '../aws/regions.ts';
import { FILTER_PATTERN, REGION_DEFAULTS } from '../desired/settings.ts';
import { RadError } from '../engine/errors.ts';
import type { Tags } from '../engine/resource.ts';

/** One option of the command line; its environment variable is RAD_CONNECT_<NAME>. */
export interface OptionSpec {
  readonly flags: string;
  readonly help: string;
  /** Turns one value into what it means; the previous value is there for options that may be repeated. Throws USAGE. */
  readonly parse?: (value: string, previous: unknown) => unknown;
  /** What goes without saying, and how help shows it. */
  readonly fallback?: readonly [value: unknown, shown: string];
}

/** What was typed comes back in the message: on one line, and not all of a long text. */
export const usage = (message: string): RadError => {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: they would reach the terminal
  const line = message.replace(/[\u0000-\u001f\u007f]+/g, ' ').trim();
  return new RadError('USAGE', line.length > 400 ? `${line.slice(0, 300)} … ${line.slice(-90)}` : line);
};

const split = (value: string) =>
  value
    .split(',')
    .map((part) => part.trim())
    .filter(Boolean);
const clearable =
  (parse: (value: string, previous: unknown) => unknown, cleared: unknown) => (value: string, previous: unknown) =>
    value === 'none' ? cleared : parse(value, previous);
const appended = (value: string, previous: unknown): string[] => [
  ...((previous as string[] | undefined) ?? []),
  ...split(value),
];
/** Globs; the one that matches everything is as good as none. */
const globs =
  (name: string) =>
  (value: string, previous: unknown): string[] => {
    if (split(value).length === 0) throw usage(`${name} is empty: name clusters or globs`);
    return value === '*' ? [] : appended(value, previous);
  };

function matching(name: string, pattern: RegExp, allowed: string) {
  return (value: string): string => {
    if (!pattern.test(value)) throw usage(`${name} ${value || '""'}: ${allowed}`);
    return value;
  };
}

function integer(name: string, from: number, to: number) {
  return (value: string): number => {
    const number = Number(value);
    if (!/^\d+$/.test(value) || number < from || number > to)
      throw usage(`${name} ${value || '""'}: a whole number from ${from} to ${to}`);
    return number;
  };
}

/** Regions that exist; `all` where it makes sense. */
const regions =
  (name: string, { all }: { readonly all: boolean }) =>
  (value: string, previous: unknown): string[] => {
    if (split(value).length === 0) throw usage(`${name} is empty: name regions${all ? ', or "all"' : ''}`);
    for (const region of split(value)) {
      if ((all && region === 'all') || knownRegions.includes(region)) continue;
      const near = closest(region.toLowerCase(), [...knownRegions]);
      throw usage(
        `${name} ${region}: no such AWS region${distance(region.toLowerCase(), near) <= 4 ? `; did you mean ${near}?` : ', as in eu-west-1'}`,
      );
    }
    return appended(value, previous);
  };

/** CloudWatch Logs API reference, PutRetentionPolicy. Days. */
const LOG_RETENTION_DAYS = [
  1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, 365, 400, 545, 731, 1096, 1827, 2192, 2557, 2922, 3288, 3653,
];

function logRetention(value: string): number {
  const days = Number(value);
  if (!/^\d+$/.test(value) || !LOG_RETENTION_DAYS.includes(days))
    throw usage(`--log-retention-days ${value}: CloudWatch knows ${LOG_RETENTION_DAYS.join(', ')}`);
  return days;
}

const LONGEST = 24 * 3_600_000;
const UNITS = { s: 1_000, m: 60_000, h: 3_600_000 } as const;
function duration(value: string): number {
  const [, count, unit] = /^(\d{1,6})(s|m|h)$/.exec(value) ?? [];
  const ms = Number(count) * UNITS[unit as keyof typeof UNITS];
  if (!(ms > 0 && ms <= LONGEST))
    throw usage(`--timeout ${value}: a number with s, m or h, as in 20m, and at most 24h`);
  return ms;
}

const TAG_TEXT = /^[\p{L}\p{Z}\p{N}_.:/=+\-@]*$/u;
const OUR_TAGS = /^(aws:|rad-connect:|rad-data-type$|ksoc-data-type$)/i;

function tag(value: string, previous: unknown): Tags {
  const at = value.indexOf('=');
  const [key, text] = [value.slice(0, at), value.slice(at + 1)];
  const no = (why: string) => usage(`--tag ${value}: ${why}`);
  if (at < 1) throw no('write it as key=value');
  if (key.length > 128 || text.length > 256) throw no('at most 128 characters in the key and 256 in the value');
  if (!TAG_TEXT.test(key) || !TAG_TEXT.test(text)) throw no('letters, digits, spaces and _ . : / = + - @ only');
  if (OUR_TAGS.test(key)) throw no(`the key ${key} is reserved`);
  return { ...(previous as Tags | undefined), [key]: text };
}

function pattern(value: string): string {
  if (value.length > 1024)
    throw usage(`--filter-pattern of ${value.length} characters: CloudWatch Logs takes at most 1024`);
  return value;
}

/** Also for the answer to a question: IAM User Guide, external id. */
export const externalId = matching(
  '--external-id',
  /^[\w+=,.@:/-]{2,1224}$/,
  '2 to 1224 letters, digits and _ + = , . @ : / -',
);

function file(value: string): string {
  // Never to be taken for no sandbox: the run would go to the real account.
  if (value.trim() === '') throw usage('--sandbox is empty: name a file, or leave the name out for the default one');
  return value;
}

function output(value: string): string {
  if (value !== 'text' && value !== 'json') throw usage(`--output ${value || '""'}: text or json`);
  return value;
}

const ACCOUNT = matching('--account', /^\d{12}$/, 'an AWS account id has 12 digits');

export const GLOBAL_OPTIONS: readonly OptionSpec[] = [
  {
    flags: '-r, --regions <list>',
    help: 'regions, with commas or repeated, or "all"',
    parse: regions('--regions', { all: true }),
  },
  {
    flags: '--exclude-regions <list>',
    help: 'regions to leave out of "all"',
    parse: regions('--exclude-regions', { all: false }),
  },
  {
    flags: '-p, --profile <name>',
    help: 'AWS profile to use',
    parse: matching('--profile', /^\S+$/, 'the name of a profile, without spaces'),
  },
  { flags: '--account <id>', help: 'refuse to work in any other account', parse: ACCOUNT },
  {
    flags: '-o, --output <format>',
    help: 'text or json (one document on stdout)',
    parse: output,
    fallback: ['text', 'text'],
  },
  { flags: '--sandbox [file]', help: 'work on a simulated AWS account instead, kept in that file', parse: file },
  { flags: '--name-prefix <prefix>', help: 'begin every name with this', fallback: ['rad', 'rad'] },
  {
    flags: '--timeout <duration>',
    help: 'end the run after this long',
    parse: duration,
    fallback: [20 * UNITS.m, '20m'],
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

export const ENABLE_OPTIONS: readonly OptionSpec[] = [
  {
    flags: '-c, --clusters <globs>',
    help: 'clusters to connect, by name or glob',
    parse: clearable(globs('--clusters'), []),
  },
  {
    flags: '--exclude-clusters <globs>',
    help: 'clusters to leave out',
    parse: clearable(globs('--exclude-clusters'), []),
  },
  {
    flags: '--external-id <id>',
    help: 'external id that RAD must present',
    parse: clearable(externalId, ''),
  },
  {
    flags: '--rad-role-arn <arn>',
    help: "RAD's role, where it is not the default",
    parse: clearable(
      matching(
        '--rad-role-arn',
        /^arn:[\w-]+:iam::\d{12}:(root|role\/[\w+=,.@/-]+)$/,
        'the ARN of an IAM role, as in arn:PARTITION:iam::ACCOUNT:role/NAME',
      ),
      '',
    ),
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
  },
  { flags: '--filter-pattern <pattern>', help: 'which events to deliver', parse: clearable(pattern, FILTER_PATTERN) },
  { flags: '--adopt', help: "take over from RAD's Terraform module (ksoc-…)" },
  { flags: '--tag <key=value>', help: 'tag everything that is made; may be repeated', parse: clearable(tag, {}) },
];

export const STATUS_OPTIONS: readonly OptionSpec[] = [
  { flags: '--detailed-exitcode', help: 'exit 2 when something differs' },
];

export const TEARDOWN_OPTIONS: readonly OptionSpec[] = [
  { flags: '-n, --dry-run', help: 'show the plan and stop' },
  { flags: '-y, --yes', help: 'do not ask; needs --confirm' },
  {
    flags: '--confirm <account-id>',
    help: 'the account, typed out',
    parse: matching('--confirm', /^\d{12}$/, 'an AWS account id has 12 digits'),
  },
  { flags: '--keep-logging', help: 'leave audit logging of the clusters on' },
  { flags: '--delete-data', help: 'delete the audit logs too: buckets, and log groups that we made' },
  { flags: '--no-drain', help: 'do not wait for what is in flight' },
  {
    flags: '--forget-region <region>',
    help: 'drop a region that cannot be read from the record',
    parse: regions('--forget-region', { all: false }),
  },
];
