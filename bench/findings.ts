import { spawn } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { folderShelf } from '../src/sync/folder.ts';
import { normalise } from '../src/sync/normalise.ts';
import { openTables } from '../src/sync/parquet.ts';
import { makeCorpus } from './corpus.ts';
import type { Family } from './figure.ts';
import { program } from './processes.ts';

const GB = 1_000_000_000;
const BUCKET = 'rad-eks-audit-logs-123456789012-eu-west-1-an';
const NODE_STREAM = fileURLToPath(new URL('./node-stream.js', import.meta.url));
/** The same question of each event, as the plain Node stream asks it. */
const JQ = '.logEvents[].message | fromjson | select(.objectRef.subresource == "exec") | .auditID';

/** All rules in one pass over raw objects, against one question asked by a plain Node stream and by jq; then over Parquet. */
export const findings: Family = async (quick) => {
  const folder = mkdtempSync(join(tmpdir(), 'rad-connect-bench-'));
  try {
    const raw = join(folder, 'raw', BUCKET);
    const { objects, events } = makeCorpus(raw, quick ? GB / 20 : GB);
    const ours = await timed(process.execPath, [program, 'findings', raw, '-o', 'json']);
    const node = await timed(process.execPath, [NODE_STREAM, ...objects]);
    const jq = await timed('sh', ['-c', 'zcat "$@" | jq -r "$0"', JQ, ...objects]).catch(() => undefined);
    await flatten(folder);
    const again = await timed(process.execPath, [program, 'findings', folder, '-o', 'json']);
    const speed = ({ seconds }: Timed) => events / seconds;
    const perSecond = (one: Timed) => `${Math.round(speed(one)).toLocaleString('en')} events a second`;
    return [
      {
        what: `all rules over ${events.toLocaleString('en')} raw events`,
        value: speed(ours),
        unit: 'events a second',
        ...(!quick && { least: 100_000 }),
        beside: `${ours.seconds.toFixed(1)} s`,
      },
      { what: '  peak memory', value: ours.peak, unit: 'MB', ...(!quick && { most: 400 }) },
      {
        what: '  against one test in a plain Node stream',
        value: speed(ours) / speed(node),
        unit: '× as fast',
        ...(!quick && { least: 2 }),
        beside: perSecond(node),
      },
      ...(jq
        ? [
            {
              what: '  against one test in zcat | jq',
              value: speed(ours) / speed(jq),
              unit: '× as fast',
              ...(!quick && { least: 5 }),
              beside: perSecond(jq),
            },
          ]
        : []),
      {
        what: 'all rules over the same events in Parquet',
        value: ours.seconds / again.seconds,
        unit: '× as fast',
        ...(!quick && { least: 5 }),
        beside: perSecond(again),
      },
    ];
  } finally {
    rmSync(folder, { recursive: true });
  }
};

/** What `sync` makes of copies. */
async function flatten(folder: string): Promise<void> {
  const tables = await openTables();
  if (!tables) throw new Error('DuckDB is not installed');
  const whole = {
    below: `raw/${BUCKET}/`,
    prefix: '',
    after: '',
    until: undefined,
    region: 'eu-west-1',
    bucket: BUCKET,
  };
  const { signal } = new AbortController();
  await normalise({ ...whole, shelf: folderShelf(folder), tables, signal });
  await tables.close();
}

interface Timed {
  readonly seconds: number;
  /** The most memory that the process has held, as Linux tells it. MB. */
  readonly peak: number;
}

/** Milliseconds. */
const GLANCE = 50;

function timed(command: string, args: readonly string[]): Promise<Timed> {
  const start = performance.now();
  const { PATH, HOME } = process.env;
  const child = spawn(command, args, { env: { PATH, HOME }, stdio: ['ignore', 'ignore', 'pipe'] });
  let peak = Number.NaN;
  const glance = setInterval(() => {
    try {
      const status = readFileSync(`/proc/${child.pid}/status`, 'utf8');
      peak = Number(/VmHWM:\s*(\d+) kB/.exec(status)?.[1]) / 1_024 || peak;
    } catch {}
  }, GLANCE);
  let said = '';
  child.stderr.on('data', (chunk) => {
    said += chunk;
  });
  return new Promise((resolve, reject) => {
    child.on('error', reject);
    child.on('close', (code) => {
      clearInterval(glance);
      const seconds = (performance.now() - start) / 1_000;
      if (code === 0) resolve({ seconds, peak });
      else reject(new Error(`${command} ended with ${code}: ${said.slice(-2_000)}`));
    });
  });
}
