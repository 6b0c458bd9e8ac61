import type { Step } from '../engine/plan.ts';
import { isOurs } from '../engine/plan.ts';
import type { Spec } from '../engine/resource.ts';
import { as, type Check, type Exam, type Found, whyUnknown } from './exam.ts';
import { codeThatUndoes } from './infrastructure-code.ts';
import { type Path, type Place, pathsOf } from './place.ts';

/** Of each cluster: does it log, is its log group as it must be, does our filter stand on it, and will it all stay so? */
export function clusterExams(place: Place): Exam[] {
  const paths = pathsOf(place);
  const exam = (check: Check, fine: string, look: (path: Path) => Found[], read?: (path: Path) => Step): Exam => ({
    check,
    region: place.region,
    fine,
    findings: paths.flatMap(look),
    unknown: read && unreadable(paths.map(read)),
  });
  return [
    exam(
      'audit-logging',
      'audit logging is on',
      (path) => audit(place, path),
      ({ logging }) => logging,
    ),
    exam(
      'log-groups',
      'log groups are there, and take filters',
      (path) => logGroup(place, path),
      ({ group }) => group,
    ),
    exam(
      'filters',
      'our filters stand as they were made',
      (path) => filters(place, path),
      ({ filter }) => filter,
    ),
    exam('infrastructure-code', 'no tool is known that would turn audit logging off', ({ logging }) =>
      codeThatUndoes(logging),
    ),
  ];
}

/** Why of these things some could not be read, each reason once. */
export function unreadable(steps: readonly Step[]): string | undefined {
  const reasons = steps.flatMap(({ reason, error }) => (reason === 'unreadable' && error ? [whyUnknown(error)] : []));
  const unique = [...new Set(reasons)];
  return unique.length
    ? [unique[0], unique.length > 1 && `and ${unique.length - 1} more`].filter(Boolean).join('; ')
    : undefined;
}

const isOn = ({ logging }: Path) => logging.actual.spec.audit === true;
const isRead = ({ reason }: Step) => reason !== 'unreadable';

function audit({ region, connected, mend }: Place, path: Path): Found[] {
  const { name: id, logging, wasConnected } = path;
  if (!isRead(logging) || isOn(path)) return [];
  const base = { region, id, hint: mend };
  if (wasConnected)
    return [
      as('error', {
        ...base,
        code: 'AUDIT_OFF',
        message: `audit logging of cluster ${id} in ${region} has been turned off: no events come from it`,
      }),
    ];
  return connected ? [notConnected(base, 'its audit logging is off')] : [];
}

/** A cluster of a connected region that no run has connected yet, as far as can be seen. */
const notConnected = (base: { readonly region: string; readonly id: string; readonly hint: string }, why: string) =>
  as('warning', {
    ...base,
    code: 'NOT_CONNECTED',
    message: `cluster ${base.id} in ${base.region} is not connected: ${why}`,
  });

function logGroup({ region, connected, mend }: Place, path: Path): Found[] {
  const { name, group, filter, wasConnected } = path;
  const { name: id } = group.resource;
  // What AWS refuses of a group is met by the filter that is to stand on it.
  const refusal = filter.error?.code === 'LOG_CLASS_UNSUPPORTED' ? [blocked(region, filter)] : [];
  if (!isRead(group) || group.actual.exists || !(connected && (wasConnected || isOn(path)))) return refusal;
  return [
    as('error', {
      code: 'LOG_GROUP_MISSING',
      region,
      id,
      message: `log group ${id} in ${region} is gone, and the filter with it: EKS makes it anew without one, and no events of cluster ${name} come`,
      hint: mend,
    }),
  ];
}

function filters({ region, connected, mend }: Place, path: Path): Found[] {
  const { name, logging, group, filter } = path;
  const { name: id } = filter.resource;
  if (filter.action === 'blocked' && isRead(filter))
    return filter.error?.code === 'LOG_CLASS_UNSUPPORTED' ? [] : [blocked(region, filter)];
  if (filter.actual.exists)
    return filter.action === 'update'
      ? [
          as('warning', {
            code: 'DRIFTED',
            region,
            id,
            message: `filter on ${id} in ${region} ${differs(filter)}`,
            hint: mend,
          }),
        ]
      : [];
  const others = (filter.actual.facts.others ?? []) as readonly Spec[];
  const shared = others.length ? [sharedWith(region, id, others)] : [];
  if (!isRead(filter) || !connected || !isOn(path) || !group.actual.exists) return shared;
  if (!isOurs(logging.resource, logging.actual))
    return [notConnected({ region, id: name, hint: mend }, 'its log group has no filter of ours'), ...shared];
  return [
    as('error', {
      code: 'FILTER_MISSING',
      region,
      id,
      message: `log group ${id} in ${region} has lost our filter, or was deleted and made anew by EKS without it: no events of cluster ${name} come`,
      hint: mend,
    }),
    ...shared,
  ];
}

/** A log group takes few filters: who holds the others. */
const sharedWith = (region: string, id: string, others: readonly Spec[]): Found =>
  as('note', {
    code: 'FILTER_SLOTS_SHARED',
    region,
    id,
    message: `log group ${id} in ${region} has other filters, of the few it takes: ${others.map(({ name, destination }) => `${name} (${destination})`).join(', ')}`,
    hint: null,
  });

export const blocked = (region: string, { resource, error }: Step): Found =>
  as('error', {
    code: error!.code,
    region,
    id: resource.name,
    message: error!.message,
    hint: error!.hint ?? null,
  });

export const differs = ({ changes, reason }: Step): string => {
  const paths = [...new Set(changes.map(({ path }) => path).filter((path) => !path.startsWith('tags.rad-connect:')))];
  const what = paths.length ? `: ${paths.join(', ')}` : '';
  return reason === 'unfinished' ? `was never finished${what}` : `is not as it was made${what}`;
};
