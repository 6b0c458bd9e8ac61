import { apart, type Measured } from './apart.ts';
import type { Family } from './figure.ts';
import { simulate } from './simulated.ts';
import { enable, worldOf } from './worlds.ts';

/** S3 lists and deletes so many versions with one call (Amazon S3 API reference, ListObjectVersions, DeleteObjects). */
const PAGE = 1_000;
const TEARDOWN = 'teardown --yes --confirm 123456789012 --delete-data --quiet --timeout 24h';
const DELETING = ['s3:ListObjectVersions', 's3:DeleteObjects', 's3:DeleteBucket'];

/** Teardown of a bucket that is full: calls against the fewest that list and delete all of it, and what it keeps in memory. */
export const deletion: Family = async (quick) => {
  const versions = quick ? 10_000 : 100_000;
  const calls = (count: Measured['calls']) => DELETING.reduce((sum, name) => sum + (count[name] ?? 0), 0);
  const full = await torn(versions);
  const empty = await torn(0);
  return [
    {
      what: `teardown of ${versions.toLocaleString('en')} object versions`,
      value: calls(full.calls) / (2 * Math.ceil(versions / PAGE) + 1),
      unit: '× the fewest calls',
      ...(!quick && { most: 1.1 }),
      beside: `${calls(full.calls)} calls, ${(full.wall / 1_000).toFixed(1)} s real`,
    },
    {
      what: '  peak memory',
      value: full.peak,
      unit: 'MB',
      beside: `${empty.peak.toFixed(0)} MB with an empty bucket; the simulated account is in both`,
    },
  ];
};

async function torn(versions: number): Promise<Measured> {
  const world = worldOf(1, 1, 'on');
  world.pageSize = PAGE;
  await simulate(world, enable(world));
  const bucket = Object.values(world.buckets)[0]!;
  bucket.objects = Array.from({ length: versions }, (_, i) => ({
    key: `2026/11/25/${String(i).padStart(8, '0')}.gz`,
    versionId: `version-${i}`,
    at: world.now,
    size: 1,
    body: 'eA==',
  }));
  return apart(world, TEARDOWN);
}
