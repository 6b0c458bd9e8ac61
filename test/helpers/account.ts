import { PassThrough } from 'node:stream';
import { type Clock, virtualClock } from '../../src/aws/clock.ts';
import { main } from '../../src/main.ts';
import type { Send } from '../../src/rad/http.ts';
import type { Document } from '../../src/render/document.ts';
import { type Call, type Fault, Simulator } from '../../src/simulator/simulator.ts';
import { memoryStore } from '../../src/simulator/store.ts';
import type { World } from '../../src/simulator/world.ts';

export interface Ran {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
  readonly calls: readonly Call[];
  readonly writes: readonly string[];
  /** The names of the errors that AWS has answered. */
  readonly refusals: readonly string[];
  /** The document, for a command line with -o json. */
  readonly json: Document;
}

export interface RunOptions {
  readonly faults?: (call: Call) => Fault | undefined;
  readonly env?: Record<string, string>;
  /** Another RAD than the simulated one. */
  readonly rad?: Send;
  /** Told when the run asks how to be interrupted. */
  readonly onInterrupt?: (stop: () => void) => void;
}

/** An account in memory, with the program run in this process against it. */
export function account(world: World) {
  const clock: Clock = virtualClock(Math.max(world.now, Date.parse('2026-11-23T00:00:00Z')));
  const store = memoryStore(world);

  async function run(
    line: string | readonly string[],
    { faults, env = {}, onInterrupt, rad }: RunOptions = {},
  ): Promise<Ran> {
    const calls: Call[] = [];
    const refusals: string[] = [];
    const onCall = (call: Call, error?: Error) => {
      calls.push(call);
      if (error) refusals.push(error.name);
    };
    const simulator = new Simulator({ clock, store, faults, onCall });
    const [stdout, stderr] = [collect(), collect()];
    const code = await main(typeof line === 'string' ? line.split(' ') : line, {
      stdin: Object.assign(new PassThrough(), { isTTY: false }),
      stdout: stdout.stream,
      stderr: stderr.stream,
      env,
      version: '0.0.0-test',
      onInterrupt: (stop) => {
        onInterrupt?.(stop);
        return () => {};
      },
      aws: {
        clock,
        name: 'test account',
        credentials: { accessKeyId: 'x', secretAccessKey: 'y' },
        onClient: simulator.attach,
        rad: rad ?? simulator.rad,
      },
    });
    const writes = calls.filter(({ write }) => write).map(({ service, operation }) => `${service}:${operation}`);
    return {
      code,
      stdout: stdout.text(),
      stderr: stderr.text(),
      calls,
      writes,
      refusals,
      get json() {
        return JSON.parse(stdout.text()) as Document;
      },
    };
  }
  return { world, clock, run };
}

function collect() {
  const stream = new PassThrough();
  const chunks: string[] = [];
  stream.on('data', (chunk) => chunks.push(String(chunk)));
  return { stream: Object.assign(stream, { isTTY: false }), text: () => chunks.join('') };
}
