import { type ChildProcess, spawn } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { EmulatorEnv } from './emulator.ts';

export type RunOptions = {
  /** added to the clean environment; undefined takes a variable away */
  env?: Record<string, string | undefined>;
  /** keep this HOME; without it a temporary one is made and removed */
  home?: string;
  cwd?: string;
  /** written to standard input, which is then closed */
  input?: string;
  /** kill it after so many milliseconds (100,000) */
  timeoutMs?: number;
  /** called with the process when it runs, to interrupt it for example */
  onStart?: (child: ChildProcess) => void;
};

export type RunResult = { code: number | null; stdout: string; stderr: string };

const program = fileURLToPath(new URL('../../bin/rad-connect.js', import.meta.url));

/** Runs the built program as a user would, against an emulator or a proxy and with nothing of the outer environment. */
export async function run(
  aws: { readonly env: EmulatorEnv },
  args: string[],
  options: RunOptions = {},
): Promise<RunResult> {
  const home = options.home ?? (await mkdtemp(join(tmpdir(), 'rad-connect-')));
  const env = { PATH: process.env.PATH, HOME: home, LANG: 'C.UTF-8', CI: '1', ...aws.env, ...options.env };
  try {
    return await new Promise((resolve, reject) => {
      const child = spawn(process.execPath, [program, ...args], {
        cwd: options.cwd ?? home,
        env,
        timeout: options.timeoutMs ?? 100_000,
        killSignal: 'SIGKILL',
      });
      let stdout = '';
      let stderr = '';
      child.stdout.setEncoding('utf8').on('data', (text) => {
        stdout += text;
      });
      child.stderr.setEncoding('utf8').on('data', (text) => {
        stderr += text;
      });
      child.once('error', reject);
      child.once('close', (code) => resolve({ code, stdout, stderr }));
      child.stdin.on('error', () => undefined).end(options.input ?? '');
      options.onStart?.(child);
    });
  } finally {
    if (options.home === undefined) await rm(home, { recursive: true, force: true });
  }
}
