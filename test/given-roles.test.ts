import { describe, expect, it } from 'vitest';
import type { Document } from '../src/render/document.ts';
import { accessDenied } from '../src/simulator/errors.ts';
import type { JsonObject } from '../src/simulator/model.ts';
import type { Call, Fault } from '../src/simulator/simulator.ts';
import { addRole, type World } from '../src/simulator/world.ts';
import { account } from './helpers/account.ts';
import { comparable } from './helpers/comparable.ts';
import { killedAt } from './helpers/killed.ts';
import {
  ACCOUNT,
  bucket,
  cluster,
  EU,
  edited,
  filter,
  group,
  groupOf,
  keyArn,
  NAMES,
  role,
  small,
  stream,
  US,
} from './helpers/small.ts';
import { during } from './helpers/traffic.ts';

const RAD = 'arn:aws:iam::955322216602:role/ksoc-data-pipeline';
const arn = (name: string) => `arn:aws:iam::${ACCOUNT}:role/platform/${name}`;
const GIVEN = {
  '--firehose-role-arn': arn('their-firehose'),
  '--cloudwatch-role-arn': arn('their-logs'),
  '--audit-logs-role-arn': arn('their-reader'),
};
const ALL = Object.entries(GIVEN).flat().join(' ');
const EXTERNAL_ID = { StringEquals: { 'sts:ExternalId': 'abc-123' } };
const BASE = 'enable-audit --external-id abc-123 --yes -o json';
const ENABLE = `${BASE} --regions ${US}`;
const BOTH = `${BASE} --regions ${US},${EU}`;
const AGAIN = 'enable-audit --yes -o json';
const STATUS = 'status --detailed-exitcode -o json';
const TEARDOWN = `teardown --yes --confirm ${ACCOUNT} -o json`;
const DELETE = `${TEARDOWN} --delete-data`;

const document = (...Statement: JsonObject[]): JsonObject => ({ Version: '2012-10-17', Statement });
const trust = (Principal: JsonObject, Condition?: JsonObject, Action = 'sts:AssumeRole'): JsonObject => ({
  Effect: 'Allow',
  Principal,
  Action,
  ...(Condition && { Condition }),
});
const allow = (Action: string[], Resource = '*'): JsonObject => ({ Effect: 'Allow', Action, Resource });

/** An account whose platform team has made the three roles as they must be. */
function platform(world = small()): World {
  const put = ['firehose:PutRecord*', 'kms:*'];
  addRole(world, 'their-logs', {
    path: '/platform/',
    trust: document(
      trust(
        { Service: 'logs.amazonaws.com' },
        {
          StringLike: { 'aws:SourceArn': `arn:aws:logs:*:${ACCOUNT}:*` },
          StringEquals: { 'aws:SourceAccount': ACCOUNT },
        },
      ),
    ),
    policies: { theirs: document(allow(put)) },
    tags: { team: 'platform' },
  });
  addRole(world, 'their-firehose', {
    path: '/platform/',
    trust: document(trust({ Service: 'firehose.amazonaws.com' }, { StringEquals: { 'sts:ExternalId': ACCOUNT } })),
    policies: { theirs: document(allow(['s3:*', 'logs:PutLogEvents', 'kms:*'])) },
    tags: { team: 'platform' },
  });
  addRole(world, 'their-reader', {
    path: '/platform/',
    trust: document(
      trust({ AWS: RAD }, { StringEquals: { 'sts:ExternalId': 'abc-123' } }),
      trust({ AWS: RAD }, undefined, 'sts:TagSession'),
    ),
    policies: { theirs: document(allow(['s3:Get*', 's3:List*', 'kms:Decrypt'])) },
    tags: { team: 'platform' },
  });
  return world;
}
const policyOf = (world: World, name: string, ...Statement: JsonObject[]) => {
  role(world, name).policies.theirs = { text: JSON.stringify(document(...Statement)), since: 0 };
};
const trustOf = (world: World, name: string, ...Statement: JsonObject[]) => {
  role(world, name).trust = { text: JSON.stringify(document(...Statement)), since: 0 };
};
const denied =
  (...operations: string[]) =>
  ({ operation, service }: Call): Fault | undefined =>
    operations.includes(operation)
      ? { when: 'before', error: accessDenied(`${service}:${operation}`, '*') }
      : undefined;
/** Nobody here tells RAD. */
const warningsOf = ({ warnings }: Document) => warnings.filter(({ code }) => code !== 'RAD_NOT_REGISTERED');
const holders = ({ buckets }: World) =>
  Object.values(buckets)
    .filter(({ tags }) => 'rad-connect:settings' in tags)
    .map(({ region }) => region);

describe('all three roles made elsewhere', () => {
  it('no role is made or changed, the pipeline delivers, and twice is nothing', async () => {
    const world = platform();
    const before = structuredClone(world.roles);
    const { run, clock } = account(world);
    const first = await run(`${ENABLE} ${ALL}`);
    expect(first.code, first.stderr).toBe(0);
    expect(warningsOf(first.json)).toEqual([]);
    expect(first.writes.filter((write) => write.startsWith('iam:'))).toEqual([]);
    expect(stream(world).destination.RoleARN).toBe(GIVEN['--firehose-role-arn']);
    expect(filter(world, 'on').roleArn).toBe(GIVEN['--cloudwatch-role-arn']);
    expect(first.json.outputs.auditLogsRoleArn).toBe(GIVEN['--audit-logs-role-arn']);
    const { sent, landed } = await during(() => clock.sleep(1_000), world, clock);
    expect(landed).toEqual(sent);

    expect((await run(AGAIN)).writes).toEqual([]);
    const told = await run(STATUS);
    expect([told.code, warningsOf(told.json), told.json.summary.unchanged]).toEqual([0, [], first.json.changes.length]);
    expect(told.json.outputs.auditLogsRoleArn).toBe(GIVEN['--audit-logs-role-arn']);
    expect(world.roles).toEqual(before);
  });

  it('there and back is nothing, also when the logs are kept at first', async () => {
    for (const line of [[DELETE], [TEARDOWN, DELETE]]) {
      const world = platform(small(US, EU));
      const before = comparable(world, { identity: true });
      const { run } = account(world);
      expect((await run(`${BOTH} ${ALL}`)).code).toBe(0);
      for (const one of line) expect((await run(one)).code).toBe(0);
      expect(comparable(world, { identity: true })).toEqual(before);
      expect((await run(DELETE)).writes).toEqual([]);
    }
  });

  it('killed at any write, the next run without options heals', async () => {
    const calm = account(platform(small(US, EU)));
    const line = `${BOTH} ${ALL} --retention-days 14 --kms-key ${keyArn('mrk-d')}`;
    const { writes, code } = await calm.run(line);
    expect(code).toBe(0);
    expect(writes.length).toBeGreaterThan(30);
    expect(writes[0]).toBe('s3:CreateBucket');
    for (let n = 2; n <= writes.length + 1; n++) {
      const { run, world } = account(platform(small(US, EU)));
      await run(line, { faults: killedAt(n) });
      const healed = await run(AGAIN);
      expect(healed.code, `killed at ${n}: ${healed.stderr}`).toBe(0);
      expect(comparable(world), `killed at ${n}`).toEqual(comparable(calm.world));
      expect((await run(AGAIN)).writes, `killed at ${n}`).toEqual([]);
    }
  });

  it('settings that change, killed at any write: the next run without options heals', async () => {
    const start = account(platform(small(US, EU)));
    await start.run(`${BOTH} ${ALL} --retention-days 14 --kms-key ${keyArn('mrk-d')}`);
    const change = `${AGAIN} --retention-days none --kms-key none --external-id none --filter-pattern { }`.split(' ');
    const words = [...change.slice(0, -2), '{ $.verb = "get" }'];
    const calm = account(structuredClone(start.world));
    const { writes } = await calm.run(words);
    expect(writes[0]).toBe('s3:PutBucketTagging');
    for (let n = 2; n <= writes.length + 1; n++) {
      const { run, world } = account(structuredClone(start.world));
      await run(words, { faults: killedAt(n) });
      expect((await run(AGAIN)).code, `killed at ${n}`).toBe(0);
      expect(comparable(world), `killed at ${n}`).toEqual(comparable(calm.world));
    }
  });

  it('a teardown killed at any write: the next one without options finishes', async () => {
    const start = account(platform(small(US, EU)));
    const before = comparable(start.world, { identity: true });
    await start.run(`${BOTH} ${ALL}`);
    const { writes } = await account(structuredClone(start.world)).run(DELETE);
    for (let n = 1; n <= writes.length + 1; n++) {
      const { run, world } = account(structuredClone(start.world));
      await run(DELETE, { faults: killedAt(n) });
      expect((await run(DELETE)).code, `killed at ${n}`).toBe(0);
      expect(comparable(world, { identity: true }), `killed at ${n}`).toEqual(before);
    }
  });
});

describe.each(Object.entries(GIVEN))('only %s', (option, given) => {
  const ours = { '--firehose-role-arn': NAMES.delivery, '--cloudwatch-role-arn': NAMES.subscription }[option];
  it('the other two are made, and there and back is nothing', async () => {
    const world = platform();
    const before = comparable(world, { identity: true });
    const { run } = account(world);
    const { code, json } = await run(`${ENABLE} ${option} ${given}`);
    expect([code, warningsOf(json)]).toEqual([0, []]);
    expect(Object.keys(world.roles).filter((name) => name.startsWith('rad-'))).toHaveLength(2);
    expect(world.roles).not.toHaveProperty(ours ?? NAMES.reader);
    expect((await run(AGAIN)).writes).toEqual([]);
    expect((await run(STATUS)).code).toBe(0);
    expect((await run(DELETE)).code).toBe(0);
    expect(comparable(world, { identity: true })).toEqual(before);
  });
});

describe('a service role of ours that is replaced by one made elsewhere', () => {
  it('and back: no event is lost, ours goes at teardown, theirs never', async () => {
    const world = platform();
    const before = comparable(world, { identity: true });
    const { run, clock } = account(world);
    await run(ENABLE);
    for (const option of ['--firehose-role-arn', '--cloudwatch-role-arn'] as const) {
      for (const value of [GIVEN[option], 'none', GIVEN[option]]) {
        const { sent, landed } = await during(() => run(`${AGAIN} ${option} ${value}`), world, clock);
        expect(landed, `${option} ${value}`).toEqual(sent);
        expect((await run(AGAIN)).writes).toEqual([]);
      }
    }
    expect(stream(world).destination.RoleARN).toBe(GIVEN['--firehose-role-arn']);
    expect(filter(world, 'on').roleArn).toBe(GIVEN['--cloudwatch-role-arn']);
    expect((await run(DELETE)).code).toBe(0);
    // The events are the cluster's own.
    Object.assign(group(world, groupOf('on')), { streams: {}, storedBytes: 0 });
    expect(comparable(world, { identity: true })).toEqual(before);
  });
});

describe('the record, where the reader role was made elsewhere', () => {
  const READER = `--audit-logs-role-arn ${GIVEN['--audit-logs-role-arn']}`;
  const twoRegions = async () => {
    const here = account(platform(small(US, EU)));
    await here.run(`${BOTH} ${READER}`);
    return here;
  };

  it('is on one bucket only, which regions that come later leave where it is', async () => {
    const { run, world } = account(platform(small(US, EU)));
    await run(`${ENABLE} ${READER} --retention-days 14`);
    expect(holders(world)).toEqual([US]);
    expect((await run(`${BASE} --regions ${EU}`)).code).toBe(0);
    expect(holders(world)).toEqual([US]);
    expect(bucket(world).tags).toHaveProperty(`rad-connect:region:${EU}`);
    const { json, writes } = await run(AGAIN);
    expect([json.regions.map(({ name }) => name), writes]).toEqual([[EU, US], []]);
  });

  it('is found with the clients that the rest of the run has: of each service one in each region', async () => {
    const { run } = await twoRegions();
    for (const line of [AGAIN, STATUS, DELETE]) {
      const made: string[] = [];
      await run(line, { onClient: (client) => made.push(client) });
      // Who signs in does not know the account yet.
      const later = made.slice(1);
      expect(made[0]).toBe(`sts ${US}`);
      expect(later.filter((client) => client === `s3 ${EU}`)).toHaveLength(1);
      expect(later.filter((client, i) => later.indexOf(client) !== i)).toEqual([]);
    }
  });

  it('outlives the region of that bucket as long as another one is connected', async () => {
    const { run, world } = await twoRegions();
    expect(holders(world)).toEqual([EU]);
    const left = await run(`${DELETE} --regions ${EU}`);
    expect(left.code).toBe(0);
    expect(left.json.changes.find(({ id }) => id === NAMES.bucket(EU))).toMatchObject({
      note: expect.stringContaining(US),
    });
    const told = await run(STATUS);
    expect([told.code, told.json.regions.map(({ name }) => name)]).toEqual([0, [US]]);
    expect((await run(AGAIN)).writes).toEqual([]);
    expect((await run(DELETE)).code).toBe(0);
    expect(world.buckets).toEqual({});
  });

  it('goes last: nothing else is there when its bucket is deleted', async () => {
    const { run, world } = await twoRegions();
    let rest: unknown;
    await run(DELETE, {
      faults: ({ operation, input }) => {
        if (operation === 'DeleteBucket' && input.Bucket === NAMES.bucket(EU))
          rest = [Object.keys(world.buckets), world.regions[US]!.streams, world.regions[EU]!.streams];
        return undefined;
      },
    });
    expect(rest).toEqual([[NAMES.bucket(EU)], {}, {}]);
    expect(world.roles).not.toHaveProperty(NAMES.delivery);
  });

  it('is found without a list of all buckets where the region is named', async () => {
    const { run, world } = account(platform());
    await run(`${ENABLE} ${READER}`);
    const { writes, code } = await run(`${AGAIN} --regions ${US}`, { faults: denied('ListBuckets') });
    expect([code, writes]).toEqual([0, []]);
    expect(holders(world)).toEqual([US]);
  });

  it('that is not seen without a list of all buckets keeps the service roles', async () => {
    const { run, world } = await twoRegions();
    const { code, json } = await run(`${DELETE} --regions ${US}`, { faults: denied('ListBuckets') });
    expect([code, world.regions[US]!.streams]).toEqual([0, {}]);
    expect(Object.keys(world.roles)).toEqual(expect.arrayContaining([NAMES.delivery, NAMES.subscription]));
    for (const id of [NAMES.delivery, NAMES.subscription])
      expect(json.changes.find((change) => change.id === id)).toMatchObject({
        action: 'keep',
        note: expect.stringContaining('s3:ListAllMyBuckets'),
      });
  });

  it('that may be where nobody looks stops a run that would write a second one', async () => {
    const { run, world } = account(platform(small(US, EU)));
    await run(`${BASE} --regions ${EU} ${READER}`);
    const before = comparable(world, { identity: true });
    for (const line of [`${ENABLE} ${READER}`, `${ENABLE} ${READER} --dry-run`, ENABLE, `${ENABLE} --dry-run`]) {
      const { code, json, writes } = await run(line, { faults: denied('ListBuckets') });
      expect([code, writes, json.errors]).toEqual([
        5,
        [],
        [expect.objectContaining({ hint: expect.stringContaining('s3:ListAllMyBuckets') })],
      ]);
    }
    expect(comparable(world, { identity: true })).toEqual(before);
  });

  it('that nobody can see is not taken for none: every command says so, until it is told where to look', async () => {
    const { run, world } = await twoRegions();
    const faults = denied('ListBuckets');
    const before = comparable(world, { identity: true });
    for (const line of [AGAIN, STATUS, 'doctor -o json', 'verify -o json', TEARDOWN, DELETE]) {
      const { code, json, writes } = await run(line, { faults });
      expect([code, json.errors.map((error) => error.code), writes], line).toEqual([5, ['PERMISSION_DENIED'], []]);
      expect(json.errors[0]!.hint, line).toMatch(/s3:ListAllMyBuckets.*--regions/);
    }
    expect(comparable(world, { identity: true })).toEqual(before);
    const told = await run(`${STATUS} --regions ${US},${EU}`, { faults });
    expect([told.code, told.json.regions.map(({ name }) => name)]).toEqual([0, [EU, US]]);
  });

  it('is on no bucket where that is said, also where the buckets cannot be listed', async () => {
    const { run, world } = account(small());
    const faults = denied('ListBuckets');
    expect((await run(`${ENABLE} --audit-logs-role-arn none`, { faults })).code).toBe(0);
    expect(holders(world)).toEqual([]);
    const again = await run(AGAIN, { faults });
    expect([again.code, again.writes]).toEqual([0, []]);
  });

  it('that is there twice stops every command before any write, and both are named', async () => {
    const { run, world } = await twoRegions();
    Object.assign(bucket(world, US).tags, bucket(world, EU).tags);
    for (const line of [AGAIN, STATUS, DELETE, `${BASE} --regions ${US} ${READER}`]) {
      const { code, json, writes } = await run(line);
      expect([code, writes, json.errors.map((error) => error.code)]).toEqual([1, [], ['TWO_RECORDS']]);
      for (const region of [US, EU]) expect(json.errors[0]!.message).toContain(NAMES.bucket(region));
    }
  });

  it('that cannot be read stops every command before any write', async () => {
    const { run } = await twoRegions();
    for (const line of [AGAIN, STATUS, DELETE, `${BASE} --regions ${US} ${READER}`]) {
      const { code, json, writes } = await run(line, { faults: denied('GetBucketTagging') });
      expect([code, writes]).toEqual([5, []]);
      expect(json.errors).toEqual([
        expect.objectContaining({ code: 'PERMISSION_DENIED', message: expect.stringContaining('may hold the record') }),
      ]);
    }
  });

  it('a role of our name that is theirs is no matter', async () => {
    const world = platform();
    addRole(world, NAMES.reader, { tags: { team: 'platform' } });
    const before = structuredClone(role(world, NAMES.reader));
    const { run } = account(world);
    expect((await run(`${ENABLE} ${READER}`)).code).toBe(0);
    expect((await run(AGAIN)).writes).toEqual([]);
    expect((await run(DELETE)).code).toBe(0);
    expect(role(world, NAMES.reader)).toEqual(before);
  });

  it.each([
    ['a role made elsewhere in place of ours', '', READER],
    ['ours in place of one made elsewhere', READER, '--audit-logs-role-arn none'],
  ])('%s is refused later, in one line and before any write', async (_, first, second) => {
    const { run, world } = account(platform());
    expect((await run(`${ENABLE} ${first}`.trim())).code).toBe(0);
    const before = comparable(world, { identity: true });
    const { code, json, writes } = await run(`${AGAIN} ${second}`);
    expect([code, writes]).toEqual([64, []]);
    expect(json.errors).toEqual([
      expect.objectContaining({ code: 'USAGE', message: expect.stringContaining('--audit-logs-role-arn') }),
    ]);
    expect(comparable(world, { identity: true })).toEqual(before);
  });

  it('another role made elsewhere in place of the first is recorded', async () => {
    const world = platform();
    const theirs = role(world, 'their-reader');
    world.roles.other = { ...structuredClone(theirs), name: 'other', arn: arn('other') };
    const { run } = account(world);
    await run(`${ENABLE} ${READER}`);
    expect((await run(`${AGAIN} --audit-logs-role-arn ${arn('other')}`)).code).toBe(0);
    expect((await run(STATUS)).json.outputs.auditLogsRoleArn).toBe(arn('other'));
  });

  it('another one in its place is to be told to RAD by hand, whose API takes a role once', async () => {
    const env = { RAD_ACCESS_KEY_ID: 'k', RAD_SECRET_KEY: 's' };
    const world = platform();
    world.roles.other = { ...structuredClone(role(world, 'their-reader')), name: 'other', arn: arn('other') };
    const { run } = account(world);
    const first = await run(`${ENABLE} ${READER}`, { env });
    expect([first.code, first.json.warnings]).toEqual([0, []]);
    const { json } = await run(`${AGAIN} --audit-logs-role-arn ${arn('other')}`, { env });
    expect(json.warnings).toEqual([
      expect.objectContaining({ code: 'RAD_READS_WITH_ANOTHER', hint: expect.stringContaining(arn('other')) }),
    ]);
    expect((await run(AGAIN, { env })).json.warnings).toEqual([]);
    expect((await run(DELETE, { env })).code).toBe(0);
    expect(world.buckets).toEqual({});
  });
});

describe('what is checked of a role made elsewhere', () => {
  const nameIn = (given: string) => given.slice(given.lastIndexOf('/') + 1);
  /** A run that is refused, and leaves everything as it was. */
  async function refused(world: World, line: string) {
    const before = comparable(world, { identity: true });
    const { code, json, writes, stderr } = await account(world).run(line);
    expect([code, writes, json.errors.map((error) => error.code)]).toEqual([64, [], ['USAGE']]);
    expect(stderr.match(/^error: /gm)).toHaveLength(1);
    expect(comparable(world, { identity: true })).toEqual(before);
    return json.errors[0]!.message;
  }

  it.each(Object.entries(GIVEN))('%s that is not there is refused, and not recorded', async (option, given) => {
    const world = platform();
    delete world.roles[nameIn(given)];
    for (const line of [`${ENABLE} ${ALL}`, `${ENABLE} ${ALL} --dry-run`])
      expect(await refused(world, line)).toContain(`${option} ${given}: there is no such role`);
  });

  it.each(Object.entries(GIVEN).slice(0, 2))('%s: nor in the place of one of ours', async (option, given) => {
    const world = platform();
    delete world.roles[nameIn(given)];
    const { run } = account(world);
    await run(ENABLE);
    await refused(world, `${AGAIN} ${option} ${given}`);
    const plain = await run(AGAIN);
    expect([plain.code, plain.writes]).toEqual([0, []]);
  });

  it.each(Object.entries(GIVEN))(
    '%s that is recorded and has gone blocks what stands on it, and what mends it is said',
    async (option, given) => {
      const { run, world } = account(platform());
      await run(`${ENABLE} ${ALL} --clusters on`);
      delete world.roles[nameIn(given)];
      const { code, json } = await run(`${AGAIN} --clusters none`);
      expect([code, json.errors]).toEqual([
        3,
        [
          expect.objectContaining({
            code: 'ROLE_MISSING',
            message: expect.stringContaining(given),
            hint: expect.stringContaining(`${option} ARN`),
          }),
        ],
      ]);
      expect(json.errors[0]!.hint!.includes(`${option} none`)).toBe(option !== '--audit-logs-role-arn');
      expect(cluster(world, 'off').logging).not.toContain('audit');
      if (option !== '--audit-logs-role-arn') expect((await run(`${AGAIN} ${option} none`)).code).toBe(0);
    },
  );

  it('a role of the name at another path is not it', async () => {
    const line = `${ENABLE} --firehose-role-arn arn:aws:iam::${ACCOUNT}:role/their-firehose`;
    expect(await refused(platform(), line)).toContain(arn('their-firehose'));
  });

  it.each([
    ['another account', 'arn:aws:iam::999988887777:role/x'],
    ['another partition', `arn:aws-cn:iam::${ACCOUNT}:role/x`],
  ])('one of %s is refused before any write', async (_, given) => {
    for (const option of Object.keys(GIVEN)) {
      const { code, json, calls } = await account(platform()).run(`${ENABLE} ${option} ${given}`);
      expect(code).toBe(64);
      expect(json.errors.map(({ message }) => message)).toEqual([expect.stringContaining(`${option} ${given}`)]);
      // Before anything else is looked at.
      expect(calls.map(({ operation }) => operation)).not.toContain('ListClusters');
      const named = await account(platform()).run(`${ENABLE} --account ${ACCOUNT} ${option} ${given}`);
      expect([named.code, named.calls]).toEqual([64, []]);
    }
  });

  /** What a later run is told, once the roles are recorded. */
  const told = async (change: (world: World) => void, more = '') => {
    const { run, world } = account(platform());
    expect((await run(`${ENABLE} ${ALL}`)).code).toBe(0);
    change(world);
    const { json } = await run(`${AGAIN}${more} --dry-run`);
    return warningsOf(json).map(({ code, id, hint }) => ({ code, id, hint: hint ?? '' }));
  };
  const statement = (hint: string) => JSON.parse(hint.slice(hint.indexOf('{')));

  it.each<[string, string, JsonObject[], boolean]>([
    ['somebody else', 'their-logs', [trust({ Service: 'ec2.amazonaws.com' })], true],
    ['a regional name', 'their-logs', [trust({ Service: `logs.${US}.amazonaws.com` })], false],
    [
      'another account',
      'their-logs',
      [trust({ Service: 'logs.amazonaws.com' }, { StringLike: { 'aws:SourceArn': 'arn:aws:logs:*:999988887777:*' } })],
      true,
    ],
    [
      'another region',
      'their-logs',
      [trust({ Service: 'logs.amazonaws.com' }, { ArnLike: { 'aws:SourceArn': `arn:aws:logs:${EU}:${ACCOUNT}:*` } })],
      true,
    ],
    ['no condition', 'their-firehose', [trust({ Service: 'firehose.amazonaws.com' })], false],
    [
      'a condition on what nobody knows',
      'their-firehose',
      [trust({ Service: 'firehose.amazonaws.com' }, { StringEquals: { 'aws:SourceAccount': ACCOUNT } })],
      false,
    ],
    [
      'another external id',
      'their-firehose',
      [trust({ Service: 'firehose.amazonaws.com' }, { StringEquals: { 'sts:ExternalId': 'x' } })],
      true,
    ],
    [
      'another external id',
      'their-reader',
      [
        trust({ AWS: RAD }, { StringEquals: { 'sts:ExternalId': 'x' } }),
        trust({ AWS: RAD }, undefined, 'sts:TagSession'),
      ],
      true,
    ],
    ['no session tags', 'their-reader', [trust({ AWS: RAD }, { StringEquals: { 'sts:ExternalId': 'abc-123' } })], true],
    ["RAD's whole account", 'their-reader', [trust({ AWS: '955322216602' }, EXTERNAL_ID, 'sts:*')], false],
  ])('a trust of %s (%s)', async (_, name, statements, isTold) => {
    const warnings = await told((world) => trustOf(world, name, ...statements));
    expect(warnings.map(({ code, id }) => [code, id])).toEqual(isTold ? [['ROLE_TRUST', name]] : []);
    for (const { hint } of warnings) expect(hint).toMatch(/"sts:(AssumeRole|TagSession)"/);

    const world = platform();
    trustOf(world, name, ...statements);
    if (!isTold) return expect((await account(world).run(`${ENABLE} ${ALL} --dry-run`)).code).toBe(0);
    const message = await refused(world, `${ENABLE} ${ALL}`);
    expect(message).toMatch(new RegExp(`^--[\\w-]+ ${arn(name)}: its trust .*"sts:(AssumeRole|TagSession)"`));
  });

  const anyId = { StringLike: { 'sts:ExternalId': '*' } };
  const orNone = { StringEqualsIfExists: { 'sts:ExternalId': 'abc-123' } };
  const LOGS = trust({ Service: 'logs.amazonaws.com' });
  const FIREHOSE = trust({ Service: 'firehose.amazonaws.com' });
  const READER = [trust({ AWS: RAD }, EXTERNAL_ID), trust({ AWS: RAD }, undefined, 'sts:TagSession')];
  const GITHUB = `arn:aws:iam::999988887777:oidc-provider/token.actions.githubusercontent.com`;
  const open: [string, string, JsonObject[], string][] = [
    ['anybody', 'their-reader', [...READER, trust({ AWS: '*' })], 'anybody'],
    ['anybody with the external id', 'their-reader', [...READER, trust({ AWS: '*' }, EXTERNAL_ID)], 'anybody'],
    ['anybody, by any action', 'their-reader', [...READER, trust({ AWS: '*' }, undefined, 'sts:*')], 'anybody'],
    [
      'all but one',
      'their-reader',
      [...READER, { Effect: 'Allow', NotPrincipal: { AWS: ACCOUNT }, Action: 'sts:AssumeRole' }],
      'anybody',
    ],
    ['a foreign account', 'their-reader', [...READER, trust({ AWS: '999988887777' }, EXTERNAL_ID)], '999988887777'],
    [
      'another service',
      'their-reader',
      [...READER, trust({ Service: 'lambda.amazonaws.com' })],
      'lambda.amazonaws.com',
    ],
    [
      'a foreign provider of identities',
      'their-reader',
      [...READER, trust({ Federated: GITHUB }, undefined, 'sts:AssumeRoleWithWebIdentity')],
      'githubusercontent',
    ],
    ['RAD without external id', 'their-reader', [...READER, trust({ AWS: RAD })], 'without the external id abc-123'],
    ['RAD with any external id', 'their-reader', [...READER, trust({ AWS: RAD }, anyId)], 'without the external id'],
    [
      'RAD with the external id or none',
      'their-reader',
      [...READER, trust({ AWS: RAD }, orNone)],
      'without the external',
    ],
    ['anybody', 'their-firehose', [FIREHOSE, trust({ AWS: '*' })], 'anybody'],
    [
      'another service',
      'their-firehose',
      [FIREHOSE, trust({ Service: 'lambda.amazonaws.com' })],
      'lambda.amazonaws.com',
    ],
    ['a service that sounds so', 'their-logs', [LOGS, trust({ Service: 'logs.amazonaws.com.example' })], 'example'],
  ];
  it.each(open)('a trust that lets in %s (%s) is refused, and told where it is recorded', async (_, name, all, who) => {
    const world = platform();
    trustOf(world, name, ...all);
    const message = await refused(world, `${ENABLE} ${ALL}`);
    expect(message).toContain(`${arn(name)}: its trust lets `);
    expect(message).toContain(who);

    const later = account(platform());
    await later.run(`${ENABLE} ${ALL}`);
    trustOf(later.world, name, ...all);
    const told = await later.run(STATUS);
    expect(warningsOf(told.json).map(({ code, id }) => [code, id])).toEqual([['ROLE_TRUST_OPEN', name]]);
    const { code, json } = await later.run('doctor -o json');
    expect([code, json.findings!.map(({ severity, code, id }) => [severity, code, id])]).toEqual([
      3,
      [['error', 'ROLE_TRUST_OPEN', name]],
    ]);
  });

  it.each<[string, string, JsonObject[]]>([
    ['the account itself', 'their-reader', [...READER, trust({ AWS: `arn:aws:iam::${ACCOUNT}:root` })]],
    ['a principal that is gone', 'their-reader', [...READER, trust({ AWS: 'AROAEXAMPLE123456789A' })]],
    ['a service that may only tag', 'their-reader', [...READER, trust({ AWS: '*' }, undefined, 'sts:TagSession')]],
    ['the service in another region', 'their-logs', [LOGS, trust({ Service: `logs.${EU}.amazonaws.com` })]],
    [
      'anybody without the external id, and denies that',
      'their-reader',
      [
        trust({ AWS: RAD }, undefined, 'sts:*'),
        {
          Effect: 'Deny',
          Principal: '*',
          Action: 'sts:AssumeRole',
          Condition: { StringNotEquals: { 'sts:ExternalId': 'abc-123' } },
        },
      ],
    ],
  ])('a trust that names %s (%s) lets nobody else in', async (_, name, all) => {
    const world = platform();
    trustOf(world, name, ...all);
    const { code, json } = await account(world).run(`${ENABLE} ${ALL}`);
    expect([code, warningsOf(json)]).toEqual([0, []]);
  });

  it('one role may serve both services', async () => {
    const world = platform();
    trustOf(world, 'their-logs', LOGS, FIREHOSE);
    policyOf(world, 'their-logs', allow(['firehose:*', 's3:*', 'logs:*']));
    const both = `--cloudwatch-role-arn ${arn('their-logs')} --firehose-role-arn ${arn('their-logs')}`;
    const { code, json } = await account(world).run(`${ENABLE} ${both}`);
    expect([code, warningsOf(json)]).toEqual([0, []]);
  });

  it('what is missing is named, and what denies', async () => {
    const world = platform();
    trustOf(world, 'their-reader', READER[0]!);
    const tagging = await refused(world, `${ENABLE} ${ALL}`);
    expect(tagging).toContain('tag its session (sts:TagSession)');
    expect(tagging).not.toContain('"sts:AssumeRole"');
    const Condition = { Bool: { 'aws:MultiFactorAuthPresent': 'false' } };
    const deny = { Effect: 'Deny', Principal: '*', Action: 'sts:*' };
    trustOf(world, 'their-reader', ...READER, { ...deny, Condition });
    expect((await account(structuredClone(world)).run(`${ENABLE} ${ALL} --dry-run`)).code).toBe(0);
    trustOf(world, 'their-reader', ...READER, deny);
    expect(await refused(world, `${ENABLE} ${ALL}`)).toMatch(/denies arn:.*"Effect":"Deny"/);
  });

  it('a reader that wants an external id where there is none', async () => {
    const warnings = await told(() => {}, ' --external-id none');
    expect(warnings.map(({ code }) => code)).toEqual(['NO_EXTERNAL_ID', 'ROLE_TRUST']);
    const line = `enable-audit --regions ${US} --yes -o json ${ALL}`;
    expect(await refused(platform(), line)).toContain('without an external id');
  });

  const lacking: [string, JsonObject[], string[]][] = [
    ['their-logs', [allow(['firehose:PutRecord'])], ['firehose:PutRecordBatch']],
    [
      'their-logs',
      [allow(['firehose:*'], `arn:aws:firehose:${EU}:${ACCOUNT}:deliverystream/*`)],
      ['firehose:PutRecord', 'firehose:PutRecordBatch'],
    ],
    ['their-firehose', [allow(['s3:*'], 'arn:aws:s3:::rad-*'), allow(['logs:*'])], []],
    ['their-firehose', [allow(['s3:*'], 'arn:aws:s3:::other*'), allow(['logs:*'])], ['s3:PutObject']],
    ['their-firehose', [allow(['s3:*'])], ['logs:PutLogEvents']],
    ['their-reader', [allow(['s3:ListBucket', 's3:GetBucketLocation'])], ['s3:GetObject']],
  ];
  it.each(lacking)('permissions that %s lacks, as IAM simulates them', async (name, statements, actions) => {
    const warnings = await told((world) => policyOf(world, name, ...statements));
    expect(warnings.map(({ code, id }) => [code, id])).toEqual(actions.length ? [['ROLE_PERMISSIONS', name]] : []);
    for (const action of actions) expect(statement(warnings[0]!.hint).Action).toContain(action);
  });

  it('with a key, what the roles need for it', async () => {
    const key = (world: World) => policyOf(world, 'their-logs', allow(['firehose:*']));
    const warnings = await told(key, ` --kms-key ${keyArn('key-a')}`);
    expect(warnings.map(({ code, id }) => [code, id])).toEqual([['ROLE_PERMISSIONS', 'their-logs']]);
    expect(statement(warnings[0]!.hint)).toMatchObject({ Action: ['kms:Decrypt', 'kms:GenerateDataKey'] });
  });

  it('attached policies are known to IAM only', async () => {
    const attached = (world: World) => {
      role(world, 'their-firehose').policies = {};
      role(world, 'their-firehose').attached = ['arn:aws:iam::aws:policy/AdministratorAccess'];
    };
    expect(await told(attached)).toEqual([]);
  });

  it.each(['GetRole', 'SimulatePrincipalPolicy'])(
    'what may not be asked stops nothing, and is told: %s',
    async (operation) => {
      const { run, world } = account(platform());
      const faults = (call: Call) =>
        String(call.input.RoleName ?? call.input.PolicySourceArn).includes('their-')
          ? denied(operation)(call)
          : undefined;
      const { code, json } = await run(`${ENABLE} ${ALL}`, { faults });
      expect(code).toBe(0);
      expect(warningsOf(json).map(({ code, id }) => [code, id])).toEqual(
        ['their-firehose', 'their-logs', 'their-reader'].map((name) => ['ROLE_UNCHECKED', name]),
      );
      for (const { hint } of warningsOf(json)) expect(hint).toContain(`iam:${operation}`);
      expect(stream(world).destination.RoleARN).toBe(GIVEN['--firehose-role-arn']);
    },
  );

  it('status tells what they have come to lack', async () => {
    const { run, world } = account(platform());
    await run(`${ENABLE} ${ALL}`);
    policyOf(world, 'their-firehose', allow(['logs:*']));
    const { json, writes } = await run(STATUS);
    expect(warningsOf(json).map(({ code, id }) => [code, id])).toEqual([['ROLE_PERMISSIONS', 'their-firehose']]);
    expect(writes).toEqual([]);
  });
});

describe('doctor, where roles were made elsewhere', () => {
  const doctor = async (change: (world: World) => void) => {
    const { run, world } = account(platform());
    expect((await run(`${ENABLE} ${ALL}`)).code).toBe(0);
    change(world);
    const { code, json, writes } = await run('doctor -o json');
    expect(writes).toEqual([]);
    return { code, told: json.findings!.map(({ severity, code, id }) => [severity, code, id]) };
  };

  it('finds nothing where nothing is wrong', async () => {
    expect(await doctor(() => {})).toEqual({ code: 0, told: [] });
  });

  it('tells what they lack', async () => {
    const { code, told } = await doctor((world) => policyOf(world, 'their-firehose', allow(['logs:*'])));
    expect([code, told]).toEqual([0, [['warning', 'ROLE_PERMISSIONS', 'their-firehose']]]);
  });

  it('sees whom the policy of the bucket denies', async () => {
    const denies = {
      Effect: 'Deny',
      Principal: { AWS: GIVEN['--audit-logs-role-arn'] },
      Action: 's3:GetObject',
      Resource: '*',
    };
    const { code, told } = await doctor((world) => {
      bucket(world).policy = edited(bucket(world).policy!, (statements) => statements.push(denies));
    });
    expect([code, told[0]]).toEqual([3, ['error', 'RAD_CANNOT_READ', NAMES.bucket(US)]]);
  });
});
