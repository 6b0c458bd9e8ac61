import type { Tags } from '../engine/resource.ts';

/** Most services list tags as `{Key, Value}` pairs. */
export const toList = (tags: Tags) => Object.entries(tags).map(([Key, Value]) => ({ Key, Value }));
export const fromList = (list: readonly { Key?: string | undefined; Value?: string | undefined }[] = []): Tags =>
  Object.fromEntries(list.map(({ Key, Value }) => [Key ?? '', Value ?? '']));
