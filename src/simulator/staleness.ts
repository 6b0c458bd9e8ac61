import { own } from './basics.ts';
import type { Past, World } from './model.ts';
import type { Input } from './services/service.ts';

type Thing = Pick<Past, 'part' | 'region' | 'name'>;

/** What a call is about, where reads of it may be late. */
export function subjectOf(service: string, region: string, input: Input): Thing | undefined {
  if (service === 'iam') return { part: 'roles', region, name: input.RoleName };
  if (service === 's3') return { part: 'buckets', region, name: input.Bucket };
  const resource = String(input.resourceArn ?? '');
  if (service === 'logs')
    return { part: 'groups', region, name: input.logGroupName ?? resource.replace(/^.*:log-group:/, '') };
  return service === 'eks' ? { part: 'clusters', region, name: input.name ?? resource.split('/')[1] } : undefined;
}

function partOf(world: World, { part, region }: Thing): Record<string, object> {
  return part === 'roles' || part === 'buckets' ? world[part] : world.regions[region]![part];
}

/** To be called before a thing changes. */
export function keepPast(world: World, thing: Thing | undefined): void {
  if (!world.lags.staleMs || !thing) return;
  const now = own(partOf(world, thing), thing.name);
  const before = now ? structuredClone({ ...now, ...(thing.part === 'buckets' && { objects: [] }) }) : null;
  world.past = [...recent(world), { ...thing, at: world.now, before }];
}

const recent = ({ past = [], lags, now }: World): Past[] => past.filter(({ at }) => at + lags.staleMs > now);

/** The account as a read finds it: as it was `lags.staleMs` ago. Objects, and the updates of a cluster, are told at once. */
export function asRead(world: World): World {
  const past = recent(world);
  if (past.length === 0) return world;
  const regions = Object.entries(world.regions).map(([name, region]) => [
    name,
    { ...region, groups: { ...region.groups }, clusters: { ...region.clusters } },
  ]);
  const seen: World = {
    ...world,
    roles: { ...world.roles },
    buckets: { ...world.buckets },
    regions: Object.fromEntries(regions),
  };
  // The oldest change of a thing comes last and holds.
  for (const { before, ...thing } of past.reverse()) {
    const now = own(partOf(world, thing), thing.name) as { objects?: unknown; updates?: unknown } | undefined;
    const { objects, updates } = now ?? {};
    if (!before) delete partOf(seen, thing)[thing.name];
    else
      partOf(seen, thing)[thing.name] = { ...before, ...(objects ? { objects } : {}), ...(updates ? { updates } : {}) };
  }
  return seen;
}
