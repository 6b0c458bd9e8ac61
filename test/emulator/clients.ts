import { AccountClient } from '@aws-sdk/client-account';
import { CloudWatchLogsClient } from '@aws-sdk/client-cloudwatch-logs';
import { EC2Client } from '@aws-sdk/client-ec2';
import { EKSClient } from '@aws-sdk/client-eks';
import { FirehoseClient } from '@aws-sdk/client-firehose';
import { IAMClient } from '@aws-sdk/client-iam';
import { S3Client } from '@aws-sdk/client-s3';
import { STSClient } from '@aws-sdk/client-sts';
import type { Emulator } from './emulator.ts';

/** moto's own account */
export const ACCOUNT = '123456789012';

export type Clients = {
  account: AccountClient;
  ec2: EC2Client;
  eks: EKSClient;
  firehose: FirehoseClient;
  iam: IAMClient;
  logs: CloudWatchLogsClient;
  s3: S3Client;
  sts: STSClient;
};

export type ClientOptions = {
  /** another AWS account than the emulator's own */
  account?: string;
  /** not listed by `calls()` */
  quiet?: boolean;
};

/** The SDK's own clients, pointed at the emulator. */
export function clients(emulator: Emulator, region: string, options: ClientOptions = {}): Clients {
  const config = {
    region,
    endpoint: emulator.url,
    credentials: { accessKeyId: emulator.env.AWS_ACCESS_KEY_ID, secretAccessKey: emulator.env.AWS_SECRET_ACCESS_KEY },
    maxAttempts: 1,
  };
  const made: Clients = {
    account: new AccountClient(config),
    ec2: new EC2Client(config),
    eks: new EKSClient(config),
    firehose: new FirehoseClient(config),
    iam: new IAMClient(config),
    logs: new CloudWatchLogsClient(config),
    s3: new S3Client({ ...config, forcePathStyle: true }),
    sts: new STSClient(config),
  };
  const extra: Record<string, string> = {
    ...(options.account === undefined ? {} : { 'x-moto-account-id': options.account }),
    ...(options.quiet ? { 'x-emulator-quiet': '1' } : {}),
  };
  for (const client of Object.values(made) as Pick<EKSClient, 'middlewareStack'>[]) {
    client.middlewareStack.add(
      (next) => (args) => {
        Object.assign((args.request as { headers: Record<string, string> }).headers, extra);
        return next(args);
      },
      { step: 'build', name: 'emulatorHeaders' },
    );
  }
  return made;
}
