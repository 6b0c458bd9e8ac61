import { bucketTags } from '../aws/kinds/bucket.ts';
import { readRole } from '../aws/kinds/role.ts';
import type { Actual, Labels, Resource, Run, Spec, Stay, Tags, Wish } from '../engine/resource.ts';
import { state } from '../engine/state.ts';
import { registrationState } from '../rad/registration.ts';
import type { Account } from './account.ts';
import { isOfInstallation } from './names.ts';
import { connectedRegions, leftLabel } from './record.ts';
import type { RegionSettings, Settings } from './settings.ts';

/** How the user wants to leave. */
export interface Departure {
  readonly deleteData: boolean;
  readonly keepLogging: boolean;
  /** Wait until what is in flight has landed. */
  readonly drain: boolean;
  /** Regions to drop from the record without looking at them. */
  readonly forget: readonly string[];
  /** Regions in which there is a bucket of our name. */
  readonly bucketRegions: readonly string[];
  /** Nothing is recorded where it could be seen, and buckets that may hold the record could not. */
  readonly unseen: boolean;
  /** The prefixes of other installations that have a bucket in the account; undefined where that cannot be seen. */
  readonly others: readonly string[] | undefined;
}

/** What is wanted where, and what of it stays when it is taken away. */
export interface Wanted {
  readonly account: Account;
  readonly settings: Settings;
  /** What holds in each region of the run. */
  readonly connected: Readonly<Record<string, RegionSettings>>;
  readonly stay: ReturnType<typeof staying>;
}

const STAYING: Departure = {
  deleteData: false,
  keepLogging: false,
  drain: false,
  forget: [],
  bucketRegions: [],
  unseen: false,
  others: [],
};

/** CloudWatch Logs hands its last batches over within a minute or so, then Firehose after its buffer interval. Milliseconds. */
const IN_FLIGHT = 120_000;

const KEEPS_LOGS = 'your audit logs stay until they expire; --delete-data removes them';

const UNSEEN = 'which regions are connected cannot be seen without s3:ListAllMyBuckets: a bucket may hold the record';

/** Whether what is recorded says that RAD knew the account before this installation. */
export const wasKnownToRad = (tags: Tags | undefined): boolean => registrationState(tags) === 'existing';

const KNOWN_BEFORE = 'RAD knew the account before this installation';

/** How the reason ends why the account stays registered: then nobody but the user can change that. */
export const IN_CONSOLE = ": see to it in RAD's console";

/** RAD's API does not tell whether it would take the account away from another installation too. */
function remains(hasKeys: boolean, others: Departure['others'], isOurs: boolean): Stay | undefined {
  const because = (reason: string): Stay => ({ why: `${reason}${IN_CONSOLE}` });
  // Another installation may have told RAD of it, and if so the one that stays takes it back.
  if (!isOurs) return others?.length ? { why: KNOWN_BEFORE } : because(KNOWN_BEFORE);
  if (!hasKeys) return because('RAD_ACCESS_KEY_ID and RAD_SECRET_KEY are not set');
  if (!others) return because('whether another installation needs it cannot be seen without s3:ListAllMyBuckets');
  return others.length ? because(`another installation of this account may need it (${others.join(', ')})`) : undefined;
}

/** What stays of each thing when rad-connect leaves, and why. */
export function staying(account: Account, settings: Settings, leaving: Departure = STAYING) {
  const { regions, rad } = account;
  const { deleteData, keepLogging, drain, forget, bucketRegions, unseen, others: installations } = leaving;
  const going = [...regions.map(({ aws }) => aws.region), ...forget];
  const others = (all: readonly string[]) => all.filter((region) => !going.includes(region));
  const connected = (all: readonly string[]): Stay | undefined =>
    all.length ? { why: `${all.join(', ')} still connected` } : undefined;
  const holdsData = (region: string) => !deleteData && !forget.includes(region) && bucketRegions.includes(region);
  const leftLabels: Labels = Object.assign(
    {},
    ...going.map((region) => leftLabel(region, holdsData(region) ? settings.region(region) : undefined)),
  );
  // Another run may have connected a region since this one looked.
  const beforeDelete = async () => connected(others(connectedRegions(await registryTags(account))));
  const withoutRegions = (stay: Stay | undefined) => stay && { ...stay, labels: leftLabels };

  const needed = ({ tags }: Actual): Stay | undefined => {
    const buckets = deleteData ? others(bucketRegions) : bucketRegions;
    return (
      connected(others(connectedRegions(tags))) ??
      (buckets.length ? { why: 'RAD reads the buckets that stay' } : undefined)
    );
  };

  return {
    reader: {
      stays(actual) {
        return withoutRegions(needed(actual));
      },
      beforeDelete: async () => withoutRegions(await beforeDelete()),
    } satisfies Wish,

    /** With the reader role, and no sooner: RAD reads with it. */
    registration: (registry: Resource): Wish => ({
      stays({ facts }, seen) {
        const record = seen(registry);
        const stay = record?.exists ? needed(record) : undefined;
        if (stay) return stay;
        return remains(rad !== undefined, installations, facts.state !== 'existing');
      },
      beforeDelete,
    }),

    serviceRole: (registry: Resource): Wish => ({
      stays(_, seen) {
        if (unseen) return { why: UNSEEN };
        const record = seen(registry);
        return connected(others(record?.exists ? connectedRegions(record.tags) : bucketRegions));
      },
      beforeDelete,
    }),

    /** The bucket that holds the record outlives its region: it goes with the last one that is recorded, if its logs may go. */
    registryBucket: (region: string): Wish => ({
      stays({ tags }) {
        const goes = deleteData && going.includes(region);
        return withoutRegions(connected(others(connectedRegions(tags))) ?? (goes ? undefined : { why: KEEPS_LOGS }));
      },
      beforeDelete: async () => withoutRegions(await beforeDelete()),
    }),

    bucket: {
      stays: () => (deleteData ? undefined : { why: KEEPS_LOGS }),
    } satisfies Wish,

    stream: {
      async beforeDelete(run: Run) {
        if (drain) await untilLanded(run);
        return undefined;
      },
    } satisfies Wish,

    clusterLogging: (group: Actual | undefined, filter: Actual | undefined): Stay | undefined => {
      const users = usersOf(group, filter);
      // Another installation of ours will want to know what was before: the marks stay for its teardown.
      const release = !filtersOf(filter).some(isOfInstallation);
      if (keepLogging) return { why: 'you asked to keep it on', release };
      return users.length ? { why: `${users.join(', ')} on its log group`, release } : undefined;
    },

    clusterLogGroup(group: Actual, logging: Actual | undefined, filter: Actual | undefined): Stay | undefined {
      const why = (text: string | undefined): Stay | undefined => (text ? { why: text } : undefined);
      if (!deleteData) return why(KEEPS_LOGS);
      const users = usersOf(group, filter);
      if (users.length) return why(`${users.join(', ')} on it`);
      const restored = state.isClaimed(logging?.tags) && !keepLogging;
      const types = ((logging?.facts.types ?? []) as readonly string[]).filter((type) => type !== 'audit' || !restored);
      if (types.length) return why(`EKS still writes ${types.join(', ')} to it`);
      if (group.facts.kmsKey) return why('its key was changed');
      return why(
        state.seal(group.tags ?? {}, group.spec as Spec) === 'other' ? 'its retention was changed' : undefined,
      );
    },
  };
}

/** What is recorded now. */
export const registryTags = async ({ registry: { bucketOf }, names, home }: Account): Promise<Tags | undefined> =>
  bucketOf ? bucketTags(bucketOf, names.bucket(bucketOf.region)) : (await readRole(home, names.role.reader))?.tags;

/** The filters of others on a log group, by name. */
const filtersOf = (filter: Actual | undefined): string[] =>
  ((filter?.facts.others ?? []) as readonly Spec[]).map(({ name }) => String(name));

/** Who else reads a log group, in words. */
function usersOf(group: Actual | undefined, filter: Actual | undefined): string[] {
  const filters = filtersOf(filter).map((name) => `filter ${name}`);
  return Number(group?.facts.metricFilters ?? 0) > 0 ? [...filters, 'metric filters'] : filters;
}

/** Waits until what is in flight has landed. */
export async function untilLanded(run: Run): Promise<void> {
  const end = run.now() + IN_FLIGHT;
  while (run.now() < end) {
    run.note(`waiting ${Math.ceil((end - run.now()) / 1_000)} s for what is in flight to land`);
    await run.sleep(Math.min(10_000, end - run.now()));
    if (run.signal.aborted) throw run.signal.reason;
  }
}
