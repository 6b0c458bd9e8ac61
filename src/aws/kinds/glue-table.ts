import {
  CreateTableCommand,
  DeleteTableCommand,
  GetTableCommand,
  type Table,
  type TableInput,
  UpdateTableCommand,
} from '@aws-sdk/client-glue';
import { absent, type Tags } from '../../engine/resource.ts';
import type { Aws } from '../clients.ts';
import { found, isError, unlessExists } from '../errors.ts';
import { eventually, until } from '../wait.ts';
import { defineAwsKind } from './define.ts';

export type GlueTableSpec = {
  readonly table: {
    readonly location: string;
    /** Types by name, in the words of Hive. */
    readonly columns: Readonly<Record<string, string>>;
    readonly partitions: Readonly<Record<string, string>>;
    readonly format: typeof PARQUET;
    /** How engines read it, partition projection above all. */
    readonly properties: Readonly<Record<string, string>>;
  };
};

/** Of an external table over Parquet (Athena user guide, "Parquet SerDe"). */
export const PARQUET = {
  input: 'org.apache.hadoop.hive.ql.io.parquet.MapredParquetInputFormat',
  output: 'org.apache.hadoop.hive.ql.io.parquet.MapredParquetOutputFormat',
  serde: 'org.apache.hadoop.hive.ql.io.parquet.serde.ParquetHiveSerDe',
} as const;

/** Named `database.table`. Glue has no tags for tables (AWS Glue developer guide, "AWS tags"): its parameters are where ours are. */
export const glueTable = defineAwsKind<GlueTableSpec>({
  type: 'glue:table',
  claim: 'tag',

  async read(aws, name) {
    const table = await describe(aws, name);
    if (!table) return absent();
    return { exists: true, spec: { table: flatten(table) }, tags: table.Parameters ?? {}, facts: {} };
  },

  async create(aws, name, spec, tags, run) {
    const { DatabaseName, Name } = placeOf(name);
    const TableInput = { Name, ...expand(spec, tags) };
    await unlessExists((await aws.glue()).send(new CreateTableCommand({ DatabaseName, TableInput })));
    await until(() => describe(aws, name), Boolean, run, { what: `table ${name} to appear` });
  },

  put: {
    async table(aws, name, spec, run) {
      const write = () => change(aws, name, (now) => ({ ...now, ...expand(spec, now.Parameters) }));
      await eventually(write, isCrossed, run, { what: 'another change of the table' });
    },
  },

  tag: (aws, name, tags) => change(aws, name, (now) => ({ ...now, Parameters: { ...now.Parameters, ...tags } })),
  untag: (aws, name, keys) =>
    change(aws, name, (now) => {
      const left = Object.entries(now.Parameters ?? {}).filter(([key]) => !keys.includes(key));
      return { ...now, Parameters: Object.fromEntries(left) };
    }),

  delete: async (aws, name) => found((await aws.glue()).send(new DeleteTableCommand(placeOf(name)))),
});

const placeOf = (name: string) => {
  const [DatabaseName, Name] = name.split('.');
  return { DatabaseName: DatabaseName!, Name: Name! };
};

const describe = async (aws: Aws, name: string): Promise<Table | undefined> =>
  (await found((await aws.glue()).send(new GetTableCommand(placeOf(name)))))?.Table;

const isCrossed = (error: unknown) => isError(error, 'ConcurrentModificationException');

/** UpdateTable replaces all that is written of a table: read, change, write. Versions before it are of no use to anybody. */
async function change(aws: Aws, name: string, edit: (now: TableInput) => TableInput): Promise<void> {
  const now = await describe(aws, name);
  if (!now) return;
  const { Name, Description, Owner, Retention, StorageDescriptor, PartitionKeys, TableType, Parameters } = now;
  const TableInput = edit({
    Name,
    Description,
    Owner,
    Retention,
    StorageDescriptor,
    PartitionKeys,
    TableType,
    Parameters,
  });
  const { DatabaseName } = placeOf(name);
  await (await aws.glue()).send(new UpdateTableCommand({ DatabaseName, TableInput, SkipArchive: true }));
}

type Columns = readonly { readonly Name?: string | undefined; readonly Type?: string | undefined }[];
const toTypes = (columns: Columns = []) => Object.fromEntries(columns.map(({ Name = '', Type = '' }) => [Name, Type]));
const toColumns = (types: Readonly<Record<string, string>>) =>
  Object.entries(types).map(([Name, Type]) => ({ Name, Type }));

const flatten = ({ StorageDescriptor: storage, PartitionKeys, Parameters = {} }: Table): GlueTableSpec['table'] => ({
  location: storage?.Location ?? '',
  columns: toTypes(storage?.Columns),
  partitions: toTypes(PartitionKeys),
  format: {
    input: storage?.InputFormat,
    output: storage?.OutputFormat,
    serde: storage?.SerdeInfo?.SerializationLibrary,
  } as typeof PARQUET,
  properties: Parameters,
});

/** With what else is in its parameters: our tags among them. */
const expand = ({ table }: GlueTableSpec, parameters: Tags = {}): Omit<TableInput, 'Name'> => ({
  TableType: 'EXTERNAL_TABLE',
  Parameters: { ...parameters, ...table.properties },
  PartitionKeys: toColumns(table.partitions),
  StorageDescriptor: {
    Location: table.location,
    Columns: toColumns(table.columns),
    InputFormat: table.format.input,
    OutputFormat: table.format.output,
    SerdeInfo: { SerializationLibrary: table.format.serde, Parameters: { 'serialization.format': '1' } },
  },
});
