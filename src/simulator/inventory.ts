import type { JsonObject, World } from './model.ts';

/**
 * What is in the account and would be seen again: without time, what is under way, and what AWS remembers of past calls.
 * Two worlds with equal inventories are the same account.
 */
export function inventory(world: World): JsonObject {
  const { account, roles, buckets, regions, registrations = {} } = structuredClone(world);
  for (const region of Object.values(regions)) {
    for (const cluster of Object.values(region.clusters)) cluster.updates = {};
    for (const stream of Object.values(region.streams)) delete stream.buffer;
  }
  const documents = Object.values(roles).map(({ trust, policies, visibleAt: _, ...role }) => ({
    ...role,
    trust: trust.text,
    policies: Object.fromEntries(Object.entries(policies).map(([name, { text }]) => [name, text])),
  }));
  return sortKeys({
    account,
    roles: documents.sort((a, b) => (a.name < b.name ? -1 : 1)),
    buckets,
    regions,
    registrations,
  } as never) as JsonObject;
}

function sortKeys<T>(value: T): T {
  if (Array.isArray(value)) return value.map(sortKeys) as T;
  if (typeof value !== 'object' || value === null) return value;
  const entries = Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1));
  return Object.fromEntries(entries.map(([key, item]) => [key, sortKeys(item)])) as T;
}
