import type { KeyChoice } from '../../desired/keys.ts';
import { checkPrefix } from '../../desired/names.ts';
import { operatorPolicy, type PolicyDocument, rolesBoundary } from '../../desired/operator-policy.ts';
import { COMMANDS, type Command } from '../../desired/permissions.ts';
import type { Place } from '../../desired/scope.ts';
import { type Notice, nothing, type Result } from '../../render/document.ts';
import type { BucketPlace } from '../../sync/place.ts';
import { checkOwners } from '../owners.ts';
import { usage } from '../values.ts';

export interface PolicyOptions {
  readonly for: Command | 'boundary' | 'all';
  readonly partition: string;
  readonly account?: string;
  readonly namePrefix: string;
  readonly permissionsBoundary?: string;
  readonly rolePath?: string;
  readonly firehoseRoleArn?: string;
  readonly cloudwatchRoleArn?: string;
  readonly auditLogsRoleArn?: string;
  readonly kmsKey?: KeyChoice;
  readonly adopt?: boolean;
  readonly canary?: boolean;
  readonly events?: BucketPlace;
  readonly engine?: 'duckdb' | 'athena';
}

/** What IAM must allow. Offline: needs no credentials. */
export function policy(options: PolicyOptions): Result {
  const { for: whose, partition, account, namePrefix: prefix, rolePath } = options;
  checkPrefix(prefix, []);
  const kmsKeys = Object.values(options.kmsKey ?? {}).filter(Boolean);
  const { permissionsBoundary: boundary } = options;
  // An option that says `none` is empty.
  const [delivery, subscription, reader] = (['firehoseRoleArn', 'cloudwatchRoleArn', 'auditLogsRoleArn'] as const).map(
    (option) => options[option] || undefined,
  );
  checkPartition(partition, '--permissions-boundary', [boundary]);
  checkPartition(partition, '--firehose-role-arn', [delivery]);
  checkPartition(partition, '--cloudwatch-role-arn', [subscription]);
  checkPartition(partition, '--audit-logs-role-arn', [reader]);
  checkPartition(partition, '--kms-key', kmsKeys);
  checkOwners(options, { account });
  const { events } = options;
  if (whose === 'findings' && !events)
    throw usage('--for findings needs --events: where the events are, as in --events s3://tenants/acme');
  const athena = options.engine === 'athena';
  const adopt = options.adopt === true;
  const canary = options.canary === true;
  const usedRoles = { delivery, subscription, reader };
  const place: Place = {
    ...{ partition, account, prefix, rolePath, boundary, kmsKeys, adopt, canary, usedRoles, athena },
    ...(events && { events }),
  };
  const documents =
    whose === 'boundary' ? [rolesBoundary(place)] : operatorPolicy(whose === 'all' ? COMMANDS : [whose], place);
  return {
    ...nothing('policy'),
    readOnly: true,
    account: account ?? null,
    partition,
    policy: documents,
    warnings: [
      ...(documents.length > 1 ? [several(documents.length)] : []),
      ...(writesRoles(documents) && !boundary ? [nearAdministrator(partition)] : []),
    ],
  };
}

function checkPartition(partition: string, option: string, arns: readonly (string | undefined)[]): void {
  const other = arns.find((arn) => arn && arn.split(':')[1] !== partition);
  if (other) throw usage(`${option} ${other}: not of the partition ${partition}; name it with --partition`);
}

const writesRoles = (documents: readonly PolicyDocument[]) =>
  documents.some(({ Statement }) => Statement.some(({ Action }) => Action.includes('iam:PutRolePolicy')));

const notice = (code: string, message: string, hint: string): Notice => ({
  code,
  region: 'global',
  id: '',
  message,
  hint,
});

const several = (count: number) =>
  notice(
    'POLICY_SPLIT',
    `${count} documents: one would be longer than IAM allows`,
    'attach each of them as a policy of its own',
  );

/** IAM user guide, "Delegating responsibility to others using permissions boundaries". */
const nearAdministrator = (partition: string) =>
  notice(
    'NEAR_ADMINISTRATOR',
    'whoever has this policy is close to an administrator: a role whose policy and trust one may write can be given anything',
    `make a policy of rad-connect policy --for boundary, and name it: --permissions-boundary arn:${partition}:iam::ACCOUNT:policy/NAME`,
  );
