import {
  CreateWorkGroupCommand,
  DeleteWorkGroupCommand,
  type EncryptionOption,
  GetWorkGroupCommand,
  ListTagsForResourceCommand,
  TagResourceCommand,
  UntagResourceCommand,
  UpdateWorkGroupCommand,
  type WorkGroup,
} from '@aws-sdk/client-athena';
import { absent, type Tags } from '../../engine/resource.ts';
import type { Aws } from '../clients.ts';
import { found, isError } from '../errors.ts';
import { partitionOf } from '../regions.ts';
import { fromList, toList } from '../tags.ts';
import { until } from '../wait.ts';
import { defineAwsKind } from './define.ts';

export type AthenaWorkgroupSpec = {
  readonly settings: {
    readonly state: 'ENABLED';
    /** Whoever queries with it cannot choose otherwise. */
    readonly enforced: boolean;
    readonly results: string;
    /** The account that the bucket of the results must belong to. */
    readonly owner: string;
    readonly encryption: string;
    readonly kmsKey: string | null;
    /** Bytes that one query may read. */
    readonly cutoff: number;
    readonly engine: 'AUTO';
  };
};

export const athenaWorkgroup = defineAwsKind<AthenaWorkgroupSpec>({
  type: 'athena:workgroup',
  claim: 'tag',

  async read(aws, name) {
    const group = await describe(aws, name);
    if (!group) return absent();
    return { exists: true, spec: { settings: flatten(group) }, tags: await tagsOf(aws, name), facts: {} };
  },

  async create(aws, Name, { settings }, tags, run) {
    const input = {
      Name,
      Configuration: {
        ResultConfiguration: resultsOf(settings),
        EnforceWorkGroupConfiguration: settings.enforced,
        BytesScannedCutoffPerQuery: settings.cutoff,
        EngineVersion: { SelectedEngineVersion: settings.engine },
        PublishCloudWatchMetricsEnabled: false,
      },
      Tags: toList(tags),
    };
    try {
      await (await aws.athena()).send(new CreateWorkGroupCommand(input));
    } catch (error) {
      // That it exists already has no error of its own.
      if (!isError(error, 'InvalidRequestException') || !(await describe(aws, Name))) throw error;
    }
    await until(() => describe(aws, Name), Boolean, run, { what: `workgroup ${Name} to appear` });
  },

  put: {
    async settings(aws, WorkGroup, { settings }) {
      const input = {
        WorkGroup,
        State: settings.state,
        ConfigurationUpdates: {
          ResultConfigurationUpdates: resultsOf(settings),
          EnforceWorkGroupConfiguration: settings.enforced,
          BytesScannedCutoffPerQuery: settings.cutoff,
          EngineVersion: { SelectedEngineVersion: settings.engine },
        },
      };
      await (await aws.athena()).send(new UpdateWorkGroupCommand(input));
    },
  },

  tag: async (aws, name, tags) =>
    (await aws.athena()).send(new TagResourceCommand({ ResourceARN: arnOf(aws, name), Tags: toList(tags) })),
  untag: async (aws, name, keys) =>
    (await aws.athena()).send(new UntagResourceCommand({ ResourceARN: arnOf(aws, name), TagKeys: [...keys] })),

  /** With the history of its queries; what they wrote to the bucket stays. */
  delete: async (aws, WorkGroup) =>
    found((await aws.athena()).send(new DeleteWorkGroupCommand({ WorkGroup, RecursiveDeleteOption: true }))),

  stricter(path, before, after) {
    if (path === 'settings.encryption') return after === 'SSE_S3' && String(before).endsWith('_KMS');
    if (path === 'settings.kmsKey') return typeof before === 'string' && after === null;
    return path === 'settings.cutoff' && Number(before) > 0 && Number(before) < Number(after);
  },
});

const arnOf = ({ region, accountId }: Aws, name: string) =>
  `arn:${partitionOf(region)}:athena:${region}:${accountId}:workgroup/${name}`;

const describe = async (aws: Aws, WorkGroup: string): Promise<WorkGroup | undefined> =>
  (await found((await aws.athena()).send(new GetWorkGroupCommand({ WorkGroup }))))?.WorkGroup;

async function tagsOf(aws: Aws, name: string): Promise<Tags> {
  const client = await aws.athena();
  const tags: Record<string, string> = {};
  for (let NextToken: string | undefined; ; ) {
    const page = await found(
      client.send(new ListTagsForResourceCommand({ ResourceARN: arnOf(aws, name), ...(NextToken && { NextToken }) })),
    );
    Object.assign(tags, fromList(page?.Tags));
    NextToken = page?.NextToken;
    if (!NextToken) return tags;
  }
}

const flatten = ({ State, Configuration: now }: WorkGroup): AthenaWorkgroupSpec['settings'] => {
  const results = now?.ResultConfiguration;
  return {
    state: State as 'ENABLED',
    enforced: now?.EnforceWorkGroupConfiguration ?? false,
    results: results?.OutputLocation ?? '',
    owner: results?.ExpectedBucketOwner ?? '',
    encryption: results?.EncryptionConfiguration?.EncryptionOption ?? '',
    kmsKey: results?.EncryptionConfiguration?.KmsKey ?? null,
    cutoff: now?.BytesScannedCutoffPerQuery ?? 0,
    engine: now?.EngineVersion?.SelectedEngineVersion as 'AUTO',
  };
};

const resultsOf = ({ results, owner, encryption, kmsKey }: AthenaWorkgroupSpec['settings']) => ({
  OutputLocation: results,
  ExpectedBucketOwner: owner,
  EncryptionConfiguration: { EncryptionOption: encryption as EncryptionOption, ...(kmsKey && { KmsKey: kmsKey }) },
});
