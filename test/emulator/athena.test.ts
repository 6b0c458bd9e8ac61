import { CreateWorkGroupCommand, GetWorkGroupCommand } from '@aws-sdk/client-athena';
import { CreateTableCommand, DeleteTableCommand, GetDatabaseCommand, GetTableCommand } from '@aws-sdk/client-glue';
import { CreateBucketCommand, PutObjectCommand } from '@aws-sdk/client-s3';
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import { createAws } from '../../src/aws/clients.ts';
import { realClock } from '../../src/aws/clock.ts';
import { athenaAt, convergeAthena, openAthena } from '../../src/cli/athena.ts';
import type { Context } from '../../src/cli/context.ts';
import type { Goal } from '../../src/engine/plan.ts';
import { nothing, toDocument } from '../../src/render/document.ts';
import { ACCOUNT, clients, type Emulator, startEmulator } from './emulator.ts';

const REGION = 'eu-west-1';
const PLACE = { bucket: 'tenants', prefix: 'acme/' };
const ABOUT = { command: 'findings', account: ACCOUNT, partition: 'aws' };

let emulator: Emulator;
beforeAll(async () => {
  emulator = await startEmulator();
  process.env.AWS_ENDPOINT_URL = emulator.url;
});
afterAll(async () => {
  delete process.env.AWS_ENDPOINT_URL;
  await emulator.stop();
});
beforeEach(async () => {
  await emulator.reset();
  const { s3 } = clients(emulator, REGION, { quiet: true });
  const Bucket = PLACE.bucket;
  await s3.send(new CreateBucketCommand({ Bucket, CreateBucketConfiguration: { LocationConstraint: REGION } }));
  const Key = `${PLACE.prefix}events/cluster=prod/dt=2026-11-22/a.parquet`;
  await s3.send(new PutObjectCommand({ Bucket, Key, Body: 'PAR1' }));
});

const { signal } = new AbortController();
const connect = (region: string) =>
  createAws(region, ACCOUNT, {
    clock: realClock,
    signal,
    kill: signal,
    version: 'test',
    concurrency: 4,
    credentials: { accessKeyId: 'AKIAIOSFODNN7EXAMPLE', secretAccessKey: 'x' },
  });
const context = {
  options: { namePrefix: 'rad', yes: true },
  clock: realClock,
  signal,
  connect,
  credentials: 'test',
  report: () => {},
  ask: { possible: false },
  defaultRegion: async () => 'us-east-1',
} as unknown as Context;

const open = () => athenaAt(PLACE, ACCOUNT, context);
async function converge(goal: Goal) {
  await emulator.forgetCalls();
  const done = await convergeAthena(goal, await open(), ABOUT, context);
  const writes = (await emulator.writes()).map(({ service, operation }) => `${service}:${operation}`);
  return { ...toDocument({ ...nothing('findings'), ...ABOUT, ...done }, '0'), writes };
}

test('what Athena needs is made once, put right by hand-made changes, and gone again without a trace', async () => {
  const first = await converge('present');
  expect([first.result, first.summary.create], JSON.stringify(first.errors)).toEqual(['ok', 3]);
  expect((await converge('present')).writes).toEqual([]);

  const { aws, names } = await open();
  const [glue, athena] = [await aws.glue(), await aws.athena()];
  const { Table } = await glue.send(new GetTableCommand({ DatabaseName: names.database, Name: names.table }));
  await glue.send(new DeleteTableCommand({ DatabaseName: names.database, Name: names.table }));
  const again = await converge('present');
  expect([again.result, again.summary.create]).toEqual(['ok', 1]);
  const { Table: anew } = await glue.send(new GetTableCommand({ DatabaseName: names.database, Name: names.table }));
  expect(anew?.StorageDescriptor).toEqual(Table?.StorageDescriptor);
  expect(anew?.Parameters).toEqual(Table?.Parameters);

  const back = await converge('absent');
  expect(back.result, JSON.stringify(back.errors)).toBe('ok');
  expect((await converge('absent')).writes).toEqual([]);
  await expect(glue.send(new GetDatabaseCommand({ Name: names.database }))).rejects.toThrow('not found');
  await expect(athena.send(new GetWorkGroupCommand({ WorkGroup: names.workgroup }))).rejects.toThrow('not found');
});

test('what differs is put back, in the words that the API takes', async () => {
  const { aws, names } = await open();
  await converge('present');
  const { UpdateWorkGroupCommand } = await import('@aws-sdk/client-athena');
  const { UpdateDatabaseCommand, UpdateTableCommand } = await import('@aws-sdk/client-glue');
  const [glue, athena] = [await aws.glue(), await aws.athena()];
  const { database, table, workgroup } = names;
  const { Table } = await glue.send(new GetTableCommand({ DatabaseName: database, Name: table }));
  const { Parameters } = Table!;
  await glue.send(new UpdateDatabaseCommand({ Name: database, DatabaseInput: { Name: database } }));
  await glue.send(new UpdateTableCommand({ DatabaseName: database, TableInput: { Name: table, Parameters } }));
  await athena.send(new UpdateWorkGroupCommand({ WorkGroup: workgroup, State: 'DISABLED' }));
  const { result, writes } = await converge('present');
  expect(result).toBe('ok');
  expect(writes.sort()).toEqual(['athena:UpdateWorkGroup', 'glue:UpdateDatabase', 'glue:UpdateTable']);
  expect((await converge('present')).writes).toEqual([]);
});

test('things of somebody else with our names are left alone', async () => {
  const { aws, names } = await open();
  await (await aws.athena()).send(new CreateWorkGroupCommand({ Name: names.workgroup }));
  const { errors } = await converge('present');
  expect(errors).toMatchObject([{ code: 'FOREIGN', id: names.workgroup }]);
  await (await aws.glue()).send(
    new CreateTableCommand({ DatabaseName: names.database, TableInput: { Name: 'theirs' } }),
  );
  const { changes } = await converge('absent');
  expect(changes).toContainEqual(expect.objectContaining({ type: 'glue:database', action: 'keep' }));
  await (await aws.athena()).send(new GetWorkGroupCommand({ WorkGroup: names.workgroup }));
});

test('a query runs to its end, and its rows have types', async () => {
  await converge('present');
  const column_info = ['varchar', 'bigint', 'boolean'].map((Type, i) => ({ Name: 'abc'[i], Type }));
  const header = { Data: column_info.map(({ Name }) => ({ VarCharValue: Name })) };
  const row = { Data: [{ VarCharValue: 'x' }, { VarCharValue: '7' }, {}] };
  const answer = await fetch(`${emulator.url}/moto-api/static/athena/query-results`, {
    method: 'POST',
    body: JSON.stringify({ region: REGION, results: [{ rows: [header, row], column_info }] }),
  });
  expect(answer.status).toBe(201);
  const window = { from: Date.UTC(2026, 10, 20), to: Date.UTC(2026, 10, 23) };
  const { engine, holdings } = await openAthena(await open(), window, context);
  expect(holdings).toEqual({ clusters: ['prod'], days: ['2026-11-22', '2026-11-22'], files: 1, bytes: 4, unplaced: 0 });
  expect(await engine.ask('SELECT a, b, c FROM events')).toEqual([{ a: 'x', b: 7n, c: null }]);
  expect(engine.bill()).toMatchObject({ queries: 1, bytes: 0 });
});
