import { describe, expect, it } from 'vitest';
import { advance } from '../src/simulator/advance.ts';
import type { Call, Fault } from '../src/simulator/simulator.ts';
import { traffic } from '../src/simulator/traffic/traffic.ts';
import { addLogGroup, type World } from '../src/simulator/world.ts';
import type { VerificationRow } from '../src/verify/verification.ts';
import { account, type RunOptions } from './helpers/account.ts';
import { comparable } from './helpers/comparable.ts';
import { killedWhen } from './helpers/killed.ts';
import { oneDocument } from './helpers/schema.ts';
import {
  ACCOUNT,
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
const CANARY = 'verify --canary --yes -o json';

/** A connected account, in which a cluster is off its beaten track. */
async function connected(change: (world: World) => unknown = () => {}, options = '') {
  const { world, run, clock } = account(small());
  expect((await run(`${ENABLE} ${options}`.trim())).code).toBe(0);
  change(world);
  await clock.sleep(world.now - clock.now());
  const verify = async (line: string, more = {}) => {
    const ran = await run(line, more);
    return {
      ...ran,
      json: oneDocument(ran.stdout),
      row: (name: string) => rowOf(oneDocument(ran.stdout).verification ?? [], name),
    };
  };
  return { world, run, clock, verify };
}
const rowOf = (rows: readonly VerificationRow[], name: string) => rows.find((row) => row.cluster === name)!;
const canaryStreams = (world: World) =>
  Object.values(world.regions[US]!.groups).flatMap(({ streams }) =>
    Object.keys(streams).filter((name) => name.includes('canary')),
  );

describe('verify', () => {
  it('sees in the bucket the last event of each cluster, and writes nothing', async () => {
    const { world, verify } = await connected((world) => traffic(world, { minutes: 5, seed: 1 }));
    const { code, json, row, writes } = await verify('verify -o json');
    expect(writes).toEqual([]);
    expect(code).toBe(0);
    expect(json.result).toBe('ok');
    for (const name of ['on', 'off']) {
      expect(row(name)).toMatchObject({
        state: 'proven',
        hop: null,
        cause: null,
        canary: null,
        events: expect.any(Number),
      });
      const written = Object.values(group(world, groupOf(name)).streams).flatMap(({ events }) =>
        events.map(({ timestamp }) => timestamp),
      );
      // What is written last has had the time to land.
      expect(Date.parse(row(name).lastEventAt!)).toBe(Math.max(...written));
      expect(row(name).delaySeconds).toBeLessThan(120);
      expect(bucket(world).objects.map(({ key }) => key)).toContain(row(name).key);
    }
    expect(json.reader).toMatchObject([
      {
        region: US,
        canRead: 'yes',
        by: 'iam:SimulatePrincipalPolicy',
        notTried: expect.stringContaining('ksoc-data-pipeline'),
      },
    ]);
  });

  it('proves some: 3, and none: 1; it says how far back it looked', async () => {
    const { clock, verify } = await connected((world) => {
      cluster(world, 'off').logging = [];
      traffic(world, { minutes: 1, seed: 1 });
    });
    const some = await verify('verify -o json');
    expect([some.code, some.json.result]).toEqual([3, 'partial']);
    expect(some.row('on').state).toBe('proven');
    expect(some.row('off')).toMatchObject({ state: 'unseen', hop: 'cluster' });
    expect(some.json.errors).toMatchObject([
      { code: 'NOT_DELIVERED', id: 'off', region: US, hint: `rad-connect enable-audit --regions ${US}` },
    ]);
    expect((await verify('verify -c on -o json')).code).toBe(0);
    expect((await verify('verify -c of* -o json')).code).toBe(1);
    await clock.sleep(600_000);
    const late = await verify('verify --since 1s -c on -o json');
    expect([late.code, late.row('on').state]).toEqual([1, 'unseen']);
    expect(late.row('on')).toMatchObject({
      hint: expect.stringContaining('--canary'),
      cause: expect.stringContaining('no event in the last 1 s'),
    });
  });

  it('where nothing is connected there is no proof', async () => {
    const { run } = account(small());
    const { code, stdout } = await run('verify -o json');
    expect(code).toBe(1);
    expect(oneDocument(stdout).errors).toMatchObject([
      { code: 'NOT_DELIVERED', hint: expect.stringContaining('enable-audit') },
    ]);
  });

  it('a bucket that may not be read is an error of its region: 5', async () => {
    const { verify } = await connected();
    const { code, json, row } = await verify('verify -o json', {
      authorize: ({ action, resource }: { action: string; resource: string }) =>
        !(action === 's3:ListBucket' && resource.includes('rad-')) || action !== 's3:ListBucket',
    });
    expect([row('on').state, row('on').hop]).toEqual(['unseen', null]);
    expect(json.errors.map((one) => one.code)).toEqual(['PERMISSION_DENIED']);
    expect(code).toBe(5);
  });

  it('of a region that may not be read nothing is said but that', async () => {
    const { verify } = await connected((world) => Object.assign(world.regions[US]!, { state: 'denied' }));
    const { code, json } = await verify(`verify --regions ${US} -o json`);
    expect(json.errors.map((one) => one.code)).toEqual(['REGION_DENIED']);
    expect(code).not.toBe(0);
  });

  it('what Firehose could not process is no proof, wherever it puts it', async () => {
    const { world, verify } = await connected((world) => traffic(world, { minutes: 1, seed: 1 }));
    for (const object of bucket(world).objects) object.key = object.key.replace(/[^/]+$/, 'processing-failed/x');
    expect((await verify('verify -o json')).row('on')).toMatchObject({ state: 'unseen', key: null });
  });

  it.each([
    ['damaged', 'H4sIAAAAAAAAA6tW'],
    ['empty', ''],
  ])('what is %s is no proof, and is said to be what is there', async (word, body) => {
    const { world, verify } = await connected((world) => traffic(world, { minutes: 5, seed: 1 }));
    for (const object of bucket(world).objects) object.body = body;
    const { code, row, json } = await verify('verify -o json');
    expect([code, row('on').state, row('on').hop]).toEqual([1, 'unseen', null]);
    expect(row('on').cause).toMatch(new RegExp(`can be read: \\d+ \\w+ ${word}`));
    expect(json.warnings).toContainEqual(
      expect.objectContaining({ code: 'OBJECTS_DAMAGED', message: expect.stringContaining(word) }),
    );
  });

  it('reads no object twice, and few: the newest that shows each cluster', async () => {
    const { world, verify } = await connected((world) => traffic(world, { minutes: 30, seed: 1 }));
    expect(bucket(world).objects.length).toBeGreaterThan(20);
    const { calls } = await verify('verify -o json');
    expect(calls.filter(({ operation }) => operation === 'GetObject')).toHaveLength(1);
  });

  it.each([
    ['verify --canary', /--yes/],
    ['verify --since soon', /--since soon/],
    ['verify --since ', /--since "": a number/],
    ['verify -c nothing', /no connected cluster matches/],
    [`enable-audit --regions ${US} --yes -c nothing`, /no cluster matches in us-east-1/],
    [
      `enable-audit --regions ${US} --yes --permissions-boundary arn:aws:iam::210987654321:policy/b`,
      /of account 123456789012/,
    ],
    ['status --regions us-gov-west-1', /partition/],
  ])('%s: 64, in one line; JSON has the account where it is known by then', async (line, text) => {
    const { run } = await connected();
    const { code, stdout, stderr, writes, calls } = await run(line);
    expect([code, stdout, writes]).toEqual([64, '', []]);
    expect(stderr.match(/error: .*\n$/)![0]).toMatch(text);
    const json = oneDocument((await run(`${line} -o json`)).stdout);
    expect(json.account).toBe(calls.length ? ACCOUNT : null);
    expect(json.errors).toMatchObject([{ code: 'USAGE', message: expect.stringMatching(text) }]);
  });

  it('says what it saw, in words', async () => {
    const { run } = await connected((world) => {
      cluster(world, 'off').logging = [];
      traffic(world, { minutes: 5, seed: 1 });
    });
    const { stdout, stderr } = await run('verify');
    expect(stdout).toMatch(/^ {2}off {2}unseen {2}cluster: audit logging has been turned off$/m);
    expect(stdout).toMatch(/^ {2}on {3}proven {2}last event \d+ (s|min) ago, \d+ s after it happened, in 20/m);
    expect(stdout).toMatch(/1 of 2 clusters proven\.\n$/);
    expect(stderr).toMatch(
      /^error: off in us-east-1\n {2}audit logging has been turned off\n {2}→ rad-connect enable-audit/m,
    );
  });
});

const deny = (world: World, Action: string, more = {}) => {
  bucket(world).policy = edited(bucket(world).policy!, (all) =>
    all.push({ Effect: 'Deny', Principal: '*', Action, Resource: `arn:aws:s3:::${NAMES.bucket(US)}/*`, ...more }),
  );
};
const denyPut = (world: World) => deny(world, 's3:PutObject');
const distrust = (world: World, name: string) => {
  const { trust } = role(world, name);
  role(world, name).trust = {
    text: trust.text.replace(/(firehose|logs)\.amazonaws\.com/, 'ec2.amazonaws.com'),
    since: 0,
  };
};

describe('events that have arrived, on a way that is broken now', () => {
  const broken: [string, (world: World) => unknown][] = [
    ['audit logging turned off', (world) => Object.assign(cluster(world, 'on'), { logging: [] })],
    ['filter deleted', (world) => delete group(world, groupOf('on')).filters[NAMES.product]],
    ['group deleted', (world) => delete world.regions[US]!.groups[groupOf('on')]],
    ['stream gone', (world) => delete world.regions[US]!.streams[NAMES.product]],
    ['policy of the bucket denies', denyPut],
    ['CloudWatch Logs is not trusted', (world) => distrust(world, NAMES.subscription)],
    ['Firehose is not trusted', (world) => distrust(world, NAMES.delivery)],
  ];
  const atOnce: [string, (world: World) => unknown][] = [
    ['role of CloudWatch Logs gone', (world) => delete world.roles[NAMES.subscription]],
    ['role of Firehose gone', (world) => delete world.roles[NAMES.delivery]],
    [
      'pattern that lets nothing pass',
      (world) => Object.assign(filter(world, 'on'), { filterPattern: '{ $.a = "b" }' }),
    ],
    ['stream that delivers elsewhere', (world) => Object.assign(stream(world).destination, { Prefix: 'elsewhere/' })],
  ];
  it.each(atOnce)('%s: told before anything is counted, by status and doctor too', async (_, change) => {
    const { run, verify } = await connected((world) => {
      traffic(world, { minutes: 10, seed: 1 });
      change(world);
    });
    const { delivery } = oneDocument((await run('status -o json')).stdout).clusters.find(({ name }) => name === 'on')!;
    const { code, row } = await verify('verify -c on -o json');
    const { state, hop, cause, hint } = delivery;
    expect([code, state]).toEqual([3, 'failing']);
    expect(row('on')).toMatchObject({ state: 'proven', hop, cause, hint });
    expect((await run('doctor')).code).toBe(3);
  });

  it('may be denied under conditions that nobody can weigh: only what has just arrived is proof', async () => {
    const { clock, verify } = await connected((world) => {
      traffic(world, { minutes: 10, seed: 1 });
      deny(world, 's3:PutObject', { Condition: { StringNotEquals: { 's3:x-amz-server-side-encryption': 'aws:kms' } } });
    });
    const fresh = await verify('verify -o json');
    expect([fresh.code, fresh.row('on').state]).toEqual([0, 'proven']);
    expect(fresh.json.warnings).toContainEqual(expect.objectContaining({ code: 'DELIVERY_UNSURE', region: US }));
    await clock.sleep(600_000);
    const { code, row } = await verify('verify -o json');
    expect([code, row('on').state, row('on').hop]).toEqual([1, 'unseen', null]);
    expect(row('on')).toMatchObject({
      cause: expect.stringContaining('denied'),
      hint: expect.stringContaining('--canary'),
    });
    expect(row('on').lastEventAt).not.toBeNull();
  });

  it('what Firehose lacks beside the right to write stops nothing', async () => {
    const { run, verify } = await connected((world) => {
      const Condition = { ArnNotEquals: { 'aws:PrincipalArn': `arn:aws:iam::${ACCOUNT}:role/${NAMES.reader}` } };
      deny(world, 's3:GetObject', { Condition });
      traffic(world, { minutes: 10, seed: 1 });
    });
    const { code, row, json } = await verify('verify -o json');
    expect([code, row('on').state, row('on').hop]).toEqual([0, 'proven', null]);
    expect(json.warnings).toContainEqual(expect.objectContaining({ code: 'ROLE_PERMISSIONS' }));
    expect((await run('doctor')).code).toBe(0);
  });

  it.each(broken)('%s: proven until then, where status says it stops: 3', async (_, change) => {
    const { run, verify } = await connected((world) => {
      traffic(world, { minutes: 10, seed: 1 });
      change(world);
      traffic(world, { minutes: 25, seed: 2 });
    });
    const { delivery } = oneDocument((await run('status -o json')).stdout).clusters.find(({ name }) => name === 'on')!;
    expect(delivery).toMatchObject({ state: 'failing', hop: expect.any(String) });
    const { hop, cause, hint } = delivery;
    const { code, row, json } = await verify('verify -c on -o json');
    expect(row('on')).toMatchObject({ state: 'proven', lastEventAt: expect.any(String), hop, cause, hint });
    expect(json.errors).toMatchObject([{ code: 'NOT_DELIVERED', id: 'on', hint }]);
    expect([code, json.result]).toEqual([3, 'partial']);
    const { stdout } = await run('verify -c on');
    expect(stdout).toContain(`proven until ${row('on').lastEventAt!.slice(11, 16)} UTC  ${hop}: ${cause}`);
    expect(stdout).toContain('0 of 1 cluster proven');
  });

  it('a role that has just lost its policy is no way, before anything is counted', async () => {
    const { verify } = await connected((world) => {
      traffic(world, { minutes: 10, seed: 1 });
      role(world, NAMES.delivery).policies = {};
    });
    const { code, row } = await verify('verify -o json');
    expect([code, row('on').state, row('on').hop]).toEqual([3, 'proven', 'bucket']);
  });

  it('a canary that arrives says that it is whole again, whatever was counted before', async () => {
    const { world, run, verify } = await connected((world) => {
      traffic(world, { minutes: 10, seed: 1 });
      denyPut(world);
      traffic(world, { minutes: 25, seed: 2 });
    });
    bucket(world).policy = edited(bucket(world).policy!, (all) => all.pop());
    const { delivery } = oneDocument((await run('status -o json')).stdout).clusters[0]!;
    const { code, row, calls } = await verify(CANARY);
    expect([delivery.state, code, row('on').hop]).toEqual(['failing', 0, null]);
    // Metrics are late by minutes, and know less than what has arrived.
    expect(calls.filter(({ operation }) => operation === 'GetMetricData')).toEqual([]);
  });
});

describe('verify --canary', () => {
  it('sends an event to each cluster, sees it arrive, and leaves the account as it was', async () => {
    const { world, verify } = await connected();
    const state = () => JSON.stringify(comparable(world)).replace(/"storedBytes":\d+/g, '');
    const before = state();
    const { code, json, row, writes, stderr } = await verify(CANARY);
    expect(code, stderr).toBe(0);
    for (const name of ['on', 'off']) {
      expect(row(name)).toMatchObject({ state: 'proven', canary: { state: 'arrived', seconds: expect.any(Number) } });
      expect(row(name).canary!.seconds).toBeLessThanOrEqual(75);
    }
    expect(state()).toBe(before);
    expect(new Set(writes)).toEqual(new Set(['logs:CreateLogStream', 'logs:PutLogEvents', 'logs:DeleteLogStream']));
    expect(json.errors).toEqual([]);
    expect(stderr).toMatch(/one event marked as ours .* sees it too/);
  });

  const denyKey = (world: World) => {
    world.keys[keyArn('key-a')]!.policy = '{"Statement":[]}';
  };
  const denyKeyToFirehose = (world: World) => {
    const key = world.keys[keyArn('key-a')]!;
    key.policy = edited(key.policy, (all) =>
      all.push({
        Effect: 'Deny',
        Principal: { AWS: `arn:aws:iam::${ACCOUNT}:role/${NAMES.delivery}` },
        Action: 'kms:*',
        Resource: '*',
      }),
    );
  };
  const withoutPolicy = (name: string) => (world: World) => {
    role(world, name).policies = {};
  };
  const remade = (world: World) => {
    traffic(world, { minutes: 30, seed: 1 });
    const { groups } = world.regions[US]!;
    delete groups[groupOf('on')];
    addLogGroup(world, US, groupOf('on'));
  };
  const KEY = `--kms-key ${keyArn('key-a')}`;
  const broken: [string, (world: World) => unknown, string, RegExp, string?][] = [
    [
      "permissions of CloudWatch Logs' role removed",
      withoutPolicy(NAMES.subscription),
      'filter',
      /not delivered: the role rad-cloudwatch-logs was changed/,
    ],
    [
      "CloudWatch Logs' role deleted",
      (world) => delete world.roles[NAMES.subscription],
      'filter',
      /rad-cloudwatch-logs is gone/,
    ],
    [
      "permissions of Firehose's role removed",
      withoutPolicy(NAMES.delivery),
      'bucket',
      /may not write to the bucket: the role rad-firehose/,
    ],
    [
      'stream gone',
      (world) => delete world.regions[US]!.streams[NAMES.product],
      'stream',
      /stream rad-eks-audit-logs is gone/,
    ],
    ['bucket gone', (world) => delete world.buckets[NAMES.bucket(US)], 'bucket', /bucket rad-\S+ is gone/],
    ['KMS denied to all', denyKey, 'stream', /key-a/, KEY],
    ['KMS denied to Firehose', denyKeyToFirehose, 'bucket', /use of KMS key \S+key-a is denied/, KEY],
    ['bucket policy denies', denyPut, 'bucket', /statement added to its policy/],
    ['filter deleted', (world) => delete group(world, groupOf('on')).filters[NAMES.product], 'filter', /no filter/],
    [
      'pattern changed so that it matches nothing',
      (world) => Object.assign(filter(world, 'on'), { filterPattern: '{ $.verb = "x" }' }),
      'filter',
      /pattern was changed, and lets no/,
    ],
    ['pattern recorded that matches nothing', () => {}, 'filter', /pattern lets no/, '--filter-pattern {$.verb="x"}'],
    ['group made anew by EKS', remade, 'log-group', /made anew/],
    ['group deleted', (world) => delete world.regions[US]!.groups[groupOf('on')], 'log-group', /no log group/],
    [
      'logging turned off',
      (world) => Object.assign(cluster(world, 'on'), { logging: [] }),
      'cluster',
      /logging is off/,
    ],
  ];
  it.each(broken)('%s: names the hop', async (_, change, hop, cause, options = '') => {
    const { world, verify } = await connected(change, options);
    const { code, row, json } = await verify(`${CANARY} -c on`);
    expect(code).toBe(1);
    expect(row('on')).toMatchObject({
      state: options.includes('pattern') ? 'unseen' : 'failed',
      hop,
      cause: expect.stringMatching(cause),
      hint: expect.any(String),
    });
    expect(json.errors).toMatchObject([{ code: 'NOT_DELIVERED', id: 'on', message: row('on').cause }]);
    expect(canaryStreams(world)).toEqual([]);
  });

  it('writes nothing where nothing can get through, and nothing into other clusters', async () => {
    const { verify } = await connected((world) => delete group(world, groupOf('on')).filters[NAMES.product]);
    const { row, calls } = await verify(CANARY);
    expect([row('on').state, row('off').state]).toEqual(['failed', 'proven']);
    expect(row('on').canary).toMatchObject({ state: 'not-sent', sentAt: null });
    expect(
      calls.filter(({ operation }) => operation === 'PutLogEvents').map(({ input }) => input.logGroupName),
    ).toEqual([groupOf('off')]);
  });

  it('one canary that is lost is told from another that arrives, also where nothing is seen to be in the way', async () => {
    const { world, verify } = await connected();
    // Once the plan was read.
    const faults = ({ operation }: Call) => {
      if (operation === 'PutLogEvents') filter(world, 'on').filterPattern = '{ $.verb = "x" }';
      return undefined;
    };
    const { code, row } = await verify(CANARY, { faults });
    expect(code).toBe(3);
    expect([row('off').canary!.state, row('on').canary!.state]).toEqual(['arrived', 'lost']);
    expect(row('on')).toMatchObject({ state: 'failed', hop: null, cause: expect.stringContaining('did not reach') });
  });

  it('a pattern of the customer that is for other events leaves the proof to those', async () => {
    const { verify } = await connected(
      (world) => traffic(world, { minutes: 5, seed: 1 }),
      '--filter-pattern {$.verb!="get"}',
    );
    const { code, row, writes } = await verify(CANARY);
    expect([code, writes]).toEqual([0, []]);
    expect(row('on')).toMatchObject({
      state: 'proven',
      canary: { state: 'not-sent' },
      cause: expect.stringContaining('pattern'),
    });
  });

  it.each([
    ['n\r', 130, 0],
    ['y\r', 0, 2],
  ])('on a terminal it asks once: %j', async (typed, code, events) => {
    const { run } = await connected();
    const ran = await run('verify --canary -q', { typed });
    expect(ran.stderr).toContain('Write one marked event each into');
    expect(ran.code).toBe(code);
    expect(ran.calls.filter(({ operation }) => operation === 'PutLogEvents')).toHaveLength(events);
  });

  it('waits as long as the stream buffers, and across the hour', async () => {
    const { world, clock, verify } = await connected((world) => {
      (stream(world).destination.BufferingHints as Record<string, number>).IntervalInSeconds = 900;
    });
    await clock.sleep(3_600_000 - (clock.now() % 3_600_000) - 120_000);
    advance(world, clock.now());
    traffic(world, { minutes: 1, seed: 1 });
    await clock.sleep(180_000);
    const { code, row } = await verify(CANARY);
    expect([code, row('on').canary!.state]).toEqual([0, 'arrived']);
  });

  it('told to stop it takes its log streams away all the same: 130', async () => {
    let stop = () => {};
    const { world, verify } = await connected();
    let isTold = false;
    const faults = ({ operation }: Call) => {
      if (operation !== 'PutLogEvents' || isTold) return undefined;
      isTold = true;
      return void stop();
    };
    const onInterrupt = (how: () => void) => {
      stop = how;
    };
    const { code, json, writes, stderr } = await verify(CANARY, { faults, onInterrupt });
    expect(code).toBe(130);
    expect(stderr).toMatch(/interrupted: the log streams of the canaries were taken away\n$/);
    expect(writes).toContain('logs:PutLogEvents');
    expect(canaryStreams(world)).toEqual([]);
    expect(json.verification!.map(({ canary }) => canary!.state)).toContain('unknown');
  });

  it.each<[string, string, RunOptions['authorize'], RegExp]>([
    [
      'its log streams stay',
      'CreateLogStream',
      ({ action }) => action !== 'logs:DeleteLogStream',
      /not all .* an hour/s,
    ],
    ['it has only looked', 'ListClusters', undefined, /interrupted\n.*should its log stream be left/s],
  ])('told to stop, it says what is left: %s', async (_, at, authorize, text) => {
    let stop = () => {};
    const { verify } = await connected();
    const faults = ({ operation }: Call) => {
      if (operation === at) stop();
      return undefined;
    };
    const onInterrupt = (how: () => void) => {
      stop = how;
    };
    const { code, stderr } = await verify(CANARY, { faults, onInterrupt, ...(authorize && { authorize }) });
    expect(code).toBe(130);
    expect(stderr).toMatch(text);
    expect(stderr).not.toMatch(/no further call|goes on from here/);
  });

  it('told to stop while nothing answers, it names the log streams that may be left', async () => {
    let stop = () => {};
    const { world, verify } = await connected((world) => traffic(world, { minutes: 5, seed: 1 }));
    const faults = ({ operation }: Call): Fault | undefined => {
      if (operation === 'PutLogEvents') stop();
      return operation === 'DeleteLogStream' ? { when: 'before', error: 'silence' } : undefined;
    };
    const onInterrupt = (how: () => void) => {
      stop = how;
    };
    const { code, stderr } = await verify(CANARY, { faults, onInterrupt });
    expect(code).toBe(130);
    for (const name of canaryStreams(world)) expect(stderr).toContain(`--log-stream-name ${name}`);
    expect(canaryStreams(world)).toHaveLength(2);
  });

  it.each(['verify', 'status', 'doctor', 'enable-audit --regions us-east-1 --dry-run'])(
    '%s, told to stop, has changed nothing and says so; out of time, too',
    async (line) => {
      let stop = () => {};
      const { run } = await connected();
      const onInterrupt = (how: () => void) => {
        stop = how;
      };
      const faults = ({ operation }: Call) => {
        if (operation === 'ListClusters') stop();
        return undefined;
      };
      const stopped = await run(line, { faults, onInterrupt });
      expect([stopped.code, stopped.writes]).toEqual([130, []]);
      expect(stopped.stderr).toMatch(/interrupted: nothing was changed\n$/);
      const silent = ({ operation }: Call): Fault | undefined =>
        operation === 'ListClusters' ? { when: 'before', error: 'silence' } : undefined;
      const late = await run(`${line} --timeout 30s`, { faults: silent });
      expect([late.code, late.stderr]).toEqual([
        1,
        expect.stringMatching(
          /--timeout 30s: no answer from eks in us-east-1; nothing was changed\n {2}→ give it more with --timeout\n$/,
        ),
      ]);
    },
  );

  it('told to stop while it waits, it says what it has seen', async () => {
    let stop = () => {};
    const { world, verify } = await connected();
    let looks = 0;
    const faults = ({ operation }: Call) => {
      if (operation === 'ListObjectsV2' && canaryStreams(world).length && ++looks === 1) stop();
      return undefined;
    };
    const onInterrupt = (how: () => void) => {
      stop = how;
    };
    const { code, row } = await verify(CANARY, { faults, onInterrupt });
    expect([code, row('on').state, row('on').canary!.state]).toEqual([130, 'unseen', 'unknown']);
    expect(canaryStreams(world)).toEqual([]);
  });

  it('killed, its log streams are taken away by a run an hour later, and not before', async () => {
    const { world, run, clock, verify } = await connected();
    let sent = false;
    await run(CANARY, {
      faults: killedWhen(({ operation }) => {
        sent ||= operation === 'PutLogEvents';
        return sent && operation === 'ListObjectsV2';
      }),
    });
    const left = canaryStreams(world);
    expect(left).toHaveLength(2);
    // Another run may still follow them.
    expect((await verify(CANARY)).code).toBe(0);
    expect(canaryStreams(world)).toEqual(left);
    await clock.sleep(3_600_000);
    expect((await verify(CANARY)).code).toBe(0);
    expect(canaryStreams(world)).toEqual([]);
  });

  it('two at the same moment leave each other alone', async () => {
    const { world, verify } = await connected();
    const [one, other] = await Promise.all([verify(CANARY), verify(CANARY)]);
    const deleted = ({ calls }: typeof one) =>
      calls.filter(({ operation }) => operation === 'DeleteLogStream').map(({ input }) => input.logStreamName);
    for (const { code, json } of [one, other]) {
      expect(code).toBe(0);
      expect(json.verification!.map(({ canary }) => canary!.state)).toEqual(['arrived', 'arrived']);
    }
    for (const run of [one, other])
      expect(deleted(run).sort()).toEqual(run.json.verification!.map(({ canary }) => canary!.logStream).sort());
    expect(canaryStreams(world)).toEqual([]);
  });

  it('where its log stream cannot be deleted, says with what it can: 3', async () => {
    const { verify } = await connected();
    const authorize = ({ action }: { action: string }) => action !== 'logs:DeleteLogStream';
    const { code, json, row } = await verify(CANARY, { authorize });
    expect([code, row('on').state]).toEqual([3, 'proven']);
    const { logStream } = row('on').canary!;
    expect(json.errors).toContainEqual(
      expect.objectContaining({ code: 'CANARY_REMAINS', id: groupOf('on'), hint: expect.stringContaining(logStream) }),
    );
  });

  it('where none may be written, none is followed, and what arrived before is proof', async () => {
    const { verify } = await connected((world) => traffic(world, { minutes: 5, seed: 1 }));
    const authorize = ({ action }: { action: string }) => action !== 'logs:PutLogEvents';
    const { code, row, calls, json } = await verify(CANARY, { authorize });
    expect([code, row('on').state, row('on').canary!.state]).toEqual([3, 'proven', 'not-sent']);
    expect(row('on').cause).toContain('logs:PutLogEvents');
    expect(json.errors).toMatchObject(
      ['off', 'on'].map((id) => ({
        code: 'PERMISSION_DENIED',
        id,
        message: expect.stringContaining('logs:PutLogEvents'),
        hint: expect.any(String),
      })),
    );
    expect(calls.filter(({ operation }) => operation === 'ListObjectsV2').length).toBeLessThan(8);
  });

  it.each(['logs:CreateLogStream', 'logs:PutLogEvents'])(
    'where nothing arrived and nobody may %s, it is the permission that is missing: 5',
    async (denied) => {
      const { verify } = await connected();
      const authorize = ({ action }: { action: string }) => action !== denied;
      const { code, row, json } = await verify(CANARY, { authorize });
      expect([code, row('on').state, row('on').hop]).toEqual([5, 'unseen', null]);
      expect(json.errors.map((one) => one.code)).toEqual(['PERMISSION_DENIED', 'PERMISSION_DENIED']);
    },
  );

  it('where the bucket cannot be read any more, no canary is called lost, and its log stream goes', async () => {
    const { world, verify } = await connected();
    const authorize = ({ action }: { action: string }, { operation }: Call) =>
      action !== 's3:ListBucket' || operation === 'HeadBucket' || canaryStreams(world).length === 0;
    const { code, row } = await verify(CANARY, { authorize });
    expect([code, row('on').state, row('on').canary!.state]).toEqual([1, 'unseen', 'unknown']);
    expect(row('on').cause).toContain('s3:ListBucket');
    expect(canaryStreams(world)).toEqual([]);
  });

  it('what cannot be looked at hinders no proof', async () => {
    const { verify } = await connected();
    const authorize = ({ action }: { action: string }) =>
      !/DescribeCluster|DescribeDeliveryStream|GetBucketPolicy/.test(action);
    const { code, json, row } = await verify(CANARY, { authorize });
    expect([code, row('on').state]).toEqual([0, 'proven']);
    expect(json.warnings).toContainEqual(expect.objectContaining({ code: 'PERMISSION_DENIED', id: NAMES.product }));
  });
});

describe('whether RAD could read', () => {
  const arn = `arn:aws:iam::${ACCOUNT}:role/${NAMES.reader}`;
  const denyGet = (world: World) => {
    bucket(world).policy = edited(bucket(world).policy!, (all) =>
      all.push({ Effect: 'Deny', Principal: { AWS: arn }, Action: 's3:GetObject', Resource: '*' }),
    );
  };
  it.each<[string, (world: World) => unknown, RegExp]>([
    [
      'its role has lost its policy',
      (world) => Object.assign(role(world, NAMES.reader), { policies: {} }),
      /does not allow .*s3:ListBucket, s3:GetObject/,
    ],
    [
      'its role trusts somebody else',
      (world) => Object.assign(role(world, NAMES.reader), { trust: { text: '{"Statement":[]}', since: 0 } }),
      /trust/,
    ],
    ['the policy of the bucket denies it', denyGet, /policy of the bucket denies s3:GetObject/],
    [
      'its role has a boundary that allows nothing',
      (world) => Object.assign(role(world, NAMES.reader), { boundary: `arn:aws:iam::${ACCOUNT}:policy/none` }),
      /IAM denies .*s3:GetObject/,
    ],
    ['its role is gone', (world) => delete world.roles[NAMES.reader], /is gone/],
  ])('no, so that the way is not whole: 3: %s', async (_, change, cause) => {
    const { run, verify } = await connected((world) => {
      traffic(world, { minutes: 5, seed: 1 });
      change(world);
    });
    expect((await run('verify')).stdout).toMatch(/2 of 2 clusters proven\. RAD cannot read us-east-1\.\n$/);
    const { code, json } = await verify('verify -o json');
    expect(json.verification!.map(({ state, hop }) => [state, hop])).toEqual([
      ['proven', null],
      ['proven', null],
    ]);
    expect(json.reader).toMatchObject([{ canRead: 'no', cause: expect.stringMatching(cause) }]);
    expect(json.errors).toMatchObject([
      { code: 'RAD_CANNOT_READ', region: US, id: NAMES.bucket(US), hint: expect.any(String) },
    ]);
    expect([code, json.result]).toEqual([3, 'partial']);
  });

  it('where IAM may not be asked, its policies tell', async () => {
    const { verify } = await connected((world) => traffic(world, { minutes: 5, seed: 1 }));
    const { code, json } = await verify('verify -o json', {
      authorize: ({ action }: { action: string }) => action !== 'iam:SimulatePrincipalPolicy',
    });
    expect(code).toBe(0);
    expect(json.reader).toMatchObject([{ canRead: 'yes', by: 'policies' }]);
    expect(json.warnings).toContainEqual(
      expect.objectContaining({ code: 'PERMISSION_OPTIONAL', id: 'iam:SimulatePrincipalPolicy' }),
    );
  });

  it('where its role trusts who asks, it is tried', async () => {
    const { world, run } = account(small());
    world.caller = `arn:aws:iam::${ACCOUNT}:role/rad-reads`;
    world.roles['rad-reads'] = {
      ...structuredClone(Object.values(world.roles)[0] ?? ({} as never)),
      name: 'rad-reads',
      arn: world.caller,
    };
    await run(`${ENABLE} --rad-role-arn ${world.caller}`);
    const { stdout, calls } = await run('verify -o json');
    expect(oneDocument(stdout).reader).toMatchObject([{ canRead: 'yes', by: 'sts:AssumeRole', notTried: null }]);
    expect(calls.find(({ operation }) => operation === 'AssumeRole')?.input).toMatchObject({ ExternalId: 'x-1' });
  });
});
