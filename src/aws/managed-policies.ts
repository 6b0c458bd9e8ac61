import { GetPolicyCommand } from '@aws-sdk/client-iam';
import type { Aws } from './clients.ts';
import { found } from './errors.ts';

/** Whether there is a policy of this ARN. */
export const hasPolicy = async ({ iam }: Aws, PolicyArn: string, abortSignal: AbortSignal): Promise<boolean> =>
  (await found(iam.send(new GetPolicyCommand({ PolicyArn }), { abortSignal }))) !== undefined;
