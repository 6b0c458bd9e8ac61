import { createSplitter } from './documents.ts';
import { type AuditEvent, eventsOf, type Source, salvage } from './events.ts';
import { CUT, END, plainText } from './gzip.ts';
import type { Chunks } from './input.ts';
import type { Tally } from './tally.ts';

/**
 * The audit events of an object, batch by batch, whatever form it has: its bytes tell, never its name. Holds no more than one
 * envelope at a time. What is damaged costs only itself, and `tally` counts it.
 */
export async function* readEvents(chunks: Chunks, source: Source, tally: Tally): AsyncGenerator<readonly AuditEvent[]> {
  let batch: AuditEvent[] = [];
  const add = (events: readonly AuditEvent[]) => {
    for (const event of events) batch.push(event);
  };
  const splitter = createSplitter({
    document: (document) => add(eventsOf(document, source, tally)),
    broken: (text, isTold) => add(salvage(text, isTold, source, tally)),
  });
  let isEmpty = true;
  for await (const piece of plainText(chunks, () => tally.damaged++)) {
    isEmpty = false;
    if (piece === END || piece === CUT) splitter.end(piece === CUT);
    else splitter.push(piece);
    if (batch.length === 0) continue;
    yield batch;
    batch = [];
  }
  if (isEmpty) tally.empty++;
  splitter.end(false);
  if (batch.length) yield batch;
}
