import type { ReaderRow, VerificationRow } from '../verify/verification.ts';
import type { Document } from './document.ts';
import { columns, type Paint, plural } from './style.ts';

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
    const cells = rows.map((row) => [row.cluster, wordOf(row), detail(row)]);
    const lines = columns(cells, '  ').map((line, i) => {
      const word = wordOf(rows[i]!);
      return line.replace(`  ${word}`, `  ${paint(isBroken(rows[i]!) ? 'red' : COLOURS[rows[i]!.state], word)}`);
    });
    const readers = reader.filter(({ region }) => region === name).map((row) => `  ${readerText(row)}`);
    return ['', `${paint('bold', name)}${bucket ? ` · s3://${bucket}` : ''}`, ...lines, ...readers];
  });
  const broken = verification.filter(isBroken).length;
  const proven = verification.filter(({ state }) => state === 'proven').length - broken;
  const before = broken ? `; the events of ${broken} more arrived, and now stop` : '';
  const unread = reader.filter(({ canRead }) => canRead === 'no').map(({ region }) => region);
  const after = unread.length ? ` RAD cannot read ${unread.join(', ')}.` : '';
  const summary = `${proven} of ${plural(verification.length, 'cluster')} proven${before}.${after}`;
  return [...blocks, '', paint('bold', summary)];
}

/** Its events have arrived, and are known to stop now. */
const isBroken = ({ state, hop }: VerificationRow) => state === 'proven' && hop !== null;

const wordOf = (row: VerificationRow) =>
  isBroken(row) ? `proven until ${row.lastEventAt!.slice(11, 16)} UTC` : row.state;

function detail(row: VerificationRow): string {
  const { lastEventAt, ageSeconds, delaySeconds, key, canary, hop, cause } = row;
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
  return (isBroken(row) ? [why, sent, last] : [sent, last, why]).filter(Boolean).join('; ');
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
