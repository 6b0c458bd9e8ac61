import { describe, expect, it } from 'vitest';
import { readRecord } from '../src/desired/record.ts';
import { account } from './helpers/account.ts';
import { comparable } from './helpers/comparable.ts';
import { killedAt } from './helpers/killed.ts';
import { BOUNDARIES, bucket, cluster, filter, keyArn, NAMES, role, small } from './helpers/small.ts';

const BASE = ['enable-audit', '--regions', 'us-east-1', '--yes', '-o', 'json'];
const AGAIN = 'enable-audit --yes -o json';
const STATUS = 'status --detailed-exitcode -o json';

const pattern = (user: string) => `{ $.user.username != "${user}" }`;
/** Of 1,000 characters, every second of which takes three in a tag. */
const LONG_PATTERN = pattern('a='.repeat(500).slice(0, 1_000 - pattern('').length));
const LONG_TAGS = { team: 'platform engineering', 'cost centre': 'a'.repeat(200), contact: 'x@example.com' };
const SHORT_PATTERN = pattern('s');

interface Typed {
  readonly words: readonly string[];
  readonly account: object;
}
const options = (filterPattern: string, externalId: string, tags: Record<string, string>): Typed => ({
  words: [
    ...['--filter-pattern', filterPattern, '--external-id', externalId],
    ...Object.entries(tags).flatMap(([key, value]) => ['--tag', `${key}=${value}`]),
  ],
  account: { filterPattern, externalId, tags },
});
const LONG = options(LONG_PATTERN, 'a-long-external-id-0123456789', LONG_TAGS);
const SHORT = options(SHORT_PATTERN, 's-1', { team: 's' });
const MIDDLE = options(pattern('x y '.repeat(60)), 'middle-1', { 'cost centre': 'm' });
const NONE: Typed = { words: ['--filter-pattern', 'none'], account: { externalId: 's-1', tags: { team: 's' } } };

const chunks = (tags: Record<string, string>) => Object.keys(tags).filter((key) => /:settings(-\d+)?$/.test(key));

/** The account after a first run with these options. */
async function enabled({ words }: Typed) {
  const { run, world } = account(small());
  expect((await run([...BASE, ...words])).code).toBe(0);
  return world;
}

describe('laws of settings, on one region with two clusters', () => {
  it('the long ones fill several tags, the short ones one', async () => {
    expect(LONG_PATTERN).toHaveLength(1_000);
    const [long, short] = [await enabled(LONG), await enabled(SHORT)];
    expect(chunks(role(long, NAMES.reader).tags).length).toBeGreaterThan(5);
    expect(chunks(role(short, NAMES.reader).tags)).toEqual(['rad-connect:settings']);
    expect(readRecord(role(long, NAMES.reader).tags).account).toEqual(LONG.account);
    expect(readRecord(role(short, NAMES.reader).tags).account).toEqual(SHORT.account);
  });

  it.each<[string, Typed, Typed]>([
    ['long, then short', LONG, SHORT],
    ['short, then long', SHORT, LONG],
    ['long, then less long', LONG, MIDDLE],
    ['less long, then long', MIDDLE, LONG],
    ['short, then the default pattern', SHORT, NONE],
  ])(
    '%s: killed at any write of the second run, the next run without options ends where it would have',
    async (_, first, second) => {
      const start = await enabled(first);
      const undisturbed = account(structuredClone(start));
      const { writes, code } = await undisturbed.run([...BASE, ...second.words]);
      expect(code).toBe(0);
      expect(readRecord(role(undisturbed.world, NAMES.reader).tags).account).toEqual(second.account);
      expect((await undisturbed.run(AGAIN)).writes).toEqual([]);
      expect(writes[0]).toBe('iam:TagRole');
      expect(writes.length).toBeGreaterThanOrEqual(3);

      for (let n = 1; n <= writes.length + 1; n++) {
        const { run, world } = account(structuredClone(start));
        const killed = await run([...BASE, ...second.words], { faults: killedAt(n) });
        expect(killed.code === 0, `killed at ${n}`).toBe(n > writes.length);
        // With the first write nothing is known yet of the second run; from then on all of it.
        const known = readRecord(role(world, NAMES.reader).tags).account;
        expect(known, `killed at ${n}`).toEqual(n === 1 ? first.account : second.account);

        const healed = await run(AGAIN);
        expect(healed.code, `killed at ${n}: ${healed.stderr}`).toBe(0);
        const expected = n === 1 ? start : undisturbed.world;
        expect(comparable(world), `killed at ${n}`).toEqual(comparable(expected));
        const told = await run(STATUS);
        expect([told.code, told.json.summary.keep], `killed at ${n}`).toEqual([0, 0]);
        expect((await run(AGAIN)).writes, `killed at ${n}`).toEqual([]);
      }
    },
  );

  it('killed again at any write of the run that heals, the one after it heals', async () => {
    const start = await enabled(LONG);
    const undisturbed = account(structuredClone(start));
    const { writes } = await undisturbed.run([...BASE, ...SHORT.words]);
    for (let n = 2; n <= writes.length; n++) {
      const once = account(structuredClone(start));
      await once.run([...BASE, ...SHORT.words], { faults: killedAt(n) });
      const left = structuredClone(once.world);
      const rest = (await once.run(AGAIN)).writes.length;
      for (let m = 1; m <= rest; m++) {
        const { run, world } = account(structuredClone(left));
        await run(AGAIN, { faults: killedAt(m) });
        expect((await run(AGAIN)).code, `killed at ${n}, then at ${m}`).toBe(0);
        expect(comparable(world), `killed at ${n}, then at ${m}`).toEqual(comparable(undisturbed.world));
      }
    }
  });

  it('what was made keeps the tags of its birth, and what is made later has the new ones', async () => {
    const { run, world } = account(await enabled(LONG));
    expect((await run([...BASE, ...SHORT.words])).code).toBe(0);
    expect(bucket(world).tags).toMatchObject(LONG_TAGS);
    cluster(world, 'off').logging = ['audit'];
    delete world.roles[NAMES.delivery];
    expect((await run(AGAIN)).code).toBe(0);
    expect(role(world, NAMES.delivery).tags).toEqual({
      team: 's',
      'rad-connect:claim': 'owned',
      'rad-connect:spec': expect.any(String),
    });
    expect(filter(world, 'off').filterPattern).toBe(SHORT_PATTERN);
  });
});

const [K1, K2] = [keyArn('key-a'), keyArn('key-b')];

describe('settings that make something shorter or take it away', () => {
  it.each<[string, string, string]>([
    ['a shorter retention', '--retention-days 14', '--retention-days 3'],
    ['a shorter retention of log groups', '--log-retention-days 90', '--log-retention-days 30'],
    ['no external id any more', '--external-id abc-1', '--external-id none'],
    ['a boundary', '--retention-days 7', `--permissions-boundary ${BOUNDARIES[0]}`],
    ['no boundary any more', `--permissions-boundary ${BOUNDARIES[0]}`, '--permissions-boundary none'],
    ['no key any more', `--kms-key ${K1}`, '--kms-key none'],
    ['a key for the first time', '--retention-days 7', `--kms-key ${K1}`],
    ['another key', `--kms-key ${K1}`, `--kms-key ${K2}`],
    [
      'everything at once',
      `--retention-days 14 --external-id abc-1 --kms-key ${K1} --permissions-boundary ${BOUNDARIES[0]}`,
      '--retention-days 3 --external-id none --kms-key none --permissions-boundary none',
    ],
  ])(
    '%s: killed at any write of the second run, the next run without options ends where it would have',
    async (_, before, after) => {
      const first = await enabled({ words: before.split(' '), account: {} });
      const undisturbed = account(structuredClone(first));
      const { writes } = await undisturbed.run([...BASE, ...after.split(' ')]);
      expect(writes.length).toBeGreaterThan(1);
      for (let n = 2; n <= writes.length + 1; n++) {
        const { run, world } = account(structuredClone(first));
        await run([...BASE, ...after.split(' ')], { faults: killedAt(n) });
        const healed = await run(AGAIN);
        expect(healed.code, `killed at ${n}: ${healed.stderr}`).toBe(0);
        expect(comparable(world), `killed at ${n}`).toEqual(comparable(undisturbed.world));
        expect((await run(AGAIN)).writes, `killed at ${n}`).toEqual([]);
      }
    },
  );
});
