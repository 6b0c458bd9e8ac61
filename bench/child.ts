import type { World } from '../src/simulator/world.ts';
import type { Measured } from './apart.ts';
import { simulate } from './simulated.ts';

/** Reads accounts and command lines from standard input; tells what each took. */
let text = '';
for await (const chunk of process.stdin) text += chunk;
const { world, lines } = JSON.parse(text) as { world: World; lines: readonly string[] };
text = '';

const all: Measured[] = [];
for (const line of lines) {
  const calls: Record<string, number> = {};
  const [start, before] = [performance.now(), process.cpuUsage()];
  const { code, ms, stderr } = await simulate(world, line, {
    onCall({ service, operation }) {
      const name = `${service}:${operation}`;
      calls[name] = (calls[name] ?? 0) + 1;
    },
  });
  const { user, system } = process.cpuUsage(before);
  if (code !== 0) throw new Error(`${line} ended with ${code}: ${stderr}`);
  all.push({
    ms,
    calls,
    wall: performance.now() - start,
    cpu: (user + system) / 1_000,
    peak: process.resourceUsage().maxRSS / 1_024,
  });
}
process.stdout.write(JSON.stringify(all));
