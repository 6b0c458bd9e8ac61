import { describe, expect, it } from 'vitest';
import type { JsonObject, World } from '../src/simulator/model.ts';
import { addRole } from '../src/simulator/world.ts';
import { account } from './helpers/account.ts';
import { oneDocument } from './helpers/schema.ts';
import { ACCOUNT, cluster, EU, keyArn, NAMES, small, US } from './helpers/small.ts';

const ENABLE = `enable-audit --regions ${US} --external-id x-1 --yes -o json`;
const TEARDOWN = `teardown --yes --confirm ${ACCOUNT} -o json`;
const LOOKS = ['DescribeSubnets', 'DescribeAccountPolicies', 'SimulatePrincipalPolicy'];

const policy = {
  policyType: 'SUBSCRIPTION_FILTER_POLICY',
  policyName: 'all',
  policyDocument: '{"DestinationArn":"arn:x"}',
};
const HANDS: readonly (readonly [code: string, id: string, hand: (world: World) => unknown])[] = [
  ['SUBNET_IPS', 'off', (world) => (cluster(world, 'off').subnets = { 'subnet-1': 2 })],
  ['CODE_UNDOES', 'off', (world) => (cluster(world, 'off').tags = { terraform: 'true' })],
  ['PERMISSION_MISSING', `arn:aws:iam::${ACCOUNT}:role/Admin`, (world) => addRole(world, 'Admin')],
  ['ACCOUNT_SUBSCRIPTION', 'all', (world) => world.regions[US]!.accountPolicies.push(policy)],
];

async function run(world: World, line: string, more: Parameters<ReturnType<typeof account>['run']>[1] = {}) {
  const ran = await account(world).run(line, more);
  const document = oneDocument(ran.stdout);
  const looks = ran.calls.map(({ operation }) => operation).filter((operation) => LOOKS.includes(operation));
  return { ...ran, document, looks, codes: document.warnings.map(({ code }) => code) };
}

describe('before the plan of enable-audit is carried out', () => {
  it.each(HANDS)('%s warns, and stops nothing', async (code, id, hand) => {
    const world = small();
    hand(world);
    const { document, code: exit } = await run(world, ENABLE);
    expect(document.warnings).toContainEqual(expect.objectContaining({ code, id }));
    expect(document.warnings.find((one) => one.code === code)?.hint).toBeTruthy();
    expect([exit, document.clusters.map(({ auditLogging }) => auditLogging)]).toEqual([0, [true, true]]);
  });

  it('in a good account nothing is warned of', async () => {
    expect((await run(small(), ENABLE)).codes).toEqual(['RAD_NOT_REGISTERED']);
  });

  it('a dry run has the same warnings', async () => {
    const world = small();
    for (const [, , hand] of HANDS) hand(world);
    const { codes, writes } = await run(world, `${ENABLE} --dry-run`);
    expect([HANDS.filter(([code]) => !codes.includes(code)), writes]).toEqual([[], []]);
  });

  it('asks nothing of a cluster that was asked before', async () => {
    const { calls } = await run(small(), `${ENABLE} --dry-run`);
    const clusters = calls.filter(({ operation }) => operation === 'DescribeCluster').map(({ input }) => input.name);
    expect(clusters.toSorted()).toEqual(['off', 'on']);
  });

  it('a plan that writes nothing asks nothing; one without clusters to turn on asks for no subnets', async () => {
    const world = small(US, EU);
    const first = await run(world, ENABLE.replace(US, `${US},${EU}`));
    expect(first.looks.filter((name) => name === 'DescribeSubnets')).toHaveLength(2);
    expect(first.looks.filter((name) => name === 'DescribeAccountPolicies')).toHaveLength(2);
    expect((await run(world, ENABLE)).looks).toEqual([]);
    delete world.buckets[NAMES.bucket(EU)]!.versioning;
    const again = await run(world, ENABLE.replace(US, `${US},${EU}`));
    expect(new Set(again.looks)).toEqual(new Set(['SimulatePrincipalPolicy']));
  });

  it.each([
    ['ec2:DescribeSubnets', 'SUBNET_IPS'],
    ['iam:SimulatePrincipalPolicy', 'PERMISSION_MISSING'],
    ['logs:DescribeAccountPolicies', 'ACCOUNT_SUBSCRIPTION'],
  ])('without %s it is told that it is not known, and the run goes on', async (action, code) => {
    const world = small();
    for (const [, , hand] of HANDS) hand(world);
    const {
      document,
      codes,
      code: exit,
    } = await run(world, ENABLE, {
      authorize: (request) => request.action !== action,
    });
    expect(document.warnings).toContainEqual(expect.objectContaining({ code: 'PERMISSION_OPTIONAL', id: action }));
    expect([exit, codes.includes(code)]).toEqual([0, false]);
  });

  it.each([
    ['its own', (region: string) => region, []],
    ['another', (region: string) => (region === US ? EU : US), ['kms:CreateGrant']],
  ])('a key may be used by way of Firehose in %s region: that is what IAM is asked', async (_, via, missing) => {
    const world = small(US, EU);
    const allow = (statement: object) => ({ Effect: 'Allow', Resource: '*', ...statement });
    const grants = [US, EU].map((region) =>
      allow({
        Action: 'kms:CreateGrant',
        Resource: keyArn('key-a', region),
        Condition: { StringEquals: { 'kms:ViaService': `firehose.${via(region)}.amazonaws.com` } },
      }),
    );
    const Statement = [allow({ NotAction: 'kms:*' }), allow({ Action: ['kms:DescribeKey', 'kms:Get*'] }), ...grants];
    addRole(world, 'Admin', { policies: { operator: { Version: '2012-10-17', Statement } as JsonObject } });
    const keys = [US, EU].map((region) => `${region}=${keyArn('key-a', region)}`).join();
    const { document } = await run(world, `${ENABLE.replace(US, `${US},${EU}`)} --kms-key ${keys} --dry-run`);
    const told = document.warnings.filter(({ code }) => code === 'PERMISSION_MISSING');
    expect(told.map(({ message }) => /kms:\w+/.exec(message)?.[0])).toEqual(missing);
  });

  it('a look that fails in another way is left to the run', async () => {
    const { codes, code } = await run(small(), ENABLE, {
      faults: ({ operation }) =>
        LOOKS.includes(operation)
          ? {
              when: 'before',
              error: Object.assign(new Error('no'), {
                name: 'NotImplemented',
                $fault: 'client',
                $metadata: { httpStatusCode: 400 },
              }),
            }
          : undefined,
    });
    expect([code, codes]).toEqual([0, ['RAD_NOT_REGISTERED']]);
  });
});

describe('before the plan of teardown is carried out', () => {
  it.each(HANDS.filter(([code]) => code !== 'ACCOUNT_SUBSCRIPTION'))(
    '%s warns, and stops nothing',
    async (code, id, hand) => {
      const world = small();
      await run(world, ENABLE);
      const before = { ...cluster(world, 'off').tags };
      hand(world);
      Object.assign(cluster(world, 'off').tags, before);
      const { document, code: exit } = await run(world, TEARDOWN);
      const told = document.warnings.find((one) => one.code === code);
      expect(told).toMatchObject({ id, hint: expect.any(String) });
      if (code === 'CODE_UNDOES') expect(told?.hint).toContain('enabled_cluster_log_types = []');
      expect([exit, cluster(world, 'off').logging]).toEqual([0, []]);
    },
  );

  it('with --keep-logging subnets and code do not matter', async () => {
    const world = small();
    await run(world, ENABLE);
    for (const [, , hand] of HANDS.slice(0, 1)) hand(world);
    const { codes, looks } = await run(world, `${TEARDOWN} --keep-logging`);
    expect([codes.includes('SUBNET_IPS'), looks.includes('DescribeSubnets')]).toEqual([false, false]);
  });
});
