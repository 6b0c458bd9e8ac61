import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import {
  CreateBucketCommand,
  GetObjectCommand,
  ListObjectsV2Command,
  PutObjectCommand,
  S3Client,
} from '@aws-sdk/client-s3';
import { AssumeRoleCommand } from '@aws-sdk/client-sts';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import type { Document } from '../../src/render/document.ts';
import { clients, type Emulator, run, startEmulator } from './emulator.ts';

const [FROM, TO, CUSTOMER, REGION] = ['customer-logs', 'tenants', '210987654321', 'eu-west-1'] as const;
const ROLE = `arn:aws:iam::${CUSTOMER}:role/rad-audit-logs`;
const COPY = [
  'sync',
  '--from',
  `s3://${FROM}`,
  '--to',
  `s3://${TO}/acme`,
  '--role-arn',
  ROLE,
  '--external-id',
  'x-1',
  '-o',
  'json',
];
const KEYS = Array.from({ length: 30 }, (_, n) => `2026/11/22/0${n % 10}/stream 1+${n}`);
const body = (key: string) =>
  gzipSync(
    JSON.stringify({
      messageType: 'DATA_MESSAGE',
      owner: CUSTOMER,
      logGroup: '/aws/eks/prod/cluster',
      logEvents: [
        {
          id: key,
          timestamp: 1_795_000_000_000,
          message: JSON.stringify({
            kind: 'Event',
            apiVersion: 'audit.k8s.io/v1',
            auditID: key,
            stageTimestamp: '2026-11-22T01:00:00Z',
          }),
        },
      ],
    }),
  );

let emulator: Emulator;
let theirs: S3Client;
beforeAll(async () => {
  emulator = await startEmulator();
});
afterAll(() => emulator.stop());
/** A bucket in the customer's account, and one in ours. */
beforeEach(async () => {
  await emulator.reset();
  const { s3, sts } = clients(emulator, REGION, { quiet: true });
  const { Credentials: got } = await sts.send(new AssumeRoleCommand({ RoleArn: ROLE, RoleSessionName: 'customer' }));
  const credentials = {
    accessKeyId: got!.AccessKeyId!,
    secretAccessKey: got!.SecretAccessKey!,
    sessionToken: got!.SessionToken!,
  };
  theirs = new S3Client({ region: REGION, endpoint: emulator.env.AWS_ENDPOINT_URL, forcePathStyle: true, credentials });
  const CreateBucketConfiguration = { LocationConstraint: REGION } as const;
  await theirs.send(new CreateBucketCommand({ Bucket: FROM, CreateBucketConfiguration }));
  await s3.send(new CreateBucketCommand({ Bucket: TO, CreateBucketConfiguration }));
  for (const Key of KEYS) await theirs.send(new PutObjectCommand({ Bucket: FROM, Key, Body: body(Key) }));
});

async function sync(args = COPY) {
  const { code, stdout, stderr } = await run(emulator, args, { env: { AWS_REGION: REGION } });
  return { code, stderr, json: JSON.parse(stdout) as Document };
}

async function copies(): Promise<Map<string, Buffer>> {
  const { s3 } = clients(emulator, REGION, { quiet: true });
  const { Contents = [] } = await s3.send(new ListObjectsV2Command({ Bucket: TO, Prefix: `acme/raw/${FROM}/` }));
  const found = new Map<string, Buffer>();
  for (const { Key = '' } of Contents) {
    const { Body } = await s3.send(new GetObjectCommand({ Bucket: TO, Key }));
    found.set(Key.slice(`acme/raw/${FROM}/`.length), Buffer.from(await Body!.transformToByteArray()));
  }
  return found;
}
const expected = () => new Map([...KEYS].sort().map((key) => [key, body(key)]));

describe('sync against an emulator, from one account into another', () => {
  test('copies byte for byte, makes files of the events, and the second time nothing', async () => {
    const first = await sync();
    expect(first.code, first.stderr).toBe(0);
    expect(first.json.sync).toMatchObject({ objects: 30, copied: 30, missing: 0, damaged: 0, foreign: 0 });
    expect(first.json.sync?.normalised).toMatchObject({ objects: 30, events: 30, files: 10 });
    expect(await copies()).toEqual(expected());
    await emulator.forgetCalls();
    const second = await sync();
    expect(second.json.sync).toMatchObject({ present: 30, copied: 0 });
    expect((await emulator.writes()).filter(({ operation }) => operation !== 'AssumeRole')).toEqual([]);
  });

  test('two processes at once, and one that is killed on its way', async () => {
    await run(emulator, COPY, {
      env: { AWS_REGION: REGION },
      onStart: (child) => void setTimeout(() => child.kill('SIGKILL'), 1_500),
    });
    const both = await Promise.all([sync(), sync()]);
    for (const { code, stderr } of both) expect(code, stderr).toBe(0);
    expect(await copies()).toEqual(expected());
    expect((await sync([...COPY, '--check'])).code).toBe(0);
  });

  test('without the role, the bucket of another account is refused', async () => {
    const { code, json } = await sync(
      COPY.filter((word) => !['--role-arn', ROLE, '--external-id', 'x-1'].includes(word)),
    );
    expect([code, json.errors[0]?.code]).toEqual([5, 'PERMISSION_DENIED']);
  });

  test('into a folder', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'rad-connect-'));
    try {
      const { code, stderr } = await sync(COPY.map((word) => (word === `s3://${TO}/acme` ? folder : word)));
      expect(code, stderr).toBe(0);
      for (const key of KEYS) expect(await readFile(join(folder, 'raw', FROM, key))).toEqual(body(key));
    } finally {
      await rm(folder, { recursive: true });
    }
  });
});
