import { join } from 'node:path';
import { PassThrough } from 'node:stream';
import { type Clock, virtualClock } from '../../src/aws/clock.ts';
import type { Send } from '../../src/aws/http.ts';
import { main } from '../../src/main.ts';
import type { Document } from '../../src/render/document.ts';
import { type Call, type Fault, Simulator, type SimulatorOptions } from '../../src/simulator/simulator.ts';
import { memoryStore } from '../../src/simulator/store.ts';
import type { World } from '../../src/simulator/world.ts';
import { type Asked, checkAllowed, meaningOf, recordedIn } from './iam.ts';

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
  /** What the credentials of the run may do; absent: anything. */
  readonly authorize?: SimulatorOptions['authorize'];
  readonly env?: Record<string, string>;
  /** It runs on a terminal, where this is typed at the first question. */
  readonly typed?: string;
  /** Told of each client that is made, as its service and region. */
  readonly onClient?: (client: string) => void;
  /** Another RAD than the simulated one. */
  readonly rad?: Send;
  /** Told when the run asks how to be interrupted. */
  readonly onInterrupt?: (stop: () => void) => void;
  /** Both streams are a terminal. */
  readonly terminal?: boolean;
  /** Of that terminal; where they are given, it can move its cursor too. */
  readonly columns?: number;
}

/** An account in memory, with the program run in this process against it. Each call must be one that its printed policy allows. */
export function account(world: World) {
  const clock: Clock = virtualClock(Math.max(world.now, Date.parse('2026-11-23T00:00:00Z')));
  const store = memoryStore(world);

  async function run(
    line: string | readonly string[],
    {
      faults,
      authorize = () => true,
      env = {},
      onClient,
      onInterrupt,
      rad,
      terminal = false,
      columns,
      typed,
    }: RunOptions = {},
  ): Promise<Ran> {
    const argv = typeof line === 'string' ? line.split(' ') : line;
    const calls: Call[] = [];
    const refusals: string[] = [];
    const asked: Asked[] = [];
    const meant = meaningOf(argv, env);
    const recorded = meant && recordedIn(world, meant);
    const simulator = new Simulator({
      clock,
      store,
      faults,
      onCall(call, error) {
        calls.push(call);
        if (error) refusals.push(error.name);
      },
      authorize(request, call) {
        asked.push({ request, call });
        return authorize(request, call);
      },
    });
    const [stdout, stderr] = [collect(terminal, columns), collect(terminal || typed !== undefined, columns)];
    const stdin = Object.assign(new PassThrough(), { isTTY: typed !== undefined });
    let isAsked = false;
    stderr.stream.on('data', (text) => {
      if (isAsked || !String(text).startsWith('? ')) return;
      isAsked = true;
      for (const key of typed ?? '') setImmediate(() => stdin.write(key));
    });
    const code = await main(argv, {
      stdin,
      stdout: stdout.stream,
      stderr: stderr.stream,
      env,
      version: '0.0.0-test',
      rules: join(import.meta.dirname, '../../rules'),
      onInterrupt: (stop) => {
        onInterrupt?.(stop);
        return () => {};
      },
      aws: {
        clock,
        name: 'test account',
        credentials: { accessKeyId: 'x', secretAccessKey: 'y' },
        onClient(client, service, region) {
          onClient?.(`${service} ${region}`);
          simulator.attach(client, service, region);
        },
        rad: rad ?? simulator.rad,
      },
    });
    if (meant && recorded) await checkAllowed(meant, asked, world, recorded);
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

function collect(isTTY: boolean, columns?: number) {
  const stream = new PassThrough();
  const chunks: string[] = [];
  stream.on('data', (chunk) => chunks.push(String(chunk)));
  // As those of a process, it cannot be ended.
  const move = () => true;
  const screen = columns !== undefined && { columns, cursorTo: move, moveCursor: move, clearLine: move };
  return { stream: Object.assign(stream, { isTTY, ...screen, end: () => stream }), text: () => chunks.join('') };
}
