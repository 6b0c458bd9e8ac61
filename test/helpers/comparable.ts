import type { World } from '../../src/simulator/world.ts';

/** Times and identifiers differ between two accounts that are otherwise the same; so do the objects that have landed. */
const VOLATILE = /^(id|createdAt|updatedAt|creationTime|visibleAt|since|before|version|arn|objects|buffer)$/;

/** What an operator would call the state of the account, not what was measured there. `identity`: also what tells that a thing was made anew. */
export function comparable({ roles, buckets, regions, registrations = {} }: World, { identity = false } = {}): unknown {
  return JSON.parse(
    JSON.stringify({ roles, buckets, regions, registrations }, (key, value) => {
      if (key === 'updates' || key === 'metrics' || (!identity && VOLATILE.test(key))) return undefined;
      return key === 'logging' ? [...value].sort() : value;
    }),
  );
}
