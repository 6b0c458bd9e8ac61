import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { beforeEach, describe, expect, it, vi } from 'vitest';
import { putObject } from '../src/simulator/services/versions.ts';
import { addBucket } from '../src/simulator/world.ts';
import { account } from './helpers/account.ts';
import { oneDocument } from './helpers/schema.ts';
import { small, US } from './helpers/small.ts';

const asked = vi.hoisted(() => ({ for: 0 }));
vi.mock('@duckdb/node-api', () => {
  asked.for++;
  throw new Error('Cannot find package');
});
beforeEach(() => {
  asked.for = 0;
});

describe('without DuckDB', () => {
  it('sync copies, and one line says how to get it; with --no-normalise none', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'rad-connect-'));
    const world = small(US);
    putObject(world, addBucket(world, US, 'customer-logs'), '2026/11/22/01/s', gzipSync('{"messageType":"x"}'));
    const { run } = account(world);
    const line = `sync --from s3://customer-logs --to ${folder}`;
    const { code, stdout } = await run(`${line} -o json`);
    const { sync, warnings } = oneDocument(stdout);
    expect([code, sync?.copied, sync?.normalised]).toEqual([0, 1, null]);
    expect(warnings).toMatchObject([
      { code: 'DUCKDB_MISSING', hint: expect.stringContaining('npm install @duckdb/node-api') },
    ]);
    expect((await run(`${line} --no-normalise`)).stderr).not.toMatch(/warning/);
    rmSync(folder, { recursive: true });
  });

  it('findings says how to get it, and makes no call', async () => {
    const { code, stderr, calls } = await account(small(US)).run('findings --connected');
    expect([code, calls]).toEqual([1, []]);
    expect(stderr).toContain('→ npm install @duckdb/node-api');
  });

  it('all else is as it is with it, and does not look for it', async () => {
    const { run } = account(small(US));
    const lines = [`enable-audit --regions ${US} --yes`, 'status', 'verify', 'doctor', 'rules list', 'findings --help'];
    for (const line of lines) expect([line, (await run(line)).stderr.includes('duckdb')]).toEqual([line, false]);
    expect(asked.for).toBe(0);
    await run('findings .');
    expect(asked.for).toBe(1);
  });
});
