import type { Normalised } from '../sync/normalise.ts';
import type { SyncReport } from '../sync/report.ts';
import type { Paint } from './style.ts';

const number = (count: number) => count.toLocaleString('en');

/** From where to where, and the line that proves that nothing is lost, or says what is. */
export function syncLines(report: SyncReport, paint: Paint): string[] {
  const { source, destination, normalised } = report;
  return [
    `${source} → ${destination}`,
    paint('bold', proofLine(report)),
    ...(normalised ? [normalisedLine(normalised)] : []),
  ];
}

function normalisedLine({ objects, events, files, tally: { damaged, truncated, others } }: Normalised): string {
  return [
    `normalised ${number(objects)} objects ${number(events)} events`,
    `files ${number(files)}`,
    `truncated ${number(truncated)}`,
    `unreadable ${number(damaged)}`,
    `other ${number(others)}`,
  ].join(' · ');
}

function proofLine(report: SyncReport): string {
  const { complete, objects, bytes, present, copied, skipped, damaged, missing, oldestMissing } = report;
  const oldest =
    oldestMissing === null ? (complete ? 'none' : 'not known') : `${oldestMissing} (${number(missing)} missing)`;
  return [
    `source ${complete ? '' : 'at least '}${number(objects)} objects ${number(bytes)} bytes`,
    `present ${number(present)}`,
    `copied ${number(copied)}`,
    `skipped ${number(skipped)}`,
    `damaged ${number(damaged)}`,
    `oldest missing: ${oldest}`,
  ].join(' · ');
}
