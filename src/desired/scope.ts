import type { Spec } from '../engine/resource.ts';
import { state } from '../engine/state.ts';
import { MODULE } from './adoption.ts';
import { athenaNames, type EventsPlace, resultsOf } from './athena-names.ts';
import { inRegion } from './keys.ts';
import { CANARY, clusterLogGroupName, namesOf } from './names.ts';
import type { Extras } from './permissions.ts';

/** Where a policy will hold, and for what. */
export interface Place extends Extras {
  readonly partition: string;
  /** undefined: whatever account it is attached in. */
  readonly account: string | undefined;
  readonly prefix: string;
}

export type Thing = keyof ReturnType<typeof thingsOf>;
export type Condition = keyof ReturnType<typeof conditionsOf>;

/** IAM takes a variable in the name of a thing and in a condition, not in the account of an ARN (IAM user guide, policy variables). */
export const CALLERS_ACCOUNT = ['$', '{aws:PrincipalAccount}'].join('');
export const anyAccount = (arn: string) => arn.replace(`:${CALLERS_ACCOUNT}:`, ':*:');

export function thingsOf(place: Place) {
  const { partition, account = CALLERS_ACCOUNT, prefix, rolePath, boundary, kmsKeys = [], usedRoles = {} } = place;
  const names = namesOf(prefix, partition, account);
  const arn = (service: string, region: string, resource: string) =>
    `arn:${partition}:${service}:${region}:${account}:${resource}`;
  const group = (name: string) => arn('logs', '*', `log-group:${name}`);
  const [clusterGroup, errorGroup] = [group(clusterLogGroupName('*')), group(names.errorLogGroup)];
  const at = (path: string | undefined, roles: readonly (keyof typeof names.role)[]) =>
    roles.map((role) => names.roleArn(names.role[role], path));
  const made = (['reader', 'delivery', 'subscription'] as const).filter((role) => !usedRoles[role]);
  const replaced = (['delivery', 'subscription'] as const).filter((role) => usedRoles[role]);
  return {
    anything: '*',
    account: arn('account', '', 'account'),
    clusters: arn('eks', '*', 'cluster/*'),
    // Calls about a log group are about all that is in it, those about its tags are not (CloudWatch Logs user guide, "Overview of managing access").
    logGroups: [`${clusterGroup}:*`, `${errorGroup}:*`],
    clusterLogGroups: `${clusterGroup}:*`,
    canaryLogStreams: `${clusterGroup}:log-stream:${CANARY}*`,
    errorLogGroups: `${errorGroup}:*`,
    tagsOfLogGroups: [clusterGroup, errorGroup],
    streams: names.streamArn('*'),
    /** Ours: those in whose place no other one is used. */
    roles: at(rolePath, made),
    // IAM asks about a role that is not there as if it were at the root.
    rolesByName: [...at(rolePath, made), ...at('/', made)],
    readerByName: at('/', ['reader']),
    reader: usedRoles.reader ? [] : at(rolePath, ['reader']),
    delivery: usedRoles.delivery ?? at(rolePath, ['delivery']),
    subscription: usedRoles.subscription ?? at(rolePath, ['subscription']),
    /** Ours that may have been made before another one was used in their place. */
    replacedRoles: at(rolePath, replaced),
    replacedByName: [...new Set([...at(rolePath, replaced), ...at('/', replaced)])],
    usedRoles: Object.values(usedRoles).filter((role) => role !== undefined),
    boundary: boundary ? [boundary] : [],
    // IAM Identity Center puts its roles there (IAM Identity Center user guide, "Referencing permission sets").
    ssoRoles: arn('iam', '', 'role/aws-reserved/sso.amazonaws.com/*'),
    callers: [arn('iam', '', 'role/*'), arn('iam', '', 'user/*')],
    instanceProfiles: arn('iam', '', 'instance-profile/*'),
    buckets: names.allBucketsArn,
    objects: `${names.allBucketsArn}/*`,
    keys: kmsKeys.map((key) => inRegion(key, '*')),
    // The module subscribes every log group that begins so.
    eksLogGroups: group('/aws/eks/*:*'),
    moduleStreams: arn('firehose', '*', `deliverystream/${MODULE.stream}`),
    moduleRoles: Object.values(MODULE.roles).map((name) => arn('iam', '', `role/${name}`)),
    ...receiving(place),
  };
}

/** Things in the account of who receives the events. */
function receiving({ partition, account = CALLERS_ACCOUNT, prefix, events = ANYWHERE }: Place) {
  const { database, table, workgroup } = athenaNames(prefix, events);
  const arn = (service: string, resource: string) => `arn:${partition}:${service}:*:${account}:${resource}`;
  const s3 = (path: string) => `arn:${partition}:s3:::${path}`;
  const [catalog, ours] = [arn('glue', 'catalog'), arn('glue', `database/${database}`)];
  const [, resultsBucket, results] = /^s3:\/\/([^/]+)\/(.*)$/.exec(resultsOf(events))!;
  return {
    eventsBucket: s3(events.bucket),
    eventObjects: s3(`${events.bucket}/${events.prefix}*`),
    eventFiles: s3(`${events.bucket}/${events.prefix}events/*`),
    resultsBucket: s3(resultsBucket!),
    resultFiles: s3(`${resultsBucket}/${results}*`),
    eventsDatabaseAlone: ours,
    eventsDatabase: [catalog, ours],
    eventsDatabaseWhole: [
      catalog,
      ours,
      arn('glue', `table/${database}/*`),
      arn('glue', `userDefinedFunction/${database}/*`),
    ],
    eventsTables: [catalog, ours, arn('glue', `table/${database}/*`)],
    eventsTable: [catalog, ours, arn('glue', `table/${database}/${table}`)],
    eventsWorkgroup: arn('athena', `workgroup/${workgroup}`),
  };
}
const ANYWHERE: EventsPlace = { bucket: '*', prefix: '' };

export function conditionsOf({ partition, account = CALLERS_ACCOUNT, boundary }: Place) {
  const passedTo = (service: string): Spec => {
    const name = `${service}.amazonaws.com`;
    // Which of its names a service has in the China regions is not documented.
    return { StringEquals: { 'iam:PassedToService': partition === 'aws-cn' ? [name, `${name}.cn`] : name } };
  };
  return {
    /** The ARN of a bucket does not say whose it is. */
    ofAccount: { StringEquals: { 'aws:ResourceAccount': account } },
    /** Whatever is made says from its creation that it is ours. */
    claimed: {
      StringEquals: Object.fromEntries(
        Object.entries(state.owned).map(([key, value]) => [`aws:RequestTag/${key}`, value]),
      ),
    },
    /** No other tag of the customer's clusters. */
    ourMarks: {
      'ForAllValues:StringEquals': { 'aws:TagKeys': state.keys },
      Null: { 'aws:TagKeys': 'false' },
    },
    /** Of all that UpdateClusterConfig can change, this: EKS takes one kind of change at a time. */
    auditOn: { Bool: { 'eks:loggingType/audit': 'true' } },
    auditNamed: { Null: { 'eks:loggingType/audit': 'false' } },
    toFirehose: passedTo('firehose'),
    toLogs: passedTo('logs'),
    byS3: { StringLike: { 'kms:ViaService': 's3.*' } },
    byFirehose: { StringLike: { 'kms:ViaService': 'firehose.*' } },
    forAws: { Bool: { 'kms:GrantIsForAWSResource': 'true' } },
    bounded: boundary ? { StringEquals: { 'iam:PermissionsBoundary': boundary } } : {},
  } satisfies Readonly<Record<string, Spec>>;
}
