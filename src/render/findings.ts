import { few, groupBy } from './alike.ts';
import type { CheckRow, Document, Finding } from './document.ts';
import { columns, type Paint, plural } from './style.ts';

const COLOURS = { error: 'red', warning: 'yellow', note: 'cyan' } as const;

/** What was found, place by place and the worst first; what could not be told; then what is good, each check in one line. */
export function findingBlocks({ findings = [], checks = [], regions, clusters }: Document, paint: Paint): string[] {
  const places = [...new Set([...findings, ...checks.filter(isUnknown)].map(({ region }) => region))];
  const blocks = places.flatMap((place) => {
    const count = clusters.filter(({ region }) => region === place).length;
    const title = place === 'global' ? 'account' : `${place} · ${plural(count, 'cluster')}`;
    const here = findings.filter(({ region }) => region === place);
    const unknown = checks.filter((row) => row.region === place && isUnknown(row));
    return ['', paint('bold', title), ...found(here, paint), ...unknown.map((row) => notKnown(row, paint))];
  });
  const begin = regions.length ? [] : ['', 'Nothing is connected. Begin with: rad-connect enable-audit'];
  return [...begin, ...blocks, ...good(checks, paint), '', paint('bold', summary(findings, checks))];
}

/** A check that has found something may not know all of it either. */
const isUnknown = ({ state, reason }: CheckRow) => state !== 'ok' && reason !== null;

function found(findings: readonly Finding[], paint: Paint): string[] {
  return groupBy(findings, ({ severity, code }) => `${severity} ${code}`).flatMap((alike) => {
    const { shown, more } = few(alike);
    const lines = shown.flatMap(({ severity, message, hint }) => [
      `  ${paint(COLOURS[severity], `${severity}:`)} ${message}`,
      ...(hint ? [`    → ${hint}`] : []),
    ]);
    return more ? [...lines, `  and ${more} more like this (all of them: -o json)`] : lines;
  });
}

const notKnown = ({ name, reason }: CheckRow, paint: Paint) => `  ${paint('dim', 'not known:')} ${name}: ${reason}`;

function good(checks: readonly CheckRow[], paint: Paint): string[] {
  const fine = groupBy(
    checks.filter(({ state }) => state === 'ok'),
    ({ name, reason, region }) => JSON.stringify([name, region === 'global', reason]),
  );
  const rows = fine.map((alike) => {
    const [{ name, reason, region }] = alike as [CheckRow];
    const where = region === 'global' ? '' : ` (${alike.map((row) => row.region).join(', ')})`;
    return [name, `${reason ?? ''}${where}`];
  });
  return rows.length ? ['', paint('bold', 'good'), ...columns(rows, '  ')] : [];
}

function summary(findings: readonly Finding[], checks: readonly CheckRow[]): string {
  const count = (severity: Finding['severity']) => findings.filter((one) => one.severity === severity).length;
  const [errors, warnings, notes] = [count('error'), count('warning'), count('note')];
  const unknown = checks.filter(isUnknown).length;
  const parts = [
    errors && plural(errors, 'error'),
    warnings && plural(warnings, 'warning'),
    notes && plural(notes, 'note'),
    unknown && `${unknown} not known`,
  ].filter(Boolean);
  return `${plural(checks.length, 'check')}: ${parts.join(', ') || 'everything is good'}.`;
}
