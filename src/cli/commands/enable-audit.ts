import { DATA_TYPE } from '../../desired/desired.ts';
import { checkKeys, EVERY_REGION, type KeyChoice } from '../../desired/keys.ts';
import { checkPrefix } from '../../desired/names.ts';
import { checkRoom } from '../../desired/record.ts';
import { select } from '../../desired/select.ts';
import type { Notice, Result } from '../../render/document.ts';
import { findModule } from '../adoption.ts';
import { checkBoundary } from '../boundary.ts';
import { type Context, givenSettings } from '../context.ts';
import { checkRegions, converge, settingsOf } from '../converge.ts';
import { price } from '../cost.ts';
import {
  allRegions,
  chooseClusters,
  type Found,
  type Home,
  lookAround,
  namedRegions,
  recordOf,
  settingsFor,
  signIn,
} from '../discover.ts';
import { lookAtKeys } from '../keys.ts';
import { checkOwners } from '../owners.ts';
import { checkPattern } from '../patterns.ts';
import { preflight } from '../preflight.ts';
import { lookAtRoles } from '../roles.ts';
import { usage } from '../values.ts';

/** Make the account match. */
export async function enableAudit(context: Context): Promise<Result> {
  const { options, ask } = context;
  const mayAsk = ask.possible && !options.yes;
  checkRegions(context, { needsRole: true });
  if (!ask.possible && !options.yes && !options.dryRun)
    throw usage('--yes is needed where nobody can be asked (or --dry-run to see the plan)');

  const home = await signIn(context);
  checkOwners(givenSettings(options), home);
  const { found, clusters } = await chooseRegions(home, context, mayAsk);
  const places = found.map(({ name }) => name);
  checkPrefix(options.namePrefix, places);
  checkKeys(options.kmsKey, places, home.partition);
  const unused = unusedKeys(options.kmsKey ?? {}, places);
  const given = { ...givenSettings(options), ...clusters };
  const recorded = recordOf(home).account.externalId;
  const externalId =
    mayAsk && given.externalId === undefined && recorded === undefined ? { externalId: await ask.externalId() } : {};
  const settings = await settingsOf(home, { ...given, ...externalId });

  const { regions: chosen, empty, warnings } = await chooseClusters(home, found, settings);
  const ofPattern = await checkPattern(found.find(({ state }) => state === 'ok')?.aws, given);
  const ofBoundary = await checkBoundary(home, settings, context);
  const { regions, warnings: ofKeys } = await lookAtKeys(home, chosen, settings);
  const ofRoles = await lookAtRoles(home, regions, settings, context);
  const connected = new Set([...home.connected, ...regions.map(({ aws }) => aws.region)]);
  const others = settings.auditLogsRoleArn ? DATA_TYPE : {};
  checkRoom(settings, home.partition, [...connected], { ...others, ...home.registry?.tags });
  const all = options.regions?.includes('all') === true;
  const { tolerated, warned } = all ? tolerate(found, options.regions ?? []) : { tolerated: found, warned: [] };
  // Nobody expects a cluster in each of all regions.
  const told = all && regions.length > 0 ? [] : noClusters(empty);

  const adoption = options.adopt ? await findModule(home, found, regions) : undefined;

  return converge(
    {
      command: 'enable-audit',
      goal: 'present',
      readOnly: false,
      price: (steps) => price(steps, regions, context),
      preflight: (steps) => preflight('enable-audit', { home, settings }, tolerated, steps, context),
      async confirm(result) {
        if (!mayAsk) return;
        ask.show(result);
        await ask.confirmPlan();
      },
    },
    {
      home,
      settings,
      found: tolerated,
      regions,
      warnings: [...warnings, ...ofPattern, ...ofBoundary, ...unused, ...ofKeys, ...ofRoles, ...warned, ...told],
      ...(adoption && { adoption }),
    },
    context,
  );
}

/** The regions to connect: named; or asked for; or those of earlier runs; or where a plain aws command would go. */
async function chooseRegions(
  home: Home,
  context: Context,
  mayAsk: boolean,
): Promise<{ found: Found[]; clusters: { clusters?: string[] } }> {
  const named = await namedRegions(home, context);
  if (named) return { found: await lookAround(home, named, context), clusters: {} };
  if (mayAsk) return wizard(home, context);
  const fallback = home.connected.length ? home.connected : [(await context.defaultRegion()) ?? []].flat();
  if (fallback.length === 0) throw usage('--regions is needed: name regions, or "all"');
  return { found: await lookAround(home, fallback, context), clusters: {} };
}

async function wizard(home: Home, context: Context): Promise<{ found: Found[]; clusters: { clusters?: string[] } }> {
  const { ask, options } = context;
  const all = await lookAround(home, await allRegions(home), context);
  const worth = all.filter(({ name, clusters }) => clusters.length > 0 || home.connected.includes(name));
  if (worth.length === 0) return { found: all.filter(({ state }) => state === 'ok'), clusters: {} };
  const chosen = await ask.regions(
    worth.map(({ name, clusters }) => ({ name, clusters: clusters.length, connected: home.connected.includes(name) })),
  );
  const found = worth.filter(({ name }) => chosen.includes(name));
  if (options.clusters) return { found, clusters: {} };
  const places = new Map<string, string[]>();
  for (const { name: region, clusters } of found) {
    for (const cluster of clusters) places.set(cluster, [...(places.get(cluster) ?? []), region]);
  }
  if (places.size === 0) return { found, clusters: {} };
  const { clusters: include, excludeClusters } = settingsFor(home);
  const before = select([...places.keys()], include, excludeClusters);
  const clusters = await ask.clusters(
    [...places].map(([name, regions]) => ({ name, region: regions.join(', '), chosen: before.includes(name) })),
  );
  return { found, clusters: { clusters: clusters.length === places.size ? [] : clusters } };
}

/** With `all`, a region that a policy denies is the normal state of a large company: a warning. */
function tolerate(found: readonly Found[], named: readonly string[]): { tolerated: Found[]; warned: Notice[] } {
  const isTold = ({ name, error }: Found) => error !== undefined && !named.includes(name);
  const warned = found.filter(isTold).map(({ name, error }) => ({
    code: error!.code,
    region: name,
    id: name,
    message: `${name} was left out: ${error!.message}`,
    hint: error!.hint ?? null,
  }));
  const tolerated = found.map((one): Found => {
    if (!isTold(one)) return one;
    const { error: _, ...rest } = one;
    return rest;
  });
  return { tolerated, warned };
}

/** A typo in the name of a region must not mean that its bucket is not encrypted with the key. */
const unusedKeys = (keys: KeyChoice, places: readonly string[]): Notice[] =>
  Object.keys(keys)
    .filter((region) => region !== EVERY_REGION && !places.includes(region))
    .map((region) => ({
      code: 'KMS_KEY_UNUSED',
      region,
      id: region,
      message: `the key for ${region} is used for nothing: that region is not in this run`,
      hint: 'name it with --regions, or leave it out of --kms-key',
    }));

const noClusters = (regions: readonly string[]): Notice[] =>
  regions.length === 0
    ? []
    : [
        {
          code: 'NO_CLUSTERS',
          region: 'global',
          id: regions.join(','),
          message: `no EKS cluster to connect in ${regions.join(', ')}: nothing is made there`,
          hint: 'check --regions, --clusters and the account',
        },
      ];
