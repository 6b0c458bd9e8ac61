import { AccountClient } from '@aws-sdk/client-account';
import type { AthenaClient } from '@aws-sdk/client-athena';
import { CloudWatchClient } from '@aws-sdk/client-cloudwatch';
import { CloudWatchLogsClient } from '@aws-sdk/client-cloudwatch-logs';
import type { EC2Client } from '@aws-sdk/client-ec2';
import { EKSClient } from '@aws-sdk/client-eks';
import type { EventBridgeClient } from '@aws-sdk/client-eventbridge';
import { FirehoseClient } from '@aws-sdk/client-firehose';
import type { GlueClient } from '@aws-sdk/client-glue';
import { IAMClient } from '@aws-sdk/client-iam';
import type { KMSClient } from '@aws-sdk/client-kms';
import { S3Client } from '@aws-sdk/client-s3';
import type { SNSClient } from '@aws-sdk/client-sns';
import { STSClient } from '@aws-sdk/client-sts';
import { RadError } from '../engine/errors.ts';
import { type Clock, type OnWait, watched, within } from './clock.ts';
import type { Network } from './network.ts';
import { OBSERVABILITY, type ObservabilityClient, observabilityOf } from './observability.ts';
import { createLimiter, createPacer } from './pace.ts';
import { createRetry, SIGN_IN } from './retry.ts';
import type { Provider } from './shared-credentials.ts';
import { createSurvey, type Survey } from './survey.ts';

const services = {
  account: AccountClient,
  cloudwatch: CloudWatchClient,
  eks: EKSClient,
  firehose: FirehoseClient,
  iam: IAMClient,
  logs: CloudWatchLogsClient,
  s3: S3Client,
  sts: STSClient,
};
type Service = keyof typeof services;
export type Clients = { readonly [S in Service]: InstanceType<(typeof services)[S]> };

/** One region of the account: its clients, and what one look at it has shown. */
export interface Aws extends Clients {
  readonly region: string;
  /** Empty before the first call has told it; every S3 call names it as the expected owner. */
  readonly accountId: string;
  readonly survey: Survey;
  /** Loaded when it is first asked for: only keys of the customer need it. */
  kms(): Promise<KMSClient>;
  readonly observabilityadmin: ObservabilityClient;
  /** The same: only the subnets of clusters need it. */
  ec2(): Promise<EC2Client>;
  /** The same: only who sends findings needs them. */
  sns(): Promise<SNSClient>;
  eventbridge(): Promise<EventBridgeClient>;
  /** The same: only queries of the events need them. */
  athena(): Promise<AthenaClient>;
  glue(): Promise<GlueClient>;
}

/** One API call, told after it has ended; `ms` is on the run's clock. */
export interface ApiCall {
  readonly service: string;
  readonly operation: string;
  readonly region: string;
  readonly ms: number;
  readonly attempts: number;
  readonly requestId: string | undefined;
  readonly error: string | undefined;
}

/** A client as the simulator sees it. */
export interface Attachable {
  readonly middlewareStack: { use(plugin: unknown): void };
}

export interface ClientOptions {
  readonly clock: Clock;
  /** When it aborts, calls in flight end and no new one begins. */
  readonly signal: AbortSignal;
  /** When it aborts, calls in flight are given up. */
  readonly kill: AbortSignal;
  readonly version: string;
  /** Calls in flight at once in a region. */
  readonly concurrency: number;
  /** How long an answer may take, where it is not the usual. Milliseconds. */
  readonly patience?: number;
  readonly maxAttempts?: number | undefined;
  readonly profile?: string | undefined;
  readonly credentials?: { readonly accessKeyId: string; readonly secretAccessKey: string } | Provider | undefined;
  /** The way to AWS that all clients share. */
  readonly network?: Network | undefined;
  /** Called once for each client: the simulator plugs in here. */
  readonly onClient?: (client: Attachable, service: string, region: string) => void;
  readonly onCall?: (call: ApiCall) => void;
  /** Called when an answer is long in coming. */
  readonly onWait?: OnWait | undefined;
}

/** Milliseconds. */
const ANSWER_TIMEOUT = 60_000;
/** The part of it after which who waits is told. */
const LONG = 1 / 6;

/** All clients of a region: the one place where retry, pace, time-outs and the user agent are set. */
export function createAws(region: string, accountId: string, options: ClientOptions): Aws {
  const { clock, signal, version, profile, credentials, network } = options;
  const config = {
    region,
    retryStrategy: createRetry(clock, signal, options.maxAttempts, accountId ? undefined : SIGN_IN),
    // A client's middleware is put together once for each command, not for each call; from then on it is not changed.
    cacheMiddleware: true,
    customUserAgent: [['rad-connect', version]] as [string, string][],
    ...(profile && { profile }),
    ...(credentials && { credentials }),
    ...(network && { requestHandler: network }),
  };
  const turn = createTurn(options);
  const prepare = <C extends Attachable>(client: C, service: string): C => {
    client.middlewareStack.use(turn(service, region));
    options.onClient?.(client, service, region);
    return client;
  };
  const later = <C>(service: string, load: () => Promise<new (with_: typeof config) => C>) =>
    once(async () => prepare(new (await load())(config) as C & Attachable, service));
  const kms = later('kms', async () => (await import('./kms-client.ts')).KMSClient);
  const ec2 = later('ec2', async () => (await import('./ec2-client.ts')).EC2Client);
  const athena = later('athena', async () => (await import('./athena-client.ts')).AthenaClient);
  const glue = later('glue', async () => (await import('./glue-client.ts')).GlueClient);
  const sns = later('sns', async () => (await import('./message-clients.ts')).SNSClient);
  const eventbridge = later('eventbridge', async () => (await import('./message-clients.ts')).EventBridgeClient);
  const aws = { region, accountId, survey: createSurvey(() => aws), kms, ec2, sns, eventbridge, athena, glue } as Aws;
  defineLazily(aws, 'observabilityadmin', () =>
    prepare(
      observabilityOf(new EKSClient({ ...config, ...OBSERVABILITY })) as ObservabilityClient & Attachable,
      'observabilityadmin',
    ),
  );
  for (const service of Object.keys(services) as Service[])
    defineLazily(aws, service, () => prepare(new services[service](config) as Attachable, service));
  return aws;
}

const once = <T>(load: () => Promise<T>) => {
  let loaded: Promise<T> | undefined;
  return () => (loaded ??= load());
};

const defineLazily = (on: object, key: string, make: () => unknown) => {
  let made: unknown;
  Object.defineProperty(on, key, { enumerable: true, get: () => (made ??= make()) });
};

type Handler = (args: {
  readonly input: object;
  readonly request?: { readonly protocol?: string; readonly hostname?: string; readonly port?: number };
}) => Promise<{ output: { $metadata?: { attempts?: number; requestId?: string } } }>;
interface Context {
  readonly commandName?: string;
}

/**
 * Each attempt waits for its turn before it takes a place, which others may use meanwhile; and as calls that queue for a place may
 * bunch there, once more when it has one. A pause between attempts holds no place. The first attempt waits before the SDK
 * has put the request together: in a large account thousands wait, and with its request a call takes twenty times the memory.
 */
function createTurn({ clock, signal, kill, concurrency, patience = ANSWER_TIMEOUT, onCall, onWait }: ClientOptions) {
  const [pace, start] = [createPacer(clock), createPacer(clock)];
  const limit = createLimiter(concurrency);
  return (service: string, region: string) => {
    /** The inputs of calls that have waited for their first attempt. */
    const waited = new WeakSet<object>();
    const turn = async (context: Context) => {
      if (signal.aborted) throw signal.reason;
      await pace(service, operationOf(context), signal);
    };
    const attempt =
      (next: Handler, context: Context): Handler =>
      async (args) => {
        if (!waited.delete(args.input)) await turn(context);
        return limit(async () => {
          await start(service, operationOf(context), signal);
          if (signal.aborted) throw signal.reason;
          const call = answered(next(args), clock, kill, patience, endpointOf(args));
          return watched(call, clock, patience * LONG, () => onWait?.(region, service));
        });
      };
    const whole =
      (next: Handler, context: Context): Handler =>
      async (args) => {
        const begun = clock.now();
        const tell = (metadata: { attempts?: number; requestId?: string } = {}, error?: string) =>
          onCall?.({
            service,
            operation: operationOf(context),
            region,
            ms: clock.now() - begun,
            attempts: metadata.attempts ?? 1,
            requestId: metadata.requestId,
            error,
          });
        try {
          await turn(context);
          waited.add(args.input);
          const answer = await next(args);
          tell(answer.output.$metadata);
          return answer;
        } catch (error) {
          const { name, $metadata } = error as Error & { $metadata?: { attempts?: number; requestId?: string } };
          tell($metadata, error instanceof RadError ? error.code : name);
          throw error;
        }
      };
    return {
      applyToStack(stack: { add(...a: unknown[]): void; addRelativeTo(...a: unknown[]): void }) {
        stack.add(whole, { step: 'initialize', name: 'radConnectCall', priority: 'high' });
        stack.addRelativeTo(attempt, { name: 'radConnectTurn', relation: 'after', toMiddleware: 'retryMiddleware' });
      },
    };
  };
}

/** A call is given up when no answer has come in time; the SDK counts a TimeoutError as one that passes, and tries again. */
function answered<T>(call: Promise<T>, clock: Clock, kill: AbortSignal, patience: number, whom: string): Promise<T> {
  const text = `no answer within ${patience / 1_000} s, calling ${whom}`;
  const late = Object.assign(new Error(text), { name: 'TimeoutError' });
  return new Promise((resolve, reject) => {
    const give = () => reject(kill.reason);
    kill.addEventListener('abort', give, { once: true });
    within(call, clock, patience, late)
      .then(resolve, reject)
      .finally(() => kill.removeEventListener('abort', give));
  });
}

const endpointOf = ({ request: { protocol = '', hostname = '', port } = {} }: Parameters<Handler>[0]) =>
  `${protocol}//${hostname}${port ? `:${port}` : ''}`;

const operationOf = ({ commandName = '' }: Context) => commandName.replace(/Command$/, '');

/** Where a plain `aws` command would go: the environment, then the profile; undefined when neither says so. */
export async function defaultRegion(
  env: Readonly<Record<string, string | undefined>>,
  profile?: string,
): Promise<string | undefined> {
  const named = env.AWS_REGION ?? env.AWS_DEFAULT_REGION;
  if (named) return named;
  try {
    return await new STSClient(profile ? { profile } : {}).config.region();
  } catch {
    return undefined;
  }
}
