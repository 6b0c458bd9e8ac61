import { execFileSync, spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { thirdParty } from '../build/licences.js';
import { pack } from '../build/pack.js';
import { packagesOf } from '../build/packages.js';
import { sbomOf } from '../build/sbom.js';

const home = mkdtempSync(join(tmpdir(), 'rad-connect-'));
afterAll(() => rmSync(home, { recursive: true, force: true }));
const env = { PATH: process.env.PATH, HOME: home, npm_config_cache: join(home, 'npm') };

describe('the package', () => {
  const folder = join(home, 'clean');
  let files: readonly string[];
  let about: Record<string, Record<string, string>>;
  beforeAll(() => {
    const file = join(home, pack(home));
    mkdirSync(folder);
    writeFileSync(join(folder, 'package.json'), '{}');
    files = execFileSync('tar', ['tzf', file], { encoding: 'utf8' }).match(/(?<=^package\/).+/gm)!;
    execFileSync('npm', ['install', '--offline', '--no-audit', '--no-fund', file], {
      cwd: folder,
      env,
    });
    about = JSON.parse(readFileSync(join(folder, 'node_modules/rad-connect/package.json'), 'utf8')) as typeof about;
  }, 120_000);

  const run = (...args: string[]) =>
    spawnSync(join(folder, 'node_modules/.bin/rad-connect'), args, { cwd: folder, env, encoding: 'utf8' });

  it('runs where nothing but it is installed', () => {
    expect(run('--version').stdout.trim()).toBe(about.version);
    const file = join(home, 'account.json');
    const enabled = run('enable-audit', '--sandbox', file, '--regions', 'eu-west-1', '--yes', '-o', 'json');
    expect(enabled.status, enabled.stderr).toBe(0);
    const status = run('status', '--sandbox', file, '--detailed-exitcode');
    expect(status.status, status.stderr).toBe(0);
    const from = 's3://rad-eks-audit-logs-123456789012-eu-west-1-an';
    const copied = run('sync', '--sandbox', file, '--from', from, '--to', join(folder, 'audit'));
    expect([copied.status, copied.stdout], copied.stderr).toEqual([0, expect.stringContaining('oldest missing: none')]);
    expect(copied.stderr).toContain('npm install @duckdb/node-api');
  });

  it('brings nothing else along, and runs nothing when it is installed', () => {
    expect(about.dependencies ?? {}).toEqual({});
    expect(about.scripts ?? {}).toEqual({});
  });

  it('has the program, its schema and the notices, and no source or test', () => {
    expect(files).toEqual(
      expect.arrayContaining([
        ...['LICENSE', 'README.md', 'CHANGELOG.md', 'bin/rad-connect.js', 'dist/THIRD_PARTY.txt'],
        'rules/pod-exec.yml',
      ]),
    );
    expect(files.filter((path) => !/^((bin|dist|rules|schema)\/|[A-Z]+(\.md)?$|package\.json$)/.test(path))).toEqual(
      [],
    );
  });
});

describe('what is bundled', () => {
  const outputs = {
    'dist/cli.js': {
      inputs: {
        'src/cli.ts': { bytesInOutput: 10 },
        'node_modules/commander/lib/command.js': { bytesInOutput: 10 },
        'node_modules/@smithy/core/dist-es/index.js': { bytesInOutput: 10 },
        'node_modules/vitest/dist/index.js': { bytesInOutput: 0 },
      },
    },
  };
  const packages = packagesOf({ outputs });
  const other = { name: 'other', version: '1.0.0', author: undefined, home: 'https://example.com/other', texts: [] };

  it('is the packages of which code is in the program', () => {
    expect(packages.map(({ name, license }) => [name, license])).toEqual([
      ['@smithy/core', 'Apache-2.0'],
      ['commander', 'MIT'],
    ]);
  });

  it('is named in the notices, with each text once', () => {
    const [core, commander] = packages as [(typeof packages)[0], (typeof packages)[0]];
    const text = thirdParty([core, commander, { ...commander, name: 'twin' }, { ...other, license: 'MIT' }]);
    expect(text.match(/^(commander|twin) /gm)).toEqual(['commander ', 'twin ']);
    expect(text.split(commander.texts[0]!)).toHaveLength(2);
    expect(text).toContain('https://example.com/other');
  });

  it('has a licence that may be shipped', () => {
    expect(() => thirdParty([{ ...other, license: 'AGPL-3.0-or-later' }])).toThrow('other 1.0.0');
  });

  it('is the bill of materials, and nothing else is', () => {
    const bill = sbomOf({ name: 'rad-connect', version: '1.2.3' }, packages);
    expect(bill.metadata.component).toMatchObject({ name: 'rad-connect', version: '1.2.3' });
    expect(bill.components.map(({ name }: { name: string }) => name).sort()).toEqual(['@smithy/core', 'commander']);
    expect(() =>
      sbomOf({ name: 'rad-connect', version: '1.2.3' }, [...packages, { ...other, license: 'MIT' }]),
    ).toThrow('other@1.0.0');
  }, 60_000);
});
