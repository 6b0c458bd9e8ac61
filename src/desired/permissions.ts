import type { EventsPlace } from './athena-names.ts';
import type { Condition, Thing } from './scope.ts';

/** What a call needs of IAM; the action has the name of the call unless it is said. */
export interface Need {
  readonly on: Thing;
  readonly action?: string;
  readonly when?: readonly Condition[];
  /** Only a fallback or a hint needs it: the run goes on without, and says so. */
  readonly optional?: boolean;
}
/** Calls of the AWS SDK as `service:Operation` (Service Authorization Reference). */
export type Calls = Readonly<Record<string, readonly Need[]>>;

const on = (thing: Thing): Need[] => [{ on: thing }];
const bucket = (action?: string): Need[] => [{ on: 'buckets', when: ['ofAccount'], ...(action && { action }) }];
const pass = (role: Thing, to: Condition): Need => ({ on: role, action: 'iam:PassRole', when: [to] });

/** Every command looks first: who, where, and what is recorded. GetCallerIdentity needs no permission (STS API reference). */
const FIND: Calls = {
  'account:ListRegions': [{ on: 'account', optional: true }],
  'eks:ListClusters': on('anything'),
  'iam:GetRole': on('roles'),
  'logs:DescribeLogGroups': on('anything'),
  's3:ListBuckets': [{ on: 'anything', action: 's3:ListAllMyBuckets', optional: true }],
};
/** And at each thing. */
const INSPECT: Calls = {
  'eks:DescribeCluster': on('clusters'),
  'firehose:DescribeDeliveryStream': on('streams'),
  'firehose:ListTagsForDeliveryStream': on('streams'),
  'iam:GetRolePolicy': on('roles'),
  'logs:DescribeLogStreams': on('errorLogGroups'),
  'logs:DescribeSubscriptionFilters': on('clusterLogGroups'),
  'logs:ListTagsForResource': on('tagsOfLogGroups'),
  's3:GetBucketEncryption': bucket('s3:GetEncryptionConfiguration'),
  's3:GetBucketLifecycleConfiguration': bucket('s3:GetLifecycleConfiguration'),
  's3:GetBucketOwnershipControls': bucket(),
  's3:GetBucketPolicy': bucket(),
  's3:GetBucketTagging': bucket(),
  's3:GetBucketVersioning': bucket(),
  's3:GetPublicAccessBlock': bucket('s3:GetBucketPublicAccessBlock'),
  's3:HeadBucket': bucket('s3:ListBucket'),
};
const LOOK: Calls = { ...FIND, ...INSPECT };
/** For proof it need not be known what stands, only where what is not proven stops. */
const optionally = (calls: Calls): Calls =>
  Object.fromEntries(
    Object.entries(calls).map(([call, needs]) => [call, needs.map((need) => ({ ...need, optional: true }))]),
  );

/** Tags that are given to a create call need the action that tags as well. */
const MAKE: Calls = {
  'eks:DescribeUpdate': on('clusters'),
  'eks:TagResource': [{ on: 'clusters', when: ['ourMarks'] }],
  'eks:UpdateClusterConfig': [{ on: 'clusters', when: ['auditOn'] }],
  'firehose:CreateDeliveryStream': [
    { on: 'streams', when: ['claimed'] },
    { on: 'streams', action: 'firehose:TagDeliveryStream' },
    pass('delivery', 'toFirehose'),
  ],
  'firehose:DeleteDeliveryStream': on('streams'),
  'firehose:StartDeliveryStreamEncryption': on('streams'),
  'firehose:TagDeliveryStream': on('streams'),
  'firehose:UntagDeliveryStream': on('streams'),
  'firehose:UpdateDestination': [...on('streams'), pass('delivery', 'toFirehose')],
  'iam:CreateRole': [
    { on: 'roles', when: ['claimed', 'bounded'] },
    { on: 'roles', action: 'iam:TagRole' },
  ],
  'iam:PutRolePolicy': [{ on: 'roles', when: ['bounded'] }],
  'iam:TagRole': on('roles'),
  'iam:UntagRole': on('roles'),
  'iam:UpdateAssumeRolePolicy': on('roles'),
  'iam:UpdateRole': on('roles'),
  'logs:CreateLogGroup': [
    { on: 'logGroups', when: ['claimed'] },
    { on: 'tagsOfLogGroups', action: 'logs:TagResource' },
  ],
  'logs:CreateLogStream': on('errorLogGroups'),
  'logs:PutRetentionPolicy': on('logGroups'),
  'logs:PutSubscriptionFilter': [...on('clusterLogGroups'), pass('subscription', 'toLogs')],
  'logs:TagResource': on('tagsOfLogGroups'),
  'logs:UntagResource': on('tagsOfLogGroups'),
  's3:CreateBucket': [
    { on: 'buckets', when: ['claimed'] },
    { on: 'buckets', action: 's3:TagResource', when: ['claimed'] },
  ],
  's3:PutBucketEncryption': bucket('s3:PutEncryptionConfiguration'),
  's3:PutBucketLifecycleConfiguration': bucket('s3:PutLifecycleConfiguration'),
  's3:PutBucketOwnershipControls': bucket(),
  's3:PutBucketPolicy': bucket(),
  's3:PutBucketTagging': bucket(),
  's3:PutBucketVersioning': bucket(),
  's3:PutPublicAccessBlock': bucket('s3:PutBucketPublicAccessBlock'),
};

/** A role goes when nothing hangs on it. */
const deleteRoles = (roles: Thing): Calls => ({
  'iam:DeleteRole': on(roles),
  'iam:DeleteRolePolicy': on(roles),
  'iam:DetachRolePolicy': on(roles),
  'iam:ListAttachedRolePolicies': on(roles),
  'iam:ListInstanceProfilesForRole': on(roles),
  'iam:ListRolePolicies': on(roles),
  'iam:RemoveRoleFromInstanceProfile': on('instanceProfiles'),
});

/** The price of a plan is measured where it can be. */
const MEASURE: Calls = { 'cloudwatch:GetMetricData': [{ on: 'anything', optional: true }] };
/** A filter pattern is tried where it can be. */
const TRY_PATTERN: Calls = { 'logs:TestMetricFilter': [{ on: 'anything', optional: true }] };

/** Our roles may be at a path. */
const FIND_ROLES: Calls = { 'iam:GetRole': on('rolesByName') };

/** Who works under a boundary may not take it off. */
const BOUND: Calls = {
  'iam:GetPolicy': [{ on: 'boundary', optional: true }],
  'iam:PutRolePermissionsBoundary': [{ on: 'roles', when: ['bounded'] }],
};
const UNBIND: Calls = { 'iam:DeleteRolePermissionsBoundary': on('roles') };

/** Roles that were made elsewhere are looked at; simulated, where that is not asked of all roles anyway. */
const LOOK_AT_ROLES: Calls = { 'iam:GetRole': [{ on: 'usedRoles', optional: true }] };
const SIMULATE_ROLES: Calls = { 'iam:SimulatePrincipalPolicy': [{ on: 'usedRoles', optional: true }] };

/** What may make a plan fail is told beforehand where it can be. */
const HINTS: Calls = {
  'ec2:DescribeSubnets': [{ on: 'anything', optional: true }],
  'iam:GetRole': [{ on: 'ssoRoles', optional: true }],
  'iam:SimulatePrincipalPolicy': [{ on: 'callers', optional: true }],
};
const TELEMETRY_RULES: Calls = {
  'observabilityadmin:ListTelemetryRules': [{ on: 'anything', optional: true }],
};
const ACCOUNT_POLICIES: Calls = { 'logs:DescribeAccountPolicies': [{ on: 'anything', optional: true }] };
/** What is not told of delivery is not known. */
const WATCH: Calls = {
  ...MEASURE,
  ...TRY_PATTERN,
  'cloudwatch:ListMetrics': [{ on: 'anything', optional: true }],
  'logs:GetLogEvents': [{ on: 'errorLogGroups', optional: true }],
  's3:ListObjectsV2': [{ on: 'buckets', action: 's3:ListBucket', when: ['ofAccount'], optional: true }],
};

const REMOVE: Calls = {
  ...deleteRoles('roles'),
  'eks:DescribeUpdate': on('clusters'),
  'eks:UntagResource': [{ on: 'clusters', when: ['ourMarks'] }],
  'eks:UpdateClusterConfig': [{ on: 'clusters', when: ['auditNamed'] }],
  'firehose:DeleteDeliveryStream': on('streams'),
  'iam:UntagRole': on('reader'),
  'logs:DeleteLogGroup': on('logGroups'),
  'logs:DeleteSubscriptionFilter': on('clusterLogGroups'),
  's3:AbortMultipartUpload': [{ on: 'objects', when: ['ofAccount'] }],
  's3:DeleteBucket': bucket(),
  // S3 API reference, DeleteObjects: the first one always, the second one where a version is named.
  's3:DeleteObjects': [
    { on: 'objects', action: 's3:DeleteObject', when: ['ofAccount'] },
    { on: 'objects', action: 's3:DeleteObjectVersion', when: ['ofAccount'] },
  ],
  's3:ListMultipartUploads': bucket('s3:ListBucketMultipartUploads'),
  's3:ListObjectVersions': bucket('s3:ListBucketVersions'),
};

/** Without our reader role the record is on one of the buckets, and one that is not seen would be taken for none. */
const FIND_RECORD: Calls = {
  'iam:GetRole': on('readerByName'),
  's3:ListBuckets': [{ on: 'anything', action: 's3:ListAllMyBuckets' }],
};
/** A service role of ours goes when we leave, also where another one is used by now. */
const REMOVE_REPLACED: Calls = {
  ...deleteRoles('replacedRoles'),
  'iam:GetRole': on('replacedByName'),
  'iam:GetRolePolicy': on('replacedRoles'),
};

/** What RAD's Terraform module has made is found, and removed. */
const TAKE_OVER: Calls = {
  ...deleteRoles('moduleRoles'),
  'firehose:DeleteDeliveryStream': on('moduleStreams'),
  'firehose:DescribeDeliveryStream': on('moduleStreams'),
  'firehose:ListTagsForDeliveryStream': on('moduleStreams'),
  'iam:GetRole': on('moduleRoles'),
  'iam:GetRolePolicy': on('moduleRoles'),
  'logs:DeleteSubscriptionFilter': on('eksLogGroups'),
  'logs:DescribeSubscriptionFilters': on('eksLogGroups'),
  's3:ListBuckets': [{ on: 'anything', action: 's3:ListAllMyBuckets', optional: true }],
};

const LOOK_AT_KEYS: Calls = {
  'kms:DescribeKey': [{ on: 'keys', optional: true }],
  'kms:GetKeyPolicy': [{ on: 'keys', optional: true }],
};
/** Firehose makes a grant for itself with the permissions of the caller (Firehose API reference, DeliveryStreamEncryptionConfigurationInput). */
const grant: Need[] = [
  { on: 'keys', action: 'kms:CreateGrant', when: ['byFirehose', 'forAws'] },
  { on: 'keys', action: 'kms:DescribeKey' },
];
const USE_KEYS: Calls = {
  ...LOOK_AT_KEYS,
  'firehose:CreateDeliveryStream': grant,
  'firehose:StartDeliveryStreamEncryption': grant,
};

/** Proof from the bucket; what RAD may is asked of IAM, and tried where its role names who asks. */
const READ: Calls = {
  'iam:SimulatePrincipalPolicy': [{ on: 'reader', optional: true }],
  's3:GetObject': [{ on: 'objects', when: ['ofAccount'] }],
  's3:ListObjectsV2': bucket('s3:ListBucket'),
  'sts:AssumeRole': [{ on: 'reader', optional: true }],
};
const READ_WITH_KEYS: Calls = { 's3:GetObject': [{ on: 'keys', action: 'kms:Decrypt', when: ['byS3'] }] };
const SEND: Calls = {
  'logs:CreateLogStream': on('canaryLogStreams'),
  'logs:DeleteLogStream': on('canaryLogStreams'),
  'logs:DescribeLogStreams': on('clusterLogGroups'),
  'logs:PutLogEvents': on('canaryLogStreams'),
};

/** Of who receives the events. */
const LIST_EVENTS: Calls = {
  's3:HeadBucket': [{ on: 'eventsBucket', action: 's3:ListBucket', when: ['ofAccount'] }],
  's3:ListObjectsV2': [{ on: 'eventsBucket', action: 's3:ListBucket', when: ['ofAccount'] }],
};
const READ_EVENTS: Calls = { 's3:GetObject': [{ on: 'eventObjects', when: ['ofAccount'] }] };
/** Who may do something to a thing of the catalog must be allowed all that it is in (AWS Glue developer guide, "Data Catalog resource ARNs"). */
const CATALOGUE: Calls = {
  'glue:CreateDatabase': [...on('eventsDatabase'), { on: 'eventsDatabase', action: 'glue:TagResource' }],
  'glue:CreateTable': on('eventsTable'),
  'glue:DeleteDatabase': on('eventsDatabaseWhole'),
  'glue:DeleteTable': on('eventsTable'),
  'glue:GetDatabase': on('eventsDatabase'),
  'glue:GetTable': on('eventsTable'),
  'glue:GetTables': on('eventsTables'),
  'glue:GetTags': on('eventsDatabaseAlone'),
  'glue:TagResource': on('eventsDatabaseAlone'),
  'glue:UntagResource': on('eventsDatabaseAlone'),
  'glue:UpdateDatabase': on('eventsDatabase'),
  'glue:UpdateTable': on('eventsTable'),
};
const WORKGROUP: Calls = {
  'athena:CreateWorkGroup': [
    { on: 'eventsWorkgroup', when: ['claimed'] },
    { on: 'eventsWorkgroup', action: 'athena:TagResource' },
  ],
  'athena:DeleteWorkGroup': on('eventsWorkgroup'),
  'athena:GetWorkGroup': on('eventsWorkgroup'),
  'athena:ListTagsForResource': on('eventsWorkgroup'),
  'athena:TagResource': on('eventsWorkgroup'),
  'athena:UntagResource': on('eventsWorkgroup'),
  'athena:UpdateWorkGroup': on('eventsWorkgroup'),
};
/** Athena reads and writes as who asks (Athena user guide, "Control access to Amazon S3 from Athena"). */
const ASK_ATHENA: Calls = {
  'athena:GetQueryExecution': on('eventsWorkgroup'),
  'athena:GetQueryResults': [
    ...on('eventsWorkgroup'),
    { on: 'resultFiles', action: 's3:GetObject', when: ['ofAccount'] },
  ],
  'athena:StartQueryExecution': [
    ...on('eventsWorkgroup'),
    { on: 'eventsTable', action: 'glue:GetTable' },
    { on: 'eventFiles', action: 's3:GetObject', when: ['ofAccount'] },
    { on: 'eventsBucket', action: 's3:ListBucket', when: ['ofAccount'] },
    { on: 'resultsBucket', action: 's3:GetBucketLocation', when: ['ofAccount'] },
    { on: 'resultFiles', action: 's3:PutObject', when: ['ofAccount'] },
    { on: 'resultFiles', action: 's3:AbortMultipartUpload', when: ['ofAccount'] },
    { on: 'resultFiles', action: 's3:ListMultipartUploadParts', when: ['ofAccount'] },
  ],
  'athena:StopQueryExecution': on('eventsWorkgroup'),
};

/** What a command calls: in any case, and where an option is given, or not. */
interface CommandCalls {
  readonly always: readonly Calls[];
  readonly kmsKeys?: Calls;
  readonly adopt?: Calls;
  readonly canary?: Calls;
  readonly rolePath?: Calls;
  readonly boundary?: Calls;
  readonly noBoundary?: Calls;
  readonly usedRoles?: Calls;
  /** The record is in the tags of a bucket. */
  readonly usedReader?: Calls;
  readonly athena?: Calls;
  /** Without Athena. */
  readonly here?: Calls;
}

const CALLS = {
  'enable-audit': {
    always: [LOOK, MAKE, MEASURE, TRY_PATTERN, HINTS, ACCOUNT_POLICIES],
    kmsKeys: USE_KEYS,
    adopt: TAKE_OVER,
    rolePath: FIND_ROLES,
    boundary: BOUND,
    noBoundary: UNBIND,
    usedRoles: LOOK_AT_ROLES,
    usedReader: FIND_RECORD,
  },
  status: {
    always: [LOOK, WATCH],
    kmsKeys: LOOK_AT_KEYS,
    rolePath: FIND_ROLES,
    usedRoles: { ...LOOK_AT_ROLES, ...SIMULATE_ROLES },
    usedReader: FIND_RECORD,
  },
  verify: {
    always: [FIND, optionally(INSPECT), WATCH, READ],
    kmsKeys: { ...LOOK_AT_KEYS, ...READ_WITH_KEYS },
    canary: SEND,
    rolePath: FIND_ROLES,
    usedRoles: { ...LOOK_AT_ROLES, ...SIMULATE_ROLES },
    usedReader: FIND_RECORD,
  },
  teardown: {
    always: [LOOK, REMOVE, HINTS],
    // The key of a bucket that stays is recorded.
    kmsKeys: { 'iam:TagRole': on('reader') },
    rolePath: FIND_ROLES,
    usedRoles: REMOVE_REPLACED,
    usedReader: { ...FIND_RECORD, 's3:PutBucketTagging': bucket() },
  },
  doctor: {
    always: [LOOK, WATCH, HINTS, ACCOUNT_POLICIES, TELEMETRY_RULES],
    kmsKeys: LOOK_AT_KEYS,
    rolePath: FIND_ROLES,
    usedRoles: LOOK_AT_ROLES,
    usedReader: FIND_RECORD,
  },
  findings: {
    always: [LIST_EVENTS],
    here: READ_EVENTS,
    athena: { ...CATALOGUE, ...WORKGROUP, ...ASK_ATHENA },
  },
} satisfies Readonly<Record<string, CommandCalls>>;

export type Command = keyof typeof CALLS;
/** Those for the account of the clusters; `findings` is for the account of who receives their events. */
export const COMMANDS = (Object.keys(CALLS) as Command[]).filter((command) => command !== 'findings');

/** Options that make a command call more. */
export interface Extras {
  readonly kmsKeys?: readonly string[];
  readonly adopt?: boolean;
  readonly canary?: boolean;
  /** Where in IAM our roles are. */
  readonly rolePath?: string | undefined;
  /** The policy that every role of ours must have as its permissions boundary; empty: they lose the one that they have. */
  readonly boundary?: string | undefined;
  /** The ARNs of roles that were made elsewhere. */
  readonly usedRoles?: { readonly [R in 'reader' | 'delivery' | 'subscription']?: string | undefined };
  /** Where the events are, for who receives them. */
  readonly events?: EventsPlace;
  /** They are asked about with Athena. */
  readonly athena?: boolean;
}

/** All calls of a command, each with what it needs. */
export function callsOf(
  command: Command,
  { kmsKeys, adopt, canary, rolePath = '/', boundary, usedRoles = {}, athena }: Extras,
): (readonly [call: string, needs: readonly Need[]])[] {
  const calls: CommandCalls = CALLS[command];
  const groups = [
    ...calls.always,
    kmsKeys?.length && calls.kmsKeys,
    adopt && calls.adopt,
    canary && calls.canary,
    rolePath !== '/' && calls.rolePath,
    boundary !== undefined && (boundary ? calls.boundary : calls.noBoundary),
    Object.values(usedRoles).some(Boolean) && calls.usedRoles,
    usedRoles.reader && calls.usedReader,
    athena ? calls.athena : calls.here,
  ];
  return groups.flatMap((group) => Object.entries(group || {}));
}
