import {
  CreateLogStreamCommand,
  DeleteSubscriptionFilterCommand,
  PutLogEventsCommand,
} from '@aws-sdk/client-cloudwatch-logs';
import { UpdateClusterConfigCommand } from '@aws-sdk/client-eks';
import { DeleteDeliveryStreamCommand } from '@aws-sdk/client-firehose';
import { DeleteRolePolicyCommand } from '@aws-sdk/client-iam';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import type { Document } from '../../src/render/document.ts';
import { type Clients, clients, type Emulator, run, seed, startEmulator } from './emulator.ts';

const REGION = 'eu-west-1';
const CLUSTER = 'off';
const GROUP = `/aws/eks/${CLUSTER}/cluster`;
const PRODUCT = 'rad-eks-audit-logs';

let emulator: Emulator;
let aws: Clients;
beforeAll(async () => {
  emulator = await startEmulator();
  aws = clients(emulator, REGION, { quiet: true });
});
afterAll(() => emulator.stop());
beforeEach(async () => {
  await emulator.reset();
  // The messages that the filters send when they are made are of an earlier period than all that follows.
  await emulator.configure({ metricsAgeMs: 15 * 60_000 });
  await seed(emulator, [REGION]);
  await run(emulator, ['enable-audit', '-r', REGION, '--yes', '-o', 'json']);
  await emulator.configure({ metricsAgeMs: 0 });
});

let written = 0;
/** The cluster writes three audit events. */
async function write(): Promise<void> {
  const logStreamName = `kube-apiserver-audit-${++written}`;
  await aws.logs.send(new CreateLogStreamCommand({ logGroupName: GROUP, logStreamName }));
  const logEvents = [1, 2, 3].map((i) => ({ timestamp: Date.now(), message: `{"auditID":"${i}"}` }));
  await aws.logs.send(new PutLogEventsCommand({ logGroupName: GROUP, logStreamName, logEvents }));
}

async function status() {
  const { stdout, stderr } = await run(emulator, ['status', '-o', 'json']);
  const { clusters, regions, warnings } = JSON.parse(stdout) as Document;
  const optional = warnings.filter(({ code }) => /NOT_MEASURED|PERMISSION/.test(code));
  expect(optional, stderr).toEqual([]);
  return { region: regions[0]!.delivery!, of: clusters.find(({ name }) => name === CLUSTER)!.delivery };
}

describe('delivery as CloudWatch, the error log and the bucket tell it', () => {
  test('events that land are delivering; a quiet cluster is idle', async () => {
    expect((await status()).of.state).toBe('idle');
    await write();
    const { region, of } = await status();
    expect([region.state, of.state]).toEqual(['delivering', 'delivering']);
    expect(of.timeline.reduce((sum, { forwarded }) => sum + forwarded, 0)).toBe(3);
    expect(Date.now() - Date.parse(region.lastObjectAt!)).toBeLessThan(600_000);
  });

  test.each<[string, string, RegExp, () => Promise<unknown>]>([
    [
      'the permission of CloudWatch Logs is gone',
      'filter',
      /3 events were not delivered: the role rad-cloudwatch-logs was changed/,
      () => aws.iam.send(new DeleteRolePolicyCommand({ RoleName: 'rad-cloudwatch-logs', PolicyName: 'rad-connect' })),
    ],
    [
      'the permission of Firehose is gone',
      'bucket',
      /the role rad-firehose was changed/,
      () => aws.iam.send(new DeleteRolePolicyCommand({ RoleName: 'rad-firehose', PolicyName: 'rad-connect' })),
    ],
    [
      'the stream is gone',
      'stream',
      /the stream rad-eks-audit-logs is (gone|DELETING)/,
      () => aws.firehose.send(new DeleteDeliveryStreamCommand({ DeliveryStreamName: PRODUCT })),
    ],
    [
      'the filter is gone',
      'filter',
      /the filter is gone/,
      async () => {
        await write();
        await aws.logs.send(new DeleteSubscriptionFilterCommand({ logGroupName: GROUP, filterName: PRODUCT }));
      },
    ],
    [
      'logging is off',
      'cluster',
      /turned off/,
      async () => {
        await write();
        const clusterLogging = [{ types: ['audit' as const], enabled: false }];
        await aws.eks.send(new UpdateClusterConfigCommand({ name: CLUSTER, logging: { clusterLogging } }));
        await new Promise((resolve) => setTimeout(resolve, 300));
      },
    ],
  ])('%s: failing at %s', async (_, hop, cause, breakIt) => {
    await breakIt();
    await write();
    const { of } = await status();
    expect(of).toMatchObject({ state: 'failing', hop, cause: expect.stringMatching(cause) });
    expect(of.hint).toContain('rad-connect enable-audit');
  });
});

test('watched, it ends at Ctrl-C with 130 and no word of it', async () => {
  const { code, stdout, stderr } = await run(emulator, ['status', '--watch', '5'], {
    onStart: (child) => void child.stdout?.once('data', () => child.kill('SIGINT')),
  });
  expect([code, stdout.match(/^Account /gm)?.length]).toEqual([130, 1]);
  expect(stderr).not.toMatch(/Stopping|interrupted/);
});
