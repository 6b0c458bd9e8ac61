import { describe, expect, it } from 'vitest';
import { traffic } from '../src/simulator/traffic/traffic.ts';
import { addCluster, addLogGroup, addRegion, addRole, emptyWorld, type World } from '../src/simulator/world.ts';
import { account, type RunOptions } from './helpers/account.ts';
import { oneDocument } from './helpers/schema.ts';
import {
  bucket,
  cluster,
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
const WITH_KEY = `${ENABLE} --kms-key ${keyArn('key-a')}`;
const MENDS = `rad-connect enable-audit --regions ${US}`;

async function install(line: string, minutes: number): Promise<World> {
  const { world, run } = account(small());
  expect((await run(line)).code).toBe(0);
  if (minutes) traffic(world, { minutes, seed: 7 });
  return world;
}
/** Made when it is first asked for. */
const installed = new Map<string, Promise<World>>();

/** A connected account whose clusters have written for half an hour. */
async function connected(line = ENABLE, minutes = 30): Promise<World> {
  const key = `${line} ${minutes}`;
  const made = installed.get(key) ?? install(line, minutes);
  installed.set(key, made);
  return structuredClone(await made);
}

/** What status says of it, after a change and twenty-five more minutes of traffic. */
async function broken(change: (world: World) => unknown, line = ENABLE) {
  const world = await connected(line);
  change(world);
  traffic(world, { minutes: 25, seed: 8 });
  return status(world);
}

async function status(world: World, options: RunOptions = {}) {
  const { code, stdout, stderr } = await account(world).run('status -o json', options);
  const json = oneDocument(stdout);
  const of = (name: string) => json.clusters.find((one) => one.name === name)!.delivery;
  return { code, stderr, json, region: json.regions[0]!.delivery!, of };
}

const deny = (world: World, Effect: 'Deny', Action: string) => {
  bucket(world).policy = edited(bucket(world).policy!, (all) =>
    all.push({ Sid: 'theirs', Effect, Principal: '*', Action, Resource: '*' }),
  );
};

describe('a way on which nothing is broken', () => {
  it('delivers: events that were forwarded and have landed, hour by hour', async () => {
    const { json, region, of } = await status(await connected());
    expect(json.result).toBe('ok');
    expect(region).toMatchObject({ state: 'delivering', hop: null, cause: null, freshnessSeconds: 60 });
    expect(of('on')).toMatchObject({ state: 'delivering', lastObjectAt: region.lastObjectAt, hop: null });
    expect(Date.parse(of('on').lastEventAt!)).toBeGreaterThan(Date.parse(region.lastObjectAt!) - 600_000);
    const { timeline } = of('on');
    expect(timeline).toHaveLength(24);
    expect(timeline.map(({ at }) => at)).toEqual(timeline.map(({ at }) => at).sort());
    expect(timeline.reduce((sum, { forwarded }) => sum + forwarded, 0)).toBe(900);
    expect(timeline.reduce((sum, { errors }) => sum + errors, 0)).toBe(0);
  });

  it('just connected it is idle, and says that metrics take some minutes', async () => {
    const { of } = await status(await connected(ENABLE, 0));
    expect(of('on')).toMatchObject({ state: 'idle', hop: null, cause: expect.stringContaining('just connected') });
    expect(of('on').timeline).toEqual([]);
  });

  it('of a cluster that is quiet, idle', async () => {
    const world = await connected();
    world.now += 3 * 3_600_000;
    const { region, of } = await status(world);
    expect([region.state, of('on').state, of('on').hop]).toEqual(['idle', 'idle', null]);
    expect(of('on').lastEventAt).not.toBeNull();
  });

  it('not connected: none, and no metric is asked for', async () => {
    const { run } = account(small());
    const { stdout, calls } = await run(`status --regions ${US} -o json`);
    const { regions, clusters } = oneDocument(stdout);
    expect(regions[0]).not.toHaveProperty('delivery');
    expect(clusters.map(({ delivery }) => delivery.state)).toEqual(['none', 'none']);
    expect(calls.filter(({ service }) => service === 'cloudwatch')).toEqual([]);
  });

  it('a cluster that came later is none: it never was connected', async () => {
    const world = await connected();
    addCluster(world, US, 'new', { logging: ['audit'] });
    addLogGroup(world, US, groupOf('new'));
    traffic(world, { minutes: 25, seed: 9 });
    const { of } = await status(world);
    expect(of('new')).toMatchObject({ state: 'none', hop: 'filter' });
    expect(of('on').state).toBe('delivering');
  });
});

interface Told {
  readonly hop: string;
  readonly cause: RegExp;
  readonly hint: RegExp | string;
}
const mended = (hop: string, cause: RegExp) => ({ hop, cause, hint: MENDS });

describe('a way that is broken names the place, the cause and what mends it', () => {
  it.each<[what: string, change: (world: World) => unknown, told: Told, line?: string]>([
    [
      'the role of CloudWatch Logs has lost its permission',
      (world) => Object.assign(role(world, NAMES.subscription), { policies: {} }),
      mended('filter', /events were not delivered: the role rad-cloudwatch-logs was changed/),
    ],
    [
      'the role of CloudWatch Logs is gone',
      (world) => delete world.roles[NAMES.subscription],
      mended('filter', /the role rad-cloudwatch-logs is gone/),
    ],
    [
      'the stream is gone',
      (world) => delete world.regions[US]!.streams[NAMES.product],
      mended('stream', /the stream rad-eks-audit-logs is gone/),
    ],
    [
      'the stream delivers elsewhere',
      (world) => Object.assign(stream(world).destination, { BucketARN: 'arn:aws:s3:::theirs' }),
      mended('stream', /delivers to arn:aws:s3:::theirs/),
    ],
    [
      'the role of Firehose has lost its permission',
      (world) => Object.assign(role(world, NAMES.delivery), { policies: {} }),
      mended('bucket', /may not write to the bucket: the role rad-firehose was changed/),
    ],
    [
      'the policy of the bucket denies it',
      (world) => deny(world, 'Deny', 's3:PutObject'),
      { hop: 'bucket', cause: /a statement added to its policy/, hint: /aws s3api get-bucket-policy --bucket rad-/ },
    ],
    [
      'the bucket is gone',
      (world) => delete world.buckets[NAMES.bucket(US)],
      mended('bucket', /the bucket rad-.* is gone/),
    ],
    [
      'KMS denies the key of the bucket',
      (world) => {
        world.keys[keyArn('key-b')]!.state = 'Disabled';
        bucket(world).encryption = {
          Rules: [{ ApplyServerSideEncryptionByDefault: { SSEAlgorithm: 'aws:kms', KMSMasterKeyID: keyArn('key-b') } }],
        };
      },
      { hop: 'bucket', cause: /KMS key .*key-b is disabled/, hint: /aws kms enable-key .* key-b/ },
    ],
    [
      'the key of the stream is disabled',
      (world) => Object.assign(world.keys[keyArn('key-a')]!, { state: 'Disabled' }),
      { hop: 'stream', cause: /KMS key .*key-a is disabled/, hint: /aws kms enable-key .* key-a/ },
      WITH_KEY,
    ],
    [
      'the policy of the key denies it',
      (world) => Object.assign(world.keys[keyArn('key-a')]!, { policy: '{"Statement":[]}' }),
      { hop: 'stream', cause: /the use of KMS key .*key-a is denied/, hint: /policy/ },
      WITH_KEY,
    ],
    [
      'the filter was deleted',
      (world) => delete group(world, groupOf('on')).filters[NAMES.product],
      mended('filter', /the filter is gone/),
    ],
    [
      'the filter lets nothing pass',
      (world) => Object.assign(filter(world, 'on'), { filterPattern: '{ $.kind = "Nothing" }' }),
      mended('filter', /its pattern was changed, and lets no sample of an audit event pass/),
    ],
    [
      'the filter lets something else pass',
      (world) =>
        Object.assign(filter(world, 'on'), { filterPattern: '{ $.requestURI = "/api/v1/configmaps?watch=true" }' }),
      mended('filter', /its pattern let none of the last \d+ events pass/),
    ],
    [
      'the filter sends elsewhere',
      (world) => Object.assign(filter(world, 'on'), { destinationArn: `${stream(world).arn}-theirs` }),
      mended('filter', /the filter sends to arn:.*-theirs/),
    ],
    [
      'the log group was deleted and EKS has made it anew',
      (world) => addLogGroup(world, US, groupOf('on')),
      mended('log-group', /made anew/),
    ],
    [
      'the log group is gone',
      (world) => delete world.regions[US]!.groups[groupOf('on')],
      mended('log-group', /the log group is gone/),
    ],
    [
      'somebody has turned audit logging off',
      (world) => Object.assign(cluster(world, 'on'), { logging: ['api'] }),
      mended('cluster', /audit logging has been turned off/),
    ],
  ])('%s', async (_, change, { hop, cause, hint }, line) => {
    const { of, region } = await broken(change, line);
    expect(of('on')).toMatchObject({ state: 'failing', hop, cause: expect.stringMatching(cause) });
    expect(of('on').hint).toMatch(hint);
    const isOfAll = hop === 'stream' || hop === 'bucket';
    // A region whose clusters all fail does not deliver, whatever else its stream takes.
    const isFailing = isOfAll || of('off').state === 'failing';
    expect(region.state).toMatch(isFailing ? /failing/ : /delivering|idle/);
    if (isOfAll) expect(of('off')).toMatchObject({ state: 'failing', hop, cause: region.cause });
  });

  it.each([
    ['--cloudwatch-role-arn', 'filter', 'logs'],
    ['--firehose-role-arn', 'bucket', 'firehose'],
  ])('a role made elsewhere that is gone: %s', async (option, hop, service) => {
    const start = small();
    const policies = {
      all: { Version: '2012-10-17', Statement: [{ Effect: 'Allow', Action: '*', Resource: '*' }] },
    };
    const Principal = { Service: `${service}.amazonaws.com` };
    const trust = {
      Version: '2012-10-17',
      Statement: [{ Effect: 'Allow', Principal, Action: 'sts:AssumeRole' }],
    };
    const { arn } = addRole(start, 'theirs', { path: '/platform/', policies, trust });
    expect((await account(start).run(`${ENABLE} ${option} ${arn}`)).code).toBe(0);
    traffic(start, { minutes: 30, seed: 7 });
    expect((await status(start)).of('on').state).toBe('delivering');
    delete start.roles.theirs;
    traffic(start, { minutes: 25, seed: 8 });
    expect((await status(start)).of('on')).toMatchObject({
      state: 'failing',
      hop,
      cause: expect.stringContaining('the role theirs is gone'),
    });
  });

  it('one cluster that is broken leaves the other delivering', async () => {
    const { of } = await broken((world) => delete group(world, groupOf('on')).filters[NAMES.product]);
    expect(of('off').state).toBe('delivering');
  });

  it('health alone changes no exit code', async () => {
    const { code, json } = await broken((world) => deny(world, 'Deny', 's3:PutObject'));
    expect([code, json.errors]).toEqual([0, []]);
  });

  it('what was broken and is mended delivers again', async () => {
    const world = await connected();
    const { policies } = role(world, NAMES.delivery);
    role(world, NAMES.delivery).policies = {};
    traffic(world, { minutes: 25, seed: 8 });
    expect((await status(world)).region.state).toBe('failing');
    role(world, NAMES.delivery).policies = policies;
    traffic(world, { minutes: 10, seed: 9 });
    expect((await status(world)).of('on').state).toBe('delivering');
  });
});

describe('what may not be asked is not known', () => {
  it.each([
    ['cloudwatch:GetMetricData', 'unknown'],
    ['cloudwatch:ListMetrics', 'delivering'],
    ['logs:GetLogEvents', 'delivering'],
  ])('%s', async (action, state) => {
    const world = await connected();
    const { of, json } = await status(world, { authorize: (request) => request.action !== action });
    expect(of('on').state).toBe(state);
    const warned = json.warnings.filter(({ code }) => code === 'PERMISSION_OPTIONAL');
    expect(warned.map(({ id }) => id)).toEqual([action]);
    if (state === 'unknown') expect(`${of('on').cause} ${of('on').hint}`).toContain(action);
  });

  it('CloudWatch that does not answer: unknown, within a minute, and the rest is told', async () => {
    const world = await connected();
    const { run, clock } = account(world);
    const begun = clock.now();
    const { code, stdout } = await run('status -o json', {
      faults: ({ service }) => (service === 'cloudwatch' ? { when: 'before', error: 'silence' } : undefined),
    });
    const { clusters, warnings } = oneDocument(stdout);
    expect([code, clusters[0]!.delivery.state]).toEqual([0, 'unknown']);
    expect(warnings.map((one) => one.code)).toContain('DELIVERY_NOT_MEASURED');
    expect(clock.now() - begun).toBeLessThan(120_000);
  });
});

it('200 clusters in 5 regions: at most 4 calls for a cluster and 40 for a region, all calls of status together', async () => {
  const regions = ['us-east-1', 'us-west-2', 'eu-west-1', 'eu-central-1', 'ap-south-1'];
  const world = emptyWorld({ regions: {}, pageSize: 1_000 });
  for (const region of regions) {
    addRegion(world, region);
    for (let i = 0; i < 40; i++) {
      addCluster(world, region, `c-${i}`, { logging: ['audit'] });
      addLogGroup(world, region, groupOf(`c-${i}`));
    }
  }
  expect((await account(world).run(ENABLE.replace(US, regions.join()))).code).toBe(0);
  traffic(world, { minutes: 2, seed: 3 });
  const { calls } = await account(world).run('status -o json');
  const health = calls.filter(({ service, operation }) =>
    /cloudwatch|GetLogEvents|ListObjectsV2/.test(`${service}:${operation}`),
  );
  expect(calls.length).toBeLessThanOrEqual(4 * 200 + 40 * 5);
  for (const region of regions) {
    const here = calls.filter((call) => call.region === region);
    const ofClusters = here.filter(
      ({ input }) => JSON.stringify(input).includes('/c-') || /^c-/.test(input.name ?? ''),
    );
    expect(ofClusters.length).toBeLessThanOrEqual(4 * 40);
    expect(here.length - ofClusters.length).toBeLessThanOrEqual(40);
  }
  // Metrics, types of destination, error log and newest object, once for each region.
  expect(health.length).toBeLessThanOrEqual(5 * 5);
});
