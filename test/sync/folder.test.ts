import { mkdtempSync, readdirSync, readFileSync, rmSync, utimesSync, writeFileSync } from 'node:fs';
import { mkdir } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterAll, describe, expect, it } from 'vitest';
import { folderShelf } from '../../src/sync/folder.ts';
import { compareKeys } from '../../src/sync/merge.ts';

const home = mkdtempSync(join(tmpdir(), 'rad-connect-'));
afterAll(() => rmSync(home, { recursive: true, force: true }));
let folders = 0;
const newFolder = () => join(home, String(++folders));
const at = folderShelf;

async function keysIn(folder: string, after = '', prefix = ''): Promise<string[]> {
  const keys: string[] = [];
  for await (const { key } of at(folder).list(prefix, after)) keys.push(key);
  return keys;
}

const part = fc.string({ unit: fc.constantFrom('a', 'b', '-', '.', '0', '!', 'é', '😀'), minLength: 1, maxLength: 3 });
const key = fc.array(part, { minLength: 1, maxLength: 3 }).map((parts) => parts.join('/'));

describe('a folder in the place of a bucket', () => {
  it('lists its files as S3 lists keys, from any key on', () =>
    fc.assert(
      fc.asyncProperty(fc.array(key, { maxLength: 12 }), key, async (some, after) => {
        const folder = newFolder();
        const { write, refuses } = at(folder);
        const written: string[] = [];
        for (const one of new Set(some)) {
          // A file cannot be a folder as well; S3 knows neither.
          const isTaken = written.some((other) => other.startsWith(`${one}/`) || one.startsWith(`${other}/`));
          if (refuses(one) || isTaken) continue;
          expect(await write(one, Buffer.from(one))).toBe(true);
          written.push(one);
        }
        expect(await keysIn(folder)).toEqual(written.sort(compareKeys));
        expect(await keysIn(folder, after)).toEqual(written.filter((one) => compareKeys(one, after) > 0));
      }),
      { numRuns: 60 },
    ));

  it('looks only below the prefix', async () => {
    const folder = newFolder();
    for (const one of ['a/1', 'b/2', 'b/3', 'c/4']) await at(folder).write(one, Buffer.from('x'));
    expect(await keysIn(folder, '', 'b/')).toEqual(['b/2', 'b/3']);
    expect(await keysIn(folder, 'b/2', 'b/')).toEqual(['b/3']);
    expect(await keysIn(folder, '', 'none/')).toEqual([]);
  });

  it.each([
    '../x',
    'a/../../x',
    '/etc/passwd',
    'a//b',
    'a/',
    '.',
    'a/./b',
    'a\\b',
    'C:x',
    'a\u0000b',
    `a/${'x'.repeat(256)}`,
  ])('never takes the key %j: it would be another file', (one) => expect(at(newFolder()).refuses(one)).toBe(true));

  it('of many that write the same key at once exactly one does, and nothing half written is ever seen', async () => {
    const folder = newFolder();
    const bytes = (n: number) => Buffer.alloc(200_000, n);
    const ends = await Promise.all(Array.from({ length: 8 }, (_, n) => at(folder).write('d/k', bytes(n))));
    expect(ends.filter(Boolean)).toHaveLength(1);
    expect(readFileSync(join(folder, 'd/k'))).toEqual(bytes(ends.indexOf(true)));
    expect(await at(folder).write('d/k', bytes(9))).toBe(false);
    expect(readFileSync(join(folder, 'd/k'))).toEqual(bytes(ends.indexOf(true)));
    expect(readdirSync(join(folder, '.rad-connect'))).toEqual([]);
  });

  it('clears away what a killed run has left half written, and nothing that is still being written', async () => {
    const folder = newFolder();
    await mkdir(join(folder, '.rad-connect'), { recursive: true });
    for (const name of ['old', 'young']) writeFileSync(join(folder, '.rad-connect', name), 'half');
    const long = new Date(Date.now() - 2 * 3_600_000);
    utimesSync(join(folder, '.rad-connect/old'), long, long);
    await at(folder).write('k', Buffer.from('x'));
    expect(readdirSync(join(folder, '.rad-connect'))).toEqual(['young']);
    expect(await keysIn(folder)).toEqual(['k']);
  });

  it('a file in the place of a folder, and the other way round, are told', async () => {
    const folder = newFolder();
    await at(folder).write('a', Buffer.from('x'));
    await at(folder).write('b/c', Buffer.from('x'));
    for (const one of ['a/b', 'b'])
      await expect(at(folder).write(one, Buffer.from('y'))).rejects.toMatchObject({ code: 'FOLDER' });
  });
});
