import { type Database, inQuotes } from '../duckdb/database.ts';
import type { Expression } from '../sigma/expression.ts';
import { GLANCES, SHAPE } from '../sigma/glance.ts';
import { toSql } from '../sigma/sql.ts';

/** An envelope of CloudWatch Logs with those of its events that are to be looked at, and how many it has beside them. */
export interface Glimpse {
  readonly document: Readonly<Record<string, unknown>>;
  readonly others: number;
  /** Of all its events, the first. */
  readonly begun: string | null;
}

/**
 * What DuckDB sees in files that hold envelopes, and in whatever they hold something else, nothing: `undefined`, so that the reader of events
 * reads it. That goes for damaged ones too, at which DuckDB ends a query. Files are taken together as far as that is possible.
 */
export async function glimpses(
  db: Database,
  files: readonly string[],
  compression: 'gzip' | 'uncompressed',
  wanted: Expression,
): Promise<Map<string, Glimpse[] | undefined>> {
  if (files.length === 0) return new Map();
  try {
    return grouped(await db.rows(query(files, compression, wanted)));
  } catch {
    if (files.length === 1) return new Map([[files[0]!, undefined]]);
    const half = Math.ceil(files.length / 2);
    const [first, second] = [files.slice(0, half), files.slice(half)];
    return new Map([
      ...(await glimpses(db, first, compression, wanted)),
      ...(await glimpses(db, second, compression, wanted)),
    ]);
  }
}

function grouped(rows: readonly Readonly<Record<string, unknown>>[]) {
  const found = new Map<string, Glimpse[] | undefined>();
  for (const { file, others, begun, ...document } of rows) {
    // Events without an envelope, and what is neither.
    const isEnvelope = typeof document.messageType === 'string' && !document.isOdd;
    const here = found.has(file as string) ? found.get(file as string) : [];
    here?.push({
      document: { ...document, logEvents: document.logEvents ?? [] },
      others: Number(others),
      begun: begun as string | null,
    });
    found.set(file as string, isEnvelope ? here : undefined);
  }
  return found;
}

const ENVELOPE = `{messageType: 'VARCHAR', owner: 'VARCHAR', logGroup: 'VARCHAR', logEvents: 'STRUCT(id VARCHAR, "timestamp" DOUBLE, message VARCHAR)[]'}`;
/** In bytes; what is longer is left to the reader of events. Each thread holds twice as much. */
const LONGEST_DOCUMENT = 16 * 1_048_576;

/** A condition of CASE is asked only as far as it has to be. What does not look like JSON is not taken for it: it would end the query. */
const query = (files: readonly string[], compression: string, wanted: Expression) => `
  SELECT file, messageType, owner, logGroup, bool_or(one IS NULL) AS isOdd, count(*) FILTER (NOT picked) AS others, min(happened) AS begun,
    list(one) FILTER (picked) AS logEvents
  FROM (
    SELECT *, CASE WHEN NOT audit OR ${toSql(wanted)} THEN true ELSE false END AS picked
    FROM (
      SELECT file, messageType, owner, logGroup, one,
        coalesce(j.kind = 'Event' AND starts_with(j.apiVersion, 'audit.k8s.io/'), false) AS audit,
        coalesce(j.stageTimestamp, j.requestReceivedTimestamp) AS happened,
        ${GLANCES.map(([name, sql]) => `${sql} AS ${name}`).join(', ')}
      FROM (
        SELECT *, one.message AS json,
          CASE WHEN starts_with(one.message, '{') AND ends_with(one.message, '}') THEN json_transform(one.message, ${inQuotes(SHAPE)}) END AS j
        FROM (
          SELECT filename AS file, messageType, owner, logGroup,
            unnest(CASE WHEN messageType IS NULL OR logEvents IS NULL THEN [NULL] ELSE logEvents END) AS one
          FROM read_json([${files.map(inQuotes).join(', ')}], format = 'unstructured', compression = '${compression}', filename = true,
            maximum_object_size = ${LONGEST_DOCUMENT}, columns = ${ENVELOPE})
        ) AS opened
      ) AS parsed
    ) AS glanced
  ) AS judged
  GROUP BY file, messageType, owner, logGroup`;
