import type { Aws } from '../aws/clients.ts';
import type { Clock } from '../aws/clock.ts';
import type { AccountSettings, Given, RegionSettings } from '../desired/settings.ts';
import type { Report } from '../engine/event.ts';
import type { Tags } from '../engine/resource.ts';
import type { Ask } from './prompts.ts';

/** What a command is given. Only `main` knows what stands behind it: AWS or the simulator, a terminal or a pipe. */
export interface Context {
  readonly options: Options;
  /** Where the credentials come from, as in "profile prod". */
  readonly credentials: string;
  readonly clock: Clock;
  /** Aborted with the RadError that tells why: INTERRUPTED or TIMEOUT. */
  readonly signal: AbortSignal;
  readonly report: Report;
  readonly ask: Ask;
  /** Says whose account and which regions, once the options are known to be good and before any call. */
  announce(): void;
  /** The clients of a region; the account id is empty as long as it is not known. */
  connect(region: string, accountId: string): Aws;
  /** Where a plain `aws` command would go. */
  defaultRegion(): Promise<string | undefined>;
}

/** Global options and those of the commands, as they are called once parsed. */
export interface Options extends Partial<Omit<AccountSettings, 'tags'>>, Partial<RegionSettings> {
  readonly regions?: readonly string[];
  readonly excludeRegions?: readonly string[];
  readonly account?: string;
  readonly namePrefix: string;
  readonly tag?: Tags;
  readonly dryRun?: boolean;
  readonly yes?: boolean;
  readonly confirm?: string;
  readonly keepLogging?: boolean;
  readonly deleteData?: boolean;
  readonly drain?: boolean;
  readonly forgetRegion?: readonly string[];
}

export function givenSettings(options: Options): Given {
  const {
    externalId,
    radRoleArn,
    clusters,
    excludeClusters,
    filterPattern,
    retentionDays,
    logRetentionDays,
    tag: tags,
  } = options;
  const all = {
    externalId,
    radRoleArn,
    clusters,
    excludeClusters,
    filterPattern,
    retentionDays,
    logRetentionDays,
    tags,
  };
  return Object.fromEntries(Object.entries(all).filter(([, value]) => value !== undefined));
}
