import { describe, expect, it } from 'vitest';
import { homeRegionOf, type Partition, regionsOf } from '../src/aws/regions.ts';
import { laws } from '../src/simulator/scenarios.ts';
import { addRegion, emptyWorld, type World } from '../src/simulator/world.ts';
import { account } from './helpers/account.ts';
import { comparable } from './helpers/comparable.ts';
import { ACCOUNT } from './helpers/small.ts';

/** CloudWatch Logs has a name of its own in China; Firehose has one name everywhere. */
const PARTITIONS: readonly (readonly [Partition, regions: readonly string[], logs: string])[] = [
  ['aws', ['us-east-1', 'eu-west-1'], 'logs.amazonaws.com'],
  ['aws-us-gov', ['us-gov-west-1', 'us-gov-east-1'], 'logs.amazonaws.com'],
  ['aws-cn', ['cn-north-1', 'cn-northwest-1'], 'logs.amazonaws.com.cn'],
  ['aws-eusc', ['eusc-de-east-1'], 'logs.amazonaws.com'],
];
const roleOf = (partition: string) => `arn:${partition}:iam::999988887777:role/rad`;
const env = (partition: Partition) => ({ AWS_REGION: homeRegionOf(partition) });

function worldOf(partition: Partition, regions: readonly string[]): World {
  const world = emptyWorld({ partition, regions: {} });
  for (const region of regionsOf(partition)) addRegion(world, region);
  return laws(world, regions);
}

describe.each(PARTITIONS)('the partition %s', (partition, regions, logsService) => {
  const enable = `enable-audit --regions ${regions.join(',')} --rad-role-arn ${roleOf(partition)} --yes -o json`;

  it('is enabled, twice is nothing, and there and back is nothing', async () => {
    const { run, world } = account(worldOf(partition, regions));
    const before = comparable(world, { identity: true });

    const first = await run(enable, { env: env(partition) });
    expect(first.code, first.stderr).toBe(3);
    expect(first.json).toMatchObject({ partition, summary: { blocked: regions.length, failed: 0, skipped: 0 } });
    expect(first.json.outputs.auditLogsRoleArn).toBe(`arn:${partition}:iam::${ACCOUNT}:role/rad-audit-logs`);
    for (const { service, region } of first.calls)
      if (service === 'iam' || service === 'sts') expect(region).toBe(homeRegionOf(partition));

    // Without options: the role of RAD is in the record.
    const again = await run('enable-audit --yes -o json', { env: env(partition) });
    expect(again.writes).toEqual([]);
    expect(again.json.outputs.radRoleArn).toBe(roleOf(partition));
    const status = await run('status -o json', { env: env(partition) });
    expect(status.json.changes).toEqual(again.json.changes);

    const end = await run(`teardown --yes --confirm ${ACCOUNT} --delete-data -o json`, { env: env(partition) });
    expect(end.code, end.stderr).toBe(0);
    expect(comparable(world, { identity: true })).toEqual(before);
  });

  it('every ARN is of it, and its services are trusted by their names there', async () => {
    const { run, world } = account(worldOf(partition, regions));
    await run(enable, { env: env(partition) });
    const partitions = [...JSON.stringify(world).matchAll(/\barn:([\w-]+):/g)].map(([, name]) => name);
    expect(new Set(partitions)).toEqual(new Set([partition]));
    expect(world.roles['rad-cloudwatch-logs']!.trust.text).toContain(`"${logsService}"`);
    expect(world.roles['rad-firehose']!.trust.text).toContain('"firehose.amazonaws.com"');
    for (const region of regions) expect(world.buckets).toHaveProperty([`rad-eks-audit-logs-${ACCOUNT}-${region}-an`]);
  });

  it('all means its regions, even where their list may not be had', async () => {
    const { run } = account(worldOf(partition, regions));
    const error = Object.assign(new Error('getaddrinfo ENOTFOUND'), { code: 'ENOTFOUND', $metadata: {} });
    const { json } = await run(`${enable} --dry-run`.replace(regions.join(','), 'all'), {
      env: env(partition),
      faults: ({ operation }) => (operation === 'ListRegions' ? { when: 'before', error } : undefined),
    });
    expect(json.regions.map(({ name, state }) => [name, state])).toEqual(
      [...regionsOf(partition)].sort().map((name) => [name, 'ok']),
    );
  });

  it('a role of RAD in another partition is refused', async () => {
    const other = partition === 'aws' ? 'aws-cn' : 'aws';
    const { run } = account(worldOf(partition, regions));
    const { code, calls } = await run(enable.replace(roleOf(partition), roleOf(other)), { env: env(partition) });
    expect([code, calls]).toEqual([64, []]);
  });

  it('a region of another partition is refused', async () => {
    const region = partition === 'aws' ? 'cn-north-1' : 'us-east-1';
    const { run } = account(worldOf(partition, regions));
    const { code, writes } = await run(
      `enable-audit --regions ${region} --rad-role-arn ${roleOf(partition === 'aws' ? 'aws-cn' : 'aws')} --yes`,
      { env: env(partition) },
    );
    expect([code, writes]).toEqual([64, []]);
  });
});
