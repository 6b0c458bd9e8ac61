import type { ChildProcess } from 'node:child_process';
import { DeleteLogGroupCommand } from '@aws-sdk/client-cloudwatch-logs';
import { UpdateClusterConfigCommand } from '@aws-sdk/client-eks';
import { CreateRoleCommand, PutRolePolicyCommand } from '@aws-sdk/client-iam';
import { CreateBucketCommand, DeleteBucketPolicyCommand, ListObjectsV2Command } from '@aws-sdk/client-s3';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import type { Document } from '../../src/render/document.ts';
import { ACCOUNT, clients, type Emulator, run, seed, snapshot, startEmulator } from './emulator.ts';

const REGIONS = ['us-east-1', 'eu-west-1'];
const ENABLE = ['enable-audit', '--regions', REGIONS.join(','), '--yes', '-o', 'json'];
const AGAIN = ['enable-audit', '--yes', '-o', 'json'];
const TEARDOWN = ['teardown', '--yes', '--confirm', ACCOUNT, '-o', 'json'];
const DELETE = [...TEARDOWN, '--delete-data'];
const BUCKET = `rad-eks-audit-logs-${ACCOUNT}-eu-west-1-an`;

let emulator: Emulator;
beforeAll(async () => {
  emulator = await startEmulator();
});
afterAll(() => emulator.stop());
beforeEach(() => emulator.reset());

async function cli(args: string[], options = {}) {
  const { code, stdout, stderr } = await run(emulator, args, options);
  return { code, stderr, json: JSON.parse(stdout) as Document };
}
/** Sends the signal as soon as the program says this. */
const signalAt = (sign: string, signal: 'SIGINT' | 'SIGKILL') => (child: ChildProcess) =>
  void child.stderr?.on('data', (text) => String(text).includes(sign) && child.kill(signal));
const blocked = ({ changes }: Document) => changes.filter(({ action }) => action === 'blocked').map(({ id }) => id);

describe('the built program against an emulator', () => {
  test('enable, again, status, teardown: only full slots are blocked, twice is nothing, there and back is nothing', async () => {
    await seed(emulator, REGIONS);
    const before = await snapshot(emulator, REGIONS);

    const first = await cli(ENABLE);
    expect(first.code, first.stderr).toBe(3);
    expect(blocked(first.json)).toEqual(['/aws/eks/full-filters/cluster', '/aws/eks/full-filters/cluster']);
    expect(first.json.summary.failed).toBe(0);
    for (const call of await emulator.calls()) {
      expect(call.userAgent).toContain('rad-connect/');
      // A bucket that is not made yet has no owner to expect.
      if (call.service === 's3' && !/CreateBucket|ListBuckets/.test(call.operation))
        expect(call).toMatchObject({ expectedOwner: ACCOUNT });
    }

    await emulator.forgetCalls();
    const second = await cli(AGAIN);
    expect(await emulator.writes()).toEqual([]);
    expect(second.code).toBe(3);
    const status = await cli(['status', '-o', 'json']);
    expect(status.code).toBe(3);
    expect(status.json.changes).toEqual(second.json.changes);
    expect(await emulator.writes()).toEqual([]);

    const end = await cli(DELETE);
    expect(end.code, end.stderr).toBe(0);
    expect(await snapshot(emulator, REGIONS)).toEqual(before);
  });

  test('slow AWS: roles that spread late, streams that take time, clusters that are busy', async () => {
    await seed(emulator, ['eu-west-1']);
    await emulator.configure({
      iamPropagationMs: 1_500,
      firehoseCreatingMs: 1_200,
      firehoseDeletingMs: 800,
      eksUpdateMs: 900,
      eksLogGroupMs: 600,
    });
    const before = await snapshot(emulator, ['eu-west-1']);
    const { eks } = clients(emulator, 'eu-west-1');
    await eks.send(
      new UpdateClusterConfigCommand({
        name: 'off',
        logging: { clusterLogging: [{ types: ['scheduler'], enabled: true }] },
      }),
    );
    const { code, stderr, json } = await cli(['enable-audit', '-r', 'eu-west-1', '--yes', '-o', 'json']);
    expect(code, stderr).toBe(3);
    expect(json.clusters.filter(({ auditLogging, filter }) => auditLogging && filter === 'ok')).toHaveLength(7);
    expect((await cli(DELETE)).code).toBe(0);
    const after = await snapshot(emulator, ['eu-west-1']);
    expect(after.roles).toEqual(before.roles);
    expect(after.buckets).toEqual(before.buckets);
  });

  test('teardown without --delete-data keeps the logs and says so; a later one removes them', async () => {
    await seed(emulator, REGIONS);
    const before = await snapshot(emulator, REGIONS);
    await cli(ENABLE);
    const gentle = await cli([...TEARDOWN, '--no-drain']);
    expect(gentle.code, gentle.stderr).toBe(0);
    const kept = gentle.json.changes.filter(({ action }) => action === 'keep').map(({ type }) => type);
    expect(new Set(kept)).toEqual(new Set(['s3:bucket', 'logs:log-group']));
    const { s3 } = clients(emulator, 'eu-west-1', { quiet: true });
    const { KeyCount } = await s3.send(new ListObjectsV2Command({ Bucket: BUCKET }));
    expect(KeyCount).toBeGreaterThan(0);

    expect((await cli(DELETE)).code).toBe(0);
    expect(await snapshot(emulator, REGIONS)).toEqual(before);
  });

  test('foreign things of our names are left untouched and named', async () => {
    await seed(emulator, ['eu-west-1']);
    const { s3, iam } = clients(emulator, 'eu-west-1', { quiet: true });
    await s3.send(
      new CreateBucketCommand({
        Bucket: BUCKET,
        BucketNamespace: 'account-regional',
        CreateBucketConfiguration: { LocationConstraint: 'eu-west-1' },
      }),
    );
    await iam.send(
      new CreateRoleCommand({
        RoleName: 'rad-firehose',
        AssumeRolePolicyDocument: '{"Version":"2012-10-17","Statement":[]}',
      }),
    );
    const before = await snapshot(emulator, ['eu-west-1']);
    const { code, json } = await cli(['enable-audit', '-r', 'eu-west-1', '--yes', '-o', 'json']);
    expect(code).toBe(3);
    expect(blocked(json).sort()).toEqual([BUCKET, 'rad-firehose']);
    expect(json.errors.map(({ code: word }) => word)).toEqual(['FOREIGN', 'FOREIGN']);
    const after = await snapshot(emulator, ['eu-west-1']);
    expect(after.buckets[BUCKET]).toEqual(before.buckets[BUCKET]);
    expect(after.roles['rad-firehose']).toEqual(before.roles['rad-firehose']);
    expect((await cli(DELETE)).code).toBe(0);
    expect(await snapshot(emulator, ['eu-west-1'])).toEqual(before);
  });

  test('doctor finds what was broken by hand, and writes nothing', async () => {
    await seed(emulator, REGIONS);
    const first = await cli(ENABLE);
    expect(first.json.warnings.map(({ code }) => code)).not.toContain('SUBNET_IPS');
    await emulator.forgetCalls();
    const healthy = await cli(['doctor', '-o', 'json']);
    const errors = ({ findings = [] }: Document) =>
      findings.filter(({ severity }) => severity === 'error').map(({ code, region }) => `${code} ${region}`);
    expect([healthy.code, errors(healthy.json)]).toEqual([
      3,
      ['FILTER_SLOTS_FULL eu-west-1', 'FILTER_SLOTS_FULL us-east-1'],
    ]);
    const states = (name: string) => healthy.json.checks?.filter((row) => row.name === name).map(({ state }) => state);
    expect(states('subnets')).toEqual(['ok', 'ok']);
    expect(states('rad-access')).toEqual(['found', 'ok', 'ok']);
    expect(states('account-policies')).toEqual(['ok', 'ok']);
    expect(await emulator.writes()).toEqual([]);

    const { iam, logs, s3 } = clients(emulator, 'eu-west-1', { quiet: true });
    const PolicyDocument = JSON.stringify({
      Version: '2012-10-17',
      Statement: [{ Effect: 'Allow', Action: 's3:ListBucket', Resource: '*' }],
    });
    await iam.send(new PutRolePolicyCommand({ RoleName: 'rad-audit-logs', PolicyName: 'rad-connect', PolicyDocument }));
    await logs.send(new DeleteLogGroupCommand({ logGroupName: '/aws/eks/off/cluster' }));
    await s3.send(new DeleteBucketPolicyCommand({ Bucket: BUCKET }));
    const broken = await cli(['doctor', '-r', 'eu-west-1', '-o', 'json']);
    expect(errors(broken.json)).toEqual(
      expect.arrayContaining(['RAD_CANNOT_READ eu-west-1', 'FILTER_MISSING eu-west-1']),
    );
    expect(broken.json.findings).toContainEqual(expect.objectContaining({ code: 'DRIFTED', id: BUCKET }));
    const mended = await cli(AGAIN);
    expect(mended.code, mended.stderr).toBe(3);
    expect(errors((await cli(['doctor', '-o', 'json'])).json)).toEqual(errors(healthy.json));
  });

  test('killed while it works, the next run without options finishes', async () => {
    await emulator.configure({ eksUpdateMs: 1_000, firehoseCreatingMs: 600 });
    await seed(emulator, REGIONS);
    for (const sign of ['rad-audit-logs created', 's3:bucket', 'waiting for the stream', 'waiting for EKS']) {
      const { code } = await run(emulator, ENABLE, { onStart: signalAt(sign, 'SIGKILL') });
      expect(code, sign).toBe(null);
    }
    const { code, json, stderr } = await cli(AGAIN);
    expect(code, stderr).toBe(3);
    expect(blocked(json)).toHaveLength(2);
    expect((await cli(['status', '-o', 'json'])).json.summary).toMatchObject({ create: 0, update: 0, blocked: 2 });
  });

  test('interrupted, it says what is done, ends with 130 and one document', async () => {
    await emulator.configure({ eksUpdateMs: 60_000 });
    await seed(emulator, ['eu-west-1']);
    const stopped = await cli(['enable-audit', '-r', 'eu-west-1', '--yes', '-o', 'json'], {
      onStart: signalAt('waiting for EKS', 'SIGINT'),
    });
    expect(stopped.code, stopped.stderr).toBe(130);
    expect(stopped.json.errors.map(({ code }) => code)).toContain('INTERRUPTED');
    expect(stopped.json.summary.create).toBeGreaterThan(5);
  });
});
