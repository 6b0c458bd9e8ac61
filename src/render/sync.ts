import type { SyncReport } from '../sync/report.ts';
import type { Paint } from './style.ts';

const number = (count: number) => count.toLocaleString('en');

/** From where to where, and the line that proves that nothing is lost, or says what is. */
export function syncLines(report: SyncReport, paint: Paint): string[] {
  return [`${report.source} → ${report.destination}`, paint('bold', proofLine(report))];
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
