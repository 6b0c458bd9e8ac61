import type { LogsPolicy } from '../aws/account-policies.ts';
import { shellWord } from '../engine/shell.ts';
import { as, type Found } from './exam.ts';

interface Place {
  readonly region: string;
  /** Those of the clusters that are meant. */
  readonly logGroups: readonly string[];
  readonly streamArn: string;
}

/** The types of policy that matter to the logs of a cluster. */
export const POLICY_TYPES = ['SUBSCRIPTION_FILTER_POLICY', 'DATA_PROTECTION_POLICY', 'RETENTION_POLICY'] as const;

/** What policies of the whole account do to these log groups. */
export const interference = (policies: readonly LogsPolicy[], place: Place): Found[] =>
  policies.flatMap((policy) => {
    const concerned = place.logGroups.filter((group) => policy.appliesTo(group));
    return concerned.length ? [told(policy, place, concerned)] : [];
  });

function told({ type, name, document }: LogsPolicy, { region, streamArn }: Place, concerned: readonly string[]) {
  const groups = concerned.length === 1 ? concerned[0]! : `${concerned.length} log groups of clusters`;
  const hint = `see it: aws logs describe-account-policies --region ${region} --policy-type ${type}`;
  const base = { region, id: name };
  if (type === 'RETENTION_POLICY')
    return as('note', {
      ...base,
      code: 'ACCOUNT_RETENTION',
      message: `account policy ${name} in ${region} sets how long ${groups} keeps events, whatever the log group says`,
      hint,
    });
  if (type === 'DATA_PROTECTION_POLICY')
    return as('warning', {
      ...base,
      code: 'ACCOUNT_DATA_PROTECTION',
      message: `account policy ${name} in ${region} masks data in ${groups}: RAD gets the events masked`,
      hint,
    });
  const destination = String(document.DestinationArn ?? 'its destination');
  const isOurs = destination === streamArn;
  const leaveOut = `leave them out: aws logs put-account-policy --region ${region} --policy-name ${shellWord(name)} --policy-type ${type} --policy-document … --selection-criteria 'LogGroupName NOT IN ${JSON.stringify(concerned.slice(0, 3)).replace(/\]$/, concerned.length > 3 ? ',…]' : ']')}'`;
  return as('warning', {
    ...base,
    code: 'ACCOUNT_SUBSCRIPTION',
    message: isOurs
      ? `account policy ${name} in ${region} sends ${groups} to our stream too: every event would reach RAD twice, and others besides`
      : `account policy ${name} in ${region} sends ${groups} to ${destination} too: what audit logs cost in delivery comes a second time`,
    hint: leaveOut,
  });
}
