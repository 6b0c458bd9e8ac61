import { AssumeRoleCommand } from '@aws-sdk/client-sts';
import { hourPrefix } from '../audit/keys.ts';
import type { Aws } from '../aws/clients.ts';
import type { Clock } from '../aws/clock.ts';
import { explain, isDenied } from '../aws/errors.ts';
import { listObjects } from '../aws/objects.ts';
import { patiently } from '../aws/patience.ts';
import { permits } from '../aws/permits.ts';
import { seemsDenied } from '../aws/simulate.ts';
import { roleArns, roleNameOf } from '../desired/roles.ts';
import { radAccessExam, radTrustExam } from '../doctor/access.ts';
import { type Place, stepOf } from '../doctor/place.ts';
import type { Step } from '../engine/plan.ts';
import type { Spec } from '../engine/resource.ts';
import type { ReaderRow } from './verification.ts';

/** Who would read, and what is known of it. */
export interface Reading {
  readonly home: Aws;
  readonly place: Place;
  /** Whose credentials these are: an ARN. */
  readonly caller: string;
  readonly clock: Clock;
  readonly signal: AbortSignal;
  /** The clients of the region with the credentials of a role. */
  as(credentials: Credentials): Aws;
  /** Told what may not be asked. */
  without(action: string): void;
}
interface Credentials {
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
  readonly sessionToken: string;
}

/** Whether RAD's role lets RAD in, and may read the bucket of the region: as it reads, as IAM weighs it, and tried where that may be. */
export async function canRead(reading: Reading): Promise<ReaderRow> {
  const { place } = reading;
  const { region, mend } = place;
  const arn = arnOf(place);
  const role = stepOf(place, 'iam:role', roleNameOf(arn));
  const trust = role?.actual.spec.trust as Spec | undefined;
  const tried = trust ? await assume(reading, trust) : {};
  const base = { region, by: 'policies', notTried: tried.notTried ?? null, cause: null, hint: null } as const;
  if (tried.error) return { ...base, canRead: 'no', by: 'sts:AssumeRole', cause: tried.error, hint: mend };
  if (role && isGone(role)) return { ...base, canRead: 'no', cause: `the role ${roleNameOf(arn)} is gone`, hint: mend };
  const exams = [radTrustExam(place), radAccessExam(place)];
  const [finding] = exams.flatMap(({ findings }) => findings);
  if (finding) return { ...base, canRead: 'no', cause: finding.message, hint: finding.hint };
  const unknown = exams.find((exam) => exam.unknown)?.unknown;
  if (unknown) return { ...base, canRead: 'unknown', cause: unknown, hint: mend };
  if (tried.isProven) return { ...base, canRead: 'yes', by: 'sts:AssumeRole' };
  const denied = await deniedByIam(reading);
  if (!denied) return { ...base, canRead: 'yes' };
  const by = 'iam:SimulatePrincipalPolicy';
  if (denied.length === 0) return { ...base, canRead: 'yes', by };
  // Its own policy allows it: something else denies.
  const hint = `look for its permissions boundary, another policy on it, or one of the organization: aws iam get-role --role-name ${roleNameOf(arn)}`;
  return { ...base, canRead: 'no', by, cause: `IAM denies ${arn} ${denied.join(', ')}`, hint };
}

const isGone = ({ actual, reason }: Step) => !actual.exists && reason !== 'unreadable';

const arnOf = ({ names, settings }: Place) => roleArns(names, settings).reader;

/** undefined: that may not be asked, or there is nobody to ask. */
async function deniedByIam({ home, place, clock, signal, without }: Reading): Promise<string[] | undefined> {
  const { names, account, region } = place;
  const bucket = names.bucketArn(names.bucket(region));
  const context = { 'aws:ResourceAccount': [account] };
  const asked = [
    { actions: ['s3:ListBucket'], resources: [bucket], context },
    { actions: ['s3:GetObject'], resources: [`${bucket}/object`], context },
  ];
  try {
    const role = arnOf(place);
    return await patiently(clock, 'no answer to iam:SimulatePrincipalPolicy', (calls) =>
      seemsDenied(home, role, asked, calls),
    );
  } catch (error) {
    if (signal.aborted) throw signal.reason;
    if (isDenied(error)) without('iam:SimulatePrincipalPolicy');
    return undefined;
  }
}

/** All names by which a trust may mean somebody: its own, the role of its session, its account. */
function namesOf(who: string): string[] {
  const [, partition = '', , , account = ''] = who.split(':');
  const [, role] = /:assumed-role\/([^/]+)\//.exec(who) ?? [];
  const root = `arn:${partition}:iam::${account}:root`;
  return [who, root, account, ...(role ? [`arn:${partition}:iam::${account}:role/${role}`] : [])];
}

/** The surest test, where the trust names who asks; as a rule it names RAD alone. */
async function assume(
  { home, caller, place, as, clock, without }: Reading,
  trust: Spec,
): Promise<{ readonly isProven?: true; readonly error?: string; readonly notTried?: string }> {
  const { names, region, settings } = place;
  const { externalId, radRoleArn } = settings;
  const context = { 'sts:externalid': externalId || null };
  if (!permits([trust], { action: 'sts:AssumeRole', principals: namesOf(caller), context }))
    return { notTried: `sts:AssumeRole: only ${radRoleArn} may` };
  const RoleArn = arnOf(place);
  const input = { RoleArn, RoleSessionName: 'rad-connect-verify', ...(externalId && { ExternalId: externalId }) };
  try {
    const { Credentials: made } = await home.sts.send(new AssumeRoleCommand(input));
    const { AccessKeyId = '', SecretAccessKey = '', SessionToken = '' } = { ...made };
    const credentials = { accessKeyId: AccessKeyId, secretAccessKey: SecretAccessKey, sessionToken: SessionToken };
    await listObjects(as(credentials), names.bucket(region), hourPrefix(clock.now()));
    return { isProven: true };
  } catch (error) {
    const { message } = explain(error);
    if (!/not authorized to perform: sts:AssumeRole/.test(message)) return { error: message };
    // To be trusted is not all: who asks needs the permission as well.
    without('sts:AssumeRole');
    return { notTried: `sts:AssumeRole: ${message}` };
  }
}
