import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { partition } from '@aws-sdk/util-endpoints';
import { describe, expect, it } from 'vitest';
import { homeRegionOf, knownRegions, partitionOf, regionsOf } from '../../src/aws/regions.ts';

/** The data that `partition` looks in, which the SDK does not export. */
function sdkRegions(): string[] {
  const require = createRequire(import.meta.resolve('@aws-sdk/util-endpoints'));
  const core = dirname(require.resolve('@aws-sdk/core/package.json'));
  const text = readFileSync(join(core, 'dist-es/submodules/client/util-endpoints/lib/aws/partitions.js'), 'utf8');
  const candidates = [...text.matchAll(/["']?([a-z]{2,4}(?:-[a-z]+)+-\d+)["']?/g)].map(([, name]) => name!);
  return [...new Set(candidates)].filter((name) => described(name));
}
const described = (region: string) => 'description' in (partition(region) as object);
const isIso = (region: string) => partition(region).name.startsWith('aws-iso');

describe('regions, against the partition data of the SDK', () => {
  it('every region of ours is known there, in the same partition', () => {
    expect(knownRegions.filter((region) => !described(region))).toEqual([]);
    for (const region of knownRegions) expect(partitionOf(region), region).toBe(partition(region).name);
  });

  it('none of theirs is missing, the isolated partitions apart', () => {
    const theirs = sdkRegions().filter((region) => !isIso(region));
    expect(theirs.length).toBeGreaterThan(30);
    expect([...theirs].sort()).toEqual([...knownRegions].sort());
  });

  it.each([
    ['aws', 'us-east-1'],
    ['aws-cn', 'cn-north-1'],
    ['aws-us-gov', 'us-gov-west-1'],
    ['aws-eusc', 'eusc-de-east-1'],
  ] as const)('global calls of %s go to %s', (name, home) => {
    expect(homeRegionOf(name)).toBe(home);
    expect(regionsOf(name)).toContain(home);
  });

  it('a region that is newer than this version is taken for one of aws', () =>
    expect(partitionOf('eu-nowhere-9')).toBe('aws'));
});
