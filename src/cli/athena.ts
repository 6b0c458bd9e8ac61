import { athenaEngine, type OpenAthena } from '../athena/engine.ts';
import { holdingsOf, type Window } from '../athena/holdings.ts';
import type { Aws } from '../aws/clients.ts';
import { regionOfBucket } from '../aws/objects.ts';
import { athenaResources } from '../desired/athena.ts';
import { type AthenaNames, athenaNames, type EventsPlace } from '../desired/athena-names.ts';
import { apply } from '../engine/apply.ts';
import type { Outcome } from '../engine/event.ts';
import { type Goal, observe, plan, type Step, writes } from '../engine/plan.ts';
import { nothing, type Result } from '../render/document.ts';
import type { Context } from './context.ts';
import { usage } from './values.ts';

/** Athena in the region of a bucket, and what is ours there. */
export interface Athena {
  readonly aws: Aws;
  /** Its calls are made also after the run was told to stop. */
  readonly last: Aws;
  readonly place: EventsPlace;
  readonly names: AthenaNames;
}

/** `account` owns the bucket, and pays for the queries. */
export async function athenaAt(place: EventsPlace, account: string, context: Context): Promise<Athena> {
  const { connect, defaultRegion, options } = context;
  const region = await regionOfBucket(connect((await defaultRegion()) ?? 'us-east-1', account), place.bucket);
  return {
    aws: connect(region, account),
    last: connect(region, account, { last: true }),
    place,
    names: athenaNames(options.namePrefix, place),
  };
}

/** How making or removing it went; `outcomes` are absent where nothing was written. */
export type Converged = Pick<Result, 'goal' | 'steps' | 'outcomes'>;

/**
 * Makes what Athena needs to read the events of this place, or removes it: the plan is shown and asked about, unless --yes was said.
 * Throws USAGE where something is to be written and nobody can be asked.
 */
export async function convergeAthena(
  goal: Goal,
  { aws, names, place }: Athena,
  about: Pick<Result, 'command' | 'account' | 'partition'>,
  context: Context,
): Promise<Converged> {
  const { options, ask, clock, signal, report, credentials } = context;
  const steps: readonly Step[] = plan(goal, await observe(athenaResources(aws, names, place)));
  if (signal.aborted) throw signal.reason;
  if (options.dryRun || !steps.some((step) => writes(step) && !step.because)) return { goal, steps };
  if (!options.yes) {
    if (!ask.possible)
      throw usage('--yes is needed where nobody can be asked: Athena has no table and workgroup for these events yet');
    const regions = [{ name: aws.region, state: 'ok' as const }];
    ask.show({ ...nothing(about.command), ...about, goal, credentials, regions, steps });
    await ask.confirmPlan();
  }
  const run = { signal, report, now: clock.now, sleep: (ms: number) => clock.sleep(ms, signal) };
  const outcomes: readonly Outcome[] = await apply(goal, steps, run);
  return { goal, steps, outcomes };
}

/** Looks for the events of a window: they can be asked about once what Athena needs is there. */
export async function openAthena(
  { aws, last, place, names }: Athena,
  window: Window,
  context: Context,
): Promise<OpenAthena> {
  const { clock, signal, report } = context;
  const holdings = await holdingsOf(aws, place, window);
  const scope = { names, holdings, window };
  const note = (text: string) => report({ type: 'note', place: place.bucket, text });
  const run = { signal, note, now: clock.now, sleep: (ms: number) => clock.sleep(ms, signal) };
  return { holdings, engine: athenaEngine({ aws, last, scope, holdings, run }) };
}
