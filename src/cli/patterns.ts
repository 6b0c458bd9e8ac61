import type { Aws } from '../aws/clients.ts';
import { SAMPLE_EVENTS } from '../desired/samples.ts';
import { FILTER_PATTERN, type Given } from '../desired/settings.ts';
import type { Notice } from '../render/document.ts';
import { usage } from './values.ts';

/** Tries a pattern of the user's before it is recorded. Throws USAGE for one that CloudWatch Logs refuses. */
export async function checkPattern(aws: Aws | undefined, { filterPattern: pattern }: Given): Promise<Notice[]> {
  if (!aws || pattern === undefined || pattern === FILTER_PATTERN) return [];
  const { tryPattern } = await import('../aws/patterns.ts');
  const trial = await tryPattern(aws, pattern, SAMPLE_EVENTS);
  if ('refused' in trial) throw usage(`--filter-pattern ${pattern}: CloudWatch Logs refuses it: ${trial.refused}`);
  const notice = { region: 'global', id: '' };
  if ('unseen' in trial) {
    const { message, hint = null } = trial.unseen;
    return [
      { ...notice, code: 'PATTERN_UNCHECKED', message: `the filter pattern could not be tried: ${message}`, hint },
    ];
  }
  if (trial.matches > 0) return [];
  return [
    {
      ...notice,
      code: 'PATTERN_MATCHES_NOTHING',
      message: `the filter pattern matches none of ${SAMPLE_EVENTS.length} sample audit events: it may deliver nothing`,
      hint: 'try it on events of yours with aws logs test-metric-filter, or go back with --filter-pattern none',
    },
  ];
}
