import { createHash } from 'node:crypto';
import { LEVELS, type Level } from '../sigma/rule.ts';
import { type Found, isoOf, target, textOrNull, what } from './detect.ts';
import type { DetectionGroup, Hour } from './report.ts';

/** One for each rule, cluster and principal, in the order of the findings: worst first, then the latest. */
export function groupsOf(all: readonly Found[]): DetectionGroup[] {
  const groups = new Map<string, Found[]>();
  for (const found of all) {
    const { rule, row } = found;
    const key = [rule.id ?? rule.name, row.cluster ?? '', row.username ?? ''].join('\u001f');
    const group = groups.get(key);
    if (group) group.push(found);
    else groups.set(key, [found]);
  }
  return [...groups].map(([key, those]) => groupOf(key, those));
}

/** So many of what there are several of are named. */
const FEW = 5;
const KEPT = 3;

function groupOf(key: string, those: readonly Found[]): DetectionGroup {
  const [{ rule, row }] = those as [Found];
  const each = (of: (found: Found) => readonly string[]) => [...new Set(those.flatMap(of))];
  const several = (name: string) => each((found) => (textOrNull(found.row, name) ?? '').split('\n').filter(Boolean));
  const targets = each((found) => [target(found.row)]);
  const times = those.flatMap(({ row: one }) => isoOf(one) ?? []).sort();
  const arn = several('principal_arn')[0] ?? null;
  return {
    id: createHash('sha256').update(key).digest('hex').slice(0, 32),
    rule: rule.name,
    title: rule.title,
    level: rule.level,
    account: textOrNull(row, 'account'),
    region: textOrNull(row, 'region'),
    cluster: textOrNull(row, 'cluster'),
    user: textOrNull(row, 'username'),
    principalArn: arn === row.username ? null : arn,
    sourceIps: several('source_ips').slice(0, FEW),
    userAgents: several('user_agent').slice(0, FEW),
    count: those.length,
    first: times[0] ?? null,
    last: times.at(-1) ?? null,
    what: each((found) => [what(found.row)]).slice(0, FEW),
    targets: targets.slice(0, FEW),
    moreTargets: Math.max(0, targets.length - FEW),
    allowedBy: textOrNull(row, 'decision_reason') || null,
    evidence: those.slice(0, KEPT).map(({ detection }) => detection.evidence),
    description: rule.description,
    techniques: rule.tags
      .filter((tag) => /^attack\.t\d/.test(tag))
      .map((tag) => tag.slice('attack.'.length).toUpperCase()),
    compliance: rule.compliance,
    falsepositives: rule.falsepositives,
    look: look(those[0]!),
  };
}

/** Where the event still is as it was logged; names of others go into a command only where a shell takes them for what they are. */
function look({ row }: Found): string | null {
  const [cluster, region, id] = [textOrNull(row, 'cluster'), textOrNull(row, 'region'), textOrNull(row, 'audit_id')];
  if (!cluster || !id || ![cluster, region ?? '', id].every((text) => /^[\w-]*$/.test(text))) return null;
  const start =
    typeof row.time === 'number' ? ` --start-time ${row.time - HALF_HOUR} --end-time ${row.time + HALF_HOUR}` : '';
  return `aws logs filter-log-events${region ? ` --region ${region}` : ''} --log-group-name /aws/eks/${cluster}/cluster${start} --filter-pattern '{ $.auditID = "${id}" }'`;
}
const HALF_HOUR = 1_800_000;

export const countLevels = (levels: readonly Level[]): Record<Level, number> => {
  const counts = Object.fromEntries(LEVELS.map((level) => [level, 0])) as Record<Level, number>;
  for (const level of levels) counts[level]++;
  return counts;
};

/** The hours in which there is something, in order. */
export function timelineOf(all: readonly Found[]): Hour[] {
  const hours = new Map<string, Level[]>();
  for (const { detection } of all) {
    if (!detection.time) continue;
    const hour = `${detection.time.slice(0, 13)}:00:00.000Z`;
    const levels = hours.get(hour);
    if (levels) levels.push(detection.level);
    else hours.set(hour, [detection.level]);
  }
  return [...hours].sort(([a], [b]) => (a < b ? -1 : 1)).map(([hour, levels]) => ({ hour, ...countLevels(levels) }));
}
