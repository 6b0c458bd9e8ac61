import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { awsError } from '../../src/simulator/errors.ts';
import { putObject } from '../../src/simulator/services/versions.ts';
import { addBucket } from '../../src/simulator/world.ts';
import { FORMS } from '../audit/forms.ts';
import { account } from '../helpers/account.ts';
import { oneDocument } from '../helpers/schema.ts';
import { small, US } from '../helpers/small.ts';
import { dull, type Event, folderOf, objectOf, START, secrets } from './fixtures.ts';

const KEY = '2026/11/22/10/stream-1';
const { run } = account(small());
async function look(folder: string, more = '') {
  const ran = await run(`findings ${folder} -o json${more}`);
  const json = oneDocument(ran.stdout);
  return { ...ran, json, detections: json.detections! };
}
const idsIn = ({ detections }: Awaited<ReturnType<typeof look>>) => detections.findings.map(({ id }) => id);

const DAY = 86_400_000;
const some = () => [dull('d-1'), secrets('a-1'), secrets('a-2', START + 60_000), dull('d-2')];

describe('findings of a folder', () => {
  it('tell who did what to what, when, and where the evidence is', async () => {
    const folder = folderOf({ [KEY]: objectOf(some()) });
    const { code, calls, detections } = await look(folder);
    expect([code, calls]).toEqual([0, []]);
    expect(detections).toMatchObject({ form: 'raw', objects: 1, events: 4, since: null, levels: { critical: 2 } });
    const [first] = detections.groups;
    expect(first).toMatchObject({
      rule: 'secrets-list-cluster',
      level: 'critical',
      cluster: 'prod',
      user: 'alice',
      sourceIps: ['10.0.0.1'],
      userAgents: ['kubectl/v1.33'],
      count: 2,
      what: ['list secrets'],
      targets: ['*'],
      allowedBy: 'RBAC: allowed by x',
      techniques: ['T1552.007'],
      first: new Date(START).toISOString(),
      last: new Date(START + 60_000).toISOString(),
    });
    expect(first!.evidence[0]).toEqual({
      object: join(folder, KEY),
      auditId: 'a-2',
      logEventId: 'log-a-2-ResponseComplete',
    });
    expect(first!.look).toContain('/aws/eks/prod/cluster');
    expect(detections.timeline).toMatchObject([{ hour: '2026-11-22T10:00:00.000Z', critical: 2 }]);
  });

  it('are the same every time, whatever the order, and however often and at which stage an event came', async () => {
    const once = await look(folderOf({ [KEY]: objectOf(some()) }));
    const again = [secrets('a-1', START, { stage: 'ResponseStarted' }), ...some().reverse()];
    const twice = await look(
      folderOf({
        '2026/11/22/10/a': objectOf(again),
        '2026/11/22/11/b': objectOf(some()),
        c: objectOf([secrets('a-2', START + 60_000)]),
      }),
    );
    expect(idsIn(once).length).toBeGreaterThan(2);
    expect(idsIn(twice)).toEqual(idsIn(once));
    expect(twice.detections.groups.map(({ id, count }) => [id, count])).toEqual(
      once.detections.groups.map(({ id, count }) => [id, count]),
    );
  });

  it('are of one cluster each', async () => {
    const files = { a: objectOf(some()), b: objectOf(some(), { cluster: 'stage' }) };
    const { detections } = await look(folderOf(files));
    expect(detections.levels.critical).toBe(4);
    expect(new Set(detections.groups.map(({ cluster }) => cluster))).toEqual(new Set(['prod', 'stage']));
  });

  it.each(Object.keys(FORMS))('are the same in every form of an object: %s', async (form) => {
    const expected = idsIn(await look(folderOf({ [KEY]: objectOf(some()) })));
    const other = await look(folderOf({ [KEY]: objectOf(some(), { form }) }));
    expect([idsIn(other), other.detections.events, other.json.warnings]).toEqual([expected, 4, []]);
  });

  it('are found in bare events too, whose cluster nothing tells', async () => {
    const { detections } = await look(
      folderOf({
        [KEY]: some()
          .map((one) => JSON.stringify(one))
          .join('\n'),
      }),
    );
    expect([detections.events, detections.levels.critical, detections.groups[0]!.cluster]).toEqual([4, 2, null]);
  });

  it('are in no way less for what is damaged, cut, empty or foreign beside them, which is counted and named', async () => {
    const whole = objectOf(some());
    const { json, detections } = await look(
      folderOf({
        [KEY]: objectOf(some()),
        '2026/11/22/10/cut': Buffer.concat([objectOf([secrets('b-1')]), whole.subarray(0, whole.length - 20)]),
        '2026/11/22/10/empty': '',
        '2026/11/22/10/foreign': '{"Records":[]}',
        '2026/11/22/10/long': objectOf([
          secrets('b-2'),
          '{"kind":"Event","apiVersion":"audit.k8s.io/v1","requestObj[Truncated...]',
        ]),
        '2026/11/22/10/words': objectOf([secrets('b-3'), '{"kind":"Event" oh}', 'I1122 a line of a log']),
        'errors/format-conversion-failed/2026/11/22/10/x': objectOf([secrets('never')]),
      }),
    );
    const found = detections.findings
      .filter(({ rule }) => rule === 'secrets-list-cluster')
      .map(({ evidence }) => evidence.auditId);
    expect(new Set(found)).toEqual(new Set(['a-1', 'a-2', 'b-1', 'b-2', 'b-3']));
    expect(detections).toMatchObject({ objects: 6, truncated: 1, others: 3, undelivered: 1, failed: 0 });
    expect(detections.damaged).toBeGreaterThan(0);
    const told = Object.fromEntries(json.warnings.map(({ code, message }) => [code, message]));
    expect(told.OBJECTS_DAMAGED).toContain('/cut"');
    expect(told.OBJECTS_EMPTY).toContain('/empty"');
    expect(told.OBJECTS_FOREIGN).toContain('/foreign"');
    expect(told.EVENTS_TRUNCATED).toContain('/long"');
  });

  it('take what --since names, by the event itself', async () => {
    // It is 2026-11-23T00:00 now.
    const files = { [KEY]: objectOf([secrets('old', START), secrets('new', START + 8 * 3_600_000)]) };
    const { detections } = await look(folderOf(files), ' --since 7h');
    expect(detections.findings.map(({ evidence }) => evidence.auditId)).not.toContain('old');
    const { detections: all } = await look(folderOf({ '2026/11/22/18/x': files[KEY]! }), ' --since 7h');
    expect(new Set(all.findings.map(({ evidence }) => evidence.auditId))).toEqual(new Set(['new']));
  });

  it('of one file, where one is named', async () => {
    const folder = folderOf({ [KEY]: objectOf(some()), other: objectOf([secrets('b-1')]) });
    expect((await look(join(folder, 'other'))).detections).toMatchObject({ objects: 1, levels: { critical: 1 } });
  });

  it('say when there is nothing to read', async () => {
    const { code, json } = await look(folderOf({ 'errors/x-failed/a': 'x' }));
    expect([code, json.warnings.map((one) => one.code)]).toEqual([0, ['NO_OBJECTS']]);
  });
});

describe('findings of several events', () => {
  const burst = (count: number, at = START, name = 's') =>
    Array.from({ length: count }, (_, i) =>
      secrets(`${name}-${i}`, at + i * 1_000, {
        verb: 'get',
        objectRef: { resource: 'secrets', namespace: 'shop', name: `${name}-${i}` },
      }),
    );
  const bursts = (all: Awaited<ReturnType<typeof look>>) =>
    all.detections.findings.filter(({ rule }) => rule === 'secret-burst');

  it('are one for each group and window, and events that came twice count once', async () => {
    const files = { a: objectOf(burst(40)), b: objectOf(burst(40)), c: objectOf(burst(40, START + DAY, 't')) };
    const all = bursts(await look(folderOf(files)));
    expect(all).toHaveLength(2);
    expect(all[0]!.events).toBeGreaterThan(1);
    // Ten are a burst of refusals.
    const refused = [0, 1, 2, 3].map((i) =>
      secrets(`f-${i}`, START + i * 1_000, { sourceIPs: ['203.0.113.7'], responseStatus: { code: 403 } }),
    );
    const thrice = { a: objectOf(refused), b: objectOf(refused), c: objectOf(refused) };
    const rulesIn = async (all: Parameters<typeof folderOf>[0]) =>
      (await look(folderOf(all))).detections.findings.map(({ rule }) => rule);
    expect(await rulesIn(thrice)).not.toContain('denied-burst-ip');
    const more = Array.from({ length: 12 }, (_, i) => ({ ...refused[0]!, auditID: `g-${i}` }));
    expect(await rulesIn({ a: objectOf(more) })).toContain('denied-burst-ip');
  });

  it('of what is new are asked for only where the events reach back as far', async () => {
    const exec = (id: string, time: number): Event =>
      secrets(id, time, {
        verb: 'create',
        requestURI: '/api/v1/namespaces/shop/pods/web/exec?command=ls',
        objectRef: { resource: 'pods', namespace: 'shop', name: 'web', subresource: 'exec' },
      });
    const day = (time: number) => new Date(time).toISOString().slice(0, 10).replaceAll('-', '/');
    const files = (days: number) => ({
      [`${day(START - days * DAY)}/10/a`]: objectOf([dull('first', START - days * DAY)]),
      [KEY]: objectOf([exec('now', START)]),
    });
    const long = await look(folderOf(files(20)));
    expect(long.detections.findings.map(({ rule }) => rule)).toContain('exec-first-seen');
    const short = await look(folderOf(files(3)));
    expect(short.detections.findings.map(({ rule }) => rule)).not.toContain('exec-first-seen');
    expect(short.detections.left.map(({ rule }) => rule)).toContain('exec-first-seen');
    expect(long.detections.left.map(({ rule }) => rule)).not.toContain('exec-first-seen');
  });
});

describe('findings of what sync has written', () => {
  const FROM = 'customer-logs';
  it('are the same in Parquet files, in the copies, and at the source', async () => {
    const world = small(US);
    const bucket = addBucket(world, US, FROM);
    putObject(world, bucket, KEY, objectOf(some()));
    putObject(
      world,
      bucket,
      '2026/11/22/11/two',
      objectOf([secrets('c-1', START + 3_600_000), ...some()], { cluster: 'stage' }),
    );
    putObject(world, bucket, 'errors/x-failed/2026/11/22/10/x', objectOf([secrets('never')]));
    const made = account(world);
    const folder = folderOf({});
    await made.run(`sync --from s3://${FROM} --to ${folder}`);
    const flat = await look(folder);
    const copies = await look(join(folder, 'raw'));
    const ran = await made.run(`findings s3://${FROM} --since 2d -o json`);
    const source = oneDocument(ran.stdout).detections!;
    expect([flat.detections.form, copies.detections.form, source.form]).toEqual(['parquet', 'raw', 'raw']);
    expect(idsIn(flat).length).toBeGreaterThan(4);
    expect(idsIn(copies)).toEqual(idsIn(flat));
    expect(source.findings.map(({ id }) => id)).toEqual(idsIn(flat));
    expect(source.findings[0]!.evidence).toEqual(flat.detections.findings[0]!.evidence);
    expect(ran.writes).toEqual([]);
    expect((await look(folder, ' --since 1h')).detections).toMatchObject({ findings: [] });
  });

  it('tell of a Parquet file that cannot be read, and of rules that ask for more than there is in one', async () => {
    const RULE = `title: Own
name: own
logsource: {product: kubernetes, service: audit}
detection: {selection: {requestObject.spec.replicas: 0}, condition: selection}
level: high
`;
    const rules = folderOf({ 'own.yml': RULE });
    const scaled = secrets('r-1', START, { verb: 'patch', requestObject: { spec: { replicas: 0 } } });
    const raw = await look(folderOf({ [KEY]: objectOf([scaled]) }), ` --rules ${rules}`);
    expect(raw.detections.findings.map(({ rule }) => rule)).toContain('own');
    const folder = folderOf({ 'events/cluster=prod/dt=2026-11-22/a.parquet': 'PAR1 not' });
    const { json, detections } = await look(folder, ` --rules ${rules}`);
    expect(json.warnings).toMatchObject([{ code: 'OBJECTS_DAMAGED', message: expect.stringContaining('a.parquet') }]);
    expect(detections.left.map(({ rule }) => rule)).toContain('own');
  });
});

describe('findings of a bucket', () => {
  const BUCKET = 'customer-logs';
  function bucket() {
    const world = small(US);
    const it = addBucket(world, US, BUCKET);
    putObject(world, it, '2026/11/22/10/a', objectOf([secrets('a-1')]));
    putObject(world, it, '2026/11/22/11/b', objectOf([secrets('b-1', START + 3_600_000)]));
    return account(world);
  }

  it('go on when one object cannot be read, name it, and exit 3', async () => {
    const { run: there } = bucket();
    const denied = awsError('AccessDenied', 'no', 403);
    const faults = (call: { operation: string; input: { Key?: string } }) =>
      call.operation === 'GetObject' && call.input.Key?.endsWith('/a')
        ? { when: 'before' as const, error: denied }
        : undefined;
    const { code, stdout } = await there(`findings s3://${BUCKET} -o json`, { faults });
    const { errors, detections } = oneDocument(stdout);
    expect(code).toBe(3);
    expect(errors).toMatchObject([{ code: 'PERMISSION_DENIED', id: `s3://${BUCKET}/2026/11/22/10/a` }]);
    expect(detections).toMatchObject({ objects: 1, failed: 1, levels: { critical: 1 } });
  });

  it('read nothing from hours before --since', async () => {
    const { calls } = await bucket().run(`findings s3://${BUCKET} --since 13h -o json`);
    expect(calls.flatMap(({ operation, input }) => (operation === 'GetObject' ? [input.Key] : []))).toEqual([
      '2026/11/22/11/b',
    ]);
  });

  it('of this installation, where --connected says so, are those of its buckets', async () => {
    const world = small(US);
    const { run: there } = account(world);
    expect((await there('findings --connected')).code).toBe(1);
    await there(`enable-audit --regions ${US} --yes`);
    const name = Object.keys(world.buckets).find((one) => one.startsWith('rad-eks-audit-logs'))!;
    const key = `${new Date(world.now).toISOString().slice(0, 13).replace(/[-T]/g, '/')}/x`;
    putObject(world, world.buckets[name]!, key, objectOf([secrets('a-1', world.now)]));
    const { code, stdout, writes } = await there('findings --connected -o json');
    expect([code, writes]).toEqual([0, []]);
    expect(oneDocument(stdout)).toMatchObject({
      account: world.account,
      regions: [{ name: US }],
      detections: { sources: [`s3://${name}/`], levels: { critical: 1 } },
    });
  });
});

describe('the command', () => {
  const folder = () =>
    folderOf({ [KEY]: objectOf([...some(), secrets('odd', START, { user: { username: 'mal\u001b[31mory' } })]) });

  it('fails with --fail-on where there is a finding of that level or above: 2', async () => {
    expect((await look(folder(), ' --fail-on critical')).code).toBe(2);
    expect((await look(folderOf({ [KEY]: objectOf([dull('d')]) }), ' --fail-on low')).code).toBe(0);
  });

  it('looks for nothing below a level', async () => {
    const levels = async (more: string) =>
      new Set((await look(folder(), more)).detections.findings.map(({ level }) => level));
    expect(await levels(' --level critical')).toEqual(new Set(['critical']));
    expect([...(await levels(''))]).toEqual(expect.arrayContaining(['critical', 'low']));
  });

  it.each([
    ['findings', 'a folder'],
    ['findings ./nowhere', 'no such folder'],
    ['findings ./src --connected', 'leave one out'],
    ['findings gs://bucket', 's3://'],
    ['findings ./src --role-arn arn:aws:iam::123456789012:role/x', '--role-arn'],
    ['findings s3://bucket --external-id xy', '--external-id'],
    ['findings ./src --fail-on low --level high', '--fail-on low'],
    ['findings ./src --since soon', '--since'],
    ['findings ./src --rules ./nowhere', '--rules'],
    ['status -o sarif', 'sarif'],
  ])('%s is bad usage: one line, and no call', async (line, words) => {
    const { code, stderr, calls } = await run(line);
    expect([code, calls]).toEqual([64, []]);
    expect(stderr.split('\n').filter((one) => one.startsWith('error:'))).toMatchObject([
      expect.stringContaining(words),
    ]);
  });

  it('says all of it in words, and lets no name steer the terminal', async () => {
    const { stdout } = await run(`findings ${folder()}`);
    expect(stdout).toMatch(/^critical {2}All secrets of the cluster listed \(secrets-list-cluster\) in prod$/m);
    expect(stdout).toMatch(/2 times, 2026-11-22 10:00 UTC to 2026-11-22 10:01 UTC/);
    expect(stdout).not.toContain('\u001b');
  });

  it('makes one page of it, in which names are no markup', async () => {
    const evil = secrets('x', START, { user: { username: '<script>alert(1)</script>' } });
    const { stdout } = await run(`findings ${folderOf({ [KEY]: objectOf([evil]) })} -o html`);
    expect(stdout).toMatch(/^<!doctype html>/);
    expect(stdout).toContain(`default-src 'none'`);
    expect(stdout).toContain('&lt;script>alert(1)');
    expect(stdout).not.toMatch(/<(script|link|iframe|object|img)\b|@import|url\(|\son\w+=/i);
  });

  it('puts no name into a command that a shell would take for more', async () => {
    const evil = secrets("x' ; reboot", START);
    const { detections } = await look(folderOf({ [KEY]: objectOf([evil]) }));
    expect(detections.groups.map(({ look: command }) => command)).toEqual(detections.groups.map(() => null));
  });
});
