import { HOUR, hourPrefix } from '../../audit/keys.ts';
import { explain } from '../../aws/errors.ts';
import { INSTALL_DUCKDB } from '../../duckdb/database.ts';
import type { RadError } from '../../engine/errors.ts';
import { type Notice, nothing, type Result } from '../../render/document.ts';
import { bucketShelf, bucketSource } from '../../sync/buckets.ts';
import { folderShelf } from '../../sync/folder.ts';
import { type Normalised, normalise, type Task } from '../../sync/normalise.ts';
import { openTables } from '../../sync/parquet.ts';
import { type BucketPlace, nameOf, type Place, rawPrefix } from '../../sync/place.ts';
import type { Shelf } from '../../sync/shelf.ts';
import { type Source, synchronise } from '../../sync/synchronise.ts';
import { reachBuckets } from '../buckets.ts';
import { type Context, type Options, runOf } from '../context.ts';
import { syncWarnings } from '../sync-warnings.ts';
import { usage } from '../values.ts';

/** Copies what a customer's bucket has and the destination lacks. What is there is all that is remembered. */
export async function sync(context: Context): Promise<Result> {
  const { options, clock, report } = context;
  const ends = endsOf(options);
  const { from, to } = ends;
  const { account, partition, source, destination, region } = await open(ends, context);
  const { watch, since = watch ? LATEST : undefined } = options;
  const after = since ? from.prefix + hourPrefix(clock.now() - since) : '';
  const check = options.check ?? false;
  const { proof, named, failures, error } = await synchronise({
    source,
    destination,
    below: rawPrefix(from),
    after,
    check,
    progress: ({ objects, copied }) =>
      report({ type: 'note', place: from.bucket, text: `${objects} objects seen, ${copied} copied` }),
  });
  const isToBe = !check && options.normalise !== false && !error;
  const task = {
    shelf: destination,
    below: rawPrefix(from),
    prefix: from.prefix,
    after,
    region,
    bucket: from.bucket,
    until: watch ? from.prefix + hourPrefix(clock.now()) : undefined,
  };
  const flat = isToBe ? await flatten({ ...task, signal: context.signal }) : undefined;
  const below = `${nameOf(to).replace(/\/$/, '')}/${rawPrefix(from)}`;
  return {
    ...nothing('sync'),
    account,
    partition,
    credentials: context.credentials,
    regions: [{ name: region, state: 'ok' }],
    transfer: {
      report: { source: nameOf(from), destination: below, check, ...proof, normalised: flat?.normalised ?? null },
      failures: failures.map((one) => ({ ...one, region })),
    },
    warnings: [...syncWarnings(named, options, region), ...(flat?.warnings ?? [])],
    ...(error && { error }),
    ...(flat?.error && { error: flat.error }),
  };
}

/** Firehose tries for a day to deliver what it could not (Data Firehose developer guide, "Data delivery failure handling"). */
const LATEST = 48 * HOUR;

interface Flat {
  readonly normalised?: Normalised;
  readonly warnings?: readonly Notice[];
  readonly error?: RadError;
}

async function flatten(task: Omit<Task, 'tables'>): Promise<Flat> {
  const tables = await openTables();
  if (!tables) return { warnings: [NO_DUCKDB] };
  try {
    return { normalised: await normalise({ ...task, tables }) };
  } catch (thrown) {
    return { error: explain(thrown) };
  } finally {
    await tables.close();
  }
}

const NO_DUCKDB: Notice = {
  code: 'DUCKDB_MISSING',
  region: 'global',
  id: '@duckdb/node-api',
  message: 'DuckDB is not installed: objects are copied, and no Parquet files are made of their events',
  hint: `${INSTALL_DUCKDB}, or leave it at that with --no-normalise`,
};

interface Ends {
  readonly from: BucketPlace;
  readonly to: Place;
}

/** Throws USAGE. */
function endsOf({ from, to, roleArn, externalId }: Options): Ends {
  if (!from) throw usage('--from is missing: name the bucket to copy from, as in --from s3://bucket');
  if (!to)
    throw usage('--to is missing: name a bucket, as in --to s3://bucket/prefix, or a folder, as in --to ./audit');
  if ('bucket' in to && to.bucket === from.bucket)
    throw usage(`--to ${nameOf(to)}: that is the bucket to copy from, which is never written to`);
  if (externalId && !roleArn) throw usage('--external-id is for --role-arn, which is missing');
  return { from, to };
}

interface Opened {
  readonly account: string;
  readonly partition: string;
  readonly source: Source;
  readonly destination: Shelf;
  /** Of the source. */
  readonly region: string;
}

/** The source is read with the role of its account, if there is one; all else is done with our own credentials. */
async function open({ from, to }: Ends, context: Context): Promise<Opened> {
  const { clock } = context;
  const { account, partition, again, theirs, ours } = await reachBuckets(context);
  const there = await theirs(from.bucket);
  return {
    account,
    partition,
    source: bucketSource(there, from, again, clock),
    destination:
      'folder' in to ? folderShelf(to.folder) : bucketShelf(await ours(to.bucket), to, { run: runOf(context), clock }),
    region: there.region,
  };
}
