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
