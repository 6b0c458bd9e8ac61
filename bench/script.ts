import { spawn, spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { isDeepStrictEqual } from 'node:util';
import { CreateLogGroupCommand } from '@aws-sdk/client-cloudwatch-logs';
import { CreateClusterCommand } from '@aws-sdk/client-eks';
import { FILTER_PATTERN } from '../src/desired/settings.ts';
import { available, clients, type Emulator, snapshot, startEmulator } from '../test/emulator/emulator.ts';
import { type Family, median } from './figure.ts';
import { program } from './processes.ts';

const REGIONS = ['us-east-1', 'eu-west-1'];
const CLUSTERS = 4;
const EXTERNAL_ID = 'bench-1';
const SCRIPT = fileURLToPath(new URL('./connect.sh', import.meta.url));

/**
 * The built program against a shell script that makes the same things with the aws CLI, on an emulator whose waits are short: 150 ms
 * for a stream or an update of EKS. AWS's own minutes would be in favour of the program, which waits for all clusters at once.
 */
export const script: Family = async (quick) => {
  if (!available()) return { skipped: 'python3 with moto[server] not found' };
  if (spawnSync('aws', ['--version']).status !== 0) return { skipped: 'the aws CLI not found' };
  const emulator = await startEmulator();
  try {
    const [ours, theirs]: [number[], number[]] = [[], []];
    for (let i = 0; i < (quick ? 1 : 3); i++) {
      const first = await connected(emulator, process.execPath, [program, ...ENABLE]);
      const second = await connected(emulator, SCRIPT, [EXTERNAL_ID, ...REGIONS]);
      ours.push(first.seconds);
      theirs.push(second.seconds);
      if (!isDeepStrictEqual(first.account, second.account)) throw new Error('the script has not done the same work');
    }
    return [
      {
        what: `${CLUSTERS * REGIONS.length} clusters in ${REGIONS.length} regions, against a script`,
        value: median(theirs) / median(ours),
        unit: '× faster',
        least: 5,
        beside: `${median(ours).toFixed(1)} s against ${median(theirs).toFixed(1)} s, medians of ${ours.length}`,
      },
    ];
  } finally {
    await emulator.stop();
  }
};

const ENABLE = ['enable-audit', '--regions', REGIONS.join(','), '--external-id', EXTERNAL_ID, '--yes', '--quiet'];

/** Connects a fresh account with this command. */
async function connected(emulator: Emulator, command: string, args: readonly string[]) {
  await emulator.reset();
  await fill(emulator);
  const home = mkdtempSync(join(tmpdir(), 'rad-connect-bench-'));
  const start = performance.now();
  try {
    const { code, stderr } = await ended(command, args, { ...emulator.env, HOME: home, FILTER_PATTERN });
    if (code !== 0) throw new Error(`${command} ended with ${code}: ${stderr.slice(-2_000)}`);
    const seconds = (performance.now() - start) / 1_000;
    return { seconds, account: comparable(await snapshot(emulator, REGIONS, { identity: false })) };
  } finally {
    rmSync(home, { recursive: true });
  }
}

/** Not spawnSync: the emulator's process must be heard meanwhile. */
function ended(command: string, args: readonly string[], env: Record<string, string>) {
  const child = spawn(command, args, { env: { PATH: process.env.PATH, ...env }, stdio: ['ignore', 'ignore', 'pipe'] });
  let stderr = '';
  child.stderr.on('data', (text) => {
    stderr += text;
  });
  return new Promise<{ code: number | null; stderr: string }>((resolve, reject) => {
    child.once('error', reject);
    child.once('close', (code) => resolve({ code, stderr }));
  });
}

/** Half of the clusters have their audit log on, and its group. */
async function fill(emulator: Emulator): Promise<void> {
  for (const region of REGIONS) {
    const { eks, logs } = clients(emulator, region, { quiet: true });
    for (let i = 0; i < CLUSTERS; i++) {
      const isOn = i % 2 === 1;
      const logging = { clusterLogging: isOn ? [{ types: ['audit' as const], enabled: true }] : [] };
      const roleArn = 'arn:aws:iam::123456789012:role/eks';
      const resourcesVpcConfig = { subnetIds: ['subnet-0a', 'subnet-0b'] };
      await eks.send(new CreateClusterCommand({ name: `cluster-${i}`, roleArn, resourcesVpcConfig, logging }));
      if (isOn) await logs.send(new CreateLogGroupCommand({ logGroupName: `/aws/eks/cluster-${i}/cluster` }));
    }
  }
}

/** Without tags, of which only the program makes some, and without what has landed meanwhile; a list of one is its one. */
function comparable(value: unknown): unknown {
  if (Array.isArray(value)) return value.length === 1 ? comparable(value[0]) : value.map(comparable);
  if (typeof value !== 'object' || value === null) return value;
  const kept = Object.entries(value).filter(([key]) => key !== 'tags' && key !== 'objects');
  return Object.fromEntries(kept.map(([key, inner]) => [key, comparable(inner)]));
}
