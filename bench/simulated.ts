import { PassThrough } from 'node:stream';
import { type Clock, virtualClock } from '../src/aws/clock.ts';
import { main } from '../src/main.ts';
import { type Call, Simulator } from '../src/simulator/simulator.ts';
import { memoryStore } from '../src/simulator/store.ts';
import type { World } from '../src/simulator/world.ts';

export interface Simulated {
  readonly code: number;
  /** Simulated milliseconds. */
  readonly ms: number;
  readonly stderr: string;
}

export interface SimulateOptions {
  readonly onCall?: (call: Call, now: number) => void;
  /** How the program's clock differs from the one that AWS lives in. */
  readonly clockOf?: (clock: Clock) => Clock;
}

/** One command line of the program, in this process, against a simulated account in memory. */
export async function simulate(world: World, line: string, options: SimulateOptions = {}): Promise<Simulated> {
  const { onCall, clockOf = (same) => same } = options;
  // A minute after whatever was before: AWS has forgotten the calls of that.
  const clock = virtualClock(world.now + 60_000);
  const simulator = new Simulator({
    clock,
    store: memoryStore(world),
    onCall: onCall && ((call) => onCall(call, clock.now())),
  });
  const errors: string[] = [];
  const [stdout, stderr] = [new PassThrough(), new PassThrough()];
  stdout.resume();
  stderr.on('data', (chunk) => errors.push(String(chunk)));
  const start = clock.now();
  const code = await main(line.split(' '), {
    stdin: Object.assign(new PassThrough(), { isTTY: false }),
    stdout: Object.assign(stdout, { isTTY: false }),
    stderr: Object.assign(stderr, { isTTY: false }),
    env: {},
    version: 'bench',
    rules: '',
    onInterrupt: () => () => {},
    aws: {
      clock: clockOf(clock),
      name: 'simulated account',
      credentials: { accessKeyId: 'x', secretAccessKey: 'y' },
      onClient: simulator.attach,
    },
  });
  return { code, ms: clock.now() - start, stderr: errors.join('') };
}

/** A clock by which every pause is short: whoever waits asks again at once. */
export const eager = (clock: Clock): Clock => ({
  ...clock,
  sleep: (ms, signal) => clock.sleep(Math.min(ms, 50), signal),
});
