import type { Json, Labels, Spec, Tags } from './resource.ts';

export interface Change {
  readonly path: string;
  readonly before: Json | undefined;
  readonly after: Json;
}

/** What must change so that `actual` says everything `wanted` says. Fields we do not name are not ours to see. */
export function diff(wanted: Spec, actual: Partial<Spec>, at = ''): Change[] {
  return Object.entries(wanted).flatMap(([key, after]) => {
    const path = at ? `${at}.${key}` : key;
    const before = actual[key];
    if (isRecord(after) && isRecord(before)) return diff(after, before, path);
    return isSame(after, before) ? [] : [{ path, before, after }];
  });
}

/** The same for tags: null means that the tag must not be there, '' that it may be there, empty. */
export const diffTags = (labels: Labels, tags: Tags): Change[] =>
  Object.entries(labels)
    .filter(([key, after]) => (tags[key] ?? (after === '' ? '' : null)) !== after)
    .map(([key, after]) => ({ path: `tags.${key}`, before: tags[key], after }));

/** `spec` with the value at each path of these changes replaced by what was there before. */
export function keepBefore(spec: Spec, changes: readonly Change[]): Spec {
  return changes.reduce<Spec>((kept, { path, before }) => withValue(kept, path.split('.'), before ?? null), spec);
}

function withValue(spec: Spec, [key, ...rest]: string[], value: Json): Spec {
  const inner = spec[key!];
  return { ...spec, [key!]: rest.length && isRecord(inner) ? withValue(inner, rest, value) : value };
}

export const isRecord = (value: Json | undefined): value is Spec =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

export const isSame = (a: Json | undefined, b: Json | undefined) =>
  JSON.stringify(canonical(a)) === JSON.stringify(canonical(b));

/** Same meaning, same text: keys sorted at every depth. */
export function canonical(value: Json | undefined): Json | undefined {
  if (Array.isArray(value)) return value.map((v: Json) => canonical(v)!);
  if (!isRecord(value)) return value;
  return Object.fromEntries(
    Object.keys(value)
      .sort()
      .map((key) => [key, canonical(value[key])!]),
  );
}
