import { gzipSync } from 'node:zlib';
import {
  CreateLogStreamCommand,
  DeleteSubscriptionFilterCommand,
  DescribeLogStreamsCommand,
  PutLogEventsCommand,
} from '@aws-sdk/client-cloudwatch-logs';
import { PutObjectCommand } from '@aws-sdk/client-s3';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import type { Document } from '../../src/render/document.ts';
import { ACCOUNT, clients, type Emulator, run, seed, startEmulator } from './emulator.ts';

const REGION = 'eu-west-1';
const BUCKET = `rad-eks-audit-logs-${ACCOUNT}-${REGION}-an`;
const CLUSTER = 'off';
const GROUP = `/aws/eks/${CLUSTER}/cluster`;
const ENABLE = ['enable-audit', '-r', REGION, '-c', CLUSTER, '--yes', '-o', 'json'];

let emulator: Emulator;
beforeAll(async () => {
  emulator = await startEmulator();
});
afterAll(() => emulator.stop());
beforeEach(async () => {
  await emulator.reset();
  await seed(emulator, [REGION]);
});

async function cli(args: string[]) {
  const { code, stdout, stderr } = await run(emulator, args);
  return { code, stderr, json: JSON.parse(stdout) as Document };
}
const aws = () => clients(emulator, REGION, { quiet: true });
const rowOf = ({ verification = [] }: Document, name: string) => verification.find(({ cluster }) => cluster === name)!;

/** Another program that logs, as the control plane of EKS does. */
async function log(timestamp: number): Promise<void> {
  const { logs } = aws();
  const place = { logGroupName: GROUP, logStreamName: 'kube-apiserver-audit-0123456789abcdef0123456789abcdef' };
  await logs.send(new CreateLogStreamCommand(place));
  const event = {
    kind: 'Event',
    apiVersion: 'audit.k8s.io/v1',
    auditID: 'a-1',
    stage: 'ResponseComplete',
    requestURI: '/api/v1/pods',
  };
  const logEvents = [
    { timestamp: timestamp - 5_000, message: JSON.stringify(event) },
    { timestamp, message: JSON.stringify({ ...event, auditID: 'a-2', requestURI: '/api/v1/}{' }) },
  ];
  await logs.send(new PutLogEventsCommand({ ...place, logEvents }));
}

describe('verify against an emulator', () => {
  test('finds the events that another program wrote, and writes nothing', async () => {
    expect((await cli(ENABLE)).code).toBe(0);
    const at = Date.now() - 30_000;
    await log(at);
    await emulator.forgetCalls();
    const { code, json, stderr } = await cli(['verify', '-c', CLUSTER, '-o', 'json']);
    expect(code, stderr).toBe(0);
    expect(rowOf(json, CLUSTER)).toMatchObject({
      state: 'proven',
      events: 2,
      lastEventAt: new Date(at).toISOString(),
      canary: null,
    });
    expect(rowOf(json, CLUSTER).delaySeconds).toBeGreaterThanOrEqual(29);
    expect(json.reader).toMatchObject([{ region: REGION, canRead: 'yes' }]);
    expect(await emulator.writes()).toEqual([]);
    for (const call of (await emulator.calls()).filter(
      ({ service, operation }) => service === 's3' && operation !== 'ListBuckets',
    ))
      expect(call).toMatchObject({ expectedOwner: ACCOUNT });
  });

  test('objects that were made with other settings of Firehose are read too', async () => {
    expect((await cli(ENABLE)).code).toBe(0);
    const message = JSON.stringify({
      kind: 'Event',
      apiVersion: 'audit.k8s.io/v1',
      auditID: 'a',
      stage: 'ResponseComplete',
    });
    const envelope = JSON.stringify({
      messageType: 'DATA_MESSAGE',
      owner: ACCOUNT,
      logGroup: GROUP,
      logStream: 'x',
      subscriptionFilters: [],
      logEvents: [{ id: '1', timestamp: Date.now(), message }],
    });
    const Key = `${new Date().toISOString().slice(0, 13).replace(/[-T]/g, '/')}/no-extension`;
    await aws().s3.send(new PutObjectCommand({ Bucket: BUCKET, Key, Body: gzipSync(`${envelope}\n${envelope}\n`) }));
    const { json } = await cli(['verify', '-c', CLUSTER, '-o', 'json']);
    expect(rowOf(json, CLUSTER)).toMatchObject({ state: 'proven', key: Key, events: 2 });
  });

  test('a canary arrives and leaves no log stream; where the filter is gone none is sent', async () => {
    expect((await cli(ENABLE)).code).toBe(0);
    const sent = await cli(['verify', '--canary', '--yes', '-o', 'json']);
    expect(sent.code, sent.stderr).toBe(0);
    expect(rowOf(sent.json, CLUSTER)).toMatchObject({ state: 'proven', canary: { state: 'arrived' } });
    const { logs } = aws();
    const streams = await logs.send(
      new DescribeLogStreamsCommand({ logGroupName: GROUP, logStreamNamePrefix: 'rad-connect' }),
    );
    expect(streams.logStreams).toEqual([]);

    await logs.send(new DeleteSubscriptionFilterCommand({ logGroupName: GROUP, filterName: 'rad-eks-audit-logs' }));
    const { code, json } = await cli(['verify', '--canary', '--yes', '-c', CLUSTER, '-o', 'json']);
    expect(code).toBe(1);
    expect(rowOf(json, CLUSTER)).toMatchObject({ state: 'failed', hop: 'filter', canary: { state: 'not-sent' } });
  });
});
