import { trustOf } from '../aws/kinds/role.ts';
import { permits, type Question } from '../aws/permits.ts';
import { seemsDenied } from '../aws/simulate.ts';
import { type Region, regionSettings } from '../desired/account.ts';
import { ROLES, roleNeeds } from '../desired/needs.ts';
import { deliveryRole, readerRole, subscriptionRole } from '../desired/policies.ts';
import { GIVEN_ROLES, roleArns, roleNameOf } from '../desired/roles.ts';
import { isNewlyGiven, keysOf, type Settings } from '../desired/settings.ts';
import { RadError } from '../engine/errors.ts';
import type { Json, Spec } from '../engine/resource.ts';
import type { Notice } from '../render/document.ts';
import type { Context } from './context.ts';
import type { Home } from './discover.ts';
import { look } from './inspect.ts';
import { noSuch } from './values.ts';

type Which = (typeof ROLES)[number];

/**
 * What roles that were made elsewhere seem to lack, each with the statement to add. They are never changed. Throws USAGE for one
 * that this run names for the first time, and that is not there or lets somebody else in: nothing of it is recorded.
 */
export async function lookAtRoles(
  home: Home,
  regions: readonly Region[],
  settings: Settings,
  context: Context,
): Promise<Notice[]> {
  const used = ROLES.filter((which) => settings[GIVEN_ROLES[which].setting]);
  const told = await Promise.all(used.map((which) => lookAt(home, regions, settings, which, context)));
  return told.flat();
}

async function lookAt(
  { aws, names, account }: Home,
  looked: readonly Region[],
  settings: Settings,
  which: Which,
  context: Context,
): Promise<Notice[]> {
  const regions = looked.map(({ aws: { region } }) => region);
  const keys = keysOf(settings, regionSettings(looked, settings));
  const arn = roleArns(names, settings)[which];
  const documents = {
    subscription: subscriptionRole(names, keys),
    delivery: deliveryRole(names, account, keys),
    reader: readerRole(names, account, settings, keys),
  }[which];
  const seen = await look(context, 'iam:GetRole', (calls) => trustOf(aws, roleNameOf(arn), calls));
  const { trust, arn: there } = ('seen' in seen && seen.seen) || {};
  const { option, setting } = GIVEN_ROLES[which];
  const isNew = isNewlyGiven(settings, setting);
  if ('seen' in seen && there !== arn) {
    // The plan tells it of one that is recorded.
    if (!isNew) return [];
    throw noSuch(option, arn, 'role', there);
  }
  const needs = roleNeeds(names, account, regions, keys)[which].map(({ context: known, ...need }) => ({
    ...need,
    context: Object.fromEntries(Object.entries(known).map(([key, value]) => [key, [value]])),
  }));
  const answer = await look(context, 'iam:SimulatePrincipalPolicy', (calls) => seemsDenied(aws, arn, needs, calls));
  const refused = 'seen' in answer ? answer.seen : [];
  const unseen = [seen, answer].flatMap((one) => ('unseen' in one ? one.unseen : []));
  const [stranger] = trustQuestions(account, regions, settings, names)[which].filter(
    (question) => trust && !permits([trust], question),
  );
  if (isNew && stranger) throw wrongTrust(`${option} ${arn}`, stranger, documents.trust);
  return [
    ...(stranger
      ? [lack('ROLE_TRUST', arn, `seems not to let ${stranger.principals[0]} assume it`, documents.trust)]
      : []),
    ...(refused.length
      ? [lack('ROLE_PERMISSIONS', arn, `seems not to be allowed ${refused.join(', ')}`, documents.permissions, refused)]
      : []),
    ...unseen.map(({ error }) => unchecked(arn, error)),
  ];
}

/** Whole: the statements are to be copied. */
function wrongTrust(option: string, { principals, context }: Question, { Statement }: Spec): RadError {
  const id = context['sts:externalid'];
  const how = id === undefined ? '' : id === null ? ' without an external id' : ` with the external id ${id}`;
  return new RadError(
    'USAGE',
    `${option}: its trust does not let ${principals?.[0]} assume it${how}: add to its trust ${asText(Statement)}, or leave the option out`,
  );
}

const asText = (statements: Json | undefined): string =>
  (statements as readonly Json[]).map((statement) => JSON.stringify(statement)).join(', ');

const unchecked = (arn: string, { message, hint }: RadError): Notice => ({
  code: 'ROLE_UNCHECKED',
  region: 'global',
  id: roleNameOf(arn),
  message: `the role ${arn}, made elsewhere, could not be looked at: ${message}`,
  hint: hint ?? null,
});

/** Who assumes each role, and what is known of the request. */
function trustQuestions(
  account: string,
  regions: readonly string[],
  settings: Settings,
  names: Home['names'],
): Record<Which, (Question & { principals: readonly string[] })[]> {
  const action = 'sts:AssumeRole';
  const service = (name: string, region: string) => {
    const all = [`${name}.amazonaws.com`, `${name}.${region}.amazonaws.com`];
    return [...all, ...all.map((one) => `${one}.cn`)];
  };
  const { radRoleArn, externalId } = settings;
  const [, partition, , , rad = ''] = radRoleArn.split(':');
  const principals = [radRoleArn, rad, `arn:${partition}:iam::${rad}:root`];
  return {
    subscription: regions.map((region) => ({
      action,
      principals: service('logs', region),
      context: { 'aws:sourceaccount': account, 'aws:sourcearn': names.logGroupArn(region, '/aws/eks/cluster/cluster') },
    })),
    delivery: regions.map((region) => ({
      action,
      principals: service('firehose', region),
      context: { 'sts:externalid': account },
    })),
    reader: [
      { action, principals, context: { 'sts:externalid': externalId || null } },
      { action: 'sts:TagSession', principals, context: {} },
    ],
  };
}

/** Of a document of ours, the statements that would help. */
function lack(code: string, arn: string, what: string, { Statement }: Spec, refused?: readonly string[]): Notice {
  const statements = (Statement as readonly Spec[]).filter(
    ({ Action }) => !refused || (Action as readonly Json[]).some((action) => refused.includes(String(action))),
  );
  return {
    code,
    region: 'global',
    id: roleNameOf(arn),
    message: `the role ${arn}, made elsewhere, ${what}`,
    hint: `add to its ${refused ? 'permissions' : 'trust'}: ${asText(statements)}`,
  };
}
