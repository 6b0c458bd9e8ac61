import { closest, distance } from 'fastest-levenshtein';
import { knownRegions, partitionOf } from '../aws/regions.ts';
import { EVERY_REGION, type KeyChoice } from '../desired/keys.ts';
import { malformed } from '../desired/select.ts';
import { RadError } from '../engine/errors.ts';
import type { Tags } from '../engine/resource.ts';
import { keyOf, type Target, targetOf } from '../notify/target.ts';
import type { BucketPlace, Place } from '../sync/place.ts';

/** What was typed comes back in the message, but not all of a long text. */
export const usage = (message: string): RadError =>
  new RadError('USAGE', message.length > 400 ? `${message.slice(0, 300)} … ${message.slice(-90)}` : message);

/** Of a thing in IAM that an option names. */
export const noSuch = (option: string, arn: string, what: 'role' | 'policy', there?: string): RadError =>
  usage(
    `${option} ${arn}: there is no such ${what}${there ? `, but ${there}` : ''}: make it first, or leave the option out`,
  );

/** What is wrong with the value of an option. */
const wrong = (name: string, value: string, why: string): RadError => usage(`${name} ${value || '""'}: ${why}`);

const split = (value: string) =>
  value
    .split(',')
    .map((part) => part.trim())
    .filter(Boolean);
export const clearable =
  (parse: (value: string, previous: unknown) => unknown, cleared: unknown) => (value: string, previous: unknown) =>
    value === 'none' ? cleared : parse(value, previous);
const appended = (value: string, previous: unknown): string[] => [
  ...((previous as string[] | undefined) ?? []),
  ...split(value),
];
/** Globs. To choose by, the one that matches everything is as good as none. */
export const globs =
  (name: string, { chooses }: { readonly chooses: boolean }) =>
  (value: string, previous: unknown): string[] => {
    if (split(value).length === 0) throw usage(`${name} is empty: name clusters or globs`);
    for (const glob of split(value)) {
      const why = malformed(glob);
      if (why) throw usage(`${name} ${glob}: ${why}`);
    }
    return chooses && value === '*' ? [] : appended(value, previous);
  };

export function matching(name: string, pattern: RegExp, allowed: string) {
  return (value: string): string => {
    if (!pattern.test(value)) throw wrong(name, value, allowed);
    return value;
  };
}

export function integer(name: string, from: number, to: number) {
  return (value: string): number => {
    const number = Number(value);
    if (!/^\d+$/.test(value) || number < from || number > to)
      throw wrong(name, value, `a whole number from ${from} to ${to}`);
    return number;
  };
}

/** Regions that exist; `all` where it makes sense. */
export const regions =
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
export const LOG_RETENTION_DAYS = [
  1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, 365, 400, 545, 731, 1096, 1827, 2192, 2557, 2922, 3288, 3653,
];

export function logRetention(value: string): number {
  const days = Number(value);
  if (!/^\d+$/.test(value) || !LOG_RETENTION_DAYS.includes(days))
    throw wrong('--log-retention-days', value, `CloudWatch knows ${LOG_RETENTION_DAYS.join(', ')}`);
  return days;
}

const UNITS = { s: 1_000, m: 60_000, h: 3_600_000, d: 86_400_000 } as const;
export const duration =
  (name: string, { days = 1 } = {}) =>
  (value: string): number => {
    const [, count, unit] = /^(\d{1,6})(s|m|h|d)$/.exec(value) ?? [];
    const ms = Number(count) * UNITS[unit as keyof typeof UNITS];
    const allowed =
      days > 1
        ? `a number with m, h or d, as in 48h, and at most ${days}d`
        : 'a number with s, m or h, as in 20m, and at most 24h';
    if (!(ms > 0 && ms <= days * UNITS.d) || (unit === 'd' && days === 1)) throw wrong(name, value, allowed);
    return ms;
  };

const BUCKET = /^s3:\/\/([a-z0-9][a-z0-9.-]{1,61}[a-z0-9])(?:\/(.*))?$/s;

/** `s3://bucket` or `s3://bucket/prefix`; the prefix is taken for a folder. */
export const bucketPlace =
  (name: string) =>
  (value: string): BucketPlace => {
    const [, bucket, prefix = ''] = BUCKET.exec(value) ?? [];
    if (!bucket) throw usage(`${name} ${value || '""'}: a bucket, as in s3://bucket or s3://bucket/prefix`);
    return { bucket, prefix: prefix && !prefix.endsWith('/') ? `${prefix}/` : prefix };
  };

/** The same, or a folder of this machine. */
export const place =
  (name: string) =>
  (value: string): Place => {
    if (/^s3:/i.test(value)) return bucketPlace(name)(value);
    if (value.trim() === '' || /^[a-z][a-z0-9+.-]+:\/\//i.test(value))
      throw usage(`${name} ${value || '""'}: a bucket, as in s3://bucket/prefix, or a folder, as in ./audit`);
    return { folder: value };
  };

const TAG_TEXT = /^[\p{L}\p{Z}\p{N}_.:/=+\-@]*$/u;
const OUR_TAGS = /^(aws:|rad-connect:|rad-data-type$|ksoc-data-type$)/i;

export function tag(value: string, previous: unknown): Tags {
  const at = value.indexOf('=');
  const [key, text] = [value.slice(0, at), value.slice(at + 1)];
  const no = (why: string) => wrong('--tag', value, why);
  if (at < 1) throw no('write it as key=value');
  if (key.length > 128 || text.length > 256) throw no('at most 128 characters in the key and 256 in the value');
  if (!TAG_TEXT.test(key) || !TAG_TEXT.test(text)) throw no('letters, digits, spaces and _ . : / = + - @ only');
  if (OUR_TAGS.test(key)) throw no(`the key ${key} is reserved`);
  const before = previous as Tags | undefined;
  if (before && key in before) throw no(`the key ${key} is given twice`);
  return { ...before, [key]: text };
}

export function pattern(value: string): string {
  if (value.length > 1024)
    throw usage(`--filter-pattern of ${value.length} characters: CloudWatch Logs takes at most 1024`);
  return value;
}

/** IAM API reference, CreateRole. */
export function rolePath(value: string): string {
  if (!/^\/([\w+=,.@-]+\/)*$/.test(value) || value.length > 512)
    throw wrong('--role-path', value, 'names between slashes, as in /team/, and at most 512 characters');
  return value;
}

const KEY_ARN = /^arn:([\w-]+):kms:([\w-]+):\d{12}:key\/[\w-]+$/;

/** `ARN`, or for single regions `REGION=ARN`, each with `none` in the place of the ARN. */
export function kmsKeys(value: string, previous: unknown): KeyChoice {
  const no = (part: string, why: string) => wrong('--kms-key', part, why);
  if (split(value).length === 0) throw no('', 'the ARN of a KMS key, REGION=ARN, or none');
  const chosen = split(value).map((part): [string, string] => {
    const [, region, arn = ''] = /^(?:([a-z0-9-]+)=)?(.*)$/.exec(part) ?? [];
    if (region !== undefined && !knownRegions.includes(region)) throw no(part, `no such AWS region: ${region}`);
    if (arn === 'none') return [region ?? EVERY_REGION, ''];
    const [, partition, own = ''] = KEY_ARN.exec(arn) ?? [];
    if (!partition) throw no(part, 'the ARN of a key, as in arn:PARTITION:kms:REGION:ACCOUNT:key/ID, not of an alias');
    if (!knownRegions.includes(own)) throw no(part, `no such AWS region: ${own}`);
    if (partitionOf(own) !== partition) throw no(part, `${own} is of the partition ${partitionOf(own)}`);
    if (region !== undefined && region !== own) throw no(part, `a key of ${own} cannot be used in ${region}`);
    return [region ?? EVERY_REGION, arn];
  });
  const all = [...Object.entries((previous ?? {}) as KeyChoice), ...chosen];
  const twice = all.find(([region], i) => all.findIndex(([other]) => other === region) !== i);
  if (twice) throw no(value, `two keys for ${twice[0] === EVERY_REGION ? 'all regions' : twice[0]}`);
  return Object.fromEntries(all);
}

/** Also for the answer to a question: IAM User Guide, external id. */
export const externalId = matching(
  '--external-id',
  /^[\w+=,.@:/-]{2,1224}$/,
  '2 to 1224 letters, digits and _ + = , . @ : / -',
);

export function file(value: string): string {
  // Never to be taken for no sandbox: the run would go to the real account.
  if (value.trim() === '') throw usage('--sandbox is empty: name a file, or leave the name out for the default one');
  return value;
}

export function oneOf(name: string, words: readonly string[]) {
  return (value: string): string => {
    if (!words.includes(value)) throw wrong(name, value, `${words.slice(0, -1).join(', ')} or ${words.at(-1)}`);
    return value;
  };
}

export function targets(value: string, previous: unknown): Target[] {
  const all = (previous as Target[] | undefined) ?? [];
  const target = targetOf(value.trim());
  // What was typed may be an address with a secret in it.
  if (!target)
    throw usage('--notify: the ARN of an SNS topic or of an EventBridge bus, or an address that begins with https://');
  return all.some((one) => keyOf(one) === keyOf(target)) ? all : [...all, target];
}

export function folders(value: string, previous: unknown): string[] {
  if (value.trim() === '') throw usage('--rules is empty: name a folder, or a file');
  return [...((previous as string[] | undefined) ?? []), value];
}
