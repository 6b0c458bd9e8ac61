import {
  AthenaClient,
  GetQueryExecutionCommand,
  GetQueryResultsCommand,
  StartQueryExecutionCommand,
  StopQueryExecutionCommand,
  UpdateWorkGroupCommand,
} from '@aws-sdk/client-athena';
import { describe, expect, it } from 'vitest';
import type { Input } from '../../src/simulator/services/service.ts';
import { addBucket, addRegion, emptyWorld, type World } from '../../src/simulator/world.ts';
import { account, nameOf } from './account.ts';

const US = 'us-east-1';
const TOKEN = 'a-token-that-is-long-enough-for-athena';
const ONE = 'SELECT 1 AS one';

/** A workgroup that writes to a bucket, and a table of no files. */
function world(columns = [{ Name: 'a', Type: 'string' }], projection = 'injected'): World {
  const it = emptyWorld({ regions: {} });
  addBucket(it, US, 'results');
  addRegion(it, US, {
    workgroups: {
      group: {
        name: 'group',
        state: 'ENABLED',
        createdAt: it.now,
        tags: {},
        configuration: { ResultConfiguration: { OutputLocation: 's3://results/q/' } },
      },
    },
    databases: {
      d: {
        input: { Name: 'd' },
        createdAt: it.now,
        tags: {},
        tables: {
          t: {
            Name: 't',
            PartitionKeys: [{ Name: 'p', Type: 'string' }],
            Parameters: { 'projection.p.type': projection, 'storage.location.template': 's3://results/x/' },
            StorageDescriptor: { Columns: columns },
          },
        },
      },
    },
  });
  return it;
}

function athena(of = world()) {
  const { clock, simulator } = account(of);
  const config = { region: US, credentials: { accessKeyId: 'x', secretAccessKey: 'y' }, maxAttempts: 1 };
  const client = new AthenaClient(config);
  simulator.attach(client, 'athena', US);
  const start = async (QueryString = ONE, more: object = {}) =>
    (
      await client.send(
        new StartQueryExecutionCommand({ QueryString, WorkGroup: 'group', ClientRequestToken: TOKEN, ...more }),
      )
    ).QueryExecutionId!;
  const look = async (QueryExecutionId: string) =>
    (await client.send(new GetQueryExecutionCommand({ QueryExecutionId }))).QueryExecution!;
  const results = (QueryExecutionId: string) => client.send(new GetQueryResultsCommand({ QueryExecutionId }));
  const ended = async (sql: string) => {
    const id = await start(sql);
    await clock.sleep(60_000);
    return look(id);
  };
  return { clock, client, start, look, results, ended };
}
const keysIn = ({ buckets }: World) => buckets.results!.objects.map(({ key }) => key);

const duckdb = await import('@duckdb/node-api').catch(() => undefined);

describe.skipIf(!duckdb)('a query', () => {
  it('waits, runs and ends, and has results then and no sooner', async () => {
    const of = world();
    const { clock, start, look, results } = athena(of);
    const id = await start();
    const states = new Set<string | undefined>();
    for (let i = 0; i < 40; i++) {
      const { Status } = await look(id);
      states.add(Status?.State);
      if (Status?.State !== 'SUCCEEDED') expect(await nameOf(results(id))).toBe('InvalidRequestException');
      await clock.sleep(100);
    }
    expect([...states]).toEqual(['QUEUED', 'RUNNING', 'SUCCEEDED']);
    const { ResultSet } = await results(id);
    expect(ResultSet?.Rows).toEqual([{ Data: [{ VarCharValue: 'one' }] }, { Data: [{ VarCharValue: '1' }] }]);
    expect(ResultSet?.ResultSetMetadata?.ColumnInfo).toMatchObject([{ Name: 'one', Type: 'integer' }]);
    expect(keysIn(of)).toEqual([`q/${id}.csv`, `q/${id}.csv.metadata`]);
  });

  it('is the same with the same token, and another with that token is refused', async () => {
    const { start } = athena();
    expect(await start()).toBe(await start());
    expect(await nameOf(start('SELECT 2'))).toBe('InvalidRequestException');
    expect(await nameOf(start(ONE, { ClientRequestToken: 'short' }))).toBe('InvalidRequestException');
  });

  it('has at most 262,144 bytes', async () => {
    const { start } = athena();
    const long = `SELECT '${'ä'.repeat(131_067)}'`;
    expect(Buffer.byteLength(long)).toBeLessThanOrEqual(262_144);
    await start(long);
    expect(await nameOf(start(`${long}ää`))).toBe('InvalidRequestException');
  });

  it('is stopped, and has no results then', async () => {
    const { client, clock, start, look, results } = athena();
    const id = await start();
    await client.send(new StopQueryExecutionCommand({ QueryExecutionId: id }));
    await clock.sleep(60_000);
    expect((await look(id)).Status?.State).toBe('CANCELLED');
    expect(await nameOf(results(id))).toBe('InvalidRequestException');
  });

  it('is not taken by a workgroup that is disabled or not there', async () => {
    const { client, start } = athena();
    expect(await nameOf(start(ONE, { WorkGroup: 'other' }))).toBe('InvalidRequestException');
    await client.send(new UpdateWorkGroupCommand({ WorkGroup: 'group', State: 'DISABLED' }));
    expect(await nameOf(start())).toBe('InvalidRequestException');
  });

  const READ = 'SELECT a FROM "d"."t"';
  it.each<[string, World, string, RegExp]>([
    ['that is no SQL', world(), 'SELEKT 1', /^SYNTAX_ERROR/],
    ['of a table that is not there', world(), 'SELECT 1 FROM "d"."x"', /^TABLE_NOT_FOUND/],
    ['that does not name an injected partition', world(), READ, /^CONSTRAINT_VIOLATION/],
    [
      'of a table with a column twice',
      world([{ Name: 'p', Type: 'string' }]),
      `${READ} WHERE p = 'x'`,
      /duplicate columns/,
    ],
    ['whose results may not be written', Object.assign(world(), { buckets: {} }), ONE, /^Access denied when writing/],
  ])('%s fails and says why', async (_, of, sql, why) => {
    const { ended } = athena(of);
    const { Status } = await ended(sql);
    expect([Status?.State, Status?.AthenaError?.ErrorCategory]).toEqual(['FAILED', 2]);
    expect(Status?.StateChangeReason).toMatch(why);
  });

  it('of a table without files has no rows', async () => {
    const { ended, results } = athena();
    const { QueryExecutionId, Statistics } = (await ended(`${READ} WHERE p IN ('x')`)) as Input;
    expect([Statistics.DataScannedInBytes, (await results(QueryExecutionId)).ResultSet?.Rows?.length]).toEqual([0, 1]);
  });
});
