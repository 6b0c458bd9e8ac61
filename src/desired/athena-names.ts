import { createHash } from 'node:crypto';

/** Where the files of events are, that Athena is to read: below `events/` of this prefix, which is empty or ends in a slash. */
export interface EventsPlace {
  readonly bucket: string;
  readonly prefix: string;
  /** Where Athena writes its results; absent: beside the events. */
  readonly results?: string;
}

/** Each place has a database and a workgroup of its own, so that what is made for one can go without another. */
export function athenaNames(namePrefix: string, { bucket, prefix }: EventsPlace) {
  const place = `${bucket}/${prefix}`;
  const stem = place.replace(/[^a-z0-9]+/gi, '-').replace(/^-|-$/g, '');
  const id = createHash('sha256').update(place).digest('hex').slice(0, 8);
  const workgroup = `${namePrefix}-eks-audit-${stem.slice(0, LONGEST_STEM)}-${id}`;
  return { workgroup, database: workgroup.toLowerCase().replaceAll('-', '_'), table: TABLE };
}
export type AthenaNames = ReturnType<typeof athenaNames>;
const TABLE = 'events';
/** A workgroup has at most 128 characters (Athena API reference, CreateWorkGroup). */
const LONGEST_STEM = 80;

/** The partition keys. `cluster` is a column of the files, and no name may be there twice. */
export const PARTITIONS = { cluster: 'partition_cluster', day: 'dt' } as const;

/** Where the results of queries are written. */
export const resultsOf = ({ bucket, prefix, results }: EventsPlace): string =>
  results ?? `s3://${bucket}/${prefix}athena-results/`;
