import { describe, expect, it } from 'vitest';
import { operatorPolicy, type Statement } from '../src/desired/operator-policy.ts';
import { diagnose, type Exam } from '../src/doctor/exam.ts';
import type { Document, Finding } from '../src/render/document.ts';
import type { JsonObject, World } from '../src/simulator/model.ts';
import { addModule, scenarios } from '../src/simulator/scenarios.ts';
import { traffic } from '../src/simulator/traffic/traffic.ts';
import { addBucket, addCluster, addFilter, addLogGroup, addRegion, addRole } from '../src/simulator/world.ts';
import { account } from './helpers/account.ts';
import { oneDocument } from './helpers/schema.ts';
import {
  ACCOUNT,
  bucket,
  cluster,
  EU,
  edited,
  filter,
  group,
  groupOf,
  keyArn,
  NAMES,
  role,
  small,
  stream,
  US,
} from './helpers/small.ts';

const ENABLE = `enable-audit --regions ${US} --external-id x-1 --yes -o json`;
const ALL = [
  'identity',
  'permissions',
  'regions',
  'delivery',
  'rad-access',
  'audit-logging',
  'log-groups',
  'filters',
  'arrival',
];

let made: Promise<World> | undefined;
/** One region with two clusters, one of which logged before; connected. */
async function connected(): Promise<World> {
  made ??= (async () => {
    const { run, world } = account(small());
    expect((await run(ENABLE)).code).toBe(0);
    return world;
  })();
  return structuredClone(await made);
}

async function doctor(world: World, options = '', more: Parameters<ReturnType<typeof account>['run']>[1] = {}) {
  const ran = await account(world).run(`doctor -o json ${options}`.trim(), more);
  const document = oneDocument(ran.stdout);
  expect(ran.writes).toEqual([]);
  return { ...ran, document, findings: document.findings!, checks: document.checks! };
}
const told = (findings: readonly Finding[]) =>
  findings.map(({ severity, code, region, id }) => [severity, code, region, id]);
const stateOf = ({ checks = [] }: Document, name: string, region: string) =>
  checks.find((check) => check.name === name && check.region === region)?.state;

describe('a world that is good', () => {
  it('has nothing of severity error: exit 0, every check ok', async () => {
    const { code, findings, checks, stderr, document } = await doctor(await connected());
    expect([code, findings, document.result]).toEqual([0, [], 'ok']);
    expect(new Set(checks.map(({ state }) => state))).toEqual(new Set(['ok']));
    expect(new Set(checks.map(({ name }) => name))).toEqual(
      new Set([...ALL, 'subnets', 'account-policies', 'telemetry-rules', 'infrastructure-code']),
    );
    expect(stderr).not.toContain('warning:');
  });

  it.each(Object.keys(scenarios).filter((name) => name !== 'many'))(
    'the scenario %s, connected: no error but where it is broken on purpose, and the same bytes twice',
    async (name) => {
      const world = scenarios[name]!();
      await account(world).run('enable-audit --regions us-east-1,eu-west-1 --yes -o json');
      const first = await doctor(world);
      const broken = { laws: 'FILTER_SLOTS_FULL', denied: undefined, troubled: 'LOG_CLASS_UNSUPPORTED' }[name];
      const errors = first.findings.filter(({ severity }) => severity === 'error').map(({ code }) => code);
      if (broken) expect(errors).toContain(broken);
      else expect(errors).toEqual([]);
      expect(first.code).toBe(broken ? 3 : 0);
      expect((await doctor(world)).stdout).toBe(first.stdout);
    },
  );

  it('nothing is connected: it says how to begin', async () => {
    const { run } = account(small());
    const { code, stdout } = await run('doctor');
    expect([code, stdout]).toEqual([0, expect.stringContaining('rad-connect enable-audit')]);
    const named = await doctor(small(), `--regions ${US}`);
    expect(told(named.findings)).toContainEqual(['note', 'NOT_CONNECTED', US, US]);
    expect([named.code, stateOf(named.document, 'audit-logging', US)]).toEqual([0, undefined]);
  });
});

describe('a record that is gone, while events go on', () => {
  const unrecorded = async (change: (world: World) => unknown = () => {}) => {
    const { world, run } = account(small(US, EU));
    expect((await run(`enable-audit --regions ${US},${EU} --external-id x-1 --yes -q`)).code).toBe(0);
    traffic(world, { minutes: 5, seed: 1 });
    delete world.roles[NAMES.reader];
    change(world);
    return { world, run };
  };

  it.each([`status --regions ${US}`, 'status', 'verify', `verify --regions ${US}`, 'doctor'])(
    "%s: says so, and puts nothing into anybody's hands that deletes",
    async (line) => {
      const { run } = await unrecorded();
      const { stdout, stderr } = await run(line);
      expect(stdout + stderr).toContain(`rad-connect enable-audit --regions ${EU},${US}`);
      expect(stdout + stderr).not.toMatch(/--delete-data|is not connected/);
    },
  );

  it('is an error for doctor: 3', async () => {
    const { world } = await unrecorded();
    const { code, findings } = await doctor(world);
    expect(told(findings)).toContainEqual(['error', 'RECORD_MISSING', 'global', NAMES.reader]);
    expect(code).toBe(3);
  });

  it('a filter alone is alive; logs alone are what remains', async () => {
    const { world, run } = await unrecorded((world) => delete world.regions[EU]!.streams[NAMES.product]);
    expect((await run(`status --regions ${US}`)).stderr).not.toContain('--delete-data');
    for (const name of ['on', 'off']) delete group(world, groupOf(name), EU).filters[NAMES.product];
    expect((await run(`status --regions ${US}`)).stderr).toContain(`teardown --regions ${EU} --delete-data`);
    const unseen = await run(`status --regions ${US}`, {
      authorize: ({ action, resource }: { action: string; resource: string }) =>
        !(action === 'firehose:DescribeDeliveryStream' && resource.includes(EU)),
    });
    expect(unseen.stderr).toContain('still holds');
    expect(unseen.stderr).not.toContain('--delete-data');
  });
});

describe('events that do not arrive', () => {
  /** Half an hour of events, and as much after this. */
  const since = async (change: (world: World) => unknown) => {
    const world = await connected();
    traffic(world, { minutes: 30, seed: 1 });
    change(world);
    traffic(world, { minutes: 30, seed: 2 });
    return world;
  };
  const status = async (world: World) => oneDocument((await account(world).run('status -o json')).stdout);
  const arrivals = (findings: readonly Finding[]) => findings.filter(({ check }) => check === 'arrival');
  const ofBucket = (world: World) => {
    bucket(world).policy = edited(bucket(world).policy!, (all) =>
      all.push({ Effect: 'Deny', Principal: '*', Action: 's3:PutObject', Resource: '*', Condition: TAGGED }),
    );
  };
  /** Nothing that can be weighed from policies alone. */
  const TAGGED = { StringNotLike: { 's3:x-amz-storage-class': 'GLACIER' } };

  it('arrive: the check is good', async () => {
    const world = await since(() => {});
    const { code, findings, document, calls } = await doctor(world);
    expect([code, arrivals(findings), stateOf(document, 'arrival', US)]).toEqual([0, [], 'ok']);
    expect(calls.filter(({ operation }) => operation === 'GetMetricData')).toHaveLength(1);
  });

  it('what stops all of a region is one error, with hop, cause and hint as status has them', async () => {
    const world = await since(ofBucket);
    const { delivery } = (await status(world)).regions[0]!;
    expect(delivery).toMatchObject({ state: 'failing', hop: 'bucket' });
    const { code, findings, document } = await doctor(world);
    expect(arrivals(findings)).toMatchObject([
      { severity: 'error', code: 'NOT_DELIVERED', id: US, message: expect.stringMatching(/the bucket: /) },
    ]);
    expect(arrivals(findings)[0]!.message).toContain(delivery!.cause);
    expect(arrivals(findings)[0]!.hint).toBe(delivery!.hint);
    expect([code, stateOf(document, 'arrival', US)]).toEqual([3, 'found']);
  });

  it('of one cluster alone', async () => {
    const world = await since((world) => {
      filter(world, 'on').filterPattern = '{ $.verb = "x" }';
    });
    const { code, findings } = await doctor(world);
    expect(arrivals(findings)).toMatchObject([{ id: 'on', message: expect.stringMatching(/filter: its pattern/) }]);
    expect(code).toBe(3);
  });

  it.each<[string, (world: World) => unknown, string]>([
    ['filter', (world) => delete group(world, groupOf('off')).filters[NAMES.product], 'FILTER_MISSING'],
    ['stream', (world) => delete world.regions[US]!.streams[NAMES.product], 'MISSING'],
    ['logging', (world) => Object.assign(cluster(world, 'off'), { logging: [] }), 'AUDIT_OFF'],
  ])('what another check tells is not said twice: %s', async (_, change, code) => {
    const { findings, document } = await doctor(await since(change));
    expect(findings.filter(({ severity }) => severity === 'error').map((one) => one.code)).toEqual([code]);
    expect(stateOf(document, 'arrival', US)).toBe('found');
  });

  it('where CloudWatch may not be asked, it is not known: 0', async () => {
    const authorize = ({ action }: { action: string }) => action !== 'cloudwatch:GetMetricData';
    const { code, findings, checks } = await doctor(await since(() => {}), '', { authorize });
    expect([code, arrivals(findings)]).toEqual([0, []]);
    expect(checks.find(({ name }) => name === 'arrival')).toMatchObject({
      state: 'unknown',
      reason: expect.stringContaining('allow cloudwatch:GetMetricData'),
    });
  });
});

const policyOf = (policyType: string, policyName: string, more: JsonObject = {}) => ({
  policyType,
  policyName,
  policyDocument: '{}',
  scope: 'ALL',
  ...more,
});
const denyReader = (text: string) =>
  edited(text, (all) =>
    all.push({
      Effect: 'Deny',
      Principal: { AWS: `arn:aws:iam::${ACCOUNT}:role/${NAMES.reader}` },
      Action: 's3:GetObject',
      Resource: '*',
    }),
  );
const withTrust = (world: World, name: string, change: (statements: Record<string, unknown>[]) => unknown) => {
  const it = role(world, name);
  it.trust = { text: edited(it.trust.text, change), since: 0 };
};
const withPolicy = (world: World, name: string, change: (statements: Record<string, unknown>[]) => unknown) => {
  const it = role(world, name);
  for (const policy of Object.values(it.policies)) policy.text = edited(policy.text, change);
};

/** What breaks it, and the finding that tells: its severity, code and id, and what is in message or hint. */
type Case = readonly [
  what: string,
  hand: (world: World) => unknown,
  severity: string,
  code: string,
  id: string,
  says: RegExp,
];
const MEND = /rad-connect enable-audit --regions us-east-1/;

/** The four troubles of RAD's own page, and those around them. */
const CASES: readonly Case[] = [
  // Missing permissions.
  [
    'the caller may do nothing',
    callerWith([]),
    'warning',
    'PERMISSION_MISSING',
    `arn:aws:iam::${ACCOUNT}:role/Admin`,
    /rad-connect policy --for all/,
  ],
  // CloudWatch log groups.
  ['audit logging was turned off', (world) => (cluster(world, 'off').logging = []), 'error', 'AUDIT_OFF', 'off', MEND],
  [
    'audit logging of the customer was turned off',
    (world) => (cluster(world, 'on').logging = []),
    'error',
    'AUDIT_OFF',
    'on',
    MEND,
  ],
  [
    'a log group was deleted',
    (world) => delete world.regions[US]!.groups[groupOf('off')],
    'error',
    'LOG_GROUP_MISSING',
    groupOf('off'),
    MEND,
  ],
  [
    'a log group was made anew by EKS',
    (world) => addLogGroup(world, US, groupOf('off')),
    'error',
    'FILTER_MISSING',
    groupOf('off'),
    MEND,
  ],
  [
    'a log group never expires',
    (world) => delete group(world, groupOf('on')).retention,
    'warning',
    'LOG_GROUP_NEVER_EXPIRES',
    groupOf('on'),
    /put-retention-policy/,
  ],
  [
    'a log group of a class without filters',
    newCluster({ class: 'INFREQUENT_ACCESS' }),
    'error',
    'LOG_CLASS_UNSUPPORTED',
    groupOf('new'),
    /class INFREQUENT_ACCESS/,
  ],
  [
    'a log group for delivery only',
    newCluster({ class: 'DELIVERY' }),
    'error',
    'LOG_CLASS_UNSUPPORTED',
    groupOf('new'),
    /class DELIVERY/,
  ],
  ['a new cluster', newCluster({}), 'warning', 'NOT_CONNECTED', 'new', MEND],
  [
    'a filter was changed',
    (world) => (filter(world, 'off').filterPattern = ''),
    'warning',
    'DRIFTED',
    groupOf('off'),
    /filter\.pattern/,
  ],
  ['the slots of a log group are full', fullSlots, 'error', 'FILTER_SLOTS_FULL', groupOf('new'), /datadog, splunk/],
  [
    'others have filters too',
    (world) => {
      newCluster({})(world);
      addFilter(world, US, groupOf('new'), 'datadog');
    },
    'note',
    'FILTER_SLOTS_SHARED',
    groupOf('new'),
    /datadog \(arn:aws:lambda/,
  ],
  [
    "RAD's module delivers too",
    (world) => addModule(world, US, '0a1b2c3d'),
    'warning',
    'DOUBLE_DELIVERY',
    groupOf('off'),
    /--adopt/,
  ],
  // Bucket access.
  [
    'the reader role trusts somebody else',
    (world) =>
      withTrust(world, NAMES.reader, (all) =>
        all.map((one) => Object.assign(one, { Principal: { AWS: 'arn:aws:iam::999988887777:root' } })),
      ),
    'error',
    'RAD_CANNOT_READ',
    NAMES.reader,
    /does not let .*ksoc-data-pipeline/,
  ],
  [
    'the trust wants another external id',
    (world) =>
      withTrust(world, NAMES.reader, (all) =>
        Object.assign(all[0]!, { Condition: { StringEquals: { 'sts:ExternalId': 'other' } } }),
      ),
    'error',
    'RAD_CANNOT_READ',
    NAMES.reader,
    /external id x-1/,
  ],
  [
    'the reader role may not get objects',
    (world) => withPolicy(world, NAMES.reader, (all) => Object.assign(all[0]!, { Action: ['s3:ListBucket'] })),
    'error',
    'RAD_CANNOT_READ',
    NAMES.bucket(US),
    /does not allow .*s3:GetObject/,
  ],
  [
    'the bucket policy denies the reader role',
    (world) => (bucket(world).policy = denyReader(bucket(world).policy!)),
    'error',
    'RAD_CANNOT_READ',
    NAMES.bucket(US),
    /policy of the bucket denies s3:GetObject .*get-bucket-policy --bucket/,
  ],
  [
    'the bucket has a key that the reader role may not use',
    (world) =>
      (bucket(world).encryption = {
        Rules: [
          {
            ApplyServerSideEncryptionByDefault: { SSEAlgorithm: 'aws:kms', KMSMasterKeyID: keyArn('key-b') },
            BucketKeyEnabled: true,
          },
        ],
      }),
    'error',
    'RAD_CANNOT_READ',
    NAMES.bucket(US),
    /kms:Decrypt/,
  ],
  [
    'the reader role may not ask where the bucket is',
    (world) =>
      withPolicy(world, NAMES.reader, (all) => Object.assign(all[0]!, { Action: ['s3:GetObject', 's3:ListBucket'] })),
    'error',
    'RAD_CANNOT_READ',
    NAMES.bucket(US),
    /does not allow s3:GetBucketLocation(?!,)/,
  ],
  ['the bucket is gone', (world) => delete world.buckets[NAMES.bucket(US)], 'error', 'MISSING', NAMES.bucket(US), MEND],
  [
    'the bucket was replaced by a stranger',
    (world) => addBucket(world, US, NAMES.bucket(US)),
    'error',
    'FOREIGN',
    NAMES.bucket(US),
    /not ours/,
  ],
  [
    'the bucket is not as it was',
    (world) => delete bucket(world).versioning,
    'warning',
    'DRIFTED',
    NAMES.bucket(US),
    /versioning/,
  ],
  // Delivery.
  [
    'the stream is gone',
    (world) => delete world.regions[US]!.streams[NAMES.product],
    'error',
    'MISSING',
    NAMES.product,
    MEND,
  ],
  [
    'the stream has failed',
    (world) => (stream(world).status = 'CREATING_FAILED'),
    'error',
    'STREAM_FAILED',
    NAMES.product,
    MEND,
  ],
  [
    'the error log is gone',
    (world) => delete world.regions[US]!.groups[NAMES.errors],
    'warning',
    'MISSING',
    NAMES.errors,
    MEND,
  ],
  [
    'a role is gone',
    (world) => delete world.roles[NAMES.delivery],
    'error',
    'MISSING',
    NAMES.delivery,
    /rad-connect enable-audit/,
  ],
  [
    'a role was replaced by a stranger',
    (world) => addRole(world, NAMES.delivery),
    'error',
    'FOREIGN',
    NAMES.delivery,
    /not ours/,
  ],
  [
    'Firehose may not write',
    (world) => withPolicy(world, NAMES.delivery, (all) => Object.assign(all[0]!, { Action: ['s3:GetObject'] })),
    'error',
    'DELIVERY_DENIED',
    NAMES.product,
    /s3:PutObject/,
  ],
  [
    'Firehose may not assume its role',
    (world) =>
      withTrust(world, NAMES.delivery, (all) =>
        Object.assign(all[0]!, { Principal: { Service: 'ec2.amazonaws.com' } }),
      ),
    'error',
    'DELIVERY_DENIED',
    NAMES.product,
    /Firehose may not assume/,
  ],
  [
    'CloudWatch Logs may not put records',
    (world) =>
      withPolicy(world, NAMES.subscription, (all) =>
        Object.assign(all[0]!, { Resource: ['arn:aws:firehose:*:*:deliverystream/x'] }),
      ),
    'error',
    'DELIVERY_DENIED',
    NAMES.product,
    /does not allow firehose:PutRecord, firehose:PutRecordBatch/,
  ],
  [
    'Firehose may not write what it could not deliver into its log',
    (world) => withPolicy(world, NAMES.delivery, (all) => all.splice(1, 1)),
    'warning',
    'ROLE_PERMISSIONS',
    NAMES.product,
    /does not allow logs:PutLogEvents/,
  ],
  [
    'the stream has a key that CloudWatch Logs may not use',
    (world) =>
      Object.assign(stream(world).encryption!, {
        KeyType: 'CUSTOMER_MANAGED_CMK',
        KeyARN: keyArn('key-b'),
      }),
    'error',
    'DELIVERY_DENIED',
    NAMES.product,
    /kms:GenerateDataKey with .*key-b/,
  ],
  [
    'CloudWatch Logs may not assume its role',
    (world) =>
      withTrust(world, NAMES.subscription, (all) =>
        Object.assign(all[0]!, { Condition: { StringEquals: { 'aws:SourceAccount': '999988887777' } } }),
      ),
    'error',
    'DELIVERY_DENIED',
    NAMES.product,
    /CloudWatch Logs may not assume/,
  ],
  [
    'a boundary was set on a role',
    (world) => (role(world, NAMES.delivery).boundary = 'arn:aws:iam::aws:policy/AdministratorAccess'),
    'note',
    'STRICTER',
    NAMES.delivery,
    /boundary/,
  ],
  // What surrounds it.
  [
    'few addresses are free',
    (world) => (cluster(world, 'on').subnets = { 'subnet-1': 4, 'subnet-2': 200 }),
    'note',
    'SUBNET_IPS',
    'on',
    /subnet-1 has 4;/,
  ],
  [
    'few addresses, and logging is still to change',
    (world) => Object.assign(cluster(world, 'off'), { logging: [], subnets: { 'subnet-1': 4 } }),
    'warning',
    'SUBNET_IPS',
    'off',
    /update-cluster-config/,
  ],
  [
    'no address, and logging is still to change',
    (world) => Object.assign(cluster(world, 'off'), { logging: [], subnets: { 'subnet-1': 0 } }),
    'error',
    'SUBNET_IPS',
    'off',
    /subnet-1 has 0/,
  ],
  [
    'an account policy sends everything elsewhere',
    withPolicyOf('SUBSCRIPTION_FILTER_POLICY', { policyDocument: JSON.stringify({ DestinationArn: 'arn:x' }) }),
    'warning',
    'ACCOUNT_SUBSCRIPTION',
    'p',
    /to arn:x too.*put-account-policy/,
  ],
  [
    'an account policy sends everything to our stream',
    (world) =>
      withPolicyOf('SUBSCRIPTION_FILTER_POLICY', {
        policyDocument: JSON.stringify({ DestinationArn: stream(world).arn }),
      })(world),
    'warning',
    'ACCOUNT_SUBSCRIPTION',
    'p',
    /twice/,
  ],
  [
    'a telemetry rule turns audit logs on too',
    (world) =>
      Object.assign(world.regions[US]!, {
        telemetryRules: { a: ['VPC_FLOW_LOGS'], b: ['EKS_AUTHENTICATOR_LOGS'], c: ['EKS_AUDIT_LOGS'] },
      }),
    'note',
    'TELEMETRY_RULE',
    'c',
    /teardown.*get-telemetry-rule/,
  ],
  [
    'an account policy masks data',
    withPolicyOf('DATA_PROTECTION_POLICY'),
    'warning',
    'ACCOUNT_DATA_PROTECTION',
    'p',
    /masks/,
  ],
  [
    'an account policy sets retention',
    withPolicyOf('RETENTION_POLICY', { selectionCriteria: 'LogGroupNamePrefix IN ["/aws/eks/"]' }),
    'note',
    'ACCOUNT_RETENTION',
    'p',
    /2 log groups/,
  ],
  [
    'Terraform holds a cluster',
    (world) => Object.assign(cluster(world, 'off').tags, { terraform: 'true' }),
    'warning',
    'CODE_UNDOES',
    'off',
    /enabled_cluster_log_types = \["audit"\]/,
  ],
  [
    'eksctl holds a cluster that logs more',
    (world) =>
      Object.assign(cluster(world, 'off'), {
        logging: ['api', 'audit'],
        tags: { ...cluster(world, 'off').tags, 'alpha.eksctl.io/cluster-name': 'off' },
      }),
    'warning',
    'CODE_UNDOES',
    'off',
    /cloudWatch: \{ clusterLogging: \{ enableTypes: \["api", "audit"\] \} \}/,
  ],
  [
    'CloudFormation holds a cluster',
    (world) => Object.assign(cluster(world, 'off').tags, { 'aws:cloudformation:stack-name': 'net' }),
    'warning',
    'CODE_UNDOES',
    'off',
    /stack net.*EnabledTypes: \[\{ Type: audit \}\]/,
  ],
  [
    'EKS has given a cluster up',
    (world) => addCluster(world, US, 'lost', { status: 'FAILED' }),
    'warning',
    'CLUSTER_SKIPPED',
    'lost',
    /FAILED/,
  ],
  [
    'there is no external id',
    (world) => (role(world, NAMES.reader).tags['rad-connect:settings'] = ''),
    'warning',
    'NO_EXTERNAL_ID',
    '',
    /--external-id/,
  ],
  [
    'no cluster is left',
    (world) => (world.regions[US]!.clusters = {}),
    'warning',
    'NO_CLUSTERS',
    US,
    /teardown --regions us-east-1/,
  ],
];

function callerWith(statements: JsonObject[]) {
  return (world: World) =>
    addRole(world, 'Admin', { policies: { own: { Version: '2012-10-17', Statement: statements } } });
}
function newCluster(more: Parameters<typeof addLogGroup>[3]) {
  return (world: World) => {
    addCluster(world, US, 'new', { logging: ['audit'] });
    addLogGroup(world, US, groupOf('new'), { retention: 30, ...more });
  };
}
function fullSlots(world: World) {
  newCluster({})(world);
  for (const name of ['datadog', 'splunk']) addFilter(world, US, groupOf('new'), name);
  stream(world).tags['rad-connect:filter-limit'] = `2 ${new Date(world.now).toISOString().slice(0, 10)}`;
}
function withPolicyOf(type: string, more: JsonObject = {}) {
  return (world: World) => world.regions[US]!.accountPolicies.push(policyOf(type, 'p', more));
}

describe('what is wrong is found, with what mends it', () => {
  it.each(CASES)('%s', async (_, hand, severity, code, id, says) => {
    const world = await connected();
    hand(world);
    const { code: exit, findings, checks } = await doctor(world);
    const found = findings.filter((one) => one.code === code && one.id === id);
    expect(told(findings)).toContainEqual([severity, code, found[0]?.region, id]);
    expect(found.some(({ message, hint }) => says.test(`${message} ${hint}`))).toBe(true);
    for (const { check, region } of findings)
      expect(checks.find((row) => row.name === check && row.region === region)?.state).toBe('found');
    expect(exit).toBe(findings.some((one) => one.severity === 'error') ? 3 : 0);
  });

  it.each(CASES.filter(([, , severity]) => severity === 'error'))(
    'an error is told in text with its hint, once, and nothing on stderr repeats it: %s',
    async (_, hand, __, ___, ____, says) => {
      const world = await connected();
      hand(world);
      const { code, stdout, stderr } = await account(world).run('doctor');
      expect([code, stderr.includes('error:'), says.test(stdout.replace(/\n\s*→/g, ''))]).toEqual([3, false, true]);
    },
  );
});

it('code that holds a cluster which logged before us says so already', async () => {
  const world = await connected();
  Object.assign(cluster(world, 'on').tags, { terraform: 'true' });
  expect((await doctor(world)).findings).toEqual([]);
});

describe('regions', () => {
  const SCP = { state: 'denied' as const };
  it.each([
    ['closed by the organization', SCP, 'REGION_DENIED', 'denied'],
    ['not enabled', { state: 'not-enabled' as const }, 'REGION_NOT_ENABLED', 'not-enabled'],
  ])('a recorded one that is %s is an error; one of all regions is a note', async (_, how, code, state) => {
    const world = await connected();
    addRegion(world, EU, how);
    const all = await doctor(world, '--regions all');
    if (how.state === 'denied') expect(told(all.findings)).toContainEqual(['note', code, EU, EU]);
    expect(all.code).toBe(0);
    const named = await doctor(world, `--regions ${US},${EU}`);
    expect(told(named.findings)).toContainEqual(['error', code, EU, EU]);
    Object.assign(world.regions[US]!, how);
    const recorded = await doctor(world);
    expect(told(recorded.findings)).toContainEqual(['error', code, US, US]);
    expect([recorded.code, recorded.document.regions]).toEqual([3, [{ name: US, state }]]);
    expect(recorded.findings.find((one) => one.code === code)?.hint).toBeTruthy();
  });

  it('one that does not exist does not answer', async () => {
    const { code, findings } = await doctor(await connected(), '--regions us-east-1,eu-north-1');
    expect(told(findings)).toContainEqual(['error', 'REGION_UNREACHABLE', 'eu-north-1', 'eu-north-1']);
    expect(code).toBe(3);
  });

  it('one without clusters, not connected, is a note', async () => {
    const world = await connected();
    addRegion(world, EU);
    expect(told((await doctor(world, `--regions ${EU}`)).findings)).toContainEqual(['note', 'NO_CLUSTERS', EU, EU]);
  });
});

describe('what may not be asked is not known, and fails nothing', () => {
  /** The action that is denied, and the check that then is not known, with its region. */
  const DENIED: readonly (readonly [string, string, string])[] = [
    ['ec2:DescribeSubnets', 'subnets', US],
    ['logs:DescribeAccountPolicies', 'account-policies', US],
    ['observabilityadmin:ListTelemetryRules', 'telemetry-rules', US],
    ['iam:SimulatePrincipalPolicy', 'permissions', 'global'],
    ['s3:ListAllMyBuckets', 'permissions', 'global'],
    ['eks:ListClusters', 'regions', US],
    ['eks:DescribeCluster', 'audit-logging', US],
    ['logs:DescribeSubscriptionFilters', 'filters', US],
    ['logs:ListTagsForResource', 'log-groups', US],
    ['firehose:DescribeDeliveryStream', 'delivery', US],
    ['s3:GetBucketPolicy', 'delivery', US],
    ['iam:GetRolePolicy', 'delivery', 'global'],
  ];
  it.each(DENIED)('%s', async (action, name, region) => {
    const authorize = ({ action: asked }: { readonly action: string }) => asked !== action;
    const { code, document, findings, checks } = await doctor(await connected(), '', { authorize });
    const row = checks.find((check) => check.name === name && check.region === region);
    expect([code, document.errors, row?.state]).toEqual([0, [], 'unknown']);
    expect(row?.reason).toContain(action);
    expect(findings.filter(({ severity }) => severity === 'error')).toEqual([]);
    const { stdout } = await account(await connected()).run('doctor', { authorize });
    expect(stdout).toMatch(new RegExp(`not known: ${name}: .*${action}`));
  });

  it('who calls and cannot be simulated: the root user', async () => {
    const world = Object.assign(await connected(), { caller: `arn:aws:iam::${ACCOUNT}:root` });
    const { document, calls } = await doctor(world);
    expect(stateOf(document, 'permissions', 'global')).toBe('unknown');
    expect(calls.map(({ operation }) => operation)).not.toContain('SimulatePrincipalPolicy');
  });

  it('who calls and cannot be found: a role with a path', async () => {
    const world = Object.assign(await connected(), { caller: `arn:aws:sts::${ACCOUNT}:assumed-role/Deploy/x` });
    addRole(world, 'Deploy', { path: '/ci/' });
    const row = (await doctor(world)).checks.find(({ name }) => name === 'permissions');
    expect([row?.state, row?.reason]).toEqual(['unknown', expect.stringContaining('path')]);
  });

  it('a look that gets no answer is given up', async () => {
    const silent = ({ operation }: { readonly operation: string }) =>
      operation === 'DescribeSubnets' ? ({ when: 'before', error: 'silence' } as const) : undefined;
    const { code, checks } = await doctor(await connected(), '', { faults: silent });
    const row = checks.find(({ name }) => name === 'subnets');
    expect([code, row?.state]).toEqual([0, 'unknown']);
    expect(row?.reason).toContain('no answer to ec2:DescribeSubnets');
  });
});

describe('the line and the calls', () => {
  it.each([
    ['doctor --yes', 64],
    ['doctor --regions nowhere', 64],
    ['doctor extra', 64],
    ['doctor --account 999988887777', 4],
  ])('%s ends with %i', async (line, code) => {
    const ran = await account(await connected()).run(`${line} -o json`);
    expect([ran.code, oneDocument(ran.stdout).findings]).toEqual([code, undefined]);
    if (code === 64) expect(ran.calls).toEqual([]);
  });

  it('may not even read the record: 5', async () => {
    const authorize = ({ action }: { readonly action: string }) => action !== 'iam:GetRole';
    expect((await account(await connected()).run('doctor -o json', { authorize })).code).toBe(5);
  });

  it('asks nothing twice that status asks, and little more', async () => {
    // Of the last hours.
    const isOfNow = /^(GetMetricData|ListObjectsV2)$/;
    const key = ({
      service,
      operation,
      region,
      input,
    }: {
      service: string;
      operation: string;
      region: string;
      input: object;
    }) => JSON.stringify([service, operation, region, isOfNow.test(operation) ? {} : input]);
    const { calls } = await account(await connected()).run('status -o json');
    const status = calls.map(key);
    const own = (await doctor(await connected())).calls.map(key);
    const rest = [...own];
    for (const one of status) rest.splice(rest.indexOf(one), 1);
    expect(rest.length).toBe(own.length - status.length);
    const operations = rest.map((one) => (JSON.parse(one) as string[])[1]);
    expect(new Set(operations)).toEqual(
      new Set(['SimulatePrincipalPolicy', 'DescribeSubnets', 'DescribeAccountPolicies', 'ListTelemetryRules']),
    );
    expect(operations.filter((name) => name !== 'SimulatePrincipalPolicy').length).toBeLessThanOrEqual(6);
  });

  it('the hints have the prefix of the installation', async () => {
    const world = small();
    await account(world).run(`${ENABLE} --name-prefix x`);
    cluster(world, 'off').logging = [];
    const { findings } = await doctor(world, '--name-prefix x');
    expect(findings.map(({ hint }) => hint)).toContain(`rad-connect enable-audit --name-prefix x --regions ${US}`);
  });

  it('of many alike the text shows a few', async () => {
    const world = await connected();
    for (let i = 0; i < 9; i++) addCluster(world, US, `new-${i}`);
    const { stdout } = await account(world).run('doctor');
    expect(stdout.match(/is not connected/g)).toHaveLength(3);
    expect(stdout).toContain('and 6 more like this');
  });
});

describe('permissions, as IAM simulates them', () => {
  const COMMANDS = ['enable-audit', 'teardown'] as const;
  const printed = operatorPolicy(COMMANDS, { partition: 'aws', account: ACCOUNT, prefix: 'rad' })
    .flatMap(({ Statement }) => Statement)
    .filter(({ Sid }) => !Sid?.startsWith('Optional'));
  const lacking = async (statements: readonly Statement[]) => {
    const world = await connected();
    callerWith(statements as unknown as JsonObject[])(world);
    const found = (await doctor(world)).findings.filter(({ code }) => code === 'PERMISSION_MISSING');
    return found.map(({ message }) => message);
  };

  it('who has what is printed, for the region and without what is optional, lacks nothing', async () => {
    const here = printed.map((statement) => ({
      ...statement,
      Resource: statement.Resource.map((arn) => arn.replace(/^(arn:aws:\w+):\*:/, `$1:${US}:`)),
    }));
    expect(await lacking(here)).toEqual([]);
  });

  it('where no region is connected, nothing of regions is asked', async () => {
    const world = small();
    callerWith(printed as unknown as JsonObject[])(world);
    const { findings, calls } = await doctor(world);
    expect(findings).toEqual([]);
    const asked = calls.filter(({ operation }) => operation === 'SimulatePrincipalPolicy');
    expect(asked.length).toBeGreaterThan(0);
    for (const { input } of asked) expect(input.ResourceArns.length).toBeGreaterThan(0);
  });

  // What turns logging off turns it on too.
  const needed = printed.map(({ Sid }) => Sid!).filter((sid) => sid !== 'ClustersAuditOn');
  it.each(needed)('without %s its actions are named', async (left) => {
    const cut = printed.find(({ Sid }) => Sid === left)!;
    const [message] = await lacking(printed.filter(({ Sid }) => Sid !== left));
    expect(cut.Action.some((action) => message?.includes(action))).toBe(true);
  });
});

describe('permissions for a key, as IAM simulates them', () => {
  const grant = (NotAction: string[]) => callerWith([{ Effect: 'Allow', NotAction, Resource: '*' }]);
  const KEY = keyArn('key-a');
  it('that is recorded: doctor asks for them', async () => {
    const { run, world } = account(small());
    await run(`${ENABLE} --kms-key ${KEY}`);
    grant([])(world);
    expect((await doctor(world)).findings).toEqual([]);
    grant(['kms:CreateGrant'])(world);
    const { findings } = await doctor(world);
    expect(findings).toEqual([expect.objectContaining({ code: 'PERMISSION_MISSING' })]);
    expect(findings[0]!.message).toContain('kms:CreateGrant');
  });

  it('that is given: enable-audit asks for them before its plan', async () => {
    const world = small();
    grant(['kms:CreateGrant'])(world);
    const { json } = await account(world).run(`${ENABLE} --kms-key ${KEY} --dry-run`);
    expect(json.warnings).toContainEqual(
      expect.objectContaining({ code: 'PERMISSION_MISSING', message: expect.stringContaining('kms:CreateGrant') }),
    );
  });
});

describe('the order', () => {
  it('is that of place, severity and check, whatever was seen first; exams of one check are one', () => {
    const exam = (region: string, check: Exam['check'], severity?: 'error' | 'warning' | 'note', code = 'A'): Exam => ({
      check,
      region,
      fine: 'good',
      findings: severity ? [{ severity, code, region, id: code, message: code, hint: null }] : [],
    });
    const exams = [
      exam(US, 'regions', 'note'),
      exam(US, 'filters', 'error', 'B'),
      exam(US, 'filters', 'error'),
      exam(EU, 'subnets'),
      exam(EU, 'subnets', 'warning'),
      exam('global', 'identity'),
      exam('global', 'rad-access', 'error', 'Z'),
      { ...exam(EU, 'filters'), unknown: 'why' },
    ];
    const one = diagnose(exams);
    expect(diagnose(exams.toReversed())).toEqual(one);
    expect(one.findings.map(({ region, severity, code }) => `${region} ${severity} ${code}`)).toEqual([
      'global error Z',
      `${EU} warning A`,
      `${US} error A`,
      `${US} error B`,
      `${US} note A`,
    ]);
    expect(one.checks.map(({ region, name, state, reason }) => [region, name, state, reason])).toEqual([
      ['global', 'identity', 'ok', 'good'],
      ['global', 'rad-access', 'found', null],
      [EU, 'filters', 'unknown', 'why'],
      [EU, 'subnets', 'found', null],
      [US, 'regions', 'found', null],
      [US, 'filters', 'found', null],
    ]);
  });
});

describe('account policies that leave a log group alone', () => {
  it.each([
    ['SUBSCRIPTION_FILTER_POLICY', `LogGroupName NOT IN ["${groupOf('on')}", "${groupOf('off')}"]`, 0],
    ['SUBSCRIPTION_FILTER_POLICY', `LogGroupName NOT IN ["${groupOf('on')}"]`, 1],
    ['RETENTION_POLICY', 'LogGroupNamePrefix IN ["/aws/lambda/"]', 0],
    ['TRANSFORMER_POLICY', '', 0],
  ])('%s for %s: %i', async (type, selectionCriteria, count) => {
    const world = await connected();
    withPolicyOf(type, { selectionCriteria })(world);
    expect((await doctor(world)).findings).toHaveLength(count);
  });
});
