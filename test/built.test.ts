import { spawn, spawnSync } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, describe, expect, it } from 'vitest';
import type { Document } from '../src/render/document.ts';

const program = fileURLToPath(new URL('../bin/rad-connect.js', import.meta.url));
const home = mkdtempSync(join(tmpdir(), 'rad-connect-'));
afterAll(() => rmSync(home, { recursive: true, force: true }));
let files = 0;
const sandbox = () => join(home, `${++files}.json`);

/** Nothing of the outer environment: no credentials, no settings. */
const env = { PATH: process.env.PATH, HOME: home, AWS_EC2_METADATA_DISABLED: 'true' };
const ENABLE = ['enable-audit', '--regions', 'us-east-1,eu-west-1', '--yes', '-o', 'json'];
const DELETE = ['teardown', '--yes', '--confirm', '123456789012', '--delete-data', '-o', 'json'];

function start(args: readonly string[]): Promise<{ code: number | null; stdout: string; stderr: string }> {
  const child = spawn(process.execPath, [program, ...args], { env });
  let [stdout, stderr] = ['', ''];
  child.stdout.on('data', (text) => {
    stdout += text;
  });
  child.stderr.on('data', (text) => {
    stderr += text;
  });
  return new Promise((resolve) => child.on('close', (code) => resolve({ code, stdout, stderr })));
}
const summary = (stdout: string) => (JSON.parse(stdout) as Document).summary;

describe('the built program', () => {
  it('does the main job in the sandbox, each command a process of its own', async () => {
    const file = sandbox();
    const first = await start([...ENABLE, '--sandbox', file]);
    expect(first.code, first.stderr).toBe(0);
    expect(summary(first.stdout)).toMatchObject({ blocked: 0, failed: 0, skipped: 0 });
    const status = await start(['status', '-o', 'json', '--detailed-exitcode', '--sandbox', file]);
    expect(status.code, status.stderr).toBe(0);
    const end = await start([...DELETE, '--sandbox', file]);
    expect(end.code, end.stderr).toBe(0);
    expect(JSON.parse((await start(['status', '-o', 'json', '--sandbox', file])).stdout)).toMatchObject({
      regions: [],
    });
  });

  it('keeps the sandbox whole under two processes at once', async () => {
    const file = sandbox();
    const both = await Promise.all([start([...ENABLE, '--sandbox', file]), start([...ENABLE, '--sandbox', file])]);
    for (const { code, stderr } of both) expect([0, 3], stderr).toContain(code);
    const last = await start([...ENABLE, '--sandbox', file]);
    expect(last.code, last.stderr).toBe(0);
    const again = await start([...ENABLE, '--sandbox', file]);
    expect(summary(again.stdout)).toMatchObject({ create: 0, update: 0 });
  });

  it('begins anew with sandbox reset, but not over a file that is no sandbox', async () => {
    const file = sandbox();
    await start([...ENABLE, '--sandbox', file]);
    expect((await start(['sandbox', 'reset', 'laws', '--sandbox', file, '-o', 'json'])).code).toBe(0);
    expect((await start([...ENABLE, '--sandbox', file])).code).toBe(3);
    writeFileSync(file, 'precious');
    const broken = await start(['status', '--sandbox', file]);
    expect(broken.code).toBe(1);
    expect(broken.stderr).toContain(file);
    expect((await start(['sandbox', 'reset', '--sandbox', file])).code).toBe(64);
    expect(readFileSync(file, 'utf8')).toBe('precious');
    expect((await start(['sandbox', 'reset', 'nonsense', '--sandbox', file])).code).toBe(64);
  });

  it('says without credentials what to do, in three lines, with exit code 4', async () => {
    const { code, stderr, stdout } = await start(['status', '--regions', 'us-east-1', '-o', 'json']);
    expect(code).toBe(4);
    expect(stderr).toMatch(/aws sso login|aws configure/);
    expect(JSON.parse(stdout)).toMatchObject({ result: 'failed', errors: [{ code: 'CREDENTIALS' }] });
  });

  it.each(['--version', '--help'])('answers %s without loading the AWS SDK', (word) => {
    const NODE_V8_COVERAGE = mkdtempSync(join(home, 'coverage-'));
    const { stdout, status } = spawnSync(process.execPath, [program, word], {
      env: { ...env, NODE_V8_COVERAGE },
      encoding: 'utf8',
    });
    expect(status).toBe(0);
    expect(stdout).toContain(word === '--version' ? packageVersion : 'enable-audit');
    const [report] = readdirSync(NODE_V8_COVERAGE);
    const { result } = JSON.parse(readFileSync(join(NODE_V8_COVERAGE, report ?? ''), 'utf8')) as {
      result: { url: string }[];
    };
    const ours = result.map(({ url }) => url).filter((url) => url.includes('/dist/'));
    expect(ours.length).toBeGreaterThan(0);
    for (const url of ours) expect(readFileSync(fileURLToPath(url), 'utf8')).not.toContain('EKSClient');
  });
});

const packageVersion = (
  JSON.parse(readFileSync(new URL('../package.json', import.meta.url), 'utf8')) as { version: string }
).version;
