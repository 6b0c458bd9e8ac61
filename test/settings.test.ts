import { describe, expect, it } from 'vitest';
import { normalise, normaliseStatement, parseEncoded, print } from '../src/aws/documents.ts';
import { knownRegions } from '../src/aws/regions.ts';
import { checkPrefix, clusterLogGroupName, clusterOfLogGroup, namesOf } from '../src/desired/names.ts';
import {
  checkRoom,
  connectedRegions,
  leftLabel,
  readRecord,
  regionLabel,
  settingsLabels,
} from '../src/desired/record.ts';
import { select, unmatched } from '../src/desired/select.ts';
import {
  type AccountSettings,
  accountDefaults,
  FILTER_PATTERN,
  keysOf,
  REGION_DEFAULTS,
  resolve,
} from '../src/desired/settings.ts';
import { canonical, diff, diffTags, keepBefore } from '../src/engine/diff.ts';
import { type Json, type Labels, presentLabels, type Spec, type Tags } from '../src/engine/resource.ts';
import { decodePairs, encodePairs, state } from '../src/engine/state.ts';

const DEFAULTS = accountDefaults('aws');
/** The alphabet and the length that IAM, EKS, S3 and Firehose allow alike. */
const TAG_VALUE = /^[\p{L}\p{Z}\p{N}_.:/=+\-@]{0,256}$/u;
const ODD = `a b=c,d@e%f"g'h{i}j\\k*l?m|n&o<p>q é 你 🎉 \t\n`;

/** The tags as they are after these labels. */
const applied = (labels: Labels, tags: Tags = {}): Tags =>
  Object.fromEntries(
    Object.entries({ ...tags, ...presentLabels(labels, tags) }).filter(([key]) => labels[key] !== null),
  );
const recorded = (settings: Partial<AccountSettings>, tags: Tags = {}) =>
  applied(settingsLabels({ ...DEFAULTS, ...settings }, 'aws'), tags);

describe('the record of the settings', () => {
  it.each<[string, Partial<AccountSettings>]>([
    ['nothing', {}],
    ['an external id', { externalId: 'abc-123' }],
    ['an external id with every character', { externalId: 'A_+=,.@:/-9' }],
    ['a role', { radRoleArn: 'arn:aws:iam::111122223333:role/path/x+=,.@-_y' }],
    ['globs', { clusters: ['prod-*', '[ab]?', '!stage'], excludeClusters: ['dev'] }],
    ['a pattern', { filterPattern: '{ $.verb = "delete" && $.objectRef.name != "%*" }' }],
    ['odd characters', { filterPattern: ODD }],
    ['a long pattern', { filterPattern: `{ $.verb = "${'é"='.repeat(70)}" }` }],
    ['the longest pattern', { filterPattern: 'x'.repeat(1024) }],
    ['no events at all', { filterPattern: '' }],
    ['tags', { tags: { team: 'a b', 'cost:centre': '=1=', empty: '' } }],
    [
      'all of them',
      { externalId: 'x1', clusters: ['a'], excludeClusters: ['b'], filterPattern: 'p q', tags: { 'é é': 'ü' } },
    ],
  ])('%s: there and back', (_, settings) => {
    const tags = recorded(settings);
    for (const value of Object.values(tags)) expect(value).toMatch(TAG_VALUE);
    expect(readRecord(tags).account).toEqual(settings);
    expect(resolve({}, readRecord(tags), 'aws')).toMatchObject({ ...DEFAULTS, ...settings });
  });

  it('what equals the default is not recorded: what stands is only the sign of the end', () => {
    expect(recorded(DEFAULTS)).toEqual({ 'rad-connect:settings': '.' });
    expect(readRecord(recorded(DEFAULTS)).account).toEqual({});
  });

  it('a long record spreads over several tags, and a shorter one empties them', () => {
    const long = recorded({ filterPattern: 'x y '.repeat(200) });
    const count = Object.keys(long).length;
    expect(count).toBeGreaterThan(3);
    const shorter = recorded({ filterPattern: 'x y '.repeat(60) }, long);
    expect(Object.keys(shorter)).toEqual(Object.keys(long));
    expect(Object.values(shorter).filter(Boolean).length).toBeLessThan(count);
    expect(readRecord(shorter).account.filterPattern).toBe('x y '.repeat(60));
    expect(Object.values(recorded({}, long)).filter(Boolean)).toEqual(['.']);
  });

  it('its text ends with a sign that no text has', () => {
    expect(recorded({ externalId: 'x1' })).toEqual({ 'rad-connect:settings': 'external-id=x1 .' });
    const text = Object.values(recorded({ filterPattern: `a . b${' .'.repeat(200)}`, tags: { '.': '.' } })).join('');
    expect(text.indexOf(' .')).toBe(text.length - 2);
  });

  it('a record without the sign is read to its end', () => {
    expect(readRecord({ 'rad-connect:settings': 'external-id=x1 clusters=a' }).account).toEqual({
      externalId: 'x1',
      clusters: ['a'],
    });
  });

  it('what a longer record has left behind a shorter one is not read, whatever their lengths', () => {
    const long = recorded({ externalId: 'l-1', filterPattern: 'x y '.repeat(250), tags: { team: 'l' } });
    // The length of the text passes over the border of one tag and of two, character by character.
    for (let length = 200; length < 520; length++) {
      const settings = { externalId: 's-1', filterPattern: 'p'.repeat(length) };
      const between = { ...long, ...recorded(settings) };
      expect(Object.keys(between)).toEqual(Object.keys(long));
      expect(readRecord(between).account, `length ${length}`).toEqual(settings);
      for (const value of Object.values(recorded(settings))) expect(value).toMatch(TAG_VALUE);
    }
  });

  it('leaves the other tags of the role alone', () => {
    const tags = { team: 'x', 'rad-connect:claim': 'owned', 'rad-connect:region:us-east-1': 'retention=7' };
    expect(recorded({}, recorded({ externalId: 'x1' }, tags))).toEqual({ ...tags, 'rad-connect:settings': '.' });
  });

  it('what fits in no record is refused as bad usage', () => {
    const clusters = Array.from({ length: 400 }, (_, i) => `cluster-${i}`);
    expect(() => recorded({ clusters })).toThrow(expect.objectContaining({ code: 'USAGE' }));
  });

  describe('fifty tags hold all of it: claim, seal, registration, settings, a tag per region and the user tags', () => {
    const places = (count: number) => Array.from({ length: count }, (_, i) => `region-${i}`);
    const tags = (count: number): Tags => Object.fromEntries(places(count).map((name) => [name.slice(6), '']));
    it.each<[string, Partial<AccountSettings>, number]>([
      ['the defaults', {}, 46],
      ['one tag of settings', { externalId: 'x1' }, 46],
      ['many tags of settings', { filterPattern: '='.repeat(1_000) }, 35],
      ['ten tags of the user', { tags: tags(10) }, 36],
    ])('%s leave room for %#', (_, more, most) => {
      const settings = { ...DEFAULTS, ...more };
      const used = Object.keys(recorded(more)).length + Object.keys(settings.tags).length;
      expect(3 + used + most).toBe(50);
      expect(() => checkRoom(settings, 'aws', places(most))).not.toThrow();
      expect(() => checkRoom(settings, 'aws', places(most + 1))).toThrow(
        expect.objectContaining({ code: 'USAGE', message: expect.stringMatching(/^51 tags .* 50 /) }),
      );
    });

    it('a tag of settings that was emptied takes its room too', () => {
      const now = { 'rad-connect:settings': 'x', 'rad-connect:settings-1': '' };
      expect(() => checkRoom(DEFAULTS, 'aws', places(45), now)).not.toThrow();
      expect(() => checkRoom(DEFAULTS, 'aws', places(46), now)).toThrow(/^51 tags/);
    });
  });

  it('the tags of a role that is not ours mean nothing', () => {
    expect(readRecord({ team: 'x' })).toEqual({ account: {}, isWhole: false, regions: {} });
    expect(readRecord(undefined)).toEqual({ account: {}, isWhole: false, regions: {} });
  });
});

describe('the record of a region', () => {
  const settings = { ...REGION_DEFAULTS, retentionDays: 30, logRetentionDays: 365 };
  it('there and back', () => {
    const tags = applied(regionLabel('eu-west-1', settings));
    expect(connectedRegions(tags)).toEqual(['eu-west-1']);
    expect(readRecord(tags).regions).toEqual({ 'eu-west-1': { retentionDays: 30, logRetentionDays: 365 } });
    expect(resolve({}, readRecord(tags), 'aws').region('eu-west-1')).toEqual(settings);
    expect(resolve({}, readRecord(tags), 'aws').region('us-east-1')).toEqual(REGION_DEFAULTS);
    expect(applied(leftLabel('eu-west-1'), tags)).toEqual({});
  });
  it('says with the defaults too that the region is connected', () => {
    expect(connectedRegions(applied(regionLabel('us-east-1', REGION_DEFAULTS)))).toEqual(['us-east-1']);
  });
  it('an empty one has the defaults', () => {
    expect(resolve({}, readRecord({ 'rad-connect:region:us-east-1': '' }), 'aws').region('us-east-1')).toEqual(
      REGION_DEFAULTS,
    );
  });
  const [K1, K2] = ['a', 'b'].map((id) => `arn:aws:kms:eu-west-1:123456789012:key/mrk-${id.repeat(32)}`) as [
    string,
    string,
  ];
  const keyed = { ...settings, kmsKey: K2, kmsKeyBefore: K1 };
  it('holds the key and the one before it, in a value that a tag can have', () => {
    const tags = applied(regionLabel('eu-west-1', keyed));
    for (const value of Object.values(tags)) expect(value).toMatch(TAG_VALUE);
    expect(resolve({}, readRecord(tags), 'aws').region('eu-west-1')).toEqual(keyed);
  });
  it('of a region that was left only the keys stay, and it is not connected', () => {
    const tags = applied(leftLabel('eu-west-1', keyed), applied(regionLabel('eu-west-1', keyed)));
    expect(connectedRegions(tags)).toEqual([]);
    expect(readRecord(tags).regions).toEqual({ 'eu-west-1': { kmsKey: K2, kmsKeyBefore: K1 } });
    expect(connectedRegions(applied(regionLabel('eu-west-1', keyed), tags))).toEqual(['eu-west-1']);
    expect(applied(leftLabel('eu-west-1', REGION_DEFAULTS), tags)).toEqual({});
  });
  it.each<[string, string, string, string]>([
    ['a key for the first time', '', K1, ''],
    ['another key', K1, K2, K1],
    ['no key any more', K1, '', K1],
    ['the same key', K1, K1, ''],
  ])('%s: the one before is remembered', (_, before, given, remembered) => {
    const record = { account: {}, isWhole: true, regions: { r: { ...settings, kmsKey: before } } };
    expect(resolve({ kmsKey: { r: given } }, record, 'aws').region('r')).toEqual({
      ...settings,
      kmsKey: given,
      kmsKeyBefore: remembered,
    });
    expect(resolve({ kmsKey: { s: K2 } }, record, 'aws').region('r')).toEqual(record.regions.r);
  });
  it('the keys of all regions: those of the run, those recorded, those before them', () => {
    const record = { account: {}, isWhole: true, regions: { r: keyed, s: { ...settings, kmsKey: K1 }, t: settings } };
    const settled = resolve({ kmsKey: { s: K2, r: '' } }, record, 'aws');
    expect(keysOf(settled, { s: settled.region('s') }).map(({ region, arn }) => `${region} ${arn.at(-1)}`)).toEqual([
      'r a',
      'r b',
      's a',
      's b',
    ]);
    expect(
      keysOf(settled, { r: settled.region('r'), s: settled.region('s') }).map(
        ({ region, arn }) => `${region} ${arn.at(-1)}`,
      ),
    ).toEqual(['r b', 's a', 's b']);
  });
  it('regions come sorted', () => {
    expect(connectedRegions({ 'rad-connect:region:b': '', 'rad-connect:region:a': '', other: '' })).toEqual(['a', 'b']);
  });
});

describe('what goes before what', () => {
  const given = { externalId: 'given', retentionDays: 1 };
  const record = {
    account: { externalId: 'recorded', clusters: ['a'] },
    isWhole: true,
    regions: { r: { retentionDays: 2, logRetentionDays: 3 } },
  };
  it('given, recorded, default', () => {
    expect(resolve(given, record, 'aws')).toMatchObject({
      externalId: 'given',
      clusters: ['a'],
      filterPattern: FILTER_PATTERN,
    });
    expect(resolve({}, record, 'aws').externalId).toBe('recorded');
    expect(resolve({}, { account: {}, isWhole: true, regions: {} }, 'aws').externalId).toBe('');
  });
  it('given, recorded, default, by region', () => {
    expect(resolve(given, record, 'aws').region('r')).toMatchObject({ retentionDays: 1, logRetentionDays: 3 });
    expect(resolve({}, record, 'aws').region('r')).toMatchObject({ retentionDays: 2, logRetentionDays: 3 });
    expect(resolve(given, record, 'aws').region('s')).toMatchObject({ retentionDays: 1, logRetentionDays: 90 });
  });
  it("RAD's role is known in the partition aws only", () => {
    expect(accountDefaults('aws').radRoleArn).toBe('arn:aws:iam::955322216602:role/ksoc-data-pipeline');
    for (const partition of ['aws-cn', 'aws-us-gov', 'aws-eusc'])
      expect(accountDefaults(partition).radRoleArn).toBe('');
  });
  it('the pattern has the 580 characters of the contract', () => {
    expect(FILTER_PATTERN).toHaveLength(580);
    expect(FILTER_PATTERN).toMatch(
      /^\{ \$\.apiVersion = "audit\.k8s\.io\/\*" && .* && \$\.requestURI != "\/healthz\*" \}$/,
    );
  });
});

describe('names', () => {
  const names = namesOf('rad', 'aws', '123456789012');
  it.each([...knownRegions])('the longest prefix fits in %s', (region) => {
    const prefix = 'x'.repeat(17);
    expect(() => checkPrefix(prefix, [region])).not.toThrow();
    expect(namesOf(prefix, 'aws', '123456789012').bucket(region).length).toBeLessThanOrEqual(63);
    expect(names.regionOfBucket(names.bucket(region))).toBe(region);
    const noNamespace = region === 'me-south-1' || region === 'me-central-1';
    expect(names.bucket(region).endsWith('-an')).toBe(!noNamespace);
  });
  it.each(['rad', 'a', '1', 'a-b-c', '0-9', 'x'.repeat(17), 'sthre', 'sthreex', 'amzn-s3-dem', 'xn'])(
    'prefix %s',
    (prefix) => {
      expect(() => checkPrefix(prefix, ['us-east-1'])).not.toThrow();
    },
  );
  it.each([
    '',
    'x'.repeat(18),
    'Rad',
    'a_b',
    'a.b',
    '-a',
    'a-',
    'a--b',
    'xn--a',
    'sthree',
    'sthree-a',
    'amzn-s3-demo',
    'amzn-s3-demo-a',
    'é',
    ' ',
    'a\n',
  ])('no prefix %j', (prefix) => {
    expect(() => checkPrefix(prefix, [])).toThrow(expect.objectContaining({ code: 'USAGE' }));
  });
  it('a long name of a region leaves less for the prefix, and the error says how much', () => {
    const region = 'mx-northcentral-10';
    expect(() => checkPrefix('x'.repeat(13), [region])).not.toThrow();
    expect(() => checkPrefix('x'.repeat(14), [region])).toThrow(/ 13 characters/);
    expect(() => checkPrefix('x'.repeat(14), ['us-east-1', region])).toThrow(/ 13 characters/);
  });
  it('none is literal', () => {
    const china = namesOf('rad', 'aws-cn', '111122223333');
    expect(china.streamArn('cn-north-1')).toBe(
      'arn:aws-cn:firehose:cn-north-1:111122223333:deliverystream/rad-eks-audit-logs',
    );
    expect(china.roleArn('x')).toBe('arn:aws-cn:iam::111122223333:role/x');
    expect(china.bucketArn('x')).toBe('arn:aws-cn:s3:::x');
  });
  it("other people's buckets are not ours", () => {
    expect(names.regionOfBucket('rad-eks-audit-logs')).toBeUndefined();
    expect(names.regionOfBucket('rad-eks-audit-logs-999988887777-us-east-1-an')).toBeUndefined();
  });
  it.each([
    '',
    'an',
    '-an',
    '-1',
    'backup',
    'us-east-1',
    'us-east-1-backup',
    'us-east-1-backup-an',
    'us-east-1-an-backup',
    'us-east-1-an-an',
    'me-south-1-an',
    'us-east-an',
  ])('a bucket of our name with %j behind it is of no region', (rest) => {
    expect(names.regionOfBucket(`rad-eks-audit-logs-123456789012-${rest}`)).toBeUndefined();
  });
  it.each(['x', 'rad-blue'])('neither is that of the prefix %j', (prefix) => {
    expect(names.regionOfBucket(namesOf(prefix, 'aws', '123456789012').bucket('us-east-1'))).toBeUndefined();
  });
  it.each([
    ['/aws/eks/prod/cluster', 'prod'],
    ['/aws/eks/prod/cluster-insights', undefined],
    ['/aws/eks/prod', undefined],
    ['/aws/eks/a/b/cluster', undefined],
    ['x/aws/eks/prod/cluster', undefined],
  ])('the cluster of %s', (group, cluster) => {
    expect(clusterOfLogGroup(group)).toBe(cluster);
    if (cluster) expect(clusterLogGroupName(cluster)).toBe(group);
  });
});

describe('clusters', () => {
  const all = ['dev-1', 'prod-1', 'prod-2', 'prod.eu_x', 'Stage'];
  it.each<[readonly string[], readonly string[], readonly string[]]>([
    [[], [], all],
    [['prod-1'], [], ['prod-1']],
    [['prod-*'], [], ['prod-1', 'prod-2']],
    [['prod*'], [], ['prod-1', 'prod-2', 'prod.eu_x']],
    [['*-1'], [], ['dev-1', 'prod-1']],
    [['prod-?'], ['*-2'], ['prod-1']],
    [[], ['prod*'], ['dev-1', 'Stage']],
    [['*'], ['*'], []],
    [['stage'], [], []],
    [['dev-*', 'Stage'], [], ['dev-1', 'Stage']],
    [['prod-[12]'], [], ['prod-1', 'prod-2']],
  ])('%j without %j', (include, exclude, expected) => {
    expect(select(all, include, exclude)).toEqual(expected);
  });
  it.each<[readonly string[], readonly string[]]>([
    [['prod-*', 'x*'], ['x*']],
    [['prod-1'], []],
    [[], []],
  ])('of %j, %j match none', (globs, expected) => {
    expect(unmatched(globs, all)).toEqual(expected);
  });
});

describe('diff', () => {
  it.each<[string, Spec, Spec, readonly string[]]>([
    ['the same', { a: 1, b: { c: [1] } }, { b: { c: [1] }, a: 1 }, []],
    ['a value', { a: 1 }, { a: 2 }, ['a']],
    ['missing', { a: 1 }, {}, ['a']],
    ['deep', { a: { b: { c: 1, d: 2 } } }, { a: { b: { c: 1, d: 3 } } }, ['a.b.d']],
    ['a record is missing', { a: { b: 1 } }, {}, ['a']],
    ['a record is none', { a: { b: 1 } }, { a: 'x' }, ['a']],
    ['lists have an order', { a: [1, 2] }, { a: [2, 1] }, ['a']],
    ['records in lists have none', { a: [{ b: 1, c: 2 }] }, { a: [{ c: 2, b: 1 }] }, []],
    ['what we do not name', { a: 1 }, { a: 1, b: 2 }, []],
    ['null is a value', { a: null }, {}, ['a']],
    ['null against text', { a: null }, { a: 'x' }, ['a']],
    ['false is not nothing', { a: false }, { a: null }, ['a']],
    ['text is no number', { a: 1 }, { a: '1' }, ['a']],
    ['an empty list', { a: [] }, { a: [] }, []],
  ])('%s', (_, wanted, actual, paths) => {
    expect(diff(wanted, actual).map(({ path }) => path)).toEqual(paths);
  });
  it('says what was and what is wanted', () => {
    expect(diff({ a: { b: 1 } }, { a: { b: 2 } })).toEqual([{ path: 'a.b', before: 2, after: 1 }]);
  });
  it.each<[string, Labels, Tags, readonly string[]]>([
    ['missing', { a: '1' }, {}, ['tags.a']],
    ['another', { a: '1' }, { a: '2' }, ['tags.a']],
    ['as wanted', { a: '1' }, { a: '1', b: '2' }, []],
    ['surplus', { a: null }, { a: '1' }, ['tags.a']],
    ['rightly not there', { a: null }, {}, []],
    ['emptied', { a: '' }, { a: '' }, []],
    ['rightly not even there', { a: '' }, {}, []],
    ['not emptied', { a: '' }, { a: '1' }, ['tags.a']],
  ])('tags: %s', (_, labels, tags, paths) => {
    expect(diffTags(labels, tags).map(({ path }) => path)).toEqual(paths);
  });
  it.each<[Spec, Spec, Spec]>([
    [{ a: 1, b: 2 }, { a: 9 }, { a: 9, b: 2 }],
    [{ a: { b: 1, c: 2 } }, { a: { b: 9, c: 2 } }, { a: { b: 9, c: 2 } }],
    [{ a: { b: [1] } }, { a: { b: [2, 3] } }, { a: { b: [2, 3] } }],
  ])('%j keeps %j', (wanted, actual, expected) => {
    const kept = diff(wanted, actual).filter(({ before }) => before !== undefined);
    expect(keepBefore(wanted, kept)).toEqual(expected);
  });
  it('keeps nothing in place of what was not there, and changes no spec in place', () => {
    const spec = { a: { b: 1 } };
    expect(keepBefore(spec, [{ path: 'a.b', before: undefined, after: 1 }])).toEqual({ a: { b: null } });
    expect(spec).toEqual({ a: { b: 1 } });
  });
  it.each<[Json, string]>([
    [{ b: 1, a: { d: 1, c: 2 } }, '{"a":{"c":2,"d":1},"b":1}'],
    [[{ b: 1, a: 2 }], '[{"a":2,"b":1}]'],
    [null, 'null'],
  ])('%j is written %s', (value, text) => {
    expect(JSON.stringify(canonical(value))).toBe(text);
  });
});

describe('state in tags', () => {
  it.each<[Record<string, string>]>([
    [{}],
    [{ a: '1' }],
    [{ a: '', b: ' ' }],
    [{ 'a b': 'c=d', 'e=f': '@25' }],
    [{ x: ODD }],
    [{ '': 'x' }],
  ])('pairs %j: there and back', (pairs) => {
    expect(encodePairs(pairs)).toMatch(/^[\p{L}\p{Z}\p{N}_.:/=+\-@]*$/u);
    expect(decodePairs(encodePairs(pairs))).toEqual(pairs);
  });
  it('what somebody has written by hand does not break the reading', () => {
    expect(decodePairs('a=@ZZ b=1')).toEqual({ a: '@ZZ', b: '1' });
    expect(decodePairs('')).toEqual({});
    expect(decodePairs(undefined)).toEqual({});
  });
  it.each<[Spec]>([[{ audit: false }], [{ audit: true, x: 'y z' }]])('prior %j: there and back', (prior) => {
    expect(state.prior(state.shared(prior))).toEqual(prior);
  });
  it('nothing was before where nothing is noted', () => {
    expect(state.prior({})).toEqual({});
    expect(state.prior(undefined)).toEqual({});
  });
  it.each<[string, Tags | undefined, boolean]>([
    ['owned', state.owned, true],
    ['shared', state.shared({}), true],
    ["somebody else's", { team: 'x' }, false],
    ['bare', {}, false],
    ['not to be tagged', undefined, false],
    ['sealed only', state.sealed({}), false],
  ])('%s', (_, tags, expected) => {
    expect(state.isClaimed(tags)).toBe(expected);
  });
  const spec = { a: 1, b: { c: [2] } };
  it.each<[string, Spec, string]>([
    ['the same', spec, 'intact'],
    ['the same in another order', { b: { c: [2] }, a: 1 }, 'intact'],
    ['another', { ...spec, a: 2 }, 'other'],
    ['a further field', { ...spec, d: 1 }, 'other'],
  ])('a seal on %s', (_, other, expected) => {
    expect(state.seal(state.sealed(spec), other)).toBe(expected);
  });
  it('no seal', () => {
    expect(state.seal(state.owned, spec)).toBe('none');
  });
  it('every tag of our state is known by its key', () => {
    const tags = { ...state.owned, ...state.shared({}), ...state.sealed(spec) };
    expect(Object.keys(tags).sort()).toEqual([...state.keys].sort());
  });
});

describe('policy documents', () => {
  const statement = (more: Spec): Spec => ({ Effect: 'Allow', Action: 's3:GetObject', Resource: '*', ...more });
  it.each<[string, Spec, Spec]>([
    ['a list of one', statement({ Action: ['s3:GetObject'] }), statement({ Action: 's3:GetObject' })],
    ['another order', statement({ Action: ['a:B', 'c:D'] }), statement({ Action: ['c:D', 'a:B'] })],
    ['resources', statement({ Resource: ['x', 'y'] }), statement({ Resource: ['y', 'x'] })],
    ['NotAction', statement({ NotAction: ['b', 'a'] }), statement({ NotAction: ['a', 'b'] })],
    ['a principal', statement({ Principal: { AWS: ['a'] } }), statement({ Principal: { AWS: 'a' } })],
    ['anybody', statement({ Principal: '*' }), statement({ Principal: '*' })],
    [
      'booleans',
      statement({ Condition: { Bool: { k: false } } }),
      statement({ Condition: { Bool: { k: ['false'] } } }),
    ],
    ['keys in another order', { Effect: 'Deny', Action: 'a' }, { Action: 'a', Effect: 'Deny' }],
  ])('%s is the same', (_, a, b) => {
    expect(normaliseStatement(a)).toEqual(normaliseStatement(b));
    expect(JSON.stringify(normaliseStatement(a))).toBe(JSON.stringify(normaliseStatement(b)));
  });
  it.each<[string, Spec, Spec]>([
    ['another action', statement({}), statement({ Action: 's3:PutObject' })],
    ['NotAction', { Effect: 'Allow', Action: 'a' }, { Effect: 'Allow', NotAction: 'a' }],
    ['another effect', statement({}), statement({ Effect: 'Deny' })],
    ['a condition', statement({}), statement({ Condition: { Bool: { k: 'true' } } })],
    [
      'another operator',
      statement({ Condition: { Bool: { k: 'x' } } }),
      statement({ Condition: { StringEquals: { k: 'x' } } }),
    ],
    ['anybody and any AWS principal', statement({ Principal: '*' }), statement({ Principal: { AWS: '*' } })],
    ['another principal', statement({ Principal: { AWS: 'a' } }), statement({ Principal: { Service: 'a' } })],
  ])('%s is not', (_, a, b) => {
    expect(normaliseStatement(a)).not.toEqual(normaliseStatement(b));
  });
  it('a document with one statement that is no list', () => {
    const one = statement({});
    expect(normalise({ Statement: one })).toEqual(normalise({ Version: '2012-10-17', Statement: [one] }));
  });
  it('is read as IAM encodes it, and printed as AWS takes it', () => {
    const document = { Version: '2012-10-17', Statement: [statement({ Principal: '*', Resource: 'é (x)*' })] };
    const parsed = parseEncoded(encodeURIComponent(JSON.stringify(document)))!;
    expect(JSON.parse(print(parsed)).Statement).toEqual([
      statement({ Principal: '*', Action: ['s3:GetObject'], Resource: ['é (x)*'] }),
    ]);
    expect(normalise(JSON.parse(print(parsed)))).toEqual(parsed);
    expect(parseEncoded(undefined)).toBeUndefined();
  });
});
