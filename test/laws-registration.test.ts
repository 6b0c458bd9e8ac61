import { describe, expect, it } from 'vitest';
import type { Send } from '../src/aws/http.ts';
import { createSend } from '../src/aws/http.ts';
import { accessDenied, connectionReset, serverError, throttled } from '../src/simulator/errors.ts';
import type { Call, Fault } from '../src/simulator/simulator.ts';
import { addBucket, type World } from '../src/simulator/world.ts';
import { account, type Ran } from './helpers/account.ts';
import { comparable } from './helpers/comparable.ts';
import { killedAt } from './helpers/killed.ts';
import { oneDocument } from './helpers/schema.ts';
import { ACCOUNT, EU, NAMES, role, small, US } from './helpers/small.ts';
import { inTurn, KEYS, radServer, say, TOKEN } from './rad/server.ts';

const ENABLE = `enable-audit --regions ${US} --external-id x-1 --yes -o json`;
const AGAIN = 'enable-audit --yes -o json';
const DELETE = `teardown --yes --confirm ${ACCOUNT} --delete-data -o json`;
const TAG = 'rad-connect:registration';

/** The program with keys to RAD's API; `without`: with none. */
function keyed(world: World = small()) {
  const { run, ...rest } = account(world);
  const env = { RAD_ACCESS_KEY_ID: KEYS.accessKeyId, RAD_SECRET_KEY: KEYS.secretKey };
  const withKeys: typeof run = (line, options = {}) => run(line, { ...options, env: { ...env, ...options.env } });
  return { ...rest, run: withKeys, without: run };
}
const rad = ({ calls }: Ran) => calls.filter(({ service }) => service === 'rad').map(({ operation }) => operation);
const registration = (ran: Ran) => oneDocument(ran.stdout).changes.find(({ type }) => type === 'rad:registration');
const onRad =
  (operation: string, when: Fault['when'], error: () => Error) =>
  (call: Call): Fault | undefined =>
    call.operation === operation ? { when, error: error() } : undefined;
async function enabled() {
  const one = keyed();
  expect((await one.run(ENABLE)).code).toBe(0);
  return one;
}

describe('laws of the registration with RAD', () => {
  it('it is in the plan, of which RAD hears nothing', async () => {
    const ran = await keyed().run(`enable-audit --regions ${US} --dry-run -o json`);
    expect(registration(ran)).toMatchObject({ region: 'global', id: ACCOUNT, action: 'create', status: 'planned' });
    expect(rad(ran)).toEqual([]);
    expect((await keyed().run(`enable-audit --regions ${US} --dry-run`)).stdout).toMatch(
      new RegExp(`\\+ rad:registration +${ACCOUNT}`),
    );
  });

  it('twice is nothing, also in another region: RAD is told once', async () => {
    const { run, world } = keyed(small(US, EU));
    const first = await run(ENABLE);
    expect(registration(first)).toMatchObject({ action: 'create', status: 'done' });
    expect(rad(first)).toEqual(['GetToken', 'PostRegistration']);
    expect(world.registrations![ACCOUNT]!.roleArn).toContain(`:role/${NAMES.reader}`);
    expect(role(world, NAMES.reader).tags[TAG]).toBe('made');
    for (const line of [AGAIN, 'status -o json', `enable-audit --regions ${EU} --yes -o json`]) {
      const ran = await run(line);
      expect(rad(ran), line).toEqual([]);
      expect(registration(ran), line).toMatchObject({ action: 'none', status: 'unchanged' });
    }
  });

  it('there and back is nothing', async () => {
    const { run, world } = keyed();
    const before = comparable(world, { identity: true });
    await run(ENABLE);
    const ran = await run(DELETE);
    expect(ran.code).toBe(0);
    expect(registration(ran)).toMatchObject({ action: 'delete', status: 'done' });
    expect(rad(ran)).toEqual(['GetToken', 'DeleteRegistration']);
    expect(comparable(world, { identity: true })).toEqual(before);
    expect(rad(await run(DELETE))).toEqual([]);
  });

  it('RAD forgets the account before the reader role goes', async () => {
    const { run } = await enabled();
    const { writes } = await run(DELETE);
    const forgotten = writes.indexOf('rad:DeleteRegistration');
    expect(forgotten).toBeGreaterThanOrEqual(0);
    expect(writes.lastIndexOf('iam:DeleteRole')).toBeGreaterThan(forgotten);
  });

  it('it goes with the last region, and with the buckets that RAD reads', async () => {
    const { run, world } = keyed(small(US, EU));
    await run(`enable-audit --regions ${US},${EU} --yes -o json`);
    const one = await run(`${DELETE} --regions ${EU}`);
    expect([one.code, registration(one)?.action]).toEqual([0, 'keep']);
    const kept = await run(`teardown --yes --confirm ${ACCOUNT} -o json`);
    expect([kept.code, registration(kept)?.action]).toEqual([0, 'keep']);
    expect(world.registrations).toHaveProperty(ACCOUNT);
    const last = await run(DELETE);
    expect([last.code, registration(last)?.action]).toEqual([0, 'delete']);
    expect(world.registrations).toEqual({});
  });

  it('killed at any write of enable-audit, the next run heals', async () => {
    const calm = keyed();
    const { writes } = await calm.run(ENABLE);
    expect(writes).toContain('rad:PostRegistration');
    for (let n = 2; n <= writes.length + 1; n++) {
      const { run, world } = keyed();
      await run(ENABLE, { faults: killedAt(n) });
      const healed = await run(AGAIN);
      expect(healed.code, `killed at ${n}: ${healed.stderr}`).toBe(0);
      expect(comparable(world), `killed at ${n}`).toEqual(comparable(calm.world));
      expect(rad(await run(AGAIN)), `killed at ${n}`).toEqual([]);
    }
  });

  it('killed at any write of teardown, the next run heals', async () => {
    const before = comparable(small(), { identity: true });
    const start = (await enabled()).world;
    const { writes } = await keyed(structuredClone(start)).run(DELETE);
    for (let n = 1; n <= writes.length + 1; n++) {
      const { run, world } = keyed(structuredClone(start));
      await run(DELETE, { faults: killedAt(n) });
      const healed = await run(DELETE);
      expect(healed.code, `killed at ${n}: ${healed.stderr}`).toBe(0);
      expect(comparable(world, { identity: true }), `killed at ${n}`).toEqual(before);
    }
  });

  it('killed between the answer of RAD and our record of it, teardown forgets it all the same', async () => {
    const { run, world } = keyed();
    const before = comparable(world, { identity: true });
    const state = { done: false };
    await run(ENABLE, {
      faults(call) {
        state.done ||= call.operation === 'PostRegistration';
        const isRecord = state.done && call.operation === 'TagRole';
        return isRecord ? { when: 'before', error: accessDenied('iam:TagRole', '*') } : undefined;
      },
    });
    expect(world.registrations).toHaveProperty(ACCOUNT);
    expect(role(world, NAMES.reader).tags[TAG]).toBe('pending');
    expect((await run(DELETE)).code).toBe(0);
    expect(comparable(world, { identity: true })).toEqual(before);
  });
});

describe('when RAD is in trouble', () => {
  it.each<[string, Fault['when'], () => Error]>([
    ['dropped before it arrives', 'before', connectionReset],
    ['done, its answer lost', 'after', connectionReset],
    ['slower', 'before', () => throttled('rad')],
    ['answered with 500', 'before', serverError],
    ['done, but answered with 500', 'after', serverError],
  ])('each call to it, once, %s: the run ends well', async (_, when, error) => {
    const calm = await enabled();
    for (const operation of ['GetToken', 'PostRegistration']) {
      const { run, world } = keyed();
      let n = 0;
      const faults = (call: Call) => (call.operation === operation && n++ === 0 ? { when, error: error() } : undefined);
      const ran = await run(ENABLE, { faults });
      expect([operation, ran.code]).toEqual([operation, 0]);
      expect(comparable(world)).toEqual(comparable(calm.world));
      n = 0;
      const gone = await run(DELETE, {
        faults: (call) => (call.operation === 'DeleteRegistration' && n++ === 0 ? { when, error: error() } : undefined),
      });
      expect(gone.code).toBe(0);
      expect(comparable(world, { identity: true })).toEqual(comparable(small(), { identity: true }));
    }
  });

  it.each<[string, string, () => Error, string]>([
    ['no connection', 'GetToken', connectionReset, 'RAD_REGISTRATION_FAILED'],
    ['refused keys', 'GetToken', () => accessDenied('rad:GetToken', '*'), 'RAD_REGISTRATION_DENIED'],
    ['500', 'PostRegistration', serverError, 'RAD_REGISTRATION_FAILED'],
  ])('%s: all else is done, exit 3, and the next run registers', async (_, operation, error, code) => {
    const calm = await enabled();
    const { run, world } = keyed();
    const ran = await run(ENABLE, { faults: onRad(operation, 'before', error) });
    expect(ran.code).toBe(3);
    const document = oneDocument(ran.stdout);
    expect(document.errors.map((one) => [one.code, one.id, one.region])).toEqual([[code, ACCOUNT, 'global']]);
    expect(document.errors[0]!.hint).toBeTruthy();
    expect(document.summary).toMatchObject({ failed: 1, skipped: 0 });
    expect((await run(AGAIN)).code).toBe(0);
    expect(comparable(world)).toEqual(comparable(calm.world));
  });

  it('teardown: all else goes, exit 3, and the reader role stays with the record until RAD has heard', async () => {
    const { run, world } = await enabled();
    const ran = await run(DELETE, { faults: onRad('DeleteRegistration', 'before', serverError) });
    expect(ran.code).toBe(3);
    expect(Object.keys(world.roles)).toEqual([NAMES.reader]);
    expect((await run(DELETE)).code).toBe(0);
    expect(comparable(world, { identity: true })).toEqual(comparable(small(), { identity: true }));
  });
});

it('RAD has forgotten the account, but the reader role stayed: the next run registers anew', async () => {
  const { run, world } = await enabled();
  const isReader = ({ operation, input }: Call) => operation === 'DeleteRole' && input.RoleName === NAMES.reader;
  const error = accessDenied('iam:DeleteRole', '*');
  const stuck = await run(DELETE, { faults: (call) => (isReader(call) ? { when: 'before', error } : undefined) });
  expect([stuck.code, world.registrations]).toEqual([3, {}]);
  expect((await run(ENABLE)).code).toBe(0);
  expect(world.registrations).toHaveProperty(ACCOUNT);
});

describe('what RAD knew before', () => {
  const known = () => Object.assign(small(), { registrations: { [ACCOUNT]: { id: 'r-0', roleArn: 'theirs' } } });

  it('is no failure, is asked about once, and is never removed', async () => {
    const world = known();
    const { run } = keyed(world);
    const first = await run(ENABLE);
    expect(first.code).toBe(0);
    expect(first.json.warnings.filter(({ code }) => code === 'RAD_KNOWS_ACCOUNT')).toHaveLength(1);
    const second = await run(AGAIN);
    expect([rad(second), second.json.warnings.filter(({ code }) => code === 'RAD_KNOWS_ACCOUNT')]).toEqual([[], []]);
    const ran = await run(DELETE);
    expect([ran.code, registration(ran)?.action, rad(ran)]).toEqual([0, 'keep', []]);
    // Nobody is left who could take it away.
    expect(ran.json.warnings.map(({ code, id }) => [code, id])).toEqual([['RAD_REGISTRATION_REMAINS', ACCOUNT]]);
    expect(comparable(world, { identity: true })).toEqual(comparable(known(), { identity: true }));
  });

  it.each(['GetToken', 'PostRegistration'])(
    'is not taken for ours after a run whose keys were refused at %s',
    async (operation) => {
      const world = known();
      const { run } = keyed(world);
      const denied = onRad(operation, 'before', () => accessDenied('rad:Post', '*'));
      expect((await run(ENABLE, { faults: denied })).code).toBe(3);
      expect((await run(AGAIN)).code).toBe(0);
      const ran = await run(DELETE);
      expect([ran.code, registration(ran)?.action]).toEqual([0, 'keep']);
      expect(world.registrations).toHaveProperty(ACCOUNT);
    },
  );
});

describe('two installations in one account', () => {
  const BLUE = '--name-prefix blue';
  const both = async () => {
    const one = keyed();
    expect((await one.run(ENABLE)).code).toBe(0);
    const second = await one.run(`${ENABLE} ${BLUE}`);
    const [told] = second.json.warnings.filter(({ code }) => code === 'RAD_KNOWS_ACCOUNT');
    expect([second.code, told!.hint]).toEqual([0, expect.stringContaining('role/blue-audit-logs')]);
    return one;
  };
  const remaining = ({ json }: Ran) => json.warnings.filter(({ code }) => code === 'RAD_REGISTRATION_REMAINS');

  it.each([
    ['first', '', 'blue'],
    ['second', ` ${BLUE}`, 'rad'],
  ])('the %s one leaves first: RAD keeps the account, and is told nothing', async (which, prefix, stayer) => {
    const { run, world } = await both();
    const before = structuredClone(world.registrations);
    const ran = await run(DELETE + prefix);
    expect([ran.code, rad(ran), registration(ran)?.action]).toEqual([0, [], 'keep']);
    expect(world.registrations).toEqual(before);
    expect(Object.keys(world.roles).every((name) => name.startsWith(stayer))).toBe(true);
    // What it has not made it says nothing of.
    if (which === 'second') {
      expect(remaining(ran)).toEqual([]);
      return expect(remaining(await both().then(({ without }) => without(DELETE + prefix)))).toEqual([]);
    }
    expect(registration(ran)!.note).toContain('(blue)');
    expect(remaining(ran)).toEqual([
      expect.objectContaining({ id: ACCOUNT, hint: expect.stringContaining(`role/${NAMES.reader},`) }),
    ]);
  });

  it('doctor tells the one that RAD was not told of, and only that one', async () => {
    const { run } = await both();
    await run(DELETE);
    const { code, json } = await run(`doctor ${BLUE} -o json`);
    expect(code).toBe(0);
    expect(json.findings!.filter((finding) => finding.code === 'RAD_KNOWS_ACCOUNT')).toEqual([
      expect.objectContaining({ severity: 'note', hint: expect.stringContaining('role/blue-audit-logs') }),
    ]);
    const alone = await (await enabled()).run('doctor -o json');
    expect(alone.json.findings!.map((finding) => finding.code)).not.toContain('RAD_KNOWS_ACCOUNT');
  });

  it('the one that has registered takes it back once it is alone; buckets of other products are no installation', async () => {
    const { run, world } = await both();
    expect((await run(`${DELETE} ${BLUE}`)).code).toBe(0);
    addBucket(world, US, `x-eks-audit-logs-999988887777-${US}-an`);
    addBucket(world, US, `x-eks-audit-logs-${ACCOUNT}-${US}`);
    const ran = await run(DELETE);
    expect([ran.code, registration(ran)?.action, world.registrations]).toEqual([0, 'delete', {}]);
  });

  it('where the buckets cannot be seen, none is taken for alone', async () => {
    const { run, world } = await enabled();
    const error = accessDenied('s3:ListAllMyBuckets', '*');
    const ran = await run(DELETE, { faults: onRad('ListBuckets', 'before', () => error) });
    expect([ran.code, registration(ran)?.action]).toEqual([0, 'keep']);
    expect(remaining(ran)).toEqual([
      expect.objectContaining({ message: expect.stringContaining('s3:ListAllMyBuckets') }),
    ]);
    expect(world.registrations).toHaveProperty(ACCOUNT);
  });
});

it('a registration whose answer was lost stays ours when the repeat is refused', async () => {
  const { run, world } = keyed();
  let posts = 0;
  const lost = (call: Call): Fault | undefined => {
    if (call.operation !== 'PostRegistration') return undefined;
    posts++;
    return posts === 1
      ? { when: 'after', error: connectionReset() }
      : { when: 'before', error: accessDenied('rad:Post', '*') };
  };
  expect((await run(ENABLE, { faults: lost })).code).toBe(3);
  expect(world.registrations).toHaveProperty(ACCOUNT);
  expect((await run(AGAIN)).code).toBe(0);
  expect((await run(DELETE)).code).toBe(0);
  expect(world.registrations).toEqual({});
});

describe('without keys', () => {
  it('RAD hears nothing, and what is left to do is said once', async () => {
    const { without } = keyed();
    const first = await without(ENABLE);
    expect(first.code).toBe(0);
    expect(registration(first)).toBeUndefined();
    const [warning] = oneDocument(first.stdout).warnings.filter(({ code }) => code === 'RAD_NOT_REGISTERED');
    expect(warning!.hint).toMatch(new RegExp(`console.*role/${NAMES.reader}.*keys`));
    const again = await without(AGAIN);
    expect(again.json.warnings.map(({ code }) => code)).not.toContain('RAD_NOT_REGISTERED');
    expect([...rad(first), ...rad(again)]).toEqual([]);
  });

  it('what was registered with keys stays recorded', async () => {
    const { without } = await enabled();
    const ran = await without(AGAIN);
    expect([ran.code, ran.writes, registration(ran)?.action]).toEqual([0, [], 'none']);
  });

  it('teardown removes all else, fails at nothing, and says what to do in the console of RAD', async () => {
    const { without, world } = await enabled();
    const ran = await without(DELETE);
    expect(ran.code).toBe(0);
    expect(rad(ran)).toEqual([]);
    expect(registration(ran)).toMatchObject({ action: 'keep', status: 'unchanged' });
    expect(registration(ran)!.note).toContain('console');
    const [warning] = ran.json.warnings.filter(({ code }) => code === 'RAD_REGISTRATION_REMAINS');
    expect(warning!.hint).toContain('console');
    expect(world.roles).toEqual({});
  });

  it('a registration that was never answered is no trouble either', async () => {
    const { run, without, world } = keyed();
    await run(ENABLE, { faults: onRad('PostRegistration', 'before', serverError) });
    expect(role(world, NAMES.reader).tags[TAG]).toBe('pending');
    const ran = await without(AGAIN);
    expect([ran.code, ran.writes]).toEqual([0, []]);
    expect((await without(DELETE)).code).toBe(0);
  });

  it.each([
    ['one key only', { RAD_ACCESS_KEY_ID: '', RAD_SECRET_KEY: KEYS.secretKey }],
    ['no TLS', { RAD_API_URL: 'http://api.rad.security' }],
  ])('%s: exit 64, one line, no call', async (_, env) => {
    const ran = await keyed().run('enable-audit --regions us-east-1 --yes', { env });
    expect([ran.code, ran.calls, ran.stdout]).toEqual([64, [], '']);
    expect(ran.stderr).toMatch(/^error: [^\n]+\n$/);
    expect(ran.stderr).not.toContain(KEYS.secretKey);
  });
});

describe('over the wire', () => {
  it('a whole life, against a server that answers as the Terraform provider of RAD expects', async () => {
    const server = await radServer({ 'POST /cloud/register': inTurn(say(503), say(200, { id: 'r-77' })) });
    const { run, world, clock } = keyed();
    const send = createSend();
    // Real time passes here, so the other one stands still.
    const wire: Send = (request, signal) => clock.during(() => send(request, signal));
    const options = { env: { RAD_API_URL: server.url }, rad: wire };
    const runs = [];
    for (const line of [ENABLE, AGAIN, DELETE]) runs.push(await run(`${line} --debug`, options));
    expect(runs.map(({ code }) => code)).toEqual([0, 0, 0]);
    expect(role(world, NAMES.reader)).toBeUndefined();
    expect(server.received.map(({ method, path }) => `${method} ${path}`)).toEqual([
      'POST /authentication/authenticate',
      'POST /cloud/register',
      'POST /cloud/register',
      'POST /authentication/authenticate',
      'DELETE /cloud/register',
    ]);
    const told = runs.map(({ stdout, stderr }) => stdout + stderr).join();
    expect(told).toMatch(/rad:PostRegistration global ok, .*2 attempts/);
    for (const secret of [KEYS.secretKey, KEYS.accessKeyId, TOKEN]) expect(told).not.toContain(secret);
    await server.close();
  });
});
