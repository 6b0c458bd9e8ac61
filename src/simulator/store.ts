import { randomUUID } from 'node:crypto';
import { mkdir, readdir, readFile, rename, rm, stat, writeFile } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import lockfile from 'proper-lockfile';
import { emptyWorld, type World } from './world.ts';

/**
 * Where the world is kept. What `work` changed is saved before its result is given: whatever an answer has told stays true, also when
 * the process is killed. Only where `changed` says that nothing has come about, only the time may be lost.
 */
export interface Store {
  transact<T>(work: (world: World) => T, changed?: () => boolean): Promise<T>;
}

export function memoryStore(world: World): Store & { readonly world: World } {
  return { world, transact: async (work) => work(world) };
}

const version = 2;

/** A world in a file, for several processes. Calls that wait in one process share one lock, one reading and one writing. */
export function fileStore(path: string, first: () => World): Store {
  const queue: Waiting[] = [];
  let cached: Loaded | undefined;
  let busy = false;
  let swept = false;

  const load = async (): Promise<Loaded> => {
    const stamp = await stampOf(path);
    if (stamp && cached?.stamp === stamp) return cached;
    return { stamp, world: stamp ? parse(path, await readFile(path, 'utf8')) : first() };
  };

  /** Does all that waits by then, saves once, and gives the results when the lock is free again. */
  const round = async (): Promise<void> => {
    let batch: Waiting[] = [];
    try {
      const ends = await locked(path, async (check) => {
        if (!swept) await sweep(path);
        swept = true;
        const { world, stamp: before } = await load();
        cached = undefined;
        batch = queue.splice(0);
        const done = batch.map((waiting) => waiting.run(world));
        check();
        const stamp = batch.some(({ changed }) => changed()) ? await save(path, world) : before;
        cached = { world, stamp };
        return done;
      });
      for (const end of ends) end();
    } catch (error) {
      for (const waiting of batch.length ? batch : queue.splice(0)) waiting.fail(error);
    }
  };

  const drain = async (): Promise<void> => {
    if (busy) return;
    busy = true;
    while (queue.length) await round();
    busy = false;
  };

  return {
    transact: (work, changed = () => true) =>
      new Promise((resolve, fail) => {
        const run = (world: World) => {
          try {
            const result = work(world);
            return () => resolve(result);
          } catch (error) {
            return () => fail(error);
          }
        };
        queue.push({ run, changed, fail });
        void drain();
      }),
  };
}

/** A world, and which state of the file it is. */
interface Loaded {
  readonly world: World;
  readonly stamp: string | undefined;
}

interface Waiting {
  /** Does the work; what it returns gives the result, to be called once all is saved. */
  readonly run: (world: World) => () => void;
  readonly changed: () => boolean;
  readonly fail: (error: unknown) => void;
}

/** Replaces the file, whatever it holds: the world starts again from here. */
export async function resetFile(path: string, world: World): Promise<void> {
  await locked(path, async (check) => {
    check();
    await save(path, world);
  });
}

/** A lock that a killed process left behind is taken over after two seconds. */
async function locked<T>(path: string, work: (check: () => void) => Promise<T>): Promise<T> {
  await mkdir(dirname(path), { recursive: true });
  let lost: Error | undefined;
  const release = await lockfile.lock(path, {
    realpath: false,
    stale: 2_000,
    update: 1_000,
    retries: { retries: 300, minTimeout: 5, maxTimeout: 100, factor: 1.5, randomize: true },
    onCompromised: (error) => {
      lost = error;
    },
  });
  try {
    return await work(() => {
      if (lost) throw new Error(`the sandbox file ${path} was taken over by another process: ${lost.message}`);
    });
  } finally {
    await release().catch(() => {});
  }
}

/** What killed processes left half written. Only the holder of the lock writes, so nobody else's is lost. */
async function sweep(path: string): Promise<void> {
  const left = (await readdir(dirname(path))).filter(
    (name) => name.startsWith(`${basename(path)}.`) && name.endsWith('.tmp'),
  );
  for (const name of left) await rm(join(dirname(path), name), { force: true });
}

/** A reader sees the file as it was or as it is, never half of it. */
async function save(path: string, world: World): Promise<string | undefined> {
  const temporary = `${path}.${randomUUID()}.tmp`;
  try {
    await writeFile(temporary, JSON.stringify({ version, world }), { mode: 0o600 });
    await rename(temporary, path);
  } catch (error) {
    await rm(temporary, { force: true });
    throw error;
  }
  return stampOf(path);
}

async function stampOf(path: string): Promise<string | undefined> {
  try {
    const { ino, size, mtimeNs } = await stat(path, { bigint: true });
    return `${ino}/${size}/${mtimeNs}`;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw error;
  }
}

/** Why this text is no world that can be used; undefined: it is one. */
export function trouble(text: string): 'version' | 'broken' | undefined {
  try {
    const { version: has, world } = JSON.parse(text) as { version?: unknown; world?: Partial<World> };
    if (typeof has !== 'number' || !world) return 'broken';
    if (has !== version) return 'version';
    return Object.keys(emptyWorld()).every((part) => part in world) ? undefined : 'broken';
  } catch {
    return 'broken';
  }
}

function parse(path: string, text: string): World {
  const why = trouble(text);
  if (why === 'version') throw new Error(`the sandbox file ${path} was made by another version of rad-connect`);
  if (why === 'broken') throw new Error(`${path} is no sandbox file, or a broken one`);
  return (JSON.parse(text) as { world: World }).world;
}
