import type { Result } from '../../render/document.ts';
import type { Context } from '../context.ts';
import { checkRegions, converge, type Situation } from '../converge.ts';
import { chooseClusters, lookAround, namedRegions, regionsWithBucket, settingsFor, signIn } from '../discover.ts';
import { lookAtHealth } from '../health.ts';
import { lookAtKeys } from '../keys.ts';
import { lookForRemains } from '../remains.ts';
import { lookAtRoles } from '../roles.ts';

/** What is there, what differs, and whether events arrive. Reads only. */
export async function status(context: Context): Promise<Result> {
  const situation = await survey(context);
  const result = await converge({ command: 'status', goal: 'present', readOnly: true }, situation, context);
  const health = await lookAtHealth({ ...situation, steps: result.steps }, context);
  return {
    ...result,
    health: health.regions,
    warnings: [...result.warnings, ...health.warnings],
    at: context.clock.now(),
  };
}

/** The regions that are recorded, or named, as they are. */
export async function survey(context: Context): Promise<Situation> {
  checkRegions(context, { needsRole: false });
  const home = await signIn(context);
  const withBucket = await regionsWithBucket(home);
  const regions = (await namedRegions(home, context)) ?? (home.registry ? home.connected : withBucket);
  const settings = settingsFor(home);
  const found = await lookAround(home, regions, context);
  const chosen = await chooseClusters(home, found, settings);
  const keys = await lookAtKeys(home, chosen.regions, settings);
  const remains = await lookForRemains(home, regions, context);
  const ofRoles = await lookAtRoles(home, keys.regions, settings, context);
  const warnings = [...chosen.warnings, ...keys.warnings, ...ofRoles, ...remains.warnings];
  return { home, settings, found, regions: keys.regions, warnings, unrecorded: remains.unrecorded };
}
