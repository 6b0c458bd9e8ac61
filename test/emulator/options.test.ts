import { CreatePolicyCommand, CreateRoleCommand, PutRolePolicyCommand } from '@aws-sdk/client-iam';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import type { Document } from '../../src/render/document.ts';
import { ACCOUNT, clients, type Emulator, run, seed, snapshot, startEmulator } from './emulator.ts';

const REGIONS = ['us-east-1', 'eu-west-1'];
const ENABLE = ['enable-audit', '--regions', REGIONS.join(','), '--external-id', 'abc-123', '--yes', '-o', 'json'];
const AGAIN = ['enable-audit', '--yes', '-o', 'json'];
const STATUS = ['status', '-o', 'json'];
const DELETE = ['teardown', '--yes', '--confirm', ACCOUNT, '--delete-data', '-o', 'json'];

let emulator: Emulator;
beforeAll(async () => {
  emulator = await startEmulator();
});
afterAll(() => emulator.stop());
beforeEach(() => emulator.reset());

async function cli(args: readonly string[]) {
  const { code, stdout, stderr } = await run(emulator, [...args]);
  return { code, stderr, json: JSON.parse(stdout) as Document };
}
/** Only what has no room for a filter is blocked. */
const isWell = ({ summary: { create, update, failed, skipped } }: Document) => [create, update, failed, skipped];
const document = (...Statement: object[]) => JSON.stringify({ Version: '2012-10-17', Statement });
const arn = (name: string) => `arn:aws:iam::${ACCOUNT}:role/platform/${name}`;

async function makeRole(name: string, trust: object, Action: string[]) {
  const { iam } = clients(emulator, 'us-east-1', { quiet: true });
  const statement = { Effect: 'Allow', Action: ['sts:AssumeRole', 'sts:TagSession'], ...trust };
  const AssumeRolePolicyDocument = document(statement);
  await iam.send(new CreateRoleCommand({ RoleName: name, Path: '/platform/', AssumeRolePolicyDocument }));
  const PolicyDocument = document({ Effect: 'Allow', Action, Resource: '*' });
  await iam.send(new PutRolePolicyCommand({ RoleName: name, PolicyName: 'theirs', PolicyDocument }));
}

const ROLES = [
  '--firehose-role-arn',
  arn('hose'),
  '--cloudwatch-role-arn',
  arn('logs'),
  '--audit-logs-role-arn',
  arn('rad'),
];
async function makeRoles() {
  const externalId = (id: string) => ({ Condition: { StringEquals: { 'sts:ExternalId': id } } });
  await makeRole('hose', { Principal: { Service: 'firehose.amazonaws.com' }, ...externalId(ACCOUNT) }, [
    's3:*',
    'logs:*',
  ]);
  await makeRole('logs', { Principal: { Service: 'logs.amazonaws.com' } }, ['firehose:*']);
  const rad = { AWS: 'arn:aws:iam::955322216602:role/ksoc-data-pipeline' };
  await makeRole('rad', { Principal: rad, ...externalId('abc-123') }, ['s3:*']);
}

describe('options of the installation, against an emulator', () => {
  test('roles made elsewhere are used and never written; twice is nothing, there and back is nothing', async () => {
    await seed(emulator, REGIONS);
    await makeRoles();
    const before = await snapshot(emulator, REGIONS);
    await emulator.forgetCalls();
    const first = await cli([...ENABLE, ...ROLES]);
    expect(first.code, first.stderr).toBe(3);
    expect(first.json.warnings.map(({ code }) => code)).not.toContain('ROLE_TRUST');
    expect(first.json.outputs.auditLogsRoleArn).toBe(arn('rad'));
    expect((await emulator.writes()).filter(({ service }) => service === 'iam')).toEqual([]);

    await emulator.forgetCalls();
    const second = await cli(AGAIN);
    expect(isWell(second.json)).toEqual([0, 0, 0, 0]);
    expect((await cli(STATUS)).json.changes).toEqual(second.json.changes);
    expect(await emulator.writes()).toEqual([]);

    const end = await cli(DELETE);
    expect(end.code, end.stderr).toBe(0);
    expect(await snapshot(emulator, REGIONS)).toEqual(before);
  });

  test('a wrong trust is refused with the statement to add, and so is a role or boundary that is not there', async () => {
    await seed(emulator, ['eu-west-1']);
    await makeRole('logs', { Principal: { Service: 'ec2.amazonaws.com' } }, ['firehose:*']);
    await makeRole('open', { Principal: '*' }, ['s3:*']);
    const boundary = arn('bound').replace(':role/', ':policy/');
    for (const [option, value, text] of [
      ['--audit-logs-role-arn', arn('open'), 'lets anybody assume it'],
      ['--cloudwatch-role-arn', arn('logs'), '"Service":["logs.amazonaws.com"]'],
      ['--firehose-role-arn', arn('hose'), 'there is no such role'],
      ['--permissions-boundary', boundary, 'there is no such policy'],
    ] as const) {
      const { code, json } = await cli([...ENABLE, option, value]);
      expect([code, json.errors.map(({ message }) => message)]).toEqual([64, [expect.stringContaining(text)]]);
    }
    expect(await emulator.writes()).toEqual([]);
  });

  test.each([
    ['rad', 'blue'],
    ['blue', 'rad'],
  ])('two installations, torn down %s first and %s last: the account is as it was', async (first, last) => {
    await seed(emulator, REGIONS);
    const before = await snapshot(emulator, REGIONS);
    const of = (prefix: string, line: readonly string[]) => cli([...line, '--name-prefix', prefix]);
    // Of its two filters one would be free again when the first installation has left.
    const enable = [...ENABLE, '--exclude-clusters', 'one-filter'];
    expect((await of('rad', enable)).code).toBe(3);
    expect((await of('blue', enable)).code).toBe(3);
    const told = (await of(last, STATUS)).json;
    expect(isWell(told)).toEqual([0, 0, 0, 0]);

    const left = await of(first, DELETE);
    expect(left.code, left.stderr).toBe(0);
    await emulator.forgetCalls();
    expect(isWell((await of(last, AGAIN)).json)).toEqual([0, 0, 0, 0]);
    expect(await emulator.writes()).toEqual([]);
    expect((await of(last, STATUS)).json.changes).toEqual(told.changes);

    expect((await of(last, DELETE)).code).toBe(0);
    expect(await snapshot(emulator, REGIONS)).toEqual(before);
  });

  test('a boundary and a path are on all three roles, and there and back is nothing', async () => {
    await seed(emulator, ['eu-west-1']);
    const { iam } = clients(emulator, 'us-east-1', { quiet: true });
    const PolicyDocument = document({ Effect: 'Allow', Action: '*', Resource: '*' });
    const { Policy } = await iam.send(new CreatePolicyCommand({ PolicyName: 'boundary', PolicyDocument }));
    const before = await snapshot(emulator, ['eu-west-1']);
    const options = ['--permissions-boundary', Policy!.Arn!, '--role-path', '/team/'];
    const line = ['enable-audit', '-r', 'eu-west-1', '--external-id', 'abc-123', '--yes', '-o', 'json', ...options];
    const { code, stderr } = await cli(line);
    expect(code, stderr).toBe(3);
    const { roles } = await snapshot(emulator, ['eu-west-1']);
    const ours = Object.entries(roles).filter(([name]) => name.startsWith('rad-'));
    expect(ours).toHaveLength(3);
    for (const [, role] of ours) expect(role).toMatchObject({ boundary: Policy!.Arn });
    expect(isWell((await cli(STATUS)).json)).toEqual([0, 0, 0, 0]);
    expect((await cli([...AGAIN, '--role-path', '/other/'])).code).toBe(64);
    expect((await cli(DELETE)).code).toBe(0);
    expect(await snapshot(emulator, ['eu-west-1'])).toEqual(before);
  });
});
