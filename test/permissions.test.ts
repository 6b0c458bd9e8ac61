import { describe, expect, it } from 'vitest';
import { operatorPolicy, type PolicyDocument, type Statement } from '../src/desired/operator-policy.ts';
import { COMMANDS, type Command, type Extras } from '../src/desired/permissions.ts';
import type { Document } from '../src/render/document.ts';
import type { IamRequest } from '../src/simulator/authorization.ts';
import { addModule } from '../src/simulator/scenarios.ts';
import { traffic } from '../src/simulator/traffic/traffic.ts';
import { addBucket, addFilter, addLogGroup, addRegion, addRole, type World } from '../src/simulator/world.ts';
import { account } from './helpers/account.ts';
import { isAllowed, isOfStranger } from './helpers/iam.ts';
import {
  ACCOUNT,
  BOUNDARIES,
  bucket,
  EU,
  edited,
  filter,
  group,
  groupOf,
  keyArn,
  NAMES,
  role,
  rule,
  small,
  stream,
  US,
} from './helpers/small.ts';

const ENABLE = `enable-audit --regions ${US} --external-id x-1 --yes -o json`;
const AGAIN = 'enable-audit --yes -o json';
const DELETE = `teardown --yes --confirm ${ACCOUNT} --delete-data -o json`;
const ROLES = [NAMES.reader, NAMES.delivery, NAMES.subscription];
const PLACE = { partition: 'aws', account: ACCOUNT, prefix: 'rad' };
const WITH_KEY = `--kms-key ${keyArn('key-a')}`;
const ADMIN = 'arn:aws:iam::aws:policy/AdministratorAccess';
const BOUND = `--permissions-boundary ${BOUNDARIES[0]} --role-path /team/`;
const usedArn = (name: string) => `arn:aws:iam::${ACCOUNT}:role/platform/${name}`;
const USED = { reader: usedArn('reader'), delivery: usedArn('delivery'), subscription: usedArn('subscription') };
const WITH_ROLES = `--audit-logs-role-arn ${USED.reader} --firehose-role-arn ${USED.delivery} --cloudwatch-role-arn ${USED.subscription}`;

/** What is recorded is looked for by every command, and some can do without: they warn. */
const FINDS_RECORD = 's3:ListAllMyBuckets';

/** An account, and a command line that does something there. */
interface Scenario {
  readonly line: string | readonly string[];
  readonly world: () => World | Promise<World>;
  /** What somebody does before each call that reads. */
  readonly hand?: (world: World) => unknown;
}

/** Regions of a cluster that logs nothing. */
function oneCluster(...regions: string[]): World {
  const world = small(...regions);
  for (const { clusters, groups } of Object.values(world.regions)) {
    delete clusters.on;
    delete groups[groupOf('on')];
  }
  return world;
}

/** A command with an option that makes it call more, and scenarios that together make each call that needs a permission. */
interface Case {
  readonly command: Command;
  readonly extras: Extras;
  readonly scenarios: () => readonly Scenario[];
}
const KEY = keyArn('key-a');
const CASES: Readonly<Record<string, Case>> = {
  'enable-audit': {
    command: 'enable-audit',
    extras: {},
    scenarios: () => [
      { line: `${AGAIN} --dry-run`, world: changed(() => {}) },
      { line: ENABLE, world: () => oneCluster() },
      { line: `${ENABLE} --dry-run`, world: () => small() },
      { line: AGAIN, world: changed(byHand) },
      { line: [...AGAIN.split(' '), '--filter-pattern', '{ $.verb = "get" }'], world: changed(() => {}) },
      // What is undone again and again is not sealed.
      { line: ENABLE, world: () => oneCluster(), hand: undoing },
      { line: AGAIN, world: changed((world) => Object.assign(stream(world), { status: 'CREATING_FAILED' })) },
      { line: AGAIN, world: changed(limitLearnedLongAgo) },
      { line: 'enable-audit --regions me-south-1 --yes -o json', world: strangersBucket },
      { line: `${AGAIN} --regions all --dry-run`, world: changed(() => {}) },
      ...callersOf(`${ENABLE} --dry-run`, () => oneCluster()),
    ],
  },
  'enable-audit with a key': {
    command: 'enable-audit',
    extras: { kmsKeys: [KEY] },
    scenarios: () => [
      { line: `${ENABLE} --kms-key ${KEY}`, world: () => oneCluster() },
      { line: `${AGAIN} --kms-key ${KEY}`, world: changed(() => {}) },
    ],
  },
  'enable-audit with a boundary and a path': {
    command: 'enable-audit',
    extras: { boundary: BOUNDARIES[0], rolePath: '/team/' },
    scenarios: () => [
      { line: `${ENABLE} ${BOUND}`, world: () => oneCluster() },
      { line: AGAIN, world: changed(withoutBoundary, BOUND) },
    ],
  },
  'enable-audit that takes a boundary off': {
    command: 'enable-audit',
    extras: { boundary: '' },
    scenarios: () => [{ line: `${AGAIN} --permissions-boundary none`, world: changed(withBoundary) }],
  },
  'enable-audit with roles made elsewhere': {
    command: 'enable-audit',
    extras: { usedRoles: USED },
    scenarios: () => [{ line: `${ENABLE} ${WITH_ROLES}`, world: withRoles }],
  },
  'enable-audit that takes over': {
    command: 'enable-audit',
    extras: { adopt: true },
    scenarios: () => [{ line: `${ENABLE} --adopt`, world: withModule }],
  },
  status: {
    command: 'status',
    extras: {},
    scenarios: () => [
      { line: 'status -o json', world: changed(() => {}) },
      { line: 'status --regions all -o json', world: changed(() => {}) },
      { line: 'status -o json', world: changed(otherPattern) },
    ],
  },
  'status with a key': {
    command: 'status',
    extras: { kmsKeys: [KEY] },
    scenarios: () => [{ line: 'status -o json', world: changed(() => {}, WITH_KEY) }],
  },
  'status with roles made elsewhere': {
    command: 'status',
    extras: { usedRoles: USED },
    scenarios: () => [{ line: 'status -o json', world: withRolesInstalled }],
  },
  'status with a path': {
    command: 'status',
    extras: { rolePath: '/team/' },
    scenarios: () => [
      { line: 'status -o json', world: changed(() => {}, BOUND) },
      { line: `status --regions ${US} -o json`, world: () => oneCluster() },
    ],
  },
  'verify with roles made elsewhere': {
    command: 'verify',
    extras: { usedRoles: USED },
    scenarios: () => [{ line: 'verify -o json', world: withRolesInstalled }],
  },
  'verify with a path': {
    command: 'verify',
    extras: { rolePath: '/team/' },
    scenarios: () => [
      { line: 'verify -o json', world: changed((world) => void traffic(world, { minutes: 1, seed: 1 }), BOUND) },
      { line: `verify --regions ${US} -o json`, world: () => oneCluster() },
    ],
  },
  'teardown with roles made elsewhere': {
    command: 'teardown',
    extras: { usedRoles: USED },
    scenarios: () => [
      { line: DELETE.replace('--delete-data', '--no-drain'), world: withRolesInstalled },
      { line: DELETE, world: withRolesReplaced },
    ],
  },
  'teardown with a path': {
    command: 'teardown',
    extras: { rolePath: '/team/' },
    scenarios: () => [{ line: DELETE, world: changed(() => {}, BOUND) }],
  },
  verify: {
    command: 'verify',
    extras: {},
    scenarios: () => [
      { line: 'verify -o json', world: changed((world) => void traffic(world, { minutes: 1, seed: 1 })) },
      { line: 'verify --regions all -o json', world: changed(() => {}) },
      { line: 'verify -o json', world: changed(otherPattern) },
      { line: 'verify -o json', world: changed(trustedCaller) },
    ],
  },
  'verify with a key': {
    command: 'verify',
    extras: { kmsKeys: [KEY] },
    scenarios: () => [
      { line: 'verify -o json', world: changed((world) => void traffic(world, { minutes: 1, seed: 1 }), WITH_KEY) },
    ],
  },
  'verify with a canary': {
    command: 'verify',
    extras: { canary: true },
    scenarios: () => [{ line: 'verify --canary --yes -o json', world: changed(() => {}) }],
  },
  teardown: {
    command: 'teardown',
    extras: {},
    scenarios: () => [
      { line: 'teardown --dry-run -o json', world: changed(() => {}) },
      { line: DELETE, world: changed(inUse) },
      { line: DELETE.replace('teardown', `teardown --regions ${EU}`), world: changed(() => {}, '', US, EU) },
      { line: 'teardown --regions all --dry-run -o json', world: changed(() => {}) },
      ...callersOf(
        'teardown --dry-run -o json',
        changed(() => {}),
      ),
    ],
  },
  'teardown with a key': {
    command: 'teardown',
    extras: { kmsKeys: [KEY] },
    scenarios: () => [{ line: DELETE.replace('--delete-data', '--no-drain'), world: changed(() => {}, WITH_KEY) }],
  },
  doctor: {
    command: 'doctor',
    extras: {},
    scenarios: () => [
      { line: 'doctor -o json', world: changed(() => {}) },
      { line: 'doctor --regions all -o json', world: changed(() => {}) },
      { line: 'doctor -o json', world: changed(otherPattern) },
      ...callersOf(
        'doctor -o json',
        changed(() => {}),
      ),
    ],
  },
  'doctor with roles made elsewhere': {
    command: 'doctor',
    extras: { usedRoles: USED },
    scenarios: () => [{ line: 'doctor -o json', world: withRolesInstalled }],
  },
  'doctor with a path': {
    command: 'doctor',
    extras: { rolePath: '/team/' },
    scenarios: () => [
      { line: 'doctor -o json', world: changed(() => {}, BOUND) },
      { line: `doctor --regions ${US} -o json`, world: () => oneCluster() },
    ],
  },
  'doctor with a key': {
    command: 'doctor',
    extras: { kmsKeys: [KEY] },
    scenarios: () => [{ line: 'doctor -o json', world: changed(() => {}, WITH_KEY) }],
  },
};

/** The same line with the credentials of a user, and of a role of IAM Identity Center. */
const callersOf = (line: string, make: () => World | Promise<World>): Scenario[] =>
  ['iam::123456789012:user/eve', `sts::123456789012:assumed-role/${SSO}/eve`].map((who) => ({
    line,
    world: async () => {
      const world = await make();
      addRole(world, SSO, { path: '/aws-reserved/sso.amazonaws.com/eu-west-1/', attached: [ADMIN] });
      return Object.assign(world, { caller: `arn:aws:${who}` });
    },
  }));
const SSO = 'AWSReservedSSO_Admin_0123456789abcdef';

/** RAD's Terraform module delivers from each log group; people have hung things on its roles. */
function withModule(): World {
  const world = oneCluster();
  addLogGroup(world, US, groupOf('off'));
  addLogGroup(world, US, '/aws/eks/off/application');
  addModule(world, US, '0a1b2c3d');
  for (const role of Object.values(world.roles)) {
    role.attached = [ADMIN];
    role.instanceProfiles = ['by-hand'];
    role.policies['by-hand'] = { text: '{"Statement":[]}', since: 0 };
  }
  return world;
}

/** Somebody has changed each field of each thing. */
function byHand(world: World): void {
  for (const name of ROLES) {
    const it = role(world, name);
    it.trust = {
      text: edited(it.trust.text, (all) => Object.assign(all[0]!, { Principal: { Service: 'ec2.amazonaws.com' } })),
      since: 0,
    };
    it.policies = {};
    it.maxSessionDuration = 7_200;
  }
  const of = bucket(world);
  Object.assign(of.publicAccess!, { BlockPublicAcls: false });
  rule(world).Expiration = { Days: 1 };
  for (const field of ['ownership', 'encryption', 'versioning', 'policy'] as const) delete of[field];
  Object.assign(stream(world), { encryption: { Status: 'DISABLED' } });
  stream(world).destination.Prefix = 'x/';
  Object.assign(group(world, NAMES.errors), { retention: 1, streams: {} });
  filter(world, 'off').filterPattern = '';
}

function otherPattern(world: World): void {
  filter(world, 'off').filterPattern = '';
}

function withBoundary({ roles }: World): void {
  for (const role of Object.values(roles)) [role.boundary] = BOUNDARIES;
}
function withoutBoundary({ roles }: World): void {
  for (const role of Object.values(roles)) {
    delete role.boundary;
    role.policies = {};
  }
}

/** The platform team has made the roles. */
function withRoles(): World {
  const world = oneCluster();
  const Condition = { StringEquals: { 'sts:ExternalId': 'x-1' } };
  const trusts = {
    reader: { Principal: { AWS: '955322216602' }, Condition },
    delivery: { Principal: { Service: 'firehose.amazonaws.com' } },
    subscription: { Principal: { Service: 'logs.amazonaws.com' } },
  };
  for (const [name, who] of Object.entries(trusts)) {
    const trust = { Version: '2012-10-17', Statement: [{ Effect: 'Allow', ...who, Action: 'sts:*' }] };
    const anything = { Version: '2012-10-17', Statement: [{ Effect: 'Allow', Action: '*', Resource: '*' }] };
    addRole(world, name, { path: '/platform/', trust, policies: { theirs: anything } });
  }
  return world;
}
async function withRolesInstalled(): Promise<World> {
  const { run, world } = account(withRoles());
  expect((await run(`${ENABLE} ${WITH_ROLES}`)).code).toBe(0);
  return world;
}

/** Service roles of ours, in use, and others in their place since then. */
async function withRolesReplaced(): Promise<World> {
  const { run, world } = account(withRoles());
  const [reader, ...others] = WITH_ROLES.split(' --').map((option) => option.replace(/^(--)?/, '--'));
  expect((await run(`${ENABLE} ${reader}`)).code).toBe(0);
  expect((await run(`${AGAIN} ${others.join(' ')}`)).code).toBe(0);
  const hung = { attached: [ADMIN], instanceProfiles: ['by-hand'] };
  for (const name of [NAMES.delivery, NAMES.subscription]) Object.assign(role(world, name), hung);
  return world;
}

function undoing(world: World): void {
  for (const role of Object.values(world.roles)) role.maxSessionDuration = 7_200;
  for (const { streams, groups } of Object.values(world.regions)) {
    for (const { destination } of Object.values(streams)) destination.Prefix = 'x/';
    for (const group of Object.values(groups)) group.retention = 1;
  }
}

function limitLearnedLongAgo(world: World): void {
  stream(world).tags['rad-connect:filter-limit'] = '1 2020-01-01';
  delete group(world, groupOf('off')).filters[NAMES.product];
  addFilter(world, US, groupOf('off'), 'datadog');
}

/** A region without the namespace in which nobody else can take our names. */
function strangersBucket(): World {
  const world = oneCluster('me-south-1');
  addRegion(world, US);
  addBucket(world, 'me-south-1', `${NAMES.product}-${ACCOUNT}-me-south-1`, { owner: '999988887777' });
  return world;
}

/** Whose credentials these are may become RAD's role, as when somebody tries it out. */
function trustedCaller(world: World): void {
  const { trust } = role(world, NAMES.reader);
  trust.text = edited(trust.text, (all) => {
    for (const statement of all) {
      const principal = statement.Principal as { AWS: string | string[] };
      principal.AWS = [principal.AWS, world.caller].flat();
    }
  });
}

/** Objects in the bucket, an upload that was never finished, and what people have hung on the roles. */
function inUse(world: World): void {
  const at = world.now;
  bucket(world).objects.push({ key: 'a.gz', versionId: 'v1', at, size: 1, body: 'eA==' });
  bucket(world).uploads.push({ key: 'b.gz', uploadId: 'u1', at });
  for (const name of ROLES) Object.assign(role(world, name), { attached: [ADMIN], instanceProfiles: ['by-hand'] });
}

/** Made when it is first asked for. */
const installed = new Map<string, Promise<World>>();
async function install(line: string, regions: string[]): Promise<World> {
  const { run, world } = account(oneCluster(...regions));
  expect((await run(line)).code).toBe(0);
  return world;
}
/** After enable-audit with these options, and a change by hand. */
const changed =
  (change: (world: World) => unknown, options = '', ...regions: string[]) =>
  async () => {
    const line = `${ENABLE.replace(US, regions.join() || US)} ${options}`.trim();
    const made = installed.get(line) ?? install(line, regions);
    installed.set(line, made);
    const world = structuredClone(await made);
    change(world);
    return world;
  };

/** A run whose credentials may do what these policies allow, or anything; and all that IAM was asked. */
async function runWith(scenario: Scenario, policies?: readonly PolicyDocument[]) {
  const { line, world: make, hand } = scenario;
  const world = await make();
  const asked: IamRequest[] = [];
  const ran = await account(world).run(line, {
    faults({ write }) {
      if (!write) hand?.(world);
      return undefined;
    },
    authorize(request) {
      asked.push(request);
      return policies === undefined || isAllowed(policies, request, world);
    },
  });
  return { ...ran, json: ran.json, asked, world, scenario };
}
type Ran = Awaited<ReturnType<typeof runWith>>;

/** What is sent has another id each time. */
const withoutIds = (text: string) => text.replace(/[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}/g, '');

/** What is left of a policy without one action of one statement. */
interface Cut {
  readonly action: string;
  readonly statement: Statement;
  readonly rest: PolicyDocument[];
}
const cutsOf = (policy: readonly PolicyDocument[]): Cut[] =>
  policy.flatMap(({ Statement }) =>
    Statement.flatMap((statement) =>
      statement.Action.map((action) => ({
        action,
        statement,
        rest: policyWith(policy, (one) =>
          one === statement ? { ...one, Action: one.Action.filter((other) => other !== action) } : one,
        ),
      })),
    ),
  );

const isOptional = ({ statement: { Sid = '' } }: Cut) => Sid.startsWith('Optional');

const policyWith = (policy: readonly PolicyDocument[], change: (statement: Statement) => Statement): PolicyDocument[] =>
  policy.map((document) => ({ ...document, Statement: document.Statement.map(change) }));

/** The things of a statement that one of these requests is about, and which it could not be about without that statement. */
async function usedOf({ action, statement, rest }: Cut, { asked, world }: Ran) {
  const used = new Set<string>();
  for (const request of asked) {
    if (request.action !== action || isOfStranger(request, world) || (await isAllowed(rest, request, world))) continue;
    for (const resource of statement.Resource) {
      const only = [{ Version: '2012-10-17' as const, Statement: [{ ...statement, Resource: [resource] }] }];
      if (await isAllowed(only, request, world)) used.add(resource);
    }
  }
  return used;
}

/** Whether the document of a run says that this action is missing. */
function isNamed({ errors, warnings, checks = [] }: Document, action: string, optional: boolean): boolean {
  const name = new RegExp(`${action}(?![A-Za-z])`);
  return (
    [...errors, ...(optional ? warnings : [])].some(({ message, hint }) => name.test(`${message} ${hint}`)) ||
    checks.some(({ reason }) => name.test(`${reason}`))
  );
}

describe.each(Object.entries(CASES))('the policy for %s', (_, { command, extras, scenarios }) => {
  const place = { ...PLACE, ...extras };
  const policy = operatorPolicy([command], place);
  /** What it needs without the option has been shown without it. */
  const plain = operatorPolicy([command], PLACE);
  const isBare = Object.keys(extras).length === 0;
  let made: Promise<Ran[]> | undefined;
  const runsOf = () => (made ??= Promise.all(scenarios().map((scenario) => runWith(scenario, policy))));

  it('is all that it needs; so is the one for any account, and the one for all commands', async () => {
    const others = [operatorPolicy([command], { ...place, account: undefined }), operatorPolicy(COMMANDS, place)];
    for (const { scenario, code, stdout, asked, world } of await runsOf()) {
      const free = await runWith(scenario);
      expect([code, withoutIds(stdout)]).toEqual([free.code, withoutIds(free.stdout)]);
      for (const request of asked.filter((one) => !isOfStranger(one, world))) {
        for (const other of others) expect([request, await isAllowed(other, request, world)]).toEqual([request, true]);
      }
    }
  });

  it('has nothing that it does not need: each thing is used, and without any one action a run says that it is missing', async () => {
    // The shortest run that needs an action is the one to be without it.
    const runs = (await runsOf()).toSorted((a, b) => a.asked.length - b.asked.length);
    const isPlain = ({ action, statement }: Cut) =>
      plain.some(({ Statement }) => Statement.some((one) => one.Sid === statement.Sid && one.Action.includes(action)));
    for (const cut of cutsOf(policy)) {
      const isShown = !isBare && isPlain(cut);
      if (isShown && !isOptional(cut)) continue;
      const used = await Promise.all(runs.map((run) => usedOf(cut, run)));
      if (isShown && used.every(({ size }) => size === 0)) continue;
      const { action, rest } = cut;
      const { Sid = '', Resource } = cut.statement;
      const idle = isShown ? [] : Resource.filter((resource) => !used.some((things) => things.has(resource)));
      const what = `${action} of ${Sid}`;
      const advice = 'take it out of src/desired/permissions.ts, or add a scenario that needs it';
      expect(idle, `no run uses ${what}: ${advice}`).toEqual([]);
      const { scenario } = runs[used.findIndex((things) => things.size > 0)]!;
      const { json } = await runWith(scenario, rest);
      expect(
        isNamed(json, action, isOptional(cut) || action === FINDS_RECORD),
        `${scenario.line} without ${what} names it`,
      ).toBe(true);
      expect(json.errors.map(({ code }) => code)).not.toContain('INTERNAL');
    }
  });
});

it('each call is held against what an option in the environment makes of the command', async () => {
  const world = await changed(() => {})();
  const ran = await account(world).run('verify --yes -o json', { env: { RAD_CONNECT_CANARY: '1' } });
  expect(ran.calls.map(({ operation }) => operation)).toContain('CreateLogStream');
  const blue = await account(oneCluster()).run(ENABLE, { env: { RAD_CONNECT_NAME_PREFIX: 'blue' } });
  expect(Object.keys(blue.json.outputs.buckets)).toEqual([US]);
  expect(blue.code).toBe(0);
});

it('the policy for all commands has what each of them has, and no more', () => {
  const place = { ...PLACE, kmsKeys: [KEY], adopt: true, canary: true };
  const grants = (policy: readonly PolicyDocument[]) =>
    policy.flatMap(({ Statement }) =>
      Statement.flatMap(({ Action, Resource, Condition }) =>
        Action.flatMap((action) => Resource.map((resource) => JSON.stringify([action, resource, Condition]))),
      ),
    );
  const each = COMMANDS.flatMap((command) => grants(operatorPolicy([command], place)));
  expect(grants(operatorPolicy(COMMANDS, place)).sort()).toEqual([...new Set(each)].sort());
});
