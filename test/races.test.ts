import { describe, expect, it } from 'vitest';
import type { ChangeRow, Document } from '../src/render/document.ts';
import type { Call } from '../src/simulator/simulator.ts';
import { addBucket, addFilter, addLogGroup, addRole, addStream, type World } from '../src/simulator/world.ts';
import { account } from './helpers/account.ts';
import { comparable } from './helpers/comparable.ts';
import { killedWhen } from './helpers/killed.ts';
import { ACCOUNT, bucket, cluster, filter, group, groupOf, NAMES, role, small, stream, US } from './helpers/small.ts';

const ENABLE = 'enable-audit --regions us-east-1 --external-id abc-123 --yes -o json';
const AGAIN = 'enable-audit --yes -o json';
const TEARDOWN = `teardown --yes --confirm ${ACCOUNT} -o json`;
const DELETE = `${TEARDOWN} --delete-data`;
const BOUNDARY = 'arn:aws:iam::aws:policy/AdministratorAccess';
const NOT_OURS = 'it does not say any more that it is ours';

const rowOf = ({ changes }: Document, type: string, id: string): ChangeRow =>
  changes.find((row) => row.type === type && row.id === id)!;
const copy = <T>(value: T): T => structuredClone(value);

/** Changes the world once, right before the first call of which this is true; says whether it came to that. */
function once(test: (call: Call) => boolean, change: () => unknown) {
  let done = false;
  const faults = (call: Call): undefined => {
    if (done || !test(call)) return;
    done = true;
    change();
  };
  return { faults, happened: () => done };
}
/** Once the plan is made: right before the first write of all. */
const isFirstWrite = ({ writeN }: Call) => writeN === 1;
/** Logging goes first of all: what is read of the cluster after the survey is read for its restoration. */
const isSecondLook = (name: string) => {
  let looks = 0;
  return ({ operation, input }: Call) => operation === 'DescribeCluster' && input.name === name && ++looks === 2;
};
const isFilterDeletion = (name: string) => (call: Call) =>
  call.operation === 'DeleteSubscriptionFilter' && call.input.logGroupName === groupOf(name);
const is = (operation: string) => (call: Call) => call.operation === operation;
const callsTo = (calls: readonly Call[], key: string, name: string) =>
  calls.filter(({ write, input }) => write && input[key] === name).map(({ operation }) => operation);

/** A run of enable-audit on a small account which somebody changes meanwhile. */
async function enabling(test: (call: Call) => boolean, change: (world: World) => unknown, world = small()) {
  const { run } = account(world);
  const { faults, happened } = once(test, () => change(world));
  const ran = await run(ENABLE, { faults });
  expect(happened()).toBe(true);
  return { run, world, ran };
}

/** The same for a teardown of what stands. */
async function leaving(line: string, test: (call: Call) => boolean, change: (world: World) => unknown) {
  const { run, world } = account(small());
  expect((await run(ENABLE)).code).toBe(0);
  const { faults, happened } = once(test, () => change(world));
  const ran = await run(line, { faults });
  expect(happened()).toBe(true);
  return { run, world, ran };
}

describe("audit is turned on by the cluster's owner after the plan", () => {
  it('it has no mark of ours, EKS is not asked, and teardown leaves it on', async () => {
    const { run, world, ran } = await enabling(isFirstWrite, (w) => {
      cluster(w, 'off').logging = ['audit'];
      cluster(w, 'off').tags = { team: 'payments' };
    });
    expect(ran.code).toBe(0);
    expect(ran.writes.filter((write) => write.startsWith('eks:'))).toEqual([]);
    expect(rowOf(ran.json, 'eks:cluster-logging', 'off')).toMatchObject({ status: 'done' });
    expect(cluster(world, 'off')).toMatchObject({ logging: ['audit'], tags: { team: 'payments' } });
    expect((await run(AGAIN)).writes).toEqual([]);
    for (const line of [TEARDOWN, DELETE]) expect((await run(line)).code).toBe(0);
    expect(cluster(world, 'off')).toMatchObject({ logging: ['audit'], tags: { team: 'payments' } });
  });

  it('and off again by its owner: teardown leaves it off', async () => {
    const { run, world } = await enabling(isFirstWrite, (w) => {
      cluster(w, 'off').logging = ['audit'];
    });
    cluster(world, 'off').logging = [];
    expect((await run(DELETE)).writes).not.toContain('eks:UpdateClusterConfig');
    expect(cluster(world, 'off')).toMatchObject({ logging: [], tags: {} });
  });
});

describe('a foreign filter of our name appears after the survey', () => {
  const theirs = { filterPattern: '{ $.verb = "delete" }' };
  it.each<[string, string, (world: World) => unknown]>([
    ['on a log group of the customer', 'on', (w) => addFilter(w, US, groupOf('on'), NAMES.product, theirs)],
    [
      'on a log group that was not there',
      'off',
      (w) => {
        addLogGroup(w, US, groupOf('off'), { retention: 30, tags: { team: 'payments' } });
        addFilter(w, US, groupOf('off'), NAMES.product, theirs);
      },
    ],
  ])('%s: FOREIGN, and it is untouched', async (_, name, appear) => {
    let before: unknown;
    const { run, world, ran } = await enabling(isFirstWrite, (w) => {
      appear(w);
      before = copy(group(w, groupOf(name)));
    });
    expect(ran.json.errors).toEqual([expect.objectContaining({ code: 'FOREIGN', region: US, id: groupOf(name) })]);
    expect(ran.code).toBe(3);
    const puts = ran.calls.filter(is('PutSubscriptionFilter')).map(({ input }) => input.logGroupName);
    expect(puts).toEqual([groupOf(name === 'on' ? 'off' : 'on')]);
    expect(group(world, groupOf(name))).toEqual(before);
    expect(cluster(world, 'off').logging).toEqual(name === 'on' ? ['audit'] : []);
    await run(DELETE);
    expect(group(world, groupOf(name))).toEqual(before);
  });

  it('our own, of another run at the same time: it is finished', async () => {
    const { ran, world, run } = await enabling(isFirstWrite, (w) =>
      addFilter(w, US, groupOf('on'), NAMES.product, {
        filterPattern: 'x',
        roleArn: `arn:aws:iam::${ACCOUNT}:role/${NAMES.subscription}`,
      }),
    );
    expect(ran.code).toBe(0);
    expect(filter(world, 'on').filterPattern).toBe(filter(world, 'off').filterPattern);
    expect((await run(AGAIN)).writes).toEqual([]);
  });
});

describe('a thing of our name appears while we make ours', () => {
  const theirs = { tags: { team: 'radiology' } };
  it.each(['CREATING_FAILED', 'DELETING', 'ACTIVE'] as const)(
    'a stream that is %s: FOREIGN, and it is untouched',
    async (status) => {
      const failure = { Type: 'KMS_KEY_NOT_FOUND', Details: 'no key' };
      const made = status === 'CREATING_FAILED' ? { status, failure } : { status };
      let before: unknown;
      const { run, world, ran } = await enabling(is('CreateDeliveryStream'), (w) => {
        before = copy(addStream(w, US, NAMES.product, { ...theirs, ...made }));
      });
      expect(ran.json.errors).toEqual([expect.objectContaining({ code: 'FOREIGN', region: US, id: NAMES.product })]);
      expect(ran.code).toBe(3);
      expect(callsTo(ran.calls, 'DeliveryStreamName', NAMES.product)).toEqual(['CreateDeliveryStream']);
      expect(stream(world)).toEqual(before);
      expect(cluster(world, 'off').logging).toEqual([]);
      expect((await run(DELETE)).code).toBe(0);
      expect(stream(world)).toEqual(before);
    },
  );

  it.each<[string, string, string, (world: World) => unknown, (world: World) => unknown, string]>([
    [
      'a role',
      'iam:role',
      NAMES.reader,
      (w) => addRole(w, NAMES.reader, theirs),
      (w) => role(w, NAMES.reader),
      'CreateRole',
    ],
    [
      'a bucket',
      's3:bucket',
      NAMES.bucket(US),
      (w) => addBucket(w, US, NAMES.bucket(US), { ...theirs, namespace: 'account-regional' }),
      (w) => bucket(w),
      'CreateBucket',
    ],
    [
      "Firehose's log group",
      'logs:log-group',
      NAMES.errors,
      (w) => addLogGroup(w, US, NAMES.errors, { ...theirs, retention: 3 }),
      (w) => group(w, NAMES.errors),
      'CreateLogGroup',
    ],
  ])('%s: FOREIGN, and it is untouched', async (_, type, id, appear, thing, operation) => {
    const makes = (call: Call) => call.operation === operation && Object.values(call.input).includes(id);
    let before: unknown;
    const { world, ran } = await enabling(makes, (w) => {
      appear(w);
      before = copy(thing(w));
    });
    expect(ran.json.errors).toEqual([expect.objectContaining({ code: 'FOREIGN', id })]);
    expect(rowOf(ran.json, type, id)).toMatchObject({ action: 'blocked', status: 'failed' });
    const isOn = ({ write, input }: Call) => write && Object.values(input).includes(id);
    expect(ran.calls.filter(isOn).map((call) => call.operation)).toEqual([operation]);
    expect(thing(world)).toEqual(before);
  });

  it("a cluster's log group: it is the customer's, and our filter is put on it", async () => {
    let before: unknown;
    const { run, world, ran } = await enabling(isFirstWrite, (w) => {
      before = copy(addLogGroup(w, US, groupOf('off'), { ...theirs, retention: 3 }));
    });
    expect(ran.code).toBe(0);
    expect({ ...group(world, groupOf('off')), filters: {}, streams: {} }).toMatchObject(before as object);
    expect(group(world, groupOf('off')).tags).toEqual(theirs.tags);
    expect(filter(world, 'off')).toBeDefined();
    expect((await run(DELETE)).code).toBe(0);
    expect(group(world, groupOf('off'))).toMatchObject(before as object);
  });
});

describe('a teardown whose world changes after its plan', () => {
  const CLAIM = 'rad-connect:claim';

  it('the claim of a bucket is taken off: it is kept with its events, and the reason is said', async () => {
    let before: unknown;
    const { world, ran } = await leaving(DELETE, isFirstWrite, (w) => {
      delete bucket(w).tags[CLAIM];
      bucket(w).objects.push({ key: 'a', versionId: 'v', at: 0, size: 1, body: 'YQ==' });
      before = copy(bucket(w));
    });
    expect(ran.code).toBe(0);
    expect(rowOf(ran.json, 's3:bucket', NAMES.bucket(US))).toMatchObject({ action: 'keep', note: NOT_OURS });
    expect(callsTo(ran.calls, 'Bucket', NAMES.bucket(US))).toEqual([]);
    expect(bucket(world)).toEqual(before);
    expect(world.regions[US]!.streams).toEqual({});
  });

  it.each<[string, string, string, (world: World) => { tags: Record<string, string> }, string]>([
    ["Firehose's role", 'iam:role', NAMES.delivery, (w) => role(w, NAMES.delivery), 'RoleName'],
    ["the reader's role", 'iam:role', NAMES.reader, (w) => role(w, NAMES.reader), 'RoleName'],
    ['the stream', 'firehose:delivery-stream', NAMES.product, (w) => stream(w), 'DeliveryStreamName'],
    ["Firehose's log group", 'logs:log-group', NAMES.errors, (w) => group(w, NAMES.errors), 'logGroupName'],
    ['a log group that we made', 'logs:log-group', groupOf('off'), (w) => group(w, groupOf('off')), 'logGroupName'],
  ])('the claim of %s is taken off: it is kept, untouched', async (_, type, id, thing, key) => {
    let before: object = {};
    const { world, ran } = await leaving(DELETE, isFirstWrite, (w) => {
      delete thing(w).tags[CLAIM];
      before = copy(thing(w));
    });
    expect(ran.code).toBe(0);
    expect(rowOf(ran.json, type, id)).toMatchObject({ action: 'keep', note: NOT_OURS });
    const own = callsTo(ran.calls, key, id).filter((operation) => operation !== 'DeleteSubscriptionFilter');
    expect(own).toEqual([]);
    if (id === groupOf('off')) Object.assign(before, { filters: {} });
    expect(thing(world)).toEqual(before);
  });

  it('the claim of a cluster is taken off: its logging stays as it is', async () => {
    const { world, ran } = await leaving(DELETE, isSecondLook('off'), (w) => {
      cluster(w, 'off').tags = { team: 'payments' };
    });
    expect(ran.code).toBe(0);
    expect(rowOf(ran.json, 'eks:cluster-logging', 'off')).toMatchObject({ action: 'keep', note: NOT_OURS });
    expect(ran.writes.filter((write) => write.startsWith('eks:'))).toEqual([]);
    expect(cluster(world, 'off')).toMatchObject({ logging: ['audit'], tags: { team: 'payments' } });
  });

  it('audit is turned off by the owner: only our marks go', async () => {
    const { world, ran } = await leaving(DELETE, isSecondLook('off'), (w) => {
      cluster(w, 'off').logging = [];
    });
    expect(ran.code).toBe(0);
    expect(ran.writes.filter((write) => write.startsWith('eks:'))).toEqual(['eks:UntagResource']);
    expect(cluster(world, 'off')).toMatchObject({ logging: [], tags: {} });
  });

  it.each<[string, string, (world: World) => unknown]>([
    ['a filter', 'datadog', (w) => addFilter(w, US, groupOf('off'), 'datadog')],
    ['a metric filter', 'metric', (w) => Object.assign(group(w, groupOf('off')), { metricFilterCount: 1 })],
    ['a key', 'key', (w) => Object.assign(group(w, groupOf('off')), { kmsKeyId: 'arn:aws:kms:x' })],
    ['another retention', 'retention', (w) => Object.assign(group(w, groupOf('off')), { retention: 365 })],
    ['another log type', 'api', (w) => cluster(w, 'off').logging.push('api')],
  ])('%s is put on a log group that we made: --delete-data keeps it', async (_, word, change) => {
    let before: object = {};
    const { world, ran } = await leaving(DELETE, isFirstWrite, (w) => {
      change(w);
      const { [NAMES.product]: ours, ...filters } = copy(group(w, groupOf('off')).filters);
      expect(ours).toBeDefined();
      before = { ...copy(group(w, groupOf('off'))), filters };
    });
    expect(ran.code).toBe(0);
    expect(rowOf(ran.json, 'logs:log-group', groupOf('off'))).toMatchObject({
      action: 'keep',
      note: expect.stringContaining(word),
    });
    expect(callsTo(ran.calls, 'logGroupName', groupOf('off'))).toEqual(['DeleteSubscriptionFilter']);
    expect(group(world, groupOf('off'))).toEqual(before);
    expect([world.roles, world.buckets]).toEqual([{}, {}]);
  });

  it('a filter is put on it when ours has just gone, in the last moment', async () => {
    const { world, ran } = await leaving(DELETE, isFilterDeletion('off'), (w) =>
      addFilter(w, US, groupOf('off'), 'datadog'),
    );
    expect(ran.code).toBe(0);
    expect(rowOf(ran.json, 'logs:log-group', groupOf('off')).action).toBe('keep');
    expect(Object.keys(group(world, groupOf('off')).filters)).toEqual(['datadog']);
  });

  it.each<[string, (world: World) => unknown, ((call: Call) => boolean)?]>([
    ['the bucket', (w) => delete w.buckets[NAMES.bucket(US)]],
    ['the stream', (w) => delete w.regions[US]!.streams[NAMES.product]],
    ["Firehose's role", (w) => delete w.roles[NAMES.delivery]],
    ["the reader's role", (w) => delete w.roles[NAMES.reader]],
    ['our filter', (w) => delete group(w, groupOf('on')).filters[NAMES.product]],
    ['a log group that we made', (w) => delete w.regions[US]!.groups[groupOf('off')], isFilterDeletion('off')],
    ['the cluster', (w) => delete w.regions[US]!.clusters.off, isSecondLook('off')],
  ])('%s is gone: done', async (_, remove, test = isFirstWrite) => {
    const clean = account(small());
    await clean.run(ENABLE);
    await clean.run(DELETE);
    const { world, ran } = await leaving(DELETE, test, remove);
    expect([ran.code, ran.json.errors, ran.json.summary.failed]).toEqual([0, [], 0]);
    const left = comparable(world) as World;
    const expected = comparable(clean.world) as World;
    if (!left.regions[US]!.clusters.off) delete expected.regions[US]!.clusters.off;
    expect(left).toEqual(expected);
  });
});

describe('what somebody adds between a killed first run and the second stays', () => {
  it.each([NAMES.reader, NAMES.subscription, NAMES.delivery])('a boundary of %s', async (name) => {
    const { run, world } = account(small());
    const isPolicy = ({ operation, input }: Call) => operation === 'PutRolePolicy' && input.RoleName === name;
    expect((await run(ENABLE, { faults: killedWhen(isPolicy) })).code).not.toBe(0);
    expect(role(world, name).tags).toHaveProperty('rad-connect:claim');
    expect(role(world, name).tags).not.toHaveProperty('rad-connect:spec');
    expect(role(world, name).policies).toEqual({});
    role(world, name).boundary = BOUNDARY;

    const { code, json, calls } = await run(AGAIN);
    expect(code).toBe(0);
    expect(rowOf(json, 'iam:role', name)).toMatchObject({ action: 'update', reason: 'unfinished', status: 'done' });
    expect(calls.filter(is('DeleteRolePermissionsBoundary'))).toEqual([]);
    expect(role(world, name).boundary).toBe(BOUNDARY);
    expect(role(world, name).policies).toHaveProperty('rad-connect');
    expect(role(world, name).tags).toHaveProperty('rad-connect:spec');
    const told = await run('status --detailed-exitcode -o json');
    expect(told.code).toBe(0);
    expect(rowOf(told.json, 'iam:role', name)).toMatchObject({ action: 'keep', reason: 'drifted' });
    expect((await run(AGAIN)).writes).toEqual([]);
  });

  it('a key of the bucket, but what is missing is made', async () => {
    const { run, world } = account(small());
    await run(ENABLE, { faults: killedWhen(is('PutBucketVersioning')) });
    expect(bucket(world).tags).not.toHaveProperty('rad-connect:spec');
    const rule = { ApplyServerSideEncryptionByDefault: { SSEAlgorithm: 'aws:kms' }, BucketKeyEnabled: true };
    bucket(world).encryption = { Rules: [rule] };
    expect((await run(AGAIN)).code).toBe(0);
    expect(bucket(world).encryption).toEqual({ Rules: [rule] });
    expect(bucket(world).versioning).toBe('Enabled');
    expect(bucket(world).lifecycle).toBeDefined();
    expect(bucket(world).policy).toContain('RadConnectTlsOnly');
  });

  it('a log group that we made and that has no retention yet gets ours', async () => {
    const { run, world } = account(small());
    const isRetention = ({ operation, input }: Call) =>
      operation === 'PutRetentionPolicy' && input.logGroupName === groupOf('off');
    await run(ENABLE, { faults: killedWhen(isRetention) });
    expect(group(world, groupOf('off')).retention).toBeUndefined();
    expect((await run(AGAIN)).code).toBe(0);
    expect(group(world, groupOf('off')).retention).toBe(90);
  });

  it('a longer retention of a log group that we made', async () => {
    const { run, world } = account(small());
    const isRetention = ({ operation, input }: Call) =>
      operation === 'PutRetentionPolicy' && input.logGroupName === groupOf('off');
    await run(ENABLE, { faults: killedWhen(isRetention) });
    group(world, groupOf('off')).retention = 365;
    expect((await run(AGAIN)).code).toBe(0);
    expect(group(world, groupOf('off')).retention).toBe(365);
  });
});
