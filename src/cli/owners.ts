import { GIVEN_ROLES } from '../desired/roles.ts';
import type { Given } from '../desired/settings.ts';
import { usage } from './values.ts';

interface Place {
  /** undefined: not known yet. */
  readonly partition?: string | undefined;
  readonly account?: string | undefined;
}

/** Roles and boundary are of this account; a boundary may be AWS's own. Throws USAGE. */
export function checkOwners(given: Given, { partition, account }: Place): void {
  const check = (option: string, arn: string | undefined, isAws = false) => {
    if (!arn) return;
    const [, of, , , owner] = arn.split(':');
    const isOurs = account === undefined || owner === account || (isAws && owner === 'aws');
    if (isOurs && (partition === undefined || of === partition)) return;
    const where = [account && `account ${account}`, partition && `the partition ${partition}`].filter(Boolean);
    throw usage(`${option} ${arn}: it must be of ${where.join(' in ')}`);
  };
  check('--permissions-boundary', given.permissionsBoundary, true);
  for (const { option, setting } of Object.values(GIVEN_ROLES)) check(option, given[setting]);
}
