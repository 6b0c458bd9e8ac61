import { describe, expect, it } from 'vitest';
import { knownRegions } from '../../src/aws/regions.ts';
import type { World } from '../../src/simulator/world.ts';
import { account } from '../helpers/account.ts';
import { oneDocument } from '../helpers/schema.ts';
import { ACCOUNT, EU, NAMES, role, small, US } from '../helpers/small.ts';

type Env = Record<string, string>;
/** What was typed (in words), what of it the message names, and how it says what is allowed. */
type Case = readonly [line: readonly string[], names: string, allowed: RegExp, env?: Env];

const { run, world } = account(small());
const words = (line: string) => line.split(' ');
const enable = (...more: string[]) => ['enable-audit', '--yes', ...more];
const long = (length: number) => 'x'.repeat(length);

/** Exit 64, one line on stderr, nothing on stdout but the document that was asked for, and AWS was not called. */
async function isRefused([line, names, allowed, env = {}]: Case): Promise<void> {
  const before = structuredClone(world);
  const text = await run(line, { env });
  expect(text.code).toBe(64);
  expect(text.stdout).toBe('');
  expect(text.stderr).toMatch(/^[^\n]+\n$/);
  expect(text.stderr).toContain(names);
  expect(text.stderr).toMatch(allowed);
  expect(text.calls).toEqual([]);

  const json = await run([...line, '-o', 'json'], { env });
  expect(json.code).toBe(64);
  const document = oneDocument(json.stdout);
  expect(document).toMatchObject({ result: 'failed', account: null, changes: [], regions: [] });
  expect(document.errors).toEqual([expect.objectContaining({ code: 'USAGE', region: 'global' })]);
  expect(document.errors[0]!.message).toContain(names);
  expect(json.stderr).toMatch(/^[^\n]+\n$/);
  expect(json.calls).toEqual([]);
  expect(world).toEqual(before);
}

const title = ([line, , , env]: Case) =>
  [...Object.entries(env ?? {}).map(([key, value]) => `${key}=${value.slice(0, 40)}`), 'rad-connect', ...line]
    .join(' ')
    .slice(0, 110);
const refuses = (cases: readonly Case[]) =>
  it.each(cases.map((one) => [title(one), one] as const))('%s', (_, one) => isRefused(one));

describe('policy', () => {
  refuses([
    [
      words('policy --for enable-adit'),
      '--for enable-adit',
      /enable-audit, status, verify, teardown, doctor, findings, boundary or all/,
    ],
    [words('policy --partition aws-moon'), 'aws-moon', /aws-cn/],
    [words('policy --for findings'), '--for findings', /--events/],
    [words('policy --account 1234'), '1234', /12 digits/],
    [words('policy --name-prefix Rad'), 'Rad', /lower-case/],
    [words('policy --kms-key alias/logs'), 'alias/logs', /ARN of a key/],
    [words('policy --kms-key arn:aws-cn:kms:cn-north-1:123456789012:key/k'), 'key/k', /--partition/],
    [words('policy --permissions-boundary boundary'), 'boundary', /ARN of a policy/],
    [
      words('policy --partition aws-cn --permissions-boundary arn:aws:iam::123456789012:policy/b'),
      'policy/b',
      /--partition/,
    ],
  ]);
});

describe('regions', () => {
  refuses([
    [enable('--regions', 'us-esat-1'), 'us-esat-1', /us-east-1/],
    [enable('--regions', 'us-east-1,eu-wset-1'), 'eu-wset-1', /eu-west-1/],
    [enable('--regions', 'us-east-1', '--regions', 'us-west-22'), 'us-west-22', /us-west-2/],
    [enable('--regions', 'US-EAST-1'), 'US-EAST-1', /us-east-1/],
    [enable('--regions', 'virginia'), 'virginia', /as in/],
    [enable('--regions', ''), '--regions', /all/],
    [enable('--regions', ','), '--regions', /all/],
    [enable('--regions', 'all', '--exclude-regions', 'us-esat-1'), 'us-esat-1', /us-east-1/],
    [enable('--regions', 'us-east-1,cn-north-1'), 'us-east-1,cn-north-1', /one partition/],
    [enable('--regions', 'us-gov-west-1,us-east-1'), 'us-gov-west-1', /one partition/],
    [words('status --regions us-esat-1'), 'us-esat-1', /us-east-1/],
    [words('status --regions us-east-1,cn-north-1'), 'cn-north-1', /one partition/],
    [words(`teardown --yes --confirm ${ACCOUNT} --regions us-esat-1`), 'us-esat-1', /us-east-1/],
    [words(`teardown --yes --confirm ${ACCOUNT} --forget-region us-esat-1`), 'us-esat-1', /us-east-1/],
    [words(`teardown --yes --confirm ${ACCOUNT} --forget-region all`), 'all', /no such AWS region/],
    [enable('--regions', 'us-gov-west-1'), 'aws-us-gov', /--rad-role-arn/],
    [enable('--regions', 'cn-north-1'), 'aws-cn', /--rad-role-arn/],
    [enable('--regions', 'us-esat-1', '--exclude-regions', 'us-east-1'), 'us-esat-1', /us-east-1/],
  ]);

  it.each(knownRegions)('%s is known', async (region) => {
    const { code, calls } = await run(['status', '--regions', region, '--account', '1'.repeat(12)]);
    expect(code).toBe(4);
    expect(calls.length).toBeGreaterThan(0);
  });
});

const key = (region: string, partition = 'aws') => `arn:${partition}:kms:${region}:${ACCOUNT}:key/k`;

describe('values', () => {
  const us = ['--regions', 'us-east-1'];
  const good = (...more: string[]) => enable(...us, ...more);
  refuses([
    [good('--retention-days', '0'), '0', /1/],
    [good('--retention-days', '-1'), '-1', /1/],
    [good('--retention-days', '1.5'), '1.5', /whole/],
    [good('--retention-days', '7d'), '7d', /whole/],
    [good('--retention-days', ''), '--retention-days', /whole/],
    [good('--log-retention-days', '91'), '91', /90, 120/],
    [good('--log-retention-days', '0'), '0', /1, 3/],
    [good('--log-retention-days', 'never'), 'never', /3653/],
    [good('--log-retention-days', '90.5'), '90.5', /90/],
    [good('--log-retention-days', ''), '--log-retention-days', /90/],
    [good('--log-retention-days', '9e1'), '9e1', /90/],
    [good('--rad-role-arn', 'ksoc-data-pipeline'), 'ksoc-data-pipeline', /ARN/],
    [good('--rad-role-arn', 'arn:aws:iam::12:role/x'), 'arn:aws:iam::12:role/x', /ARN/],
    [good('--rad-role-arn', `arn:aws:iam::${ACCOUNT}:user/x`), 'user/x', /ARN/],
    [good('--rad-role-arn', 'arn:aws:s3:::bucket'), 'arn:aws:s3:::bucket', /ARN/],
    [good('--rad-role-arn', ''), '--rad-role-arn', /ARN/],
    [good('--rad-role-arn', `arn:aws:iam::${ACCOUNT}:root`), 'root', /ARN of an IAM role/],
    [good('--clusters', '***[['), '***[[', /Missing closing/],
    [good('--clusters', 'prod-*,(a'), '(a', /Missing closing/],
    [good('--exclude-clusters', 'a]'), 'a]', /Missing opening/],
    [good('--external-id', 'a'), ' a', /2 to 1224/],
    [good('--external-id', 'with space'), 'with space', /letters/],
    [good('--external-id', 'with"quote'), 'with"quote', /letters/],
    [good('--external-id', long(1225)), 'xxx', /1224/],
    [good('--tag', 'novalue'), 'novalue', /key=value/],
    [[...good('--tag', 'a=1'), '--tag', 'a=2'], 'a=2', /twice/],
    [good('--tag', '=value'), '=value', /key=value/],
    [good('--tag', 'aws:x=1'), 'aws:x', /reserved/],
    [good('--tag', 'rad-connect:claim=owned'), 'rad-connect:claim', /reserved/],
    [good('--tag', 'rad-data-type=x'), 'rad-data-type', /reserved/],
    [good('--tag', 'ksoc-data-type=x'), 'ksoc-data-type', /reserved/],
    [good('--tag', 'a=b!'), 'a=b!', /letters/],
    [good('--tag', 'a*=b'), 'a*=b', /letters/],
    [good('--tag', `${long(129)}=b`), 'xxx', /128/],
    [good('--tag', `a=${long(257)}`), 'a=xxx', /256/],
    [good('--filter-pattern', long(1025)), '1025', /1024/],
    [good('--permissions-boundary', 'my-policy'), 'my-policy', /ARN/],
    [good('--permissions-boundary', `arn:aws:iam::${ACCOUNT}:role/x`), 'role/x', /ARN/],
    [good('--firehose-role-arn', 'my-role'), 'my-role', /ARN/],
    [good('--cloudwatch-role-arn', `arn:aws:iam::${ACCOUNT}:policy/x`), 'policy/x', /ARN/],
    [good('--audit-logs-role-arn', `arn:aws:iam::${ACCOUNT}:root`), 'root', /ARN/],
    [good('--role-path', 'team'), 'team', /slash/],
    [good('--role-path', '/team'), '/team', /slash/],
    [good('--role-path', '/a b/'), '/a b/', /slash/],
    [good('--role-path', '//'), '//', /names between slashes/],
    [good('--role-path', `/${long(511)}/`), 'xxx', /512/],
    [good('--kms-key', ''), '--kms-key', /ARN/],
    [good('--kms-key', `us-east-1=${key('us-east-1')},us-east-1=none`), 'us-east-1', /two keys/],
    [[...enable(), ...Array.from({ length: 60 }, (_, i) => ['--tag', `k${i}=v`]).flat()], '50', /fewer --tag/],
    [good('--kms-key', 'my-key'), 'my-key', /ARN/],
    [good('--kms-key', key('us-east-1').replace('key/', 'alias/')), 'alias/', /not of an alias/],
    [good('--kms-key', key('eu-west-1')), 'eu-west-1', /cannot be used in us-east-1.*us-east-1=ARN/],
    [good('--kms-key', key('us-esat-1')), 'us-esat-1', /no such AWS region/],
    [good('--kms-key', `us-esat-1=${key('us-east-1')}`), 'us-esat-1', /no such AWS region/],
    [good('--kms-key', `us-east-1=${key('eu-west-1')}`), 'eu-west-1', /cannot be used in us-east-1/],
    [good('--kms-key', key('us-east-1', 'aws-cn')), 'us-east-1', /partition aws/],
    [good('--kms-key', key('cn-north-1', 'aws-cn').replace('key/', 'key/mrk-')), 'aws-cn', /partition/],
    [good('--kms-key', 'us-east-1='), 'us-east-1=', /ARN/],
    [enable('--regions', 'us-east-1,eu-west-1', '--kms-key', key('us-east-1')), 'us-east-1', /eu-west-1=ARN/],
    [good('--name-prefix', long(18)), long(18), /17/],
    [good('--name-prefix', ''), '--name-prefix', /letters/],
    [good('--name-prefix', 'Rad'), 'Rad', /lower/],
    [good('--name-prefix', 'ra_d'), 'ra_d', /dashes/],
    [good('--name-prefix', '-rad'), '-rad', /./],
    [good('--name-prefix', 'rad-'), 'rad-', /dashes/],
    [good('--name-prefix', 'ra--d'), 'ra--d', /dashes/],
    [good('--name-prefix', 'xn--rad'), 'xn--rad', /./],
    [good('--name-prefix', 'sthree'), 'sthree', /reserve/],
    [good('--name-prefix', 'sthree-rad'), 'sthree-rad', /reserve/],
    [good('--name-prefix', 'amzn-s3-demo'), 'amzn-s3-demo', /reserve/],
    [words('status --name-prefix Rad'), 'Rad', /lower/],
    [words(`teardown --yes --confirm ${ACCOUNT} --name-prefix Rad`), 'Rad', /lower/],
    [good('--account', '123'), '123', /12 digits/],
    [good('--account', 'production'), 'production', /12 digits/],
    [good('--timeout', '20'), '20', /20m/],
    [good('--timeout', '0s'), '0s', /20m/],
    [good('--timeout', 'soon'), 'soon', /20m/],
    [good('--timeout', '1d'), '1d', /20m/],
    [good('--concurrency', '0'), '0', /1 to/],
    [good('--concurrency', 'many'), 'many', /1 to/],
    [good('--concurrency', '1.5'), '1.5', /1 to/],
    [good('--output', 'yaml'), 'yaml', /text, json, html or sarif/],
    [good('--profile', ''), '--profile', /profile/],
  ]);
});

describe('commands and options', () => {
  refuses([
    [['enable-adit', '--yes'], 'enable-adit', /enable-audit/],
    [['stauts'], 'stauts', /status/],
    [['sandbox'], 'sandbox', /reset/],
    [['sandbox', 'rest'], 'rest', /reset/],
    [enable('--regoins', 'us-east-1'), '--regoins', /--regions/],
    [words('status --yes'), '--yes', /help/],
    [words('status surplus'), 'surplus', /more words/],
    [words('enable-audit --yes surplus'), 'surplus', /more words/],
    [words('enable-audit --regions us-east-1'), '--yes', /--dry-run/],
    [words('enable-audit --detailed-exitcode'), '--yes', /--dry-run/],
    [words('teardown'), '--yes', /--confirm/],
    [words(`teardown --confirm ${ACCOUNT}`), '--yes', /./],
    [words('teardown --yes'), '--confirm', /account/],
    [words('teardown --yes --delete-data'), '--confirm', /account/],
    [words('teardown --delete-data'), '--confirm', /account/],
    [words('teardown --yes --confirm yes'), 'yes', /12 digits/],
    [words('teardown --yes --confirm 1234567890123'), '1234567890123', /12 digits/],
  ]);

  it.each([
    ['status --regions', '--regions'],
    ['enable-audit --yes --retention-days', '--retention-days'],
  ])('%s: the value is missing', async (line, names) => {
    const { code, stderr, stdout, calls } = await run(line);
    expect([code, stdout, calls]).toEqual([64, '', []]);
    expect(stderr).toMatch(/^[^\n]+\n$/);
    expect(stderr).toContain(names);
  });

  it('the command of a refused line is told, wherever it stands', async () => {
    const { stdout } = await run('-r us-esat-1 enable-audit --yes -o json');
    expect(oneDocument(stdout).command).toBe('enable-audit');
  });

  it.each(['-o json', '-qo json', '-ojson', '-o=json', '--output json', '--output=json'])(
    '%s is heeded even then',
    async (how) => {
      const { code, stdout } = await run(`status --bogus ${how}`);
      expect(code).toBe(64);
      expect(oneDocument(stdout).errors.map(({ code }) => code)).toEqual(['USAGE']);
    },
  );
});

describe('variables', () => {
  const line = enable();
  const variable = (name: string, value: string, allowed: RegExp): Case => [line, value, allowed, { [name]: value }];
  const cases = [
    variable('RAD_CONNECT_REGIONS', 'us-esat-1', /us-east-1/),
    variable('RAD_CONNECT_EXCLUDE_REGIONS', 'us-esat-1', /us-east-1/),
    variable('RAD_CONNECT_ACCOUNT', '123', /12 digits/),
    variable('RAD_CONNECT_OUTPUT', 'yaml', /text, json, html or sarif/),
    variable('RAD_CONNECT_TIMEOUT', 'soon', /20m/),
    variable('RAD_CONNECT_CONCURRENCY', '0', /1 to/),
    variable('RAD_CONNECT_EXTERNAL_ID', 'with space', /letters/),
    variable('RAD_CONNECT_RAD_ROLE_ARN', 'ksoc', /ARN/),
    variable('RAD_CONNECT_RETENTION_DAYS', 'week', /whole/),
    variable('RAD_CONNECT_LOG_RETENTION_DAYS', '91', /90/),
    variable('RAD_CONNECT_TAG', 'novalue', /key=value/),
    variable('RAD_CONNECT_KMS_KEY', 'my-key', /ARN/),
    variable('RAD_CONNECT_PERMISSIONS_BOUNDARY', 'my-policy', /ARN/),
    variable('RAD_CONNECT_ROLE_PATH', 'team', /slash/),
  ];
  it.each(cases.map((one) => [title(one), one] as const))('%s: named by the variable', async (_, one) => {
    const env = one[3]!;
    // The format that was asked for cannot be heeded where it is what is wrong.
    if (!('RAD_CONNECT_OUTPUT' in env)) await isRefused(one);
    const { code, stderr, stdout, calls } = await run(line, { env });
    expect([code, stdout, calls]).toEqual([64, '', []]);
    expect(stderr).toContain(Object.keys(env)[0]);
    expect(stderr).toContain(one[1]);
  });
  refuses([
    [enable(), '1025', /1024/, { RAD_CONNECT_FILTER_PATTERN: long(1025) }],
    [words('teardown --yes'), '12', /12 digits/, { RAD_CONNECT_CONFIRM: '12' }],
    [enable(), 'Rad', /lower/, { RAD_CONNECT_NAME_PREFIX: 'Rad' }],
    [enable(), '--rad-role-arn', /aws-cn/, { RAD_CONNECT_REGIONS: 'cn-north-1' }],
  ]);

  it('RAD_CONNECT_OUTPUT=json is heeded for a line that is refused', async () => {
    const { code, stdout } = await run('status --bogus', { env: { RAD_CONNECT_OUTPUT: 'json' } });
    expect(code).toBe(64);
    oneDocument(stdout);
  });
});

describe('more tags than a role may have', () => {
  const tagged = (count: number) => Array.from({ length: count }, (_, i) => ['--tag', `k${i}=v`]).flat();
  const typed = (count: number, regions = US) => [
    ...enable('--regions', regions, '--external-id', 'abc-123', '-o', 'json'),
    ...tagged(count),
  ];
  const tagsOf = (w: World) => Object.keys(role(w, NAMES.reader).tags).length;
  /** With so many the settings take two tags; claim, seal, the registration with RAD and the region take four more. */
  const MOST = 50 - 2 - 4;
  const env = { RAD_ACCESS_KEY_ID: 'k', RAD_SECRET_KEY: 's' };

  it.each([11, MOST])('%i --tag: the role has all of them', async (count) => {
    const fresh = account(small());
    const { code } = await fresh.run(typed(count), { env });
    expect(code).toBe(0);
    expect(role(fresh.world, NAMES.reader).tags).toMatchObject({ k0: 'v', [`k${count - 1}`]: 'v' });
    if (count === MOST) expect(tagsOf(fresh.world)).toBe(50);
    expect((await fresh.run(enable('-o', 'json'), { env })).writes).toEqual([]);
  });

  it.each<[string, number, string, string]>([
    ['one tag too many', MOST + 1, US, '51'],
    ['one region too many', MOST, `${US},${EU}`, '51'],
    ['far too many', 60, US, '67'],
  ])('%s: exit 64, no write', async (_, count, regions, told) => {
    const fresh = account(small(US, EU));
    const before = structuredClone(fresh.world);
    for (const dry of [[], ['--dry-run']]) {
      const { code, json, stdout, stderr, writes } = await fresh.run([...typed(count, regions), ...dry]);
      expect([code, writes]).toEqual([64, []]);
      expect(oneDocument(stdout)).toMatchObject({ result: 'failed', changes: [] });
      expect(json.errors).toEqual([expect.objectContaining({ code: 'USAGE', region: 'global' })]);
      expect(json.errors[0]!.message).toContain(`${told} tags`);
      expect(json.errors[0]!.message).toContain('50');
      expect(stderr).toContain('--tag');
    }
    expect({ ...fresh.world, now: 0, recent: {} }).toEqual({ ...before, now: 0, recent: {} });
  });

  it('a region that was connected before counts too', async () => {
    const fresh = account(small(US, EU));
    expect((await fresh.run(typed(1, EU))).code).toBe(0);
    const { code, json, writes } = await fresh.run(typed(MOST, US));
    expect([code, writes]).toEqual([64, []]);
    expect(json.errors[0]!.message).toContain('51 tags');
  });
});

describe('a glob without a match', () => {
  it.each([
    ['--clusters', 'prod-*'],
    ['--clusters', 'off,prod-*'],
    ['--exclude-clusters', 'prod-*'],
  ])('%s %s: exit 64, no write', async (option, globs) => {
    const { code, json, writes, stderr } = await run(enable('--regions', 'us-east-1', option, globs, '-o', 'json'));
    expect(code).toBe(64);
    expect(writes).toEqual([]);
    expect(json.errors).toEqual([expect.objectContaining({ code: 'USAGE' })]);
    expect(json.errors[0]!.message).toContain('prod-*');
    expect(stderr).toContain('prod-*');
  });
});

describe('a key of another region than those that the run turns out to mean', () => {
  it.each([
    ['all', ['--regions', 'all']],
    ['those of earlier runs', []],
  ])('%s: exit 64, no write', async (_, more) => {
    const fresh = account(small(US, EU));
    await fresh.run(enable('--regions', `${US},${EU}`));
    const { code, json, writes } = await fresh.run(enable(...more, '--kms-key', key(US), '-o', 'json'));
    expect([code, writes]).toEqual([64, []]);
    expect(json.errors).toEqual([expect.objectContaining({ code: 'USAGE' })]);
    expect(json.errors[0]!.message).toContain(EU);
  });
});
