import { isOfModule } from '../desired/adoption.ts';
import type { Settings } from '../desired/settings.ts';
import { type Goal, isOurs, type Step } from '../engine/plan.ts';
import type { Notice } from '../render/document.ts';

/** What is worth saying about an account as it was seen, without stopping anything. */
export function stepWarnings(goal: Goal, steps: readonly Step[], settings: Settings, adopting: boolean): Notice[] {
  if (goal === 'absent' || steps.length === 0) return [];
  return [
    ...(settings.externalId ? [] : [noExternalId]),
    ...steps.flatMap(neverExpires),
    ...steps.flatMap(unknownKey),
    ...(adopting ? [] : steps.flatMap(deliveredTwice)),
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
  const hint = `aws logs put-retention-policy --region ${region} --log-group-name ${name} --retention-in-days 90`;
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
      hint: `rad-connect enable-audit --regions ${region} --kms-key ${region}=${key}`,
    },
  ];
}
