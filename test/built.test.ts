import { spawn, spawnSync } from 'node:child_process';
import {
  closeSync,
  existsSync,
  lstatSync,
  mkdtempSync,
  openSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, describe, expect, it } from 'vitest';
import { answers } from '../src/cli/answers.ts';
import { parse } from '../src/cli/program.ts';
import type { Document } from '../src/render/document.ts';
import { MULTI_REGION_KEY } from '../src/simulator/scenarios.ts';

const packageVersion = (
  JSON.parse(readFileSync(new URL('../package.json', import.meta.url), 'utf8')) as { version: string }
).version;
const program = fileURLToPath(new URL('../bin/rad-connect.js', import.meta.url));
const home = mkdtempSync(join(tmpdir(), 'rad-connect-'));
afterAll(() => rmSync(home, { recursive: true, force: true }));
let files = 0;
const sandbox = () => join(home, `${++files}.json`);

/** Nothing of the outer environment: no credentials, no settings. */
const env = { PATH: process.env.PATH, HOME: home, AWS_EC2_METADATA_DISABLED: 'true' };
const ENABLE = ['enable-audit', '--regions', 'us-east-1,eu-west-1', '--yes', '-o', 'json'];
const DELETE = ['teardown', '--yes', '--confirm', '123456789012', '--delete-data', '-o', 'json'];

function start(
  args: readonly string[],
  node: readonly string[] = [],
): Promise<{ code: number | null; stdout: string; stderr: string }> {
  const child = spawn(process.execPath, [...node, program, ...args], { env });
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
  it('ends at a signal that comes before it has begun: 130', async () => {
    const asSoonAsHeard =
      "process.on('newListener', (name) => { if (name === 'SIGINT') setImmediate(() => process.kill(process.pid, name)); });";
    const { code, stdout, stderr } = await start(
      ['status', '-o', 'json', '--sandbox', sandbox()],
      ['--import', `data:text/javascript,${encodeURIComponent(asSoonAsHeard)}`],
    );
    expect([code, stdout, stderr]).toEqual([130, '', '']);
  });

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

  it('encrypts with a key of the customer', async () => {
    const key = `arn:aws:kms:us-east-1:123456789012:key/${MULTI_REGION_KEY}`;
    const { code, stderr } = await start([...ENABLE, '--kms-key', key, '--sandbox', sandbox()]);
    expect(code, stderr).toBe(0);
  });

  it('follows a link to the sandbox file, and leaves it a link', async () => {
    const [file, link] = [sandbox(), sandbox()];
    await start(['sandbox', 'reset', '--sandbox', file]);
    symlinkSync(file, link);
    const before = readFileSync(file, 'utf8');
    expect((await start([...ENABLE, '--sandbox', link])).code).toBe(0);
    expect(lstatSync(link).isSymbolicLink()).toBe(true);
    expect(readFileSync(file, 'utf8')).not.toBe(before);
  });

  it.skipIf(!existsSync('/dev/full'))('a result that cannot be written is a failure', () => {
    const full = openSync('/dev/full', 'w');
    const { status, stderr } = spawnSync(process.execPath, [program, 'status', '-o', 'json', '--sandbox', sandbox()], {
      env,
      stdio: ['ignore', full, 'pipe'],
    });
    closeSync(full);
    expect([status, String(stderr)]).toEqual([1, expect.stringContaining('could not be written')]);
  });

  it.each([[['status']], [['sandbox', 'reset']]])(
    '%j leaves a pipe alone that is named as the sandbox',
    async (words) => {
      const pipe = sandbox();
      spawnSync('mkfifo', [pipe]);
      const { code, stderr } = await start([...words, '--sandbox', pipe]);
      expect([code, stderr]).toEqual([64, expect.stringContaining('no file')]);
      expect(statSync(pipe).isFIFO()).toBe(true);
    },
  );

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

  it('prints a policy without credentials and without a call', async () => {
    const { code, stdout } = await start(['policy', '--for', 'status']);
    expect(code).toBe(0);
    expect(JSON.parse(stdout).Statement).toContainEqual(expect.objectContaining({ Action: ['eks:DescribeCluster'] }));
  });

  it('holds nothing of the AGPL library that evaluates policies in the tests', () => {
    const words = (folder: URL) =>
      readdirSync(folder, { recursive: true, encoding: 'utf8' })
        .filter((name) => name.endsWith('.js'))
        .map((name) => readFileSync(new URL(name, folder), 'utf8').includes('ImplicitlyDenied'));
    const library = new URL('../node_modules/@cloud-copilot/iam-simulate/dist/esm/', import.meta.url);
    expect(words(library)).toContain(true);
    expect(words(new URL('../dist/', import.meta.url))).not.toContain(true);
  });

  it.each([
    ['--version', true],
    ['--help', true],
    ['teardown --help', true],
    ['no-such-command', false],
  ])('%s is answered without loading anything of the program: %s', (line, quick) => {
    const NODE_V8_COVERAGE = mkdtempSync(join(home, 'coverage-'));
    spawnSync(process.execPath, [program, ...line.split(' ')], { env: { ...env, NODE_V8_COVERAGE } });
    const [report] = readdirSync(NODE_V8_COVERAGE);
    const { result } = JSON.parse(readFileSync(join(NODE_V8_COVERAGE, report ?? ''), 'utf8')) as {
      result: { url: string }[];
    };
    const ours = result.map(({ url }) => url).filter((url) => url.includes('/dist/'));
    expect(ours.length === 0).toBe(quick);
    for (const url of ours) expect(readFileSync(fileURLToPath(url), 'utf8')).not.toContain('EKSClient');
  });

  const answered = answers(packageVersion);

  it('holds the answers of this very code', () => {
    const built = readFileSync(new URL('../dist/answers.json', import.meta.url), 'utf8');
    expect(JSON.parse(built)).toEqual(JSON.parse(JSON.stringify(answered)));
  });

  it.each([
    ['--version', undefined],
    ['--help', undefined],
    ['--help', 80],
    ['--help', 60],
    ['--help', 132],
    ['status --help', 132],
    ['--version', 132],
  ])('prints %s as the program does on a terminal of %s columns', (line, columns) => {
    const terminal = join(home, 'terminal.cjs');
    writeFileSync(terminal, `Object.assign(process.stdout, { isTTY: true, columns: ${columns} });`);
    const like = columns === undefined ? [] : ['--require', terminal];
    const { stdout, status } = spawnSync(process.execPath, [...like, program, ...line.split(' ')], { env });
    let text = '';
    const print = (part: string) => {
      text += part;
    };
    parse({ argv: line.split(' '), env: {}, version: packageVersion, width: columns, print });
    expect([status, String(stdout)]).toEqual([0, text]);
  });

  it('a reader that has seen enough is no error', async () => {
    const command = `${process.execPath} ${program} --help; echo "exit $?" >&2`;
    const { stderr } = spawnSync('sh', ['-c', `(${command}) | true`], { env, encoding: 'utf8' });
    expect(stderr).toBe('exit 0\n');
  });
});
