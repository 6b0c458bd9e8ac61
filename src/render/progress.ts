import type { Ora } from 'ora';
import type { Event, Outcome, Report } from '../engine/event.ts';
import { type Step, writes } from '../engine/plan.ts';
import { placeOf } from './document.ts';
import { type Paint, plural, type Stream } from './style.ts';
import { visible } from './visible.ts';

interface ProgressOptions {
  readonly stream: Stream;
  readonly paint: Paint;
  /** Milliseconds since the epoch. */
  readonly now: () => number;
  /** A spinner on a terminal; plain lines elsewhere. */
  readonly spinner: Ora | undefined;
}

/** What can be said of an event: a line that stays, or what the spinner shows meanwhile. */
interface Line {
  readonly settled?: string;
  readonly meanwhile?: string;
}
type Lines = { readonly [T in Event['type']]: (event: Extract<Event, { type: T }>) => Line };

const VERBS = {
  create: 'created',
  update: 'updated',
  delete: 'deleted',
  restore: 'restored',
  keep: 'kept',
  release: 'released',
  none: 'unchanged',
  blocked: 'blocked',
} as const;

/** Events become lines on stderr: one for each step that ended, and on a terminal one more that moves. */
export function progress({ stream, paint, now, spinner }: ProgressOptions): Report {
  const begun = new Map<Step, number>();
  const noted = new Map<Step | string, string>();
  /** Without a terminal the same is not said again for each second that passes. */
  const isNews = (of: Step | string, text: string) => {
    const isNew = !spinner && noted.get(of)?.replace(/\d/g, '') !== text.replace(/\d/g, '');
    noted.set(of, text);
    return isNew;
  };
  let total = 0;
  let ended = 0;

  const lines: Lines = {
    looking: ({ regions }) => ({
      settled: `Looking for EKS clusters in ${plural(regions.length, 'region')}`,
      meanwhile: 'looking for EKS clusters',
    }),
    looked: ({ region, clusters, state }) => ({
      meanwhile: `${region}: ${state === 'ok' ? plural(clusters, 'cluster') : state}`,
    }),
    note({ place, text }) {
      const meanwhile = visible(`${place}: ${text}`);
      return { meanwhile, ...(isNews(place, text) && { settled: `  ${paint('dim', '·')} ${meanwhile}` }) };
    },
    started: ({ steps }) => {
      total = steps.filter(writes).length;
      return {};
    },
    'step.start': ({ step }) => {
      begun.set(step, now());
      return { meanwhile: `${ended}/${total} · ${label(step)}` };
    },
    'step.note': ({ step, text }) => {
      const line = `${label(step)}: ${visible(text)}`;
      return {
        meanwhile: `${ended}/${total} · ${line}`,
        ...(isNews(step, text) && { settled: `  ${paint('dim', '·')} ${line}` }),
      };
    },
    'step.end': ({ outcome }) => {
      if (!writes(outcome.step)) return {};
      ended++;
      return {
        settled: endLine(outcome, now() - (begun.get(outcome.step) ?? now()), paint),
        meanwhile: `${ended}/${total}`,
      };
    },
  };

  return (event) => {
    const { settled, meanwhile } = (lines[event.type] as (e: Event) => Line)(event);
    if (spinner) {
      if (settled) {
        spinner.clear();
        stream.write(`${settled}\n`);
      }
      if (meanwhile) spinner.text = meanwhile;
      if (!spinner.isSpinning) spinner.start();
    } else if (settled) stream.write(`${settled}\n`);
  };
}

const label = ({ resource }: Step) => {
  const place = placeOf(resource);
  return visible(`${place === 'global' ? '' : `${place} `}${resource.type} ${resource.name}`);
};

function endLine(outcome: Outcome, ms: number, paint: Paint): string {
  const { step, status } = outcome;
  const time = ms >= 1_000 ? ` (${Math.round(ms / 1_000)} s)` : '';
  if (status === 'failed')
    return `  ${paint('red', '✗')} ${label(step)} ${outcome.error.blocks ? 'blocked' : 'failed'}${time}`;
  if (status === 'skipped') return `  ${paint('dim', '-')} ${label(step)} skipped`;
  if (status === 'kept') return `  ${paint('dim', '=')} ${label(step)} kept`;
  return `  ${paint('green', '✓')} ${label(step)} ${VERBS[step.action]}${time}`;
}
