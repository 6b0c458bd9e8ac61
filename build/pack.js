import { execFileSync } from 'node:child_process';
import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

const top = join(import.meta.dirname, '..');

/**
 * Packs what is published into a folder and returns the name of the file. Its package.json has no scripts and no
 * devDependencies: nothing runs when it is installed, and nothing comes along. dist/ is packed as it is.
 */
export function pack(folder) {
  const {
    private: _,
    scripts,
    devDependencies,
    ...about
  } = JSON.parse(readFileSync(join(top, 'package.json'), 'utf8'));
  const stage = mkdtempSync(join(tmpdir(), 'rad-connect-'));
  try {
    for (const path of [...about.files, 'README.md', 'LICENSE'])
      cpSync(join(top, path), join(stage, path), { recursive: true });
    writeFileSync(join(stage, 'package.json'), `${JSON.stringify(about, null, 2)}\n`);
    const packed = execFileSync('npm', ['pack', '--json', '--pack-destination', folder], {
      cwd: stage,
      encoding: 'utf8',
    });
    return JSON.parse(packed)[0].filename;
  } finally {
    rmSync(stage, { recursive: true });
  }
}
