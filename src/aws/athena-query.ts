import { randomUUID } from 'node:crypto';
import {
  GetQueryExecutionCommand,
  GetQueryResultsCommand,
  type QueryExecution,
  StartQueryExecutionCommand,
  StopQueryExecutionCommand,
} from '@aws-sdk/client-athena';
import { type ErrorCode, RadError } from '../engine/errors.ts';
import type { Run } from '../engine/resource.ts';
import type { Aws } from './clients.ts';
import { soon } from './wait.ts';

export interface Question {
  readonly sql: string;
  readonly database: string;
  readonly workgroup: string;
}
/** As DuckDB gives a row for the same query. */
export type AnswerRow = Readonly<Record<string, string | number | bigint | boolean | null>>;
export interface Answer {
  readonly rows: readonly AnswerRow[];
  /** Bytes that were read, as they are billed. */
  readonly scanned: number;
}

/**
 * Runs one query to its end. Whatever keeps its end from being seen, it is stopped: `last` makes calls also after the run was told to
 * end. One that AWS says might succeed if it is asked again is asked again.
 */
export async function ask(aws: Aws, last: Aws, question: Question, run: Run): Promise<Answer> {
  for (let tries = 1; ; tries++) {
    const id = await start(aws, question);
    const done = await ended(aws, last, id, run);
    const { State, AthenaError } = done.Status ?? {};
    if (State === 'SUCCEEDED')
      return { rows: await rowsOf(aws, id), scanned: done.Statistics?.DataScannedInBytes ?? 0 };
    if (State === 'CANCELLED' || !AthenaError?.Retryable || tries === TRIES) throw failure(done);
    run.note('Athena asks to run a query again');
  }
}
const TRIES = 3;

/** A token makes of a call that is repeated the same query (Athena API reference, StartQueryExecution). */
async function start(aws: Aws, { sql, database, workgroup }: Question): Promise<string> {
  const input = {
    QueryString: sql,
    ClientRequestToken: randomUUID(),
    QueryExecutionContext: { Database: database },
    WorkGroup: workgroup,
  };
  return (await (await aws.athena()).send(new StartQueryExecutionCommand(input))).QueryExecutionId!;
}

/** Athena itself ends a query after half an hour (Athena quotas, DML query timeout). */
const LONGEST = 35 * 60_000;

async function ended(aws: Aws, last: Aws, QueryExecutionId: string, run: Run): Promise<QueryExecution> {
  let isOver = false;
  try {
    const look = async () =>
      (await (await aws.athena()).send(new GetQueryExecutionCommand({ QueryExecutionId }))).QueryExecution ?? {};
    const done = await soon(look, isDone, run, { what: 'Athena', limit: LONGEST });
    isOver = isDone(done);
    if (isOver) return done;
    throw new RadError('TIMEOUT', 'a query of Athena has not ended in time', { hint: NARROW });
  } finally {
    if (!isOver) await stop(last, QueryExecutionId);
  }
}

const isDone = ({ Status }: QueryExecution) => /^(SUCCEEDED|FAILED|CANCELLED)$/.test(Status?.State ?? '');

/** Why the run ends is what is to be told, not that this failed too. */
const stop = async (last: Aws, QueryExecutionId: string) =>
  (await last.athena()).send(new StopQueryExecutionCommand({ QueryExecutionId })).catch(() => undefined);

const NARROW = 'ask for less: a shorter time, or fewer clusters';

/** What Athena says of a query that has not succeeded: words, for the numbers are few (Athena user guide, "Troubleshooting in Athena"). */
function failure({ Status, QueryExecutionId = '' }: QueryExecution): RadError {
  const { State, StateChangeReason, AthenaError } = Status ?? {};
  const why = AthenaError?.ErrorMessage ?? StateChangeReason ?? 'it does not say why';
  const say = (code: ErrorCode, message: string, hint?: string) =>
    new RadError(code, message, { hint, awsCode: /^[A-Z_]{5,}(?=:)/.exec(why)?.[0], requestId: QueryExecutionId });
  if (/Bytes scanned limit/i.test(why))
    return say('QUOTA_EXCEEDED', `a query would have read more than its workgroup allows: ${why}`, NARROW);
  if (State === 'CANCELLED') return say('AWS', `somebody has stopped a query: ${why}`, 'run the same command again');
  if (/denied|not authorized|Insufficient permissions|Status Code: 403/i.test(why))
    return say('PERMISSION_DENIED', why, 'allow these credentials what the query reads and writes, then run again');
  if (TOO_COMPLEX.test(why)) return say('AWS', why, 'ask for fewer rules at once');
  if (/exhausted resources|EXCEEDED_[A-Z_]*LIMIT|QUERY_TIMEOUT|Query timeout/i.test(why))
    return say('AWS', why, NARROW);
  if (/^(SYNTAX_ERROR|COLUMN_NOT_FOUND|TYPE_MISMATCH|FUNCTION_NOT_FOUND)/.test(why))
    return say('INTERNAL', `Athena does not take a query: ${why}`);
  return say('AWS', `a query of Athena has failed: ${why}`, 'run the same command again; --debug shows each call');
}

/** In the words of Trino, of which only newer versions have a name for it (trinodb/trino#2563, #23661). */
const TOO_COMPLEX = /COMPILER_|Compiler failed|exceeded maximum (columns|filters)|Too many arguments/i;
export const isTooComplex = (error: unknown): boolean => error instanceof RadError && TOO_COMPLEX.test(error.message);

/** Everything comes as text, with the names of the columns first; a value that is null does not come. */
async function rowsOf(aws: Aws, QueryExecutionId: string): Promise<AnswerRow[]> {
  const client = await aws.athena();
  const rows: AnswerRow[] = [];
  for (let NextToken: string | undefined, isFirst = true; isFirst || NextToken; isFirst = false) {
    const page = await client.send(
      new GetQueryResultsCommand({ QueryExecutionId, MaxResults: 1_000, ...(NextToken && { NextToken }) }),
    );
    const { Rows = [], ResultSetMetadata } = page.ResultSet ?? {};
    const columns = ResultSetMetadata?.ColumnInfo ?? [];
    for (const { Data = [] } of isFirst ? Rows.slice(1) : Rows) {
      const values = columns.map(({ Name = '', Type = '' }, i) => [Name, typed(Type, Data[i]?.VarCharValue)]);
      rows.push(Object.fromEntries(values) as AnswerRow);
    }
    NextToken = page.NextToken;
  }
  return rows;
}

function typed(type: string, text: string | undefined): AnswerRow[string] {
  if (text === undefined) return null;
  if (type === 'bigint') return BigInt(text);
  if (type === 'boolean') return text === 'true';
  return /^(tinyint|smallint|integer|float|real|double)$/.test(type) ? Number(text) : text;
}
