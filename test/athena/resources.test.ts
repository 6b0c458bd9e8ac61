import { describe, expect, it } from 'vitest';
import { athenaNames } from '../../src/desired/athena-names.ts';
import { RadError } from '../../src/engine/errors.ts';
import { COLUMNS, LEAVES } from '../../src/sigma/columns.ts';
import { connectionReset } from '../../src/simulator/errors.ts';
import type { Input } from '../../src/simulator/services/service.ts';
import type { Call, Fault } from '../../src/simulator/simulator.ts';
import type { World } from '../../src/simulator/world.ts';
import { killedAt } from '../helpers/killed.ts';
import { ACCOUNT, EU } from '../helpers/small.ts';
import { catalogue, PLACE, tenant } from '../helpers/tenant.ts';

const NAMES = athenaNames('rad', PLACE);
const there = ({ regions }: World) => regions[EU]!;
const database = (world: World) => there(world).databases![NAMES.database]!;
const table = (world: World): Input => database(world).tables[NAMES.table];
const workgroup = (world: World): Input => there(world).workgroups![NAMES.workgroup];

async function made() {
  const it = tenant();
  const { converge, writes } = it.at();
  const document = await converge('present');
  expect(document.result, JSON.stringify(document.errors)).toBe('ok');
  return { ...it, document, count: writes().length };
}

describe('what Athena needs to read the events of a place', () => {
  it('is a table over them, whose columns are those of the flat view, and enforced settings of its queries', async () => {
    const { world } = await made();
    const { StorageDescriptor: storage, PartitionKeys, Parameters } = table(world);
    const columns = storage.Columns.map(({ Name, Type }: Input) => [Name, Type]);
    const types = { text: 'string', number: 'bigint', boolean: 'boolean' };
    expect(columns).toEqual([...COLUMNS, LEAVES].map(({ name, type }) => [name, types[type]]));
    const keys: string[] = PartitionKeys.map(({ Name }: Input) => Name);
    expect(columns.filter(([name]: string[]) => keys.includes(name!))).toEqual([]);
    expect(storage.Location).toBe('s3://tenants/acme/events/');
    expect(Parameters['storage.location.template'].split('$')).toEqual([
      's3://tenants/acme/events/cluster=',
      '{partition_cluster}/dt=',
      '{dt}/',
    ]);
    expect(workgroup(world).configuration).toMatchObject({
      EnforceWorkGroupConfiguration: true,
      ResultConfiguration: {
        OutputLocation: 's3://tenants/acme/athena-results/',
        ExpectedBucketOwner: ACCOUNT,
        EncryptionConfiguration: { EncryptionOption: 'SSE_S3' },
      },
    });
  });

  it('twice is nothing, there and back is nothing', async () => {
    const { world, at } = await made();
    const again = at();
    expect((await again.converge('present')).summary).toMatchObject({ unchanged: 3, create: 0, update: 0 });
    expect(again.writes()).toEqual([]);
    const back = at();
    expect((await back.converge('absent')).result).toBe('ok');
    expect(back.writes().sort()).toEqual(['athena:DeleteWorkGroup', 'glue:DeleteDatabase', 'glue:DeleteTable']);
    expect(there(world)).toMatchObject({ databases: {}, workgroups: {} });
    const over = at();
    await over.converge('absent');
    expect(over.writes()).toEqual([]);
  });

  it('killed before any write, the next run finishes, as if nothing had been', async () => {
    const { world: whole, count } = await made();
    expect(count).toBeGreaterThan(5);
    for (let n = 1; n <= count; n++) {
      const { world, at } = tenant();
      await at({ faults: killedAt(n) })
        .converge('present')
        .catch(() => undefined);
      expect((await at().converge('present')).result, `killed at ${n}`).toBe('ok');
      expect(catalogue(world), `killed at ${n}`).toEqual(catalogue(whole));
    }
  });

  it('the answer of any write lost, the run ends all the same', async () => {
    const { world: whole, count } = await made();
    for (let n = 1; n <= count; n++) {
      const { world, at } = tenant();
      let lost = false;
      const faults = ({ writeN }: Call): Fault | undefined => {
        if (lost || writeN !== n) return undefined;
        lost = true;
        return { when: 'after', error: connectionReset() };
      };
      const { result, errors } = await at({ faults }).converge('present');
      expect([n, result, errors]).toEqual([n, 'ok', []]);
      expect(catalogue(world), `lost at ${n}`).toEqual(catalogue(whole));
    }
  });

  it('a table that somebody else is changing is changed after that', async () => {
    const { world, at } = await made();
    table(world).StorageDescriptor.Columns.shift();
    let refused = 0;
    const crossed = Object.assign(new Error('x'), { name: 'ConcurrentModificationException', $metadata: {} });
    const faults = ({ operation }: Call): Fault | undefined =>
      operation === 'UpdateTable' && refused++ === 0 ? { when: 'before', error: crossed } : undefined;
    expect((await at({ faults }).converge('present')).result).toBe('ok');
    expect(refused).toBeGreaterThan(1);
  });

  it('killed before any write of the way back, the next run removes the rest', async () => {
    for (let n = 1; n <= 3; n++) {
      const { world, at } = await made();
      await at({ faults: killedAt(n) }).converge('absent');
      expect((await at().converge('absent')).result).toBe('ok');
      expect(there(world)).toMatchObject({ databases: {}, workgroups: {} });
    }
  });

  it.each<[string, (world: World) => unknown, string]>([
    ['a column of the table', (world) => table(world).StorageDescriptor.Columns.shift(), 'table.columns.time'],
    [
      'where its files are',
      (world) => delete table(world).Parameters['projection.enabled'],
      'table.properties.projection.enabled',
    ],
    ['the description', (world) => Object.assign(database(world).input, { Description: 'x' }), 'description'],
    ['the settings', (world) => Object.assign(workgroup(world), { state: 'DISABLED' }), 'settings.state'],
    [
      'where results go',
      (world) => Object.assign(workgroup(world).configuration.ResultConfiguration, { OutputLocation: 's3://x/' }),
      'settings.results',
    ],
  ])('%s, changed by hand, is put back, and nothing else is touched', async (_, change, path) => {
    const { world, at } = await made();
    database(world).input.Parameters = { theirs: 'x' };
    table(world).Parameters.theirs = 'x';
    const before = catalogue(world);
    change(world);
    const { changes } = await at().converge('present');
    expect(changes.flatMap(({ diff }) => diff.map((one) => one.path))).toEqual([path]);
    expect(catalogue(world)).toEqual(before);
  });

  it('what somebody has made stricter stays: a key, a lower limit', async () => {
    const { world, at } = await made();
    const { configuration } = workgroup(world);
    configuration.BytesScannedCutoffPerQuery = 20_000_000;
    const kms = { EncryptionOption: 'SSE_KMS', KmsKey: 'arn:aws:kms:eu-west-1:123456789012:key/a' };
    configuration.ResultConfiguration.EncryptionConfiguration = kms;
    configuration.EnforceWorkGroupConfiguration = false;
    await at().converge('present');
    expect(workgroup(world).configuration).toMatchObject({
      BytesScannedCutoffPerQuery: 20_000_000,
      EnforceWorkGroupConfiguration: true,
      ResultConfiguration: { EncryptionConfiguration: kms },
    });
  });

  it.each<[string, string, (world: World) => unknown]>([
    ['glue:database', NAMES.database, (world) => (database(world).tags = {})],
    ['glue:table', `${NAMES.database}.events`, (world) => (table(world).Parameters = {})],
    ['athena:workgroup', NAMES.workgroup, (world) => (workgroup(world).tags = {})],
  ])('a %s of somebody else is refused, and neither changed nor removed', async (type, id, disown) => {
    const { world, at } = await made();
    disown(world);
    const before = catalogue(world);
    const { errors } = await at().converge('present');
    expect(errors).toMatchObject([{ code: 'FOREIGN', id }]);
    expect(catalogue(world)).toEqual(before);
    const { changes } = await at().converge('absent');
    expect(changes.map((change) => change.type)).not.toContain(type);
    const kept = { 'glue:database': database, 'glue:table': table, 'athena:workgroup': workgroup }[type]!;
    expect(kept(world)).toBeDefined();
  });

  it('a database that holds a table of somebody else stays', async () => {
    const { world, at } = await made();
    database(world).tables.theirs = { Name: 'theirs' };
    const { changes } = await at().converge('absent');
    expect(changes).toContainEqual(
      expect.objectContaining({ type: 'glue:database', action: 'keep', note: expect.stringContaining('theirs') }),
    );
    expect(Object.keys(database(world).tables)).toEqual(['theirs']);
  });

  it('each place has its own, with names that Glue and Athena take', () => {
    const places = ['acme/', 'ACME/', 'a-c/me/', 'a/c-me/', '', `${'x'.repeat(900)}/`];
    const all = places.map((prefix) => athenaNames('rad', { bucket: 'tenants.eu', prefix }));
    for (const { database, workgroup } of all) {
      expect(database).toMatch(/^[a-z0-9_]{1,255}$/);
      expect(workgroup).toMatch(/^[a-zA-Z0-9._-]{1,128}$/);
    }
    for (const of of ['database', 'workgroup'] as const)
      expect(new Set(all.map((names) => names[of])).size).toBe(places.length);
  });

  it('nothing is made before somebody has said so', async () => {
    const { at } = tenant();
    const silent = at({ options: { yes: false } });
    await expect(silent.converge('present')).rejects.toMatchObject({ code: 'USAGE' });
    const dry = at({ options: { dryRun: true } });
    expect((await dry.converge('present')).summary.create).toBe(3);
    const shown: string[] = [];
    const declined = new RadError('DECLINED', 'no');
    const asked = at({
      options: { yes: false },
      asks: {
        possible: true,
        show: ({ steps }) => shown.push(...steps.map(({ resource }) => resource.type)),
        confirmPlan: () => Promise.reject(declined),
      },
    });
    await expect(asked.converge('present')).rejects.toBe(declined);
    expect(shown).toEqual(['glue:database', 'glue:table', 'athena:workgroup']);
    expect([...silent.writes(), ...dry.writes(), ...asked.writes()]).toEqual([]);
  });
});
