import type { ClusterRow, RegionRow } from './document.ts';
import { columns, type Paint } from './style.ts';

/** Of what is alike a person wants to see a few names. */
const MOST_NAMES = 3;

/** One line on stream and bucket of a region; where it stops, what mends it. */
export function regionLines({ delivery }: RegionRow, now: number | undefined, paint: Paint): string[] {
  if (!delivery) return [];
  const { state, hop, cause, hint, lastObjectAt } = delivery;
  const verdict = `${word(state, paint)}${hop ? ` at ${hop}` : ''}${cause ? `: ${cause}` : ''}`;
  const newest = lastObjectAt ? `${cause ? ';' : ','} newest object ${age(lastObjectAt, now)}` : '';
  return [`  ${verdict}${newest}`, ...(hint ? [`  → ${hint}`] : [])];
}

const COLOURS = { delivering: 'green', failing: 'red', unknown: 'yellow', idle: 'dim', none: 'dim' } as const;
const word = (state: keyof typeof COLOURS, paint: Paint) => paint(COLOURS[state], state);

/** A row for each cluster, and each cause once. */
export function clusterLines(
  clusters: readonly ClusterRow[],
  { delivery: ofRegion }: RegionRow,
  now: number | undefined,
  paint: Paint,
): string[] {
  if (clusters.length === 0) return [];
  const rows = clusters.map(({ name, auditLogging, filter, delivery, managedBy }) => [
    name,
    auditLogging ? 'on' : 'off',
    filter,
    delivery.state,
    delivery.lastEventAt ? age(delivery.lastEventAt, now) : '',
    managedBy ?? '',
  ]);
  const table = columns([['CLUSTER', 'AUDIT', 'FILTER', 'DELIVERY', 'LAST EVENT', 'MANAGED BY'], ...rows], '  ');
  // What is not connected is told among the differences.
  const told = clusters.filter(({ delivery: { state, cause } }) => {
    return state !== 'none' && cause !== null && cause !== ofRegion?.cause;
  });
  return [...table, ...causes(told, paint)];
}

function causes(clusters: readonly ClusterRow[], paint: Paint): string[] {
  const alike = new Map<string, ClusterRow[]>();
  for (const cluster of clusters) {
    const { state, hop, cause, hint } = cluster.delivery;
    const key = JSON.stringify([state, hop, cause?.replace(/\d+/g, '0'), hint]);
    alike.set(key, [...(alike.get(key) ?? []), cluster]);
  }
  return [...alike.values()].flatMap((all) => {
    const { state, hop, cause, hint } = all[0]!.delivery;
    const names = all.slice(0, MOST_NAMES).map(({ name }) => name);
    const more = all.length - names.length;
    const who = `${names.join(', ')}${more ? ` and ${more} more` : ''}`;
    const where = hop ? ` at ${hop}` : '';
    return [`  ${word(state, paint)}${where}: ${who}: ${cause}`, ...(hint ? [`  → ${hint}`] : [])];
  });
}

const UNITS = [
  [86_400, 'd'],
  [3_600, 'h'],
  [60, 'min'],
  [1, 's'],
] as const;

/** How long ago, as in "40 s ago"; the time itself where now is not known. */
export function age(at: string, now: number | undefined): string {
  if (now === undefined) return at;
  const seconds = Math.max(0, Math.round((now - Date.parse(at)) / 1_000));
  const [size, unit] = UNITS.find(([length]) => seconds >= length) ?? [1, 's'];
  return seconds === 0 ? 'just now' : `${Math.floor(seconds / size)} ${unit} ago`;
}
