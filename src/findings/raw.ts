import { open } from 'node:fs/promises';
import { type AuditEvent, eventsOf } from '../audit/events.ts';
import { readEvents } from '../audit/reader.ts';
import { newTally } from '../audit/tally.ts';
import type { Database } from '../duckdb/database.ts';
import type { Expression } from '../sigma/expression.ts';
import { type Fetched, fetched, oneAhead, release, type Task } from './fetched.ts';
import { type Glimpse, glimpses } from './glimpse.ts';

/** What is done with what is found. */
export interface Take {
  /** `isPicked`: one of the few that a rule may fire at. */
  event(event: AuditEvent, object: string, isPicked: boolean): void;
  /** When the first of some events happened; milliseconds since the epoch. */
  begun(time: number): void;
}

/**
 * Looks through raw objects: DuckDB opens them and picks what may matter by a glance, which goes through the same reader and `flatten` as all
 * else. What DuckDB cannot open, or is not made of envelopes, that reader reads by itself.
 */
export async function readRaw(task: Task, db: Database, wanted: Expression, take: Take): Promise<void> {
  for await (const batch of oneAhead(glimpsed(task, db, wanted))) {
    for (const { one, seen } of batch) {
      const tally = newTally();
      const source = { region: task.store.region ?? '' };
      if (seen) {
        for (const { document, others, begun } of seen) {
          tally.events += others;
          if (begun) take.begun(Date.parse(begun));
          for (const event of eventsOf(document, source, tally)) take.event(event, one.uri, true);
        }
      } else {
        for await (const events of readEvents(bytesOf(one.file), source, tally))
          for (const event of events) take.event(event, one.uri, false);
      }
      task.ledger.read(one.uri, one.size, tally);
    }
    await release(
      batch.map(({ one }) => one),
      task.scratch,
    );
  }
}

interface Opened {
  readonly one: Fetched;
  readonly seen: readonly Glimpse[] | undefined;
}

async function* glimpsed(task: Task, db: Database, wanted: Expression): AsyncGenerator<Opened[]> {
  for await (const files of oneAhead(fetched(task))) {
    if (task.signal.aborted) throw task.signal.reason;
    const zipped = await Promise.all(files.map(({ file }) => isGzip(file)));
    const of = (is: boolean) => files.filter((_, i) => zipped[i] === is).map(({ file }) => file);
    const found = new Map([
      ...(await glimpses(db, of(true), 'gzip', wanted)),
      ...(await glimpses(db, of(false), 'uncompressed', wanted)),
    ]);
    yield files.map((one) => ({ one, seen: found.get(one.file) }));
  }
}

/** Its first bytes tell, never its name (RFC 1952). */
async function isGzip(file: string): Promise<boolean> {
  const handle = await open(file);
  try {
    const { buffer, bytesRead } = await handle.read(Buffer.alloc(2), 0, 2, 0);
    return bytesRead === 2 && buffer[0] === 0x1f && buffer[1] === 0x8b;
  } finally {
    await handle.close();
  }
}

async function* bytesOf(file: string): AsyncGenerator<Buffer> {
  const handle = await open(file);
  try {
    for (;;) {
      const { buffer, bytesRead } = await handle.read(Buffer.alloc(1_048_576), 0, 1_048_576, null);
      if (bytesRead === 0) return;
      yield buffer.subarray(0, bytesRead);
    }
  } finally {
    await handle.close();
  }
}
