import { createHash } from 'node:crypto';
import { setTimeout as pause } from 'node:timers/promises';
import { expect } from 'vitest';
import type { Document } from '../../src/render/document.ts';
import { type Calm, COMMANDS, type Command, cli, type Place, prepare } from './places.ts';
import type { Fault } from './proxy.ts';

/** What a disturbed run left behind. `mended`: nothing, the program has got over it. */
type Left = { mended: boolean; json?: Document };
/** Runs the command and disturbs it; what must be true of a run that is disturbed so is checked here. */
export type Disturb = (place: Place, command: Command, calm: Calm) => Promise<Left>;

/** One write is hit, once; `met` tells whether it came so far. */
function aim({ proxy }: Place, at: string, hit: () => Fault | undefined) {
  const target = { met: false };
  proxy.watch((write) => {
    if (write !== at) return undefined;
    target.met = true;
    return hit();
  });
  return target;
}
/**
 * A call is given up five seconds after the run was told to end, and after a minute in any case; told twice, at once. A busy
 * machine may take longer, but not so long that one passes for the other. Milliseconds.
 */
const GIVEN_UP = 35_000;
const AT_ONCE = 4_000;
const codes = ({ errors }: Document) => errors.map(({ code }) => code);

/** Trying again helps. */
const passing =
  (fault: Fault) =>
  (at: string): Disturb =>
  async (place, command) => {
    const target = aim(place, at, () => fault);
    const ran = await cli(place, COMMANDS[command].line);
    expect(ran.code, ran.stderr).toBe(0);
    expect(target.met).toBe(true);
    return { mended: true, json: ran.json };
  };

/** No answer ever comes: the time-out of the whole run ends it, and some seconds later the call in flight is given up. */
const hanging =
  (at: string): Disturb =>
  async (place, command, { clusters }) => {
    for (const seconds of [8, 30, 120]) {
      const target = aim(place, at, () => ({ when: 'before', answer: 'none' }));
      const begun = Date.now();
      const ran = await cli(place, `${COMMANDS[command].line} --timeout ${seconds}s`);
      expect(Date.now() - begun).toBeLessThan(seconds * 1_000 + GIVEN_UP);
      expect([1, 3], ran.stderr).toContain(ran.code);
      expect(codes(ran.json)).toContain('TIMEOUT');
      if (target.met) return { mended: false, json: ran.json };
      // On a busy machine it was over before it came so far.
      place.state = 'unknown';
      await prepare(place, COMMANDS[command].from, clusters);
    }
    throw new Error('it never came so far');
  };

/** Numbers below `below`, the same for the same seed. */
export function dice(seed: number): (below: number) => number {
  let turn = 0;
  return (below) => createHash('sha256').update(`${seed} ${turn++}`).digest().readUInt32BE() % below;
}
const one = <T>(of: readonly T[], roll: (below: number) => number): T => of[roll(of.length)]!;
/** About as long as a run takes. Milliseconds. */
const RUN = 4_000;

/** kill -9, right before a write is done, right after it, or at any moment. */
const killed =
  (seed: number): Disturb =>
  async (place, command, { writes }) => {
    const roll = dice(seed);
    const at = one(writes[command], roll);
    const when = one(['before', 'after', 'any'] as const, roll);
    const moment = roll(RUN);
    const ran = await cli(place, COMMANDS[command].line, {
      onStart(child) {
        const act = () => void child.kill('SIGKILL');
        if (when === 'any') void pause(moment).then(act);
        aim(place, at, () => (when === 'any' ? undefined : { when, answer: 'none', act }));
      },
    });
    if (when === 'any' && ran.code === 0) return { mended: true, json: ran.json };
    expect(ran.code, ran.stderr).toBe(null);
    return { mended: false };
  };

/** Ctrl-C, with a write or somewhat later, and the write may hang: calls in flight end or are given up, and what is done is told. */
const interrupted =
  (seed: number): Disturb =>
  async (place, command, { writes }) => {
    const roll = dice(seed);
    const at = one(writes[command], roll);
    const later = one([0, roll(400)], roll);
    const hangs = roll(2) === 1;
    const isText = roll(2) === 1;
    let pressed = 0;
    const ran = await cli(place, `${COMMANDS[command].line}${isText ? ' -o text' : ''}`, {
      onStart(child) {
        const act = () => {
          child.kill('SIGINT');
          pressed = Date.now();
        };
        aim(place, at, () => {
          if (later) void pause(later).then(act);
          else act();
          return hangs ? { when: 'before', answer: 'none' } : undefined;
        });
      },
    });
    if (later && !hangs && ran.code === 0) return { mended: true };
    expect(Date.now() - pressed).toBeLessThan(GIVEN_UP);
    expect(ran.code, ran.stderr).toBe(130);
    expect(ran.stderr).toContain('interrupted');
    if (isText) expect(ran.stdout).toMatch(/^(Stopped: .*|Nothing was done)\.$/m);
    else expect(codes(ran.json)).toEqual(['INTERRUPTED']);
    return { mended: false, ...(isText ? {} : { json: ran.json }) };
  };

/** Ctrl-C while a call hangs, and once more: it ends at once. */
const interruptedTwice =
  (seed: number): Disturb =>
  async (place, command, { writes }) => {
    let second = 0;
    const ran = await cli(place, COMMANDS[command].line, {
      onStart(child) {
        const act = async () => {
          child.kill('SIGINT');
          await pause(300);
          child.kill('SIGINT');
          second = Date.now();
        };
        aim(place, one(writes[command], dice(seed)), () => ({ when: 'before', answer: 'none', act: () => void act() }));
      },
    });
    expect(Date.now() - second).toBeLessThan(AT_ONCE);
    expect(ran.code, ran.stderr).toBe(130);
    expect(codes(ran.json)).toEqual(['INTERRUPTED']);
    return { mended: false, json: ran.json };
  };

/** What befalls a given write. */
export const FAULTS: Readonly<Record<string, (at: string) => Disturb>> = {
  dropped: passing({ when: 'before', answer: 'reset' }),
  'answer lost': passing({ when: 'after', answer: 'reset' }),
  throttled: passing({ when: 'before', answer: 'throttled' }),
  500: passing({ when: 'before', answer: 'error' }),
  hangs: hanging,
};

/** What happens to the process, at moments that a seed chooses; how often a sweep tries it. */
export const MOMENTS: Readonly<Record<string, { disturb: (seed: number) => Disturb; times: number }>> = {
  'kill -9': { disturb: killed, times: 40 },
  'Ctrl-C': { disturb: interrupted, times: 20 },
  'Ctrl-C twice': { disturb: interruptedTwice, times: 10 },
};
