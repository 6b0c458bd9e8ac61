import { list } from '../aws/documents.ts';
import { permits, type Question } from '../aws/permits.ts';
import type { Names } from '../desired/names.ts';
import { roleArns, roleNameOf } from '../desired/roles.ts';
import type { Settings } from '../desired/settings.ts';
import type { Step } from '../engine/plan.ts';
import type { Json, Spec } from '../engine/resource.ts';
import type { Finding } from '../render/document.ts';
import { as, type Exam } from './exam.ts';
import { type Place, stepOf } from './place.ts';

type Found = Omit<Finding, 'check'>;
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
  const { names, region, mend, settings } = place;
  const { reader, store, bucket, key } = seen(place);
  const { reader: role } = roleNames(names, settings);
  const base = { check: 'rad-access', region, fine: `${role} could read the bucket` } as const;
  if (!reader?.exists || !store?.exists)
    return { ...base, findings: [], unknown: 'the role or the bucket is not there, or could not be read' };
  const why = lackingOnBucket(place, 'reader', ['s3:ListBucket'], ['s3:GetObject'], key ? ['kms:Decrypt'] : []);
  const findings = why.map((reason) =>
    as('error', {
      code: 'RAD_CANNOT_READ',
      region,
      id: bucket,
      message: `role ${role} cannot read bucket ${bucket} in ${region}: ${reason}`,
      hint: mend,
    }),
  );
  return { ...base, findings };
}

/** Whether CloudWatch Logs may put records on the stream, and Firehose objects into the bucket. */
export function serviceRoles(place: Place): Found[] {
  const { names, account, region, mend, settings } = place;
  const { store, bucket, key } = seen(place);
  const { delivery, subscription } = roleNames(names, settings);
  const of = (role: string) => stepOf(place, 'iam:role', role);
  if (![delivery, subscription].every((role) => of(role)?.actual.exists) || !store?.exists) return [];
  const mayBecome = (role: string, principal: string, context: Question['context']) =>
    permits(documentOf(of(role), 'trust'), { action: 'sts:AssumeRole', principals: [principal], context });
  const sourceArn = names.logsSourceArn.replace('*', region);
  const streamArn = names.streamArn(region);
  const put = { action: 'firehose:PutRecordBatch', resource: streamArn, context: {} };
  const reasons = [
    !mayBecome(subscription, names.logsService, { 'aws:sourcearn': sourceArn, 'aws:sourceaccount': account }) &&
      `CloudWatch Logs may not assume role ${subscription}`,
    !permits(documentOf(of(subscription), 'permissions'), put) &&
      `role ${subscription} may not put records on ${streamArn}`,
    !mayBecome(delivery, 'firehose.amazonaws.com', { 'sts:externalid': account, 'aws:sourceaccount': account }) &&
      `Firehose may not assume role ${delivery}`,
    ...lackingOnBucket(place, 'delivery', [], ['s3:PutObject'], key ? ['kms:GenerateDataKey'] : []).map(
      (reason) => `role ${delivery} cannot write to bucket ${bucket}: ${reason}`,
    ),
  ].filter((reason) => reason !== false);
  return reasons.map((reason) =>
    as('error', {
      code: 'DELIVERY_DENIED',
      region,
      id: names.stream,
      message: `nothing can be delivered in ${region}: ${reason}`,
      hint: mend,
    }),
  );
}

function seen(place: Place) {
  const { names, region, settings } = place;
  const bucket = names.bucket(region);
  const store = stepOf(place, 's3:bucket', bucket)?.actual;
  const key = (store?.spec.encryption as { readonly kmsKey?: string | null } | undefined)?.kmsKey;
  return { bucket, store, key, reader: stepOf(place, 'iam:role', roleNames(names, settings).reader)?.actual };
}

/** What of this a role may not do, by its own policy, the bucket's, or for the bucket's key. */
function lackingOnBucket(
  place: Place,
  role: 'reader' | 'delivery',
  onBucket: readonly string[],
  onObjects: readonly string[],
  onKey: readonly string[],
): string[] {
  const { names, account, region, settings } = place;
  const { bucket, store, key } = seen(place);
  const roleArn = roleArns(names, settings)[role];
  const own = documentOf(stepOf(place, 'iam:role', roleNameOf(roleArn)), 'permissions');
  const arn = names.bucketArn(bucket);
  const context = {
    'aws:resourceaccount': account,
    'aws:principalaccount': account,
    'aws:principalarn': roleArn,
    'aws:securetransport': 'true',
    'aws:principalisawsservice': 'false',
  };
  const throughS3 = { 'kms:viaservice': `s3.${region}.amazonaws.com`, 'kms:encryptioncontext:aws:s3:arn': arn };
  const questions: Question[] = [
    ...onBucket.map((action) => ({ action, resource: arn, context })),
    ...onObjects.map((action) => ({ action, resource: `${arn}/2026/01/01/00/events.gz`, context })),
  ];
  const principals = [roleArn, account, roleArn.replace(/:role\/.*$/, ':root'), '*'];
  const policy = store?.spec.policy as { readonly ours?: Json; readonly others?: Json } | undefined;
  const withAnything = { Statement: [ANYTHING, ...list(policy?.ours), ...list(policy?.others)] } as Spec;
  const words = (refused: readonly Question[]) => refused.map(({ action }) => action).join(', ');
  const denied = questions.filter((question) => !permits(own, question));
  const refused = questions.filter((question) => !permits([withAnything], { ...question, principals }));
  const keys = onKey
    .map((action) => ({ action, resource: key ?? '', context: { ...context, ...throughS3 } }))
    .filter((question) => !permits(own, question));
  return [
    ...(denied.length ? [`its policy does not allow ${words(denied)}`] : []),
    ...(refused.length ? [`the policy of the bucket denies ${words(refused)}`] : []),
    ...(keys.length ? [`its policy does not allow ${words(keys)} with ${key}`] : []),
  ];
}

/** A bucket of the same account needs no statement that allows: only one that denies counts. */
const ANYTHING: Spec = { Effect: 'Allow', Principal: { '*': ['*'] }, Action: ['*'], Resource: ['*'] };
