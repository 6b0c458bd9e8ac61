import { mkdir, mkdtemp, readdir, readFile, rm, stat, utimes, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DescribeClusterCommand } from '@aws-sdk/client-eks';
import { CreateRoleCommand, GetRoleCommand } from '@aws-sdk/client-iam';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { fileStore, resetFile } from '../../src/simulator/store.ts';
import { addCluster, emptyWorld } from '../../src/simulator/world.ts';
import { account, errorOf, trust } from './account.ts';

let folder: string;
let path: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'rad-connect-store-'));
  path = join(folder, 'state', 'sandbox.json');
});
afterEach(() => rm(folder, { recursive: true }));

/** Changes with each writing of the file. */
const written = async () => {
  const { ino, mtimeMs } = await stat(path);
  return { ino, mtimeMs };
};
const count = (store: ReturnType<typeof fileStore>) => store.transact((world) => ++world.serial);

describe('the world in a file', () => {
  it('is there from the first call on, for whoever opens it next', async () => {
    expect(await count(fileStore(path, emptyWorld))).toBe(1);
    expect(await count(fileStore(path, emptyWorld))).toBe(2);
    expect(JSON.parse(await readFile(path, 'utf8'))).toMatchObject({ version: 2, world: { serial: 2 } });
    expect(await readdir(join(folder, 'state'))).toEqual(['sandbox.json']);
  });

  it('loses nothing when two write at once', async () => {
    const stores = [fileStore(path, emptyWorld), fileStore(path, emptyWorld)];
    const numbers = await Promise.all(Array.from({ length: 60 }, (_, i) => count(stores[i % 2]!)));
    expect(numbers.sort((a, b) => a - b)).toEqual(Array.from({ length: 60 }, (_, i) => i + 1));
    for (let i = 0; i < 10; i++) await count(stores[i % 2]!);
    expect(await count(stores[0]!)).toBe(71);
  });

  it('takes over the lock of a process that was killed', async () => {
    await mkdir(`${path}.lock`, { recursive: true });
    await utimes(`${path}.lock`, new Date(0), new Date(0));
    await writeFile(`${path}.half.tmp`, '{');
    expect(await count(fileStore(path, emptyWorld))).toBe(1);
    expect(await readdir(join(folder, 'state'))).toEqual(['sandbox.json']);
  });

  it('serves two simulators at once', async () => {
    const [one, two] = [0, 1].map(() => account(emptyWorld(), { store: fileStore(path, emptyWorld) }));
    const names = Array.from({ length: 10 }, (_, i) => `role-${i}`);
    const create = (RoleName: string, i: number) =>
      (i % 2 ? one! : two!).iam.send(new CreateRoleCommand({ RoleName, AssumeRolePolicyDocument: trust('logs') }));
    await Promise.all(names.map(create));
    for (const RoleName of names) await one!.iam.send(new GetRoleCommand({ RoleName }));
    expect(one!.clock.now()).toBe(emptyWorld().now + 220);
  });

  it('is not written where nothing has changed, and then with the next change', async () => {
    const store = fileStore(path, emptyWorld);
    await count(store);
    const before = await written();
    await store.transact(
      (world) => {
        world.now += 5;
      },
      () => false,
    );
    expect(await written()).toEqual(before);
    await count(store);
    expect(JSON.parse(await readFile(path, 'utf8')).world).toMatchObject({ serial: 2, now: emptyWorld().now + 5 });
  });

  it('keeps what a call that only reads has told: what has come about since', async () => {
    const world = emptyWorld();
    addCluster(world, 'us-east-1', 'new', { status: 'CREATING', readyAt: world.now + 60_000 });
    await resetFile(path, world);
    const { clock, eks } = account(emptyWorld(), { store: fileStore(path, emptyWorld) });
    const look = async () => (await eks.send(new DescribeClusterCommand({ name: 'new' }))).cluster?.status;
    const before = await written();
    expect(await look()).toBe('CREATING');
    expect(await written()).toEqual(before);
    await clock.sleep(60_000);
    expect(await look()).toBe('ACTIVE');
    const other = await fileStore(path, emptyWorld).transact(
      ({ regions }) => regions['us-east-1']!.clusters.new!.status,
    );
    expect(other).toBe('ACTIVE');
  });

  it('an error in one transaction is its own', async () => {
    const store = fileStore(path, emptyWorld);
    const failing = store.transact(() => {
      throw new Error('mine');
    });
    const [error, number] = await Promise.all([errorOf(failing), count(store)]);
    expect([error.message, number]).toEqual(['mine', 1]);
  });

  it.each([
    ['half a file', '{"version":2,"wor', 'no sandbox file'],
    ['something else', '[]', 'no sandbox file'],
    ['another version', '{"version":1,"world":{}}', 'another version'],
    ['no world', '{"version":2}', 'no sandbox file'],
  ])('%s is told, left as it is, and can be reset', async (_, text, message) => {
    await mkdir(join(folder, 'state'));
    await writeFile(path, text);
    const store = fileStore(path, emptyWorld);
    const error = await errorOf(count(store));
    for (const part of [path, message]) expect(error.message).toContain(part);
    expect(await readFile(path, 'utf8')).toBe(text);
    await resetFile(path, emptyWorld({ serial: 5 }));
    expect(await count(store)).toBe(6);
  });
});
