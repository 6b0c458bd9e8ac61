import { beforeAll, describe, expect, it } from 'vitest';
import { operatorPolicy, type PolicyDocument } from '../../src/desired/operator-policy.ts';
import { RadError } from '../../src/engine/errors.ts';
import { flatten } from '../../src/sigma/flatten.ts';
import type { IamRequest } from '../../src/simulator/authorization.ts';
import type { Input } from '../../src/simulator/services/service.ts';
import type { World } from '../../src/simulator/world.ts';
import { openTables } from '../../src/sync/parquet.ts';
import { isAllowed, isOfStranger } from '../helpers/iam.ts';
import { ACCOUNT, EU } from '../helpers/small.ts';
import { deliver, PLACE, tenant, tenantWorld } from '../helpers/tenant.ts';

const WHERE = { partition: 'aws', account: ACCOUNT, prefix: 'rad', events: PLACE, athena: true };
const POLICY = operatorPolicy(['findings'], WHERE);
const WINDOW = { from: Date.UTC(2026, 10, 1), to: Date.UTC(2026, 10, 3) };

const tables = await openTables();
let filled: World;
beforeAll(async () => {
  filled = tenantWorld();
  await deliver(filled, tables!, [{ ...flatten({ auditID: 'a' }), time: WINDOW.from, cluster: 'prod' }]);
  await tables!.close();
});
const bare = () => structuredClone(filled);
async function made(): Promise<World> {
  const world = bare();
  expect((await tenant(world).at().converge('present')).result).toBe('ok');
  return world;
}
const changed = async () => {
  const world = await made();
  const { databases, workgroups } = world.regions[EU]!;
  for (const { input, tables } of Object.values(databases!)) {
    input.Description = 'x';
    for (const table of Object.values(tables)) (table as Input).StorageDescriptor.Columns = [];
  }
  for (const group of Object.values(workgroups!)) group.state = 'DISABLED';
  return world;
};
/** Somebody undoes everything that is put, so that nothing may be said to be finished. */
const undoing = (world: World) => {
  for (const { input } of Object.values(world.regions[EU]!.databases ?? {})) input.Description = 'x';
  for (const group of Object.values(world.regions[EU]!.workgroups ?? {})) group.state = 'DISABLED';
};

type Authorize = (request: IamRequest, world: World) => boolean | Promise<boolean>;
/** What a command does, from which account, and what it ends with. */
const SCENARIOS: readonly ((authorize: Authorize) => Promise<readonly unknown[]>)[] = [
  async (may) => {
    const world = bare();
    const at = tenant(world).at({ authorize: (request) => may(request, world) });
    return (await at.converge('present')).errors;
  },
  async (may) => {
    const world = await changed();
    const at = tenant(world).at({ authorize: (request) => may(request, world) });
    return (await at.converge('present')).errors;
  },
  async (may) => {
    const world = bare();
    const faults = ({ write }: { write: boolean }) => void (write || undoing(world));
    const at = tenant(world).at({ faults: faults as never, authorize: (request) => may(request, world) });
    return (await at.converge('present')).errors;
  },
  async (may) => {
    const world = await made();
    const at = tenant(world).at({ authorize: (request) => may(request, world) });
    return (await at.converge('absent')).errors;
  },
  async (may) => {
    const world = await made();
    const at = tenant(world).at({ authorize: (request) => may(request, world) });
    const { engine } = await at.open(WINDOW);
    return engine.ask('SELECT 1 AS one FROM events WHERE false');
  },
  async (may) => {
    const world = await made();
    const abort = new AbortController();
    const at = tenant(world).at({
      signal: abort.signal,
      onNote: () => abort.abort(new RadError('INTERRUPTED', 'interrupted')),
      authorize: (request) => may(request, world),
    });
    return (await at.open(WINDOW)).engine.ask('SELECT 1 AS one FROM events').catch((error) => [error.code]);
  },
];

const tell = (why: unknown) => JSON.stringify(why instanceof RadError ? `${why.message} ${why.hint}` : why);
const ended = (run: (may: Authorize) => Promise<readonly unknown[]>, may: Authorize) =>
  run(may).then(tell, (error) => tell(error instanceof RadError ? error : String(error)));

describe.skipIf(!tables)('the policy for findings with Athena', () => {
  it('is all that it needs', async () => {
    for (const [n, scenario] of SCENARIOS.entries()) {
      const asked: [IamRequest, World][] = [];
      const with_ = await ended(scenario, (request, world) => {
        asked.push([request, world]);
        return isAllowed(POLICY, request, world);
      });
      for (const [request, world] of asked)
        if (!isOfStranger(request, world))
          expect([n, request, await isAllowed(POLICY, request, world)]).toEqual([n, request, true]);
      expect(with_.replace(/[0-9a-f-]{36}/g, '')).toBe(
        (await ended(scenario, () => true)).replace(/[0-9a-f-]{36}/g, ''),
      );
    }
  });

  it('has no more: without any one action something says that it is missing', async () => {
    // What cannot be stopped ends by itself.
    const silent = new Set(['athena:StopQueryExecution']);
    for (const { Statement } of POLICY) {
      for (const statement of Statement) {
        for (const action of statement.Action) {
          const rest = POLICY.map(
            (document): PolicyDocument => ({
              ...document,
              Statement: document.Statement.map((one) =>
                one === statement ? { ...one, Action: one.Action.filter((other) => other !== action) } : one,
              ),
            }),
          );
          let missing = 0;
          const ends = [];
          for (const scenario of SCENARIOS)
            ends.push(
              await ended(scenario, async (request, world) => {
                const may = await isAllowed(rest, request, world);
                if (!may && request.action === action) missing++;
                return may;
              }),
            );
          expect(missing, `${action} of ${statement.Sid} is needed`).toBeGreaterThan(0);
          if (!silent.has(action)) expect(ends.join(), `${action} of ${statement.Sid} is named`).toContain(action);
        }
      }
    }
  });
});
