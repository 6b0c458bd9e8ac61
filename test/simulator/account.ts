import { AccountClient } from '@aws-sdk/client-account';
import { CloudWatchClient } from '@aws-sdk/client-cloudwatch';
import { CloudWatchLogsClient } from '@aws-sdk/client-cloudwatch-logs';
import { EKSClient } from '@aws-sdk/client-eks';
import { FirehoseClient } from '@aws-sdk/client-firehose';
import { IAMClient } from '@aws-sdk/client-iam';
import { KMSClient } from '@aws-sdk/client-kms';
import { S3Client } from '@aws-sdk/client-s3';
import { STSClient } from '@aws-sdk/client-sts';
import type { RetryStrategyV2 } from '@smithy/types';
import { virtualClock } from '../../src/aws/clock.ts';
import { Simulator, type SimulatorOptions } from '../../src/simulator/simulator.ts';
import { memoryStore } from '../../src/simulator/store.ts';
import { emptyWorld, type World } from '../../src/simulator/world.ts';

/** Real clients on a simulated account, on a clock of its own. */
export function account(world: World = emptyWorld(), more: Partial<SimulatorOptions> = {}) {
  const clock = virtualClock(world.now);
  const simulator = new Simulator({ clock, store: memoryStore(world), ...more });
  const clients = (region = 'us-east-1', maxAttempts = 1) => {
    const credentials = { accessKeyId: 'x', secretAccessKey: 'y' };
    const config = { region, credentials, retryStrategy: atOnce(maxAttempts) };
    const all = {
      account: new AccountClient(config),
      cloudwatch: new CloudWatchClient(config),
      eks: new EKSClient(config),
      firehose: new FirehoseClient(config),
      iam: new IAMClient(config),
      kms: new KMSClient(config),
      logs: new CloudWatchLogsClient(config),
      s3: new S3Client(config),
      sts: new STSClient(config),
    };
    for (const [service, client] of Object.entries(all)) simulator.attach(client, service, region);
    return all;
  };
  return { world, clock, simulator, clients, ...clients() };
}

/** Retries what the SDK would, without its delays. */
function atOnce(maxAttempts: number): RetryStrategyV2 {
  const token = (count: number) => ({ getRetryCount: () => count, getRetryDelay: () => 0 });
  return {
    acquireInitialRetryToken: async () => token(0),
    refreshRetryTokenForRetry: async (before, { errorType }) => {
      const count = before.getRetryCount() + 1;
      if (errorType === 'CLIENT_ERROR' || count >= maxAttempts) throw new Error('no more attempts');
      return token(count);
    },
    recordSuccess: () => {},
  };
}

/** The error a call ends in. */
// biome-ignore lint/suspicious/noExplicitAny: errors of the SDK carry fields that differ by service
export async function errorOf(call: Promise<unknown>): Promise<any> {
  return call.then(
    () => ({ name: 'no error' }),
    (error) => error,
  );
}

export const nameOf = async (call: Promise<unknown>): Promise<string> => (await errorOf(call)).name;

/** Follows a listing to its end by the token that its answer gives; says how many pages there were. */
export async function pages<A>(ask: (token?: string) => Promise<A>, tokenOf: (answer: A) => string | undefined) {
  const all: A[] = [];
  for (let token: string | undefined; ; ) {
    const answer = await ask(token);
    all.push(answer);
    token = tokenOf(answer);
    if (!token) return all;
  }
}

export const trust = (service: string, Condition?: object): string =>
  JSON.stringify({
    Version: '2012-10-17',
    Statement: [
      {
        Effect: 'Allow',
        Principal: { Service: `${service}.amazonaws.com` },
        Action: 'sts:AssumeRole',
        ...(Condition && { Condition }),
      },
    ],
  });

export const allow = (Action: string[], Resource: string | string[]): string =>
  JSON.stringify({ Version: '2012-10-17', Statement: [{ Effect: 'Allow', Action, Resource }] });
