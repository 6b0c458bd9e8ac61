import type { Bucket, JsonObject, World } from '../../src/simulator/model.ts';
import { addBucket, addRole } from '../../src/simulator/world.ts';
import { edited } from '../helpers/small.ts';
import {
  both,
  bucketOf,
  type Change,
  disown,
  errorsOf,
  groupAt,
  guarded,
  KMS,
  keeps,
  names,
  old,
  on,
  ours,
  type Place,
  roleOf,
  roles,
  streamOf,
} from './places.ts';
import { isClaimed } from './things.ts';

const ruleOf = (bucket: Bucket | undefined) =>
  ((bucket?.lifecycle?.Rules ?? []) as JsonObject[]).find(({ ID }) => ID === 'rad-connect') as
    | (JsonObject & { Expiration?: { Days?: number }; Status: string })
    | undefined;

const statement = { Sid: 'Theirs', Effect: 'Deny', Principal: '*', Action: 's3:GetObject', Resource: '*' };
const setRule = (change: (rule: NonNullable<ReturnType<typeof ruleOf>>) => unknown) => (bucket: Bucket) => {
  const rule = ruleOf(bucket);
  if (rule) change(rule);
};
const days = (bucket: Bucket) => {
  const rule = ruleOf(bucket);
  return rule?.Status === 'Enabled' ? (rule.Expiration?.Days ?? Number.POSITIVE_INFINITY) : Number.POSITIVE_INFINITY;
};
const ruled = (world: World, place: Place) => {
  const bucket = ours(bucketOf)(world, place);
  return ruleOf(bucket) && bucket;
};

/** What people do to the roles, buckets, streams and error logs that rad-connect has made. */
export const OUR_HANDS = {
  'role deleted': both((world, place) => {
    const role = roleOf(world, place);
    if (role && isClaimed(role)) delete world.roles[role.name];
  }),
  'registry deleted': both((world, place) => {
    const [, , reader] = roles(world, place);
    if (reader && isClaimed(reader)) delete world.roles[reader.name];
  }),
  'role made by somebody': ({ real, shadow }, place) => {
    const name = Object.values(names(place).role)[place.pick % 3]!;
    if (real.roles[name]) return;
    shadow.roles[name] = structuredClone(addRole(real, name, { tags: { team: 'radiology' } }));
  },
  'role trusts others too': on(ours(roleOf), (role) => {
    const principal = { Service: 'ec2.amazonaws.com' };
    const change = (all: object[]) => all.push({ Effect: 'Allow', Principal: principal, Action: 'sts:AssumeRole' });
    role.trust = old(edited(role.trust.text, change));
  }),
  'role trust is narrowed': guarded(
    ours(roleOf),
    (role) => {
      const condition = { Bool: { 'aws:ViaAWSService': 'false' } };
      const change = ([first]: Record<string, unknown>[]) => {
        first!.Condition = { ...(first!.Condition as object), ...condition };
      };
      role.trust = old(edited(role.trust.text, change));
    },
    'condition of trust',
    (role) => role.trust.text.includes('aws:ViaAWSService'),
    '--external-id',
  ),
  'role policy gone': on(ours(roleOf), (role) => delete role.policies['rad-connect']),
  'role has boundary': guarded(
    ours(roleOf),
    (role) => Object.assign(role, { boundary: 'arn:aws:iam::aws:policy/AdministratorAccess' }),
    'boundary',
    (role) => role.boundary !== undefined,
    null,
  ),
  'role has a further policy': on(ours(roleOf), (role) => {
    role.policies.theirs = old('{"Statement":[{"Effect":"Deny","Action":"s3:*","Resource":"x"}]}');
    role.attached.push('arn:aws:iam::aws:policy/AdministratorAccess');
  }),
  'role has no marks': disown(roleOf, (shadow, _, role) => {
    shadow.roles[role.name] = role;
  }),
  'settings gone': on(roleOf, ({ tags }) => {
    for (const key of Object.keys(tags)) if (key.startsWith('rad-connect:settings')) delete tags[key];
  }),
  'region tag gone': on(roleOf, ({ tags }, { region }) => delete tags[`rad-connect:region:${region}`]),
  'seal gone': both((world, place) => {
    for (const thing of [roleOf, bucketOf, streamOf, errorsOf, groupAt])
      delete thing(world, place)?.tags['rad-connect:spec'];
  }),
  'bucket kept longer': guarded(
    ruled,
    setRule((rule) => {
      if (rule.Expiration?.Days) rule.Expiration.Days = 9_999;
    }),
    'lifecycle of bucket',
    (bucket) => days(bucket) >= 9_999,
    '--retention-days',
  ),
  'bucket kept for ever': guarded(
    ruled,
    setRule((rule) => Object.assign(rule, { Status: 'Disabled' })),
    'lifecycle of bucket',
    (bucket) => days(bucket) > 9_999,
    '--retention-days',
  ),
  'bucket kept shorter': on(
    ours(bucketOf),
    setRule((rule) => Object.assign(rule, { Expiration: { Days: 1 } })),
  ),
  'bucket has no lifecycle': on(ours(bucketOf), (bucket) => delete bucket.lifecycle),
  'bucket has a further rule': on(ours(bucketOf), (bucket) => {
    const rules = (bucket.lifecycle?.Rules ?? []) as JsonObject[];
    const theirs = { ID: 'theirs', Status: 'Enabled', Filter: { Prefix: 'x/' }, Expiration: { Days: 5 } };
    bucket.lifecycle = { ...bucket.lifecycle, Rules: [...rules.filter(({ ID }) => ID !== 'theirs'), theirs] };
  }),
  'bucket has a further statement': on(ours(bucketOf), (bucket) => {
    const Resource = `arn:aws:s3:::${bucket.name}/*`;
    bucket.policy = edited(bucket.policy ?? '{"Version":"2012-10-17","Statement":[]}', (all) =>
      all.push({ ...statement, Resource }),
    );
  }),
  'bucket policy gone': on(ours(bucketOf), (bucket) => delete bucket.policy),
  'bucket has key': guarded(
    ours(bucketOf),
    (bucket) => {
      const rule = { SSEAlgorithm: 'aws:kms', KMSMasterKeyID: KMS };
      bucket.encryption = { Rules: [{ ApplyServerSideEncryptionByDefault: rule, BucketKeyEnabled: true }] };
    },
    'key of bucket',
    (bucket) => JSON.stringify(bucket.encryption).includes(KMS),
    null,
  ),
  'bucket is open': on(ours(bucketOf), (bucket) => {
    delete bucket.publicAccess;
    delete bucket.ownership;
    bucket.versioning = 'Suspended';
  }),
  'bucket tagged': on(bucketOf, ({ tags }) => Object.assign(tags, { owner: 'me' })),
  'bucket deleted': both((world, place) => {
    const bucket = bucketOf(world, place);
    if (bucket && isClaimed(bucket)) delete world.buckets[bucket.name];
  }),
  'bucket has no marks': disown(bucketOf, (shadow, _, bucket) => {
    shadow.buckets[bucket.name] = bucket;
  }),
  'bucket made by somebody': ({ real, shadow }, place) => {
    const name = names(place).bucket(place.region);
    if (real.buckets[name]) return;
    shadow.buckets[name] = structuredClone(addBucket(real, place.region, name, { tags: { team: 'radiology' } }));
  },
  'bucket holds much': on(ours(bucketOf), (bucket) => {
    for (let i = 0; i < 3; i++) {
      bucket.objects.push({
        key: `a b/${i % 2} ü`,
        versionId: `v${bucket.objects.length}`,
        at: 0,
        size: 1,
        body: 'YQ==',
      });
      bucket.uploads.push({ key: `u/${i}`, uploadId: `u${bucket.uploads.length}`, at: 0 });
    }
  }),
  'bucket holds what cannot go': on(ours(bucketOf), (bucket) => {
    bucket.objects.push({ key: 'held', versionId: 'held', at: 0, size: 1, body: 'YQ==' });
    bucket.undeletable = ['held'];
  }),
  'stream deleted': both((world, place) => {
    const stream = streamOf(world, place);
    if (stream && isClaimed(stream)) delete world.regions[place.region]!.streams[stream.name];
  }),
  'stream is others': on(ours(streamOf), (stream) => {
    stream.destination = { ...stream.destination, Prefix: 'x/', CompressionFormat: 'GZIP' };
    stream.version++;
  }),
  'stream is not encrypted': on(ours(streamOf), (stream) =>
    Object.assign(stream, { encryption: { Status: 'DISABLED' } }),
  ),
  'stream has key': guarded(
    ours(streamOf),
    (stream) =>
      Object.assign(stream, { encryption: { Status: 'ENABLED', KeyType: 'CUSTOMER_MANAGED_CMK', KeyARN: KMS } }),
    'key of stream',
    (stream) => stream.encryption.KeyARN === KMS,
    null,
  ),
  'stream has no marks': disown(streamOf, (shadow, { region }, stream) => {
    shadow.regions[region]!.streams[stream.name] = stream;
  }),
  'errors kept longer': guarded(
    ours(errorsOf),
    (group) => Object.assign(group, { retention: 365 }),
    'retention of errors',
    (group) => keeps(group) >= 365,
    null,
  ),
  'errors lose their stream': on(ours(errorsOf), (group) => Object.assign(group, { streams: {} })),
  'errors deleted': both((world, place) => {
    const group = errorsOf(world, place);
    if (group && isClaimed(group)) delete world.regions[place.region]!.groups[group.name];
  }),
  'errors have no marks': disown(errorsOf, (shadow, { region }, group) => {
    shadow.regions[region]!.groups[group.name] = group;
  }),
} as const satisfies Record<string, Change>;
