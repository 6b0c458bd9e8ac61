import {
  CreateDatabaseCommand,
  type Database,
  DeleteDatabaseCommand,
  GetDatabaseCommand,
  GetTagsCommand,
  paginateGetTables,
  TagResourceCommand,
  UntagResourceCommand,
  UpdateDatabaseCommand,
} from '@aws-sdk/client-glue';
import { absent } from '../../engine/resource.ts';
import type { Aws } from '../clients.ts';
import { found, unlessExists } from '../errors.ts';
import { partitionOf } from '../regions.ts';
import { until } from '../wait.ts';
import { defineAwsKind } from './define.ts';

export type GlueDatabaseSpec = { readonly description: string };

export const glueDatabase = defineAwsKind<GlueDatabaseSpec>({
  type: 'glue:database',
  claim: 'tag',

  async read(aws, name) {
    const database = await describe(aws, name);
    if (!database) return absent();
    const answer = await found((await aws.glue()).send(new GetTagsCommand({ ResourceArn: arnOf(aws, name) })));
    return {
      exists: true,
      spec: { description: database.Description ?? '' },
      tags: answer?.Tags ?? {},
      facts: {},
    };
  },

  async create(aws, Name, { description }, tags, run) {
    const input = { DatabaseInput: { Name, Description: description }, Tags: { ...tags } };
    await unlessExists((await aws.glue()).send(new CreateDatabaseCommand(input)));
    await until(() => describe(aws, Name), Boolean, run, { what: `database ${Name} to appear` });
  },

  put: {
    /** The whole input is replaced: what others have set stays. */
    async description(aws, Name, { description }) {
      const { LocationUri, Parameters, CreateTableDefaultPermissions } = (await describe(aws, Name)) ?? {};
      const DatabaseInput = {
        Name,
        Description: description,
        LocationUri,
        Parameters,
        CreateTableDefaultPermissions,
      };
      await (await aws.glue()).send(new UpdateDatabaseCommand({ Name, DatabaseInput }));
    },
  },

  tag: async (aws, name, tags) =>
    (await aws.glue()).send(new TagResourceCommand({ ResourceArn: arnOf(aws, name), TagsToAdd: { ...tags } })),
  untag: async (aws, name, keys) =>
    (await aws.glue()).send(new UntagResourceCommand({ ResourceArn: arnOf(aws, name), TagsToRemove: [...keys] })),

  delete: async (aws, Name) => found((await aws.glue()).send(new DeleteDatabaseCommand({ Name }))),
});

const arnOf = ({ region, accountId }: Aws, name: string) =>
  `arn:${partitionOf(region)}:glue:${region}:${accountId}:database/${name}`;

const describe = async (aws: Aws, Name: string): Promise<Database | undefined> =>
  (await found((await aws.glue()).send(new GetDatabaseCommand({ Name }))))?.Database;

/** The names of its tables, which go with a database that is deleted (Glue API reference, DeleteDatabase). */
export async function tablesOf(aws: Aws, DatabaseName: string): Promise<string[]> {
  const names: string[] = [];
  const client = await aws.glue();
  const listing = async () => {
    for await (const { TableList = [] } of paginateGetTables({ client }, { DatabaseName }))
      names.push(...TableList.map(({ Name = '' }) => Name));
  };
  await found(listing());
  return names;
}
