import { diff } from './diff.ts';
import { asRadError, RadError } from './errors.ts';
import type { Outcome, Report } from './event.ts';
import { type Action, type Goal, isOurs, isSealed, judge, type Step, waitsFor, writes } from './plan.ts';
import type { Resource, Run, Spec } from './resource.ts';
import { state } from './state.ts';

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
        : broken
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

/** So ordered that a crash between any two calls leaves tags that say the truth or less than it, never more. */
const verbs: Record<Action, Verb> = {
  none: nothing,
  blocked: nothing,

  /** Claim it bare, look again, put what still differs. What exists already is ours only when it says so. */
  async create(step, run) {
    const { resource } = step;
    await resource.create(isSealed(resource) ? state.owned : {}, run);
    if (typeof resource.claim === 'function') return verbs.update(step, run);
    const made = await resource.read('fresh');
    if (!isOurs(resource, made)) {
      if (resource.claim === 'if-made') return undefined;
      throw new RadError('FOREIGN', `${resource.type} ${resource.name} was made by somebody else just now`, {
        hint: 'run again to see what it is',
      });
    }
    return verbs.update({ ...step, actual: made, ...judge(resource, made) }, run);
  },

  async update(step, run) {
    const { resource, actual, stay } = step;
    if (resource.claim === 'prior' && !state.isClaimed(actual.tags)) await resource.tag(state.shared(priorOf(step)));
    await putAll(step, run);
    const seal = isSealed(resource) && !stay ? state.sealed(resource.spec) : {};
    const labels = stay?.labels ?? resource.labels;
    const tags = { ...wantedTags(labels), ...seal };
    if (Object.entries(tags).some(([key, value]) => actual.tags?.[key] !== value)) await resource.tag(tags);
    const surplus = Object.keys(labels).filter((key) => labels[key] === null && actual.tags?.[key] !== undefined);
    if (surplus.length) await resource.untag(surplus);
    return undefined;
  },

  async restore(step, run) {
    await putAll(step, run);
    await step.resource.untag(state.keys);
    return undefined;
  },

  /** Given back to the customer as it is. */
  async keep({ resource }) {
    await resource.untag(state.keys);
    return undefined;
  },

  async delete({ resource }, run) {
    const why = await resource.beforeDelete(run);
    if (why === undefined) await resource.delete(run);
    return why;
  },
};

async function putAll({ resource, target, changes }: Step, run: Run): Promise<void> {
  const fields = new Set(changes.map(({ path }) => path.split('.')[0]!));
  for (const field of fields) if (field in target) await resource.put(field, target, run);
}

const wantedTags = (labels: Readonly<Record<string, string | null>>) =>
  Object.fromEntries(Object.entries(labels).filter((entry): entry is [string, string] => entry[1] !== null));

/** What a shared thing said before we touched it; a field it did not have reads as false. */
const priorOf = ({ resource, actual }: Step): Spec =>
  Object.fromEntries(diff(resource.spec, actual.spec).map(({ path, before }) => [path, before ?? false]));
