import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { flatten } from '../../src/sigma/flatten.ts';
import type { World } from '../../src/simulator/world.ts';
import { openTables } from '../../src/sync/parquet.ts';
import { account } from '../helpers/account.ts';
import { oneDocument } from '../helpers/schema.ts';
import { EU } from '../helpers/small.ts';
import { deliver, PLACE, tenantWorld } from '../helpers/tenant.ts';
import { dull, type Event, START, secrets } from './fixtures.ts';

const tables = await openTables();
afterAll(() => tables?.close());
let world: World;
beforeAll(async () => {
  world = tenantWorld();
  const events: readonly Event[] = [
    ...[1, 2, 3].map((n) => secrets(`a-${n}`, START + n * 60_000)),
    secrets('a-1', START, { stage: 'ResponseStarted' }),
    dull('d-1', START - 20 * 86_400_000),
    dull('d-2'),
  ];
  const rows = ['prod', 'stage'].flatMap((cluster) =>
    events.map((event, i) =>
      flatten(JSON.parse(JSON.stringify(event)), { cluster, object: 's3://logs/a', logEventId: `l-${i}` }),
    ),
  );
  await deliver(world, tables!, rows);
});

const WHERE = `s3://${PLACE.bucket}/${PLACE.prefix}`;
async function findings(of: World, options: string) {
  const ran = await account(of).run(`findings ${WHERE} --since 60d -o json ${options}`.trim());
  return { ...ran, json: oneDocument(ran.stdout) };
}

describe.skipIf(!tables)('findings with Athena', () => {
  it('are those of DuckDB, to the last of them', async () => {
    const here = await findings(structuredClone(world), '');
    const there = await findings(structuredClone(world), '--engine athena --yes');
    expect([here.code, there.code], there.stderr).toEqual([0, 0]);
    const { engine, ...rest } = there.json.detections!;
    expect(rest.findings.length).toBeGreaterThan(3);
    expect({ engine: 'duckdb', ...rest }).toEqual(here.json.detections);
    expect(engine).toBe('athena');
    expect(there.stderr).toMatch(/at most \$0\.\d+.*Athena has read/s);
  });

  it('make what Athena needs once, after they have asked, and remove it again', async () => {
    const of = structuredClone(world);
    const silent = await findings(of, '--engine athena');
    expect([silent.code, silent.writes]).toEqual([64, []]);
    expect((await findings(of, '--engine athena --yes')).json.summary.create).toBe(3);
    const again = await findings(of, '--engine athena');
    expect(again.code, again.stderr).toBe(0);
    expect(new Set(again.writes)).toEqual(new Set(['athena:StartQueryExecution']));
    const gone = await findings(of, '--engine athena --teardown --yes');
    expect([gone.code, gone.json.summary.delete, gone.json.detections]).toEqual([0, 3, undefined]);
    expect(of.regions[EU]).toMatchObject({ databases: {}, workgroups: {} });
  });

  it('are not looked for where what Athena needs is somebody else’s', async () => {
    const of = structuredClone(world);
    await findings(of, '--engine athena --yes');
    for (const group of Object.values(of.regions[EU]!.workgroups!)) group.tags = {};
    const { code, json, writes } = await findings(of, '--engine athena --yes');
    expect([code, json.errors[0]?.code, json.detections, writes]).toEqual([1, 'FOREIGN', undefined, []]);
  });

  it.each([
    './audit --engine athena',
    '--connected --engine athena',
    `${WHERE} --teardown`,
    `${WHERE} --engine athena --role-arn arn:aws:iam::123456789012:role/x`,
  ])('findings %s: a bad line, and no call', async (line) => {
    const { code, calls } = await account(structuredClone(world)).run(`findings ${line}`);
    expect([code, calls]).toEqual([64, []]);
  });
});
