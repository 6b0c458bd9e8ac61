import { join } from 'node:path';
import process from 'node:process';
import { keepHeapSmall } from './heap.ts';

declare const VERSION: string;

/** The process around `main`: argv, streams, signals and the exit code. */
export async function start(): Promise<void> {
  for (const signal of SIGNALS) process.on(signal, leave);
  const argv = process.argv.slice(2);
  keepHeapSmall(argv.includes('findings'));
  // The SDK announces on stderr, at each start, when it will drop a Node version; stderr is for what concerns the user.
  process.env.AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED ??= 'true';
  // The allocator of DuckDB (jemalloc) keeps what is free for a while: a quarter of all memory, for a tenth of the time.
  process.env.DUCKDB_JE_MALLOC_CONF ??= 'dirty_decay_ms:0,muzzy_decay_ms:0';
  for (const stream of [process.stdout, process.stderr]) stream.on('error', (error) => unwritable(error));
  const { main } = await import('./main.ts');
  const code = await main(argv, {
    stdin: process.stdin,
    stdout: process.stdout,
    stderr: process.stderr,
    env: process.env,
    version: VERSION,
    rules: join(import.meta.dirname, '../rules'),
    onInterrupt,
  });
  // Not by itself: a call that was given up would keep the process for as long as its socket.
  process.stdout.write('', (error) => {
    if (error) unwritable(error);
    process.stderr.write('', () => process.exit(code));
  });
}

/** A reader that has seen enough (`| head`) is no error; a full disk is. */
export function unwritable({ code }: NodeJS.ErrnoException): never {
  if (code !== 'EPIPE') process.stderr.write(`error: the result could not be written: ${code}\n`);
  process.exit(code === 'EPIPE' ? (process.exitCode ?? 0) : 1);
}

/** A terminal that is closed hangs up. */
const SIGNALS = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;

/** Before a run there is nothing to end in good order. */
const leave = () => process.exit(130);

/** The first signal asks to stop, the second one gives up the calls in flight, the third one ends at once. */
function onInterrupt(stop: () => void, isQuiet: boolean): () => void {
  let asked = 0;
  const listener = () => {
    asked++;
    if (asked > 2) process.exit(130);
    if (asked === 1 && !isQuiet)
      process.stderr.write('\nStopping: calls in flight are being finished; once more to give them up.\n');
    stop();
  };
  for (const signal of SIGNALS) process.off(signal, leave).on(signal, listener);
  return () => {
    for (const signal of SIGNALS) process.off(signal, listener);
  };
}
