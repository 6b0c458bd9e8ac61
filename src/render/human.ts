import type { Json } from '../engine/resource.ts';
import { costLines } from './cost.ts';
import { detectionsText, notifiedText } from './detections.ts';
import type { ChangeRow, Document, RegionRow, Summary, TrafficRow } from './document.ts';
import { findingBlocks } from './findings.ts';
import { clusterLines, regionLines } from './health.ts';
import { rulesText } from './rules.ts';
import { columns, type Paint, plural } from './style.ts';
import { syncLines } from './sync.ts';
import { verificationLines } from './verification.ts';

const MARKS = {
  create: '+',
  adopt: '+',
  update: '~',
  delete: '-',
  restore: '<',
  keep: '=',
  blocked: '!',
  none: ' ',
} as const;
const COLOURS = { '+': 'green', '~': 'yellow', '-': 'red', '<': 'yellow', '=': 'dim', '!': 'red', ' ': 'dim' } as const;
const DONE = {
  create: 'created',
  adopt: 'adopted',
  update: 'updated',
  delete: 'deleted',
  restore: 'restored',
} as const;

/** The document as a person reads it: plan, outcome or status. `now` (milliseconds since the epoch) makes times into ages. */
export function toText(document: Document, paint: Paint, now?: number): string {
  if (document.policy) return document.policy.map((policy) => `${JSON.stringify(policy, null, 2)}\n`).join('');
  if (document.rules || document.tests) return rulesText(document, paint);
  if (document.detections) return detectionsText(document.detections, paint) + notifiedText(document.notified);
  if (!document.account || isError(document)) return '';
  if (document.command === 'sandbox reset') return `Account ${document.account} begins anew: ${document.credentials}\n`;
  if (document.traffic) return trafficText(document.traffic, paint);
  const blocks = [
    heading(document),
    ...(document.findings
      ? findingBlocks(document, paint)
      : document.verification
        ? verificationLines(document, paint)
        : document.sync
          ? syncLines(document.sync, paint)
          : document.command === 'status'
            ? statusBlocks(document, paint, now)
            : planBlocks(document, paint)),
  ];
  return `${blocks.join('\n')}\n`;
}

/** What came of it is told by the error alone: nothing was looked at. */
const isError = ({ regions, errors }: Document) => regions.length === 0 && errors.length > 0;

function trafficText(traffic: readonly TrafficRow[], paint: Paint): string {
  const places = [...new Set(traffic.map(({ region }) => region))];
  const lines = places.flatMap((place) => {
    const cells = traffic
      .filter(({ region }) => region === place)
      .map(({ cluster, events, suspicious }) => [
        cluster,
        events ? `${plural(events, 'audit event')}, ${suspicious} suspicious` : 'none: its audit log is off',
      ]);
    return [paint('bold', place), ...columns(cells, '  ')];
  });
  return `${lines.join('\n')}\n`;
}

function heading({ account, partition, credentials, regions, outputs, command }: Document): string {
  const names = regions.map(({ name, state }) => (state === 'ok' ? name : `${name} (${state})`));
  const lines = [
    [`Account ${account} (${partition})`, credentials, names.length && `regions ${names.join(', ')}`]
      .filter(Boolean)
      .join(', '),
  ];
  if (outputs.radRoleArn && command !== 'teardown') {
    lines.push(
      `Readable by ${outputs.radRoleArn}${outputs.externalId ? `, external id ${outputs.externalId}` : ', without an external id'}`,
    );
  }
  return lines.join('\n');
}

function planBlocks(document: Document, paint: Paint): string[] {
  const { cost, dryRun } = document;
  return [
    ...changeBlocks(document, paint),
    paint('bold', totals(document)),
    ...costLines(cost, { details: dryRun }),
    ...outputs(document),
  ];
}

/** What is to be told, place by place: what is as it should be is only counted, and so is what has just been done. */
function changeBlocks({ changes, clusters }: Document, paint: Paint): string[] {
  const rows = changes.filter(
    ({ action, status, diff }) => action !== 'none' && (status !== 'done' || diff.some(({ kept }) => kept)),
  );
  const places = [...new Set(rows.map(({ region }) => region))];
  return places.flatMap((place) => {
    const count = clusters.filter(({ region }) => region === place).length;
    const title = place === 'global' ? [] : [paint('bold', `${place} · ${plural(count, 'cluster')}`)];
    const cells = rows
      .filter(({ region }) => region === place)
      .map((row) => [`${MARKS[row.action]} ${row.type}`, nameOf(row), detail(row)]);
    return [...title, ...columns(cells, '  ').map((line) => colourMark(line, paint))];
  });
}

const colourMark = (line: string, paint: Paint) => {
  const mark = line[2] as keyof typeof COLOURS;
  return `  ${paint(COLOURS[mark] ?? 'dim', mark)}${line.slice(3)}`;
};

/** A filter is named by its log group; its cluster says the same in less room. */
export const nameOf = ({ type, id }: ChangeRow) =>
  type === 'logs:subscription-filter' ? id.replace(/^\/aws\/eks\/(.+)\/cluster$/, '$1') : id;

function detail({ status, action, note, diff }: ChangeRow): string {
  // What our own tags say is for us to read; the note tells why they change.
  const told = diff.filter(({ path }) => !path.startsWith('tags.rad-connect:'));
  const parts = action === 'update' || action === 'restore' || action === 'keep' ? told.map(difference) : [];
  if (status === 'skipped' && action !== 'blocked') parts.unshift('skipped');
  if (status === 'failed' && action !== 'blocked') parts.unshift('failed');
  if (note) parts.push(note);
  return parts.join('; ');
}

const difference = ({ path, before, after }: ChangeRow['diff'][number]) =>
  `${path}  ${short(before)} → ${short(after)}`;

function short(value: Json): string {
  if (value === true) return 'on';
  if (value === false) return 'off';
  if (value === null) return 'none';
  const text = typeof value === 'string' ? value : JSON.stringify(value);
  return text.length > 60 ? `${text.slice(0, 57)}…` : text;
}

function totals({ dryRun, summary: s, changes, result, errors }: Document): string {
  const planned = dryRun || changes.some(({ status }) => status === 'planned');
  const tail = [
    s.adopt && `${s.adopt} ${planned ? 'to adopt' : 'adopted'}`,
    s.restore && `${s.restore} ${planned ? 'to restore' : 'restored'}`,
    s.keep && `${s.keep} kept`,
    s.blocked && `${s.blocked} blocked`,
    s.skipped && `${s.skipped} skipped`,
    s.failed && `${s.failed} failed`,
  ].filter(Boolean);
  if (!s.create && !s.update && !s.delete && tail.length === 0) {
    if (result === 'failed' || result === 'blocked') return 'Nothing was done.';
    return s.unchanged ? `Nothing to do: ${plural(s.unchanged, 'thing')} as wanted.` : 'Nothing to do.';
  }
  const [create, update, remove] = planned
    ? ['to create', 'to update', 'to delete']
    : [DONE.create, DONE.update, DONE.delete];
  const list = [`${s.create} ${create}`, `${s.update} ${update}`, `${s.delete} ${remove}`, ...tail].join(', ');
  const word = planned
    ? 'Plan'
    : errors.some(({ code }) => code === 'INTERRUPTED' || code === 'TIMEOUT')
      ? 'Stopped'
      : 'Done';
  return `${word}: ${list}.`;
}

function outputs({
  command,
  dryRun,
  outputs: { auditLogsRoleArn, externalId, buckets, terraform },
  result,
}: Document): string[] {
  if (dryRun || command !== 'enable-audit' || !auditLogsRoleArn || result === 'failed' || result === 'blocked')
    return [];
  const rows = [
    ['role for RAD', auditLogsRoleArn],
    ['external id', externalId ?? 'none'],
    ...Object.entries(buckets).map(([region, bucket]) => [`bucket in ${region}`, bucket]),
  ];
  return ['', ...columns(rows), ...(terraform ? ['', terraform.trimEnd()] : [])];
}

function statusBlocks(document: Document, paint: Paint, now: number | undefined): string[] {
  const { regions, clusters, changes, summary, errors } = document;
  if (regions.length === 0) return ['Nothing is connected. Begin with: rad-connect enable-audit'];
  const perRegion = regions.flatMap((region) =>
    region.state === 'ok'
      ? regionBlock(region, document, paint, now)
      : ['', `${paint('bold', region.name)} · could not be read: ${region.state}`],
  );
  const differs = changes.some(({ action }) => action !== 'none');
  const differences = differs ? ['', paint('bold', 'Not as wanted'), ...changeBlocks(document, paint)] : [];
  const mend = summary.create || summary.update ? 'Mend it with: rad-connect enable-audit' : '';
  const fine = errors.length ? 'What could be read is as wanted.' : 'Everything is as wanted.';
  const isStopped = clusters.some(({ delivery }) => delivery.state === 'failing');
  return [...perRegion, ...differences, '', differs ? `${pending(summary)}${mend}`.trim() : isStopped ? STOPPED : fine];
}

const STOPPED = 'All that rad-connect made is as wanted, and yet not all events arrive.';

const pending = ({ create, update, blocked, keep, skipped }: Summary) => {
  const parts = [
    create && `${create} missing`,
    update && `${update} drifted`,
    keep && `${keep} stricter than wanted`,
    blocked && `${blocked} blocked`,
    skipped && `${skipped} skipped`,
  ];
  const text = parts.filter(Boolean).join(', ');
  return text ? `${text}. ` : '';
};

function regionBlock(
  region: RegionRow,
  { clusters, outputs: { buckets } }: Document,
  paint: Paint,
  now: number | undefined,
): string[] {
  const { name } = region;
  const here = clusters.filter((cluster) => cluster.region === name);
  const title = paint('bold', `${name} · ${plural(here.length, 'cluster')}`);
  return [
    '',
    `${title}${buckets[name] ? ` · s3://${buckets[name]}` : ''}`,
    ...regionLines(region, now, paint),
    ...clusterLines(here, region, now, paint),
  ];
}
