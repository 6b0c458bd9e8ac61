import { nextId, own } from '../basics.ts';
import type { Query, QueryAnswer, Workgroup } from '../model.ts';
import { type At, type Input, limit, type Operation, type Service } from './service.ts';
import { putObject } from './versions.ts';
import { invalid, workgroupOf, workgroups } from './workgroups.ts';

/** Bytes (Athena user guide, "Service quotas": query string length). */
const LONGEST_QUERY = 262_144;

function queryOf({ here }: At, { QueryExecutionId: id }: Input): Query {
  const query = own(here.queries ?? {}, id);
  if (!query) throw invalid(`QueryExecution ${id} was not found`);
  return query;
}

/** The same token is the same query (Athena API reference, StartQueryExecution). */
const StartQueryExecution: Operation = (at, input) => {
  const {
    QueryString,
    ClientRequestToken: token = nextId(at.world),
    WorkGroup = 'primary',
    QueryExecutionContext,
  } = input;
  if (token.length < 32 || token.length > 128) throw invalid('clientRequestToken must have 32 to 128 characters');
  if (Buffer.byteLength(QueryString) > LONGEST_QUERY)
    throw invalid(`Member must have length less than or equal to ${LONGEST_QUERY}`);
  const group = workgroupOf(at, WorkGroup);
  if (group.state !== 'ENABLED') throw invalid('WorkGroup is disabled.');
  at.here.queries ??= {};
  const known = Object.values(at.here.queries).find((query) => query.token === token);
  if (known && known.sql !== QueryString) throw invalid('Idempotent parameters do not match');
  if (known) return { QueryExecutionId: known.id };
  const id = nextId(at.world);
  const { queryQueuedMs = 500, queryMs = 3_000 } = at.world.lags;
  at.here.queries[id] = {
    id,
    token,
    sql: QueryString,
    database: QueryExecutionContext?.Database ?? 'default',
    workgroup: WorkGroup,
    at: at.now,
    startsAt: at.now + queryQueuedMs,
    endsAt: at.now + queryQueuedMs + queryMs,
    answer: concluded(at, group, id),
  };
  delete at.world.failNextQuery;
  return { QueryExecutionId: id };
};

/** What comes of it, which is told when its time has come. */
function concluded(at: At, { configuration }: Workgroup, id: string): QueryAnswer {
  const { world, answer = failed('GENERIC_INTERNAL_ERROR: it was not run', 1, true) } = at;
  if (world.failNextQuery) return world.failNextQuery;
  if ('state' in answer) return answer;
  const cutoff = Number(configuration.BytesScannedCutoffPerQuery ?? Number.POSITIVE_INFINITY);
  if (answer.scanned > cutoff)
    return {
      state: 'CANCELLED',
      reason: 'Query cancelled! : Bytes scanned limit was exceeded',
      scanned: answer.scanned,
    };
  const { OutputLocation = '', ExpectedBucketOwner } = (configuration.ResultConfiguration ?? {}) as Input;
  const [, name = '', prefix = ''] = /^s3:\/\/([^/]+)\/(.*)$/.exec(OutputLocation) ?? [];
  const bucket = own(world.buckets, name);
  if (!bucket || bucket.owner !== (ExpectedBucketOwner ?? world.account))
    return failed(`Access denied when writing to location: ${OutputLocation}${id}.csv`, 2);
  putObject(world, bucket, `${prefix}${id}.csv`, Buffer.from(csv(answer)));
  putObject(world, bucket, `${prefix}${id}.csv.metadata`, Buffer.from(JSON.stringify(answer.columns)));
  return answer;
}

/** `category`: 1 system, 2 user (Athena API reference, AthenaError). */
export const failed = (reason: string, category: 1 | 2, retryable = false): QueryAnswer => ({
  state: 'FAILED',
  reason,
  category,
  retryable,
  scanned: 0,
});

const csv = ({ columns, rows }: Exclude<QueryAnswer, { state: string }>) =>
  [columns.map(({ name }) => name), ...rows]
    .map((row) => row.map((value) => (value === null ? '' : `"${value.replaceAll('"', '""')}"`)).join())
    .join('\n');

function stateOf({ stoppedAt, startsAt, endsAt, answer }: Query, now: number) {
  if (stoppedAt !== undefined) return 'CANCELLED';
  if (now < startsAt) return 'QUEUED';
  if (now < endsAt) return 'RUNNING';
  return 'state' in answer ? answer.state : 'SUCCEEDED';
}

const GetQueryExecution: Operation = (at, input) => {
  const query = queryOf(at, input);
  const { id, sql, database, workgroup, answer, stoppedAt } = query;
  const state = stateOf(query, at.now);
  const isOver = !/^(QUEUED|RUNNING)$/.test(state);
  const tells = isOver && stoppedAt === undefined && 'state' in answer ? answer : undefined;
  const failure = tells?.state === 'FAILED' ? tells : undefined;
  return {
    QueryExecution: {
      QueryExecutionId: id,
      Query: sql,
      StatementType: 'DML',
      QueryExecutionContext: { Database: database },
      WorkGroup: workgroup,
      Status: {
        State: state,
        SubmissionDateTime: new Date(query.at),
        ...(isOver && { CompletionDateTime: new Date(stoppedAt ?? query.endsAt) }),
        ...(tells && { StateChangeReason: tells.reason }),
        ...(failure && {
          AthenaError: {
            ErrorCategory: failure.category,
            ErrorMessage: failure.reason,
            Retryable: failure.retryable,
          },
        }),
      },
      Statistics: {
        DataScannedInBytes: isOver && stoppedAt === undefined ? answer.scanned : 0,
        EngineExecutionTimeInMillis: isOver ? query.endsAt - query.startsAt : 0,
        TotalExecutionTimeInMillis: isOver ? query.endsAt - query.at : 0,
      },
    },
  };
};

/** The first row of the first page are the names of the columns; a value that is null is absent (Athena API reference, GetQueryResults). */
const GetQueryResults: Operation = (at, input) => {
  const query = queryOf(at, input);
  const state = stateOf(query, at.now);
  if (/^(QUEUED|RUNNING)$/.test(state)) throw invalid(`Query has not yet finished. Current state: ${state}`);
  const { answer } = query;
  if (state !== 'SUCCEEDED' || 'state' in answer)
    throw invalid(`Query did not finish successfully. Final query state: ${state}`);
  const all = [answer.columns.map(({ name }): string | null => name), ...answer.rows];
  const from = Number(input.NextToken ?? 0);
  const end = from + limit(at, Math.min(input.MaxResults ?? 1_000, 1_000));
  const Rows = all.slice(from, end).map((row) => ({
    Data: row.map((value) => (value === null ? {} : { VarCharValue: value })),
  }));
  const ColumnInfo = answer.columns.map(({ name, type }) => ({ Name: name, Label: name, Type: type }));
  return {
    UpdateCount: 0,
    ResultSet: { Rows, ResultSetMetadata: { ColumnInfo } },
    ...(end < all.length && { NextToken: String(end) }),
  };
};

export const athena: Service = {
  ...workgroups,
  StartQueryExecution,
  GetQueryExecution,
  GetQueryResults,
  StopQueryExecution: (at, input) => {
    const query = queryOf(at, input);
    if (at.now < query.endsAt) query.stoppedAt ??= at.now;
    return {};
  },
};
