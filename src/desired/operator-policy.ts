import { list } from '../aws/documents.ts';
import { isSame } from '../engine/diff.ts';
import type { Spec } from '../engine/resource.ts';
import { namesOf } from './names.ts';
import { type Command, callsOf, type Extras, type Need } from './permissions.ts';
import { deliveryRole, readerRole, subscriptionRole } from './policies.ts';
import {
  anyAccount,
  CALLERS_ACCOUNT,
  type Condition,
  conditionsOf,
  type Place,
  type Thing,
  thingsOf,
} from './scope.ts';

export interface Statement {
  readonly Sid?: string;
  readonly Effect: 'Allow';
  readonly Action: readonly string[];
  readonly Resource: readonly string[];
  readonly Condition?: Spec;
}
export interface PolicyDocument {
  readonly Version: '2012-10-17';
  readonly Statement: readonly Statement[];
}

/** An action, the things it is done on and the condition that goes with it. */
export interface Permission {
  readonly action: string;
  readonly thing: Thing;
  readonly when: readonly Condition[];
  readonly optional: boolean;
}

/** What these commands need, each permission once; what one of them cannot do without is not optional. */
export function permissionsOf(commands: readonly Command[], extras: Extras = {}): Permission[] {
  const needs = commands.flatMap((command) =>
    callsOf(command, extras).flatMap(([call, all]) => all.map((need) => permission(call, need))),
  );
  const unique = new Map<string, Permission>();
  for (const need of needs) {
    const key = JSON.stringify([need.action, need.thing, need.when]);
    unique.set(key, { ...need, optional: need.optional && unique.get(key)?.optional !== false });
  }
  return [...unique.values()];
}

const permission = (call: string, { on, action = call, when = [], optional = false }: Need): Permission => ({
  action,
  thing: on,
  when,
  optional,
});

/** The policy for these commands, as one document or, where IAM would find that too long, several. */
export function operatorPolicy(commands: readonly Command[], place: Place): PolicyDocument[] {
  const [things, conditions] = [thingsOf(place), conditionsOf(place)];
  const resources = (thing: Thing) => [things[thing]].flat();
  const all = permissionsOf(commands, place).filter(({ thing }) => resources(thing).length > 0);
  const isWithin = (one: Permission, other: Permission) =>
    other.action === one.action &&
    isSame(other.when, one.when) &&
    resources(other.thing).length > resources(one.thing).length &&
    resources(one.thing).every((resource) => resources(other.thing).includes(resource));
  const statements = new Map<string, Statement>();
  for (const { action, thing, when, optional } of all.filter((one) => !all.some((other) => isWithin(one, other)))) {
    const names = when.filter((name) => !isSame(conditions[name], {}));
    const Sid = [optional ? 'optional' : '', thing, ...names].map(capital).join('');
    const Condition = merged(names.map((name) => conditions[name]));
    statements.set(Sid, {
      Sid,
      Effect: 'Allow',
      Action: [...new Set([...(statements.get(Sid)?.Action ?? []), action])].sort(),
      Resource: resources(thing).map(anyAccount),
      ...(names.length && { Condition }),
    });
  }
  return inDocuments([...statements.values()].sort((a, b) => (a.Sid! < b.Sid! ? -1 : 1)));
}

const capital = (text: string) => text.slice(0, 1).toUpperCase() + text.slice(1);
const merged = (conditions: readonly Spec[]): Spec => {
  const all: Record<string, Spec> = {};
  for (const [operator, tests] of conditions.flatMap((condition) => Object.entries(condition)))
    all[operator] = { ...all[operator], ...(tests as Spec) };
  return all;
};

/** IAM quotas, managed policy: white space does not count. */
const LONGEST = 6_144;
const documentOf = (Statement: readonly Statement[]): PolicyDocument => ({ Version: '2012-10-17', Statement });

function inDocuments(statements: readonly Statement[]): PolicyDocument[] {
  const documents: Statement[][] = [[]];
  for (const statement of statements) {
    const last = documents.at(-1)!;
    if (JSON.stringify(documentOf([...last, statement])).length > LONGEST) documents.push([statement]);
    else last.push(statement);
  }
  return documents.map(documentOf);
}

/** What the three roles need at most, whatever their prefix and their regions: for their permissions boundary. */
export function rolesBoundary({ partition, account = CALLERS_ACCOUNT }: Place): PolicyDocument {
  const names = namesOf('*', partition, account);
  const keys = [{ region: '*', arn: `arn:${partition}:kms:*:*:key/*` }];
  const anybody = { radRoleArn: '', externalId: '' };
  const roles = [
    subscriptionRole(names, keys),
    deliveryRole(names, account, keys),
    readerRole(names, account, anybody, keys),
  ];
  const statements = roles.flatMap(({ permissions }) => list(permissions.Statement) as unknown as readonly Statement[]);
  const scopes = new Map<string, Statement>();
  for (const statement of statements) {
    const scope = JSON.stringify([statement.Resource, statement.Condition]);
    const Action = [...new Set([...(scopes.get(scope)?.Action ?? []), ...statement.Action])].sort();
    scopes.set(scope, { ...statement, Action, Resource: statement.Resource.map(anyAccount) });
  }
  return documentOf([...scopes.values()]);
}
