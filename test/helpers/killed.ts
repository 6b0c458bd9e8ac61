import type { Call, Fault } from '../../src/simulator/simulator.ts';

/** The process is killed when it is about to make the first call of which this is true: nothing reaches AWS from then on. */
export function killedWhen(test: (call: Call) => boolean) {
  let dead = false;
  return (call: Call): Fault | undefined => {
    dead ||= test(call);
    const error = Object.assign(new Error('killed'), { name: 'Killed', $metadata: {} });
    return dead ? { when: 'before', error } : undefined;
  };
}

/** The process is killed when it is about to make its n-th write. */
export const killedAt = (n: number) => killedWhen(({ writeN }) => writeN >= n);
