import { diff } from './diff.ts';
import { asRadError, RadError } from './errors.ts';
import type { Outcome, Report } from './event.ts';
import { type Action, foreign, type Goal, isOurs, isSealed, judge, type Step, waitsFor, writes } from './plan.ts';
import { presentLabels, type Resource, type Run, type Spec } from './resource.ts';
import { state } from './state.ts';
import { hasTags, putAll, seal, tag, takenAway, untag } from './write.ts';

/** What a whole run is given: where to tell, when to stop, how time passes. */
export interface Surroundings extends Omit<Run, 'note'> {
  readonly report: Report;
}

/** Run every step after the steps it waits for; one failure stops only what stands on it. */
export function apply(goal: Goal, steps: readonly Step[], around: Surroundings): Promise<Outcome[]> {
  const stepOf = new Map(steps.map((step) => [step.resource, step]));
  const before = waitsFor(goal, steps);
  const started = new Map<Resource, Promise<Ended>>();

  const finish = async (step: Step): Promise<Ended> => {
    const waited = await Promise.all(before(step.resource).flatMap((resource) => run(resource) ?? []));
    const broken = waited.find((ended) => ended.broken)?.broken;
    const outcome: Outcome =
      !writes(step) && step.action !== 'blocked'
        ? { step, status: 'unchanged' }
        : broken && step.action !== 'blocked'
          ? { step, status: 'skipped', because: broken }
          : await execute(step, around);
    around.report({ type: 'step.end', outcome });
    return { outcome, broken: broken ?? (outcome.status === 'failed' ? step.resource : undefined) };
  };
  const run = (resource: Resource): Promise<Ended> | undefined => {
    const step = stepOf.get(resource);
    if (!step) return undefined;
    const ended = started.get(resource) ?? finish(step);
    started.set(resource, ended);
    return ended;
  };
  around.report({ type: 'started', steps });
  return Promise.all(steps.map(async (step) => (await run(step.resource)!).outcome));
}

/** What failed below travels up through things that needed no change, to what cannot stand without it. */
interface Ended {
  readonly outcome: Outcome;
  readonly broken: Resource | undefined;
}

async function execute(step: Step, around: Surroundings): Promise<Outcome> {
  const { report, ...run } = around;
  try {
    if (step.action === 'blocked') throw step.error;
    if (run.signal.aborted) return { step, status: 'skipped' };
    report({ type: 'step.start', step });
    const why = await verbs[step.action](step, { ...run, note: (text) => report({ type: 'step.note', step, text }) });
    return why === undefined ? { step, status: 'done' } : { step, status: 'kept', why };
  } catch (error) {
    return { step, status: 'failed', error: asRadError(error) };
  }
}

type Verb = (step: Step, run: Run) => Promise<string | undefined>;
const nothing = async () => undefined;

/**
 * So ordered that a crash between any two calls leaves tags that say the truth or less than it, never more. Whose a thing is, is
 * read again right before its first write: a person may have thought about the plan for an hour.
 */
const verbs: Record<Action, Verb> = {
  none: nothing,
  keep: nothing,
  blocked: nothing,

  /** Claim it bare, look again, put what still differs. What exists already is ours only when it says so. */
  async create(step, run) {
    const { resource } = step;
    const { claim, type, name } = resource;
    if (isSealed(resource)) await resource.create(state.owned, run);
    const now = await resource.until((seen) => !isSealed(resource) || isOurs(resource, seen), run);
    if (isOurs(resource, now) || (!now.exists && !isSealed(resource))) {
      return write({ ...step, actual: now, ...judge(resource, now) }, run);
    }
    if (claim === 'if-made') return undefined;
    if (now.exists) throw foreign(resource);
    throw new RadError('AWS', `${type} ${name} was made but does not show up yet`, {
      hint: 'run the same command again',
    });
  },

  async update(step, run) {
    const { resource, stay } = step;
    if (resource.claim === 'prior') return (await claimPrior(resource)) ? write(step, run) : undefined;
    const now = await resource.read('fresh');
    if (!now.exists) throw takenAway(resource);
    if (!isOurs(resource, now)) throw foreign(resource);
    return write({ ...step, actual: now, ...(!stay && judge(resource, now)) }, run);
  },

  async restore(step, run) {
    const { resource, target } = step;
    const now = await resource.read('fresh');
    if (!now.exists) return undefined;
    if (!isOurs(resource, now)) return NOT_OURS;
    await putAll({ ...step, changes: diff(target, now.spec) }, run);
    await untag(resource, state.keys, run);
    return undefined;
  },

  async release({ resource }, run) {
    await untag(resource, state.keys, run);
    return undefined;
  },

  async delete(step, run) {
    const { resource } = step;
    const stay = await resource.beforeDelete(run);
    const now = await resource.read('fresh');
    if (!now.exists) return undefined;
    if (!isOurs(resource, now)) return NOT_OURS;
    if (stay?.labels) await write({ ...step, actual: now, stay }, run);
    if (stay) return stay.why;
    await resource.delete(run);
    if ((await resource.until(({ exists }) => !exists, run)).exists) throw stillThere(resource);
    return undefined;
  },
};

/** What the tags record goes first, the seal last. `actual` was read just now. */
async function write(step: Step, run: Run): Promise<undefined> {
  const { resource, actual, stay } = step;
  const labels = stay?.labels ?? resource.labels;
  const wanted = presentLabels(labels, actual.tags);
  if (!hasTags(actual, wanted)) await tag(resource, wanted, run);
  const surplus = Object.keys(labels).filter((key) => labels[key] === null && actual.tags?.[key] !== undefined);
  if (surplus.length) await untag(resource, surplus, run);
  await putAll(step, run);
  if (isSealed(resource) && !stay) await seal(step, run);
}

const stillThere = ({ type, name }: Resource) =>
  new RadError('TIMEOUT', `${type} ${name} was deleted, and AWS still shows it`, {
    hint: 'run the same command again in a minute',
  });
const NOT_OURS = 'it does not say any more that it is ours';

/** Notes what a shared thing said before our first write; the first writer wins. False: it is as it should be, so it stays the customer's. */
async function claimPrior(resource: Resource): Promise<boolean> {
  const now = await resource.read('fresh');
  const differences = diff(resource.spec, now.spec);
  if (differences.length === 0) return false;
  // A field that it did not have reads as false.
  const prior: Spec = Object.fromEntries(differences.map(({ path, before }) => [path, before ?? false]));
  if (!state.isClaimed(now.tags)) await resource.tag(state.shared(prior));
  return true;
}
