import type { Look } from '../findings/engine.ts';
import type { Trouble } from '../findings/reading.ts';
import type { Notice } from '../render/document.ts';

const WORDS: Readonly<Record<Trouble, readonly [code: string, what: string, hint: string | null]>> = {
  damaged: ['OBJECTS_DAMAGED', 'are damaged: what can be read of them was', null],
  truncated: [
    'EVENTS_TRUNCATED',
    'hold events that were cut before they were delivered: no rule can be asked of those',
    'CloudWatch Logs takes 1 MB an event at most; the API server still has what was written',
  ],
  empty: ['OBJECTS_EMPTY', 'are empty', null],
  foreign: ['OBJECTS_FOREIGN', 'hold no audit events', 'narrow it down: rad-connect findings s3://BUCKET/PREFIX'],
  gone: ['OBJECTS_GONE', 'were gone before they could be read', null],
};

/** What was met beside events, each kind once, with the names of the first of them. */
export function findingsWarnings({ reading }: Look, from: number | undefined): Notice[] {
  const { named, objects, failures } = reading;
  const met = (Object.entries(named) as [Trouble, (typeof named)[Trouble]][])
    .filter(([, { count }]) => count > 0)
    .map(([kind, { count, names }]): Notice => {
      const [code, what, hint] = WORDS[kind];
      const some = names.map((name) => JSON.stringify(name)).join(', ');
      const message = `${count} of the objects ${what}: ${some}${count > names.length ? ' …' : ''}`;
      return { code, region: 'global', id: kind, message, hint };
    });
  if (objects || failures.length || named.gone.count) return met;
  const message = `there is nothing to read${from === undefined ? '' : ` since ${new Date(from).toISOString()}`}`;
  return [
    {
      code: 'NO_OBJECTS',
      region: 'global',
      id: '',
      message,
      hint: 'look further back with --since, or see: rad-connect status',
    },
  ];
}
