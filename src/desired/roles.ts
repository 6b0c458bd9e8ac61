import { roleAt, usedRole } from '../aws/kinds/role.ts';
import { RadError } from '../engine/errors.ts';
import type { Actual, Resource, Spec } from '../engine/resource.ts';
import type { Wanted } from './departure.ts';
import type { Names } from './names.ts';
import { deliveryRole, readerRole, subscriptionRole } from './policies.ts';
import { registryLabels } from './record.ts';
import { insist, keysOf, type Settings } from './settings.ts';

/** IAM's shortest. Seconds. */
const SESSION = 3600;

/** What names a role that was made elsewhere, as setting and as option. */
export const GIVEN_ROLES = {
  reader: { setting: 'auditLogsRoleArn', option: '--audit-logs-role-arn' },
  subscription: { setting: 'cloudwatchRoleArn', option: '--cloudwatch-role-arn' },
  delivery: { setting: 'firehoseRoleArn', option: '--firehose-role-arn' },
} as const satisfies Record<string, { readonly setting: keyof Settings; readonly option: string }>;

/** The ARNs of the three roles: those that were made elsewhere, else ours. Stream and filters name them. */
export const roleArns = ({ role, roleArn }: Names, settings: Settings) => ({
  reader: settings.auditLogsRoleArn || roleArn(role.reader, settings.rolePath),
  subscription: settings.cloudwatchRoleArn || roleArn(role.subscription, settings.rolePath),
  delivery: settings.firehoseRoleArn || roleArn(role.delivery, settings.rolePath),
});
export const roleNameOf = (arn: string): string => arn.slice(arn.lastIndexOf('/') + 1);

/**
 * The registry lives in the tags of our reader role, else of a bucket (`holder`): it is there before anything else and goes last.
 * A role of ours that was made before another one was named in its place goes when we leave.
 */
export function accountRoles(
  { account, settings, connected, stay }: Wanted,
  holder: Resource | undefined,
  isLeaving: boolean,
) {
  const { id, names, home, partition } = account;
  const keys = keysOf(settings, connected);
  const arns = roleArns(names, settings);
  const role = roleAt(settings.rolePath);
  const spec = (documents: { trust: Spec; permissions: Spec }) => ({
    // First: who may write roles with this boundary only may not write the rest before it is there.
    boundary: settings.permissionsBoundary || null,
    ...documents,
    maxSession: SESSION,
  });
  const common = { birth: settings.tags, insist: insist(settings, { permissionsBoundary: 'boundary' }) };
  const used = (which: keyof typeof GIVEN_ROLES) =>
    usedRole(home, roleNameOf(arns[which]), {}, { refused: (actual) => notThere(which, arns[which], actual) });

  const reader = settings.auditLogsRoleArn
    ? used('reader')
    : role(home, names.role.reader, spec(readerRole(names, id, settings, keys)), {
        ...common,
        labels: registryLabels(settings, partition, connected),
        insist: insist(settings, { permissionsBoundary: 'boundary', externalId: 'trust' }),
        ...stay.reader,
      });
  const registry = holder ?? reader;

  const service = (which: 'subscription' | 'delivery', documents: { trust: Spec; permissions: Spec }) =>
    settings[GIVEN_ROLES[which].setting] && !isLeaving
      ? used(which)
      : role(home, names.role[which], spec(documents), {
          ...common,
          needs: [registry],
          unsure: !settings.recorded.isWhole,
          refused: elsewhere(names.roleArn(names.role[which], settings.rolePath)),
          ...stay.serviceRole(registry),
        });
  const subscription = service('subscription', subscriptionRole(names, keys));
  const delivery = service('delivery', deliveryRole(names, id, keys));
  const readers = isLeaving && settings.auditLogsRoleArn ? [] : [reader];
  return { registry, reader, subscription, delivery, all: [...readers, subscription, delivery] };
}

/** The ARN is not known where the role may not be looked at. Whose the reader role is was decided at the first run. */
function notThere(which: keyof typeof GIVEN_ROLES, arn: string, { exists, facts }: Actual): RadError | undefined {
  const { arn: seen } = facts;
  if (exists && (seen === undefined || seen === arn)) return undefined;
  const { option } = GIVEN_ROLES[which];
  const other = which === 'reader' ? '' : `, or have one of ours: ${option} none`;
  return new RadError('ROLE_MISSING', `the role ${arn} does not exist${seen ? `: there is ${seen}` : ''}`, {
    hint: `make it, or name another one: rad-connect enable-audit ${option} ARN${other}`,
  });
}

/** A name is unique whatever the path, and a path can never be changed (IAM User Guide, IAM identifiers). */
const elsewhere =
  (wanted: string) =>
  ({ exists, facts }: Actual): RadError | undefined => {
    if (!exists || facts.arn === wanted) return undefined;
    const path = String(facts.arn).replace(/^[^/]*|[^/]*$/g, '');
    return new RadError('FOREIGN', `the role exists as ${facts.arn}, not as ${wanted}`, {
      hint: `name its path with --role-path ${path}, or remove the role`,
    });
  };
