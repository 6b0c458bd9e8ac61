import { restate } from '../../aws/errors.ts';
import { type Departure, wasKnownToRad } from '../../desired/departure.ts';
import type { Notice, Result } from '../../render/document.ts';
import type { Context } from '../context.ts';
import { checkRegions, converge } from '../converge.ts';
import {
  checkAccount,
  everyCluster,
  type Found,
  type Home,
  isRecordUnseen,
  lookAround,
  namedRegions,
  otherInstallations,
  regionsWithBucket,
  settingsFor,
  signIn,
} from '../discover.ts';
import { preflight } from '../preflight.ts';
import { usage } from '../values.ts';

/** Remove what rad-connect made, and put cluster logging back. */
export async function teardown(context: Context): Promise<Result> {
  const { options, ask } = context;
  checkRegions(context, { needsRole: false });
  checkConsent(context);
  const home = await signIn(context);
  checkAccount(home.account, options.confirm, '--confirm');
  const bucketRegions = await regionsWithBucket(home);
  const forget = options.forgetRegion ?? [];
  const regions = (await namedRegions(home, context)) ?? [...new Set([...home.connected, ...bucketRegions])].sort();
  const found = await lookAround(
    home,
    regions.filter((region) => !forget.includes(region)),
    context,
  );
  await checkForgotten(home, forget, context);
  const settings = settingsFor(home);
  const deleteData = options.deleteData === true;
  const leaving: Departure = {
    deleteData,
    keepLogging: options.keepLogging === true,
    drain: options.drain !== false && !deleteData,
    forget,
    bucketRegions,
    unseen: await isRecordUnseen(home),
    others: context.rad || wasKnownToRad(home.registry?.tags) ? await otherInstallations(home) : [],
  };
  return converge(
    {
      command: 'teardown',
      goal: 'absent',
      readOnly: false,
      leaving,
      preflight: (steps) => preflight('teardown', { home, settings }, found, steps, context),
      async confirm(result) {
        if (options.yes) return;
        ask.show(result);
        await ask.confirmAccount(home.account);
      },
    },
    {
      home,
      settings,
      found: found.map(withForgetHint(home)),
      regions: everyCluster(found),
      warnings: forget.filter((region) => home.connected.includes(region)).map((region) => leftBehind(home, region)),
    },
    context,
  );
}

/** What can be read must be torn down: to forget it would take its roles away under a pipeline that works. */
async function checkForgotten(home: Home, forget: readonly string[], context: Context): Promise<void> {
  const readable = (await lookAround(home, forget, context))
    .filter(({ state }) => state === 'ok')
    .map(({ name }) => name);
  if (readable.length)
    throw usage(
      `--forget-region ${readable.join(',')}: it can be read, so tear it down with --regions ${readable.join(',')}`,
    );
}

const leftBehind = ({ names, account }: Home, region: string): Notice => ({
  code: 'REGION_FORGOTTEN',
  region,
  id: region,
  message: `${region} is forgotten: what was made there stays (stream ${names.stream}, bucket ${names.bucket(region)}, filters, audit logging)`,
  hint: `once it can be read: rad-connect teardown --regions ${region} --yes --confirm ${account}`,
});

function checkConsent({ options, ask }: Context): void {
  if (options.dryRun) return;
  if (options.deleteData && !options.confirm) throw usage('--delete-data needs --confirm <account-id>');
  if (options.yes && !options.confirm) throw usage('--yes needs --confirm <account-id>');
  if (!ask.possible && !options.yes)
    throw usage('--yes and --confirm <account-id> are needed where nobody can be asked (or --dry-run to see the plan)');
}

/** A recorded region that cannot be read keeps the roles of the account. */
const withForgetHint =
  ({ connected }: Home) =>
  (one: Found): Found => {
    const { error, name } = one;
    if (!error || !connected.includes(name)) return one;
    const hint =
      `${error.hint ?? ''}; or drop it from the record, with the roles it keeps: --forget-region ${name}`.replace(
        /^; or/,
        '',
      );
    return { ...one, error: restate(error, error.code, error.message, hint) };
  };
