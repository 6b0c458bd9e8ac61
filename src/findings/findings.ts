import type { RadError } from '../engine/errors.ts';
import type { Level, Rule } from '../sigma/rule.ts';
import { detect } from './detect.ts';
import type { Look } from './engine.ts';
import { countLevels, groupsOf, timelineOf } from './groups.ts';
import type { Detections } from './report.ts';
import type { Store } from './store.ts';

export interface Findings {
  readonly report: Detections;
  /** Objects that could not be read. */
  readonly failures: readonly { readonly object: string; readonly error: RadError }[];
}

/** What was to be found, and where. */
export interface Asked {
  readonly rules: readonly Rule[];
  readonly stores: readonly Pick<Store, 'name'>[];
  readonly level: Level;
  readonly from: number | undefined;
  readonly engine: Detections['engine'];
}

/** What an engine has seen, as it is told. */
export function findingsOf(
  { hits, form, reading, left }: Look,
  { rules, stores, level, from, engine }: Asked,
): Findings {
  const all = detect(hits);
  const { objects, bytes, tally, undelivered, failures } = reading;
  const { events, damaged, truncated, others } = tally;
  const report = {
    sources: stores.map(({ name }) => name),
    form,
    engine,
    since: from === undefined ? null : new Date(from).toISOString(),
    level,
    rules: rules.length - left.length,
    left: left.map(({ rule, why }) => ({ rule: rule.name, why })),
    objects,
    bytes,
    events,
    damaged,
    truncated,
    others,
    undelivered,
    failed: failures.length,
    levels: countLevels(all.map(({ detection }) => detection.level)),
    timeline: timelineOf(all),
    groups: groupsOf(all),
    findings: all.map(({ detection }) => detection),
  } as const;
  return { report, failures };
}
