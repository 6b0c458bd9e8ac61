import { list } from '../aws/documents.ts';
import { permits, type Question } from '../aws/permits.ts';
import type { Names } from '../desired/names.ts';
import { type Need, type ROLES, roleNeeds } from '../desired/needs.ts';
import { roleArns, roleNameOf } from '../desired/roles.ts';
import type { Settings } from '../desired/settings.ts';
import type { Step } from '../engine/plan.ts';
import type { Json, Spec } from '../engine/resource.ts';
import { as, type Exam, type Found } from './exam.ts';
import { type Place, stepOf } from './place.ts';

type Account = Pick<Place, 'names' | 'account' | 'settings' | 'mend' | 'steps'>;

/** What a role that was made elsewhere lacks is told by what has looked at it. */
function documentOf(step: Step | undefined, field: 'trust' | 'permissions'): Spec[] {
  if (step?.resource.claim === 'used') return [{ Statement: [ANYTHING] }];
  const value = step?.actual.spec[field];
  return value ? [value as Spec] : [];
}

function roleNames(names: Names, settings: Settings) {
  const { reader, delivery, subscription } = roleArns(names, settings);
  return { reader: roleNameOf(reader), delivery: roleNameOf(delivery), subscription: roleNameOf(subscription) };
}

/** Whether RAD's own role may become the reader role at all. */
export function radTrustExam({ names, settings, mend, steps }: Account): Exam {
  const { radRoleArn, externalId } = settings;
  const { reader: role } = roleNames(names, settings);
  const reader = stepOf({ steps }, 'iam:role', role);
  const base = { check: 'rad-access', region: 'global', fine: `${radRoleArn} may become ${role}` } as const;
  if (!reader?.actual.exists) return { ...base, findings: [], unknown: `there is no role ${role}` };
  const rad = radRoleArn.split(':')[4]!;
  const principals = [radRoleArn, rad, radRoleArn.replace(/:role\/.*$/, ':root')];
  const context = { 'sts:externalid': externalId || null, 'aws:principalarn': radRoleArn, 'aws:principalaccount': rad };
  const may = permits(documentOf(reader, 'trust'), { action: 'sts:AssumeRole', principals, context });
  if (may) return { ...base, findings: [] };
  const how = externalId ? `with the external id ${externalId}` : 'without an external id';
  return {
    ...base,
    findings: [
      as('error', {
        code: 'RAD_CANNOT_READ',
        region: 'global',
        id: role,
        message: `the trust of role ${role} does not let ${radRoleArn} assume it ${how}: RAD reads nothing`,
        hint: mend,
      }),
    ],
  };
}

/** Whether the reader role could list this region's bucket and read what is in it. */
export function radAccessExam(place: Place): Exam {
  const { names, region, settings } = place;
  const { reader, store, bucket } = seen(place);
  const { reader: role } = roleNames(names, settings);
  const base = { check: 'rad-access', region, fine: `${role} could read the bucket` } as const;
  if (!reader?.exists || !store?.exists)
    return { ...base, findings: [], unknown: 'the role or the bucket is not there, or could not be read' };
  const findings = lacking(place, 'reader').map(({ why, hint }) =>
    as('error', {
      code: 'RAD_CANNOT_READ',
      region,
      id: bucket,
      message: `role ${role} cannot read bucket ${bucket} in ${region}: ${why}`,
      hint,
    }),
  );
  return { ...base, findings };
}

/** Without these of its rights Firehose delivers nothing; the others it needs to write in parts, and to tell of errors. */
const isVital = ({ action }: Question) => action === 's3:PutObject' || action.startsWith('kms:');

/**
 * Whether CloudWatch Logs may put records on the stream, and Firehose objects into the bucket: errors where they may not, and warnings
 * where they lack something else, or where it cannot be told.
 */
export function serviceRoles(place: Place): Found[] {
  const { names, account, region, mend, settings } = place;
  const { store } = seen(place);
  const { delivery, subscription } = roleNames(names, settings);
  const of = (role: string) => stepOf(place, 'iam:role', role);
  if (![delivery, subscription].every((role) => of(role)?.actual.exists) || !store?.exists) return [];
  const mayBecome = (role: string, principal: string, context: Question['context']) =>
    permits(documentOf(of(role), 'trust'), { action: 'sts:AssumeRole', principals: [principal], context });
  const sourceArn = names.logsSourceArn.replace('*', region);
  const assumed = (may: boolean, why: string): Lack[] => (may ? [] : [{ why, hint: mend }]);
  const prefixed = (start: string, lacks: readonly Lack[]) =>
    lacks.map(({ why, hint }) => ({ why: `${start}: ${why}`, hint }));
  const lacks = [
    ...assumed(
      mayBecome(subscription, names.logsService, { 'aws:sourcearn': sourceArn, 'aws:sourceaccount': account }),
      `CloudWatch Logs may not assume role ${subscription}`,
    ),
    ...prefixed(`role ${subscription} cannot put records`, lacking(place, 'subscription')),
    ...assumed(
      mayBecome(delivery, 'firehose.amazonaws.com', { 'sts:externalid': account, 'aws:sourceaccount': account }),
      `Firehose may not assume role ${delivery}`,
    ),
    ...prefixed(`role ${delivery} cannot deliver`, lacking(place, 'delivery', isVital)),
  ];
  const base = { region, id: names.stream };
  const flaws = lacking(place, 'delivery', (question) => !isVital(question));
  return [
    ...lacks.map(({ why, hint }) =>
      as('error', { ...base, code: 'DELIVERY_DENIED', message: `delivery in ${region} is denied: ${why}`, hint }),
    ),
    ...flaws.map(({ why, hint }) =>
      as('warning', {
        ...base,
        code: 'ROLE_PERMISSIONS',
        message: `role ${delivery} lacks rights in ${region}: ${why}`,
        hint,
      }),
    ),
    ...(lacks.length ? [] : doubts(place)),
  ];
}

/** A statement that somebody has added denies under conditions of which it is not known whether Firehose meets them. */
function doubts(place: Place): Found[] {
  const { names, region } = place;
  const { bucket } = seen(place);
  const { questions, principals, policy } = askedOf(place, 'delivery');
  const doubted = questions.filter(({ resource }) => isOfBucket(place, resource)).filter(isVital);
  if (doubted.every((question) => permits([policy], { ...question, principals }, true))) return [];
  return [
    as('warning', {
      code: 'DELIVERY_UNSURE',
      region,
      id: names.stream,
      message: `delivery in ${region} may be denied: a statement added to the policy of bucket ${bucket} denies s3:PutObject under conditions that cannot be weighed`,
      hint: `see it: aws s3api get-bucket-policy --bucket ${bucket}; or try it: rad-connect verify --canary`,
    }),
  ];
}

function seen(place: Place) {
  const { names, region, settings } = place;
  const bucket = names.bucket(region);
  const store = stepOf(place, 's3:bucket', bucket)?.actual;
  const stream = stepOf(place, 'firehose:delivery-stream', names.stream)?.actual;
  return {
    bucket,
    store,
    keys: {
      bucket: (store?.spec.encryption as { readonly kmsKey?: string | null } | undefined)?.kmsKey,
      stream: /^arn:/.test(String(stream?.spec.encryption)) ? String(stream?.spec.encryption) : undefined,
    },
    reader: stepOf(place, 'iam:role', roleNames(names, settings).reader)?.actual,
  };
}

interface Lack {
  readonly why: string;
  readonly hint: string;
}

const isOfBucket = ({ names, region }: Place, resource = '') =>
  resource.startsWith(names.bucketArn(names.bucket(region)));

/** All that a role needs here, with the keys that are there, and the policy of the bucket. */
function askedOf(place: Place, role: (typeof ROLES)[number]) {
  const { names, account, region, settings } = place;
  const { store, keys } = seen(place);
  const key = role === 'subscription' ? keys.stream : keys.bucket;
  const needs: readonly Need[] = roleNeeds(names, account, [region], key ? [{ region, arn: key }] : [])[role];
  const roleArn = roleArns(names, settings)[role];
  const known = {
    'aws:principalaccount': account,
    'aws:principalarn': roleArn,
    'aws:securetransport': 'true',
    'aws:principalisawsservice': 'false',
  };
  const principals = [roleArn, account, roleArn.replace(/:role\/.*$/, ':root'), '*'];
  const questions = needs.flatMap(({ actions, resources, context }): Question[] =>
    resources.flatMap((resource) => actions.map((action) => ({ action, resource, context: { ...known, ...context } }))),
  );
  const { ours, others } = (store?.spec.policy ?? {}) as { readonly ours?: Json; readonly others?: Json };
  return {
    questions,
    key,
    roleArn,
    principals,
    policy: { Statement: [ANYTHING, ...list(ours), ...list(others)] } as Spec,
  };
}

/** What of its needs a role may not do, by its own policy, or by the bucket's. */
function lacking(
  place: Place,
  role: (typeof ROLES)[number],
  isMeant: (question: Question) => boolean = () => true,
): Lack[] {
  const { mend } = place;
  const { bucket } = seen(place);
  const { questions: all, key, roleArn, principals, policy } = askedOf(place, role);
  const questions = all.filter(isMeant);
  const own = documentOf(stepOf(place, 'iam:role', roleNameOf(roleArn)), 'permissions');
  const words = (refused: readonly Question[]) =>
    refused.map(({ action, resource }) => (resource === key ? `${action} with ${key}` : action)).join(', ');
  const denied = questions.filter((question) => !permits(own, question));
  const refused = questions
    .filter(({ resource }) => isOfBucket(place, resource))
    .filter((question) => !permits([policy], { ...question, principals }));
  return [
    ...(denied.length ? [{ why: `its policy does not allow ${words(denied)}`, hint: mend }] : []),
    // A statement that somebody has added is never taken off by us.
    ...(refused.length
      ? [
          {
            why: `the policy of the bucket denies ${words(refused)}`,
            hint: `see what was added to its policy: aws s3api get-bucket-policy --bucket ${bucket}`,
          },
        ]
      : []),
  ];
}

/** A bucket of the same account needs no statement that allows: only one that denies counts. */
const ANYTHING: Spec = { Effect: 'Allow', Principal: { '*': ['*'] }, Action: ['*'], Resource: ['*'] };
