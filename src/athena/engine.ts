import { type AnswerRow, ask, type Question } from '../aws/athena-query.ts';
import type { Aws } from '../aws/clients.ts';
import { athenaCost, type Range } from '../desired/prices.ts';
import type { Run } from '../engine/resource.ts';
import type { Holdings } from './holdings.ts';
import { checkLength, type Scope, scansIn, scoped } from './queries.ts';

/** Answers queries over the table `events`, as DuckDB does. */
export interface AthenaEngine {
  ask(query: string): Promise<readonly AnswerRow[]>;
  /** What these queries would read and cost at most: whole files, where Athena reads the columns that it needs. */
  estimate(queries: readonly string[]): Bill;
  /** What those that were asked have read, and cost. */
  bill(): Bill;
}
export interface Bill {
  readonly queries: number;
  readonly bytes: number;
  readonly usd: Range;
}

interface Means {
  readonly aws: Aws;
  /** Its calls are made also after the run was told to stop. */
  readonly last: Aws;
  readonly scope: Scope;
  readonly holdings: Holdings;
  readonly run: Run;
}

export function athenaEngine({ aws, last, scope, holdings, run }: Means): AthenaEngine {
  const scanned: number[] = [];
  const billOf = (bytes: readonly number[]): Bill => ({
    queries: bytes.length,
    bytes: bytes.reduce((sum, one) => sum + one, 0),
    usd: athenaCost(aws.region, bytes),
  });
  return {
    async ask(query) {
      checkLength(query, scope);
      if (holdings.files === 0) return [];
      const { database, workgroup } = scope.names;
      const question: Question = { sql: scoped(query, scope), database, workgroup };
      const answer = await ask(aws, last, question, run);
      scanned.push(answer.scanned);
      return answer.rows;
    },
    estimate: (queries) => billOf(holdings.files === 0 ? [] : queries.map((query) => holdings.bytes * scansIn(query))),
    bill: () => billOf(scanned),
  };
}
