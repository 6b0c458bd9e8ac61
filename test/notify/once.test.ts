import { describe, expect, it } from 'vitest';
import { RadError } from '../../src/engine/errors.ts';
import { sendOnce } from '../../src/notify/once.ts';
import { type Files, shelfOf } from '../helpers/shelf.ts';

const MINUTE = 60_000;
const messages = (...ids: string[]) => ids.map((id) => ({ id, level: 'high', title: id, body: `{"id":"${id}"}` }));
const MANY = messages(...Array.from({ length: 30 }, (_, i) => `f${i}`));

/** A target that has been sent things, and what is remembered of that. */
function target(files: Files = new Map()) {
  const got: string[] = [];
  let now = 0;
  let fails: (id: string) => unknown = () => undefined;
  const run = async (all = MANY, failing?: Parameters<typeof shelfOf>[1], signal = new AbortController().signal) =>
    sendOnce(all, {
      shelf: shelfOf(files, failing).shelf,
      below: 'sent/',
      clock: { now: () => now },
      signal,
      async send({ id }) {
        await Promise.resolve();
        const error = fails(id);
        if (error) throw error;
        got.push(id);
      },
    });
  return {
    run,
    got,
    files,
    pass: (ms: number) => {
      now += ms;
    },
    fail: (how: typeof fails) => {
      fails = how;
    },
  };
}
const ids = MANY.map(({ id }) => id).sort();

describe('each finding once', () => {
  it('the second run sends nothing, and a new finding alone is sent', async () => {
    const { run, got } = target();
    expect(await run(MANY.slice(1))).toEqual({ sent: 29, before: 0, left: 0 });
    expect(await run()).toEqual({ sent: 1, before: 29, left: 0 });
    expect(await run()).toEqual({ sent: 0, before: 30, left: 0 });
    expect([...got].sort()).toEqual(ids);
  });

  it('two runs at once: each is sent by one of them', async () => {
    const { run, got } = target();
    const [a, b] = await Promise.all([run(), run()]);
    expect([...got].sort()).toEqual(ids);
    expect(a.sent + b.sent).toBe(30);
    expect([a.left, b.left]).toEqual([0, 0]);
  });

  it.each([1, 2, 7, 30, 59, 60])('killed at write %i, a later run sends what was not sent', async (at) => {
    const { run, got, pass } = target();
    const killed = new Error('killed');
    const die = (n: number) => {
      if (n >= at) throw killed;
    };
    await expect(run(MANY, { before: () => {}, after: die })).rejects.toBe(killed);
    const held = (await run()).before;
    expect(held).toBeGreaterThan(0);
    pass(16 * MINUTE);
    await run();
    expect([...new Set(got)].sort()).toEqual(ids);
    // Eight are in flight at once: of those it cannot be told whether they were sent.
    expect(got.length - ids.length).toBeLessThanOrEqual(8);
    const count = got.length;
    await run();
    expect(got).toHaveLength(count);
  });

  it('one that cannot be sent ends it, and is tried again at once by the next run', async () => {
    const { run, got, fail } = target();
    fail((id) => (id === 'f3' ? new RadError('NOTIFY_FAILED', 'no') : undefined));
    const { error, sent, before, left } = await run();
    expect([error?.code, before, sent + left]).toEqual(['NOTIFY_FAILED', 0, 30]);
    expect(left).toBeGreaterThan(15);
    fail(() => undefined);
    expect(await run()).toMatchObject({ before: sent, left: 0 });
    expect([...got].sort()).toEqual(ids);
  });

  it('told to stop, it begins no other', async () => {
    const stop = new AbortController();
    const { run, got } = target();
    const done = run(MANY, undefined, stop.signal);
    stop.abort();
    const { sent, left } = await done;
    expect([got.length, sent + left]).toEqual([sent, 30]);
    expect(left).toBeGreaterThan(0);
  });
});
