import { defineConfig } from 'vitest/config';
import { available } from './test/emulator/available.ts';

const ready = available();
const reason = 'python3 with moto[server] not found';

if (!ready && process.env.REQUIRE_EMULATOR === '1') throw new Error(`emulator tests required, but ${reason}`);
if (!ready) process.stderr.write(`emulator tests skipped: ${reason}\n`);

/** With `--mode sweep` the fault sweep, else the tests. */
export default defineConfig(({ mode }) => ({
  test: {
    include: ready ? [mode === 'sweep' ? 'test/emulator/sweep.ts' : 'test/emulator/**/*.test.ts'] : [],
    passWithNoTests: !ready,
    testTimeout: 120_000,
    hookTimeout: 120_000,
    // Each file has an emulator of its own, and much of what it does is waiting.
    maxWorkers: 3,
    reporters: [mode === 'sweep' ? 'verbose' : 'default'],
    env: { AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED: 'true' },
  },
}));
