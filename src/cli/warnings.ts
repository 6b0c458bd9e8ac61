import type { Account } from '../desired/account.ts';
import { isOfModule } from '../desired/adoption.ts';
import { IN_CONSOLE } from '../desired/departure.ts';
import { isRegistry } from '../desired/record.ts';
import { roleArns } from '../desired/roles.ts';
import type { Settings } from '../desired/settings.ts';
import type { Outcome } from '../engine/event.ts';
import { type Goal, isOurs, type Step } from '../engine/plan.ts';
import { shellWord } from '../engine/shell.ts';
import type { Notice } from '../render/document.ts';

/** What is worth saying about an account as it was seen, without stopping anything. */
export function stepWarnings(goal: Goal, steps: readonly Step[], settings: Settings, account: Account): Notice[] {
  if (goal === 'absent')
    return steps.flatMap((step) => registrationRemains(step, roleArns(account.names, settings).reader));
  if (steps.length === 0) return [];
  return [
    ...(settings.externalId ? [] : [noExternalId]),
    ...notRegistered(steps, account, settings),
    ...readsWithAnother(steps, settings),
    ...steps.flatMap(neverExpires),
    ...steps.flatMap(unknownKey),
    ...(account.adoption ? [] : steps.flatMap(deliveredTwice)),
  ];
}

function deliveredTwice({ resource, actual, action }: Step): Notice[] {
  const others = (actual.facts.others ?? []) as readonly { readonly name: string; readonly destination: string }[];
  if (resource.type !== 'logs:subscription-filter' || action === 'blocked' || !others.some(isOfModule)) return [];
  const { region, name } = resource;
  return [
    {
      code: 'DOUBLE_DELIVERY',
      region,
      id: name,
      message: `RAD's Terraform module delivers ${name} in ${region} too: every event would reach RAD twice`,
      hint: 'take over from it: rad-connect enable-audit --adopt',
    },
  ];
}

/** Said when the account is connected for the first time: later on it may have been done by hand. */
function notRegistered(steps: readonly Step[], { id, names, rad, registry }: Account, settings: Settings): Notice[] {
  const isNew = !isRegistry(registry.tags) && steps.some(({ action }) => action === 'create');
  if (rad || !isNew) return [];
  return [
    {
      code: 'RAD_NOT_REGISTERED',
      region: 'global',
      id,
      message: `RAD is not told of account ${id}: RAD_ACCESS_KEY_ID and RAD_SECRET_KEY are not set`,
      hint: `add the account in RAD's console, with the role ${roleArns(names, settings).reader}; or set both keys and run again`,
    },
  ];
}

/** RAD's API registers an account once: a role that is replaced later on has to be told by hand. */
function readsWithAnother(steps: readonly Step[], { given, recorded }: Settings): Notice[] {
  const [before, now] = [recorded.account.auditLogsRoleArn, given.auditLogsRoleArn];
  const known = steps.find(({ resource, actual }) => resource.type === 'rad:registration' && actual.exists);
  if (!known || !now || !before || now === before) return [];
  const { name: id } = known.resource;
  return [
    {
      code: 'RAD_READS_WITH_ANOTHER',
      region: 'global',
      id,
      message: `RAD was told to read account ${id} with the role ${before}`,
      hint: `change it to ${now} in RAD's console`,
    },
  ];
}

/** RAD may read such an account with another role, and never see these logs. */
export async function knownToRad(
  outcomes: readonly Outcome[],
  { names, id }: Account,
  settings: Settings,
): Promise<Notice[]> {
  const ended = outcomes.find(({ step, status }) => step.resource.type === 'rad:registration' && status === 'done');
  const now = await ended?.step.resource.read('fresh').catch(() => undefined);
  return now?.facts.state === 'existing' ? [radKnows(id, roleArns(names, settings).reader)] : [];
}

export const radKnows = (id: string, reader: string): Notice => ({
  code: 'RAD_KNOWS_ACCOUNT',
  region: 'global',
  id,
  message: `RAD knew account ${id} before: its registration was left as it is`,
  hint: `see in RAD's console that it reads with the role ${reader} and the external id of this account`,
});

function registrationRemains({ resource, stay }: Step, reader: string): Notice[] {
  if (resource.type !== 'rad:registration' || !stay?.why.endsWith(IN_CONSOLE)) return [];
  const { name: id } = resource;
  return [
    {
      code: 'RAD_REGISTRATION_REMAINS',
      region: 'global',
      id,
      message: `account ${id} stays registered with RAD: ${stay.why.slice(0, -IN_CONSOLE.length)}`,
      hint: `in RAD's console remove the account with the role ${reader}, or put that of an installation that stays in its place`,
    },
  ];
}

const noExternalId: Notice = {
  code: 'NO_EXTERNAL_ID',
  region: 'global',
  id: '',
  message: 'no external id: anybody who can make RAD assume a role could name yours',
  hint: "take the id from RAD's console and run enable-audit with --external-id",
};

function neverExpires({ resource, actual }: Step): Notice[] {
  const { type, region, name, claim } = resource;
  const isForever =
    type === 'logs:log-group' && claim === 'if-made' && actual.exists && actual.facts.retention === null;
  if (!isForever || isOurs(resource, actual)) return [];
  const hint = `aws logs put-retention-policy --region ${region} --log-group-name ${shellWord(name)} --retention-in-days 90`;
  return [
    {
      code: 'LOG_GROUP_NEVER_EXPIRES',
      region,
      id: name,
      message: `log group ${name} in ${region} never expires: its cost only grows`,
      hint,
    },
  ];
}

/** Somebody's key stays, but our roles know only of keys that they were told of. */
function unknownKey({ resource, kept }: Step): Notice[] {
  const { type, region, name } = resource;
  const key = kept.find(({ path, before }) => /(^encryption|kmsKey)$/.test(path) && typeof before === 'string')?.before;
  if (typeof key !== 'string') return [];
  return [
    {
      code: 'KMS_KEY_UNKNOWN',
      region,
      id: name,
      message: `${type} ${name} in ${region} has a key that the roles may not use: ${key}`,
      hint: `rad-connect enable-audit --regions ${region} --kms-key ${shellWord(`${region}=${key}`)}`,
    },
  ];
}
