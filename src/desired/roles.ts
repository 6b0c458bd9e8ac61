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
  const used = (arn: string) =>
    usedRole(home, roleNameOf(arn), {}, { refused: ({ exists, facts }) => notThere(arn, exists, facts.arn) });

  const reader = settings.auditLogsRoleArn
    ? used(arns.reader)
    : role(home, names.role.reader, spec(readerRole(names, id, settings, keys)), {
        ...common,
        labels: registryLabels(settings, partition, connected),
        insist: insist(settings, { permissionsBoundary: 'boundary', externalId: 'trust' }),
        ...stay.reader,
      });
  const registry = holder ?? reader;

  const service = (given: string, name: string, documents: { trust: Spec; permissions: Spec }) =>
    given && !isLeaving
      ? used(given)
      : role(home, name, spec(documents), {
          ...common,
          needs: [registry],
          unsure: !settings.recorded.isWhole,
          refused: elsewhere(names.roleArn(name, settings.rolePath)),
          ...stay.serviceRole(registry),
        });
  const subscription = service(settings.cloudwatchRoleArn, names.role.subscription, subscriptionRole(names, keys));
  const delivery = service(settings.firehoseRoleArn, names.role.delivery, deliveryRole(names, id, keys));
  const readers = isLeaving && settings.auditLogsRoleArn ? [] : [reader];
  return { registry, subscription, delivery, all: [...readers, subscription, delivery] };
}

/** The ARN is not known where the role may not be looked at. */
function notThere(arn: string, exists: boolean, seen: unknown): RadError | undefined {
  if (exists && (seen === undefined || seen === arn)) return undefined;
  return new RadError('ROLE_MISSING', `the role ${arn} does not exist${seen ? `: there is ${seen}` : ''}`, {
    hint: 'make it, or name another one: --firehose-role-arn, --cloudwatch-role-arn, --audit-logs-role-arn',
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
