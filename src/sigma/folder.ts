import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { RadError } from '../engine/errors.ts';
import { link } from './link.ts';
import { type Entry, readRules } from './read.ts';
import type { Rule } from './rule.ts';

/** The rules of folders, of those that come with rad-connect and of the user's own, which may build on them. Throws USAGE. */
export function loadRules(folders: readonly string[]): Rule[] {
  return link(folders.flatMap(entriesIn)).sort((a, b) => (a.name < b.name ? -1 : 1));
}

/** A file or folder, and no name of a rule. */
export const isPath = (word: string): boolean => existsSync(word);

function entriesIn(folder: string): Entry[] {
  let files: string[];
  try {
    files = statSync(folder).isDirectory()
      ? readdirSync(folder, { recursive: true, encoding: 'utf8' })
          .filter((path) => /\.ya?ml$/.test(path))
          .sort()
          .map((path) => join(folder, path))
      : [folder];
  } catch (error) {
    throw new RadError(
      'USAGE',
      `--rules ${folder}: ${(error as NodeJS.ErrnoException).code === 'ENOENT' ? 'there is no such folder' : (error as Error).message}`,
    );
  }
  if (files.length === 0) throw new RadError('USAGE', `--rules ${folder}: no .yml or .yaml file is in it`);
  return files.flatMap((file) => readRules(readFileSync(file, 'utf8'), file));
}
