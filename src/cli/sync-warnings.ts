import type { Notice } from '../render/document.ts';
import type { Kind, Named } from '../sync/ledger.ts';
import type { Options } from './context.ts';

const WORDS: Readonly<Record<Kind, readonly [code: string, what: string, hint: string | null]>> = {
  damaged: ['OBJECTS_DAMAGED', 'are damaged; they were copied as they are, and what can be read of them will be', null],
  empty: ['OBJECTS_EMPTY', 'are empty; they were copied as they are', null],
  huge: ['OBJECTS_HUGE', 'hold a document of more than 16 MiB; they were copied as they are', null],
  foreign: ['OBJECTS_FOREIGN', 'hold nothing that clusters have logged', 'narrow it down: --from s3://BUCKET/PREFIX'],
  changed: [
    'OBJECTS_CHANGED',
    'have another size at the source than what was copied, which stays',
    'Firehose never writes a key again: find out who does',
  ],
  gone: ['OBJECTS_GONE', 'were gone before they could be copied', 'run sync more often than objects expire'],
  large: ['OBJECTS_SKIPPED', 'are larger than 512 MiB, which Firehose never makes; they were left out', null],
  refused: ['OBJECTS_SKIPPED', 'have keys that cannot be written at the destination; they were left out', null],
};

/** What was met on the way, each kind once, with the names of the first of them. */
export function syncWarnings(named: Named, { roleArn, externalId }: Options, region: string): Notice[] {
  const met = (Object.entries(named) as [Kind, Named[Kind]][])
    .filter(([, { count }]) => count > 0)
    .map(([kind, { count, keys }]): Notice => {
      const [code, what, hint] = WORDS[kind];
      const names = keys.map((key) => JSON.stringify(key)).join(', ');
      const message = `${count} of the objects ${what}: ${names}${count > keys.length ? ' …' : ''}`;
      return { code, region, id: kind, message, hint };
    });
  if (!roleArn || externalId) return met;
  const message = `role ${roleArn} was assumed without an external id: its customer cannot tell for whom it is`;
  const hint = 'have the customer demand one: rad-connect enable-audit --external-id ID';
  return [{ code: 'NO_EXTERNAL_ID', region: 'global', id: roleArn, message, hint }, ...met];
}
