import { expect } from 'vitest';
import { clusterOfLogGroup } from '../../src/desired/names.ts';
import { ERROR_CODES, type ErrorCode } from '../../src/engine/errors.ts';
import type { ChangeRow, Document, Problem } from '../../src/render/document.ts';
import type { Ran } from '../helpers/account.ts';
import { oneDocument } from '../helpers/schema.ts';

export interface Line {
  readonly verb: 'enable-audit' | 'status' | 'teardown';
  readonly words: readonly string[];
}
export const isPlan = ({ verb, words }: Line) => verb === 'status' || words.includes('--dry-run');

/** An error is told itself, or named or counted with another of its code that is: the same refusal is told once. */
const isTold = ({ code, id, message }: Problem, all: readonly Problem[], stderr: string): boolean =>
  stderr.includes(message) ||
  (all.some((other) => other.code === code && stderr.includes(other.message)) &&
    (stderr.includes(clusterOfLogGroup(id) ?? id) || / and \d+ more\b/.test(stderr)));

/** What holds for the document and the exit code of any run, whatever it met. */
export function documentLaws(line: Line, { stdout, code, stderr }: Ran): Document {
  const document = oneDocument(stdout);
  const { changes, summary, errors, command, dryRun } = document;
  expect(
    errors.filter((error) => error.code === 'INTERNAL'),
    'no run ends in INTERNAL',
  ).toEqual([]);
  for (const error of errors) {
    expect(error.message, 'an error has a message').not.toBe('');
    if (error.code !== 'USAGE') expect(error.hint, `${error.code} "${error.message}" has a hint`).toBeTruthy();
    expect(isTold(error, errors, stderr), `what the document says is told: ${error.message}`).toBe(true);
  }
  expect([command, dryRun]).toEqual([line.verb, line.words.includes('--dry-run')]);
  expect(summary, 'the summary counts the changes').toEqual(counted(document));
  const keys = changes.map(rowKey);
  expect(new Set(keys).size, `each thing once: ${keys}`).toBe(keys.length);
  const allowed = isPlan(line) ? ['planned', 'unchanged', 'skipped'] : ['done', 'unchanged', 'skipped', 'failed'];
  for (const row of changes) expect(allowed, rowKey(row)).toContain(row.status);
  for (const row of changes.filter(({ action }) => action === 'keep'))
    expect(row.note, `${rowKey(row)} is kept for a reason`).toBeTruthy();
  const failed = changes.filter(({ status }) => status === 'failed');
  for (const row of failed)
    expect(
      errors.map(({ id }) => id),
      `${rowKey(row)} failed for a reason`,
    ).toContain(row.id);
  expect(exits(document, line), `exit ${code}: ${JSON.stringify(errors)}`).toContain(code);
  return document;
}

export const rowKey = ({ region, type, id }: ChangeRow) => `${region} ${type} ${id}`;

function counted({ changes, clusters }: Document): Document['summary'] {
  const count = (test: (row: ChangeRow) => boolean) => changes.filter(test).length;
  const carriedOut = (action: string) =>
    count((row) => row.action === action && (row.status === 'planned' || row.status === 'done'));
  return {
    clusters: clusters.length,
    create: carriedOut('create'),
    update: carriedOut('update'),
    adopt: carriedOut('adopt'),
    delete: carriedOut('delete'),
    restore: carriedOut('restore'),
    keep: count(({ action }) => action === 'keep'),
    unchanged: count(({ action, status }) => action === 'none' && status === 'unchanged'),
    blocked: count(({ action }) => action === 'blocked'),
    skipped: count(({ action, status }) => action !== 'blocked' && status === 'skipped'),
    failed: count(({ action, status }) => action !== 'blocked' && status === 'failed'),
  };
}

/** The exit codes that the README allows for this document. */
function exits({ errors, changes, result }: Document, { words }: Line): readonly number[] {
  const own = errors.map(({ code }) => ERROR_CODES[code as ErrorCode].exit);
  const ends = own.filter((code) => code === 64 || code === 4 || code === 130);
  if (ends.length) return ends;
  const planned = changes.some(({ status }) => status === 'planned');
  if (errors.length === 0) return words.includes('--detailed-exitcode') && planned ? [2] : [0];
  // What is done, or stands, makes it partial.
  if (changes.some(({ status }) => status === 'done')) return [3];
  if (result === 'partial') return [3];
  return own.every((code) => code === 5) ? [5] : words.includes('--dry-run') || result === 'blocked' ? [1, 3] : [1];
}
