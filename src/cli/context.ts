import type { Aws, ClientOptions } from '../aws/clients.ts';
import type { Clock } from '../aws/clock.ts';
import type { Message } from '../aws/publish.ts';
import type { Given } from '../desired/settings.ts';
import type { Report } from '../engine/event.ts';
import type { Run } from '../engine/resource.ts';
import type { Target } from '../notify/target.ts';
import type { Rad } from '../rad/api.ts';
import type { Level } from '../sigma/rule.ts';
import type { BucketPlace, Place } from '../sync/place.ts';
import type { Ask } from './prompts.ts';

/** What a command is given. Only `main` knows what stands behind it: AWS or the simulator, a terminal or a pipe. */
export interface Context {
  readonly options: Options;
  /** Where the credentials come from, as in "profile prod". */
  readonly credentials: string;
  /** What to do when AWS refuses them. */
  readonly mend?: string | undefined;
  readonly clock: Clock;
  /** Aborted with the RadError that tells why: INTERRUPTED or TIMEOUT. */
  readonly signal: AbortSignal;
  /** Of rad-connect. */
  readonly version: string;
  /** What was typed after the command, beside options. */
  readonly args: readonly string[];
  /** The folder of the rules that come along. */
  readonly rules: string;
  readonly report: Report;
  readonly ask: Ask;
  /** Says whose account and which regions, once the options are known to be good and before any call. */
  announce(): void;
  /** Told whose account it is as soon as that is known: also a run that fails says so. */
  signedIn(who: { readonly account: string; readonly partition: string }): void;
  /** Sends findings to an address. */
  post(url: string): Promise<(message: Message) => Promise<void>>;
  /** Of this user on this machine: what is remembered where nothing else may be written to. */
  readonly stateFolder: string;
  /** RAD's API; undefined: there are no keys. */
  readonly rad: Rad | undefined;
  /** The clients of a region; the account id is empty as long as it is not known. */
  connect(region: string, accountId: string, as?: Connecting): Aws;
  /** Where a plain `aws` command would go. */
  defaultRegion(): Promise<string | undefined>;
}

/** For calls of another kind than those of the run. */
export interface Connecting {
  /** They tidy up: they are made also after the run was told to stop. */
  readonly last?: boolean;
  /** Those of a role that was assumed. */
  readonly credentials?: ClientOptions['credentials'];
  /** For whole objects: more of them at once, and with more patience. */
  readonly bulk?: boolean;
}

/** Global options and those of the commands, as they are called once parsed. */
export interface Options extends Given {
  readonly regions?: readonly string[];
  readonly excludeRegions?: readonly string[];
  readonly account?: string;
  readonly namePrefix: string;
  readonly adopt?: boolean;
  readonly dryRun?: boolean;
  readonly yes?: boolean;
  readonly confirm?: string;
  readonly keepLogging?: boolean;
  readonly deleteData?: boolean;
  readonly drain?: boolean;
  readonly forgetRegion?: readonly string[];
  readonly canary?: boolean;
  /** Milliseconds. */
  readonly since?: number;
  readonly from?: BucketPlace;
  readonly to?: Place;
  readonly roleArn?: string;
  readonly check?: boolean;
  readonly normalise?: boolean;
  readonly connected?: boolean;
  readonly engine?: 'duckdb' | 'athena';
  readonly teardown?: boolean;
  /** Folders of rules of the user. */
  readonly rules?: readonly string[];
  readonly level?: Level;
  readonly failOn?: Level;
  readonly notify?: readonly Target[];
  readonly sandbox?: string | boolean;
  readonly watch?: boolean | number;
}

/** What a call that waits or repeats itself needs of the run. */
export const runOf = ({ signal, clock }: Context): Run => ({
  signal,
  note: () => {},
  now: clock.now,
  sleep: (ms) => clock.sleep(ms, signal),
});

const SETTINGS = [
  'externalId',
  'radRoleArn',
  'clusters',
  'excludeClusters',
  'filterPattern',
  'tags',
  'retentionDays',
  'logRetentionDays',
  'kmsKey',
  'permissionsBoundary',
  'rolePath',
  'firehoseRoleArn',
  'cloudwatchRoleArn',
  'auditLogsRoleArn',
] as const satisfies readonly (keyof Given)[];

/** Of the options, those that are settings and were given. */
export const givenSettings = (options: Options): Given =>
  Object.fromEntries(SETTINGS.filter((key) => options[key] !== undefined).map((key) => [key, options[key]]));

/** The command that makes right what differs. */
export function mendWith({ options: { namePrefix } }: Context, region?: string): string {
  return [
    'rad-connect enable-audit',
    namePrefix !== 'rad' && `--name-prefix ${namePrefix}`,
    region && `--regions ${region}`,
  ]
    .filter(Boolean)
    .join(' ');
}
