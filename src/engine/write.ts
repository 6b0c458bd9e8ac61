import { type Change, diff } from './diff.ts';
import { RadError } from './errors.ts';
import type { Step } from './plan.ts';
import type { Actual, Resource, Run, Tags } from './resource.ts';
import { state } from './state.ts';

export const hasTags = ({ tags = {} }: Actual, wanted: Tags): boolean =>
  Object.entries(wanted).every(([key, value]) => tags[key] === value);

/** Until they are shown: where a service replaces all tags at once, the next write would take these away again. */
export async function tag(resource: Resource, wanted: Tags, run: Run): Promise<void> {
  await resource.tag(wanted);
  await resource.until((now) => hasTags(now, wanted), run);
}

export async function untag(resource: Resource, keys: readonly string[], run: Run): Promise<void> {
  await resource.untag(keys);
  await resource.until(({ tags = {} }) => keys.every((key) => tags[key] === undefined), run);
}

/** Somebody has made it stricter, and this run was not told to have it otherwise. */
const isKept = ({ insist, stricter }: Resource, { path, before, after }: Change) =>
  !insist.includes(path.split('.')[0]!) && stricter(path, before, after);

/**
 * The seal goes last, and then all is looked at once more, for another run may have written in between: then it is written again.
 * What does not stay so loses the seal; what somebody has made stricter meanwhile is kept.
 */
export async function seal(step: Step, run: Run): Promise<void> {
  const { resource, target, actual } = step;
  const sealed = state.sealed(resource.spec);
  const differences = ({ spec }: Actual) => diff(target, spec).filter((change) => !isKept(resource, change));
  const isSealedSo = (now: Actual) => hasTags(now, sealed) && differences(now).length === 0;
  if (!hasTags(actual, sealed)) await resource.tag(sealed);
  const now = await resource.until(isSealedSo, run);
  if (!now.exists) throw takenAway(resource);
  if (isSealedSo(now)) return;
  await putAll({ ...step, changes: differences(now) }, run);
  await resource.tag(sealed);
  if (!isSealedSo(await resource.until(isSealedSo, run))) await untag(resource, Object.keys(sealed), run);
}

export const takenAway = ({ type, name }: Resource) =>
  new RadError('AWS', `${type} ${name} was taken away while it was being made`, {
    hint: 'run the same command again when no other run is at work',
  });

export async function putAll({ resource, target, changes }: Step, run: Run): Promise<void> {
  const fields = new Set(changes.map(({ path }) => path.split('.')[0]!));
  for (const field of fields) if (field in target) await resource.put(field, target, run);
}
