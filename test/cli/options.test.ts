import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { PassThrough } from 'node:stream';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { findSource } from '../../src/aws/credentials.ts';
import { ENABLE_OPTIONS, GLOBAL_OPTIONS, STATUS_OPTIONS, TEARDOWN_OPTIONS } from '../../src/cli/options.ts';
import { parse } from '../../src/cli/program.ts';
import { FILTER_PATTERN } from '../../src/desired/settings.ts';
import { main } from '../../src/main.ts';
import { awsError } from '../../src/simulator/errors.ts';
import type { JsonObject } from '../../src/simulator/model.ts';
import { Simulator } from '../../src/simulator/simulator.ts';
import { memoryStore } from '../../src/simulator/store.ts';
import type { World } from '../../src/simulator/world.ts';
import { account } from '../helpers/account.ts';
import { oneDocument } from '../helpers/schema.ts';
import {
  ACCOUNT,
  BOUNDARIES,
  bucket,
  filter,
  group,
  groupOf,
  keyArn,
  NAMES,
  role,
  rule,
  small,
  stream,
  US,
} from '../helpers/small.ts';

const ENABLE = ['enable-audit', '--regions', US, '--yes', '-o', 'json'];

interface Setting {
  readonly option: string;
  /** Three values other than the default, and the default itself where it can be typed. */
  readonly values: readonly [string, string, string];
  readonly fallback?: string;
  /** What the account, or the plan, says about it; `values` and the default are looked up in `means`. */
  readonly seen: (world: World, clusters: readonly string[]) => unknown;
  readonly means: (value: string | undefined) => unknown;
}

const statement = (world: World) => JSON.parse(role(world, NAMES.reader).trust.text).Statement[0];
const arn = (name: string) => `arn:aws:iam::111122223333:role/${name}`;
const RAD = 'arn:aws:iam::955322216602:role/ksoc-data-pipeline';
const MADE = groupOf('off');

const SETTINGS: readonly Setting[] = [
  {
    option: '--external-id',
    values: ['id-a', 'id-b', 'id-c'],
    seen: (world) => statement(world).Condition?.StringEquals['sts:ExternalId'],
    means: (value) => value && [value],
  },
  {
    option: '--rad-role-arn',
    values: [arn('a'), arn('b'), arn('c')],
    fallback: RAD,
    seen: (world) => statement(world).Principal.AWS,
    means: (value = RAD) => [value],
  },
  {
    option: '--retention-days',
    values: ['3', '14', '30'],
    fallback: '7',
    seen: (world) => rule(world).Expiration!.Days,
    means: (value = '7') => Number(value),
  },
  {
    option: '--log-retention-days',
    values: ['3', '14', '30'],
    fallback: '90',
    seen: (world) => group(world, MADE).retention,
    means: (value = '90') => Number(value),
  },
  {
    option: '--filter-pattern',
    values: ['{ $.verb = "get" }', '{ $.verb = "list" }', '{ $.verb = "é@%" }'],
    fallback: FILTER_PATTERN,
    seen: (world) => filter(world, 'on').filterPattern,
    means: (value = FILTER_PATTERN) => value,
  },
  {
    option: '--kms-key',
    values: [keyArn('key-a'), `us-east-1=${keyArn('key-b')}`, keyArn('mrk-d', 'eu-west-1')],
    seen: (world) => [
      (bucket(world).encryption!.Rules as JsonObject[])[0]!.ApplyServerSideEncryptionByDefault,
      stream(world).destination.EncryptionConfiguration,
      stream(world).encryption.KeyARN,
    ],
    means(value) {
      const key = value?.replace(/^us-east-1=/, '').replace('eu-west-1', US);
      return key
        ? [{ SSEAlgorithm: 'aws:kms', KMSMasterKeyID: key }, { KMSEncryptionConfig: { AWSKMSKeyARN: key } }, key]
        : [{ SSEAlgorithm: 'AES256' }, { NoEncryptionConfig: 'NoEncryption' }, undefined];
    },
  },
  {
    option: '--permissions-boundary',
    values: BOUNDARIES,
    seen: (world) => [NAMES.reader, NAMES.subscription, NAMES.delivery].map((name) => role(world, name).boundary),
    means: (value) => [value, value, value],
  },
  {
    option: '--clusters',
    values: ['off', 'on', 'o[fn]*'],
    seen: (_, clusters) => clusters,
    means: (value = '*') => ({ off: ['off'], on: ['on'] })[value] ?? ['off', 'on'],
  },
  {
    option: '--exclude-clusters',
    values: ['off', 'on', 'of?'],
    seen: (_, clusters) => clusters,
    means: (value = '') => ({ off: ['on'], on: ['off'], 'of?': ['on'] })[value] ?? ['off', 'on'],
  },
  {
    option: '--tag',
    values: ['a=1', 'a=2', 'a=3 b'],
    // Looked at on what each run makes anew.
    seen: (world) => group(world, NAMES.errors).tags.a,
    means: (value) => value?.slice(2),
  },
];

const variable = (option: string) => `RAD_CONNECT_${option.slice(2).toUpperCase().replaceAll('-', '_')}`;
/** Without the key that was there before: it stays for what it has encrypted. */
const record = (world: World) =>
  Object.fromEntries(
    Object.entries(role(world, NAMES.reader).tags)
      .filter(([key]) => /^rad-connect:(settings|region)/.test(key))
      .map(([key, value]) => [key, value.replace(/ kms-before=\S+/, '')]),
  );

/** An account that rad-connect has seen once with its defaults, and how to run it with one setting given. */
async function settled({ option, seen }: Setting) {
  const { run, world } = account(small());
  const enable = async (typed?: string, env?: string) => {
    // What is connected stays so whatever is chosen: each run begins without.
    const { groups } = world.regions[US]!;
    delete groups[NAMES.errors];
    for (const { filters } of Object.values(groups)) delete filters[NAMES.product];
    const line = typed === undefined ? ENABLE : [...ENABLE, option, typed];
    const { code, json } = await run(line, env === undefined ? {} : { env: { [variable(option)]: env } });
    expect(code).toBe(0);
    return seen(
      world,
      json.clusters.map(({ name }) => name),
    );
  };
  expect((await run(ENABLE)).code).toBe(0);
  return { enable, world };
}

describe.each(SETTINGS)('$option', (setting) => {
  const { values, means, fallback } = setting;
  const [typed, inVariable, other] = values;

  it('by default', async () => {
    const { enable } = await settled(setting);
    expect(await enable()).toEqual(means(undefined));
  });

  it('the variable goes before the default, and is recorded', async () => {
    const { enable } = await settled(setting);
    expect(await enable(undefined, inVariable)).toEqual(means(inVariable));
    expect(await enable()).toEqual(means(inVariable));
  });

  it('the option goes before the variable, and is recorded', async () => {
    const { enable } = await settled(setting);
    expect(await enable(typed, inVariable)).toEqual(means(typed));
    expect(await enable()).toEqual(means(typed));
  });

  it('the variable goes before what is recorded', async () => {
    const { enable } = await settled(setting);
    expect(await enable(typed)).toEqual(means(typed));
    expect(await enable(undefined, other)).toEqual(means(other));
    expect(await enable()).toEqual(means(other));
  });

  it.each([['none'], ...(fallback ? [[fallback]] : [])])('%s clears the record', async (clear) => {
    const { enable, world } = await settled(setting);
    const first = record(world);
    await enable(typed);
    expect(record(world)).not.toEqual(first);
    expect(await enable(clear)).toEqual(means(undefined));
    expect(record(world)).toEqual(first);
    expect(await enable()).toEqual(means(undefined));
  });

  it('an empty variable is none', async () => {
    const { enable } = await settled(setting);
    expect(await enable(undefined, '')).toEqual(means(undefined));
  });
});

describe('recorded per region', () => {
  it('retention given for one region leaves the other as it was', async () => {
    const { run, world } = account(small('us-east-1', 'eu-west-1'));
    const line = 'enable-audit --yes -o json --external-id abc-123';
    expect((await run(`${line} --regions us-east-1,eu-west-1`)).code).toBe(0);
    expect((await run(`${line} --regions us-east-1 --retention-days 30`)).code).toBe(0);
    expect((await run(line)).code).toBe(0);
    const days = (region: string) =>
      (world.buckets[NAMES.bucket(region)]!.lifecycle!.Rules as { Expiration: { Days: number } }[])[0]!.Expiration.Days;
    expect([days('us-east-1'), days('eu-west-1')]).toEqual([30, 7]);
  });

  it('regions are scope: a later run without them takes those that are connected', async () => {
    const { run } = account(small('us-east-1', 'eu-west-1'));
    const line = 'enable-audit --yes -o json --external-id abc-123';
    await run(`${line} --regions us-east-1`);
    await run(`${line} --regions eu-west-1`);
    const { json } = await run(line);
    expect(json.regions.map(({ name }) => name)).toEqual(['eu-west-1', 'us-east-1']);
  });
});

/** A value for each option that takes one. */
const SAMPLES: Readonly<Record<string, string>> = {
  '--regions': 'us-east-1,eu-west-1',
  '--exclude-regions': 'eu-west-1',
  '--profile': 'prod',
  '--account': ACCOUNT,
  '--output': 'json',
  '--sandbox': '/tmp/sandbox.json',
  '--name-prefix': 'blue',
  '--timeout': '90s',
  '--concurrency': '9',
  '--clusters': 'prod-*,stage',
  '--exclude-clusters': 'dev-*',
  '--external-id': 'abc-123',
  '--rad-role-arn': RAD,
  '--retention-days': '30',
  '--log-retention-days': '30',
  '--kms-key': `us-east-1=${keyArn('key-a')},eu-west-1=none`,
  '--permissions-boundary': BOUNDARIES[0],
  '--role-path': '/team/',
  '--firehose-role-arn': arn('x'),
  '--cloudwatch-role-arn': arn('x'),
  '--audit-logs-role-arn': arn('x'),
  '--filter-pattern': '{ $.verb = "get" }',
  '--tag': 'team=x',
  '--confirm': ACCOUNT,
  '--forget-region': 'us-east-1',
  '--watch': '60',
};
const LISTS = { 'enable-audit': ENABLE_OPTIONS, status: STATUS_OPTIONS, teardown: TEARDOWN_OPTIONS };

describe('each option has its variable', () => {
  const meaning = (argv: readonly string[], env: Record<string, string> = {}) =>
    parse({ argv, env, version: '', print: () => {} })!.options;
  const all = Object.entries(LISTS).flatMap(([command, own]) =>
    [...GLOBAL_OPTIONS, ...own].map(({ flags }) => [command, /--[\w-]+/.exec(flags)![0], /[<[]/.test(flags)] as const),
  );

  it.each(all)('%s %s', (command, option, takesValue) => {
    const value = takesValue ? SAMPLES[option] : undefined;
    if (takesValue) expect(value, `a sample for ${option}`).toBeDefined();
    const typed = meaning([command, option, ...(value ? [value] : [])]);
    expect(typed).not.toEqual(meaning([command]));
    expect(meaning([command], { [variable(option)]: value ?? '1' })).toEqual(typed);
    if (!takesValue)
      expect(meaning([command], { [variable(option)]: '0' })[keyOf(option)]).not.toBe(typed[keyOf(option)]);
  });
  const keyOf = (option: string) =>
    option.replace(/^--(no-)?/, '').replace(/-(\w)/g, (_, letter: string) => letter.toUpperCase());
});

describe('--account and --confirm', () => {
  it.each([
    `status --account 999988887777 -o json`,
    `enable-audit --regions us-east-1 --yes --account 999988887777 -o json`,
    `teardown --yes --confirm ${ACCOUNT} --account 999988887777 -o json`,
    `teardown --yes --confirm 999988887777 -o json`,
  ])('%s: another account, exit 4', async (line) => {
    const { code, stdout, writes, stderr } = await account(small()).run(line);
    expect(code).toBe(4);
    expect(writes).toEqual([]);
    const { errors, result } = oneDocument(stdout);
    expect(errors.map(({ code }) => code)).toEqual(['ACCOUNT_MISMATCH']);
    expect(result).toBe('failed');
    expect(stderr).toContain('999988887777');
    expect(stderr).toContain(ACCOUNT);
  });

  it('the right one is accepted', async () => {
    expect((await account(small()).run(`status --account ${ACCOUNT}`)).code).toBe(0);
  });
});

describe('credentials', () => {
  it.each(['InvalidClientTokenId', 'ExpiredToken', 'SignatureDoesNotMatch'])('%s: exit 4', async (name) => {
    const { code, stdout, writes } = await account(small()).run('status -o json', {
      faults: ({ service }) => (service === 'sts' ? { when: 'before', error: awsError(name, 'no', 403) } : undefined),
    });
    expect(code).toBe(4);
    expect(writes).toEqual([]);
    expect(oneDocument(stdout).errors).toEqual([expect.objectContaining({ code: 'CREDENTIALS', awsCode: name })]);
  });

  afterEach(() => vi.unstubAllEnvs());
  it.each([
    ['none at all', undefined],
    ['a profile that is not there', 'nowhere'],
  ])('%s: exit 4, and no call', async (_, profile) => {
    for (const key of Object.keys(process.env)) if (key.startsWith('AWS_')) vi.stubEnv(key, undefined);
    vi.stubEnv('AWS_EC2_METADATA_DISABLED', 'true');
    vi.stubEnv('AWS_CONFIG_FILE', '/nowhere/config');
    vi.stubEnv('AWS_SHARED_CREDENTIALS_FILE', '/nowhere/credentials');
    const { clock, world } = account(small());
    const calls: unknown[] = [];
    const simulator = new Simulator({ clock, store: memoryStore(world), onCall: (call) => void calls.push(call) });
    const stdout = Object.assign(new PassThrough(), { isTTY: false });
    const source = await findSource(process.env, profile);
    const code = await main(['status', '-o', 'json'], {
      stdin: Object.assign(new PassThrough(), { isTTY: false }),
      stdout,
      stderr: Object.assign(new PassThrough(), { isTTY: false }),
      env: {},
      version: '0.0.0-test',
      rules: '',
      onInterrupt: () => () => {},
      aws: { clock, name: source.name, source, onClient: simulator.attach },
    });
    expect(code).toBe(4);
    expect(calls).toEqual([]);
    expect(oneDocument(String(stdout.read())).errors.map(({ code }) => code)).toEqual(['CREDENTIALS']);
  });
});

describe('--sandbox', () => {
  let folder: string;
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'rad-connect-test-'));
  });
  afterEach(() => rmSync(folder, { recursive: true }));

  it.each<[string, string[], Record<string, string>?]>([
    ['before the name of a command', ['--sandbox', 'status', '-o', 'json']],
    ['at the end', ['status', '-o', 'json', '--sandbox']],
    ['before another option', ['--sandbox', '-o', 'json', 'status']],
    ['by variable', ['status', '-o', 'json'], { RAD_CONNECT_SANDBOX: '1' }],
  ])('%s: the default file in the state folder, and no call elsewhere', async (_, line, env = {}) => {
    const { run } = account(small());
    const { code, stdout, calls } = await run(line, { env: { XDG_STATE_HOME: folder, ...env } });
    expect(code).toBe(0);
    expect(calls).toEqual([]);
    expect(oneDocument(stdout)).toMatchObject({ command: 'status', account: ACCOUNT });
    expect(readdirSync(join(folder, 'rad-connect'))).toContain('sandbox.json');
  });

  it('a file of one’s own', async () => {
    const file = join(folder, 'mine.json');
    const { run } = account(small());
    const { code, calls } = await run(['status', '--sandbox', file], { env: { XDG_STATE_HOME: join(folder, 'no') } });
    expect([code, calls]).toEqual([0, []]);
    expect(readdirSync(folder)).toEqual(['mine.json']);
  });
});

it("--exclude-clusters '*' leaves all of them out, and --clusters '*' none", () => {
  const meaning = (line: string) => parse({ argv: line.split(' '), env: {}, version: '', print: () => {} })!.options;
  expect(meaning('enable-audit --exclude-clusters *')).toMatchObject({ excludeClusters: ['*'] });
  expect(meaning('enable-audit --clusters *')).toMatchObject({ clusters: [] });
});
