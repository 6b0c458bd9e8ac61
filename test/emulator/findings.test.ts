import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { CreateBucketCommand, PutObjectCommand } from '@aws-sdk/client-s3';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import type { Document } from '../../src/render/document.ts';
import { objectOf, secrets } from '../findings/fixtures.ts';
import { clients, type Emulator, run, startEmulator } from './emulator.ts';

const [BUCKET, TENANTS, REGION] = ['customer-logs', 'tenants', 'eu-west-1'] as const;
const now = Date.now();
const hour = new Date(now).toISOString().slice(0, 13).replace(/[-T]/g, '/');

let emulator: Emulator;
beforeAll(async () => {
  emulator = await startEmulator();
});
afterAll(() => emulator.stop());
beforeEach(async () => {
  await emulator.reset();
  const { s3 } = clients(emulator, REGION, { quiet: true });
  for (const Bucket of [BUCKET, TENANTS])
    await s3.send(new CreateBucketCommand({ Bucket, CreateBucketConfiguration: { LocationConstraint: REGION } }));
  for (let i = 0; i < 20; i++) {
    const Body = objectOf([secrets(`a-${i}`, now), secrets(`a-${i + 1}`, now)]);
    await s3.send(new PutObjectCommand({ Bucket: BUCKET, Key: `${hour}/stream 1+${i}`, Body }));
  }
  await s3.send(
    new PutObjectCommand({ Bucket: BUCKET, Key: `${hour}/damaged`, Body: Buffer.from([0x1f, 0x8b, 8, 0]) }),
  );
});

async function rad(...args: string[]) {
  const { code, stdout, stderr } = await run(emulator, [...args, '-o', 'json'], { env: { AWS_REGION: REGION } });
  return { code, stderr, json: JSON.parse(stdout) as Document };
}

describe('findings against an emulator', () => {
  test('of a bucket, of what sync has made of it in another one, and in a folder, are the same', async () => {
    const source = await rad('findings', `s3://${BUCKET}`);
    expect(source.code, source.stderr).toBe(0);
    expect(source.json.detections).toMatchObject({ form: 'raw', objects: 21, events: 40, levels: { critical: 21 } });
    expect(source.json.warnings).toMatchObject([{ code: 'OBJECTS_DAMAGED' }]);
    expect(await emulator.writes()).toEqual([]);
    const folder = await mkdtemp(join(tmpdir(), 'rad-connect-'));
    try {
      for (const to of [`s3://${TENANTS}/acme`, folder]) {
        const copied = await rad('sync', '--from', `s3://${BUCKET}`, '--to', to);
        expect(copied.code, copied.stderr).toBe(0);
        const { json } = await rad('findings', to);
        expect(json.detections?.form).toBe('parquet');
        expect(json.detections?.findings).toEqual(source.json.detections?.findings);
      }
    } finally {
      await rm(folder, { recursive: true });
    }
  });

  test('fail with --fail-on, and of a bucket that is not there', async () => {
    expect((await rad('findings', `s3://${BUCKET}`, '--fail-on', 'critical')).code).toBe(2);
    const none = await rad('findings', 's3://no-such-bucket-here');
    expect([none.code, none.json.errors[0]?.message]).toEqual([1, expect.stringContaining('no-such-bucket-here')]);
  });
});
