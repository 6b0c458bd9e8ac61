import { newTally } from '../audit/tally.ts';
import { type Database, inQuotes } from '../duckdb/database.ts';
import type { Column } from '../sigma/columns.ts';
import type { Expression } from '../sigma/expression.ts';
import { toSql } from '../sigma/sql.ts';
import type { Window } from './engine.ts';
import { type Fetched, fetched, oneAhead, release, type Task } from './fetched.ts';

/** Which events are taken into the table `found`, and what of them. */
export interface Wanted extends Window {
  /** Holds at each event at which a rule, or a part of one, fires. */
  readonly wanted: Expression;
  readonly columns: readonly Column[];
}

/** Takes what matters of the flat files that `sync` has made into the table `found`. What cannot be read is damaged, by name. */
export async function readParquet(task: Task, db: Database, { wanted, columns, from }: Wanted): Promise<void> {
  for await (const files of oneAhead(fetched(task))) {
    if (task.signal.aborted) throw task.signal.reason;
    await take(files, task, db, {
      since: since(from),
      wanted: `(${toSql(wanted)})`,
      columns: columns.map(({ name }) => name).join(', '),
    });
    await release(files, task.scratch);
  }
}

const since = (from: number | undefined) => (from === undefined ? 'true' : `coalesce(time >= ${from}, true)`);

interface Conditions {
  readonly since: string;
  readonly columns: string;
  readonly wanted: string;
}

async function take(files: readonly Fetched[], task: Task, db: Database, conditions: Conditions): Promise<void> {
  const rows = `read_parquet([${files.map(({ file }) => inQuotes(file)).join(', ')}], hive_partitioning = false, union_by_name = true)`;
  try {
    const { since, wanted, columns } = conditions;
    const [all] = await db.rows(`SELECT count(*) AS events FROM ${rows}`);
    await db.run(`INSERT INTO found SELECT ${columns} FROM ${rows} WHERE ${since} AND ${wanted}`);
    await db.run(`INSERT INTO found (time) SELECT min(time) FROM ${rows} WHERE ${since}`);
    const bytes = files.reduce((sum, { size }) => sum + size, 0);
    task.ledger.add(files.length, bytes, { ...newTally(), events: Number(all!.events) });
  } catch {
    const [only] = files;
    if (files.length === 1) return task.ledger.read(only!.uri, only!.size, { ...newTally(), damaged: 1 });
    const half = Math.ceil(files.length / 2);
    await take(files.slice(0, half), task, db, conditions);
    await take(files.slice(half), task, db, conditions);
  }
}
