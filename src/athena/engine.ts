import { type AnswerRow, ask as askAthena, isTooComplex, type Question } from '../aws/athena-query.ts';
import type { Aws } from '../aws/clients.ts';
import { athenaCost, type Range } from '../desired/prices.ts';
import type { Run } from '../engine/resource.ts';
import type { Column } from '../sigma/columns.ts';
import type { Expression } from '../sigma/expression.ts';
import type { Holdings } from './holdings.ts';
import { ALL_EVENTS, checkLength, groupsOf, halves, pickOf, type Scope, scoped } from './queries.ts';

/** Answers queries over the table `events`, as DuckDB does. */
export interface AthenaEngine {
  ask(query: string): Promise<readonly AnswerRow[]>;
  /** The events of which any of these is true: the few that are worth to be looked at by rules. */
  pick(wanted: readonly Expression[], columns?: readonly Column[]): Promise<Picked>;
  /** What picking these would make it read, and cost, at most: whole files, where Athena reads the columns that it needs. */
  estimate(wanted: readonly Expression[]): Bill;
  /** What all that was asked has read, and cost. */
  bill(): Bill;
}
export interface Picked {
  /** With these columns, or all; one event may be there twice, where Athena does not take all expressions at once. */
  readonly rows: readonly AnswerRow[];
  /** When the first of all events was, in milliseconds since the epoch; null: there is none. */
  readonly begun: number | null;
  /** How many there are in all. */
  readonly events: number;
}
/** The events of a window, as Athena finds them. */
export interface OpenAthena {
  readonly holdings: Holdings;
  readonly engine: AthenaEngine;
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
  const askFor = async (query: string): Promise<readonly AnswerRow[]> => {
    checkLength(query, scope);
    if (holdings.files === 0) return [];
    const { database, workgroup } = scope.names;
    const question: Question = { sql: scoped(query, scope), database, workgroup };
    const answer = await askAthena(aws, last, question, run);
    scanned.push(answer.scanned);
    return answer.rows;
  };
  /** How much Trino takes at once is not said beforehand: what it compiles must fit into one method of the JVM. */
  const some = async (wanted: readonly Expression[], columns?: readonly Column[]): Promise<readonly AnswerRow[]> => {
    try {
      return await askFor(pickOf(wanted, columns));
    } catch (error) {
      if (!isTooComplex(error) || wanted.length === 1) throw error;
      return each(halves(wanted), (half) => some(half, columns));
    }
  };
  return {
    ask: askFor,
    async pick(wanted, columns) {
      const rows = await each(groupsOf(wanted, scope), (group) => some(group, columns));
      const [all] = await askFor(ALL_EVENTS);
      const { begun = null, events = 0 } = all ?? {};
      return { rows, begun: begun === null ? null : Number(begun), events: Number(events) };
    },
    estimate(wanted) {
      const queries = holdings.files === 0 ? [] : [...groupsOf(wanted, scope), ALL_EVENTS];
      return billOf(queries.map(() => holdings.bytes));
    },
    bill: () => billOf(scanned),
  };
}

/** One after the other. */
async function each(
  groups: readonly (readonly Expression[])[],
  ask: (some: readonly Expression[]) => Promise<readonly AnswerRow[]>,
): Promise<readonly AnswerRow[]> {
  const rows: AnswerRow[] = [];
  for (const group of groups) for (const row of await ask(group)) rows.push(row);
  return rows;
}
