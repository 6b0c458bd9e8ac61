import { INSTALL_DUCKDB, openDatabase } from '../../duckdb/database.ts';
import { RadError } from '../../engine/errors.ts';
import { duckdbEngine } from '../../findings/duckdb.ts';
import type { Look } from '../../findings/engine.ts';
import { type Asked, type Findings, findingsOf } from '../../findings/findings.ts';
import { bucketStore, folderStore, type Store } from '../../findings/store.ts';
import { nothing, type Result } from '../../render/document.ts';
import { loadRules } from '../../sigma/folder.ts';
import { LEVELS, type Level, type Rule } from '../../sigma/rule.ts';
import { bucketSource } from '../../sync/buckets.ts';
import { nameOf, type Place } from '../../sync/place.ts';
import { reachBuckets } from '../buckets.ts';
import type { Context, Options } from '../context.ts';
import { namedRegions, signIn } from '../discover.ts';
import { findingsWarnings } from '../findings-warnings.ts';
import { checkTargets, notify } from '../notify.ts';
import { place, usage } from '../values.ts';

/** What the audit events say: the rules, asked of a folder, a bucket, or the buckets of this installation. Reads only. */
export async function findings(context: Context): Promise<Result> {
  const { options, signal, report, clock, args } = context;
  const from = sourceOf(args[0], options);
  const level = options.level ?? 'low';
  if (options.failOn && below(options.failOn, level))
    throw usage(`--fail-on ${options.failOn}: with --level ${level} nothing below ${level} is looked for`);
  checkTargets(options.notify, Boolean(options.sandbox));
  const rules = atLeast(loadRules([context.rules, ...(options.rules ?? [])]), level);
  const db = await openDatabase();
  if (!db)
    throw new RadError('DUCKDB_MISSING', 'findings needs DuckDB, which is not installed', { hint: INSTALL_DUCKDB });
  try {
    const since = options.since ?? (from && 'folder' in from ? undefined : DAY);
    const window = { from: since && clock.now() - since };
    const { engine = 'duckdb' } = options;
    if (options.teardown && engine !== 'athena') throw usage('--teardown is for --engine athena');
    if (engine === 'athena') {
      const { lookWithAthena } = await import('../findings-athena.ts');
      const { converged, look, warnings, ...about } = await lookWithAthena(from, rules, window, db, context);
      const result = { ...nothing('findings'), ...converged, ...about, credentials: context.credentials };
      if (!look) return { ...result, warnings };
      const told = await tell(
        look,
        { rules, stores: [{ name: nameOf(from!) }], level, engine, ...window },
        from,
        context,
      );
      return { ...result, ...told, warnings: [...warnings, ...findingsWarnings(look, window.from)] };
    }
    const { account, partition, stores } = await open(from, context);
    const progress = (text: string, { name }: Store) => report({ type: 'note', place: name, text });
    const look = await duckdbEngine({ db, stores, signal, progress })(rules, window);
    return {
      ...nothing('findings'),
      readOnly: true,
      account,
      partition,
      ...(account && { credentials: context.credentials }),
      regions: regionsOf(stores),
      ...(await tell(look, { rules, stores, level, engine, ...window }, from, context)),
      warnings: findingsWarnings(look, window.from),
    };
  } finally {
    await db.close();
  }
}

/** What was found, for who runs it and for who is to be notified. */
async function tell(look: Look, asked: Asked, from: Place | undefined, context: Context) {
  const { options, clock } = context;
  const found = findingsOf(look, asked);
  return {
    detections: { ...found, alarm: isAlarming(found, options.failOn) },
    ...(options.notify && { notified: await notify(options.notify, found.report, from, context) }),
    at: clock.now(),
  };
}

/** Milliseconds. */
const DAY = 86_400_000;

const below = (level: Level, other: Level) => LEVELS.indexOf(level) < LEVELS.indexOf(other);
const atLeast = (rules: readonly Rule[], least: Level) => rules.filter(({ level }) => !below(level, least));

const isAlarming = ({ report: { levels } }: Findings, failOn: Level | undefined) =>
  failOn !== undefined && LEVELS.some((level) => !below(level, failOn) && levels[level] > 0);

/** undefined: the buckets of this installation. Throws USAGE. */
function sourceOf(word: string | undefined, { connected, roleArn, externalId }: Options): Place | undefined {
  if (connected && word) throw usage(`findings ${word} --connected: two places to look at: leave one out`);
  if (!connected && !word)
    throw usage(
      'findings: name what to look at: a folder, s3://bucket/prefix, or --connected for the buckets of this account',
    );
  const from = word === undefined ? undefined : place('findings')(word);
  if (roleArn && !(from && 'bucket' in from)) throw usage('--role-arn is for a bucket: findings s3://bucket');
  if (externalId && !roleArn) throw usage('--external-id is for --role-arn, which is missing');
  return from;
}

interface Opened {
  readonly account: string | null;
  readonly partition: string | null;
  readonly stores: readonly Store[];
}

async function open(from: Place | undefined, context: Context): Promise<Opened> {
  const { clock, connect } = context;
  if (from && 'folder' in from) return { account: null, partition: null, stores: [await folderStore(from.folder)] };
  if (from) {
    const { account, partition, again, theirs } = await reachBuckets(context);
    const aws = await theirs(from.bucket);
    const store = bucketStore(from, aws.region, (part) => bucketSource(aws, part, again, clock));
    return { account, partition, stores: [store] };
  }
  const home = await signIn(context);
  const { account, partition, names } = home;
  const regions = (await namedRegions(home, context)) ?? home.connected;
  if (regions.length === 0)
    throw new RadError('NOT_DELIVERED', 'no region is connected: there is no bucket to look at', {
      hint: 'begin with: rad-connect enable-audit',
    });
  const stores = regions.map((region) => {
    const aws = connect(region, account, { bulk: true });
    const whole = { bucket: names.bucket(region), prefix: '' };
    return bucketStore(whole, region, (part) => bucketSource(aws, part, (call) => call(), clock));
  });
  return { account, partition, stores };
}

const regionsOf = (stores: readonly Store[]) =>
  [...new Set(stores.flatMap(({ region }) => region ?? []))].map((name) => ({ name, state: 'ok' as const }));
