import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Family } from './figure.ts';
import { program, run } from './processes.ts';

/** The built program on a sandbox file of 1,000 clusters. */
export const sandbox: Family = async (quick) => {
  const folder = mkdtempSync(join(tmpdir(), 'rad-connect-bench-'));
  const file = join(folder, 'sandbox.json');
  const line = (...words: string[]) => run(process.execPath, [program, ...words, '--sandbox', file, '-q']);
  try {
    line('sandbox', 'reset', quick ? 'laws' : 'many');
    const first = line('enable-audit', '--regions', 'all', '--yes', '--external-id', 'bench-1');
    const again = line('enable-audit', '--yes');
    const figure = (what: string, { wall, cpu }: typeof first) => ({
      what,
      value: wall / 1_000,
      unit: 's',
      most: 60,
      beside: `${(cpu / 1_000).toFixed(1)} s of the processor`,
    });
    return [figure('sandbox of 1,000 clusters, first run', first), figure('the same without changes', again)];
  } finally {
    rmSync(folder, { recursive: true });
  }
};
