import { describe, expect, it } from 'vitest';
import { awsError } from '../../src/simulator/errors.ts';
import type { Call, Fault } from '../../src/simulator/simulator.ts';
import { account, type RunOptions } from '../helpers/account.ts';
import { oneDocument } from '../helpers/schema.ts';
import { small, US } from '../helpers/small.ts';

const ENABLE = `enable-audit --regions ${US} --yes`;
/** Every round begins with this call. */
const isNewRound = ({ operation }: Call) => operation === 'GetCallerIdentity';

/** Watches a connected account until Ctrl-C, in the round of this number; `fault` is asked with the number of the round. */
async function watched(
  line: string,
  last: number,
  { fault, ...options }: RunOptions & { fault?: (round: number, call: Call) => Fault | undefined } = {},
) {
  const { run, clock } = account(small());
  expect((await run(ENABLE)).code).toBe(0);
  const begun = clock.now();
  let stop = () => {};
  let rounds = 0;
  let after = 0;
  const { code, stdout, stderr } = await run(line, {
    ...options,
    onInterrupt: (how) => {
      stop = how;
    },
    faults(call) {
      if (rounds === last) after++;
      if (isNewRound(call) && ++rounds === last) stop();
      return fault?.(rounds, call);
    },
  });
  const shown = stdout.match(/^Account \d{12}/gm)?.length ?? 0;
  return { code, stdout, stderr, shown, after, ms: clock.now() - begun };
}

const throttled: Fault = { when: 'before', error: awsError('ThrottlingException', 'Rate exceeded') };

describe('status --watch', () => {
  it('shows one status after the other, until Ctrl-C ends it at once: 130, and no word of it', async () => {
    const { code, stdout, stderr, shown, after, ms } = await watched('status --watch', 4);
    expect([code, shown, after]).toEqual([130, 3, 0]);
    const [first, ...more] = stdout.split(/^(?=Account )/m);
    expect(more.every((text) => first!.startsWith(text.slice(0, 40)))).toBe(true);
    expect(stdout).toContain('\n\nAccount');
    expect(stdout.startsWith('Account')).toBe(true);
    expect(stdout.match(/^Looked at \d\d:\d\d:\d\d UTC$/gm)).toHaveLength(3);
    expect(stderr).not.toMatch(/error|interrupted|Stopping/i);
    expect(Math.round(ms / 60_000)).toBe(3);
  });

  it('who it is and what is worth a warning is said once', async () => {
    const { stderr } = await watched('status --watch', 3);
    expect(stderr.match(/rad-connect status:/g)).toHaveLength(1);
    expect(stderr.match(/warning: no external id/g)).toHaveLength(1);
  });

  it('looks again every so many seconds', async () => {
    expect(Math.round((await watched('status --watch 600', 4)).ms / 600_000)).toBe(3);
    const { ms } = await watched('status', 4, { env: { RAD_CONNECT_WATCH: '600' } });
    expect(Math.round(ms / 600_000)).toBe(3);
  });

  it('on a terminal each one takes the place of the one before, its warnings with it', async () => {
    const { stdout, stderr, code } = await watched('status --watch 10 --no-color', 3, { terminal: true });
    const frames = stdout.split('\x1b[H\x1b[J');
    expect([code, frames.length]).toEqual([130, 3]);
    expect(frames[0]).toBe('');
    for (const frame of frames.slice(1)) {
      expect(frame).toMatch(/^Account /);
      expect(frame).toMatch(/Looked at \d\d:\d\d:\d\d UTC, again in 10 s/);
    }
    expect(stderr.match(/warning: no external id/g)).toHaveLength(2);
  });

  it.each([
    ['throttled', throttled],
    ['without a network', { when: 'before', error: Object.assign(new Error('no'), { code: 'ENOTFOUND' }) } as Fault],
  ])('a round that is %s is told, and the next one tries again', async (_, error) => {
    const { code, shown, stderr } = await watched('status --watch 5', 4, {
      env: { AWS_MAX_ATTEMPTS: '1' },
      fault: (round, call) => (round === 2 && isNewRound(call) ? error : undefined),
    });
    expect([code, shown]).toEqual([130, 2]);
    expect(stderr.match(/^error:/gm)).toHaveLength(1);
  });

  it('credentials that are over end it', async () => {
    const expired: Fault = { when: 'before', error: awsError('ExpiredToken', 'The security token is expired') };
    const { code, stderr } = await watched('status --watch 5', 9, {
      fault: (round, call) => (round === 2 && isNewRound(call) ? expired : undefined),
    });
    expect([code, stderr.includes('expired')]).toEqual([4, true]);
  });

  it('goes on for longer than --timeout has by default, and ends by one that is given', async () => {
    const endless = await watched('status --watch 600', 6);
    expect([endless.code, endless.ms > 45 * 60_000]).toEqual([130, true]);
    const { code, stderr, shown } = await watched('status --watch 600 --timeout 25m', 9);
    expect([code, shown]).toEqual([1, 3]);
    expect(stderr).toMatch(/--timeout 1500s is over: nothing was changed\n {2}→ without --timeout/);
  });

  it.each(['--watch 4', '--watch 3601', '--watch x', '--watch=', '--watch 30 -o json', '--watch -o json'])(
    '%s: 64, and no call',
    async (options) => {
      const { code, calls, stdout, stderr } = await account(small()).run(`status ${options}`);
      expect([code, calls]).toEqual([64, []]);
      if (options.endsWith('json')) expect(oneDocument(stdout).errors[0]!.code).toBe('USAGE');
      else expect(stderr.trim().split('\n')).toHaveLength(1);
    },
  );

  it('no other command has it', async () => {
    expect((await account(small()).run('teardown --watch')).code).toBe(64);
  });
});
