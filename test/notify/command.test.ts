import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, describe, expect, it } from 'vitest';
import { putObject } from '../../src/simulator/services/versions.ts';
import { addBucket } from '../../src/simulator/world.ts';
import { folderOf, objectOf, START, secrets } from '../findings/fixtures.ts';
import { account } from '../helpers/account.ts';
import { oneDocument } from '../helpers/schema.ts';
import { ACCOUNT, small, US } from '../helpers/small.ts';
import { type Act, type RadServer, radServer, say } from '../rad/server.ts';

const TOPIC = `arn:aws:sns:${US}:${ACCOUNT}:alerts`;
const BUS = `arn:aws:events:${US}:${ACCOUNT}:event-bus/security`;
const home = mkdtempSync(join(tmpdir(), 'rad-connect-'));
afterAll(() => rmSync(home, { recursive: true, force: true }));
const open: RadServer[] = [];
afterEach(async () => {
  for (const server of open.splice(0)) await server.close();
});

/** An account with a topic and a bus, and a state folder of its own. */
function place() {
  const world = small(US);
  const here = world.regions[US]!;
  Object.assign(here, { topics: { alerts: [] }, buses: { security: [] } });
  const { run } = account(world);
  const env = { XDG_STATE_HOME: mkdtempSync(join(home, 'state-')) };
  return {
    topic: here.topics!.alerts!,
    bus: here.buses!.security!,
    async look(folder: string, more: string, extra: Readonly<Record<string, string>> = {}) {
      const ran = await run(`findings ${folder} -o json ${more}`, { env: { ...env, ...extra } });
      return { ...ran, json: oneDocument(ran.stdout) };
    },
  };
}
const folder = (...ids: string[]) => folderOf({ 'a.gz': objectOf(ids.map((id, i) => secrets(id, START + i))) });

async function hook(act: Act) {
  const server = await radServer({ 'POST /hook': act });
  open.push(server);
  return { server, url: `${server.url}/hook` };
}

describe('findings --notify', () => {
  it('sends each to topic and bus, once, and then only what is new', async () => {
    const { look, topic, bus } = place();
    const both = `--notify ${TOPIC} --notify ${BUS}`;
    const first = await look(folder('a', 'b'), both);
    expect([first.code, first.json.errors]).toEqual([0, []]);
    const all = first.json.detections!.findings;
    expect(first.json.notified).toEqual(
      [TOPIC, BUS].map((target) => ({ target, sent: all.length, before: 0, left: 0 })),
    );
    const second = await look(folder('a', 'b', 'c'), both);
    const added = second.json.detections!.findings.length - all.length;
    expect(added).toBeGreaterThan(0);
    expect(second.json.notified).toMatchObject([{ sent: added, before: all.length }, { sent: added }]);
    for (const sent of [topic, bus]) {
      const ids = sent.map(({ body }) => JSON.parse(body).id);
      expect(new Set(ids).size).toBe(ids.length);
      expect([...ids].sort()).toEqual(second.json.detections!.findings.map(({ id }) => id).sort());
    }
    const worst = topic.find(({ body }) => JSON.parse(body).level === 'critical')!;
    expect(JSON.parse(worst.body)).toMatchObject({ schemaVersion: 1, cluster: 'prod', user: 'alice' });
    expect(worst.subject).toMatch(/^\[critical\] .* in prod$/);
  });

  it('beside what sync has written it is remembered there, also by another machine', async () => {
    const world = small(US);
    Object.assign(world.regions[US]!, { topics: { alerts: [] } });
    putObject(world, addBucket(world, US, 'customer'), '2026/11/22/10/a.gz', objectOf([secrets('a'), secrets('b')]));
    const { run } = account(world);
    const audit = folderOf({});
    await run(`sync --from s3://customer --to ${audit}`);
    const look = async () => {
      const env = { XDG_STATE_HOME: mkdtempSync(join(home, 'state-')) };
      return oneDocument((await run(`findings ${audit} -o json --notify ${TOPIC}`, { env })).stdout);
    };
    const [first, second] = [await look(), await look()];
    expect(first.detections).toMatchObject({ form: 'parquet', findings: { length: first.notified![0]!.sent } });
    expect(second.notified).toMatchObject([{ sent: 0, before: first.notified![0]!.sent }]);
    expect(second.detections).toEqual(first.detections);
  });

  it('only what --level shows is sent', async () => {
    const { look, topic } = place();
    await look(folder('a'), `--level critical --notify ${TOPIC}`);
    expect(new Set(topic.map(({ body }) => JSON.parse(body).level))).toEqual(new Set(['critical']));
  });

  it('a target that fails is an error and exit 3, what was found is told all the same, and the next run sends the rest', async () => {
    const { look, topic } = place();
    const { url } = await hook(say(403));
    const failed = await look(folder('a'), `--notify ${url} --notify ${TOPIC}`);
    expect([failed.code, failed.json.result]).toEqual([3, 'partial']);
    expect(failed.json.errors).toMatchObject([{ code: 'NOTIFY_FAILED', id: new URL(url).host }]);
    expect(failed.json.notified).toMatchObject([{ sent: 0, left: topic.length }, { left: 0 }]);
    const { server, url: other } = await hook(say(200));
    await look(folder('a'), `--notify ${other}`);
    expect(server.received).toHaveLength(topic.length);
  });

  it('a webhook is signed with the secret of the environment, which is shown nowhere', async () => {
    const { look } = place();
    const { server, url } = await hook(say(200));
    const secret = Buffer.from('0123456789abcdef0123456789abcdef').toString('base64');
    const { stdout, stderr } = await look(folder('a'), `--notify ${url} --debug`, {
      RAD_CONNECT_NOTIFY_SECRET: secret,
    });
    expect(server.received[0]?.headers['webhook-signature']).toMatch(/^v1,/);
    expect(stdout + stderr).not.toContain(secret);
    expect(stdout + stderr).not.toContain('/hook');
  });

  it.each([
    ['--notify alerts', {}],
    ['--notify http://hooks.example.com/SECRET', {}],
    [`--notify ${TOPIC}`, { RAD_CONNECT_NOTIFY_SECRET: 'too short' }],
    [`--sandbox=${join(home, 'sandbox.json')} --notify https://hooks.example.com/SECRET`, {}],
  ])('%s: one line, 64, no call, and no secret in it', async (more, extra) => {
    const { code, stderr, calls, stdout } = await place().look(folder('a'), more, extra);
    expect([code, calls]).toEqual([64, []]);
    expect(stderr).toMatch(/^error: .*\n$/);
    expect(stdout + stderr).not.toMatch(/SECRET\b(?!:)|too short/);
  });
});
