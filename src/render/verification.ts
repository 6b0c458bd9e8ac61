import type { ReaderRow, VerificationRow } from '../verify/verification.ts';
import type { Document } from './document.ts';
import { columns, type Paint } from './style.ts';

const COLOURS = { proven: 'green', unseen: 'yellow', failed: 'red' } as const;

/** Region by region: what was seen of each cluster, and whether RAD could read it. */
export function verificationLines(
  { verification = [], reader = [], regions, outputs }: Document,
  paint: Paint,
): string[] {
  const blocks = regions.flatMap(({ name, state }) => {
    if (state !== 'ok') return ['', `${paint('bold', name)} · could not be read: ${state}`];
    const rows = verification.filter(({ region }) => region === name);
    if (rows.length === 0) return [];
    const bucket = outputs.buckets[name];
    const cells = rows.map((row) => [row.cluster, row.state, detail(row)]);
    const lines = columns(cells, '  ').map((line, i) =>
      line.replace(`  ${rows[i]!.state}`, `  ${paint(COLOURS[rows[i]!.state], rows[i]!.state)}`),
    );
    const readers = reader.filter(({ region }) => region === name).map((row) => `  ${readerText(row)}`);
    return ['', `${paint('bold', name)}${bucket ? ` · s3://${bucket}` : ''}`, ...lines, ...readers];
  });
  const proven = verification.filter(({ state }) => state === 'proven').length;
  return [...blocks, '', paint('bold', `${proven} of ${verification.length} clusters proven.`)];
}

function detail({ lastEventAt, ageSeconds, delaySeconds, key, canary, hop, cause }: VerificationRow): string {
  const last = lastEventAt && `last event ${ago(ageSeconds ?? 0)} ago, ${delaySeconds} s after it happened, in ${key}`;
  const sent =
    canary &&
    {
      arrived: `canary arrived after ${canary.seconds} s`,
      lost: 'canary lost',
      'not-sent': 'no canary sent',
      unknown: 'canary not waited for',
    }[canary.state];
  const why = cause && `${hop ? `${hop}: ` : ''}${cause}`;
  return [sent, last, why].filter(Boolean).join('; ');
}

const ago = (seconds: number) => (seconds < 120 ? `${seconds} s` : `${Math.round(seconds / 60)} min`);

function readerText({ canRead, by, notTried, cause }: ReaderRow): string {
  const how = by === 'policies' ? 'by its policies' : `by ${by}`;
  const said = {
    yes: `RAD can read (${how})`,
    no: `RAD cannot read: ${cause}`,
    unknown: `whether RAD can read is not known: ${cause}`,
  }[canRead];
  return notTried ? `${said}; not tried: ${notTried}` : said;
}
