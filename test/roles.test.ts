import { describe, expect, it } from 'vitest';
import { accessDenied } from '../src/simulator/errors.ts';
import { account } from './helpers/account.ts';
import { comparable } from './helpers/comparable.ts';
import { ACCOUNT, BOUNDARIES, bucket, EU, edited, filter, NAMES, role, small, stream, US } from './helpers/small.ts';

const BASE = 'enable-audit --external-id abc-123 --yes -o json';
const ENABLE = `${BASE} --regions ${US}`;
const AGAIN = 'enable-audit --yes -o json';
const STATUS = 'status --detailed-exitcode -o json';
const DELETE = `teardown --yes --confirm ${ACCOUNT} --delete-data -o json`;
const ROLES = [NAMES.reader, NAMES.subscription, NAMES.delivery];
const [BOUNDARY, OTHER] = BOUNDARIES;

describe('--permissions-boundary', () => {
  it('is on all three roles from their creation, and later too', async () => {
    const { run, world } = account(small());
    const { calls } = await run(`${ENABLE} --permissions-boundary ${BOUNDARY}`);
    const created = calls.filter(({ operation }) => operation === 'CreateRole');
    expect(created.map(({ input }) => input.PermissionsBoundary)).toEqual([BOUNDARY, BOUNDARY, BOUNDARY]);
    for (const name of ROLES) expect(role(world, name).boundary).toBe(BOUNDARY);
    delete world.roles[NAMES.delivery];
    expect((await run(AGAIN)).code).toBe(0);
    expect(role(world, NAMES.delivery).boundary).toBe(BOUNDARY);
    expect((await run(STATUS)).code).toBe(0);
  });

  it("somebody else's stays, unless the option is given in this run", async () => {
    const { run, world } = account(small());
    await run(`${ENABLE} --permissions-boundary ${BOUNDARY}`);
    for (const name of ROLES) role(world, name).boundary = OTHER;
    expect((await run(AGAIN)).writes).toEqual([]);
    expect((await run(`${AGAIN} --permissions-boundary ${BOUNDARY}`)).code).toBe(0);
    for (const name of ROLES) expect(role(world, name).boundary).toBe(BOUNDARY);
  });

  it('ours stays where the record was lost', async () => {
    const { run, world } = account(small());
    await run(`${ENABLE} --permissions-boundary ${BOUNDARY}`);
    delete role(world, NAMES.reader).tags['rad-connect:settings'];
    await run(`${AGAIN} --external-id abc-123`);
    for (const name of ROLES) expect(role(world, name).boundary).toBe(BOUNDARY);
  });

  it.each([
    ['at first', undefined],
    ['later', ENABLE],
  ])('that is not there is refused %s before any write, and not recorded', async (_, before) => {
    const { run, world } = account(small());
    if (before) await run(before);
    const start = comparable(world, { identity: true });
    const nowhere = `arn:aws:iam::${ACCOUNT}:policy/nowhere`;
    for (const line of [ENABLE, `${ENABLE} --dry-run`]) {
      const { code, json, writes } = await run(`${line} --permissions-boundary ${nowhere}`);
      expect([code, writes]).toEqual([64, []]);
      expect(json.errors).toEqual([
        expect.objectContaining({
          code: 'USAGE',
          message: expect.stringContaining(`--permissions-boundary ${nowhere}`),
        }),
      ]);
    }
    expect(comparable(world, { identity: true })).toEqual(start);
    expect((await run(ENABLE)).code).toBe(0);
  });

  it('that is recorded and has gone: what mends it is said', async () => {
    const { run, world } = account(small());
    await run(`${ENABLE} --permissions-boundary ${BOUNDARY}`);
    delete world.managedPolicies[BOUNDARY];
    delete world.roles[NAMES.delivery];
    const { code, json } = await run(AGAIN);
    expect([code, json.errors.map(({ id, hint }) => [id, hint?.includes('--permissions-boundary none')])]).toEqual([
      3,
      [[NAMES.delivery, true]],
    ]);
    expect((await run(`${AGAIN} --permissions-boundary none`)).code).toBe(0);
  });

  it('that may not be looked at stops nothing, and is told', async () => {
    const { run, world } = account(small());
    const error = accessDenied('iam:GetPolicy', BOUNDARY);
    const { code, json } = await run(`${ENABLE} --permissions-boundary ${BOUNDARY}`, {
      faults: ({ operation }) => (operation === 'GetPolicy' ? { when: 'before', error } : undefined),
    });
    expect(code).toBe(0);
    expect(json.warnings.find((warning) => warning.code === 'BOUNDARY_UNCHECKED')).toMatchObject({
      id: BOUNDARY,
      hint: expect.stringContaining('iam:GetPolicy'),
    });
    expect(role(world, NAMES.reader).boundary).toBe(BOUNDARY);
  });

  it.each([
    ['of another account', 'arn:aws:iam::999988887777:policy/x'],
    ['of another partition', `arn:aws-cn:iam::${ACCOUNT}:policy/x`],
  ])('%s is refused before any write', async (_, arn) => {
    const { code, json, writes } = await account(small()).run(`${ENABLE} --permissions-boundary ${arn}`);
    expect([code, writes]).toEqual([64, []]);
    expect(json.errors[0]!.message).toContain(arn);
  });
});

describe('--role-path', () => {
  const PATHED = `${ENABLE} --role-path /team/sec/`;
  const arn = (name: string) => `arn:aws:iam::${ACCOUNT}:role/team/sec/${name}`;

  it('is part of every ARN, and of no name', async () => {
    const { run, world } = account(small());
    const { code, json } = await run(PATHED);
    expect(code).toBe(0);
    for (const name of ROLES) expect(role(world, name).arn).toBe(arn(name));
    expect(stream(world).destination.RoleARN).toBe(arn(NAMES.delivery));
    expect(filter(world, 'on').roleArn).toBe(arn(NAMES.subscription));
    expect(json.outputs.auditLogsRoleArn).toBe(arn(NAMES.reader));
    expect((await run(AGAIN)).writes).toEqual([]);
    expect((await run(STATUS)).json.outputs.auditLogsRoleArn).toBe(arn(NAMES.reader));
  });

  it('doctor sees nothing wrong with it, and whom the policy of the bucket denies', async () => {
    const { run, world } = account(small());
    await run(PATHED);
    const good = await run('doctor -o json');
    expect([good.code, good.json.findings]).toEqual([0, []]);
    const denies = { Effect: 'Deny', Principal: { AWS: arn(NAMES.reader) }, Action: 's3:GetObject', Resource: '*' };
    bucket(world).policy = edited(bucket(world).policy!, (statements) => statements.push(denies));
    const { json } = await run('doctor -o json');
    expect(json.findings![0]).toMatchObject({ code: 'RAD_CANNOT_READ', region: US });
  });

  it('there and back is nothing', async () => {
    const world = small();
    const before = comparable(world, { identity: true });
    const { run } = account(world);
    await run(PATHED);
    expect((await run(DELETE)).code).toBe(0);
    expect(comparable(world, { identity: true })).toEqual(before);
  });

  it.each([
    ['to another one', PATHED, '/other/'],
    ['to none', PATHED, 'none'],
    ['from none', ENABLE, '/other/'],
  ])('a later change %s is refused in one line, before any write', async (_, first, path) => {
    const { run, world } = account(small());
    await run(first);
    const before = comparable(world, { identity: true });
    const { code, json, stderr, writes } = await run(`${AGAIN} --role-path ${path}`);
    expect([code, writes]).toEqual([64, []]);
    expect(json.errors).toEqual([expect.objectContaining({ code: 'USAGE' })]);
    expect(stderr.trimEnd().split('\n').at(-1)).toMatch(/^error: --role-path .* can never be changed/);
    expect(comparable(world, { identity: true })).toEqual(before);
  });

  it('the same one again is no change', async () => {
    const { run } = account(small());
    await run(PATHED);
    const { code, writes } = await run(`${AGAIN} --role-path /team/sec/`);
    expect([code, writes]).toEqual([0, []]);
  });

  it('holds for regions that are connected later', async () => {
    const { run, world } = account(small(US, EU));
    await run(PATHED);
    expect((await run(`${BASE} --regions ${EU}`)).code).toBe(0);
    expect(stream(world, EU).destination.RoleARN).toBe(arn(NAMES.delivery));
  });

  it('is known from the role itself where the record was lost', async () => {
    const { run, world } = account(small());
    await run(PATHED);
    delete role(world, NAMES.reader).tags['rad-connect:settings'];
    await run(`${AGAIN} --external-id abc-123`);
    expect(stream(world).destination.RoleARN).toBe(arn(NAMES.delivery));
    expect((await run(STATUS)).code).toBe(0);
  });

  it('a role that is elsewhere, its record gone, is left untouched, and so is the stream', async () => {
    const { run, world } = account(small());
    await run(PATHED);
    delete world.roles[NAMES.reader];
    const { code, json } = await run(ENABLE);
    expect(code).toBe(3);
    expect(json.errors.map(({ code, id }) => [code, id]).sort()).toEqual([
      ['FOREIGN', NAMES.subscription],
      ['FOREIGN', NAMES.delivery],
    ]);
    expect(json.errors[0]!.hint).toContain('--role-path /team/sec/');
    expect(stream(world).destination.RoleARN).toBe(arn(NAMES.delivery));
  });
});
