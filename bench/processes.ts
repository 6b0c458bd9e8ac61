import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

export const root = fileURLToPath(new URL('..', import.meta.url));
export const program = fileURLToPath(new URL('../bin/rad-connect.js', import.meta.url));

export interface Timed {
  /** Milliseconds from start to end. */
  readonly wall: number;
  /** Milliseconds of processor time; NaN where the system does not tell. */
  readonly cpu: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** Processor time of the children that have ended, in the ticks of Linux, a hundred a second (proc(5), /proc/self/stat). */
function childTime(): number {
  try {
    const fields = readFileSync('/proc/self/stat', 'utf8').split(') ')[1]!.split(' ');
    return (Number(fields[13]) + Number(fields[14])) * 10;
  } catch {
    return Number.NaN;
  }
}

/** Runs it with nothing of the outer environment. Throws where it does not end well. */
export function run(
  command: string,
  args: readonly string[],
  env: Readonly<Record<string, string>> = {},
  input = '',
): Timed {
  const [start, before] = [performance.now(), childTime()];
  const { status, stdout, stderr, error } = spawnSync(command, args, {
    env: { PATH: process.env.PATH, HOME: process.env.HOME, ...env },
    encoding: 'utf8',
    input,
    maxBuffer: 1 << 28,
  });
  const wall = performance.now() - start;
  if (error || status !== 0) {
    throw new Error(`${command} ${args.join(' ')} ended with ${status}: ${error?.message ?? stderr.slice(-2_000)}`);
  }
  return { wall, cpu: childTime() - before, stdout, stderr };
}
