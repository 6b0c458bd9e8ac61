import { describe, expect, it } from 'vitest';
import { realClock, virtualClock } from '../../src/aws/clock.ts';

const turns = async (count: number) => {
  for (let i = 0; i < count; i++) await new Promise((resolve) => setImmediate(resolve));
};

describe('the virtual clock', () => {
  it('jumps to the next sleeper, in the order of time', async () => {
    const clock = virtualClock(1_000);
    const woken: string[] = [];
    const sleep = (ms: number) => clock.sleep(ms).then(() => woken.push(`${ms} at ${clock.now()}`));
    await Promise.all([sleep(3_600_000), sleep(5), sleep(86_400_000), sleep(0)]);
    expect(woken).toEqual(['0 at 1000', '5 at 1005', '3600000 at 3601000', '86400000 at 86401000']);
  });

  it('wakes sleepers of the same moment in the order they went to sleep', async () => {
    const clock = virtualClock(0);
    const woken: string[] = [];
    await Promise.all(['a', 'b', 'c'].map((name) => clock.sleep(10).then(() => woken.push(name))));
    expect(woken).toEqual(['a', 'b', 'c']);
    expect(clock.now()).toBe(10);
  });

  it('wakes all sleepers of one moment before any real work that one of them begins is done', async () => {
    const clock = virtualClock(0);
    const seen: string[] = [];
    const work = async (name: string, ms: number) => {
      await clock.sleep(ms);
      await clock.during(() => turns(10).then(() => seen.push(`${name} ends`)));
    };
    const mark = (name: string, ms: number) => clock.sleep(ms).then(() => seen.push(name));
    await Promise.all([work('a', 10), mark('b', 10), mark('c', 11)]);
    expect(seen).toEqual(['b', 'a ends', 'c']);
  });

  it('lets one sleeper act, and sleep again, before the next one wakes', async () => {
    const clock = virtualClock(0);
    const seen: string[] = [];
    const walk = async (name: string, step: number, end: number) => {
      while (clock.now() < end) {
        await clock.sleep(step);
        seen.push(`${name}${clock.now()}`);
      }
    };
    await Promise.all([walk('a', 10, 30), walk('b', 15, 30)]);
    expect(seen).toEqual(['a10', 'b15', 'a20', 'b30', 'a30']);
  });

  it('never goes back and takes a negative time for none', async () => {
    const clock = virtualClock(50);
    await clock.sleep(-1_000);
    expect(clock.now()).toBe(50);
  });

  it('stands still while real work is under way', async () => {
    const clock = virtualClock(0);
    let woken = false;
    const sleeping = clock.sleep(10).then(() => {
      woken = true;
    });
    await clock.during(() => turns(20));
    expect([woken, clock.now()]).toEqual([false, 0]);
    await sleeping;
    expect(clock.now()).toBe(10);
  });

  it('stands still until the last of several pieces of real work is done, and when one fails', async () => {
    const clock = virtualClock(0);
    const sleeping = clock.sleep(10);
    const long = clock.during(() => turns(30));
    await expect(clock.during(() => Promise.reject(new Error('no')))).rejects.toThrow('no');
    await turns(10);
    expect(clock.now()).toBe(0);
    await Promise.all([long, sleeping]);
    expect(clock.now()).toBe(10);
  });

  it('an alarm rings when time has passed it, never moves time, and can be taken back', async () => {
    const clock = virtualClock(0);
    const rung: string[] = [];
    clock.alarm(5, () => rung.push('five'));
    const undo = clock.alarm(6, () => rung.push('six'));
    clock.alarm(100, () => rung.push('hundred'));
    undo();
    await turns(10);
    expect([rung, clock.now()]).toEqual([[], 0]);
    await clock.sleep(10);
    expect([rung, clock.now()]).toEqual([['five'], 10]);
    await clock.sleep(1);
    expect(rung).toEqual(['five']);
  });

  it('an abort wakes a sleeper at once, without time passing', async () => {
    const clock = virtualClock(0);
    const stopper = new AbortController();
    const sleeping = clock.during(async () => {
      const asleep = clock.sleep(1_000, stopper.signal);
      stopper.abort();
      await asleep;
    });
    await sleeping;
    await clock.sleep(1_000, stopper.signal);
    expect(clock.now()).toBe(0);
  });

  it('an alarm may abort who sleeps past it', async () => {
    const clock = virtualClock(0);
    const stopper = new AbortController();
    clock.alarm(20, () => stopper.abort());
    let polls = 0;
    while (!stopper.signal.aborted) {
      await clock.sleep(8, stopper.signal);
      polls++;
    }
    expect([polls, clock.now()]).toEqual([3, 24]);
  });
});

describe('the real clock', () => {
  it('does not sleep for a run that is stopped', async () => {
    await realClock.sleep(3_600_000, AbortSignal.abort());
    const stopper = new AbortController();
    const sleeping = realClock.sleep(3_600_000, stopper.signal);
    stopper.abort();
    await sleeping;
  });

  it('takes an alarm back, and lets work through', async () => {
    realClock.alarm(3_600_000, () => {})();
    expect(await realClock.during(async () => 7)).toBe(7);
    expect(Math.abs(realClock.now() - Date.now())).toBeLessThan(1_000);
  });
});
