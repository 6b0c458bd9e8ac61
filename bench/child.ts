import { keepHeapSmall } from '../src/heap.ts';
import type { World } from '../src/simulator/world.ts';
import type { Measured } from './apart.ts';
import { simulate } from './simulated.ts';

/** Reads an account and a command line from standard input; tells what it took, and what the account is afterwards. */
keepHeapSmall();
let text = '';
for await (const chunk of process.stdin) text += chunk;
const { world, line } = JSON.parse(text) as { world: World; line: string };
text = '';

const calls: Record<string, number> = {};
const [start, before] = [performance.now(), process.cpuUsage()];
const { code, ms, stderr } = await simulate(world, line, {
  onCall({ service, operation }) {
    const name = `${service}:${operation}`;
    calls[name] = (calls[name] ?? 0) + 1;
  },
});
if (code !== 0) throw new Error(`${line} ended with ${code}: ${stderr}`);
const { user, system } = process.cpuUsage(before);
const wall = performance.now() - start;
const peak = process.resourceUsage().maxRSS / 1_024;
process.stdout.write(JSON.stringify({ ms, calls, wall, cpu: (user + system) / 1_000, peak, world } satisfies Measured));
