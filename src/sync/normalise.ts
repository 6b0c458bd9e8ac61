import { isForeign } from '../audit/keys.ts';
import { readEvents } from '../audit/reader.ts';
import { newTally, type Tally } from '../audit/tally.ts';
import { flatten } from '../sigma/flatten.ts';
import { type Batch, openBatches } from './batches.ts';
import { compareKeys } from './merge.ts';
import type { Tables } from './parquet.ts';
import type { Listed, Shelf } from './shelf.ts';

/** What was made of the objects at the destination. */
export interface Normalised {
  /** Objects that were read. */
  readonly objects: number;
  readonly events: number;
  readonly files: number;
  /** What was met beside events. */
  readonly tally: Readonly<Tally>;
}

export interface Task {
  readonly shelf: Shelf;
  readonly tables: Tables;
  /** Where the raw objects are, and which of them: those of the source that begin so, after this one. */
  readonly below: string;
  readonly prefix: string;
  readonly after: string;
  /** Keys from this one on are left for later. */
  readonly until: string | undefined;
  readonly region: string;
  readonly bucket: string;
  readonly signal: AbortSignal;
}

/** Makes flat files of raw objects, of each object once; one that comes late adds a file. What is there is never written again. */
export async function normalise(task: Task): Promise<Normalised> {
  const { shelf, below, after } = task;
  const batches = await openBatches(shelf, below, folderOf(after));
  const done = { objects: 0, events: 0, files: 0, tally: newTally() };
  for await (const { folder, objects } of folders(task)) {
    if (batches.areDone(folder, objects.length)) continue;
    for await (const batch of batches.claim(folder, objects)) {
      if (batch.isDone) continue;
      await make(batch, task, done);
      await batch.done();
    }
  }
  return done;
}

type Count = { objects: number; events: number; files: number; tally: Tally };

async function make({ keys, name }: Batch, task: Task, done: Count): Promise<void> {
  const { shelf, tables, below, region, bucket, signal } = task;
  for (const key of keys) {
    if (signal.aborted) throw signal.reason;
    const bytes = await shelf.read(below + key);
    if (!bytes) continue;
    done.objects++;
    for await (const events of readEvents([bytes], { region }, done.tally))
      for (const { event, cluster, account, logEventId } of events) {
        const object = `s3://${bucket}/${key}`;
        const origin = {
          region,
          object,
          ...(cluster && { cluster }),
          ...(account && { account }),
          ...(logEventId && { logEventId }),
        };
        tables.add(flatten(event as Parameters<typeof flatten>[0], origin));
        done.events++;
      }
  }
  for await (const { place, bytes } of tables.files())
    if (await shelf.write(`${place}${name}.parquet`, bytes)) done.files++;
}

const folderOf = (key: string) => key.slice(0, key.lastIndexOf('/') + 1);

/** Objects that follow one another in one folder, which is an hour of Firehose. */
async function* folders({ shelf, below, prefix, after, until }: Task) {
  let objects: Listed[] = [];
  let folder = '';
  for await (const one of shelf.list(below + prefix, after && below + after)) {
    const object = { ...one, key: one.key.slice(below.length) };
    if (isForeign(object.key) || (until && compareKeys(object.key, until) >= 0)) continue;
    if (folderOf(object.key) !== folder && objects.length) {
      yield { folder, objects };
      objects = [];
    }
    folder = folderOf(object.key);
    objects.push(object);
  }
  if (objects.length) yield { folder, objects };
}
