import type { Aws } from './clients.ts';
import { isQuota, restate } from './errors.ts';
import { homeRegionOf, partitionOf } from './regions.ts';

interface Quota {
  /** As Service Quotas calls it. */
  readonly name: string;
  readonly service: string;
  /** Where it is the same in every account and region; else it is to be looked up. */
  readonly code?: string;
  /** Of the account: asked for in the partition's home region. */
  readonly isGlobal?: boolean;
  /** The words of the refusal, where the service has other quotas that end in the same error. */
  readonly says?: string;
}

/** IAM, S3, Firehose and CloudWatch Logs quotas, as in the AWS General Reference and in Service Quotas. */
const QUOTAS = {
  roles: { name: 'Roles per account', service: 'iam', code: 'L-FE177D64', isGlobal: true, says: 'RolesPerAccount' },
  buckets: { name: 'General purpose buckets', service: 's3', code: 'L-DC2B2D3D', isGlobal: true },
  streams: { name: 'Delivery streams', service: 'firehose' },
  logGroups: { name: 'Log groups', service: 'logs' },
} as const satisfies Record<string, Quota>;

/** For the refusal of a call that makes one more of these: which quota is used up, and how more is asked for. */
export const usedUp =
  ({ region }: Aws, of: keyof typeof QUOTAS) =>
  (error: unknown): never => {
    const { name, service, code, isGlobal, says = '' }: Quota = QUOTAS[of];
    const { message } = error as Error;
    if (!isQuota(error) || !message.includes(says)) throw error;
    const place = `--region ${isGlobal ? homeRegionOf(partitionOf(region)) : region} --service-code ${service}`;
    const more = code
      ? `aws service-quotas request-service-quota-increase ${place} --quota-code ${code} --desired-value NUMBER`
      : `aws service-quotas list-service-quotas ${place}`;
    const hint = `remove what is not needed, or ask for more: ${more}`;
    throw restate(error, 'QUOTA_EXCEEDED', `the quota "${name}" is used up: ${message}`, hint);
  };
