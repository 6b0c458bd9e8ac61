import process from 'node:process';

declare const VERSION: string;

/** The process around `main`: argv, streams, signals and the exit code. */
export async function start(): Promise<void> {
  const argv = process.argv.slice(2);
  // Asked for often, by scripts: answered before anything is loaded.
  if (argv.length === 1 && (argv[0] === '--version' || argv[0] === '-V')) {
    process.stdout.write(`${VERSION}\n`);
    return;
  }
  // The SDK announces on stderr, at each start, when it will drop a Node version; stderr is for what concerns the user.
  process.env.AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED ??= 'true';
  // A reader that has seen enough (`| head`) is no error.
  for (const stream of [process.stdout, process.stderr]) {
    stream.on('error', (error: NodeJS.ErrnoException) => {
      if (error.code !== 'EPIPE') throw error;
    });
  }
  const { main } = await import('./main.ts');
  process.exitCode = await main(argv, {
    stdin: process.stdin,
    stdout: process.stdout,
    stderr: process.stderr,
    env: process.env,
    version: VERSION,
    onInterrupt,
  });
  // What is still open now (a socket kept alive, a question cut short) must not keep the process.
  process.stdin.pause();
}

/** The first signal asks to stop, the second one ends at once. */
function onInterrupt(stop: () => void): () => void {
  let asked = false;
  const listener = () => {
    if (asked) process.exit(130);
    asked = true;
    process.stderr.write('\nStopping: calls in flight are being finished; once more to end at once.\n');
    stop();
  };
  const signals = ['SIGINT', 'SIGTERM'] as const;
  for (const signal of signals) process.on(signal, listener);
  return () => {
    for (const signal of signals) process.off(signal, listener);
  };
}
