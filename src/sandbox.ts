import { readFile, realpath, stat } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { realClock, virtualClock } from './aws/clock.ts';
import { usage } from './cli/values.ts';
import { RadError } from './engine/errors.ts';
import type { Backing, Io } from './io.ts';
import { nothing, type Result } from './render/document.ts';
import { stateFolder } from './state-folder.ts';

/** A simulated AWS account kept in a file, in the place of the real one. Its time jumps where ours would pass. */
export async function openSandbox(option: unknown, env: Io['env']): Promise<Backing> {
  const { Simulator } = await import('./simulator/simulator.ts');
  const { fileStore } = await import('./simulator/store.ts');
  const { scenarios } = await import('./simulator/scenarios.ts');
  const file = await regular(fileOf(option, env));
  const store = fileStore(file, scenarios.default!);
  try {
    const clock = virtualClock(Math.max(Date.now(), await store.transact((world) => world.now)));
    const simulator = new Simulator({ clock, store });
    return {
      clock,
      name: `simulated account ${file}`,
      credentials: { accessKeyId: 'SANDBOX', secretAccessKey: 'SANDBOX' },
      onClient: simulator.attach,
      rad: simulator.rad,
      // Whoever watches does so in real time, in which others may let the account's time pass.
      async pause(ms, signal) {
        await realClock.sleep(ms, signal);
        const now = await store.transact(
          (world) => world.now,
          () => false,
        );
        await clock.sleep(Math.max(ms, now - clock.now()), signal);
      },
    };
  } catch (error) {
    throw unusableFile(error, file);
  }
}

/** Begins anew. Throws USAGE for a scenario that does not exist. */
export async function resetSandbox(option: unknown, scenario = 'default', env: Io['env']): Promise<Result> {
  const { resetFile, trouble } = await import('./simulator/store.ts');
  const { scenarios } = await import('./simulator/scenarios.ts');
  const make = scenarios[scenario];
  if (!make) throw usage(`sandbox reset ${scenario}: there are ${Object.keys(scenarios).join(', ')}`);
  const world = make();
  const file = await regular(fileOf(option, env));
  const text = await readFile(file, 'utf8').catch(() => undefined);
  // The default file is ours whatever it holds; any other one may be somebody's.
  if (text?.trim() && trouble(text) === 'broken' && file !== fileOf(true, env)) {
    throw usage(`sandbox reset --sandbox ${file}: that is no sandbox file: remove it, or name another`);
  }
  try {
    await resetFile(file, world);
  } catch (error) {
    throw unusableFile(error, file);
  }
  const { account, partition } = world;
  return { ...nothing('sandbox reset'), account, partition, credentials: `simulated account ${file}` };
}

/** Lets the clusters write audit events for so many minutes of simulated time. */
export async function runTraffic(
  option: unknown,
  { minutes, seed }: { readonly minutes: number; readonly seed: number },
  env: Io['env'],
): Promise<Result> {
  const { fileStore } = await import('./simulator/store.ts');
  const { scenarios } = await import('./simulator/scenarios.ts');
  const { traffic } = await import('./simulator/traffic/traffic.ts');
  const file = await regular(fileOf(option, env));
  try {
    return await fileStore(file, scenarios.default!).transact((world) => ({
      ...nothing('sandbox traffic'),
      account: world.account,
      partition: world.partition,
      credentials: `simulated account ${file}`,
      traffic: traffic(world, { minutes, seed }),
    }));
  } catch (error) {
    throw unusableFile(error, file);
  }
}

/** The file is replaced at each save: a device, a pipe or a folder must never be, nor a link to it. Throws USAGE. */
async function regular(file: string): Promise<string> {
  const now = await stat(file).catch(() => undefined);
  if (now && !now.isFile()) throw usage(`--sandbox ${file}: that is no file: name another`);
  return now ? realpath(file) : file;
}

const unusableFile = (cause: unknown, file: string) => {
  const { message } = cause as Error;
  const hint = /another version/.test(message)
    ? `rad-connect sandbox reset --sandbox ${file}`
    : 'remove that file, or name another with --sandbox';
  return new RadError('SANDBOX', message, { hint, cause });
};

/** The file that was named, or one in the user's state folder. */
function fileOf(option: unknown, env: Io['env']): string {
  if (typeof option === 'string' && option !== 'default') return resolve(option);
  return join(stateFolder(env), 'sandbox.json');
}
