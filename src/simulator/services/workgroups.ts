import { dropTags, mergeTags, own, page, plain, tagList, tagRecord } from '../basics.ts';
import { awsError } from '../errors.ts';
import type { JsonObject, Workgroup } from '../model.ts';
import { type At, type Input, limit, type Operation, type Service } from './service.ts';

export const invalid = (message: string) => awsError('InvalidRequestException', message);

export function workgroupOf({ here }: At, name: string): Workgroup {
  const group = own(here.workgroups ?? {}, name);
  if (!group) throw invalid('WorkGroup is not found.'); // uber/athenadriver#70
  return group;
}

const byArn = ({ here }: At, { ResourceARN }: Input): Workgroup => {
  const group = own(here.workgroups ?? {}, String(ResourceARN).replace(/^.*:workgroup\//, ''));
  if (!group) throw awsError('ResourceNotFoundException', `${ResourceARN} is not found`);
  return group;
};

function checkConfiguration({ BytesScannedCutoffPerQuery: cutoff, ResultConfiguration: results }: Input): void {
  if (cutoff !== undefined && cutoff < 10_000_000)
    throw invalid('BytesScannedCutoffPerQuery should be at least 10000000');
  if (results?.OutputLocation && !/^s3:\/\/[^/]+\/(.*\/)?$/.test(results.OutputLocation))
    throw invalid(`${results.OutputLocation} is not a valid output location`);
}

const CreateWorkGroup: Operation = (at, { Name, Configuration = {}, Description, Tags }) => {
  if (!/^[a-zA-Z0-9._-]{1,128}$/.test(Name)) throw invalid(`${Name} is no valid name of a workgroup`);
  at.here.workgroups ??= {};
  if (own(at.here.workgroups, Name)) throw invalid('WorkGroup is already created');
  checkConfiguration(Configuration);
  const bare = { EnforceWorkGroupConfiguration: true, PublishCloudWatchMetricsEnabled: false };
  const configuration: JsonObject = {
    ...bare,
    EngineVersion: { SelectedEngineVersion: 'AUTO' },
    ...plain(Configuration),
  };
  at.here.workgroups[Name] = {
    name: Name,
    state: 'ENABLED',
    configuration,
    createdAt: at.now,
    tags: tagRecord(Tags),
    ...(Description && { description: Description }),
  };
  return {};
};

/** What is left out stays (Athena API reference, UpdateWorkGroup). */
const UpdateWorkGroup: Operation = (at, { WorkGroup, ConfigurationUpdates = {}, State }) => {
  const group = workgroupOf(at, WorkGroup);
  const { ResultConfigurationUpdates: results, ...rest } = plain(ConfigurationUpdates) as Input;
  const next: Input = {
    ...group.configuration,
    ...rest,
    ...(results && { ResultConfiguration: { ...(group.configuration.ResultConfiguration as JsonObject), ...results } }),
  };
  checkConfiguration(next);
  group.configuration = next;
  if (State) group.state = State;
  return {};
};

const EFFECTIVE = 'Athena engine version 3';

export const workgroups: Service = {
  CreateWorkGroup,
  UpdateWorkGroup,
  GetWorkGroup: (at, { WorkGroup }) => {
    const { name, state, configuration, createdAt, description } = workgroupOf(at, WorkGroup);
    const EngineVersion = { ...(configuration.EngineVersion as JsonObject), EffectiveEngineVersion: EFFECTIVE };
    return {
      WorkGroup: {
        Name: name,
        State: state,
        Configuration: { ...configuration, EngineVersion },
        CreationTime: new Date(createdAt),
        ...(description && { Description: description }),
      },
    };
  },
  /** Not while there is anything in it, unless that is to go too (Athena API reference, DeleteWorkGroup). */
  DeleteWorkGroup: (at, { WorkGroup, RecursiveDeleteOption }) => {
    workgroupOf(at, WorkGroup);
    const queries = Object.values(at.here.queries ?? {}).filter(({ workgroup }) => workgroup === WorkGroup);
    if (queries.length && !RecursiveDeleteOption) throw invalid(`WorkGroup ${WorkGroup} is not empty`);
    for (const { id } of queries) delete at.here.queries![id];
    delete at.here.workgroups![WorkGroup];
    return {};
  },
  ListTagsForResource: (at, input) => {
    const { items, next } = page(
      tagList(byArn(at, input).tags),
      ({ Key }) => Key,
      limit(at, input.MaxResults),
      input.NextToken,
    );
    return { Tags: items, ...(next && { NextToken: next }) };
  },
  TagResource: (at, input) => {
    const group = byArn(at, input);
    group.tags = mergeTags(group.tags, tagRecord(input.Tags));
    return {};
  },
  UntagResource: (at, input) => {
    const group = byArn(at, input);
    group.tags = dropTags(group.tags, input.TagKeys);
    return {};
  },
};
