import { hasPolicy } from '../aws/managed-policies.ts';
import { isNewlyGiven, type Settings } from '../desired/settings.ts';
import type { Notice } from '../render/document.ts';
import type { Context } from './context.ts';
import type { Home } from './discover.ts';
import { look } from './inspect.ts';
import { noSuch } from './values.ts';

/** Looks for a permissions boundary before it is recorded. Throws USAGE for one that is not there. */
export async function checkBoundary({ aws }: Home, settings: Settings, context: Context): Promise<Notice[]> {
  const { permissionsBoundary: arn } = settings;
  if (!arn || !isNewlyGiven(settings, 'permissionsBoundary')) return [];
  const answer = await look(context, 'iam:GetPolicy', (calls) => hasPolicy(aws, arn, calls));
  if ('seen' in answer && !answer.seen) throw noSuch('--permissions-boundary', arn, 'policy');
  if ('seen' in answer) return [];
  return answer.unseen.map(({ error: { message, hint = null } }) => ({
    code: 'BOUNDARY_UNCHECKED',
    region: 'global',
    id: arn,
    message: `the permissions boundary ${arn} could not be looked at: ${message}`,
    hint,
  }));
}
