import { beforeAll, describe, expect, it } from 'vitest';
import type { ChangeRow, Document } from '../src/render/document.ts';
import type { JsonObject } from '../src/simulator/model.ts';
import { addLogGroup, type World } from '../src/simulator/world.ts';
import { account } from './helpers/account.ts';
import { comparable } from './helpers/comparable.ts';
import {
  BOUNDARIES,
  bucket,
  cluster,
  edited,
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
} from './helpers/small.ts';

const ENABLE = 'enable-audit --regions us-east-1 --external-id abc-123 --yes -o json';
const AGAIN = 'enable-audit --yes -o json';
const STATUS = 'status -o json';

const KMS = 'arn:aws:kms:us-east-1:123456789012:key/5b1c0a9e-0000-4000-8000-000000000000';
const BOUNDARY = 'arn:aws:iam::aws:policy/AdministratorAccess';
const OTHER_ROLE = 'arn:aws:iam::123456789012:role/other';
const OTHER_STREAM = 'arn:aws:firehose:us-east-1:123456789012:deliverystream/other';
const BUCKET = NAMES.bucket(US);
const MADE = groupOf('off');

const FURNISHED = ` --kms-key ${keyArn('key-a')} --permissions-boundary ${BOUNDARIES[0]} --role-path /team/`;

let enabled: World;
/** The same with what the customer may set: a key, a boundary, a path. */
let furnished: World;
async function after(line: string) {
  const { run, world } = account(small());
  expect((await run(line)).code).toBe(0);
  expect(differing((await run(STATUS)).json)).toEqual([]);
  return structuredClone(world);
}
beforeAll(async () => {
  enabled = await after(ENABLE);
  furnished = await after(`${ENABLE}${FURNISHED}`);
});

type Change = (world: World) => unknown;
/** What was done by hand, the field by which it is told, and how. */
type Case = readonly [what: string, field: string, change: Change];

/** The account as it is after enable-audit and one change by hand. */
function changed(change: Change, start = enabled) {
  const world = structuredClone(start);
  change(world);
  return account(world);
}

const rowOf = ({ changes }: Document, type: string, id: string): ChangeRow =>
  changes.find((row) => row.type === type && row.id === id)!;
const at = ({ diff }: ChangeRow, field: string) =>
  diff.filter(({ path }) => path === field || path.startsWith(`${field}.`));
const differing = ({ changes }: Document) => changes.filter(({ action }) => action !== 'none');

interface Repair {
  readonly reason?: ChangeRow['reason'];
  /** Options without which status or enable-audit cannot know what was recorded. */
  readonly status?: string;
  readonly enable?: string;
  readonly start?: () => World;
  /** The account is in the end what it was before the change. */
  readonly exact?: boolean;
}

/** status tells it, the next run mends it, and all is as it was. */
function repairs(type: string, id: string, cases: readonly Case[], how: Repair = {}) {
  const { reason = 'drifted', status = '', enable = '', exact = true, start = () => enabled } = how;
  it.each(cases)(`${type} ${id}: %s: told as %s, and repaired`, async (_, field, change) => {
    const { run, world } = changed(change, start());
    const seen = rowOf((await run(`${STATUS}${status}`)).json, type, id);
    expect(seen).toMatchObject({ reason, status: 'planned' });
    expect(at(seen, field)).not.toEqual([]);
    for (const entry of at(seen, field)) expect(entry).not.toHaveProperty('kept');
    expect((await run(`status --detailed-exitcode${status}`)).code).toBe(2);

    const mended = await run(`${AGAIN}${enable}`);
    expect(mended.code).toBe(0);
    expect(rowOf(mended.json, type, id)).toMatchObject({ action: seen.action, status: 'done' });

    expect(differing((await run(STATUS)).json)).toEqual([]);
    expect((await run('status --detailed-exitcode')).code).toBe(0);
    if (exact) expect(comparable(world)).toEqual(comparable(start()));
  });
}

/** status tells it, and the next run leaves it: no write at all. */
function keeps(type: string, id: string, cases: readonly Case[], start = () => enabled) {
  it.each(cases)(`${type} ${id}: %s: told as %s, and kept`, async (_, field, change) => {
    const { run, world } = changed(change, start());
    const before = comparable(world, { identity: true });
    for (const line of [STATUS, AGAIN]) {
      const { code, json, writes } = await run(line);
      const row = rowOf(json, type, id);
      expect(row).toMatchObject({ action: 'keep', reason: 'drifted', status: 'unchanged' });
      expect(row.note).not.toBeNull();
      expect(at(row, field)).not.toEqual([]);
      for (const entry of row.diff) expect(entry.kept).toBe(true);
      expect(differing(json)).toHaveLength(1);
      expect(json.summary.keep).toBe(1);
      expect(writes).toEqual([]);
      expect(code).toBe(0);
    }
    expect((await run('status --detailed-exitcode')).code).toBe(0);
    expect(comparable(world, { identity: true })).toEqual(before);
  });
}

describe('roles', () => {
  type Statement = Record<string, unknown>;
  const old = (text: string) => ({ text, since: 0 });
  for (const name of [NAMES.reader, NAMES.subscription, NAMES.delivery]) {
    const trust = (change: (statements: Statement[]) => unknown) => (world: World) => {
      const of = role(world, name);
      of.trust = old(edited(of.trust.text, change));
    };
    const policy = (change: (statements: Statement[]) => unknown) => (world: World) => {
      const { policies } = role(world, name);
      policies['rad-connect'] = old(edited(policies['rad-connect']!.text, change));
    };
    const anybody = { Effect: 'Allow', Principal: { AWS: OTHER_ROLE }, Action: 'sts:AssumeRole' };
    const anything = { Effect: 'Allow', Action: '*', Resource: '*' };
    repairs('iam:role', name, [
      ['somebody else is trusted too', 'trust', trust((all) => all.push(anybody))],
      ['somebody else is trusted instead', 'trust', trust(([first]) => Object.assign(first!, anybody))],
      ['the condition of the trust is gone', 'trust', trust(([first]) => delete first!.Condition)],
      ['the policy allows more', 'permissions', policy((all) => all.push(anything))],
      ['the policy allows less', 'permissions', policy(([first]) => Object.assign(first!, { Action: 's3:Nothing' }))],
      ['the policy is gone', 'permissions', (world) => delete role(world, name).policies['rad-connect']],
      ['sessions last longer', 'maxSession', (world) => Object.assign(role(world, name), { maxSessionDuration: 7200 })],
    ]);
    const enable = name === NAMES.reader ? ' --regions us-east-1 --external-id abc-123' : '';
    const deleted: Case = ['deleted', 'trust', (world) => delete world.roles[name]];
    repairs('iam:role', name, [deleted], { reason: 'missing', enable });
    keeps('iam:role', name, [
      [
        'the trust has a further condition',
        'trust',
        trust(([first]) => Object.assign(first!.Condition as object, { Bool: { 'aws:ViaAWSService': 'false' } })),
      ],
      ['a boundary is added', 'boundary', (world) => Object.assign(role(world, name), { boundary: BOUNDARY })],
    ]);
  }

  it.each([NAMES.reader, NAMES.subscription, NAMES.delivery])(
    'iam:role %s: a condition that somebody added stays when the trust is repaired',
    async (name) => {
      const { run, world } = changed((w) => {
        const of = role(w, name);
        const [condition] = JSON.parse(of.trust.text).Statement.map((s: Statement) => s.Condition);
        const theirs = { ...condition, Bool: { 'aws:ViaAWSService': 'false' } };
        const anybody = { Effect: 'Allow', Principal: { AWS: OTHER_ROLE }, Action: 'sts:AssumeRole' };
        of.trust = old(
          edited(of.trust.text, (all) => all.push(anybody) && Object.assign(all[0]!, { Condition: theirs })),
        );
      });
      const { code, json } = await run(AGAIN);
      expect(code).toBe(0);
      expect(rowOf(json, 'iam:role', name)).toMatchObject({ action: 'update', reason: 'drifted', status: 'done' });
      const statements = JSON.parse(role(world, name).trust.text).Statement as Statement[];
      const [was, ...rest] = JSON.parse(role(enabled, name).trust.text).Statement as Statement[];
      expect(statements).toEqual([
        { ...was, Condition: { ...(was!.Condition as object), Bool: { 'aws:ViaAWSService': ['false'] } } },
        ...rest,
      ]);
      expect(rowOf((await run(STATUS)).json, 'iam:role', name)).toMatchObject({ action: 'keep' });
    },
  );

  const tags = (world: World) => role(world, NAMES.reader).tags;
  const REGION = 'rad-connect:region:us-east-1';
  repairs(
    'iam:role',
    NAMES.reader,
    [['the tag of the region is gone', `tags.${REGION}`, (world) => delete tags(world)[REGION]]],
    { status: ' --regions us-east-1', enable: ' --regions us-east-1' },
  );
  repairs('iam:role', NAMES.reader, [
    ['the tag of the region says nothing', `tags.${REGION}`, (world) => Object.assign(tags(world), { [REGION]: '' })],
  ]);

  const surplus: Case = [
    'a further settings tag',
    'tags.rad-connect:settings-3',
    (world) => Object.assign(tags(world), { 'rad-connect:settings-3': ' ' }),
  ];
  // It stays there, empty.
  repairs('iam:role', NAMES.reader, [surplus], { exact: false });

  it('the settings tag is gone: told, and mended by the option that it held', async () => {
    const { run, world } = changed((w) => delete tags(w)['rad-connect:settings']);
    const seen = await run('status --detailed-exitcode -o json');
    expect(seen.code).toBe(2);
    expect(rowOf(seen.json, 'iam:role', NAMES.reader).action).toBe('update');
    expect((await run(`${AGAIN} --external-id abc-123`)).code).toBe(0);
    expect(comparable(world)).toEqual(comparable(enabled));
  });

  it('never weaker: with the settings tag gone, the external id stays in the trust', async () => {
    const { run, world } = changed((w) => delete tags(w)['rad-connect:settings']);
    await run(AGAIN);
    expect(role(world, NAMES.reader).trust.text).toContain('"sts:ExternalId"');
  });
});

describe('bucket', () => {
  const kind = 's3:bucket';
  const set = (more: object) => (world: World) => Object.assign(bucket(world), more);
  const days = (part: string, field: string, count: number) => (world: World) => {
    rule(world)[part]![field] = count;
  };
  const policy = (change: (statements: Record<string, unknown>[]) => unknown) => (world: World) => {
    bucket(world).policy = edited(bucket(world).policy!, change);
  };
  const encryption = (SSEAlgorithm: string, more: JsonObject = {}) => ({
    encryption: { Rules: [{ ApplyServerSideEncryptionByDefault: { SSEAlgorithm, ...more }, BucketKeyEnabled: true }] },
  });
  const sse = (world: World) => (bucket(world).encryption!.Rules as JsonObject[])[0]!;
  const auditor = { AWS: 'arn:aws:iam::999988887777:root' };
  const further = {
    Sid: 'Theirs',
    Effect: 'Allow',
    Principal: auditor,
    Action: 's3:GetObject',
    Resource: `arn:aws:s3:::${BUCKET}/*`,
  };
  const open = (block: string): Case => [
    `${block} is off`,
    `publicAccess.${block}`,
    (world) => Object.assign(bucket(world).publicAccess!, { [block]: false }),
  ];

  repairs(kind, BUCKET, [
    open('BlockPublicAcls'),
    open('IgnorePublicAcls'),
    open('BlockPublicPolicy'),
    open('RestrictPublicBuckets'),
    ['no public access is blocked', 'publicAccess', (world) => delete bucket(world).publicAccess],
    ['writers own objects', 'ownership', set({ ownership: { Rules: [{ ObjectOwnership: 'ObjectWriter' }] } })],
    ['ownership is gone', 'ownership', (world) => delete bucket(world).ownership],
    ['encryption is gone', 'encryption', (world) => delete sse(world).ApplyServerSideEncryptionByDefault],
    ['versioning is suspended', 'versioning', set({ versioning: 'Suspended' })],
    ['events expire earlier', 'lifecycle.expire', days('Expiration', 'Days', 3)],
    ['versions expire earlier', 'lifecycle.noncurrent', days('NoncurrentVersionExpiration', 'NoncurrentDays', 3)],
    [
      'uploads end earlier',
      'lifecycle.abortMultipart',
      days('AbortIncompleteMultipartUpload', 'DaysAfterInitiation', 3),
    ],
    ['no lifecycle', 'lifecycle', (world) => delete bucket(world).lifecycle],
    [
      'the rule is narrowed by prefix',
      'lifecycle',
      (world) => Object.assign(rule(world), { Filter: { Prefix: 'x/' } }),
    ],
    [
      'the rule is narrowed by tag',
      'lifecycle',
      (world) => Object.assign(rule(world), { Filter: { Tag: { Key: 'a', Value: 'b' } } }),
    ],
    ['no policy', 'policy.ours', (world) => delete bucket(world).policy],
    ['our statement is no denial', 'policy.ours', policy(([ours]) => Object.assign(ours!, { Effect: 'Allow' }))],
    ['our statement is for few', 'policy.ours', policy(([ours]) => Object.assign(ours!, { Action: 's3:GetObject' }))],
    ['our statement has exceptions', 'policy.ours', policy(([ours]) => Object.assign(ours!, { Condition: {} }))],
    ['a tag is gone', 'tags.rad-data-type', (world) => delete bucket(world).tags['rad-data-type']],
    ['a tag is changed', 'tags.rad-data-type', (world) => Object.assign(bucket(world).tags, { 'rad-data-type': 'x' })],
    ["RAD's tag is gone", 'tags.ksoc-data-type', (world) => delete bucket(world).tags['ksoc-data-type']],
    [
      "RAD's tag is changed",
      'tags.ksoc-data-type',
      (world) => Object.assign(bucket(world).tags, { 'ksoc-data-type': 'x' }),
    ],
  ]);
  repairs(
    kind,
    BUCKET,
    [
      [
        'our rule is gone, another is there',
        'lifecycle',
        (world) => Object.assign(bucket(world).lifecycle!, { Rules: [{ ...rule(world), ID: 'theirs' }] }),
      ],
    ],
    { exact: false },
  );
  repairs(kind, BUCKET, [['deleted', 'policy', (world) => delete world.buckets[BUCKET]]], { reason: 'missing' });
  keeps(kind, BUCKET, [
    ["AWS's key is added", 'encryption.algorithm', set(encryption('aws:kms'))],
    ['a key is added', 'encryption.kmsKey', set(encryption('aws:kms', { KMSMasterKeyID: KMS }))],
    ['two layers of encryption', 'encryption.algorithm', set(encryption('aws:kms:dsse', { KMSMasterKeyID: KMS }))],
    ['events expire later', 'lifecycle.expire', days('Expiration', 'Days', 365)],
    ['versions expire later', 'lifecycle.noncurrent', days('NoncurrentVersionExpiration', 'NoncurrentDays', 30)],
    [
      'uploads end later',
      'lifecycle.abortMultipart',
      days('AbortIncompleteMultipartUpload', 'DaysAfterInitiation', 30),
    ],
    ['the rule is disabled', 'lifecycle.enabled', (world) => Object.assign(rule(world), { Status: 'Disabled' })],
    ['events never expire', 'lifecycle.expire', (world) => delete rule(world).Expiration],
    ['versions never expire', 'lifecycle.noncurrent', (world) => delete rule(world).NoncurrentVersionExpiration],
    ['uploads never end', 'lifecycle.abortMultipart', (world) => delete rule(world).AbortIncompleteMultipartUpload],
    ['a further statement', 'policy.others', policy((all) => all.push(further))],
  ]);

  it('a further statement stays when ours is repaired', async () => {
    const { run, world } = changed(policy((all) => all.splice(0, 1, further)));
    const { code, json } = await run(AGAIN);
    expect(code).toBe(0);
    const row = rowOf(json, kind, BUCKET);
    expect(row).toMatchObject({ action: 'update', reason: 'drifted', status: 'done' });
    expect(at(row, 'policy.others')).toEqual([expect.objectContaining({ kept: true })]);
    const { Statement } = JSON.parse(bucket(world).policy!);
    expect(Statement.map(({ Sid }: { Sid: string }) => Sid).sort()).toEqual(['RadConnectTlsOnly', 'Theirs']);
    expect(Statement.find(({ Sid }: { Sid: string }) => Sid === 'Theirs')).toMatchObject({
      Effect: 'Allow',
      Principal: { AWS: [auditor.AWS] },
      Action: ['s3:GetObject'],
    });
    expect(rowOf((await run(STATUS)).json, kind, BUCKET)).toMatchObject({ action: 'keep' });
  });

  it('a longer expiry stays when a shorter one beside it is repaired', async () => {
    const { run, world } = changed((w) => {
      days('Expiration', 'Days', 365)(w);
      days('NoncurrentVersionExpiration', 'NoncurrentDays', 1)(w);
    });
    expect((await run(AGAIN)).code).toBe(0);
    expect(rule(world).Expiration).toEqual({ Days: 365 });
    expect(rule(world).NoncurrentVersionExpiration).toEqual({ NoncurrentDays: 7 });
  });

  it('a rule that was switched off stays off, and what never expires stays, when what is beside it is repaired', async () => {
    const { run, world } = changed((w) => {
      Object.assign(rule(w), { Status: 'Disabled' });
      delete rule(w).Expiration;
      days('NoncurrentVersionExpiration', 'NoncurrentDays', 1)(w);
    });
    const { code, json } = await run(AGAIN);
    expect(code).toBe(0);
    const row = rowOf(json, kind, BUCKET);
    expect(row).toMatchObject({ action: 'update', status: 'done' });
    expect(row.diff.map(({ path, kept }) => [path, kept === true])).toEqual([
      ['lifecycle.noncurrent', false],
      ['lifecycle.enabled', true],
      ['lifecycle.expire', true],
    ]);
    expect(rule(world)).toEqual({
      ID: 'rad-connect',
      Status: 'Disabled',
      Filter: { Prefix: '' },
      NoncurrentVersionExpiration: { NoncurrentDays: 7 },
      AbortIncompleteMultipartUpload: { DaysAfterInitiation: 7 },
    });
  });

  it.each<[string, Change]>([
    ['was switched off', (w) => Object.assign(rule(w), { Status: 'Disabled' })],
    ['never expires', (w) => delete rule(w).Expiration],
  ])('--retention-days, given in this run, mends a rule that %s', async (_, change) => {
    const { run, world } = changed(change);
    expect((await run(`${AGAIN} --retention-days 7`)).code).toBe(0);
    expect(comparable(world)).toEqual(comparable(enabled));
  });

  it('Version and Id of the policy stay when our statement is repaired', async () => {
    const { run, world } = changed((w) => {
      bucket(w).policy = JSON.stringify({ Version: '2008-10-17', Id: 'theirs', Statement: [further] });
    });
    expect((await run(AGAIN)).code).toBe(0);
    const { Statement, ...head } = JSON.parse(bucket(world).policy!);
    expect(head).toEqual({ Version: '2008-10-17', Id: 'theirs' });
    expect(Statement).toHaveLength(2);
  });

  it('rules of others stay when ours is repaired', async () => {
    const theirs = { ID: 'theirs', Status: 'Enabled', Filter: { Prefix: 'x/' }, Expiration: { Days: 1 } };
    const { run, world } = changed((w) => Object.assign(bucket(w).lifecycle!, { Rules: [theirs] }));
    expect((await run(AGAIN)).code).toBe(0);
    expect(bucket(world).lifecycle!.Rules).toEqual([theirs, expect.objectContaining({ ID: 'rad-connect' })]);
  });

  it('--retention-days, given in this run, shortens what was lengthened by hand', async () => {
    const { run, world } = changed(days('Expiration', 'Days', 365));
    const planned = rowOf((await run('enable-audit --retention-days 7 --dry-run -o json')).json, kind, BUCKET);
    expect(planned).toMatchObject({ action: 'update', reason: 'drifted', status: 'planned' });
    const { code, json } = await run(`${AGAIN} --retention-days 7`);
    expect(code).toBe(0);
    expect(rowOf(json, kind, BUCKET)).toMatchObject({ action: 'update', status: 'done' });
    expect(comparable(world)).toEqual(comparable(enabled));
  });
});

describe('what the customer has set', () => {
  const start = () => furnished;
  const rule = (world: World) => (bucket(world).encryption!.Rules as JsonObject[])[0]!;
  const sse = (more: JsonObject) => (world: World) =>
    Object.assign(rule(world).ApplyServerSideEncryptionByDefault as JsonObject, more);
  repairs(
    's3:bucket',
    BUCKET,
    [
      [
        'the bucket key is off',
        'encryption.bucketKey',
        (world) => Object.assign(rule(world), { BucketKeyEnabled: false }),
      ],
      ['another key', 'encryption.kmsKey', sse({ KMSMasterKeyID: KMS })],
      [
        "AWS's key",
        'encryption.kmsKey',
        (world) => delete (rule(world).ApplyServerSideEncryptionByDefault as JsonObject).KMSMasterKeyID,
      ],
      [
        'no key',
        'encryption.algorithm',
        (world) => Object.assign(rule(world), { ApplyServerSideEncryptionByDefault: { SSEAlgorithm: 'AES256' } }),
      ],
    ],
    { start },
  );
  keeps(
    's3:bucket',
    BUCKET,
    [['two layers of encryption', 'encryption.algorithm', sse({ SSEAlgorithm: 'aws:kms:dsse' })]],
    start,
  );

  const to = (EncryptionConfiguration: JsonObject) => (world: World) =>
    Object.assign(stream(world).destination, { EncryptionConfiguration });
  const encrypted = (encryption: object) => (world: World) => Object.assign(stream(world), { encryption });
  repairs(
    'firehose:delivery-stream',
    NAMES.product,
    [
      ['objects have no key', 'destination.kmsKey', to({ NoEncryptionConfig: 'NoEncryption' })],
      ['objects have another key', 'destination.kmsKey', to({ KMSEncryptionConfig: { AWSKMSKeyARN: KMS } })],
      ['not encrypted', 'encryption', encrypted({ Status: 'DISABLED' })],
      ["AWS's key", 'encryption', encrypted({ Status: 'ENABLED', KeyType: 'AWS_OWNED_CMK' })],
      ['another key', 'encryption', encrypted({ Status: 'ENABLED', KeyType: 'CUSTOMER_MANAGED_CMK', KeyARN: KMS })],
    ],
    { start },
  );

  for (const name of [NAMES.reader, NAMES.subscription, NAMES.delivery]) {
    const without = (world: World) => {
      const { policies } = role(world, name);
      const text = edited(policies['rad-connect']!.text, (all) => all.splice(all.length - 1, 1));
      policies['rad-connect'] = { text, since: 0 };
    };
    repairs(
      'iam:role',
      name,
      [
        ['it may not use the key', 'permissions', without],
        ['the boundary is gone', 'boundary', (world) => delete role(world, name).boundary],
      ],
      { start },
    );
    const other = (world: World) => Object.assign(role(world, name), { boundary: BOUNDARY });
    keeps('iam:role', name, [['another boundary', 'boundary', other]], start);
    // Where the reader role is gone, its path is too.
    if (name === NAMES.reader) continue;
    const deleted: Case = ['deleted', 'trust', (world) => delete world.roles[name]];
    repairs('iam:role', name, [deleted], { reason: 'missing', start });
  }
});

describe("Firehose's own log group", () => {
  const kind = 'logs:log-group';
  const errors = (world: World) => group(world, NAMES.errors);
  const retention = (days: number) => (world: World) => Object.assign(errors(world), { retention: days });
  repairs(kind, NAMES.errors, [
    ['errors go earlier', 'retention', retention(7)],
    ['the stream is gone', 'stream', (world) => delete errors(world).streams.S3Delivery],
  ]);
  repairs(kind, NAMES.errors, [['deleted', 'stream', (world) => delete world.regions[US]!.groups[NAMES.errors]]], {
    reason: 'missing',
  });
  keeps(kind, NAMES.errors, [
    ['errors stay longer', 'retention', retention(30)],
    ['errors stay forever', 'retention', (world) => delete errors(world).retention],
  ]);
});

describe('delivery stream', () => {
  const kind = 'firehose:delivery-stream';
  const to = (more: JsonObject) => (world: World) => Object.assign(stream(world).destination, more);
  const sse = (encryption: object) => (world: World) => Object.assign(stream(world), { encryption });
  const log = (more: JsonObject) => (world: World) =>
    Object.assign(stream(world).destination.CloudWatchLoggingOptions as JsonObject, more);
  const hints = (more: JsonObject) => (world: World) =>
    Object.assign(stream(world).destination.BufferingHints as JsonObject, more);
  const key = { EncryptionConfiguration: { KMSEncryptionConfig: { AWSKMSKeyARN: KMS } } };

  repairs(kind, NAMES.product, [
    ['another bucket', 'destination.bucket', to({ BucketARN: 'arn:aws:s3:::other' })],
    ['another role', 'destination.role', to({ RoleARN: OTHER_ROLE })],
    ['a prefix', 'destination.prefix', to({ Prefix: 'x/' })],
    ['another error prefix', 'destination.errorPrefix', to({ ErrorOutputPrefix: 'x/' })],
    ['no error prefix', 'destination.errorPrefix', (world) => delete stream(world).destination.ErrorOutputPrefix],
    ['another extension', 'destination.extension', to({ FileExtension: '.json' })],
    ['no extension', 'destination.extension', (world) => delete stream(world).destination.FileExtension],
    ['compressed twice', 'destination.compression', to({ CompressionFormat: 'GZIP' })],
    ['a longer buffer', 'destination.bufferSeconds', hints({ IntervalInSeconds: 900 })],
    ['a bigger buffer', 'destination.bufferMiB', hints({ SizeInMBs: 64 })],
    [
      'records are processed',
      'destination.processing',
      to({ ProcessingConfiguration: { Enabled: true, Processors: [] } }),
    ],
    ['errors are not logged', 'destination.errorLogGroup', log({ Enabled: false })],
    ['errors go to another group', 'destination.errorLogGroup', log({ LogGroupName: '/other' })],
    ['errors go to another stream', 'destination.errorLogStream', log({ LogStreamName: 'other' })],
    ['not encrypted', 'encryption', sse({ Status: 'DISABLED' })],
  ]);
  const deleted: Case = ['deleted', 'destination', (world) => delete world.regions[US]!.streams[NAMES.product]];
  repairs(kind, NAMES.product, [deleted], { reason: 'missing' });
  keeps(kind, NAMES.product, [
    ['a key is added', 'encryption', sse({ Status: 'ENABLED', KeyType: 'CUSTOMER_MANAGED_CMK', KeyARN: KMS })],
    ['objects have a key', 'destination.kmsKey', to(key)],
  ]);

  it('a key stays when another field of the destination is repaired', async () => {
    const { run, world } = changed(to({ ...key, Prefix: 'x/' }));
    const { code, json } = await run(AGAIN);
    expect(code).toBe(0);
    expect(at(rowOf(json, kind, NAMES.product), 'destination.kmsKey')).toEqual([
      expect.objectContaining({ kept: true }),
    ]);
    expect(stream(world).destination).toMatchObject({ ...key, Prefix: '' });
  });
});

describe('subscription filter', () => {
  const kind = 'logs:subscription-filter';
  for (const name of ['off', 'on']) {
    const set = (more: object) => (world: World) => Object.assign(filter(world, name), more);
    repairs(kind, groupOf(name), [
      ['another pattern', 'filter.pattern', set({ filterPattern: '{ $.verb = "delete" }' })],
      ['every event', 'filter.pattern', set({ filterPattern: '' })],
      ['another role', 'filter.role', set({ roleArn: OTHER_ROLE })],
      ['another destination', 'filter.destination', set({ destinationArn: OTHER_STREAM })],
    ]);
    repairs(
      kind,
      groupOf(name),
      [['deleted', 'filter', (world) => delete group(world, groupOf(name)).filters[NAMES.product]]],
      { reason: 'missing' },
    );
  }
});

describe('cluster logging', () => {
  const off = (name: string) => (world: World) => Object.assign(cluster(world, name), { logging: [] });
  repairs('eks:cluster-logging', 'off', [['audit is turned off', 'audit', off('off')]]);
  // The owner had it on, so nothing of ours is on the cluster before; then it is noted that it was off.
  repairs('eks:cluster-logging', 'on', [['audit is turned off', 'audit', off('on')]], {
    reason: 'missing',
    exact: false,
  });

  it('other log types stay as they are when audit is turned on again', async () => {
    const { run, world } = changed((w) => Object.assign(cluster(w, 'off'), { logging: ['api', 'scheduler'] }));
    expect((await run(AGAIN)).code).toBe(0);
    expect([...cluster(world, 'off').logging].sort()).toEqual(['api', 'audit', 'scheduler']);
  });
});

describe('log group of a cluster', () => {
  const kind = 'logs:log-group';
  const remove = (world: World) => delete world.regions[US]!.groups[MADE];
  const retention = (days: number) => (world: World) => Object.assign(group(world, MADE), { retention: days });
  repairs(kind, MADE, [['that we made: events go earlier', 'retention', retention(30)]]);
  repairs(kind, MADE, [['that we made: deleted', 'retention', remove]], { reason: 'missing' });
  keeps(kind, MADE, [
    ['that we made: events stay longer', 'retention', retention(365)],
    ['that we made: events stay forever', 'retention', (world) => delete group(world, MADE).retention],
  ]);

  it('deleted, and made anew by EKS: it is the customer’s, and gets its filter back', async () => {
    const { run, world } = changed((w) => {
      remove(w);
      addLogGroup(w, US, MADE);
    });
    const seen = await run(STATUS);
    expect(rowOf(seen.json, kind, MADE)).toMatchObject({ action: 'none', status: 'unchanged' });
    expect(rowOf(seen.json, 'logs:subscription-filter', MADE)).toMatchObject({ action: 'create', reason: 'missing' });
    expect((await run('status --detailed-exitcode')).code).toBe(2);

    const { code, writes } = await run(AGAIN);
    expect(code).toBe(0);
    expect(new Set(writes)).toEqual(new Set(['logs:PutSubscriptionFilter']));
    expect(filter(world, 'off')).toBeDefined();
    expect(group(world, MADE).tags).toEqual({});
    expect(group(world, MADE)).not.toHaveProperty('retention');
    expect(differing((await run(STATUS)).json)).toEqual([]);
  });

  it('--log-retention-days, given in this run, shortens what was lengthened by hand', async () => {
    const { run, world } = changed(retention(365));
    const { code, json } = await run(`${AGAIN} --log-retention-days 90`);
    expect(code).toBe(0);
    expect(rowOf(json, kind, MADE)).toMatchObject({ action: 'update', status: 'done' });
    expect(comparable(world)).toEqual(comparable(enabled));
  });

  it('--log-retention-days never touches a group that was there before', async () => {
    const { run, world } = changed(() => {});
    expect((await run(`${AGAIN} --log-retention-days 7`)).code).toBe(0);
    expect(group(world, MADE).retention).toBe(7);
    expect(group(world, groupOf('on')).retention).toBe(30);
  });
});
