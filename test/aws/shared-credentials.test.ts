import { type AddressInfo, createServer, type Socket } from 'node:net';
import { describe, expect, it, vi } from 'vitest';
import { type Clock, virtualClock } from '../../src/aws/clock.ts';
import { findSource } from '../../src/aws/credentials.ts';
import { type Needs, type Provider, shared, type Tools } from '../../src/aws/shared-credentials.ts';

const HOUR = 3_600_000;

interface Counted {
  readonly clock: Clock;
  readonly provider: Provider;
  readonly times: () => number;
  readonly tools: Tools[];
}

/** A source whose credentials are good for so long, and that fails when it is told to. */
function counted(
  lifetime: number | undefined,
  fails: (n: number) => boolean = () => false,
  more: Partial<Needs> = {},
): Counted {
  const clock = virtualClock(0);
  const tools: Tools[] = [];
  const needs = {
    clock,
    signal: new AbortController().signal,
    network: undefined,
    version: '1',
    mfaCode: undefined,
    ...more,
  };
  const provider = shared(needs, async (given) => {
    const n = tools.push(given);
    await Promise.resolve();
    if (fails(n)) throw new Error(`no ${n}`);
    const expiration = lifetime === undefined ? {} : { expiration: new Date(clock.now() + lifetime) };
    return { accessKeyId: `key-${n}`, secretAccessKey: 'x', ...expiration };
  });
  return { clock, provider, tools, times: () => tools.length };
}
const keyOf = async (provider: Provider) => (await provider()).accessKeyId;
const asker = (region: string) => ({ callerClientConfig: { region: async () => region } });

describe('credentials that all clients share', () => {
  it('are asked for once, however many ask at once', async () => {
    const { provider, times } = counted(HOUR);
    await Promise.all(Array.from({ length: 20 }, () => provider()));
    await provider();
    expect(times()).toBe(1);
  });

  const waits = (told: string[]) => (place: string) => {
    told.push(place);
    return () => void told.push('there');
  };

  it('who waits for them is told after a while, once', async () => {
    const told: string[] = [];
    const clock = virtualClock(0);
    const needs = { clock, signal: new AbortController().signal, network: undefined, version: '1', mfaCode: undefined };
    const seconds = [9, 60];
    const provider = shared({ ...needs, onWait: waits(told) }, async () => {
      await clock.sleep(seconds.shift()! * 1_000);
      return { accessKeyId: 'x', secretAccessKey: 'y', expiration: new Date(clock.now() + 1_000) };
    });
    await provider();
    expect(told).toEqual([]);
    await clock.sleep(2_000);
    await provider();
    expect(told).toEqual(['sign-in', 'there']);
  });

  it('who is asked for an MFA code is not told that it is waited for', async () => {
    const told: string[] = [];
    const clock = virtualClock(0);
    const mfaCode = async () => {
      await clock.sleep(60_000);
      return '123456';
    };
    const needs = { clock, signal: new AbortController().signal, network: undefined, version: '1', mfaCode };
    const provider = shared({ ...needs, onWait: waits(told) }, async (tools) => ({
      accessKeyId: await tools.mfaCode!('device'),
      secretAccessKey: 'y',
    }));
    expect(await keyOf(provider)).toBe('123456');
    expect(told).toEqual([]);
  });

  it.each([undefined, HOUR])('serve until five minutes before they expire: %s', async (lifetime) => {
    const { provider, clock } = counted(lifetime);
    await provider();
    await clock.sleep(HOUR - 300_001);
    expect(await keyOf(provider)).toBe('key-1');
    await clock.sleep(1);
    // The present ones serve while they are renewed.
    expect(await keyOf(provider)).toBe('key-1');
    await clock.sleep(1);
    expect(await keyOf(provider)).toBe(lifetime ? 'key-2' : 'key-1');
  });

  it('serve on while they cannot be renewed, and no longer than they are good', async () => {
    const { provider, clock } = counted(HOUR, (n) => n > 1);
    await provider();
    await clock.sleep(HOUR - 1);
    expect(await keyOf(provider)).toBe('key-1');
    await clock.sleep(1);
    await expect(provider()).rejects.toThrow(/no \d/);
  });

  it('that could not be had are asked for again by the next one', async () => {
    const { provider } = counted(HOUR, (n) => n === 1);
    await expect(provider()).rejects.toThrow('no 1');
    expect(await keyOf(provider)).toBe('key-2');
  });

  it('are always had in the region that was called first', async () => {
    const { provider, clock, tools } = counted(HOUR);
    await provider(asker('cn-north-1'));
    await clock.sleep(HOUR);
    await provider(asker('cn-northwest-1'));
    expect(tools.map(({ region }) => region)).toEqual(['cn-north-1', 'cn-north-1']);
  });

  it('are waited for by nobody once the run is told to end', async () => {
    const stopper = new AbortController();
    const clock = virtualClock(0);
    const needs = { clock, signal: stopper.signal, network: undefined, version: '1', mfaCode: undefined };
    const never = shared(needs, () => new Promise(() => {}));
    const asked = never();
    stopper.abort(new Error('stop'));
    await expect(asked).rejects.toThrow('stop');
  });
});

it('an agent of the container that never answers is no source of credentials', async () => {
  const arrived = new Set<Socket>();
  let begin = () => {};
  const asked = new Promise<void>((resolve) => {
    begin = resolve;
  });
  const server = createServer((socket) => {
    arrived.add(socket);
    begin();
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/x`;
  vi.stubEnv('AWS_CONTAINER_CREDENTIALS_FULL_URI', url);
  try {
    const clock = virtualClock(0);
    const nobody = { network: undefined, mfaCode: undefined, version: '1', signal: new AbortController().signal };
    const source = await findSource({ AWS_CONTAINER_CREDENTIALS_FULL_URI: url }, undefined);
    const end = source
      .provide({ ...nobody, clock })()
      .catch((error: unknown) => error);
    await asked;
    await clock.sleep(5_000);
    expect(await end).toMatchObject({ code: 'CREDENTIALS', message: expect.stringContaining(url) });
  } finally {
    vi.unstubAllEnvs();
    for (const socket of arrived) socket.destroy();
    server.close();
  }
});
