import { describe, expect, it } from 'vitest';
import { many } from '../src/simulator/scenarios.ts';
import type { Call } from '../src/simulator/simulator.ts';
import { addFilter, addLogGroup, addUpdate, type World } from '../src/simulator/world.ts';
import { account, type Ran } from './helpers/account.ts';
import { comparable } from './helpers/comparable.ts';
import { cluster, EU, group, groupOf, NAMES, small, stream, US } from './helpers/small.ts';

const ENABLE = `enable-audit --regions ${US} --external-id x-1 --yes -o json`;
const AGAIN = 'enable-audit --yes -o json';

/** What stderr says of errors: the three lines of each. */
const errorsOf = ({ stderr }: Ran): string[] =>
  [...stderr.matchAll(/^error: .*\n(?: {2}.*\n)*/gm)].map(([text]) => text.trim());

const keyOf = ({ region, input }: Call) => JSON.stringify([region, input]);
/** No write is made again that was refused. */
function refusedOnce({ calls, json }: Ran, operation: string) {
  const refused = calls.filter((call) => call.operation === operation).map(keyOf);
  expect(refused.length).toBeGreaterThan(0);
  expect(new Set(refused).size).toBe(refused.length);
  for (const { hint } of json.errors) expect(hint).not.toBeNull();
}

describe('what AWS refuses is told once, and does not stop the rest', () => {
  const rest = (w: World) => [cluster(w, 'on').logging, Object.keys(group(w, groupOf('on')).filters)];

  it('a stream that ends CREATING_FAILED is made anew', async () => {
    const { run, world } = account(small());
    world.failNextStream = { Type: 'UNKNOWN_ERROR', Details: 'try again' };
    const { code, stderr, writes } = await run(ENABLE);
    expect(code, stderr).toBe(0);
    expect(writes.filter((write) => write === 'firehose:DeleteDeliveryStream')).toHaveLength(1);
    expect(stream(world)).toMatchObject({ status: 'ACTIVE', tags: { 'rad-connect:claim': 'owned' } });
  });

  it('too few addresses in the subnets', async () => {
    const { run, world } = account(small());
    cluster(world, 'off').failNextUpdate = {
      errorCode: 'InsufficientFreeAddresses',
      errorMessage: 'no room',
      resourceIds: ['subnet-1'],
    };
    const { code, json } = await run(ENABLE);
    expect(code).toBe(3);
    expect(json.errors).toMatchObject([{ code: 'SUBNET_IPS', id: 'off' }]);
    expect(json.errors[0]!.hint).toContain('subnet-1');
    expect(rest(world)).toEqual([['audit'], [NAMES.product]]);
    expect((await run('enable-audit --yes -o json')).code).toBe(0);
  });

  it("somebody else's update is waited for", async () => {
    const { run, world, clock } = account(small());
    addUpdate(world, US, 'off', clock.now() + 8 * 60_000);
    const { code, stderr } = await run(ENABLE);
    expect(code, stderr).toBe(0);
    expect(cluster(world, 'off').logging).toEqual(['audit']);
  });

  it('a cluster that is deleted between the look and the change', async () => {
    const { run, world } = account(small());
    const { code, json } = await run(ENABLE, {
      faults({ operation }) {
        if (operation === 'PutSubscriptionFilter') delete world.regions[US]!.clusters.off;
        return undefined;
      },
    });
    expect(code).toBe(3);
    expect(json.errors.map(({ id }) => id)).toEqual(['off']);
    expect(rest(world)).toEqual([['audit'], [NAMES.product]]);
    expect((await run('enable-audit --yes -o json')).code).toBe(0);
  });

  it('credentials that expire while it works: exit 4, and the next run goes on', async () => {
    const { run, world } = account(small());
    const expired = () =>
      Object.assign(new Error('The security token included in the request is expired'), {
        name: 'ExpiredTokenException',
        $fault: 'client',
        $metadata: { httpStatusCode: 400 },
      });
    const { code, json } = await run(ENABLE, {
      faults: ({ writeN }) => (writeN >= 8 ? { when: 'before', error: expired() } : undefined),
    });
    expect(code).toBe(4);
    expect(new Set(json.errors.map(({ code: word }) => word))).toEqual(new Set(['CREDENTIALS']));
    expect((await run('enable-audit --yes -o json')).code).toBe(0);
    expect(rest(world)).toEqual([['audit'], [NAMES.product]]);
  });

  it("somebody else's update that does not end: the cluster is left, and the reason is said", async () => {
    const { run, world, clock } = account(small());
    addUpdate(world, US, 'off', clock.now() + 3 * 3_600_000);
    const { code, json } = await run(`${ENABLE} --timeout 2h`);
    expect(code).toBe(3);
    expect(json.errors).toMatchObject([{ code: 'CLUSTER_BUSY', id: 'off', hint: expect.stringContaining('aws eks') }]);
    expect(rest(world)).toEqual([['audit'], [NAMES.product]]);
  });
});

describe('the same refusal of many clusters is one error for a person, and one each in the document', () => {
  /** Fifty clusters in one region, half of which log already. */
  const fifty = () => many(50, [US]);
  const first = (ran: Ran, text: string) => {
    const [told, ...more] = errorsOf(ran);
    expect([more, told!.split('\n').length]).toEqual([[], 3]);
    expect(told!.split('\n')[0]).toBe(`error: ${text}`);
    return told!;
  };

  it('an organization policy denies the filters', async () => {
    const { run, world } = account(fifty());
    world.regions[US]!.deniedActions = ['logs:PutSubscriptionFilter'];
    const ran = await run(ENABLE);
    expect(ran.code).toBe(3);
    expect(ran.json.errors).toHaveLength(50);
    expect(new Set(ran.json.errors.map(({ code }) => code))).toEqual(new Set(['PERMISSION_DENIED']));
    const told = first(
      ran,
      `logs:subscription-filter cluster-0000, cluster-0001, cluster-0002 and 47 more in ${US}: create failed`,
    );
    expect(told).toMatch(/organization policy denies logs:PutSubscriptionFilter/);
    refusedOnce(ran, 'PutSubscriptionFilter');
    expect(ran.writes).not.toContain('eks:UpdateClusterConfig');
    delete world.regions[US]!.deniedActions;
    expect((await run(AGAIN)).code).toBe(0);
    expect((await run('status --detailed-exitcode')).code).toBe(0);
  });

  it('an organization policy denies the change of clusters, in three regions', async () => {
    const regions = ['ap-south-1', EU, US];
    const { run, world } = account(many(18, regions));
    for (const region of regions) world.regions[region]!.deniedActions = ['eks:Update*'];
    const ran = await run(ENABLE.replace(US, regions.join()));
    expect([ran.code, ran.json.errors.length]).toEqual([3, 9]);
    const told = first(
      ran,
      `eks:cluster-logging cluster-0000, cluster-0006, cluster-0012 and 6 more in ${regions.join(', ')}: update failed`,
    );
    expect(told).toMatch(/organization policy denies eks:UpdateClusterConfig/);
    refusedOnce(ran, 'UpdateClusterConfig');
    // All else stands, and the next run needs only what was denied.
    for (const region of regions) delete world.regions[region]!.deniedActions;
    const next = await run(AGAIN);
    expect([next.code, new Set(next.writes)]).toEqual([0, new Set(['eks:UpdateClusterConfig'])]);
  });

  it('too few addresses in the subnets that they share', async () => {
    const { run, world } = account(many(12, [US]));
    const failure = {
      errorCode: 'InsufficientFreeAddresses',
      errorMessage: 'no room',
      resourceIds: ['subnet-1', 'subnet-2'],
    };
    for (const one of Object.values(world.regions[US]!.clusters)) one.failNextUpdate = failure;
    const ran = await run(ENABLE);
    expect(ran.json.errors).toHaveLength(6);
    const told = first(
      ran,
      `eks:cluster-logging cluster-0000, cluster-0002, cluster-0004 and 3 more in ${US}: update failed`,
    );
    expect(told).toContain('subnet-1, subnet-2');
    refusedOnce(ran, 'UpdateClusterConfig');
    expect((await run(AGAIN)).code).toBe(0);
  });

  it('no free filter on their log groups, held by the same', async () => {
    const { run, world } = account(many(12, [US]));
    for (const { name } of Object.values(world.regions[US]!.groups))
      for (const holder of ['datadog', 'splunk']) addFilter(world, US, name, holder);
    const ran = await run(ENABLE);
    expect(ran.json.errors.map(({ code }) => code)).toEqual(Array(6).fill('FILTER_SLOTS_FULL'));
    const told = first(
      ran,
      `logs:subscription-filter cluster-0001, cluster-0003, cluster-0005 and 3 more in ${US}: blocked`,
    );
    expect(told).toContain('aws logs delete-subscription-filter');
    refusedOnce(ran, 'PutSubscriptionFilter');
    expect((await run(AGAIN)).writes).toEqual([]);
  });

  it('log groups of a class that takes no filter', async () => {
    const { run, world } = account(many(12, [US]));
    for (const one of Object.values(world.regions[US]!.groups)) one.class = 'INFREQUENT_ACCESS';
    const ran = await run(ENABLE);
    expect(ran.json.errors.map(({ code }) => code)).toEqual(Array(6).fill('LOG_CLASS_UNSUPPORTED'));
    expect(
      first(ran, `logs:subscription-filter cluster-0001, cluster-0003, cluster-0005 and 3 more in ${US}: blocked`),
    ).toContain('delete the log group');
  });
});

describe('a quota that is used up is named, with the command that asks for more', () => {
  it.each<[string, (world: World) => unknown, string, RegExp]>([
    [
      'roles',
      ({ quotas }) => Object.assign(quotas, { roles: 2 }),
      'CreateRole',
      /region us-east-1 --service-code iam --quota-code L-FE177D64/,
    ],
    [
      'buckets',
      ({ quotas }) => Object.assign(quotas, { buckets: 1 }),
      'CreateBucket',
      /region us-east-1 --service-code s3 --quota-code L-DC2B2D3D/,
    ],
    [
      'streams',
      ({ quotas }) => Object.assign(quotas, { streams: 0 }),
      'CreateDeliveryStream',
      /list-service-quotas --region \S+ --service-code firehose/,
    ],
    [
      'log groups',
      ({ quotas }) => Object.assign(quotas, { groups: 2 }),
      'CreateLogGroup',
      /list-service-quotas --region \S+ --service-code logs/,
    ],
  ])('%s', async (_, change, operation, command) => {
    const calm = account(small(US, EU));
    const both = ENABLE.replace(US, `${US},${EU}`);
    await calm.run(both);
    const { run, world } = account(small(US, EU));
    const { quotas } = structuredClone(world);
    change(world);
    const ran = await run(both);
    expect([1, 3]).toContain(ran.code);
    expect(ran.json.errors.length).toBeGreaterThan(0);
    for (const { code, hint } of ran.json.errors)
      expect([code, hint]).toEqual(['QUOTA_EXCEEDED', expect.stringMatching(command)]);
    expect(errorsOf(ran)).toHaveLength(1);
    refusedOnce(ran, operation);
    world.quotas = quotas;
    expect((await run(both)).code).toBe(0);
    expect(comparable(world)).toEqual(comparable(calm.world));
  });

  it('one region does not stop the other', async () => {
    const { run, world } = account(small(US, EU));
    for (let n = 0; n < 3; n++) addLogGroup(world, EU, `other-${n}`);
    world.quotas.groups = 3;
    const { code, json } = await run(ENABLE.replace(US, `${US},${EU}`));
    expect(code).toBe(3);
    expect(new Set(json.errors.map(({ region }) => region))).toEqual(new Set([EU]));
    expect(json.clusters.filter(({ region }) => region === US).map(({ filter }) => filter)).toEqual(['ok', 'ok']);
  });
});
