import type { Step } from '../engine/plan.ts';
import { blocked, differs, unreadable } from './clusters.ts';
import { as, type Exam, type Found } from './exam.ts';
import type { Place } from './place.ts';

/** What stands between the filters and RAD, once per account or region: roles, or bucket, stream and error log. */
export function deliveryExam(place: Pick<Place, 'region' | 'steps' | 'mend' | 'connected'>): Exam {
  const { region, connected } = place;
  const steps = place.steps.filter(isOfPipeline);
  return {
    check: 'delivery',
    region,
    findings: connected
      ? steps.flatMap((step) => thing(place, step))
      : steps.filter(isBlocked).map((step) => blocked(region, step)),
    unknown: unreadable(steps),
    fine:
      region === 'global'
        ? 'roles and record are as they were made'
        : 'bucket, stream and error log are as they were made',
  };
}

/** Log groups of clusters are looked at with their clusters. */
const isOfPipeline = ({ resource: { type, claim } }: Step) =>
  type === 'iam:role' ||
  type === 's3:bucket' ||
  type === 'firehose:delivery-stream' ||
  type === 'rad:registration' ||
  (type === 'logs:log-group' && claim === 'tag');

const isBlocked = ({ action, reason, error }: Step) =>
  action === 'blocked' && reason !== 'unreadable' && error !== undefined;

function thing({ region, mend }: Pick<Place, 'region' | 'mend'>, step: Step): Found[] {
  const { resource, actual, action } = step;
  const { type, name: id } = resource;
  const what = `${type} ${id}${region === 'global' ? '' : ` in ${region}`}`;
  const base = { region, id, hint: mend };
  if (isBlocked(step)) return [blocked(region, step)];
  const status = actual.facts.status;
  if (type === 'firehose:delivery-stream' && actual.exists && /FAILED|DELETING/.test(String(status)))
    return [
      as('error', {
        ...base,
        code: 'STREAM_FAILED',
        message: `${what} is ${status}: nothing is delivered from ${region}`,
      }),
    ];
  if (action === 'create') {
    const severity = type === 'logs:log-group' || type === 'rad:registration' ? 'warning' : 'error';
    return [
      as(severity, {
        ...base,
        code: 'MISSING',
        message: `${what} is missing: ${CONSEQUENCES[type] ?? 'nothing is delivered'}`,
      }),
    ];
  }
  if (action === 'update') return [as('warning', { ...base, code: 'DRIFTED', message: `${what} ${differs(step)}` })];
  if (action === 'keep')
    return [
      as('note', {
        ...base,
        code: 'STRICTER',
        message: `${what} is stricter than it was made, and stays so: ${step.kept.map(({ path }) => path).join(', ')}`,
        hint: null,
      }),
    ];
  return [];
}

const CONSEQUENCES: Partial<Record<Step['resource']['type'], string>> = {
  'logs:log-group': 'what cannot be delivered is told nowhere',
  'rad:registration': 'RAD does not know of this account',
};
