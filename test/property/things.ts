import { advance } from '../../src/simulator/advance.ts';
import type { Bucket, LogGroup, Role, World } from '../../src/simulator/model.ts';
import { ACCOUNT } from '../helpers/small.ts';

/** One thing of an account: `theirs` is what nobody but its owner changes, `whole` all that can be seen. */
export interface Thing {
  /** As the JSON document has it: `PLACE TYPE ID`. */
  readonly key: string;
  /** Which installation made it, by its prefix; `shared`: a log group, which any of them may have made; null: somebody else. */
  readonly owner: string | null;
  readonly theirs: unknown;
  readonly whole: unknown;
  /** Objects of a bucket: a stream may add to them at any time. */
  readonly holds?: number;
}

/** What people call their installations in these worlds. */
export const PREFIXES = ['rad', 'blue'] as const;

const OURS = /^(rad-connect:|rad-data-type$|ksoc-data-type$)/;
export const isMark = (key: string) => OURS.test(key);
export const isClaimed = ({ tags }: { readonly tags: Readonly<Record<string, string>> }) => 'rad-connect:claim' in tags;
const ownTags = (tags: Readonly<Record<string, string>>) =>
  Object.fromEntries(Object.entries(tags).filter(([key]) => !isMark(key)));

const prefixOf = (name: string): string | null => PREFIXES.find((prefix) => name.startsWith(`${prefix}-`)) ?? null;

function roleThing(role: Role): Thing {
  const { name, policies, attached, instanceProfiles, tags, id } = role;
  const { 'rad-connect': _, ...others } = policies;
  const theirs = { id, attached, instanceProfiles, policies: others, tags: ownTags(tags) };
  return { key: `global iam:role ${name}`, owner: isClaimed(role) ? prefixOf(name) : null, theirs, whole: role };
}

function bucketThing(bucket: Bucket): Thing {
  const { name, region, tags, lifecycle, policy, createdAt } = bucket;
  const rules = ((lifecycle?.Rules ?? []) as { ID?: string }[]).filter(({ ID }) => ID !== 'rad-connect');
  const statements = ((policy ? JSON.parse(policy).Statement : []) as { Sid?: string }[]).filter(
    ({ Sid }) => Sid !== 'RadConnectTlsOnly',
  );
  const theirs = { createdAt, rules, statements: statements.length, tags: ownTags(tags) };
  const { objects, ...whole } = bucket;
  const owner = isClaimed(bucket) ? prefixOf(name) : null;
  return { key: `${region} s3:bucket ${name}`, owner, theirs, whole, holds: objects.length };
}

function groupThings(region: string, { filters, streams: _, ...group }: LogGroup): Thing[] {
  const { name, class: kind, kmsKeyId, metricFilterCount, createdAt, tags, protected: locked } = group;
  const theirs = { kind, kmsKeyId, metricFilterCount, createdAt, locked, tags: ownTags(tags) };
  const firehose = /^\/aws\/kinesisfirehose\/(.*)$/.exec(name)?.[1];
  const owner = isClaimed(group) ? (firehose ? prefixOf(firehose) : 'shared') : null;
  const of: Thing = { key: `${region} logs:log-group ${name}`, owner, theirs, whole: group };
  const all = Object.values(filters).map((filter): Thing => {
    const { filterName, destinationArn, roleArn } = filter;
    const isOf = (prefix: string) =>
      filterName === `${prefix}-eks-audit-logs` &&
      (destinationArn === `arn:aws:firehose:${region}:${ACCOUNT}:deliverystream/${filterName}` ||
        roleArn === `arn:aws:iam::${ACCOUNT}:role/${prefix}-cloudwatch-logs`);
    const key = `${region} logs:subscription-filter ${name} ${filterName}`;
    return { key, owner: PREFIXES.find(isOf) ?? null, theirs: null, whole: filter };
  });
  return [of, ...all];
}

/** All that is in the account, each once, as it can be seen from outside. */
export function things(world: World): ReadonlyMap<string, Thing> {
  const regional = Object.entries(world.regions).flatMap(([region, { clusters, groups, streams }]) => [
    ...Object.values(groups).flatMap((group) => groupThings(region, group)),
    ...Object.values(streams).map((stream): Thing => {
      const key = `${region} firehose:delivery-stream ${stream.name}`;
      const { buffer: _, ...whole } = stream;
      const theirs = ownTags(stream.tags);
      return { key, owner: isClaimed(stream) ? prefixOf(stream.name) : null, theirs, whole };
    }),
    ...Object.values(clusters).flatMap((cluster): Thing[] => {
      const { updates: _, status: _status, logging, tags, failNextUpdate: _fails, ...rest } = cluster;
      const whole = { ...rest, tags: ownTags(tags) };
      const types = [...logging].sort();
      const others = types.filter((type) => type !== 'audit');
      return [
        { key: `${region} eks:cluster ${cluster.name}`, owner: null, theirs: whole, whole },
        {
          key: `${region} eks:cluster-logging ${cluster.name}`,
          owner: 'shared',
          theirs: others,
          whole: { types, marked: isClaimed(cluster) },
        },
      ];
    }),
  ]);
  const all = [
    ...Object.values(world.roles).map(roleThing),
    ...Object.values(world.buckets).map(bucketThing),
    ...regional,
  ];
  return new Map(all.map((thing) => [thing.key, structuredClone(thing)]));
}

export const isSame = (a: unknown, b: unknown): boolean => text(a) === text(b);
const text = (value: unknown): string =>
  JSON.stringify(value, (_, part) =>
    part && typeof part === 'object' && !Array.isArray(part)
      ? Object.fromEntries(Object.entries(part).sort(([a], [b]) => (a < b ? -1 : 1)))
      : part,
  ) ?? 'nothing';

/** What this world would have become by itself. */
export function later(world: World, now: number): World {
  const copy = structuredClone(world);
  advance(copy, now);
  return copy;
}

/** A log group as EKS makes it for itself. */
export const isMadeByEks = ({ key, whole }: Thing): boolean => {
  const { retention, tags } = whole as LogGroup;
  return / logs:log-group \/aws\/eks\/.*\/cluster$/.test(key) && retention === undefined && isSame(tags, {});
};
