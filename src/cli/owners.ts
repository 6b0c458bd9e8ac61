import { GIVEN_ROLES } from '../desired/roles.ts';
import type { Given } from '../desired/settings.ts';
import { usage } from './values.ts';

interface Place {
  /** undefined: not known yet. */
  readonly partition?: string | undefined;
  readonly account?: string | undefined;
}

/** Roles and boundary are of this account, or where it is not known yet all of one; a boundary may be AWS's own. Throws USAGE. */
export function checkOwners(given: Given, { partition, account }: Place): void {
  const all = [
    { option: '--permissions-boundary', arn: given.permissionsBoundary },
    ...Object.values(GIVEN_ROLES).map(({ option, setting }) => ({ option, arn: given[setting] })),
  ].flatMap(({ option, arn }) => {
    const [, of, , , owner] = arn?.split(':') ?? [];
    const isAws = option === '--permissions-boundary' && owner === 'aws';
    return arn ? [{ option, arn, partition: of, account: isAws ? undefined : owner }] : [];
  });
  const first = all.find((one) => one.account !== undefined);
  const expected = account ?? first?.account;
  const isWrong = (one: (typeof all)[number]) =>
    (one.account !== undefined && one.account !== expected) || (partition !== undefined && one.partition !== partition);
  const wrong = all.find(isWrong);
  if (!wrong) return;
  const where = [expected && `account ${expected}`, partition && `the partition ${partition}`].filter(Boolean);
  const as = account || wrong === first ? '' : `, as ${first?.option} is`;
  throw usage(`${wrong.option} ${wrong.arn}: it must be of ${where.join(' in ')}${as}`);
}
