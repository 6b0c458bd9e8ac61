import { describe, expect, it } from 'vitest';
import type { World } from '../src/simulator/model.ts';
import { addRole } from '../src/simulator/world.ts';
import { account } from './helpers/account.ts';
import { comparable } from './helpers/comparable.ts';
import { ACCOUNT, BOUNDARIES, bucket, EU, filter, group, groupOf, keyArn, NAMES, small, US } from './helpers/small.ts';

const ENABLE = 'enable-audit --external-id abc-1 --yes -o json';
const TEARDOWN = `teardown --yes --confirm ${ACCOUNT} -o json`;
const SETTINGS = `--retention-days 365 --log-retention-days 365 --kms-key ${keyArn('mrk-d')}`;
const THEIRS = `--audit-logs-role-arn arn:aws:iam::${ACCOUNT}:role/their-reader`;
const LINES = [
  `${ENABLE} --retention-days 7`,
  `${ENABLE} --log-retention-days 30`,
  `${ENABLE} --kms-key none`,
  `${ENABLE} --kms-key ${keyArn('key-a')}`,
  `${ENABLE} --external-id none --permissions-boundary ${BOUNDARIES[0]}`,
  `${ENABLE} --retention-days none --log-retention-days none --kms-key none`,
  TEARDOWN,
  `${TEARDOWN} --delete-data`,
];

/** What somebody has done to the region that is not named. */
const HANDS: Readonly<Record<string, (world: World) => unknown>> = {
  'is as it was made': () => {},
  'was changed by hand': (world) => {
    delete bucket(world, EU).versioning;
    delete bucket(world, EU).policy;
    delete bucket(world, EU).lifecycle;
    filter(world, 'on', EU).filterPattern = '';
    group(world, groupOf('off'), EU).retention = 1;
  },
  'was left with its logs': (world) => account(world).run(`${TEARDOWN} --regions ${EU}`),
};

/** All that is in the region, but what the record says of everything and of other regions. */
function region(world: World, name: string) {
  const { regions, buckets } = comparable(world, { identity: true }) as World;
  const { tags, ...rest } = buckets[NAMES.bucket(name)]!;
  const own = Object.entries(tags).filter(
    ([key]) => !/^rad-connect:(settings|region:)/.test(key) || key.endsWith(name),
  );
  return { ...regions[name], bucket: { ...rest, tags: Object.fromEntries(own) } };
}

describe.each([
  ['our role', ''],
  ['the bucket of the other region', THEIRS],
])('a run changes nothing in a region that it does not name: the record is on %s', (_, reader) => {
  it.each(Object.entries(HANDS))('and that region %s', async (__, hand) => {
    const start = small(US, EU);
    const Condition = { StringEquals: { 'sts:ExternalId': 'abc-1' } };
    const rad = { Effect: 'Allow', Principal: { AWS: '955322216602' }, Action: 'sts:*', Condition };
    addRole(start, 'their-reader', { trust: { Version: '2012-10-17', Statement: [rad] } });
    expect((await account(start).run(`${ENABLE} --regions ${US},${EU} ${SETTINGS} ${reader}`.trim())).code).toBe(0);
    await hand(start);
    for (const line of LINES) {
      const { run, world } = account(structuredClone(start));
      const { code, writes } = await run(`${line} --regions ${US}`);
      expect([code, writes.length > 0], line).toEqual([0, true]);
      expect(region(world, EU), line).toEqual(region(start, EU));
    }
  });
});
