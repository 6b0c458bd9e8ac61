import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Family, type Figure, median } from './figure.ts';
import { program, run, type Timed } from './processes.ts';

const sum = (values: readonly number[]) => values.reduce((a, b) => a + b, 0);

/** The built program against `node -e 0`, in turns, so that whatever else the machine does meets both. */
export const startup: Family = async (quick) => {
  const home = mkdtempSync(join(tmpdir(), 'rad-connect-bench-'));
  const sandbox = join(home, 'sandbox.json');
  try {
    run(process.execPath, [program, 'enable-audit', '--sandbox', sandbox, '-r', 'us-east-1,eu-west-1', '-y', '-q']);
    const node = () => run(process.execPath, ['-e', '0']);
    const rounds = quick ? 9 : 25;
    return [
      ...compare('--version', rounds, node, ['--version'], 1.35),
      ...compare('--help', rounds, node, ['--help'], 1.35),
      ...compare('status, sandbox', rounds, node, ['status', '--sandbox', sandbox, '-q']),
    ];
  } finally {
    rmSync(home, { recursive: true });
  }
};

function compare(what: string, rounds: number, peer: () => Timed, args: readonly string[], most?: number): Figure[] {
  const ours = () => run(process.execPath, [program, ...args]);
  for (const warm of [peer, ours]) warm();
  const pairs = Array.from({ length: rounds }, () => [peer(), ours()] as const);
  const [a, b] = [0, 1].map((i) => pairs.map((pair) => pair[i]!));
  const wall = (runs: readonly Timed[] = []) => median(runs.map((timed) => timed.wall));
  const cpu = (runs: readonly Timed[] = []) => sum(runs.map((timed) => timed.cpu));
  const times = `${wall(b).toFixed(0)} ms against ${wall(a).toFixed(0)} ms, medians of ${rounds}`;
  return [
    {
      what,
      value: median(pairs.map(([peers, our]) => our.wall / peers.wall)),
      unit: '× node -e 0',
      ...(most && { most }),
      beside: times,
    },
    ...(Number.isNaN(cpu(a)) ? [] : [{ what: '  processor time', value: cpu(b) / cpu(a), unit: '× node -e 0' }]),
  ];
}
