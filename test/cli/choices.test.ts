import { describe, expect, it } from 'vitest';
import { account } from '../helpers/account.ts';
import { bucket, EU, NAMES, small, US } from '../helpers/small.ts';

const ENABLE = `enable-audit --regions ${US},${EU} --external-id x-1 --yes -o json`;
const TEARDOWN = 'teardown --yes --confirm 123456789012 -o json';

describe('what could be mistaken', () => {
  it.each([['--sandbox', ''], ['--sandbox=']])(
    'an empty sandbox never reaches the real account: %s %s',
    async (...words) => {
      const { run } = account(small());
      const { code, calls } = await run(['status', ...words]);
      expect([code, calls]).toEqual([64, []]);
    },
  );

  it.each(['maybe', '2', ' ', 'ja'])('a variable that is neither true nor false is refused: %j', async (value) => {
    const { run } = account(small());
    const { code, calls } = await run(TEARDOWN, { env: { RAD_CONNECT_DELETE_DATA: value } });
    expect([code, calls]).toEqual([64, []]);
  });

  it.each(['false', 'no', 'n', '0', 'OFF'])('a variable that says no is no: %s', async (value) => {
    const { run, world } = account(small());
    await run(`enable-audit --regions ${US} --yes`);
    expect((await run(TEARDOWN, { env: { RAD_CONNECT_DELETE_DATA: value } })).code).toBe(0);
    expect(bucket(world)).toBeDefined();
  });
});

describe('--forget-region', () => {
  it('is refused for a region that can be read: its pipeline would lose its roles', async () => {
    const { run } = account(small(US, EU));
    await run(ENABLE);
    const { code, writes } = await run(`${TEARDOWN} --forget-region ${EU}`);
    expect([code, writes]).toEqual([64, []]);
  });

  it('drops one that cannot be read, and says what stays there', async () => {
    const { run, world } = account(small(US, EU));
    await run(ENABLE);
    world.regions[EU]!.state = 'denied';
    const { code, json } = await run(`${TEARDOWN} --delete-data --forget-region ${EU}`);
    expect(code).toBe(0);
    expect(json.warnings).toMatchObject([{ code: 'REGION_FORGOTTEN', region: EU }]);
    expect(world.regions[EU]!.streams).toHaveProperty(NAMES.product);
  });
});

describe('the choice of clusters', () => {
  it('of this run ends an exclusion that was recorded for another choice', async () => {
    const { run } = account(small());
    await run(`enable-audit --regions ${US} --exclude-clusters off --yes`);
    const { json } = await run(`enable-audit --regions ${US} --clusters off --yes -o json`);
    expect(json.clusters.find(({ name }) => name === 'off')).toMatchObject({ auditLogging: true, filter: 'ok' });
  });

  it('leaves connected what was connected, and status still shows it', async () => {
    const { run } = account(small());
    await run(`enable-audit --regions ${US} --yes`);
    await run(`enable-audit --regions ${US} --clusters on --yes`);
    const { json } = await run('status -o json');
    expect(json.clusters.map(({ name, filter }) => [name, filter])).toEqual([
      ['off', 'ok'],
      ['on', 'ok'],
    ]);
  });
});

describe('what is told', () => {
  it('names nothing that does not stand', async () => {
    const { run, world } = account(small());
    world.regions[US]!.clusters = {};
    const { json } = await run(`enable-audit --regions ${US} --yes -o json`);
    expect(json.outputs).toMatchObject({ auditLogsRoleArn: null, buckets: {}, streams: {} });
    const made = await account(small()).run(`enable-audit --regions ${US} --yes -o json`);
    expect(made.json.outputs.buckets).toEqual({ [US]: NAMES.bucket(US) });
  });

  it('status says of a region that it could not be read, and not that all is well', async () => {
    const { run, world } = account(small(US, EU));
    await run(ENABLE);
    world.regions[EU]!.state = 'denied';
    const { code, stdout } = await run('status');
    expect(code).toBe(3);
    expect(stdout).toContain('could not be read');
    expect(stdout).not.toContain('Everything is as wanted');
  });
});
