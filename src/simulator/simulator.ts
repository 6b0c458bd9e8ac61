import { Readable } from 'node:stream';
import { advance } from './advance.ts';
import { type IamRequest, refusal, refusedKeys, requestsOf } from './authorization.ts';
import { own, uuidOf } from './basics.ts';
import { type AwsError, awsError, SOCKET_TIMEOUT, sign, socketTimedOut } from './errors.ts';
import { admit } from './gate.ts';
import type { QueryAnswer, World } from './model.ts';
import { answerOf, sourcesOf } from './query-engine.ts';
import { account } from './services/account.ts';
import { athena } from './services/athena.ts';
import { cloudwatch } from './services/cloudwatch.ts';
import { ec2 } from './services/ec2.ts';
import { eks } from './services/eks.ts';
import { eventbridge } from './services/eventbridge.ts';
import { firehose } from './services/firehose.ts';
import { glue } from './services/glue.ts';
import { iam } from './services/iam.ts';
import { kms } from './services/kms.ts';
import { logs } from './services/logs.ts';
import { observabilityadmin } from './services/observabilityadmin.ts';
import { type RadRequest, rad, radOperation } from './services/rad.ts';
import { s3 } from './services/s3.ts';
import type { Input, Service } from './services/service.ts';
import { sns } from './services/sns.ts';
import { sts } from './services/sts.ts';
import { asRead, keepPast, subjectOf } from './staleness.ts';
import type { Store } from './store.ts';

/** The time that calls take and that the world lives in. */
export interface SimulatedTime {
  now(): number;
  sleep(ms: number): Promise<void>;
  during<T>(work: () => Promise<T>): Promise<T>;
}

/** One request that reaches AWS; a retry is another. */
export interface Call {
  readonly service: string;
  readonly operation: string;
  readonly region: string;
  readonly input: Input;
  readonly write: boolean;
  /** 1, 2, 3… over all calls. */
  readonly n: number;
  /** 1, 2, 3… over the calls that write; 0 for those that read. */
  readonly writeN: number;
}

/** What goes wrong with a call: before it takes effect, or after, so that only the answer is lost. */
export interface Fault {
  readonly when: 'before' | 'after';
  /** `silence`: no answer ever comes, until the client's side closes the connection. */
  readonly error: Error | 'silence';
}

export interface SimulatorOptions {
  readonly clock: SimulatedTime;
  readonly store: Store;
  readonly faults?: ((call: Call) => Fault | undefined) | undefined;
  readonly onCall?: ((call: Call, error?: Error) => void) | undefined;
  /** Whether the caller may do this; absent: it may do anything. Asked until one answer is no. */
  readonly authorize?: ((request: IamRequest, call: Call) => boolean | Promise<boolean>) | undefined;
}

/** What the simulator needs of an SDK client. */
export interface Attachable {
  readonly middlewareStack: { use(plugin: Plugin): void };
}

interface Plugin {
  applyToStack(stack: Input): void;
}

interface Sent {
  readonly input: Input;
  readonly request?: { readonly body?: unknown };
}

const services: Readonly<Record<string, Service>> = {
  sts,
  iam,
  s3,
  eks,
  firehose,
  logs,
  account,
  kms,
  cloudwatch,
  ec2,
  observabilityadmin,
  sns,
  eventbridge,
  athena,
  glue,
  rad,
};

interface Asked extends Pick<Call, 'service' | 'operation' | 'region' | 'input'> {
  /** The idempotency token that the SDK filled in. */
  readonly token?: string | undefined;
}

type Outcome = { readonly answer: object } | { readonly error: Error };

/** An AWS account in memory. Clients, commands, serialisers and retries are the real ones; only the wire is missing. */
export class Simulator {
  readonly #options: SimulatorOptions;
  #calls = 0;
  #writes = 0;
  /** As the last call saw it. */
  #callMs: number | undefined;

  constructor(options: SimulatorOptions) {
    this.#options = options;
  }

  /** Answers in place of the network: inside the retry, outside the parsing of the response. */
  readonly attach = (client: Attachable, service: string, region: string): void => {
    client.middlewareStack.use({
      applyToStack: (stack) => {
        // Nobody here checks a signature, and it is a quarter of what a call costs.
        stack.remove('httpSigningMiddleware');
        stack.add(
          (_next: unknown, context: { commandName: string }) => (sent: Sent) =>
            this.#answer(service, context.commandName.replace(/Command$/, ''), region, sent),
          { step: 'deserialize', name: 'simulator', priority: 'high' },
        );
      },
    });
  };

  /** RAD's API in place of the network: the same account, faults and time. */
  readonly rad = async (request: RadRequest): Promise<{ readonly status: number; readonly body: string }> => {
    const input = { ...request, body: JSON.parse(request.body) };
    const done = await this.#perform({ service: 'rad', operation: radOperation(request), region: 'global', input });
    if ('answer' in done) return { status: 200, body: JSON.stringify(done.answer) };
    const status = (done.error as AwsError).$metadata?.httpStatusCode;
    if (!status) throw done.error;
    return { status, body: JSON.stringify({ error: done.error.message }) };
  };

  async #answer(service: string, operation: string, region: string, sent: Sent): Promise<object> {
    const token = service === 'eks' ? tokenOf(sent) : undefined;
    const done = await this.#perform({ service, operation, region, input: sent.input, token });
    if ('error' in done) throw done.error;
    const $metadata = { httpStatusCode: 200, requestId: done.requestId, attempts: 1, totalRetryDelay: 0 };
    return { response: {}, output: { $metadata, ...streamed(done.answer) } };
  }

  async #perform({ service, operation, region, input, token }: Asked): Promise<Outcome & { requestId: string }> {
    const { clock, store, faults, onCall } = this.#options;
    const call = this.#count(service, operation, region, input);
    const requestId = uuidOf(`request ${call.n}`);
    const fault = faults?.(call);
    const error = fault?.error === 'silence' ? socketTimedOut() : fault?.error;
    const refused = fault?.when === 'before' ? undefined : await this.#refused(call);
    const answer = refused || fault?.when === 'before' ? undefined : await this.#answered(call);
    this.#callMs ??= await clock.during(() =>
      store.transact(
        (world) => world.lags.callMs,
        () => false,
      ),
    );
    await clock.sleep(this.#callMs);
    let changed = call.write;
    const work = (world: World): Outcome => {
      changed = advance(world, clock.now()) || call.write;
      this.#callMs = world.lags.callMs;
      if (error && fault?.when === 'before') return { error };
      const result = handle(world, call, { token, refused, answer });
      return error ? { error } : result;
    };
    const done = await clock.during(() => store.transact(work, () => changed));
    if (fault?.error === 'silence') await silence(clock);
    if ('error' in done) {
      const error = done.error as AwsError;
      if (error.$metadata) sign(error, service, requestId);
      onCall?.(call, error);
    } else onCall?.(call);
    return { ...done, requestId };
  }

  async #refused(call: Call): Promise<IamRequest | undefined> {
    const { clock, store, authorize } = this.#options;
    if (!authorize) return undefined;
    return clock.during(async () => {
      const requests = await store.transact(
        (world) => requestsOf(world, call),
        () => false,
      );
      for (const request of requests) if (!(await authorize(request, call))) return request;
      return undefined;
    });
  }

  /** A query is run when it is started, before the account changes. */
  async #answered({ operation, region, input }: Call): Promise<QueryAnswer | undefined> {
    const { clock, store } = this.#options;
    if (operation !== 'StartQueryExecution') return undefined;
    const sql = String(input.QueryString);
    return clock.during(async () => {
      const sources = await store.transact(
        (world) => sourcesOf(world, region, sql),
        () => false,
      );
      return answerOf(sql, sources);
    });
  }

  #count(service: string, operation: string, region: string, input: Input): Call {
    const write = !/^(Get|List|Describe|Head|Test|Filter|Simulate)/.test(operation);
    if (write) this.#writes++;
    return { service, operation, region, input, write, n: ++this.#calls, writeN: write ? this.#writes : 0 };
  }
}

/** By the second, so that whoever waits with an alarm is not kept from it. */
async function silence(clock: SimulatedTime): Promise<void> {
  for (const end = clock.now() + SOCKET_TIMEOUT; clock.now() < end; ) await clock.sleep(1_000);
}

/** What was found out about a call before the account is asked. */
interface Before {
  readonly token: string | undefined;
  readonly refused: IamRequest | undefined;
  readonly answer: QueryAnswer | undefined;
}

/** The world changes, or an error says why not; what is answered is no part of the world. */
function handle(account: World, call: Call, { token, refused, answer }: Before): Outcome {
  const { service, operation, region, input, write } = call;
  if (write) keepPast(account, subjectOf(service, region, input));
  const world = write ? account : asRead(account);
  try {
    admit(account, call);
    if (refused && operation === 'DeleteObjects') return { answer: refusedKeys(world, call, refused) };
    if (refused) throw refusal(world, call, refused);
    const run = own(own(services, service) ?? {}, operation);
    if (!run) throw awsError('NotImplemented', `the simulator does not know ${service}:${operation}`, 501);
    const here = world.regions[region]!;
    return { answer: structuredClone(run({ world, region, now: world.now, here, token, answer }, input)) };
  } catch (error) {
    if (service !== 's3' || !operation.startsWith('Head')) return { error: error as Error };
    return { error: bodiless(error as AwsError, own(world.buckets, input.Bucket)?.region) };
  }
}

/** An error of a HEAD request has no body: the SDK has the status and the headers to go by (AWS SDK for JavaScript v3 source, S3 client). */
function bodiless(error: AwsError, bucketRegion: string | undefined): AwsError {
  const statusCode = error.$metadata?.httpStatusCode;
  if (!statusCode) return error;
  const headers = bucketRegion ? { 'x-amz-bucket-region': bucketRegion } : {};
  const bare = awsError(statusCode === 404 ? 'NotFound' : 'Unknown', 'UnknownError', statusCode);
  return Object.defineProperty(bare, '$response', { value: { statusCode, headers }, enumerable: false });
}

/** The idempotency token that the serialiser of EKS fills in when the caller gives none: retries carry the same. */
function tokenOf({ request }: Sent): string | undefined {
  const body = request?.body;
  const text = body instanceof Uint8Array ? new TextDecoder().decode(body) : body;
  return typeof text === 'string' ? /"clientRequestToken":"([^"]+)"/.exec(text)?.[1] : undefined;
}

/** The body of an object as the SDK for Node hands it out: a stream that can be collected. */
function streamed(answer: object): object {
  if (!('Body' in answer) || !(answer.Body instanceof Uint8Array)) return answer;
  const bytes = answer.Body;
  const Body = Object.assign(Readable.from([bytes], { objectMode: false }), {
    transformToByteArray: async () => bytes,
    transformToString: async (encoding?: BufferEncoding) => Buffer.from(bytes).toString(encoding),
    transformToWebStream: () => Readable.toWeb(Readable.from([bytes])),
  });
  return { ...answer, Body };
}
