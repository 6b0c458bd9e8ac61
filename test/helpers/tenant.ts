import { createAws } from '../../src/aws/clients.ts';
import { virtualClock } from '../../src/aws/clock.ts';
import { athenaAt, convergeAthena, openAthena } from '../../src/cli/athena.ts';
import type { Context, Options } from '../../src/cli/context.ts';
import type { Goal } from '../../src/engine/plan.ts';
import { nothing, toDocument } from '../../src/render/document.ts';
import type { Row } from '../../src/sigma/columns.ts';
import { putObject } from '../../src/simulator/services/versions.ts';
import type { Call, Fault, SimulatorOptions } from '../../src/simulator/simulator.ts';
import { Simulator } from '../../src/simulator/simulator.ts';
import { memoryStore } from '../../src/simulator/store.ts';
import { addBucket, addRegion, emptyWorld, type World } from '../../src/simulator/world.ts';
import type { Tables } from '../../src/sync/parquet.ts';
import { ACCOUNT, EU, US } from './small.ts';

export const PLACE = { bucket: 'tenants', prefix: 'acme/' };
export const STEM = 'rad_eks_audit_tenants_acme_';

/** The account of who receives the events: a bucket, in another region than a plain command would go to. */
export function tenantWorld(): World {
  const world = emptyWorld({ regions: {} });
  for (const region of [US, EU]) addRegion(world, region);
  addBucket(world, EU, PLACE.bucket);
  return world;
}

/** Puts these events into the bucket, as `sync` would. */
export async function deliver(world: World, tables: Tables, rows: readonly Row[]): Promise<void> {
  for (const row of rows) tables.add(row);
  for await (const { place, bytes } of tables.files())
    putObject(world, world.buckets[PLACE.bucket]!, `${PLACE.prefix}${place}a.parquet`, bytes);
}

interface With {
  readonly options?: Partial<Options>;
  readonly faults?: (call: Call) => Fault | undefined;
  readonly authorize?: SimulatorOptions['authorize'];
  readonly signal?: AbortSignal;
  readonly asks?: Partial<Context['ask']>;
  readonly onNote?: (text: string) => void;
}

/** Athena in that account, as a command has it. */
export function tenant(world = tenantWorld()) {
  const clock = virtualClock(Math.max(world.now, Date.parse('2026-11-23T00:00:00Z')));
  const store = memoryStore(world);

  function at({ options = {}, faults, authorize, signal = new AbortController().signal, asks, onNote }: With = {}) {
    const calls: Call[] = [];
    const simulator = new Simulator({ clock, store, faults, authorize, onCall: (call) => void calls.push(call) });
    const credentials = { accessKeyId: 'x', secretAccessKey: 'y' };
    const kill = new AbortController().signal;
    const context = {
      options: { namePrefix: 'rad', yes: true, ...options },
      credentials: 'test account',
      clock,
      signal,
      version: '0',
      report: (event) => event.type === 'note' && onNote?.(event.text),
      ask: { possible: false, ...asks },
      announce: () => {},
      rad: undefined,
      connect: (region, accountId, { last } = {}) =>
        createAws(region, accountId, {
          clock,
          signal: last ? kill : signal,
          kill,
          version: '0',
          concurrency: 4,
          maxAttempts: 2,
          credentials,
          onClient: simulator.attach as never,
        }),
      defaultRegion: async () => US,
    } as Context;
    const athena = athenaAt(PLACE, ACCOUNT, context);
    return {
      calls,
      context,
      writes: () => calls.filter(({ write }) => write).map(({ service, operation }) => `${service}:${operation}`),
      async converge(goal: Goal) {
        const about = { command: 'findings', account: ACCOUNT, partition: 'aws' };
        const done = await convergeAthena(goal, await athena, about, context);
        return toDocument({ ...nothing('findings'), ...about, dryRun: options.dryRun === true, ...done }, '0');
      },
      open: async (window: { from: number; to: number }) => openAthena(await athena, window, context),
    };
  }
  return { world, clock, at };
}

/** What is there of ours and of others, without when. */
export const catalogue = ({ regions }: World): unknown =>
  JSON.parse(
    JSON.stringify(
      Object.entries(regions).map(([name, { databases = {}, workgroups = {} }]) => ({ name, databases, workgroups })),
      (key, value) => (key === 'createdAt' ? undefined : value),
    ),
  );
