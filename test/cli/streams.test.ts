import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it, vi } from 'vitest';
import { accessDenied } from '../../src/simulator/errors.ts';
import type { Call, Fault } from '../../src/simulator/simulator.ts';
import { account, type RunOptions } from '../helpers/account.ts';
import { comparable } from '../helpers/comparable.ts';
import { oneDocument } from '../helpers/schema.ts';
import { ACCOUNT, cluster, small } from '../helpers/small.ts';

const ENABLE = 'enable-audit --regions us-east-1 --external-id abc-123 --yes';
const TEARDOWN = `teardown --yes --confirm ${ACCOUNT}`;

/** Interrupts the run when it is about to make its n-th call, or its n-th write. */
function interruptedAt(n: number, what: 'call' | 'write' = 'write'): RunOptions {
  let stop: () => void;
  return {
    onInterrupt(how) {
      stop = how;
    },
    faults(call: Call): undefined {
      if (what === 'write' ? call.writeN === n : call.n === n) stop();
    },
  };
}
const denied = (operation: string) => ({
  faults: (call: Call): Fault | undefined =>
    call.operation === operation
      ? { when: 'before', error: accessDenied(`${call.service}:${operation}`, '*') }
      : undefined,
});

/** Has rad-connect been here before? */
async function world(connected: boolean) {
  const account_ = account(small());
  if (connected) expect((await account_.run(ENABLE)).code).toBe(0);
  return account_;
}

const COMMANDS = [
  ['enable-audit', ENABLE, false, 'UpdateClusterConfig'],
  ['enable-audit', `${ENABLE} --dry-run`, false, 'GetRole'],
  ['status', 'status', true, 'ListClusters'],
  ['teardown', TEARDOWN, true, 'DeleteDeliveryStream'],
  ['teardown', `${TEARDOWN} --delete-data`, true, 'DeleteBucket'],
  ['teardown', 'teardown --dry-run', true, 'GetRole'],
] as const;

describe.each(COMMANDS)('%s: %s', (command, line, connected, operation) => {
  it('-o json: exactly one document on success', async () => {
    const { run } = await world(connected);
    const { code, stdout } = await run(`${line} -o json`);
    expect(code).toBe(0);
    expect(oneDocument(stdout)).toMatchObject({ schemaVersion: 1, command, account: ACCOUNT, partition: 'aws' });
  });

  it(`-o json: exactly one document when ${operation} is denied`, async () => {
    const { run } = await world(connected);
    const { code, stdout } = await run(`${line} -o json`, denied(operation));
    expect([1, 3, 5]).toContain(code);
    const document = oneDocument(stdout);
    expect(document.errors.map(({ code }) => code)).toContain('PERMISSION_DENIED');
    expect(['failed', 'partial']).toContain(document.result);
  });

  it('-o json: exactly one document on bad usage', async () => {
    const { run } = await world(false);
    const { code, stdout } = await run(`${line} --bogus -o json`);
    expect(code).toBe(64);
    expect(oneDocument(stdout)).toMatchObject({ command, result: 'failed' });
  });

  it.each([1, 3])('-o json: exactly one document when interrupted at call %i', async (n) => {
    const { run } = await world(connected);
    const { code, stdout, writes } = await run(`${line} -o json`, interruptedAt(n, 'call'));
    expect(code).toBe(130);
    expect(writes).toEqual([]);
    const document = oneDocument(stdout);
    expect(document).toMatchObject({ command, result: 'failed' });
    expect(document.errors.map(({ code }) => code)).toEqual(['INTERRUPTED']);
  });

  it('text: stdout has the result only, stderr all else, neither has colour', async () => {
    const { run } = await world(connected);
    const { stdout, stderr } = await run(line);
    expect(stdout).toMatch(/^Account 123456789012 /);
    expect(stdout).not.toMatch(/^(rad-connect|Looking|warning|error)/m);
    const [first] = stderr.split('\n');
    expect(first).toContain(command);
    expect(first).toContain('test account');
    if (line.includes('--regions')) expect(first).toContain('us-east-1');
    // biome-ignore lint/suspicious/noControlCharactersInRegex: that is what must not be there
    expect(stdout + stderr).not.toMatch(/[\u001b\r]/);
  });

  it('-q: nothing on stderr, the result on stdout', async () => {
    const [loud, quiet] = [await world(connected), await world(connected)];
    const expected = await loud.run(line);
    expect(expected.stderr).not.toBe('');
    const { code, stdout, stderr } = await quiet.run(`${line} -q`);
    expect(code).toBe(0);
    expect(stderr).toBe('');
    expect(stdout).toBe(expected.stdout);
  });

  it('-q: errors are said', async () => {
    const { run } = await world(connected);
    const { stderr } = await run(`${line} -q`, denied(operation));
    expect(stderr).toMatch(/^error:/);
    expect(stderr.split('\n').filter((text) => !/^(error:| {2}|$)/.test(text))).toEqual([]);
  });

  it('the same account gives the same bytes', async () => {
    const [a, b] = [await world(connected), await world(connected)];
    const first = (await a.run(`${line} -o json`)).stdout;
    expect((await b.run(`${line} -o json`)).stdout).toBe(first);
  });
});

describe('sandbox reset', () => {
  const folder = mkdtempSync(join(tmpdir(), 'rad-connect-test-'));
  afterAll(() => rmSync(folder, { recursive: true }));
  const run = (line: string) => account(small()).run(line, { env: { XDG_STATE_HOME: folder } });

  it.each(['sandbox reset', 'sandbox reset empty', 'sandbox reset laws'])('%s: one document', async (line) => {
    const { code, stdout, calls } = await run(`${line} -o json`);
    expect([code, calls]).toEqual([0, []]);
    expect(oneDocument(stdout)).toMatchObject({ command: 'sandbox reset', result: 'ok', account: ACCOUNT });
  });

  it('a scenario that is not there: exit 64 and one document that names it', async () => {
    const { code, stdout } = await run('sandbox reset nothing -o json');
    expect(code).toBe(64);
    const { errors, command } = oneDocument(stdout);
    expect(command).toBe('sandbox reset');
    expect(errors).toEqual([expect.objectContaining({ code: 'USAGE', message: expect.stringContaining('nothing') })]);
  });
});

describe('--dry-run', () => {
  it('the plan is on stdout, and nothing is written', async () => {
    const { run, world: w } = account(small());
    const before = comparable(w, { identity: true });
    const { code, stdout, writes } = await run(`${ENABLE} --dry-run`);
    expect([code, writes]).toEqual([0, []]);
    expect(stdout).toMatch(/^ {2}\+ iam:role +rad-firehose$/m);
    expect(stdout).toMatch(/^us-east-1 · 2 clusters$/m);
    expect(stdout).toMatch(/^ {2}~ eks:cluster-logging +off +audit {2}off → on$/m);
    expect(stdout).toMatch(/^Plan: 9 to create, 1 to update, 0 to delete\.$/m);
    expect(comparable(w, { identity: true })).toEqual(before);
  });

  it('needs no --yes, and says with --detailed-exitcode that something differs', async () => {
    const { run } = account(small());
    expect((await run('enable-audit --regions us-east-1 --dry-run')).code).toBe(0);
    expect((await run('enable-audit --regions us-east-1 --dry-run --detailed-exitcode')).code).toBe(2);
    await run(ENABLE);
    expect((await run('enable-audit --regions us-east-1 --dry-run --detailed-exitcode')).code).toBe(0);
  });

  it('what it plans is what is done', async () => {
    const { run } = account(small());
    const rows = (stdout: string) =>
      oneDocument(stdout).changes.map(({ region, type, id, action, reason, diff }) => ({
        region,
        type,
        id,
        action,
        reason,
        diff,
      }));
    const planned = rows((await run(`${ENABLE} --dry-run -o json`)).stdout);
    expect(rows((await run(`${ENABLE} -o json`)).stdout)).toEqual(planned);
  });
});

describe('interruption', () => {
  it.each([2, 5, 12, 20])('enable-audit at write %i: 130, and the next run finishes', async (n) => {
    const undisturbed = await world(true);
    const { run, world: w } = account(small());
    const { code, stdout, stderr, writes } = await run(`${ENABLE} -o json`, interruptedAt(n));
    expect(code).toBe(130);
    expect(writes.length).toBeGreaterThanOrEqual(n);
    const document = oneDocument(stdout);
    expect(document.result).toBe(document.changes.some(({ status }) => status === 'done') ? 'partial' : 'failed');
    expect(document.summary.failed).toBe(0);
    expect(document.errors.map(({ code }) => code)).toEqual(['INTERRUPTED']);
    expect(document.errors[0]!.hint).not.toBeNull();
    expect(document.summary.skipped).toBeGreaterThan(0);
    expect(stderr).toMatch(/^error:/m);

    expect((await run(ENABLE)).code).toBe(0);
    expect((await run('status --detailed-exitcode')).code).toBe(0);
    expect(comparable(w)).toEqual(comparable(undisturbed.world));
  });

  it.each([1, 4, 8])('teardown at write %i: 130, and the next run finishes', async (n) => {
    const { run, world: w } = account(small());
    const before = comparable(w, { identity: true });
    await run(ENABLE);
    const { code, stdout } = await run(`${TEARDOWN} --delete-data -o json`, interruptedAt(n));
    expect(code).toBe(130);
    expect(oneDocument(stdout).errors.map(({ code }) => code)).toEqual(['INTERRUPTED']);
    expect((await run(`${TEARDOWN} --delete-data`)).code).toBe(0);
    expect(comparable(w, { identity: true })).toEqual(before);
  });

  it('text: the outcome is on stdout, the error on stderr', async () => {
    const { run } = account(small());
    const { code, stdout, stderr } = await run(ENABLE, interruptedAt(5));
    expect(code).toBe(130);
    expect(stdout).not.toContain('error:');
    expect(stderr).toContain('error:');
  });
});

describe('--timeout', () => {
  it('something was done: exit 3, and the next run finishes', async () => {
    const { run, world: w } = account(small());
    w.lags.eksUpdateMs = 24 * 3_600_000;
    const start = w.now;
    const { code, stdout } = await run(`${ENABLE} --timeout 10m -o json`);
    expect(code).toBe(3);
    const document = oneDocument(stdout);
    expect(document.result).toBe('partial');
    expect(document.errors.map(({ code }) => code)).toEqual(['TIMEOUT']);
    expect(w.now - Math.max(start, Date.parse('2026-11-23T00:00:00Z'))).toBeLessThan(11 * 60_000);

    w.due = w.due.map((due) => (due.what === 'cluster.updated' ? { ...due, at: w.now } : due));
    expect((await run(ENABLE)).code).toBe(0);
    expect(cluster(w, 'off').logging).toEqual(['audit']);
  });

  it.each([ENABLE, 'status', TEARDOWN])('%s: nothing was done: exit 1', async (line) => {
    const { run, world: w } = account(small());
    w.lags.callMs = 10 * 60_000;
    const { code, stdout, writes } = await run(`${line} --timeout 1m -o json`);
    expect(code).toBe(1);
    expect(writes).toEqual([]);
    const document = oneDocument(stdout);
    expect(document.result).toBe('failed');
    expect(document.errors.map(({ code }) => code)).toEqual(['TIMEOUT']);
  });

  it('twenty minutes by default', async () => {
    const { run, world: w } = account(small());
    w.lags.eksUpdateMs = 24 * 3_600_000;
    await run(ENABLE);
    const minutes = (w.now - Date.parse('2026-11-23T00:00:00Z')) / 60_000;
    expect(minutes).toBeGreaterThan(19);
    expect(minutes).toBeLessThan(21);
  });
});

describe('errors', () => {
  it('a bug says so, asks for a report, and shows no stack but with --debug', async () => {
    const broken: RunOptions = {
      onInterrupt() {
        throw new TypeError('x is not a function');
      },
    };
    const { run } = account(small());
    const plain = await run('status -o json', broken);
    expect(plain.code).toBe(1);
    expect(oneDocument(plain.stdout).errors.map(({ code }) => code)).toEqual(['INTERNAL']);
    expect(plain.stderr).toMatch(/report/);
    expect(plain.stderr).not.toMatch(/^\s+at /m);
    expect((await run('status --debug', broken)).stderr).toMatch(/^\s+at /m);
  });

  it('-v shows each write, --debug each call', async () => {
    const { run } = account(small());
    const verbose = (await run(`${ENABLE} -v`)).stderr;
    expect(verbose).toMatch(/iam:CreateRole/);
    expect(verbose).not.toMatch(/sts:GetCallerIdentity/);
    expect((await run('status --debug')).stderr).toMatch(/sts:GetCallerIdentity/);
  });

  it('FORCE_COLOR colours, NO_COLOR and --no-color do not', async () => {
    const { run } = account(small());
    const line = `${ENABLE} --dry-run`;
    const coloured = async (more: string, env: Record<string, string>) =>
      (await run(`${line}${more}`, { env })).stdout.includes('\u001b[');
    expect(await coloured('', { FORCE_COLOR: '1' })).toBe(true);
    expect(await coloured('', {})).toBe(false);
    expect(await coloured('', { FORCE_COLOR: '1', NO_COLOR: '1' })).toBe(false);
    expect(await coloured(' --no-color', { FORCE_COLOR: '1' })).toBe(false);
  });
});

describe('a terminal', () => {
  const HIDDEN_CURSOR = '\x1b[?25l';
  it.each([
    [80, true],
    [0, false],
  ])('of %i columns: a line that moves: %s', async (columns, moves) => {
    vi.stubEnv('CI', undefined);
    vi.stubEnv('TERM', 'xterm');
    try {
      const { run } = await world(true);
      const { code, stderr } = await run('verify --canary --yes', { terminal: true, columns, env: { NO_COLOR: '1' } });
      expect([code, stderr.includes(HIDDEN_CURSOR)]).toEqual([0, moves]);
      expect(stderr.includes('· us-east-1: waiting for canaries')).toBe(!moves);
    } finally {
      vi.unstubAllEnvs();
    }
  });
});
