import type { Aws } from '../aws/clients.ts';
import { athenaWorkgroup } from '../aws/kinds/athena-workgroup.ts';
import { glueDatabase, tablesOf } from '../aws/kinds/glue-database.ts';
import { glueTable, PARQUET } from '../aws/kinds/glue-table.ts';
import type { Resource } from '../engine/resource.ts';
import { catalogColumns } from '../sigma/columns.ts';
import { type AthenaNames, type EventsPlace, PARTITIONS, resultsOf } from './athena-names.ts';

/** Bytes that one query may read: at most five US dollars. */
export const CUTOFF = 1_000_000_000_000;

/** What Athena needs to read the events of a place. A table, in a database, and the settings of its queries. */
export function athenaResources(aws: Aws, names: AthenaNames, place: EventsPlace): Resource[] {
  const root = `s3://${place.bucket}/${place.prefix}`;
  const table = `${names.database}.${names.table}`;
  const database = glueDatabase(
    aws,
    names.database,
    { description: `Kubernetes audit events in ${root}` },
    {
      async beforeDelete() {
        const others = await tablesOf(aws, names.database);
        return others.length ? { why: `it holds tables that are not ours: ${others.join(', ')}` } : undefined;
      },
    },
  );
  return [
    database,
    glueTable(aws, table, { table: tableOf(`${root}events/`) }, { needs: [database] }),
    athenaWorkgroup(aws, names.workgroup, {
      settings: {
        state: 'ENABLED',
        enforced: true,
        results: resultsOf(place),
        owner: aws.accountId,
        encryption: 'SSE_S3',
        kmsKey: null,
        cutoff: CUTOFF,
        engine: 'AUTO',
      },
    }),
  ];
}

/**
 * Partition projection computes where the files of a cluster and a day are, so that nothing is to be written when either is new.
 * A cluster is `injected`: any can be asked about, and each query names those that it means (Athena user guide, "Supported types for
 * partition projection").
 */
function tableOf(location: string) {
  const { cluster, day } = PARTITIONS;
  const placeholder = (key: string) => ['$', `{${key}}`].join('');
  return {
    location,
    columns: catalogColumns(),
    partitions: { [cluster]: 'string', [day]: 'string' },
    format: PARQUET,
    properties: {
      EXTERNAL: 'TRUE',
      classification: 'parquet',
      'projection.enabled': 'true',
      [`projection.${cluster}.type`]: 'injected',
      [`projection.${day}.type`]: 'date',
      [`projection.${day}.format`]: 'yyyy-MM-dd',
      // EKS is as old; an event of a clock that is fast may be of tomorrow.
      [`projection.${day}.range`]: '2018-06-01,NOW+1DAYS',
      [`projection.${day}.interval`]: '1',
      [`projection.${day}.interval.unit`]: 'DAYS',
      'storage.location.template': `${location}cluster=${placeholder(cluster)}/dt=${placeholder(day)}/`,
    },
  };
}
