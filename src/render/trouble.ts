import { ERROR_CODES, type ErrorCode } from '../engine/errors.ts';
import { few, groupBy } from './alike.ts';
import type { ChangeRow, Notice, Problem } from './document.ts';
import { nameOf } from './human.ts';
import type { Paint } from './style.ts';

/** Each cause once, in three lines: what failed, why, what to do. */
export const errorsText = (errors: readonly Problem[], changes: readonly ChangeRow[], paint: Paint): string => {
  const told = errors.map((error) => ({ error, row: rowOf(error, changes) }));
  return groupBy(told, causeOf)
    .map((alike) => errorText(alike, paint))
    .join('');
};

interface Told {
  readonly error: Problem;
  readonly row: ChangeRow | undefined;
}

const isTrouble = ({ action, status }: ChangeRow) => action === 'blocked' || status === 'failed';

function rowOf({ region, id }: Problem, changes: readonly ChangeRow[]): ChangeRow | undefined {
  const rows = changes.filter((change) => change.region === region && change.id === id);
  return rows.find(isTrouble) ?? rows[0];
}

/** The same for things of one type that AWS has answered alike, but for their own names. */
function causeOf({ error, row }: Told): string {
  const { code, region, id, message, hint, awsCode } = error;
  const isOfRegion = id === region || region === 'global';
  if (!row && isOfRegion) return JSON.stringify([code, region, id, message]);
  const own = [region, id, ...(row ? [nameOf(row)] : [])]
    .map((name) => name.replace(/[.*+?^${}()|[\]\\]/g, '\\$&'))
    .join('|');
  const names = new RegExp(`(?<![\\w-])(${own})(?![\\w-])`, 'g');
  const bare = (text: string | null) => text?.replace(names, '…');
  return JSON.stringify([code, row?.type, row?.action, bare(message), bare(hint), awsCode]);
}

function errorText(alike: readonly Told[], paint: Paint): string {
  const [{ error, row }] = alike as [Told];
  const { code, message, hint, awsCode, requestId } = error;
  if (code === 'USAGE') return `${paint('red', 'error:')} ${message}\n`;
  const detail = [awsCode, requestId && `request ${requestId}`].filter(Boolean).join(', ');
  const lines = [
    `${paint('red', 'error:')} ${whatOf(alike)}${row ? `: ${row.action === 'blocked' ? 'blocked' : `${row.action} failed`}` : ''}`,
    `  ${message}${detail ? ` (${detail})` : ''}`,
  ];
  return `${[...lines, ...(hint ? [`  → ${hint}`] : [])].join('\n')}\n`;
}

function whatOf(alike: readonly Told[]): string {
  const [{ error, row }] = alike as [Told];
  const { code, region, id } = error;
  const regions = [...new Set(alike.map((told) => told.error.region))];
  const where =
    region === 'global' ? '' : ` in ${few(regions).more ? `${regions.length} regions` : regions.join(', ')}`;
  if (row || (id && id !== region)) {
    const { shown, more } = few(alike);
    const names = shown.map((told) => (told.row ? nameOf(told.row) : told.error.id)).join(', ');
    return `${row ? `${row.type} ` : ''}${names}${more ? ` and ${more} more` : ''}${where}`;
  }
  return region === 'global' ? ERROR_CODES[code as ErrorCode].meaning : `region ${region} could not be read`;
}

export function warningsText(warnings: readonly Notice[], paint: Paint): string {
  return groupBy(warnings, ({ code }) => code)
    .map((alike) => {
      const { shown, more } = few(alike);
      const rest = more ? `  and ${more} more like this (all of them: -o json)\n` : '';
      return shown.map((warning) => warningText(warning, paint)).join('') + rest;
    })
    .join('');
}

const warningText = ({ message, hint }: Notice, paint: Paint): string =>
  `${paint('yellow', 'warning:')} ${message}\n${hint ? `  → ${hint}\n` : ''}`;
