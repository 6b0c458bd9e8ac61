import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';
import { bundling } from '../build/build.js';
import type { World } from '../src/simulator/world.ts';
import { run } from './processes.ts';

/** What one command line took, in a process that does nothing else. */
export interface Measured {
  /** Simulated milliseconds. */
  readonly ms: number;
  /** By `service:Operation`. */
  readonly calls: Readonly<Record<string, number>>;
  /** Real milliseconds, and those of the processor. */
  readonly wall: number;
  readonly cpu: number;
  /** The most memory that the process has held, the simulated account in it. MB. */
  readonly peak: number;
  /** The account as it is then. */
  readonly world: World;
}

/** Runs a command line on a copy of this account, with the program bundled as it is when it is built. */
export async function apart(world: World, line: string): Promise<Measured> {
  const folder = mkdtempSync(join(tmpdir(), 'rad-connect-bench-'));
  try {
    await build({
      ...bundling,
      entryPoints: [fileURLToPath(new URL('./child.ts', import.meta.url))],
      outdir: folder,
      outExtension: { '.js': '.mjs' },
    });
    const env = { AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED: 'true' };
    const { stdout } = run(process.execPath, [join(folder, 'child.mjs')], env, JSON.stringify({ world, line }));
    return JSON.parse(stdout) as Measured;
  } finally {
    rmSync(folder, { recursive: true });
  }
}
