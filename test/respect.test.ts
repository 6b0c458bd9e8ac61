import { describe, expect, it } from 'vitest';
import type { ChangeRow, Document } from '../src/render/document.ts';
import { accessDenied } from '../src/simulator/errors.ts';
import type { Call, Fault } from '../src/simulator/simulator.ts';
import {
  addBucket,
  addCluster,
  addFilter,
  addLogGroup,
  addRegion,
  addRole,
  addStream,
  type World,
} from '../src/simulator/world.ts';
import { account } from './helpers/account.ts';
import { comparable } from './helpers/comparable.ts';
import { ACCOUNT, bucket, cluster, EU, group, groupOf, NAMES, role, small, stream, US } from './helpers/small.ts';

const ENABLE = 'enable-audit --regions us-east-1 --external-id abc-123 --yes -o json';
const PLAN = 'enable-audit --regions us-east-1 --external-id abc-123 --dry-run -o json';
const BOTH = 'enable-audit --regions us-east-1,eu-west-1 --external-id abc-123 --yes -o json';
const TEARDOWN = `teardown --yes --confirm ${ACCOUNT} -o json`;
const DELETE = `${TEARDOWN} --delete-data`;

const rowOf = ({ changes }: Document, type: string, id: string, region?: string): ChangeRow =>
  changes.find((row) => row.type === type && row.id === id && (!region || row.region === region))!;
const keyOf = ({ type, id }: ChangeRow) => `${type} ${id}`;
const keys = ({ changes }: Document, test: (row: ChangeRow) => boolean) => changes.filter(test).map(keyOf).sort();
const codes = ({ errors }: Document) => errors.map(({ code }) => code);
const copy = <T>(value: T): T => structuredClone(value);

const reader = `iam:role ${NAMES.reader}`;
const subscription = `iam:role ${NAMES.subscription}`;
const delivery = `iam:role ${NAMES.delivery}`;
const theBucket = `s3:bucket ${NAMES.bucket(US)}`;
const theErrors = `logs:log-group ${NAMES.errors}`;
const theStream = `firehose:delivery-stream ${NAMES.product}`;
const madeGroup = `logs:log-group ${groupOf('off')}`;
const filters = ['off', 'on'].map((name) => `logs:subscription-filter ${groupOf(name)}`);
const logging = 'eks:cluster-logging off';
const paths = [...filters, logging];

/** A thing of our name that is not ours, what stands on it and so is skipped, what is done all the same, and the exit code. */
interface Foreign {
  readonly what: string;
  readonly make: (world: World) => unknown;
  readonly thing: (world: World) => unknown;
  readonly blocked: string;
  readonly skipped: readonly string[];
  readonly done: readonly string[];
  readonly code: number;
}

const theirRole = (name: string) => ({
  make: (world: World) =>
    addRole(world, name, { tags: { team: 'radiology' }, policies: { theirs: { Statement: [] } } }),
  thing: (world: World) => role(world, name),
});
const theirs = { tags: { team: 'radiology' } };

const FOREIGN: readonly Foreign[] = [
  {
    what: "the reader's role",
    ...theirRole(NAMES.reader),
    blocked: reader,
    skipped: [subscription, delivery, theBucket, theErrors, theStream, madeGroup, ...paths],
    done: [],
    code: 1,
  },
  {
    what: "Firehose's role",
    ...theirRole(NAMES.delivery),
    blocked: delivery,
    skipped: [theStream, ...paths],
    done: [reader, subscription, theBucket, theErrors, madeGroup],
    code: 3,
  },
  {
    what: "CloudWatch Logs' role",
    ...theirRole(NAMES.subscription),
    blocked: subscription,
    skipped: paths,
    done: [reader, delivery, theBucket, theErrors, theStream, madeGroup],
    code: 3,
  },
  {
    what: 'the bucket',
    make: (world) => addBucket(world, US, NAMES.bucket(US), { ...theirs, namespace: 'account-regional' }),
    thing: (world) => bucket(world),
    blocked: theBucket,
    skipped: [theStream, ...paths],
    done: [reader, subscription, delivery, theErrors, madeGroup],
    code: 3,
  },
  {
    what: "Firehose's log group",
    make: (world) => addLogGroup(world, US, NAMES.errors, { ...theirs, retention: 3 }),
    thing: (world) => group(world, NAMES.errors),
    blocked: theErrors,
    skipped: [theStream, ...paths],
    done: [reader, subscription, delivery, theBucket, madeGroup],
    code: 3,
  },
  {
    what: 'the stream',
    make: (world) => addStream(world, US, NAMES.product, theirs),
    thing: (world) => stream(world),
    blocked: theStream,
    skipped: paths,
    done: [reader, subscription, delivery, theBucket, theErrors, madeGroup],
    code: 3,
  },
  {
    what: 'a filter whose destination and role are others',
    make: (world) => {
      addLogGroup(world, US, groupOf('off'), { retention: 30 });
      addFilter(world, US, groupOf('off'), NAMES.product, { filterPattern: 'x' });
    },
    thing: (world) => group(world, groupOf('off')),
    blocked: filters[0]!,
    skipped: [logging],
    done: [reader, subscription, delivery, theBucket, theErrors, theStream, filters[1]!],
    code: 3,
  },
];

describe('what has our name and is not ours', () => {
  it.each(FOREIGN)('$what: nothing of it is touched, and only what stands on it waits', async (foreign) => {
    const world = small();
    foreign.make(world);
    const [thing, whole] = [copy(foreign.thing(world)), comparable(world, { identity: true })];
    const { run } = account(world);

    const plan = await run(PLAN);
    expect(plan.writes).toEqual([]);
    const [type, id] = foreign.blocked.split(' ') as [string, string];
    expect(rowOf(plan.json, type, id)).toMatchObject({ action: 'blocked', reason: 'foreign', status: 'skipped' });
    expect(keys(plan.json, ({ action, status }) => action !== 'blocked' && status === 'skipped')).toEqual(
      [...foreign.skipped].sort(),
    );
    expect(keys(plan.json, ({ status }) => status === 'planned')).toEqual([...foreign.done].sort());
    expect(plan.json.errors).toEqual([expect.objectContaining({ code: 'FOREIGN', id })]);
    expect(plan.code).toBe(foreign.code);

    const done = await run(ENABLE);
    expect(keys(done.json, ({ action, status }) => action !== 'blocked' && status === 'skipped')).toEqual(
      [...foreign.skipped].sort(),
    );
    expect(keys(done.json, ({ status }) => status === 'done')).toEqual([...foreign.done].sort());
    expect(done.json.errors).toEqual([expect.objectContaining({ code: 'FOREIGN', id })]);
    expect(done.json.errors[0]!.hint).not.toBeNull();
    expect(done.json.summary).toMatchObject({ blocked: 1, failed: 0, skipped: foreign.skipped.length });
    expect(foreign.thing(world)).toEqual(thing);

    const left = await run(DELETE);
    expect(foreign.thing(world)).toEqual(thing);
    expect(comparable(world, { identity: true })).toEqual(whole);
    expect(left.json.changes.map(keyOf)).not.toContain(foreign.blocked);
    expect(left.code).toBe(0);
    expect(done.code).toBe(foreign.code);
  });

  it.each([
    ['destination', { roleArn: `arn:aws:iam::${ACCOUNT}:role/other` }],
    ['role', { destinationArn: `arn:aws:firehose:${US}:${ACCOUNT}:deliverystream/other` }],
  ])('a filter of our name with our %s is ours, and goes with the rest', async (_, more) => {
    const world = small();
    const before = comparable(world, { identity: true });
    const { run } = account(world);
    expect((await run(ENABLE)).code).toBe(0);
    Object.assign(group(world, groupOf('on')).filters[NAMES.product]!, more);
    expect((await run(DELETE)).code).toBe(0);
    expect(comparable(world, { identity: true })).toEqual(before);
  });

  it('a bucket whose name only begins like ours names no region', async () => {
    const world = small();
    const backup = `rad-eks-audit-logs-${ACCOUNT}-us-east-1-backup`;
    addBucket(world, US, backup, theirs);
    const before = comparable(world, { identity: true });
    const { run } = account(world);
    expect((await run(ENABLE)).code).toBe(0);
    const { code, json } = await run(DELETE);
    expect([code, json.errors, json.regions]).toEqual([0, [], [{ name: US, state: 'ok' }]]);
    expect(comparable(world, { identity: true })).toEqual(before);
    const nothing = await run(DELETE);
    expect([nothing.code, nothing.json.regions, nothing.writes]).toEqual([0, [], []]);
  });

  it("another account's bucket, where the name is not reserved for us: NAME_TAKEN", async () => {
    const ME = 'me-south-1';
    const taken = `rad-eks-audit-logs-${ACCOUNT}-${ME}`;
    const world = small(US, ME);
    addBucket(world, ME, taken, { owner: '999988887777' });
    const before = copy(world.buckets[taken]);
    const { run } = account(world);
    const line = `enable-audit --regions ${US},${ME} --external-id abc-123 -o json`;

    const plan = await run(`${line} --dry-run`);
    expect(plan.code).toBe(3);
    expect(plan.writes).toEqual([]);
    expect(rowOf(plan.json, 's3:bucket', taken)).toMatchObject({ action: 'blocked', status: 'skipped' });
    expect(rowOf(plan.json, 'firehose:delivery-stream', NAMES.product, ME).status).toBe('skipped');

    const done = await run(`${line} --yes`);
    expect(done.code).toBe(3);
    expect(done.json.errors).toEqual([expect.objectContaining({ code: 'NAME_TAKEN', region: ME, id: taken })]);
    expect(rowOf(done.json, 'firehose:delivery-stream', NAMES.product, US).status).toBe('done');
    expect(rowOf(done.json, 'firehose:delivery-stream', NAMES.product, ME).status).toBe('skipped');
    expect(cluster(world, 'off', ME).logging).toEqual([]);
    expect(cluster(world, 'off', US).logging).toEqual(['audit']);
    expect(world.buckets[taken]).toEqual(before);
    await run(DELETE);
    expect(world.buckets[taken]).toEqual(before);
  });

  it('where the name is not reserved for us and free, the bucket is made without -an', async () => {
    const world = small('me-south-1', US);
    const { run } = account(world);
    expect((await run('enable-audit --regions me-south-1 --external-id abc-123 --yes -o json')).code).toBe(0);
    expect(Object.keys(world.buckets)).toEqual([`rad-eks-audit-logs-${ACCOUNT}-me-south-1`]);
  });

  it('a second installation with another prefix lives beside the first', async () => {
    const { run, world } = account(small());
    expect((await run(ENABLE)).code).toBe(0);
    const first = comparable(world, { identity: true });
    expect((await run(`${ENABLE} --name-prefix blue`)).code).toBe(0);
    expect(Object.keys(world.roles)).toContain('blue-audit-logs');
    expect((await run(`${DELETE} --name-prefix blue`)).code).toBe(0);
    expect(comparable(world, { identity: true })).toEqual(first);
  });
});

describe('never weaker', () => {
  it('log types of others stay on, there and back', async () => {
    const world = small();
    cluster(world, 'off').logging = ['api', 'authenticator'];
    cluster(world, 'on').logging = ['audit', 'scheduler'];
    const { run } = account(world);
    expect((await run(ENABLE)).code).toBe(0);
    expect([...cluster(world, 'off').logging].sort()).toEqual(['api', 'audit', 'authenticator']);
    expect([...cluster(world, 'on').logging].sort()).toEqual(['audit', 'scheduler']);
    expect((await run(DELETE)).code).toBe(0);
    expect([...cluster(world, 'off').logging].sort()).toEqual(['api', 'authenticator']);
    expect([...cluster(world, 'on').logging].sort()).toEqual(['audit', 'scheduler']);
  });

  it.each([
    ['short', { retention: 1, tags: { team: 'platform' } }],
    ['long', { retention: 3653, tags: {} }],
    ['endless', { tags: { owner: 'x' } }],
  ])('an existing log group of %s retention is never changed', async (_, more) => {
    const world = small();
    addLogGroup(world, US, groupOf('off'), more);
    const { filters: _filters, storedBytes: _bytes, ...before } = copy(group(world, groupOf('off')));
    const { run } = account(world);
    expect((await run(`${ENABLE} --log-retention-days 30 --tag a=b`)).code).toBe(0);
    expect(group(world, groupOf('off'))).toMatchObject(before);
    expect(group(world, groupOf('off')).tags).toEqual(before.tags);
    expect((await run(DELETE)).code).toBe(0);
    expect(group(world, groupOf('off'))).toMatchObject({ ...before, filters: {} });
  });

  it('a log group that never expires is warned about, and only that one', async () => {
    const world = small();
    addLogGroup(world, US, groupOf('off'));
    const { json } = await account(world).run(PLAN);
    expect(json.warnings.filter(({ code }) => code === 'LOG_GROUP_NEVER_EXPIRES')).toEqual([
      expect.objectContaining({ region: US, id: groupOf('off') }),
    ]);
  });

  it('a cluster left out later is not disconnected', async () => {
    const { run, world } = account(small());
    expect((await run(ENABLE)).code).toBe(0);
    expect((await run(`${ENABLE} --exclude-clusters off`)).code).toBe(0);
    expect(group(world, groupOf('off')).filters).toHaveProperty(NAMES.product);
    expect(cluster(world, 'off').logging).toEqual(['audit']);
  });

  it.each(['on', 'off'])(
    'a cluster that is not chosen, %s, and whose filters may not be read, is told',
    async (name) => {
      const world = small();
      addLogGroup(world, US, groupOf('off'));
      const { run } = account(world);
      const isFilters = ({ operation, input }: Call) =>
        operation === 'DescribeSubscriptionFilters' && input.logGroupName === groupOf(name);
      const others = `${ENABLE} --clusters ${name === 'on' ? 'off' : 'on'}`;
      const { code, json, writes } = await run(others, { faults: denies(isFilters) });
      expect(rowOf(json, 'logs:subscription-filter', groupOf(name))).toMatchObject({
        action: 'blocked',
        reason: 'unreadable',
      });
      expect(json.clusters.map((one) => one.name)).toEqual(['off', 'on']);
      expect(json.errors).toEqual([expect.objectContaining({ code: 'PERMISSION_DENIED', id: groupOf(name) })]);
      expect(code).toBe(3);
      expect(writes.filter((write) => write === 'logs:PutSubscriptionFilter')).toHaveLength(1);
    },
  );

  it('a cluster that had audit on keeps it, without a mark of ours, at teardown', async () => {
    const world = small();
    cluster(world, 'on').tags = { team: 'platform' };
    const { run } = account(world);
    await run(ENABLE);
    expect(cluster(world, 'on').tags).toEqual({ team: 'platform' });
    const { code } = await run(TEARDOWN);
    expect(code).toBe(0);
    expect(cluster(world, 'on')).toMatchObject({ logging: ['audit'], tags: { team: 'platform' } });
    expect(cluster(world, 'off')).toMatchObject({ logging: [], tags: {} });
  });

  it('--keep-logging: logging stays on, and our marks go', async () => {
    const { run, world } = account(small());
    await run(ENABLE);
    const { code, json } = await run(`${TEARDOWN} --keep-logging`);
    expect(code).toBe(0);
    expect(rowOf(json, 'eks:cluster-logging', 'off')).toMatchObject({ action: 'keep', note: expect.any(String) });
    expect(cluster(world, 'off')).toMatchObject({ logging: ['audit'], tags: {} });
    expect(group(world, groupOf('off')).filters).toEqual({});
  });

  it.each<[string, string, (world: World) => unknown]>([
    ['another filter', 'datadog', (world) => addFilter(world, US, groupOf('off'), 'datadog')],
    ['a metric filter', 'metric', (world) => Object.assign(group(world, groupOf('off')), { metricFilterCount: 1 })],
  ])('logging stays on where %s reads the log group, and the reason is said', async (_, word, use) => {
    const { run, world } = account(small());
    await run(ENABLE);
    use(world);
    const { code, json } = await run(DELETE);
    expect(code).toBe(0);
    const row = rowOf(json, 'eks:cluster-logging', 'off');
    expect(row).toMatchObject({ action: 'keep', note: expect.stringContaining(word) });
    expect(cluster(world, 'off')).toMatchObject({ logging: ['audit'], tags: {} });
    expect(group(world, groupOf('off'))).toMatchObject({ retention: 90 });
  });

  it.each<[string, string, (world: World) => unknown]>([
    ['another log type is on', 'api', (world) => cluster(world, 'off').logging.push('api')],
    ['another filter reads it', 'datadog', (world) => addFilter(world, US, groupOf('off'), 'datadog')],
    ['its retention was lengthened', 'retention', (w) => Object.assign(group(w, groupOf('off')), { retention: 365 })],
    ['its retention was shortened', 'retention', (w) => Object.assign(group(w, groupOf('off')), { retention: 1 })],
    ['it was made endless', 'retention', (world) => delete group(world, groupOf('off')).retention],
    [
      'it was given a key',
      'key',
      (world) => Object.assign(group(world, groupOf('off')), { kmsKeyId: 'arn:aws:kms:x' }),
    ],
  ])('--delete-data keeps a log group that we made where %s, and says so', async (_, word, change) => {
    const { run, world } = account(small());
    await run(ENABLE);
    change(world);
    const { filters: _filters, ...before } = copy(group(world, groupOf('off')));
    const { code, json } = await run(DELETE);
    expect(code).toBe(0);
    const row = rowOf(json, 'logs:log-group', groupOf('off'));
    expect(row).toMatchObject({ action: 'keep', note: expect.stringContaining(word) });
    expect(group(world, groupOf('off'))).toMatchObject(before);
    expect(group(world, groupOf('off')).filters).not.toHaveProperty(NAMES.product);
    expect(Object.keys(world.buckets)).toEqual([]);
    expect(Object.keys(world.roles)).toEqual([]);
  });

  it('--delete-data deletes a log group that we made and nobody else uses', async () => {
    const { run, world } = account(small());
    await run(ENABLE);
    const { code, json } = await run(DELETE);
    expect(code).toBe(0);
    expect(rowOf(json, 'logs:log-group', groupOf('off'))).toMatchObject({ action: 'delete', status: 'done' });
    expect(world.regions[US]!.groups).not.toHaveProperty(groupOf('off'));
    expect(world.regions[US]!.groups).toHaveProperty(groupOf('on'));
  });
});

/** The lines that stderr gives to one error. */
const errorLines = (stderr: string): string[][] => {
  const lines = stderr.trimEnd().split('\n');
  return lines.flatMap((line, i) => {
    if (!line.startsWith('error:')) return [];
    const rest = lines.slice(i + 1);
    const end = rest.findIndex((next) => !next.startsWith('  '));
    return [[line, ...rest.slice(0, end === -1 ? undefined : end)]];
  });
};

describe('regions', () => {
  const twoWith = (state: 'denied' | 'not-enabled') => {
    const world = small(US, EU);
    world.regions[EU]!.state = state;
    return world;
  };

  it.each([
    ['denied', 'REGION_DENIED'],
    ['not-enabled', 'REGION_NOT_ENABLED'],
  ] as const)('one that is %s, among good ones: the others are done, exit 3', async (state, code) => {
    const { run, world } = account(twoWith(state));
    const ran = await run(BOTH);
    expect(ran.code).toBe(3);
    expect(ran.json.regions).toEqual([
      { name: EU, state },
      { name: US, state: 'ok' },
    ]);
    expect(ran.json.errors).toEqual([
      expect.objectContaining({ code, region: EU, awsCode: expect.any(String), requestId: expect.any(String) }),
    ]);
    expect(cluster(world, 'off').logging).toEqual(['audit']);
    expect(role(world, NAMES.reader).tags).not.toHaveProperty([`rad-connect:region:${EU}`]);

    const [lines, ...more] = errorLines(ran.stderr);
    expect(more).toEqual([]);
    expect(lines).toHaveLength(3);
    expect(lines![0]).toContain(EU);
    expect(lines![1]).toContain(ran.json.errors[0]!.requestId);
    expect(lines![1]).toContain(ran.json.errors[0]!.awsCode);
  });

  it.each([
    ['denied', 'REGION_DENIED', 5],
    ['not-enabled', 'REGION_NOT_ENABLED', 1],
  ] as const)('only one that is %s: nothing is written, %s, exit %i', async (state, code, exit) => {
    const { run } = account(twoWith(state));
    const ran = await run(`enable-audit --regions ${EU} --external-id abc-123 --yes -o json`);
    expect(ran.code).toBe(exit);
    expect(ran.writes).toEqual([]);
    expect(codes(ran.json)).toEqual([code]);
    expect(ran.json.result).toBe('failed');
  });

  it('all, one of them denied: a warning, and exit 0', async () => {
    const { run, world } = account(twoWith('denied'));
    const ran = await run('enable-audit --regions all --external-id abc-123 --yes -o json');
    expect(ran.code).toBe(0);
    expect(ran.json.errors).toEqual([]);
    expect(ran.json.warnings).toContainEqual(expect.objectContaining({ code: 'REGION_DENIED', region: EU }));
    expect(ran.json.regions).toContainEqual({ name: EU, state: 'denied' });
    expect(cluster(world, 'off').logging).toEqual(['audit']);
  });

  it('all and by name, denied: an error, and exit 3', async () => {
    const ran = await account(twoWith('denied')).run(
      `enable-audit --regions all,${EU} --external-id a-1 --yes -o json`,
    );
    expect(ran.code).toBe(3);
    expect(codes(ran.json)).toEqual(['REGION_DENIED']);
  });

  it('all without those that are excluded', async () => {
    const ran = await account(small(US, EU)).run(
      `enable-audit --regions all --exclude-regions ${EU} --external-id abc-123 --dry-run -o json`,
    );
    expect(ran.json.regions).toEqual([{ name: US, state: 'ok' }]);
  });

  it.each([
    ['', '--delete-data'],
    ['--delete-data', '--delete-data'],
  ])(
    'two are connected: one torn down (%s) keeps the roles, and the other takes them with it',
    async (first, second) => {
      const { run, world } = account(small(US, EU));
      expect((await run(BOTH)).code).toBe(0);
      const one = await run(`${TEARDOWN} --regions ${US} ${first}`.trim());
      expect(one.code).toBe(0);
      for (const name of [NAMES.subscription, NAMES.delivery]) {
        const row = rowOf(one.json, 'iam:role', name);
        expect(row).toMatchObject({ action: 'keep', note: expect.stringContaining(EU) });
        expect(role(world, name)).toBeDefined();
      }
      expect(world.regions[US]!.streams).toEqual({});
      expect(Object.keys(role(world, NAMES.reader).tags)).toContain(`rad-connect:region:${EU}`);
      expect(Object.keys(role(world, NAMES.reader).tags)).not.toContain(`rad-connect:region:${US}`);
      expect((await run(`status --regions ${EU} --detailed-exitcode`)).code).toBe(0);

      expect((await run(`${TEARDOWN} ${second}`)).code).toBe(0);
      expect(world.roles).toEqual({});
      expect(world.buckets).toEqual({});
    },
  );

  it('the roles stay where a region was connected since this run looked', async () => {
    const { run, world } = account(small());
    expect((await run(ENABLE)).code).toBe(0);
    const ran = await run(DELETE, {
      faults({ operation }: Call): undefined {
        // Filters go before the roles: by then another run has connected a region.
        if (operation === 'DeleteSubscriptionFilter')
          role(world, NAMES.reader).tags['rad-connect:region:eu-west-1'] = 'retention=7';
      },
    });
    expect(ran.code).toBe(0);
    for (const name of [NAMES.subscription, NAMES.delivery, NAMES.reader]) {
      expect(rowOf(ran.json, 'iam:role', name)).toMatchObject({ action: 'keep', note: expect.stringContaining(EU) });
      expect(role(world, name)).toBeDefined();
    }
  });

  it('a recorded region that cannot be read keeps the roles, and --forget-region drops it', async () => {
    const { run, world } = account(small(US, EU));
    expect((await run(BOTH)).code).toBe(0);
    world.regions[EU]!.state = 'denied';
    const before = copy(world.regions[EU]);

    const kept = await run(DELETE);
    expect(kept.code).toBe(3);
    expect(codes(kept.json)).toEqual(['REGION_DENIED']);
    expect(kept.json.errors[0]!.hint).toContain(`--forget-region ${EU}`);
    expect(Object.keys(world.roles).sort()).toEqual([NAMES.reader, NAMES.subscription, NAMES.delivery].sort());
    expect(rowOf(kept.json, 'iam:role', NAMES.delivery)).toMatchObject({ note: expect.stringContaining(EU) });
    expect(Object.keys(world.buckets)).toEqual([NAMES.bucket(EU)]);

    const forgotten = await run(`${DELETE} --forget-region ${EU}`);
    expect(forgotten.code).toBe(0);
    expect(world.roles).toEqual({});
    expect(world.regions[EU]).toEqual(before);
  });

  it('a region without a cluster gets nothing, and is told', async () => {
    const world = small(US);
    addRegion(world, EU);
    const { run } = account(world);
    const ran = await run(BOTH);
    expect(ran.code).toBe(0);
    expect(ran.json.warnings).toContainEqual(expect.objectContaining({ code: 'NO_CLUSTERS', id: EU }));
    expect(Object.keys(world.buckets)).toEqual([NAMES.bucket(US)]);
  });
});

/** A call that IAM denies. */
const denies =
  (test: (call: Call) => boolean) =>
  (call: Call): Fault | undefined =>
    test(call) ? { when: 'before', error: accessDenied(`${call.service}:${call.operation}`, '*') } : undefined;

describe('a failure stops only what stands on it', () => {
  it("one cluster's UpdateClusterConfig is denied", async () => {
    const world = small();
    addCluster(world, US, 'off-2');
    const { run } = account(world);
    const isFirst = ({ operation, input }: Call) => operation === 'UpdateClusterConfig' && input.name === 'off';
    const ran = await run(ENABLE, { faults: denies(isFirst) });
    expect(ran.code).toBe(3);
    expect(ran.json.result).toBe('partial');
    expect(ran.json.errors).toEqual([
      expect.objectContaining({ code: 'PERMISSION_DENIED', region: US, id: 'off', requestId: expect.any(String) }),
    ]);
    expect(ran.json.errors[0]!.hint).toContain('eks:UpdateClusterConfig');
    expect(keys(ran.json, ({ status }) => status === 'failed')).toEqual([logging]);
    expect(keys(ran.json, ({ status }) => status === 'skipped')).toEqual([]);
    expect(ran.json.summary).toMatchObject({ failed: 1, skipped: 0, blocked: 0 });
    expect(cluster(world, 'off').logging).toEqual([]);
    expect(cluster(world, 'off-2').logging).toEqual(['audit']);
    expect(ran.json.clusters).toContainEqual(expect.objectContaining({ name: 'off', auditLogging: false }));
    expect(errorLines(ran.stderr).map((lines) => lines.length)).toEqual([3]);

    expect((await run(ENABLE)).code).toBe(0);
    expect(cluster(world, 'off').logging).toEqual(['audit']);
  });

  it("Firehose's role cannot be made: its stream and what stands on that waits", async () => {
    const { run } = account(small());
    const isRole = ({ operation, input }: Call) => operation === 'CreateRole' && input.RoleName === NAMES.delivery;
    const { code, json } = await run(ENABLE, { faults: denies(isRole) });
    expect(code).toBe(3);
    expect(keys(json, ({ status }) => status === 'failed')).toEqual([delivery]);
    expect(keys(json, ({ status }) => status === 'skipped')).toEqual([theStream, ...paths].sort());
    expect(keys(json, ({ status }) => status === 'done')).toEqual(
      [reader, subscription, theBucket, theErrors, madeGroup].sort(),
    );
  });

  it('a region whose stream cannot be made does not stop the other', async () => {
    const { run, world } = account(small(US, EU));
    const isStream = ({ operation, region }: Call) => operation === 'CreateDeliveryStream' && region === EU;
    const { code, json } = await run(BOTH, { faults: denies(isStream) });
    expect(code).toBe(3);
    expect(json.errors.map(({ region }) => region)).toEqual([EU]);
    expect(cluster(world, 'off', US).logging).toEqual(['audit']);
    expect(cluster(world, 'off', EU).logging).toEqual([]);
  });

  it('what cannot be read is told as unreadable, and is not written', async () => {
    const { run } = account(small());
    const isGroup = ({ operation, input }: Call) =>
      operation === 'DescribeLogGroups' && String(input.logGroupNamePrefix).startsWith('/aws/kinesisfirehose');
    const { json, writes } = await run(ENABLE, { faults: denies(isGroup) });
    expect(rowOf(json, 'logs:log-group', NAMES.errors)).toMatchObject({ action: 'blocked', reason: 'unreadable' });
    expect(writes).not.toContain('firehose:CreateDeliveryStream');
    expect(codes(json)).toEqual(['PERMISSION_DENIED']);
  });

  it.each([
    ['the first read', 'GetRole'],
    ['the first write', 'CreateRole'],
  ])('%s is denied: exit 5, nothing is written', async (_, denied) => {
    const { run, world } = account(small());
    const before = comparable(world, { identity: true });
    const { code, json } = await run(ENABLE, { faults: denies(({ operation }) => operation === denied) });
    expect(codes(json)).toEqual(['PERMISSION_DENIED']);
    expect(comparable(world, { identity: true })).toEqual(before);
    expect(code).toBe(5);
  });

  it('a filter that cannot be deleted keeps the stream under it, and the next teardown finishes', async () => {
    const { run, world } = account(small());
    const before = comparable(world, { identity: true });
    await run(ENABLE);
    const isFilter = ({ operation, input }: Call) =>
      operation === 'DeleteSubscriptionFilter' && input.logGroupName === groupOf('on');
    const { code, json } = await run(DELETE, { faults: denies(isFilter) });
    expect(code).toBe(3);
    expect(rowOf(json, 'firehose:delivery-stream', NAMES.product)).toMatchObject({ status: 'skipped' });
    expect(stream(world)).toBeDefined();
    expect(cluster(world, 'off').logging).toEqual([]);
    expect((await run(DELETE)).code).toBe(0);
    expect(comparable(world, { identity: true })).toEqual(before);
  });
});
