import { own } from './basics.ts';
import { accessDenied, awsError } from './errors.ts';
import { actionOf } from './gate.ts';
import type { World } from './model.ts';
import type { Input } from './services/service.ts';
import type { Call } from './simulator.ts';

/** What IAM is asked before a call is done: may the caller do this, to that? `context` holds the condition keys. */
export interface IamRequest {
  readonly action: string;
  readonly resource: string;
  readonly context: Context;
}
type Context = Readonly<Record<string, string | string[]>>;

/** All that must be allowed for this call (Service Authorization Reference). */
export function requestsOf(world: World, call: Call): IamRequest[] {
  const { service, operation } = call;
  const ask: Ask = (resource, context = {}, action = actionOf(service, operation)) => ({ action, resource, context });
  return own(services, service)?.(world, call, ask) ?? [];
}

type Ask = (resource: string, context?: Context, action?: string) => IamRequest;
type Requests = (world: World, call: Call, ask: Ask) => IamRequest[];

const arn = ({ partition, account }: World, service: string, region: string, resource: string) =>
  `arn:${partition}:${service}:${region}:${account}:${resource}`;

/** Tags come as a record or as a list, the keys of those to be taken away as a list. */
function tagging({ tags, Tags, tagKeys, TagKeys, CreateBucketConfiguration }: Input): Context {
  const list: Input[] = Tags ?? CreateBucketConfiguration?.Tags ?? [];
  const pairs = Object.entries({ ...tags, ...Object.fromEntries(list.map(({ Key, Value }) => [Key, Value])) });
  const keys = [...pairs.map(([key]) => key), ...(tagKeys ?? TagKeys ?? [])];
  return {
    ...Object.fromEntries(pairs.map(([key, value]) => [`aws:RequestTag/${key}`, String(value)])),
    ...(keys.length && { 'aws:TagKeys': keys }),
  };
}

/** The service that is handed a role checks that the caller may do so (IAM user guide, "Grant a user permissions to pass a role"). */
const passing = (ask: Ask, role: string | undefined, service: string) =>
  role ? [ask(role, { 'iam:PassedToService': `${service}.amazonaws.com` }, 'iam:PassRole')] : [];

const iam: Requests = (world, { operation, input }, ask) => {
  if (operation === 'RemoveRoleFromInstanceProfile')
    return [ask(arn(world, 'iam', '', `instance-profile/${input.InstanceProfileName}`))];
  if (operation === 'GetPolicy') return [ask(input.PolicyArn)];
  if (input.PolicySourceArn) return [ask(input.PolicySourceArn)];
  const role = own(world.roles, input.RoleName);
  const resource = role?.arn ?? arn(world, 'iam', '', `role${input.Path ?? '/'}${input.RoleName}`);
  const boundary = input.PermissionsBoundary ?? role?.boundary;
  const context = { ...tagging(input), ...(boundary && { 'iam:PermissionsBoundary': boundary }) };
  const born = operation === 'CreateRole' && input.Tags?.length;
  return [ask(resource, context), ...(born ? [ask(resource, context, 'iam:TagRole')] : [])];
};

const s3: Requests = (world, call, ask) => {
  const { operation, input } = call;
  if (operation === 'ListBuckets') return [ask('*')];
  const bucket = `arn:${world.partition}:s3:::${input.Bucket}`;
  if (operation === 'CreateBucket') {
    const context = tagging(input);
    return [ask(bucket, context), ...(context['aws:TagKeys'] ? [ask(bucket, context, 's3:TagResource')] : [])];
  }
  const context = { 'aws:ResourceAccount': own(world.buckets, input.Bucket)?.owner ?? world.account };
  if (operation === 'GetObject') return [ask(`${bucket}/${input.Key}`, context), ...decrypting(world, call, ask)];
  if (operation !== 'DeleteObjects') return [ask(input.Key ? `${bucket}/${input.Key}` : bucket, context)];
  // Amazon S3 API reference, DeleteObjects: the permission for versions comes on top of the one for objects.
  return (input.Delete.Objects as Input[]).flatMap(({ Key, VersionId }) => [
    ask(`${bucket}/${Key}`, context, 's3:DeleteObject'),
    ...(VersionId ? [ask(`${bucket}/${Key}`, context, 's3:DeleteObjectVersion')] : []),
  ]);
};

/** Who reads what is under a key of the customer must be allowed the key (Amazon S3 user guide, "Using server-side encryption with AWS KMS keys"). */
function decrypting({ buckets }: World, { region, input }: Call, ask: Ask): IamRequest[] {
  const [rule] = (own(buckets, input.Bucket)?.encryption?.Rules ?? []) as Input[];
  const key = rule?.ApplyServerSideEncryptionByDefault?.KMSMasterKeyID;
  return key ? [ask(key, { 'kms:ViaService': `s3.${region}.amazonaws.com` }, 'kms:Decrypt')] : [];
}

const eks: Requests = (world, { operation, region, input }, ask) => {
  if (operation === 'ListClusters') return [ask('*')];
  const setups: Input[] = input.logging?.clusterLogging ?? [];
  // "the cluster logging enabled and type parameter": AWS's managed policies use it with Bool (Service Authorization Reference, Amazon EKS).
  const types = setups.flatMap(({ types = [], enabled }) =>
    (types as string[]).map((type) => [`eks:loggingType/${type}`, String(enabled)]),
  );
  const resource = input.resourceArn ?? arn(world, 'eks', region, `cluster/${input.name}`);
  return [ask(resource, { ...tagging(input), ...Object.fromEntries(types) })];
};

const firehose: Requests = (world, { operation, region, input }, ask) => {
  if (operation === 'ListDeliveryStreams') return [ask('*')];
  const stream = arn(world, 'firehose', region, `deliverystream/${input.DeliveryStreamName}`);
  const context = tagging(input);
  const destination = input.ExtendedS3DestinationConfiguration ?? input.ExtendedS3DestinationUpdate;
  const born = operation === 'CreateDeliveryStream' && context['aws:TagKeys'];
  return [
    ask(stream, context),
    ...(born ? [ask(stream, context, 'firehose:TagDeliveryStream')] : []),
    ...passing(ask, destination?.RoleARN, 'firehose'),
    ...granting(ask, region, input.DeliveryStreamEncryptionConfigurationInput),
  ];
};

/** For a key of the customer Firehose makes a grant as the caller (Firehose API reference, KeyType). That it describes the key first is unverified. */
function granting(ask: Ask, region: string, { KeyType, KeyARN }: Input = {}): IamRequest[] {
  if (KeyType !== 'CUSTOMER_MANAGED_CMK') return [];
  const context = { 'kms:ViaService': `firehose.${region}.amazonaws.com` };
  const grant = { ...context, 'kms:GrantIsForAWSResource': 'true' };
  return [ask(KeyARN, context, 'kms:DescribeKey'), ask(KeyARN, grant, 'kms:CreateGrant')];
}

const kms: Requests = (world, { region, input: { KeyId } }, ask) => [
  ask(String(KeyId).startsWith('arn:') ? KeyId : arn(world, 'kms', region, `key/${KeyId}`)),
];

const logs: Requests = (world, { operation, region, input }, ask) => {
  // No resource types (Service Authorization Reference, Amazon CloudWatch Logs).
  if (/^(DescribeLogGroups|DescribeAccountPolicies|TestMetricFilter)$/.test(operation)) return [ask('*')];
  if (input.resourceArn) return [ask(input.resourceArn, tagging(input))];
  const group = arn(world, 'logs', region, `log-group:${input.logGroupName}`);
  const context = tagging(input);
  return [
    ask(`${group}:log-stream:${input.logStreamName ?? ''}`, context),
    ...(context['aws:TagKeys'] ? [ask(group, context, 'logs:TagResource')] : []),
    ...passing(ask, input.roleArn, 'logs'),
  ];
};

/** On the thing and on all that it is in (AWS Glue developer guide, "Data Catalog resource ARNs"). */
const glue: Requests = (world, { operation, region, input }, ask) => {
  const { Tags, TagsToAdd, TagsToRemove, ResourceArn, DatabaseName } = input;
  const context = tagging({ tags: Tags ?? TagsToAdd, tagKeys: TagsToRemove });
  if (ResourceArn) return [ask(ResourceArn, context)];
  const named = (kind: string, name: string) => arn(world, 'glue', region, `${kind}/${name}`);
  const database = DatabaseName ?? input.DatabaseInput?.Name ?? input.Name;
  const name = DatabaseName && (input.TableInput?.Name ?? input.Name ?? '*');
  const things = [arn(world, 'glue', region, 'catalog'), named('database', database)];
  if (name) things.push(named('table', `${database}/${name}`));
  if (operation === 'DeleteDatabase')
    things.push(named('table', `${database}/*`), named('userDefinedFunction', `${database}/*`));
  const born = operation === 'CreateDatabase' && context['aws:TagKeys'];
  return [
    ...things.map((thing) => ask(thing, context)),
    ...(born ? [ask(named('database', database), context, 'glue:TagResource')] : []),
  ];
};

const athena: Requests = (world, call, ask) => {
  const { operation, region, input } = call;
  if (input.ResourceARN) return [ask(input.ResourceARN, tagging(input))];
  const here = world.regions[region];
  const name = input.WorkGroup ?? input.Name ?? own(here?.queries ?? {}, input.QueryExecutionId)?.workgroup;
  const group = arn(world, 'athena', region, `workgroup/${name}`);
  const context = tagging(input);
  const born = operation === 'CreateWorkGroup' && context['aws:TagKeys'];
  return [
    ask(group, context),
    ...(born ? [ask(group, context, 'athena:TagResource')] : []),
    ...(operation === 'StartQueryExecution' ? forwarded(world, call, ask) : []),
  ];
};

/** Athena does all else as who asks (Athena user guide, "Control access to Amazon S3 from Athena"). */
function forwarded(world: World, { region, input }: Call, ask: Ask): IamRequest[] {
  const here = world.regions[region];
  const context = { 'aws:ResourceAccount': world.account };
  const s3 = (path: string) => `arn:${world.partition}:s3:::${path}`;
  const parts = (location: string) => /^s3:\/\/([^/]+)\/(.*)$/.exec(location)?.slice(1) ?? ['', ''];
  const tables = [...String(input.QueryString).matchAll(/"(\w+)"\."(\w+)"/g)].flatMap(([, database, name]) => {
    const table: Input = own(own(here?.databases ?? {}, database!)?.tables ?? {}, name!);
    const [bucket, prefix] = parts(table?.StorageDescriptor?.Location ?? '');
    const things = ['catalog', `database/${database}`, `table/${database}/${name}`];
    return [
      ...things.map((thing) => ask(arn(world, 'glue', region, thing), {}, 'glue:GetTable')),
      ask(s3(bucket!), context, 's3:ListBucket'),
      ask(s3(`${bucket}/${prefix}cluster=a/dt=2026-01-01/a.parquet`), context, 's3:GetObject'),
    ];
  });
  const settings: Input = own(here?.workgroups ?? {}, input.WorkGroup)?.configuration;
  const [bucket, prefix] = parts(settings?.ResultConfiguration?.OutputLocation ?? '');
  const result = s3(`${bucket}/${prefix}a.csv`);
  return [
    ...tables,
    ask(s3(bucket!), context, 's3:GetBucketLocation'),
    ...['s3:GetObject', 's3:PutObject', 's3:AbortMultipartUpload', 's3:ListMultipartUploadParts'].map((action) =>
      ask(result, context, action),
    ),
  ];
}

/** No resource types (Service Authorization Reference, Amazon CloudWatch, Amazon CloudWatch Observability Admin, Amazon EC2). */
const anything: Requests = (_, __, ask) => [ask('*')];

/** The trust of the role has a say too: its service looks at that. */
const sts: Requests = (_, { operation, input }, ask) => (operation === 'AssumeRole' ? [ask(input.RoleArn)] : []);

const account: Requests = (world, _, ask) => [ask(arn(world, 'account', '', 'account'))];

const sns: Requests = (_, { input }, ask) => [ask(input.TopicArn)];

/** By the action's own name, `events:PutEvents` (Service Authorization Reference, Amazon EventBridge). */
const eventbridge: Requests = (world, { region, input }, ask) =>
  (input.Entries as Input[]).map(({ EventBusName }) =>
    ask(EventBusName ?? arn(world, 'events', region, 'event-bus/default'), {}, 'events:PutEvents'),
  );

/** STS answers who one is without any permission (STS API reference, GetCallerIdentity). */
const services: Readonly<Record<string, Requests>> = {
  sts,
  iam,
  s3,
  eks,
  firehose,
  logs,
  kms,
  account,
  cloudwatch: anything,
  ec2: anything,
  observabilityadmin: anything,
  sns,
  eventbridge,
  athena,
  glue,
};

/** AWS's words for it (IAM user guide, "Troubleshoot access denied"). */
export function refusal({ caller, account }: World, { service, operation }: Call, { action, resource }: IamRequest) {
  const error = accessDenied(action, service === 's3' ? `"${resource}"` : resource, undefined, caller, service);
  if (operation !== 'CreateLogGroup' || action !== 'logs:TagResource') return error;
  const message = `User with accountId: ${account} is not authorized to perform CreateLogGroup with Tags. An additional permission "logs:TagResource" is required.`;
  return awsError(error.name, message); // DataDog/cloudformation-template #61
}

/** DeleteObjects is answered for each key (Amazon S3 API reference); here all keys of a call are refused together. */
export function refusedKeys(world: World, call: Call, request: IamRequest) {
  const { name: Code, message: Message } = refusal(world, call, request);
  return { Errors: (call.input.Delete.Objects as Input[]).map((object) => ({ ...object, Code, Message })) };
}
