import { type Change, diff, diffTags, keepBefore } from './diff.ts';
import { asRadError, RadError } from './errors.ts';
import { type Actual, absent, type Resource, type Seen, type Spec, type Stay } from './resource.ts';
import { state } from './state.ts';

export type Goal = 'present' | 'absent';
/** release: it stays as it is, and our marks go. */
export type Action = 'none' | 'create' | 'update' | 'restore' | 'delete' | 'keep' | 'release' | 'blocked';
export type Reason = 'missing' | 'unfinished' | 'drifted' | 'outdated' | 'foreign' | 'unreadable';

/** What is to be done with one resource, and why. */
export interface Step {
  readonly resource: Resource;
  readonly actual: Actual;
  readonly action: Action;
  readonly reason?: Reason;
  /** The spec that `put` writes: what is wanted, with what is kept because it is stricter. */
  readonly target: Spec;
  /** What will be written. */
  readonly changes: readonly Change[];
  /** What differs and stays, because it is stricter than what is wanted. */
  readonly kept: readonly Change[];
  /** Why it stays, for action `keep` of the goal `absent`. */
  readonly stay?: Stay;
  /** Why it is blocked. */
  readonly error?: RadError;
  /** It stands on this blocked thing, so it will be skipped. */
  readonly because?: Resource;
}

export interface Observation {
  readonly resource: Resource;
  readonly actual: Actual;
  readonly error?: RadError;
}

/** Reads only, all at once; a read that is denied is data. */
export const observe = (resources: readonly Resource[]): Promise<Observation[]> =>
  Promise.all(
    resources.map((resource) =>
      resource.read('survey').then(
        (actual) => ({ resource, actual }),
        (error: unknown) => ({ resource, actual: absent(), error: asRadError(error) }),
      ),
    ),
  );

export const isOurs = ({ claim, spec }: Resource, actual: Actual): boolean => {
  if (typeof claim === 'function') return actual.exists && claim(actual.spec, spec);
  return claim !== 'used' && state.isClaimed(actual.tags);
};

/** Pure: what is wanted and what was seen give what to do. */
export function plan(goal: Goal, observations: readonly Observation[]): Step[] {
  const seenOf = new Map(observations.map((o) => [o.resource, o.actual]));
  const seen: Seen = (resource) => seenOf.get(resource);
  const steps = observations.map((o) => (goal === 'present' ? toPresent(o, seen) : toAbsent(o, seen)));
  return markSkipped(goal, steps);
}

function toPresent({ resource, actual, error }: Observation, seen: Seen): Step {
  const base = { resource, actual, target: resource.spec, changes: [], kept: [] };
  const blocked = (why: RadError, reason?: Reason): Step => ({
    ...base,
    action: 'blocked',
    error: why,
    ...(reason && { reason }),
  });
  if (error) return blocked(error, 'unreadable');

  if (resource.unwanted) {
    const refusal =
      actual.exists && (resource.refused(actual, seen) ?? (!isOurs(resource, actual) && foreign(resource)));
    return refusal ? blocked(refusal) : toAbsent({ resource, actual }, seen);
  }
  const ours = isOurs(resource, actual);
  if (actual.exists && !ours) {
    if (resource.claim === 'if-made') return { ...base, action: 'none' };
    if (resource.claim !== 'prior' && resource.claim !== 'used') return blocked(foreign(resource), 'foreign');
  }
  const refusal = resource.refused(actual, seen);
  if (refusal) return blocked(refusal);
  if (resource.claim === 'used' || resource.leaves(actual)) return { ...base, action: 'none' };
  if (!actual.exists && resource.claim === 'prior') return { ...base, action: 'none' };
  if (!actual.exists)
    return { ...base, action: 'create', reason: 'missing', changes: diff(resource.spec, actual.spec) };

  const { changes, kept, target } = judge(resource, actual);
  if (resource.claim === 'prior') {
    return changes.length
      ? { ...base, action: 'update', reason: ours ? 'drifted' : 'missing', changes }
      : { ...base, action: 'none' };
  }
  const step = { ...base, target, changes, kept };
  const seal = sealOf(resource, actual);
  if (seal !== 'intact') return { ...step, action: 'update', reason: seal === 'none' ? 'unfinished' : 'outdated' };
  if (changes.length) return { ...step, action: 'update', reason: 'drifted' };
  return kept.length ? { ...step, action: 'keep', reason: 'drifted' } : { ...step, action: 'none' };
}

/**
 * Which differences are to be written, and which stay because somebody made them stricter. A field that is exactly as we left it
 * is nobody's: then we have changed our mind, where our record is whole. Where we have not finished yet, only a value that is
 * there can be somebody's.
 */
export function judge(resource: Resource, actual: Actual): Pick<Step, 'changes' | 'kept' | 'target'> {
  const tags = actual.tags ?? {};
  const all = diff(resource.spec, actual.spec);
  const record = diffTags(resource.labels, tags);
  const seal = sealOf(resource, actual);
  const isAsWeLeftIt = (field: string) =>
    !resource.unsure && record.length === 0 && state.isLeft(tags, field, actual.spec[field]);
  const isSomebodys = ({ path, before, after }: Change) => {
    const [field] = path.split('.') as [string];
    return (
      (seal !== 'none' || (before ?? null) !== null) &&
      !resource.insist.includes(field) &&
      !isAsWeLeftIt(field) &&
      resource.stricter(path, before, after)
    );
  };
  const kept = all.filter(isSomebodys);
  const changes = [...all.filter((change) => !kept.includes(change)), ...record];
  return { changes, kept, target: keepBefore(resource.spec, kept) };
}

const sealOf = (resource: Resource, { tags }: Actual) =>
  tags && isSealed(resource) ? state.seal(tags, resource.spec) : 'intact';

/** What carries tags of its own from its creation gets a seal when it is finished, over the fields that are meant. */
export const isSealed = ({ claim, spec }: Resource): boolean =>
  (claim === 'tag' || claim === 'if-made') && Object.keys(spec).length > 0;

function toAbsent({ resource, actual, error }: Observation, seen: Seen): Step {
  const base = { resource, actual, target: {}, changes: [], kept: [] };
  if (error) return { ...base, action: 'blocked', reason: 'unreadable', error };
  if (!actual.exists || !isOurs(resource, actual)) return { ...base, action: 'none' };
  const stay = resource.stays(actual, seen);
  if (stay) {
    const changes = diffTags(stay.labels ?? {}, actual.tags ?? {});
    const action = stay.release ? 'release' : changes.length ? 'update' : 'keep';
    return { ...base, action, changes, stay };
  }
  if (resource.claim !== 'prior') return { ...base, action: 'delete' };
  const target = state.prior(actual.tags);
  return { ...base, action: 'restore', target, changes: diff(target, actual.spec) };
}

export const foreign = ({ type, name }: Resource) =>
  new RadError('FOREIGN', `${type} ${name} exists and is not ours: it was left untouched`, {
    hint: 'rename or remove it, or install beside it with --name-prefix',
  });

/** Who waits for whom: for `present` a thing waits for what it needs, for `absent` for what needs it. */
export function waitsFor(goal: Goal, steps: readonly Step[]): (resource: Resource) => readonly Resource[] {
  if (goal === 'present') return (resource) => resource.needs;
  const users = new Map<Resource, Resource[]>();
  for (const { resource } of steps) {
    for (const need of resource.needs) users.set(need, [...(users.get(need) ?? []), resource]);
  }
  return (resource) => users.get(resource) ?? [];
}

/** What stands on a blocked thing is shown as skipped already in the plan. */
function markSkipped(goal: Goal, steps: readonly Step[]): Step[] {
  const before = waitsFor(goal, steps);
  const stepOf = new Map(steps.map((step) => [step.resource, step]));
  const broken = new Map<Resource, Resource | undefined>();
  const find = (resource: Resource): Resource | undefined => {
    if (broken.has(resource)) return broken.get(resource);
    const step = stepOf.get(resource);
    const because = step?.action === 'blocked' ? resource : before(resource).map(find).find(Boolean);
    broken.set(resource, because);
    return because;
  };
  return steps.map((step) => {
    const because = before(step.resource).map(find).find(Boolean);
    return because && writes(step) ? { ...step, because } : step;
  });
}

/** Whether carrying out this step writes anything. */
export const writes = ({ action }: Step): boolean => action !== 'none' && action !== 'keep' && action !== 'blocked';
