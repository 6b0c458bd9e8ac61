import { describe, expect, it } from 'vitest';
import { accessDenied } from '../src/simulator/errors.ts';
import type { JsonObject, Key } from '../src/simulator/model.ts';
import type { Call, Fault } from '../src/simulator/simulator.ts';
import type { World } from '../src/simulator/world.ts';
import { account } from './helpers/account.ts';
import { comparable } from './helpers/comparable.ts';
import { ACCOUNT, bucket, EU, keyArn, NAMES, role, small, stream, US } from './helpers/small.ts';
import { during } from './helpers/traffic.ts';

const BASE = 'enable-audit --external-id abc-123 --yes -o json';
const ENABLE = `${BASE} --regions ${US}`;
const AGAIN = 'enable-audit --yes -o json';
const STATUS = 'status --detailed-exitcode -o json';
const TEARDOWN = `teardown --yes --confirm ${ACCOUNT} -o json`;
const [A, B, C] = [keyArn('key-a'), keyArn('key-b'), keyArn('key-c')];

interface Statement {
  readonly Action: readonly string[];
  readonly Resource: readonly string[];
  readonly Condition: { readonly StringLike: Readonly<Record<string, readonly string[]>> };
}
const grant = (world: World, name: string): Statement | undefined =>
  JSON.parse(role(world, name).policies['rad-connect']!.text).Statement.find(({ Action }: Statement) =>
    Action.some((action) => action.startsWith('kms:')),
  );
const keysOf = (world: World, name: string = NAMES.delivery) => [...(grant(world, name)?.Resource ?? [])];
const sse = (world: World, region = US) => (bucket(world, region).encryption!.Rules as JsonObject[])[0]!;
const denying =
  (operation: string) =>
  (call: Call): Fault | undefined =>
    call.service === 'kms' && call.operation === operation
      ? { when: 'before', error: accessDenied(`kms:${operation}`, '*') }
      : undefined;

/** An account in which enable-audit has run with this key. */
async function enabled(key = A, world = small(), line = ENABLE) {
  const here = account(world);
  const { code, stderr } = await here.run(`${line} --kms-key ${key}`);
  expect(code, stderr).toBe(0);
  return here;
}

it('a key for a region that is not in the run is told', async () => {
  const { code, json } = await account(small(US, EU)).run(`${ENABLE} --dry-run --kms-key ${EU}=${keyArn('key-a', EU)}`);
  expect(code).toBe(0);
  expect(json.warnings).toContainEqual(expect.objectContaining({ code: 'KMS_KEY_UNUSED', region: EU }));
});

describe('a key of the customer', () => {
  it('encrypts bucket and stream, and the three roles may use it for that only', async () => {
    const { world, run } = await enabled();
    expect(sse(world)).toMatchObject({
      ApplyServerSideEncryptionByDefault: { SSEAlgorithm: 'aws:kms', KMSMasterKeyID: A },
      BucketKeyEnabled: true,
      BlockedEncryptionTypes: { EncryptionType: ['SSE-C'] },
    });
    expect(stream(world).destination.EncryptionConfiguration).toEqual({ KMSEncryptionConfig: { AWSKMSKeyARN: A } });
    expect(stream(world).encryption).toMatchObject({ Status: 'ENABLED', KeyType: 'CUSTOMER_MANAGED_CMK', KeyARN: A });

    const ours = `arn:aws:s3:::rad-eks-audit-logs-${ACCOUNT}-*`;
    const throughS3 = { 'kms:ViaService': [`s3.${US}.*`], 'kms:EncryptionContext:aws:s3:arn': [ours, `${ours}/*`] };
    const both = ['kms:Decrypt', 'kms:GenerateDataKey'];
    const expected = (Action: string[], StringLike: object) => ({
      Effect: 'Allow',
      Action,
      Resource: [A],
      Condition: { StringLike },
    });
    expect(grant(world, NAMES.delivery)).toEqual(expected(both, throughS3));
    expect(grant(world, NAMES.subscription)).toEqual(expected(both, { 'kms:ViaService': [`firehose.${US}.*`] }));
    expect(grant(world, NAMES.reader)).toEqual(expected(['kms:Decrypt'], throughS3));

    expect((await run(AGAIN)).writes).toEqual([]);
    const told = await run(STATUS);
    expect([told.code, told.json.warnings]).toEqual([0, []]);
  });

  it('without one no role may use any', async () => {
    const { world, run } = account(small());
    await run(ENABLE);
    for (const name of [NAMES.delivery, NAMES.subscription, NAMES.reader]) expect(grant(world, name)).toBeUndefined();
  });

  it('no event is lost when a key is turned on, changed and taken away under live filters', async () => {
    const { world, run, clock } = account(small());
    expect((await run(ENABLE)).code).toBe(0);
    for (const key of [A, B, 'none', A]) {
      const { sent, landed } = await during(() => run(`${AGAIN} --kms-key ${key}`), world, clock);
      expect(sent.length).toBeGreaterThan(50);
      expect(
        sent.filter((id) => !landed.includes(id)),
        `lost with --kms-key ${key}`,
      ).toEqual([]);
      expect(stream(world).encryption.KeyARN).toBe(key === 'none' ? undefined : key);
    }
  });

  it('the key before stays with the roles, for what it has encrypted; only the last one', async () => {
    const { world, run } = await enabled();
    await run(`${AGAIN} --kms-key ${B}`);
    expect(keysOf(world)).toEqual([A, B]);
    await run(`${AGAIN} --kms-key none`);
    expect(keysOf(world)).toEqual([B]);
    expect(sse(world).ApplyServerSideEncryptionByDefault).toEqual({ SSEAlgorithm: 'AES256' });
    expect((await run(AGAIN)).writes).toEqual([]);
    expect((await run(STATUS)).code).toBe(0);
  });

  it.each([NAMES.subscription, NAMES.delivery])(
    'where %s may not be given the key, the stream does not get it either',
    async (name) => {
      const { world, run } = account(small());
      await run(ENABLE);
      const { code, json } = await run(`${AGAIN} --kms-key ${A}`, {
        faults: ({ operation, input }) =>
          operation === 'PutRolePolicy' && input.RoleName === name
            ? { when: 'before', error: accessDenied('iam:PutRolePolicy', name) }
            : undefined,
      });
      expect(code).toBe(3);
      expect(json.errors.map(({ id }) => id)).toEqual([name]);
      expect(stream(world).encryption.KeyARN).toBeUndefined();
    },
  );

  it('there and back is nothing', async () => {
    const world = small();
    const before = comparable(world, { identity: true });
    const { run } = await enabled(A, world);
    await run(`${AGAIN} --kms-key ${B}`);
    expect((await run(`${TEARDOWN} --delete-data`)).code).toBe(0);
    expect(comparable(world, { identity: true })).toEqual(before);
  });
});

describe('keys of several regions', () => {
  const BOTH = `${BASE} --regions ${US},${EU}`;
  const E = keyArn('key-c', EU);

  it('each region has its own, and a run for one leaves the other as it is', async () => {
    const { world, run } = await enabled(`${US}=${A},${EU}=${E}`, small(US, EU), BOTH);
    expect([sse(world), sse(world, EU)]).toMatchObject([
      { ApplyServerSideEncryptionByDefault: { KMSMasterKeyID: A } },
      { ApplyServerSideEncryptionByDefault: { KMSMasterKeyID: E } },
    ]);
    expect(keysOf(world, NAMES.reader)).toEqual([E, A].sort());
    expect(grant(world, NAMES.reader)?.Condition.StringLike['kms:ViaService']).toEqual([`s3.${EU}.*`, `s3.${US}.*`]);

    expect((await run(`${ENABLE} --kms-key ${EU}=none`)).writes).toEqual([]);
    await run(`${ENABLE} --kms-key ${US}=none`);
    expect(sse(world).ApplyServerSideEncryptionByDefault).toEqual({ SSEAlgorithm: 'AES256' });
    expect(keysOf(world)).toEqual([E, A].sort());
    expect((await run(AGAIN)).writes).toEqual([]);
  });

  it('a multi-region key is meant in each region by the ARN that it has there', async () => {
    const { world } = await enabled(keyArn('mrk-d', 'eu-west-1'), small(US, EU), BOTH);
    for (const region of [US, EU])
      expect(sse(world, region)).toMatchObject({
        ApplyServerSideEncryptionByDefault: { KMSMasterKeyID: keyArn('mrk-d', region) },
      });
  });

  it('a region that is left with its logs keeps its key: RAD reads on, and a later run takes it up again', async () => {
    const { world, run } = await enabled(`${US}=${A},${EU}=${E}`, small(US, EU), BOTH);
    expect((await run(`${TEARDOWN} --regions ${EU}`)).code).toBe(0);
    expect(keysOf(world, NAMES.reader)).toContain(E);
    expect((await run(`${TEARDOWN} --regions ${EU}`)).writes).toEqual([]);
    const told = await run(STATUS);
    expect([told.code, told.json.regions.map(({ name }) => name)]).toEqual([0, [US]]);
    expect((await run(AGAIN)).writes).toEqual([]);

    expect((await run(`${AGAIN} --regions ${EU}`)).code).toBe(0);
    expect(stream(world, EU).encryption.KeyARN).toBe(E);
    expect((await run(STATUS)).code).toBe(0);
  });

  it('a region whose logs go too takes its key along', async () => {
    const { world, run } = await enabled(`${US}=${A},${EU}=${E}`, small(US, EU), BOTH);
    expect((await run(`${TEARDOWN} --regions ${EU} --delete-data`)).code).toBe(0);
    expect((await run(AGAIN)).code).toBe(0);
    expect(keysOf(world, NAMES.reader)).toEqual([A]);
  });
});

describe('before anything is written', () => {
  it.each<[string, Partial<Key> | undefined, RegExp]>([
    ['disabled', { state: 'Disabled' }, /Disabled/],
    ['pending deletion', { state: 'PendingDeletion' }, /PendingDeletion/],
    ['without material', { state: 'PendingImport' }, /PendingImport/],
    ['asymmetric', { spec: 'RSA_2048' }, /RSA_2048/],
    ['for signatures', { spec: 'HMAC_256', usage: 'GENERATE_VERIFY_MAC' }, /GENERATE_VERIFY_MAC/],
    ["AWS's own", { manager: 'AWS' }, /AWS's own/],
    ['not there', undefined, /does not exist/],
  ])('a key that is %s: its region is blocked, and the other goes on', async (_, more, why) => {
    const world = small(US, EU);
    if (more) Object.assign(world.keys[A]!, more);
    else delete world.keys[A];
    const { run } = account(world);
    const line = `${BASE} --regions ${US},${EU} --kms-key ${US}=${A}`;
    const dry = await run(`${line} --dry-run`);
    expect(dry.writes).toEqual([]);
    const { code, json } = await run(line);
    expect(code).toBe(3);
    for (const { errors } of [dry.json, json])
      expect(errors).toEqual([
        expect.objectContaining({ code: 'KMS_KEY_UNUSABLE', region: US, message: expect.stringMatching(why) }),
      ]);
    expect(world.buckets).not.toHaveProperty(NAMES.bucket(US));
    expect(world.regions[US]!.streams).toEqual({});
    expect(stream(world, EU)).toMatchObject({ status: 'ACTIVE' });
  });

  it('a key that is disabled later is told by status, and nothing is changed', async () => {
    const { world, run } = await enabled();
    world.keys[A]!.state = 'Disabled';
    for (const line of [STATUS, AGAIN]) {
      const { json, writes } = await run(line);
      expect(json.errors.map(({ code }) => code)).toEqual(['KMS_KEY_UNUSABLE']);
      expect(writes).toEqual([]);
    }
    world.keys[A]!.state = 'Enabled';
    expect((await run(AGAIN)).code).toBe(0);
  });

  it('a key that cannot be used takes the place of none: what is there keeps its key, and so do the roles', async () => {
    const { world, run } = await enabled();
    world.keys[B]!.state = 'Disabled';
    const refused = await run(`${AGAIN} --kms-key ${B}`);
    expect(refused.json.errors.map(({ code }) => code)).toEqual(['KMS_KEY_UNUSABLE']);
    expect(keysOf(world)).toEqual([A]);
    expect((await run(AGAIN)).writes).toEqual([]);
    expect((await run(`${AGAIN} --kms-key ${C}`)).code).toBe(0);
    expect(keysOf(world)).toEqual([A, C].sort());
    expect(stream(world).encryption.KeyARN).toBe(C);
  });

  const policy = (...Statement: object[]) => JSON.stringify({ Version: '2012-10-17', Statement });
  const allowing = (AWS: string | string[], more: object = {}) => ({
    Effect: 'Allow',
    Principal: { AWS },
    Action: ['kms:GenerateDataKey', 'kms:Decrypt', 'kms:DescribeKey'],
    Resource: '*',
    ...more,
  });
  const root = `arn:aws:iam::${ACCOUNT}:root`;
  const ours = [NAMES.reader, NAMES.delivery, NAMES.subscription].map((name) => `arn:aws:iam::${ACCOUNT}:role/${name}`);
  it.each<[string, string, string[]]>([
    ['leaves it to the account', policy(allowing(root)), []],
    ['names our roles', policy(allowing(ours)), []],
    [
      'leaves it to everybody who comes from the account',
      policy(allowing('*', { Condition: { StringEquals: { 'kms:CallerAccount': ACCOUNT } } })),
      [],
    ],
    [
      'has a condition that is not known',
      policy(allowing(root, { Condition: { StringEquals: { 'aws:PrincipalOrgID': 'o-1' } } })),
      [],
    ],
    [
      'names somebody else',
      policy(allowing(`arn:aws:iam::${ACCOUNT}:role/x`)),
      [NAMES.subscription, NAMES.delivery, NAMES.reader],
    ],
    [
      'is for another service',
      policy(allowing(root, { Condition: { StringLike: { 'kms:ViaService': 'ebs.*' } } })),
      [NAMES.subscription, NAMES.delivery, NAMES.reader],
    ],
    [
      'is for S3 only',
      policy(allowing(root, { Condition: { StringLike: { 'kms:ViaService': 's3.*' } } })),
      [NAMES.subscription],
    ],
    ['names all but one role', policy(allowing(ours.slice(1))), [NAMES.reader]],
    ['denies one role', policy(allowing(root), { ...allowing(ours[0]!), Effect: 'Deny' }), [NAMES.reader]],
  ])('a key whose policy %s: said with the statement to add', async (_, text, lacking) => {
    const world = small();
    world.keys[A]!.policy = text;
    const { json, writes } = await account(world).run(`${ENABLE} --kms-key ${A} --dry-run`);
    const told = json.warnings.filter(({ code }) => code === 'KMS_KEY_POLICY');
    expect(told).toHaveLength(lacking.length ? 1 : 0);
    for (const name of lacking) expect(told[0]!.message).toContain(name);
    if (lacking.length) {
      const statement = JSON.parse(told[0]!.hint!.slice(told[0]!.hint!.indexOf('{')));
      expect(statement).toMatchObject({
        Effect: 'Allow',
        Principal: { AWS: root },
        Action: expect.arrayContaining(['kms:Decrypt']),
      });
    }
    expect(writes).toEqual([]);
  });

  it.each(['DescribeKey', 'GetKeyPolicy'])('%s denied: a warning and never a gate', async (operation) => {
    const { run, world } = account(small());
    const { code, json } = await run(`${ENABLE} --kms-key ${A}`, { faults: denying(operation) });
    expect(code).toBe(0);
    expect(json.warnings).toEqual([
      expect.objectContaining({ code: 'RAD_NOT_REGISTERED' }),
      expect.objectContaining({ code: 'KMS_KEY_UNCHECKED', id: A, region: US }),
    ]);
    expect(stream(world).encryption.KeyARN).toBe(A);
    const told = await run(STATUS, { faults: denying(operation) });
    expect([told.code, told.json.warnings]).toEqual([0, json.warnings.slice(1)]);
  });

  it('KMS is not asked where nobody has a key', async () => {
    const { run } = account(small());
    const { calls } = await run(ENABLE);
    expect(calls.filter(({ service }) => service === 'kms')).toEqual([]);
  });
});

describe("somebody's key", () => {
  it('stays, and what to do about it is said', async () => {
    const { run, world } = account(small());
    await run(ENABLE);
    Object.assign(sse(world), { ApplyServerSideEncryptionByDefault: { SSEAlgorithm: 'aws:kms', KMSMasterKeyID: B } });
    const { code, json, writes } = await run(AGAIN);
    expect([code, writes]).toEqual([0, []]);
    expect(json.warnings).toEqual([
      expect.objectContaining({
        code: 'KMS_KEY_UNKNOWN',
        region: US,
        hint: expect.stringContaining(`--kms-key ${US}=${B}`),
      }),
    ]);
    expect((await run(`${AGAIN} --kms-key ${B}`)).code).toBe(0);
    expect((await run(STATUS)).json.warnings).toEqual([]);
    expect(keysOf(world)).toEqual([B]);
  });

  it('ours stays where the record of the region was emptied', async () => {
    const { run, world } = await enabled();
    role(world, NAMES.reader).tags[`rad-connect:region:${US}`] = '';
    expect((await run(AGAIN)).code).toBe(0);
    expect(sse(world)).toMatchObject({ ApplyServerSideEncryptionByDefault: { KMSMasterKeyID: A } });
    expect(stream(world).encryption.KeyARN).toBe(A);
    await run(`${AGAIN} --kms-key ${A}`);
    expect((await run(STATUS)).code).toBe(0);
  });

  it('a stream that Firehose cannot encrypt says what the key needs', async () => {
    const { run, world } = account(small());
    world.failNextStream = { Type: 'CREATE_KMS_GRANT_FAILED', Details: 'no grant' };
    const { json } = await run(`${ENABLE} --kms-key ${A}`, {
      faults: ({ operation }) => {
        if (operation === 'DeleteDeliveryStream')
          world.failNextStream = { Type: 'CREATE_KMS_GRANT_FAILED', Details: 'no grant' };
        return undefined;
      },
    });
    expect(json.errors).toEqual([
      expect.objectContaining({ code: 'KMS_KEY_UNUSABLE', hint: expect.stringContaining('kms:CreateGrant') }),
    ]);
  });
});
