import { namesOf } from '../../src/desired/names.ts';
import type { Bucket, Cluster, LogGroup, Role, Stream, World } from '../../src/simulator/model.ts';
import { ACCOUNT, groupOf } from '../helpers/small.ts';
import { isClaimed, isMark } from './things.ts';

/** The account, and what it would be without rad-connect: what people do is done to both. */
export interface Worlds {
  readonly real: World;
  readonly shadow: World;
}
/** What somebody has set: it must stay until an option that names it is typed. */
export interface Guard {
  readonly what: string;
  readonly liftedBy: string | null;
  readonly state: (world: World) => 'stands' | 'broken' | 'gone';
}

/** Where a hand reaches to: one region and one cluster of it, by number. */
export interface Place {
  readonly region: string;
  readonly prefix: string;
  readonly cluster: string;
  readonly pick: number;
}
export type Change = (worlds: Worlds, place: Place) => Guard | undefined;

export const old = (text: string) => ({ text, since: 0 });
export const both =
  (change: (world: World, place: Place) => void): Change =>
  ({ real, shadow }, place) => {
    for (const world of [real, shadow]) change(world, place);
  };

export const names = ({ prefix }: Place) => namesOf(prefix, 'aws', ACCOUNT);
export const roles = (world: World, place: Place): (Role | undefined)[] =>
  Object.values(names(place).role).map((name) => world.roles[name]);
export const roleOf = (world: World, place: Place) => roles(world, place)[place.pick % 3];
export const bucketOf = (world: World, place: Place): Bucket | undefined =>
  world.buckets[names(place).bucket(place.region)];
export const streamOf = (world: World, place: Place): Stream | undefined =>
  world.regions[place.region]!.streams[names(place).stream];
export const errorsOf = (world: World, place: Place): LogGroup | undefined =>
  world.regions[place.region]!.groups[names(place).errorLogGroup];
export const groupAt = (world: World, { region, cluster }: Place): LogGroup | undefined =>
  world.regions[region]!.groups[groupOf(cluster)];
export const clusterAt = (world: World, { region, cluster }: Place): Cluster | undefined =>
  world.regions[region]!.clusters[cluster];
export const filterAt = (world: World, place: Place) => groupAt(world, place)?.filters[names(place).filter];
/** A change of a thing that both worlds may have. */
export const on = <T>(
  find: (world: World, place: Place) => T | undefined,
  change: (thing: T, place: Place) => unknown,
): Change =>
  both((world, place) => {
    const thing = find(world, place);
    if (thing) change(thing, place);
  });

/** The same, with what must stay from then on. */
export const guarded =
  <T>(
    find: (world: World, place: Place) => T | undefined,
    change: (thing: T, place: Place) => unknown,
    what: string,
    stays: (thing: T) => boolean,
    liftedBy: string | null,
  ): Change =>
  (worlds, place) => {
    on(find, change)(worlds, place);
    const where = `${what} of ${place.prefix}, ${place.region}, ${place.cluster}, ${place.pick % 3}`;
    const state = (world: World) => {
      const thing = find(world, place);
      return thing === undefined ? 'gone' : stays(thing) ? 'stands' : 'broken';
    };
    return { what: where, liftedBy, state };
  };

export const ours =
  <T extends { tags: Record<string, string> }>(find: (world: World, place: Place) => T | undefined) =>
  (world: World, place: Place) => {
    const thing = find(world, place);
    return thing && isClaimed(thing) ? thing : undefined;
  };
export const withoutMarks = (tags: Record<string, string>) =>
  Object.fromEntries(Object.entries(tags).filter(([key]) => !isMark(key)));

/** The marks are taken off: from now on it is somebody's, so it would be there without us too. */
export const disown =
  <T extends { tags: Record<string, string> }>(
    find: (world: World, place: Place) => T | undefined,
    put: (shadow: World, place: Place, thing: T) => void,
  ): Change =>
  ({ real, shadow }, place) => {
    const thing = ours(find)(real, place);
    if (!thing) return;
    thing.tags = withoutMarks(thing.tags);
    put(shadow, place, structuredClone(thing));
  };

export const KMS = `arn:aws:kms:us-east-1:${ACCOUNT}:key/by-hand`;
export const keeps = (group: LogGroup) => group.retention ?? Number.POSITIVE_INFINITY;
