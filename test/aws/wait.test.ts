import { describe, expect, it } from 'vitest';
import { afterFirst, eventually, until } from '../../src/aws/wait.ts';
import type { Run } from '../../src/engine/resource.ts';

function fakeRun(signal = new AbortController().signal) {
  let time = 0;
  const notes: string[] = [];
  const pauses: number[] = [];
  const run: Run = {
    signal,
    note: (text) => void notes.push(text),
    now: () => time,
    async sleep(ms) {
      pauses.push(ms);
      time += ms;
    },
  };
  return { run, notes, pauses, elapsed: () => time };
}
const failing = (times: number, error = new Error('not yet')) => {
  let left = times;
  return async () => {
    if (left-- > 0) throw error;
    return 'ok';
  };
};

describe('eventually', () => {
  it.each([0, 1, 7])('asks again while it is told to: %i failures', async (times) => {
    const { run, pauses } = fakeRun();
    expect(await eventually(failing(times), () => true, run, { what: 'IAM' })).toBe('ok');
    expect(pauses).toHaveLength(times);
  });

  it('begins at 250 ms and never pauses longer than 5 s', async () => {
    const { run, pauses, notes } = fakeRun();
    await eventually(failing(14), () => true, run, { what: 'IAM to know' });
    expect(pauses[0]).toBe(250);
    expect(Math.max(...pauses)).toBe(5_000);
    expect(new Set(notes)).toEqual(new Set(['waiting for IAM to know']));
  });

  it.each([
    ['2 minutes when nothing is said', undefined, 120_000],
    ['its limit', 20_000, 20_000],
  ])('gives the error up after %s', async (_, limit, most) => {
    const { run, elapsed } = fakeRun();
    const request = eventually(failing(1_000), () => true, run, { what: 'IAM', ...(limit && { limit }) });
    await expect(request).rejects.toThrow('not yet');
    expect(elapsed()).toBeLessThanOrEqual(most);
    expect(elapsed()).toBeGreaterThan(most - 5_001);
  });

  it('another error comes out at once', async () => {
    const { run, pauses } = fakeRun();
    await expect(eventually(failing(1, new Error('else')), () => false, run, { what: 'IAM' })).rejects.toThrow('else');
    expect(pauses).toEqual([]);
  });

  it('a stopped run ends with the reason of the stop, and asks nothing more', async () => {
    const { run } = fakeRun(AbortSignal.abort(new Error('interrupted')));
    let asked = 0;
    const request = () => {
      asked++;
      return Promise.reject(new Error('not yet'));
    };
    await expect(eventually(request, () => true, run, { what: 'IAM' })).rejects.toThrow('interrupted');
    expect(asked).toBe(1);
  });
});

describe('until', () => {
  it('asks until it is ready and gives the value', async () => {
    const { run, notes } = fakeRun();
    let n = 0;
    expect(
      await until(
        async () => ++n,
        (value) => value === 5,
        run,
        { what: 'five' },
      ),
    ).toBe(5);
    expect(notes).toEqual(Array(4).fill('waiting for five'));
  });

  it('a limit ends it with TIMEOUT that says what was waited for', async () => {
    const { run, elapsed } = fakeRun();
    const waiting = until(
      async () => 0,
      () => false,
      run,
      { what: 'the stream', limit: 120_000 },
    );
    await expect(waiting).rejects.toMatchObject({
      code: 'TIMEOUT',
      message: 'still waiting for the stream after 2 minutes',
      hint: 'run the same command again: it goes on from here',
    });
    expect(elapsed()).toBeLessThanOrEqual(120_000);
  });

  it('an error of the reading comes out', async () => {
    const { run } = fakeRun();
    await expect(until(failing(1), Boolean, run, { what: 'it' })).rejects.toThrow('not yet');
  });

  it('a stop while it sleeps ends it', async () => {
    const stopper = new AbortController();
    const { run } = fakeRun(stopper.signal);
    const stopping: Run = { ...run, sleep: async () => stopper.abort(new Error('stop')) };
    await expect(
      until(
        async () => 0,
        () => false,
        stopping,
        { what: 'it' },
      ),
    ).rejects.toThrow('stop');
  });
});

describe('afterFirst', () => {
  const gate = () => {
    let open!: (ok: boolean) => void;
    const passed = new Promise<void>((resolve, reject) => {
      open = (ok) => (ok ? resolve() : reject(new Error('first failed')));
    });
    return { open, passed };
  };
  const settle = () => new Promise((resolve) => setImmediate(resolve));
  const own = () => false;

  /** Calls of one region, of which the first waits at the gate. */
  function calls(names: readonly string[], isForAll: (error: unknown) => boolean) {
    const region = {};
    const first = gate();
    const begun: string[] = [];
    const all = names.map((name) =>
      afterFirst(
        region,
        async () => {
          begun.push(name);
          if (name === names[0]) await first.passed;
          return name;
        },
        isForAll,
      ),
    );
    return { first, begun, ends: Promise.allSettled(all) };
  }
  const statuses = async (ends: Promise<PromiseSettledResult<unknown>[]>) => (await ends).map(({ status }) => status);

  it('one goes first; when it is through, all others go at once', async () => {
    const { first, begun, ends } = calls(['a', 'b', 'c', 'd'], own);
    await settle();
    expect(begun).toEqual(['a']);
    first.open(true);
    expect(await statuses(ends)).toEqual(Array(4).fill('fulfilled'));
    expect(begun).toEqual(['a', 'b', 'c', 'd']);
  });

  it('when the first fails for itself, the next one takes its place', async () => {
    const { first, begun, ends } = calls(['a', 'b', 'c'], own);
    first.open(false);
    expect(await statuses(ends)).toEqual(['rejected', 'fulfilled', 'fulfilled']);
    expect(begun).toEqual(['a', 'b', 'c']);
  });

  it('when it fails with what all of them would meet, it fails for all', async () => {
    const { first, begun, ends } = calls(['a', 'b', 'c'], () => true);
    first.open(false);
    expect(await statuses(ends)).toEqual(Array(3).fill('rejected'));
    expect(begun).toEqual(['a']);
  });

  it('regions do not wait for each other', async () => {
    const first = gate();
    const slow = afterFirst({}, () => first.passed, own);
    expect(await afterFirst({}, async () => 'other region', own)).toBe('other region');
    first.open(true);
    await slow;
  });
});
