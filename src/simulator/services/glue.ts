import { dropTags, mergeTags, own, page, plain, sorted } from '../basics.ts';
import { awsError } from '../errors.ts';
import type { GlueDatabase, JsonObject } from '../model.ts';
import { type At, type Input, limit, type Operation, type Service } from './service.ts';

const missing = (message: string) => awsError('EntityNotFoundException', message);
const exists = (what: string) => awsError('AlreadyExistsException', `${what} already exists.`);

/** Names are kept in lower case (Glue API reference, DatabaseInput, TableInput). */
const named = (name: unknown): string => {
  const text = String(name ?? '').toLowerCase();
  if (!/^[a-z0-9_]{1,255}$/.test(text)) throw awsError('InvalidInputException', `${name} is no valid name`);
  return text;
};

export function databaseOf({ here }: At, name: string): GlueDatabase {
  const database = own(here.databases ?? {}, name);
  if (!database) throw missing(`Database ${name} not found.`);
  return database;
}

export function tableOf(at: At, DatabaseName: string, name: string): JsonObject {
  const table = own(databaseOf(at, DatabaseName).tables, name);
  if (!table) throw missing(`Entity Not Found: table ${name} in ${DatabaseName}`);
  return table;
}

const byArn = (at: At, { ResourceArn }: Input): GlueDatabase =>
  databaseOf(at, String(ResourceArn).replace(/^.*:database\//, ''));

const shown = ({ world }: At, { input, createdAt }: GlueDatabase) => ({
  ...input,
  CreateTime: new Date(createdAt),
  CatalogId: world.account,
});

const CreateDatabase: Operation = (at, { DatabaseInput, Tags = {} }) => {
  const Name = named(DatabaseInput.Name);
  at.here.databases ??= {};
  if (own(at.here.databases, Name)) throw exists('Database');
  at.here.databases[Name] = {
    input: { ...plain(DatabaseInput), Name },
    createdAt: at.now,
    tags: plain(Tags),
    tables: {},
  };
  return {};
};

const CreateTable: Operation = (at, { DatabaseName, TableInput }) => {
  const { tables } = databaseOf(at, DatabaseName);
  const Name = named(TableInput.Name);
  if (own(tables, Name)) throw exists('Table');
  tables[Name] = { ...plain(TableInput), Name };
  return {};
};

/** The whole table is replaced (Glue API reference, UpdateTable). */
const UpdateTable: Operation = (at, { DatabaseName, TableInput }) => {
  const Name = named(TableInput.Name);
  tableOf(at, DatabaseName, Name);
  databaseOf(at, DatabaseName).tables[Name] = { ...plain(TableInput), Name };
  return {};
};

export const glue: Service = {
  CreateDatabase,
  GetDatabase: (at, { Name }) => ({ Database: shown(at, databaseOf(at, Name)) }),
  UpdateDatabase: (at, { Name, DatabaseInput }) => {
    databaseOf(at, Name).input = { ...plain(DatabaseInput), Name };
    return {};
  },
  /** Its tables go with it (Glue API reference, DeleteDatabase). */
  DeleteDatabase: (at, { Name }) => {
    databaseOf(at, Name);
    delete at.here.databases![Name];
    return {};
  },
  CreateTable,
  UpdateTable,
  GetTable: (at, { DatabaseName, Name }) => ({
    Table: { ...tableOf(at, DatabaseName, Name), DatabaseName, CatalogId: at.world.account },
  }),
  GetTables: (at, { DatabaseName, MaxResults, NextToken }) => {
    const { tables } = databaseOf(at, DatabaseName);
    const { items, next } = page(sorted(tables), ({ Name }) => String(Name), limit(at, MaxResults), NextToken);
    return { TableList: items, ...(next && { NextToken: next }) };
  },
  DeleteTable: (at, { DatabaseName, Name }) => {
    tableOf(at, DatabaseName, Name);
    delete databaseOf(at, DatabaseName).tables[Name];
    return {};
  },
  GetTags: (at, input) => ({ Tags: byArn(at, input).tags }),
  TagResource: (at, input) => {
    const database = byArn(at, input);
    database.tags = mergeTags(database.tags, plain(input.TagsToAdd));
    return {};
  },
  UntagResource: (at, input) => {
    const database = byArn(at, input);
    database.tags = dropTags(database.tags, input.TagsToRemove);
    return {};
  },
};
