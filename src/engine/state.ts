import { createHash } from 'node:crypto';
import { canonical } from './diff.ts';
import type { Json, Spec, Tags } from './resource.ts';

const CLAIM = 'rad-connect:claim';
const SPEC = 'rad-connect:spec';
const PRIOR = 'rad-connect:prior';

/** Whose is it, what did we last make of it, what was it before: the state of one thing, kept in its own tags. */
export const state = {
  keys: [CLAIM, SPEC, PRIOR] as const,
  isClaimed: (tags: Tags | undefined) => tags !== undefined && CLAIM in tags,
  owned: { [CLAIM]: 'owned' } as Tags,
  shared: (prior: Spec): Tags => ({ [CLAIM]: 'shared', [PRIOR]: encodePairs(prior) }),
  sealed: (spec: Spec): Tags => ({ [SPEC]: seal(spec) }),
  seal: (tags: Tags, spec: Spec): 'none' | 'intact' | 'other' =>
    tags[SPEC] === seal(spec) ? 'intact' : tags[SPEC] === undefined ? 'none' : 'other',
  /** Whether the seal says that we have left this field with this value. */
  isLeft: (tags: Tags, field: string, value: Json | undefined): boolean =>
    tags[SPEC]?.split('.').includes(hash(field, value)) ?? false,
  prior: (tags: Tags | undefined): Spec =>
    Object.fromEntries(
      Object.entries(decodePairs(tags?.[PRIOR])).map(([key, value]) => [
        key,
        value === 'true' ? true : value === 'false' ? false : value,
      ]),
    ),
};

/** A hash of each field, so that a run that changes several and is killed between two of them can be told from a stranger. */
const seal = (spec: Spec) =>
  Object.keys(spec)
    .sort()
    .map((field) => hash(field, spec[field]))
    .join('.');
const hash = (field: string, value: Json | undefined) =>
  createHash('sha256')
    .update(JSON.stringify([field, canonical(value) ?? null]))
    .digest('hex')
    .slice(0, 8);

/**
 * `field=value` pairs in a tag value. The alphabet that IAM, EKS, S3 and Firehose share is letters, digits, space and `_.:/=+-@`;
 * anything else, and what separates pairs, is written as `@` and the hexadecimal byte.
 */
export const encodePairs = (pairs: Spec): string =>
  Object.entries(pairs)
    .map(([key, value]) => `${quote(key)}=${quote(String(value))}`)
    .join(' ');

export const decodePairs = (text = ''): Record<string, string> =>
  Object.fromEntries(
    text
      .split(' ')
      .filter(Boolean)
      .map((pair) => [unquote(pair.slice(0, pair.indexOf('='))), unquote(pair.slice(pair.indexOf('=') + 1))]),
  );

const quote = (text: string) =>
  Array.from(Buffer.from(text), (byte) => {
    const char = String.fromCharCode(byte);
    return /[A-Za-z0-9_.:/+-]/.test(char) ? char : `@${byte.toString(16).toUpperCase().padStart(2, '0')}`;
  }).join('');

const unquote = (text: string) => {
  try {
    return decodeURIComponent(text.replaceAll('@', '%'));
  } catch {
    return text;
  }
};
