import { list } from '../aws/documents.ts';
import { permits, type Question } from '../aws/permits.ts';
import type { Json, Spec } from '../engine/resource.ts';
import type { Finding } from '../render/document.ts';
import { as, type Exam } from './exam.ts';
import { type Place, stepOf } from './place.ts';

type Found = Omit<Finding, 'check'>;
type Account = Pick<Place, 'names' | 'account' | 'settings' | 'mend' | 'steps'>;

const documentOf = (value: Json | undefined): Spec[] => (value ? [value as Spec] : []);

/** Whether RAD's own role may become the reader role at all. */
export function radTrustExam({ names, settings, mend, steps }: Account): Exam {
  const { radRoleArn, externalId } = settings;
  const reader = stepOf({ steps }, 'iam:role', names.role.reader)?.actual;
  const base = {
    check: 'rad-access',
    region: 'global',
    fine: `${radRoleArn} may become ${names.role.reader}`,
  } as const;
  if (!reader?.exists) return { ...base, findings: [], unknown: `there is no role ${names.role.reader}` };
  const rad = radRoleArn.split(':')[4]!;
  const principals = [radRoleArn, rad, radRoleArn.replace(/:role\/.*$/, ':root')];
  const context = { 'sts:externalid': externalId || null, 'aws:principalarn': radRoleArn, 'aws:principalaccount': rad };
  const may = permits(documentOf(reader.spec.trust), { action: 'sts:AssumeRole', principals, context });
  if (may) return { ...base, findings: [] };
  const how = externalId ? `with the external id ${externalId}` : 'without an external id';
  return {
    ...base,
    findings: [
      as('error', {
        code: 'RAD_CANNOT_READ',
        region: 'global',
        id: names.role.reader,
        message: `the trust of role ${names.role.reader} does not let ${radRoleArn} assume it ${how}: RAD reads nothing`,
        hint: mend,
      }),
    ],
  };
}

/** Whether the reader role could list this region's bucket and read what is in it. */
export function radAccessExam(place: Place): Exam {
  const { names, region, mend } = place;
  const { reader, store, bucket, key } = seen(place);
  const base = { check: 'rad-access', region, fine: `${names.role.reader} could read the bucket` } as const;
  if (!reader?.exists || !store?.exists)
    return { ...base, findings: [], unknown: 'the role or the bucket is not there, or could not be read' };
  const why = lackingOnBucket(
    place,
    names.role.reader,
    ['s3:ListBucket'],
    ['s3:GetObject'],
    key ? ['kms:Decrypt'] : [],
  );
  const findings = why.map((reason) =>
    as('error', {
      code: 'RAD_CANNOT_READ',
      region,
      id: bucket,
      message: `role ${names.role.reader} cannot read bucket ${bucket} in ${region}: ${reason}`,
      hint: mend,
    }),
  );
  return { ...base, findings };
}

/** Whether CloudWatch Logs may put records on the stream, and Firehose objects into the bucket. */
export function serviceRoles(place: Place): Found[] {
  const { names, account, region, mend } = place;
  const { store, bucket, key } = seen(place);
  const { delivery, subscription } = names.role;
  const specOf = (role: string) => stepOf(place, 'iam:role', role)?.actual;
  if (![delivery, subscription].every((role) => specOf(role)?.exists) || !store?.exists) return [];
  const mayBecome = (role: string, principal: string, context: Question['context']) =>
    permits(documentOf(specOf(role)?.spec.trust), { action: 'sts:AssumeRole', principals: [principal], context });
  const sourceArn = names.logsSourceArn.replace('*', region);
  const streamArn = names.streamArn(region);
  const put = { action: 'firehose:PutRecordBatch', resource: streamArn, context: {} };
  const reasons = [
    !mayBecome(subscription, names.logsService, { 'aws:sourcearn': sourceArn, 'aws:sourceaccount': account }) &&
      `CloudWatch Logs may not assume role ${subscription}`,
    !permits(documentOf(specOf(subscription)?.spec.permissions), put) &&
      `role ${subscription} may not put records on ${streamArn}`,
    !mayBecome(delivery, 'firehose.amazonaws.com', { 'sts:externalid': account, 'aws:sourceaccount': account }) &&
      `Firehose may not assume role ${delivery}`,
    ...lackingOnBucket(place, delivery, [], ['s3:PutObject'], key ? ['kms:GenerateDataKey'] : []).map(
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
  const { names, region } = place;
  const bucket = names.bucket(region);
  const store = stepOf(place, 's3:bucket', bucket)?.actual;
  const key = (store?.spec.encryption as { readonly kmsKey?: string | null } | undefined)?.kmsKey;
  return { bucket, store, key, reader: stepOf(place, 'iam:role', names.role.reader)?.actual };
}

/** What of this a role may not do, by its own policy, the bucket's, or for the bucket's key. */
function lackingOnBucket(
  place: Place,
  role: string,
  onBucket: readonly string[],
  onObjects: readonly string[],
  onKey: readonly string[],
): string[] {
  const { names, account, region } = place;
  const { bucket, store, key } = seen(place);
  const own = documentOf(stepOf(place, 'iam:role', role)?.actual.spec.permissions);
  const arn = names.bucketArn(bucket);
  const roleArn = names.roleArn(role);
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
