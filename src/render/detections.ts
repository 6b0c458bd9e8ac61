import type { DetectionGroup, Detections, Hour } from '../findings/report.ts';
import type { Level } from '../sigma/rule.ts';
import type { NotifiedRow } from './document.ts';
import { type Paint, plural } from './style.ts';

const COLOURS = { critical: 'red', high: 'red', medium: 'yellow', low: 'cyan', informational: 'dim' } as const;
/** Worst first. */
const WORST: readonly Level[] = ['critical', 'high', 'medium', 'low', 'informational'];
/** Of the rest the JSON tells. */
const MOST = 40;

/** What was looked through, what was found, and when. */
export function detectionsText(detections: Detections, paint: Paint): string {
  const { groups, findings, timeline, levels } = detections;
  const found = groups.slice(0, MOST).flatMap((group) => ['', ...groupLines(group, paint)]);
  const more = groups.length - MOST;
  const counts = WORST.filter((level) => levels[level]).map((level) =>
    paint(COLOURS[level], `${levels[level]} ${level}`),
  );
  const lines = [
    ...lookedThrough(detections),
    ...found,
    ...(more > 0 ? ['', `and ${more} more like these (all of them: -o json)`] : []),
    ...timelineLines(timeline, paint),
    '',
    findings.length
      ? `${paint('bold', plural(findings.length, 'finding'))} in ${plural(groups.length, 'group')}: ${counts.join(', ')}.`
      : paint('bold', 'No findings.'),
  ];
  return `${lines.join('\n')}\n`;
}

/** What was sent where. */
export const notifiedText = (notified: readonly NotifiedRow[] = []): string =>
  notified
    .map(({ target, sent, before, left }) => {
      const rest = [before && `${number(before)} before`, left && `${number(left)} left for the next run`];
      return `${[`${target}: ${plural(sent, 'finding')} sent`, ...rest.filter(Boolean)].join(' · ')}\n`;
    })
    .join('');

const number = (count: number) => count.toLocaleString('en');

function lookedThrough(it: Detections): string[] {
  const { sources, form, since, rules, left, objects, events, damaged, truncated, others, undelivered, failed } = it;
  const counts = [
    `${number(objects)} ${form === 'parquet' ? 'Parquet files' : 'objects'}`,
    `${number(events)} events`,
    since && `since ${minute(since)}`,
    plural(rules, 'rule'),
    damaged && `damaged ${number(damaged)}`,
    truncated && `truncated ${number(truncated)}`,
    others && `no audit events ${number(others)}`,
    undelivered && `undelivered ${number(undelivered)}`,
    failed && `not read ${number(failed)}`,
  ];
  const names = left.map(({ rule }) => rule);
  return [
    sources.join(', '),
    counts.filter(Boolean).join(' · '),
    ...(names.length
      ? [
          `${plural(names.length, 'rule')} could not be asked (-o json tells why): ${names.slice(0, 3).join(', ')}${names.length > 3 ? ', …' : ''}`,
        ]
      : []),
  ];
}

const minute = (iso: string) => `${iso.slice(0, 16).replace('T', ' ')} UTC`;

/** When, in one line. */
export function spanOf({ count, first, last }: DetectionGroup): string {
  if (!first || !last) return count === 1 ? 'once' : `${count} times`;
  return count === 1 ? minute(last) : `${count} times, ${minute(first)} to ${minute(last)}`;
}

/** On what, a few by name. */
export const targetsOf = ({ targets, moreTargets }: DetectionGroup): string =>
  `${targets.join(', ')}${moreTargets ? ` and ${moreTargets} more` : ''}`;

/** ATT&CK techniques and controls. */
export const referencesOf = ({ techniques, compliance }: DetectionGroup): string =>
  [...techniques, ...Object.entries(compliance).map(([framework, ids]) => `${framework} ${ids.join(' ')}`)].join(' · ');

function groupLines(group: DetectionGroup, paint: Paint): string[] {
  const { level, title, rule, cluster, user, principalArn, sourceIps, userAgents, what, allowedBy, evidence } = group;
  const who = [
    user ?? 'nobody known',
    principalArn && `(${principalArn})`,
    sourceIps.length && `from ${sourceIps.join(', ')}`,
  ];
  const [at] = evidence;
  const where = [at?.object, at?.auditId && `audit id ${at.auditId}`, at?.logEventId && `log event ${at.logEventId}`];
  const rows = [
    ['who', [who.filter(Boolean).join(' '), userAgents.join(', ')].filter(Boolean).join(', ')],
    ['what', `${what.join(', ')} on ${targetsOf(group)}`],
    ['when', spanOf(group)],
    ['allowed', allowedBy ?? ''],
    ['see', referencesOf(group)],
    ['unless', group.falsepositives.join('; ')],
    ['in', where.filter(Boolean).join(', ')],
    ['look', group.look ?? ''],
  ];
  const name = `${paint(COLOURS[level], level)}  ${paint('bold', title)} (${rule})${cluster ? ` in ${cluster}` : ''}`;
  return [name, ...rows.filter(([, text]) => text).map(([word, text]) => `  ${paint('dim', word!.padEnd(7))} ${text}`)];
}

const BARS = ['▁', '▂', '▃', '▄', '▅', '▆', '▇', '█'];
const HOUR = 3_600_000;
/** Hours for which there is room. */
const WIDEST = 72;

/** The last hours, each level a line. */
function timelineLines(timeline: readonly Hour[], paint: Paint): string[] {
  const last = timeline.at(-1);
  if (!last || timeline.length === 1) return [];
  const end = Date.parse(last.hour);
  const hours = Math.min(WIDEST, (end - Date.parse(timeline[0]!.hour)) / HOUR + 1);
  const start = end - (hours - 1) * HOUR;
  const byTime = new Map(timeline.map((hour) => [Date.parse(hour.hour), hour]));
  const shown = Array.from({ length: hours }, (_, i) => byTime.get(start + i * HOUR));
  const rows = WORST.filter((level) => shown.some((hour) => hour?.[level])).map((level) => {
    const most = Math.max(...shown.map((hour) => hour?.[level] ?? 0));
    const bars = shown.map((hour) => {
      const count = hour?.[level] ?? 0;
      return count ? BARS[Math.ceil((count / most) * BARS.length) - 1] : ' ';
    });
    return `${paint(COLOURS[level], level.padEnd(13))} ${bars.join('').trimEnd()}`;
  });
  return ['', `by hour, ${minute(new Date(start).toISOString())} to ${minute(last.hour)}`, ...rows];
}
