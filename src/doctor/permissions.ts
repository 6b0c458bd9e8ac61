import type { Command } from '../desired/permissions.ts';
import { as, type Found } from './exam.ts';

const MOST_NAMED = 6;

/** What IAM seems to deny to who runs these commands. */
export function lackingPermissions(
  denied: readonly string[],
  principal: string,
  commands: readonly Command[],
): Found[] {
  if (denied.length === 0) return [];
  const more = denied.length - MOST_NAMED;
  const shown = more === 1 ? denied : denied.slice(0, MOST_NAMED);
  const names = `${shown.join(', ')}${more > 1 ? ` and ${more} more` : ''}`;
  const whose = commands.length === 1 ? commands[0]! : 'all';
  return [
    as('warning', {
      code: 'PERMISSION_MISSING',
      region: 'global',
      id: principal,
      message: `${principal} seems not to be allowed ${names}, which ${commands.join(' and ')} ${commands.length === 1 ? 'needs' : 'need'}; IAM's simulation may err`,
      hint: `allow them; the policy that is needed: rad-connect policy --for ${whose}`,
    }),
  ];
}
