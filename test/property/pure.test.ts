import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { isNarrower, normalise, print, withConditionsOf } from '../../src/aws/documents.ts';
import { knownRegions } from '../../src/aws/regions.ts';
import { checkPrefix, clusterLogGroupName, clusterOfLogGroup, namesOf } from '../../src/desired/names.ts';
import { checkRoom, connectedRegions, readRecord, regionLabel, settingsLabels } from '../../src/desired/record.ts';
import { select, unmatched } from '../../src/desired/select.ts';
import { type AccountSettings, accountDefaults } from '../../src/desired/settings.ts';
import { canonical, diff, isSame, keepBefore } from '../../src/engine/diff.ts';
import { type Json, presentLabels, type Spec } from '../../src/engine/resource.ts';
import { decodePairs, encodePairs } from '../../src/engine/state.ts';
import { trouble } from '../../src/simulator/store.ts';
import { ACCOUNT } from '../helpers/small.ts';
import { holds } from './check.ts';
import { build, clusterName, worlds } from './worlds.ts';

const text = fc.string({ unit: 'grapheme', maxLength: 40 });
/** What IAM, EKS, S3 and Firehose all take in the value of a tag. */
const TAG_VALUE = /^[A-Za-z0-9 _.:/=+\-@]*$/;

describe('what is written into tags reads back', () => {
  it('pairs of any text', () =>
    holds(
      fc.dictionary(text, text),
      (pairs) => {
        expect(encodePairs(pairs)).toMatch(TAG_VALUE);
        expect(Object.entries(decodePairs(encodePairs(pairs)))).toEqual(Object.entries(pairs));
      },
      150,
    ));

  const glob = fc.stringMatching(/^[A-Za-z0-9_*?!()[\]{}-]{1,12}$/);
  const settings: fc.Arbitrary<AccountSettings> = fc.record({
    externalId: fc.oneof(fc.constant(''), fc.stringMatching(/^[\w+=,.@:/-]{2,60}$/)),
    radRoleArn: fc.constantFrom(accountDefaults('aws').radRoleArn, 'arn:aws:iam::111122223333:role/other/rad'),
    clusters: fc.array(glob, { maxLength: 3 }),
    excludeClusters: fc.array(glob, { maxLength: 3 }),
    filterPattern: fc.oneof(fc.constant(accountDefaults('aws').filterPattern), fc.string({ unit: 'grapheme' }), text),
    permissionsBoundary: fc.constantFrom('', 'arn:aws:iam::111122223333:policy/team/boundary'),
    rolePath: fc.constantFrom('/', '/team/security/'),
    firehoseRoleArn: fc.constantFrom('', 'arn:aws:iam::111122223333:role/their-firehose'),
    cloudwatchRoleArn: fc.constantFrom('', 'arn:aws:iam::111122223333:role/team/their-logs'),
    auditLogsRoleArn: fc.constantFrom('', 'arn:aws:iam::111122223333:role/their-reader'),
    tags: fc.dictionary(fc.stringMatching(/^[A-Za-z0-9_.:/=+@ -]{1,12}$/), text, { maxKeys: 4 }),
  });
  const fits = (one: AccountSettings) => {
    try {
      checkRoom(one, 'aws', ['us-east-1']);
      return true;
    } catch {
      return false;
    }
  };
  const read = (tags: Readonly<Record<string, string>>) => ({ ...accountDefaults('aws'), ...readRecord(tags).account });

  it('settings, also where longer ones were there before', () =>
    holds(
      fc.tuple(settings.filter(fits), settings.filter(fits)),
      ([one, other]) => {
        const [now, before] = [one, other].map((each) => presentLabels(settingsLabels(each, 'aws')));
        for (const [key, value] of Object.entries(now!)) {
          expect([key.length <= 128, value.length <= 256, TAG_VALUE.test(value)]).toEqual([true, true, true]);
        }
        expect(read(now!)).toEqual(one);
        // The tags that are to be there are put first, those that are not wanted any more go last.
        expect(read({ ...before, ...now })).toEqual(one);
      },
      150,
    ));

  it('regions and their retention', () =>
    holds(
      fc.dictionary(
        fc.constantFrom(...knownRegions),
        fc.record({ retentionDays: fc.nat(3650), logRetentionDays: fc.nat(3650) }),
      ),
      (regions) => {
        const tags = presentLabels(
          Object.assign(
            {},
            ...Object.entries(regions).map(([name, days]) =>
              regionLabel(name, { ...days, kmsKey: '', kmsKeyBefore: '' }),
            ),
          ),
        );
        expect(connectedRegions(tags)).toEqual(Object.keys(regions).sort());
        const known = Object.fromEntries(Object.entries(regions).map(([name, days]) => [name, days]));
        expect(readRecord(tags).regions).toEqual(known);
      },
      100,
    ));
});

describe('differences', () => {
  const leaf = fc.oneof(
    fc.boolean(),
    fc.integer(),
    fc.string(),
    fc.constant(null),
    fc.array(fc.string(), { maxLength: 2 }),
  );
  const { spec } = fc.letrec<{ spec: Spec; value: Json }>((tie) => ({
    spec: fc.dictionary(fc.stringMatching(/^[a-c]$/), tie('value')) as fc.Arbitrary<Spec>,
    value: fc.oneof({ maxDepth: 3 }, leaf as fc.Arbitrary<Json>, tie('spec') as fc.Arbitrary<Json>),
  }));

  it('there is none between a thing and itself, in whatever order, and none that is not asked for', () =>
    holds(
      fc.tuple(spec, spec),
      ([one, more]) => {
        expect(diff(one, one)).toEqual([]);
        expect(isSame(one, canonical(one))).toBe(true);
        expect(diff(one, { ...more, ...one })).toEqual([]);
      },
      150,
    ));

  it('what is kept is no difference any more, and the rest stays one', () =>
    holds(
      fc.tuple(spec, spec, fc.nat()),
      ([wanted, actual, which]) => {
        const all = diff(wanted, actual).filter(({ before }) => before !== undefined);
        const kept = all.filter((_, i) => (which >> i) % 2 === 1);
        const left = diff(keepBefore(wanted, kept), actual);
        expect(left).toEqual(diff(wanted, actual).filter(({ path }) => !kept.some((one) => one.path === path)));
      },
      150,
    ));
});

describe('names', () => {
  const prefix = fc.stringMatching(/^[a-z0-9](-?[a-z0-9]){0,12}$/).filter((one) => one.length <= 17);
  const region = fc.constantFrom(...knownRegions);
  const isGood = (one: string, where: string) => {
    try {
      checkPrefix(one, [where]);
      return true;
    } catch {
      return false;
    }
  };

  it('a bucket names its region, to its own installation only', () =>
    holds(
      fc.tuple(prefix, prefix, region).filter(([one, , where]) => isGood(one, where)),
      ([one, other, where]) => {
        const bucket = namesOf(one, 'aws', ACCOUNT).bucket(where);
        expect(bucket).toMatch(/^[a-z0-9][a-z0-9-]{1,61}[a-z0-9]$/);
        expect(namesOf(one, 'aws', ACCOUNT).regionOfBucket(bucket)).toBe(where);
        if (other !== one) expect(namesOf(other, 'aws', ACCOUNT).regionOfBucket(bucket)).toBeUndefined();
      },
      150,
    ));

  it('a log group names its cluster', () =>
    holds(clusterName, (name) => expect(clusterOfLogGroup(clusterLogGroupName(name))).toBe(name), 100));
});

it('a glob that is a name chooses that cluster alone; leaving out goes before choosing', () =>
  holds(
    fc.uniqueArray(clusterName, { minLength: 1, maxLength: 6 }),
    (names) => {
      expect(select(names, [], [])).toEqual(names);
      for (const name of names) {
        expect(select(names, [name], [])).toEqual([name]);
        expect(select(names, [`${name.slice(0, 1)}*`], [])).toEqual(names.filter((one) => one[0] === name[0]));
        expect(select(names, [], [name])).toEqual(names.filter((one) => one !== name));
        expect(select(names, [name], ['*'])).toEqual([]);
        expect(unmatched([name, `${name}x?`.padEnd(110, 'y')], names)).toEqual([`${name}x?`.padEnd(110, 'y')]);
      }
    },
    100,
  ));

describe('policy documents', () => {
  const words = fc.oneof(
    fc.constantFrom('s3:GetObject', 's3:*'),
    fc.array(fc.constantFrom('s3:GetObject', 's3:*', 'x'), { minLength: 1, maxLength: 3 }),
  );
  const condition = fc.dictionary(
    fc.constantFrom('StringEquals', 'Bool'),
    fc.dictionary(fc.constantFrom('sts:ExternalId', 'aws:SourceIp', 'aws:ViaAWSService'), words, { minKeys: 1 }),
    { minKeys: 1 },
  );
  const statement = fc.record(
    {
      Effect: fc.constantFrom('Allow', 'Deny'),
      Principal: fc.constantFrom<Json>('*', { AWS: 'arn:x' }, { Service: ['b', 'a'] }),
      Action: words,
      Condition: condition,
    },
    { requiredKeys: ['Effect', 'Principal', 'Action'] },
  );
  const document = fc
    .array(statement, { minLength: 1, maxLength: 3 })
    .map((Statement) => ({ Version: '2012-10-17', Statement }) as unknown as Spec);

  it('are the same however they are written', () =>
    holds(
      document,
      (one) => {
        const normal = normalise(one);
        expect(normalise(normal)).toEqual(normal);
        expect(normalise(JSON.parse(print(normal)))).toEqual(normal);
      },
      200,
    ));

  it('what somebody added to ours allows less, never more', () =>
    holds(
      fc.tuple(document, document).map(([one, other]) => [normalise(one), normalise(other)] as const),
      ([wanted, seen]) => {
        const both = withConditionsOf(seen.Statement, wanted, ['sts:ExternalId']);
        expect(isNarrower(wanted.Statement, wanted.Statement!)).toBe(true);
        expect(isNarrower(both.Statement, wanted.Statement!)).toBe(true);
      },
      200,
    ));
});

it('a simulated world is plain JSON, and can be kept in a file', () =>
  holds(
    worlds,
    (recipe) => {
      const world = build(recipe);
      const kept = JSON.stringify({ version: 2, world });
      expect(trouble(kept)).toBeUndefined();
      expect(JSON.stringify(JSON.parse(kept).world)).toBe(JSON.stringify(world));
      expect(structuredClone(world)).toEqual(JSON.parse(kept).world);
    },
    100,
  ));
