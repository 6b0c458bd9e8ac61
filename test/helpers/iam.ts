import { runSimulation, type Simulation } from '@cloud-copilot/iam-simulate';
import { operatorPolicy, type PolicyDocument, type Statement } from '../../src/desired/operator-policy.ts';
import { COMMANDS, type Command, callsOf } from '../../src/desired/permissions.ts';
import type { Place } from '../../src/desired/scope.ts';
import type { IamRequest } from '../../src/simulator/authorization.ts';
import type { Call } from '../../src/simulator/simulator.ts';
import type { World } from '../../src/simulator/world.ts';

const document = (Statement: readonly object[]) => ({ Version: '2012-10-17', Statement });
const anything = document([{ Effect: 'Allow', Action: '*', Resource: '*' }]);
const verdicts = new Map<string, Promise<boolean>>();

/** Whether these policies allow it, by an evaluation of IAM that others have written; it knows each action's resources and keys. */
export function isAllowed(policies: readonly PolicyDocument[], request: IamRequest, world: World): Promise<boolean> {
  const { action } = request;
  // Nothing denies, so statements about other actions have no say.
  const statements = policies.flatMap(({ Statement }) => Statement.filter(({ Action }) => Action.includes(action)));
  if (statements.length === 0) return Promise.resolve(false);
  const key = JSON.stringify([statements, request, world.caller]);
  const verdict = verdicts.get(key) ?? evaluate(statements, request, world);
  verdicts.set(key, verdict);
  return verdict;
}

async function evaluate(statements: readonly Statement[], request: IamRequest, world: World): Promise<boolean> {
  const { action, resource, context } = request;
  const simulation: Simulation = {
    request: {
      principal: world.caller,
      action,
      // In IAM `*` matches any character; the library's stops at the end of a line, which a key of S3 may have.
      resource: { resource: resource.replace(/[\r\n\u2028\u2029]/g, ' '), accountId: world.account },
      contextVariables: { 'aws:PrincipalAccount': world.account, ...context },
    },
    identityPolicies: [{ name: 'printed', policy: document(statements) }],
    serviceControlPolicies: [{ orgIdentifier: 'r-root', policies: [{ name: 'FullAWSAccess', policy: anything }] }],
    resourceControlPolicies: [],
    ...(action.startsWith('kms:') && { resourcePolicy: leftToIam(world) }),
  };
  const result = await runSimulation(simulation, {});
  if (result.resultType === 'error') throw new Error(`${JSON.stringify(request)}: ${JSON.stringify(result.errors)}`);
  return result.overallResult === 'Allowed';
}

/** A key's policy must let IAM decide first (KMS developer guide, "Default key policy"). */
const leftToIam = ({ partition, account }: World) =>
  document([
    { Effect: 'Allow', Principal: { AWS: `arn:${partition}:iam::${account}:root` }, Action: 'kms:*', Resource: '*' },
  ]);

/** One call of each likeness is enough: of a thousand clusters, of two regions, of two runs. Account ids stay. */
const likeness = (request: IamRequest) => JSON.stringify(request).replace(/(?<!\d)\d{1,8}(?!\d)/g, '0');
const judged = new Set<string>();
const ANY_KEY = 'arn:*:kms:*:*:key/*';

export interface Asked {
  readonly call: Call;
  readonly request: IamRequest;
}

/** Throws when a run has made a call that the policy which rad-connect prints for its command does not allow. */
export async function checkAllowed(line: readonly string[], asked: readonly Asked[], world: World): Promise<void> {
  const command = COMMANDS.find((name) => line.includes(name));
  if (!command) return;
  const { partition, account } = world;
  const prefix = given(line, '--name-prefix') ?? 'rad';
  // Which keys are used is also recorded.
  const place = { partition, account, prefix, kmsKeys: [ANY_KEY], adopt: line.includes('--adopt') };
  for (const { call, request } of asked) {
    const key = JSON.stringify([command, place, likeness(request)]);
    if (judged.has(key) || isOfStranger(request, world)) continue;
    judged.add(key);
    if (await isAllowed(operatorPolicy([command], place), request, world)) continue;
    throw new Error(advice(command, place, call, request));
  }
}

const given = (line: readonly string[], option: string) => {
  const at = line.indexOf(option);
  return at < 0 ? undefined : line[at + 1];
};

/** Another account's bucket is refused whatever our policy says. */
export const isOfStranger = ({ context }: IamRequest, { account }: World) =>
  (context['aws:ResourceAccount'] ?? account) !== account;

function advice(command: Command, place: Place, { service, operation }: Call, request: IamRequest): string {
  const call = `${service}:${operation}`;
  const { action, resource, context } = request;
  const needs = callsOf(command, place).flatMap(([name, all]) => (name === call ? all : []));
  const need = needs.filter((one) => (one.action ?? call) === action);
  const todo =
    needs.length === 0
      ? `add an entry '${call}' to the calls of ${command}`
      : need.length === 0
        ? `add { on: …, action: '${action}' } to '${call}' in the calls of ${command}`
        : `'${call}' in the calls of ${command} says ${JSON.stringify(need)}: widen its thing or its condition`;
  return [
    `${command} calls ${call}, which the policy that is printed for it does not allow:`,
    `  ${action} on ${resource} with ${JSON.stringify(context)}`,
    `  → src/desired/permissions.ts: ${todo} (things and conditions are in src/desired/scope.ts)`,
  ].join('\n');
}
