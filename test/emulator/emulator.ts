import { type ChildProcess, spawn } from 'node:child_process';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';

export { available } from './available.ts';
export { ACCOUNT, type ClientOptions, type Clients, clients } from './clients.ts';
export { type Fault, type FaultProxy, startProxy } from './proxy.ts';
export { type RunOptions, type RunResult, run } from './run.ts';
export { clusterStates, FOREIGN_GROUPS, FOREIGN_ROLES, seed } from './seed.ts';
export { type Snapshot, type SnapshotOptions, snapshot } from './snapshot.ts';

export type Call = {
  service: string;
  operation: string;
  region: string;
  resource: string;
  status: number;
  write: boolean;
  error: string | null;
  userAgent: string;
  expectedOwner: string | null;
};

/** See corrections/world.py for what each one means, and for the defaults. */
export type Settings = {
  eksUpdateMs: number;
  eksUpdateFail: number;
  eksUpdateError: string;
  eksLogGroupMs: number;
  firehoseCreatingMs: number;
  firehoseDeletingMs: number;
  iamPropagationMs: number;
  filterLimit: number;
  metricsAgeMs: number;
  testMessage: boolean;
  regions: string[];
};

export type EmulatorEnv = {
  AWS_ENDPOINT_URL: string;
  AWS_ACCESS_KEY_ID: string;
  AWS_SECRET_ACCESS_KEY: string;
  AWS_EC2_METADATA_DISABLED: string;
};

export type Emulator = {
  url: string;
  /** what a program needs to talk to the emulator; no region on purpose */
  env: EmulatorEnv;
  calls(): Promise<Call[]>;
  writes(): Promise<Call[]>;
  forgetCalls(): Promise<void>;
  /** an empty account, no calls, the settings of the start */
  reset(): Promise<void>;
  configure(settings: Partial<Settings>): Promise<void>;
  stop(): Promise<void>;
};

const server = fileURLToPath(new URL('./aws.py', import.meta.url));

/** Starts an emulator of its own on a free port; settings can be given as EMULATOR_… variables too. */
export async function startEmulator(settings: Partial<Settings> = {}): Promise<Emulator> {
  const child = spawn('python3', ['-B', server, '--with-parent'], { stdio: ['pipe', 'pipe', 'inherit'] });
  const url = `http://127.0.0.1:${await port(child)}`;

  async function ask(method: string, path: string, body?: unknown): Promise<unknown> {
    const response = await fetch(url + path, { method, ...(body === undefined ? {} : { body: JSON.stringify(body) }) });
    if (!response.ok) throw new Error(`${method} ${path}: ${await response.text()}`);
    return response.json();
  }

  const calls = async () => (await ask('GET', '/__calls')) as Call[];
  const emulator: Emulator = {
    url,
    env: {
      AWS_ENDPOINT_URL: url,
      AWS_ACCESS_KEY_ID: 'AKIAIOSFODNN7EXAMPLE',
      AWS_SECRET_ACCESS_KEY: 'emulated',
      AWS_EC2_METADATA_DISABLED: 'true',
    },
    calls,
    writes: async () => (await calls()).filter((call) => call.write),
    forgetCalls: async () => void (await ask('POST', '/__calls')),
    reset: async () => {
      await ask('POST', '/__reset');
      await ask('POST', '/__config', settings);
    },
    configure: async (changed) => void (await ask('POST', '/__config', changed)),
    stop: () => ended(child),
  };
  await emulator.configure(settings);
  return emulator;
}

function port(child: ChildProcess): Promise<number> {
  return new Promise((resolve, reject) => {
    child.once('error', reject);
    child.once('exit', (code) => reject(new Error(`the emulator ended with ${code} before it was ready`)));
    createInterface({ input: child.stdout! }).once('line', (line) => resolve(JSON.parse(line).port));
  });
}

function ended(child: ChildProcess): Promise<void> {
  return new Promise((resolve) => {
    if (child.exitCode !== null || child.signalCode !== null) return resolve();
    child.once('exit', () => resolve());
    child.stdin!.end();
  });
}
