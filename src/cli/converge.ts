import { partitionOf } from '../aws/regions.ts';
import type { Account, Region, Registry } from '../desired/account.ts';
import { type Adoption, isFound, terraformBlocks } from '../desired/adoption.ts';
import type { Departure } from '../desired/departure.ts';
import { desired } from '../desired/desired.ts';
import { checkKeys } from '../desired/keys.ts';
import { checkPrefix } from '../desired/names.ts';
import { checkRoom, readRecord } from '../desired/record.ts';
import { roleArns } from '../desired/roles.ts';
import { resolve, type Settings } from '../desired/settings.ts';
import { apply } from '../engine/apply.ts';
import type { RadError } from '../engine/errors.ts';
import { type Goal, observe, plan, type Step, writes } from '../engine/plan.ts';
import type { Notice, Outputs, Result } from '../render/document.ts';
import { type Context, givenSettings } from './context.ts';
import type { Priced } from './cost.ts';
import { type Found, type Home, isRecordUnseen, lostRecord, recordUnseen, settingsFor } from './discover.ts';
import { checkOwners } from './owners.ts';
import { usage } from './values.ts';
import { knownToRad, stepWarnings } from './warnings.ts';

/** What a command has found out before anything is planned. */
export interface Situation {
  readonly home: Home;
  readonly settings: Settings;
  readonly found: readonly Found[];
  readonly regions: readonly Region[];
  readonly warnings: readonly Notice[];
  readonly adoption?: Adoption;
  /** Regions in which things of ours stand that nothing records. */
  readonly unrecorded?: readonly string[];
}

export interface Intent {
  readonly command: string;
  readonly goal: Goal;
  readonly readOnly: boolean;
  readonly leaving?: Departure;
  /** What the plan adds to the bill. */
  price?(steps: readonly Step[]): Promise<Priced>;
  /** What may make the plan fail, or undo it. */
  preflight?(steps: readonly Step[]): Promise<readonly Notice[]>;
  /** Asked once the plan is known and something would be written. */
  confirm?(result: Result): Promise<void>;
}

/** The one flow behind every command: look, plan, ask, apply. A read-only command stops before the question. */
export async function converge(
  intent: Intent,
  { home, settings, found, regions, warnings, adoption }: Situation,
  context: Context,
): Promise<Result> {
  const { command, goal, readOnly, leaving } = intent;
  const { clock, signal, report } = context;
  const dryRun = context.options.dryRun === true;
  const account: Account = {
    id: home.account,
    partition: home.partition,
    names: home.names,
    home: home.aws,
    regions,
    ...(adoption && { adoption }),
    registry: registryOf(home, settings, regions),
    rad: context.rad,
    now: clock.now(),
  };
  const wanted = regions.length || goal === 'absent' ? desired(account, settings, leaving) : [];
  const steps = plan(goal, await observe(wanted));
  const [priced, hints = []] = await Promise.all([intent.price?.(steps), intent.preflight?.(steps)]);
  if (signal.aborted) throw signal.reason;

  const result: Result = {
    command,
    dryRun,
    readOnly,
    goal,
    account: home.account,
    partition: home.partition,
    credentials: context.credentials,
    regions: found,
    steps,
    outputs: outputsOf(account, settings),
    warnings: [
      ...home.warnings,
      ...warnings,
      ...stepWarnings(goal, steps, settings, account),
      ...(priced?.warnings ?? []),
      ...hints,
    ],
    ...(priced?.cost && { cost: priced.cost }),
  };
  if (readOnly || dryRun || !steps.some((step) => writes(step) && !step.because)) return result;
  await intent.confirm?.(result);

  const outcomes = await apply(goal, steps, { signal, report, now: clock.now, sleep: (ms) => clock.sleep(ms, signal) });
  const error: RadError | undefined = signal.aborted
    ? signal.reason
    : goal === 'present' && outcomes.every(({ status }) => status !== 'failed')
      ? await lostRecord(account)
      : undefined;
  const known = goal === 'present' && !signal.aborted ? await knownToRad(outcomes, account, settings) : [];
  const isTakenOver = outcomes.every(
    ({ step, status }) => !step.resource.about || /^(done|unchanged|kept)$/.test(status),
  );
  const outputs = { ...result.outputs, ...(!isTakenOver && { terraform: null }) };
  return { ...result, outcomes, outputs, warnings: [...result.warnings, ...known], ...(error && { error }) };
}

/** Where nothing is recorded yet: our reader role, or where it was made elsewhere the bucket of the first region. */
function registryOf({ registry }: Home, { auditLogsRoleArn }: Settings, regions: readonly Region[]): Registry {
  const [first] = regions.map(({ aws }) => aws).sort((a, b) => (a.region < b.region ? -1 : 1));
  return registry ?? { tags: {}, ...(auditLogsRoleArn && first && { bucketOf: first }) };
}

function outputsOf({ names, regions, adoption }: Account, settings: Settings): Outputs {
  const { radRoleArn, externalId } = settings;
  const each = (name: (region: string) => string) =>
    Object.fromEntries(regions.map(({ aws: { region } }) => [region, name(region)]));
  return {
    auditLogsRoleArn: roleArns(names, settings).reader,
    radRoleArn,
    externalId: externalId || null,
    buckets: each(names.bucket),
    streams: each(() => names.stream),
    // Not before the last of it is taken over: what the blocks forget, Terraform would not bring back.
    terraform: adoption && isFound(adoption) && !adoption.elsewhere?.length ? terraformBlocks(adoption.buckets) : null,
  };
}

/** What was recorded and what was given, for an account whose tags have been read. Throws USAGE, or where a record may be unseen. */
export async function settingsOf(home: Home, given: Settings['given']): Promise<Settings> {
  const settings = settingsFor(home, given);
  const { radRoleArn } = settings;
  if (!radRoleArn) throw noRadRole(home.partition);
  checkRadRole(radRoleArn, home.partition);
  checkPath(home, given.rolePath);
  checkReader(home, settings);
  if (given.auditLogsRoleArn !== '' && (await isRecordUnseen(home))) throw recordUnseen(true, settings);
  return settings;
}

function checkPath({ registry }: Home, given: string | undefined): void {
  const now = registry?.path ?? readRecord(registry?.tags).account.rolePath ?? '/';
  if (given === undefined || !registry || given === now) return;
  throw usage(
    `--role-path ${given}: the roles are at ${now}, and a path can never be changed: tear down first, or choose another --name-prefix`,
  );
}

/** Whose the reader role is decides where the record is kept, so it is decided once. */
function checkReader({ registry, names }: Home, { auditLogsRoleArn }: Settings): void {
  const away = 'change that with teardown --delete-data, or choose another --name-prefix';
  if (registry?.path && auditLogsRoleArn)
    throw usage(
      `--audit-logs-role-arn ${auditLogsRoleArn}: this installation has its own role ${names.role.reader}, which holds its record: ${away}`,
    );
  if (registry?.bucketOf && !auditLogsRoleArn)
    throw usage(
      `--audit-logs-role-arn is needed: this installation uses a role that was made elsewhere, and bucket ${names.bucket(registry.bucketOf.region)} holds its record: ${away}`,
    );
}

function checkRadRole(arn: string, partition: string): void {
  if (arn.split(':')[1] !== partition)
    throw usage(`--rad-role-arn ${arn}: a role of another partition cannot be trusted in ${partition}`);
}

const noRadRole = (partition: string) => usage(`--rad-role-arn is required in the partition ${partition}`);

/** What can be said of the options alone. Throws USAGE before any call. */
export function checkRegions({ options }: Context, { needsRole }: { needsRole: boolean }): void {
  const named = (options.regions ?? []).filter((region) => region !== 'all');
  checkPrefix(options.namePrefix, named);
  const partitions = [...new Set(named.map(partitionOf))];
  if (partitions.length > 1)
    throw usage(`--regions ${named.join(',')}: regions of one partition only, not of ${partitions.join(' and ')}`);
  const [partition] = partitions;
  checkOwners(givenSettings(options), { partition, account: options.account });
  checkRoom(
    resolve(givenSettings(options), { account: {}, isWhole: true, regions: {} }, partition ?? 'aws'),
    partition ?? 'aws',
    named,
  );
  if (!partition) return;
  if (needsRole && partition !== 'aws' && !options.radRoleArn) throw noRadRole(partition);
  if (options.radRoleArn) checkRadRole(options.radRoleArn, partition);
  checkKeys(options.kmsKey, named, partition);
}
