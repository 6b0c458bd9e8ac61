import type { RadError } from '../engine/errors.ts';
import type { CheckRow, Diagnosis, Finding, Notice } from '../render/document.ts';

/** What is looked at, in the order in which it is told. */
export const CHECKS = [
  'identity',
  'permissions',
  'regions',
  'delivery',
  'rad-access',
  'kms-keys',
  'audit-logging',
  'log-groups',
  'filters',
  'arrival',
  'subnets',
  'account-policies',
  'telemetry-rules',
  'infrastructure-code',
] as const;
export type Check = (typeof CHECKS)[number];

/** A finding, before it is told which check has made it. */
export type Found = Omit<Finding, 'check'>;

/** What one check has shown in one place. */
export interface Exam {
  readonly check: Check;
  readonly region: string;
  readonly findings: readonly Found[];
  /** Something was found, and findings of other checks may tell it. */
  readonly isFound?: boolean;
  /** Why it could not be told, or not all of it. */
  readonly unknown?: string | undefined;
  /** What can be said where nothing was found. */
  readonly fine: string;
}

const SEVERITIES = ['error', 'warning', 'note'] as const;

/** Account-wide things first, then by region; the worst first. Exams of the same check and place are one. */
export function diagnose(exams: readonly Exam[]): Diagnosis {
  const places = new Map<string, Exam[]>();
  for (const exam of exams) {
    const key = `${exam.region} ${exam.check}`;
    places.set(key, [...(places.get(key) ?? []), exam]);
  }
  const findings = exams.flatMap(({ check, findings: found }) => found.map((one) => ({ ...one, check })));
  const sorted = <T extends { readonly region: string }>(all: T[], rank: (one: T) => readonly (string | number)[]) =>
    all
      .map((one) => ({ one, key: [one.region === 'global' ? '' : one.region, ...rank(one)] }))
      .sort((a, b) => compare(a.key, b.key))
      .map(({ one }) => one);
  return {
    findings: sorted(findings, ({ severity, check, code, id, message }) => [
      SEVERITIES.indexOf(severity),
      CHECKS.indexOf(check),
      code,
      id,
      message,
    ]),
    checks: sorted([...places.values()].map(rowOf), ({ name }) => [CHECKS.indexOf(name as Check)]),
  };
}

function rowOf(exams: readonly Exam[]): CheckRow {
  const [{ check: name, region, fine }] = exams as [Exam];
  const unknown = [...new Set(exams.flatMap((exam) => exam.unknown ?? []))];
  const state = exams.some(({ findings, isFound }) => isFound || findings.length)
    ? 'found'
    : unknown.length
      ? 'unknown'
      : 'ok';
  return { name, region, state, reason: unknown.length ? unknown.join('; ') : state === 'ok' ? fine : null };
}

function compare(a: readonly (string | number)[], b: readonly (string | number)[]): number {
  const at = a.findIndex((part, i) => part !== b[i]);
  return at === -1 ? 0 : a[at]! < b[at]! ? -1 : 1;
}

export const as = (severity: Finding['severity'], notice: Notice): Found => ({ ...notice, severity });

/** Why something could not be asked, with what would allow it. */
export const whyUnknown = ({ message, hint }: RadError): string => (hint ? `${message} (${hint})` : message);
