import { randomUUID } from 'node:crypto';
import { link, mkdir, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { dirname, join, resolve } from 'node:path';
import { RadError } from '../engine/errors.ts';
import { compareKeys } from './merge.ts';
import type { Listed, Shelf } from './shelf.ts';

/** A folder in the place of a bucket, under the same law: a file is there whole or not at all, and is never written over. */
export function folderShelf(folder: string): Shelf {
  const root = resolve(folder);
  const drafts = createDrafts(join(root, DRAFTS));
  return {
    list: (prefix, after) => told(filesBelow(root, prefix, after)),
    refuses: (key) => !isFileName(key),
    read: (key) => unlessMissing(() => readFile(join(root, key)), join(root, key)),
    async write(key, bytes) {
      const file = join(root, key);
      try {
        await mkdir(dirname(file), { recursive: true });
        return await drafts.publish(bytes, file);
      } catch (error) {
        throw trouble(error, file);
      }
    },
  };
}

async function unlessMissing<T>(work: () => Promise<T>, file: string): Promise<T | undefined> {
  try {
    return await work();
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw trouble(error, file);
  }
}

/** What is being written, beside what is there, since a link does not reach into another file system. */
const DRAFTS = '.rad-connect';
/** What a killed run has left behind is older than anything that is still being written. Milliseconds. */
const ABANDONED = 3_600_000;

function createDrafts(folder: string) {
  let swept: Promise<void> | undefined;
  return {
    /** Written whole beside it, then given its name, unless there is one of it: then false. */
    async publish(bytes: Buffer, file: string): Promise<boolean> {
      await mkdir(folder, { recursive: true });
      const draft = join(folder, randomUUID());
      try {
        await writeFile(draft, bytes, { flag: 'wx' });
        swept ??= sweep(folder, draft);
        await swept;
        await link(draft, file);
        return true;
      } catch (error) {
        if ((error as NodeJS.ErrnoException).code === 'EEXIST' && (await stat(file)).isFile()) return false;
        throw error;
      } finally {
        await rm(draft, { force: true });
      }
    },
  };
}

/** By the clock of the file system itself. */
async function sweep(folder: string, newest: string): Promise<void> {
  const { mtimeMs: now } = await stat(newest);
  for (const name of await readdir(folder)) {
    const file = join(folder, name);
    const one = await stat(file).catch(() => undefined);
    if (one && now - one.mtimeMs > ABANDONED) await rm(file, { force: true });
  }
}

/** Keys are data of others: none may lead out of the folder, or mean another file than its own. */
function isFileName(key: string): boolean {
  const parts = key.split('/');
  // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is looked for
  return parts.every((part) => !/^\.{0,2}$|[\u0000-\u001f\\:*?"<>|]/.test(part) && Buffer.byteLength(part) <= 255);
}

interface Entry {
  /** Of a folder it ends in a slash, as it does in the keys of what is in it. */
  readonly name: string;
}

/** All files in the order of the keys that they stand for; one folder on the way is held at a time. */
async function* filesBelow(root: string, prefix: string, after: string): AsyncGenerator<Listed> {
  const entries = await readdir(join(root, prefix), { withFileTypes: true }).catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return [];
    throw error;
  });
  const sorted = entries
    .filter((entry) => (entry.isDirectory() || entry.isFile()) && prefix + entry.name !== DRAFTS)
    .map((entry): Entry => ({ name: entry.isDirectory() ? `${entry.name}/` : entry.name }))
    .sort((a, b) => compareKeys(a.name, b.name));
  for (const { name } of sorted) {
    const key = prefix + name;
    const isBefore = compareKeys(key, after) <= 0 && !after.startsWith(key);
    if (name.endsWith('/')) {
      if (!isBefore) yield* filesBelow(root, key, after);
    } else if (compareKeys(key, after) > 0) yield { key, size: (await stat(join(root, key))).size };
  }
}

async function* told(files: AsyncGenerator<Listed>): AsyncGenerator<Listed> {
  try {
    yield* files;
  } catch (error) {
    throw trouble(error, 'it');
  }
}

function trouble(cause: unknown, file: string): Error {
  const { code, message } = cause as NodeJS.ErrnoException;
  if (cause instanceof RadError || !code) return cause as Error;
  const hint = /^(EPERM|ENOTSUP|ENOSYS|EXDEV)$/.test(code)
    ? 'choose a folder on a file system that has hard links'
    : code === 'ENOSPC'
      ? 'make room, then run the same command again: it goes on from here'
      : 'see that the folder can be read and written, then run again';
  return new RadError('FOLDER', `${file}: ${message}`, { hint, cause });
}
