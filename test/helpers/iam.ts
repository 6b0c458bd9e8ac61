import { runSimulation, type Simulation } from '@cloud-copilot/iam-simulate';
import type { Options } from '../../src/cli/context.ts';
import { type Invocation, parse } from '../../src/cli/program.ts';
import { namesOf } from '../../src/desired/names.ts';
import { operatorPolicy, type PolicyDocument, type Statement } from '../../src/desired/operator-policy.ts';
import { COMMANDS, type Command, callsOf } from '../../src/desired/permissions.ts';
import { isRegistry, readRecord } from '../../src/desired/record.ts';
import { type Place, thingsOf } from '../../src/desired/scope.ts';
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

/** What a command line means, with its environment: what the program makes of it. undefined: nothing. */
export function meaningOf(argv: readonly string[], env: Readonly<Record<string, string>>): Meant | undefined {
  try {
    const invocation = parse({ argv, env, print: () => {}, version: '' });
    return invocation && { ...invocation, options: invocation.options as unknown as Options };
  } catch {
    return undefined;
  }
}
type Named = 'permissionsBoundary' | 'auditLogsRoleArn' | 'firehoseRoleArn' | 'cloudwatchRoleArn';
interface Meant {
  readonly command: Invocation['command'];
  readonly options: Options;
  readonly args: readonly string[];
}

/** Throws when a run has made a call that the policy which rad-connect prints for its command does not allow. */
export async function checkAllowed(
  { command: name, options, args }: Meant,
  asked: readonly Asked[],
  world: World,
  recorded: ReturnType<typeof recordedIn>,
): Promise<void> {
  const events = name === 'findings' && !options.roleArn ? placeIn(args[0]) : undefined;
  const command = events ? 'findings' : COMMANDS.find((one) => one === name);
  if (!command) return;
  const { partition, account } = world;
  const { settings } = recorded;
  const set = (option: Named) => (options[option] ?? settings[option]) || undefined;
  const boundary = set('permissionsBoundary');
  const place = {
    partition,
    account,
    prefix: options.namePrefix,
    // Which keys are used is also recorded.
    kmsKeys: [ANY_KEY],
    ...(events && { events, athena: options.engine === 'athena' }),
    adopt: options.adopt === true,
    canary: options.canary === true,
    rolePath: recorded.rolePath ?? options.rolePath,
    // A run may have been killed before it had taken off what is not wanted any more.
    boundary: boundary ?? (recorded.isBound ? '' : undefined),
    usedRoles: {
      reader: set('auditLogsRoleArn'),
      delivery: set('firehoseRoleArn'),
      subscription: set('cloudwatchRoleArn'),
    },
  };
  for (const { call, request } of asked) {
    const key = JSON.stringify([command, place, likeness(request)]);
    if (judged.has(key) || isOfStranger(request, world) || isAtAnotherPath(request, place, world)) continue;
    judged.add(key);
    if (await isAllowed(operatorPolicy([command], place), request, world)) continue;
    throw new Error(advice(command, place, call, request));
  }
}

/** Where `findings` looks with credentials of its own. */
function placeIn(word = '') {
  const [, bucket, prefix = ''] = /^s3:\/\/([^/]+)\/?(.*)$/.exec(word) ?? [];
  return bucket ? { bucket, prefix: prefix && `${prefix.replace(/\/$/, '')}/` } : undefined;
}

/** What earlier runs have recorded of the roles, and where the roles are. */
export function recordedIn(world: World, { options: { namePrefix: prefix } }: Meant) {
  const { reader, delivery, subscription } = namesOf(prefix, world.partition, world.account).role;
  const tags = [world.roles[reader], ...Object.values(world.buckets)].map((thing) => thing?.tags ?? {});
  const { account: settings } = readRecord(tags.find(isRegistry));
  const roles = [reader, delivery, subscription].map((name) => world.roles[name]);
  return { settings, rolePath: world.roles[reader]?.path, isBound: roles.some((role) => role?.boundary) };
}

/** Another account's bucket is refused whatever our policy says. */
export const isOfStranger = ({ context }: IamRequest, { account }: World) =>
  (context['aws:ResourceAccount'] ?? account) !== account;

/** A policy that names roles by their ARN knows nothing of one that is at another path, or of one made elsewhere that is not there. */
function isAtAnotherPath({ action, resource }: IamRequest, place: Place, world: World) {
  const nameOf = (arn: string) => arn.slice(arn.lastIndexOf('/') + 1);
  const { roles, usedRoles } = thingsOf(place);
  const others = resource === world.roles[nameOf(resource)]?.arn ? [...roles, ...usedRoles] : usedRoles;
  return (
    /^iam:(Get|Simulate)/.test(action) && others.some((arn) => arn !== resource && nameOf(arn) === nameOf(resource))
  );
}

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
