import { createServer, type IncomingMessage, type OutgoingHttpHeaders, request, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';
import type { Emulator, EmulatorEnv } from './emulator.ts';

/** What befalls one write. */
export type Fault = {
  /** is it done? */
  when: 'before' | 'after';
  /** `reset`: the connection is closed; `none`: no answer ever comes */
  answer: 'reset' | 'throttled' | 'error' | 'none';
  /** told when the write has been done or is not going to be, and before the answer */
  act?: () => void;
};

export type FaultProxy = {
  /** what a program needs to talk to the emulator through the proxy */
  env: EmulatorEnv;
  /** Names the writes from now on, in the list that it returns, and asks what befalls each. */
  watch(fault?: (write: string) => Fault | undefined): readonly string[];
  stop(): Promise<void>;
};

/** Stands between a program and the emulator, and disturbs the writes it is told to. */
export async function startProxy(emulator: Emulator): Promise<FaultProxy> {
  let faultOf: (write: string) => Fault | undefined = () => undefined;
  let writes: string[] = [];

  const handle = async (incoming: IncomingMessage, outgoing: ServerResponse) => {
    const call = identify(incoming, await text(incoming));
    const fault = call.isRead ? undefined : faultOf(numbered(call.name, writes));
    const done = fault?.when === 'before' ? undefined : await forward(emulator.url, incoming, call.body);
    fault?.act?.();
    const answer = fault ? injected(call.service, fault) : done;
    if (answer === 'reset') outgoing.destroy();
    else if (answer) outgoing.writeHead(answer.status, answer.headers).end(answer.body);
  };
  const server = createServer((incoming, outgoing) => {
    handle(incoming, outgoing).catch(() => outgoing.destroy());
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  return {
    env: { ...emulator.env, AWS_ENDPOINT_URL: `http://127.0.0.1:${port}` },
    watch(fault = () => undefined) {
      faultOf = fault;
      writes = [];
      return writes;
    },
    stop: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

/** The second write of a name is another one than the first. */
function numbered(name: string, writes: string[]): string {
  const before = writes.filter((write) => write.replace(/ #\d+$/, '') === name).length;
  const write = before ? `${name} #${before + 1}` : name;
  writes.push(write);
  return write;
}

type Call = { service: string; name: string; isRead: boolean; body: string };

/** `iam us-east-1 CreateRole rad-firehose`; a REST call has its method and path for a name. */
function identify({ method, url, headers }: IncomingMessage, body: string): Call {
  const [, , region, service = ''] = /Credential=([^,\s]+)/.exec(headers.authorization ?? '')?.[1]?.split('/') ?? [];
  const [operation, resource] = asked(method!, new URL(url!, 'http://aws'), headers['x-amz-target'], body);
  return {
    service,
    name: `${service} ${region} ${operation} ${resource}`,
    isRead: service === 'account' || /^(get|list|describe|head)/i.test(operation),
    body,
  };
}

function asked(method: string, url: URL, target: string | string[] | undefined, body: string): [string, string] {
  if (typeof target === 'string') {
    const { DeliveryStreamName, logGroupName, resourceArn = '' } = JSON.parse(body);
    return [target.split('.')[1]!, DeliveryStreamName ?? logGroupName ?? resourceArn.split(':log-group:').at(-1)];
  }
  if (body.startsWith('Action=')) {
    const words = new URLSearchParams(body);
    return [words.get('Action')!, words.get('RoleName') ?? ''];
  }
  const query = [...url.searchParams.keys()].filter((key) => key !== 'x-id');
  return [method, [decodeURIComponent(url.pathname).replace(/\/$/, ''), ...query].join(' ')];
}

type Answer = { status: number; headers: OutgoingHttpHeaders; body: Buffer | string };

function forward(to: string, { method, url, headers }: IncomingMessage, body: string): Promise<Answer> {
  const { 'transfer-encoding': _, ...kept } = headers;
  const length = { 'content-length': Buffer.byteLength(body) };
  return new Promise((resolve, reject) => {
    const options = { method, headers: { ...kept, ...length, connection: 'close' }, agent: false };
    request(to + url, options as object, (answer) => {
      const parts: Buffer[] = [];
      answer.on('data', (part) => parts.push(part)).on('error', reject);
      answer.on('end', () => {
        const { connection: _, ...rest } = answer.headers;
        resolve({ status: answer.statusCode!, headers: rest, body: Buffer.concat(parts) });
      });
    })
      .on('error', reject)
      .end(body);
  });
}

/** Each service's own words for "too fast" and for "our fault". https://docs.aws.amazon.com/, the services' "Common errors" */
const WORDS: Readonly<Record<string, Record<'throttled' | 'error', [number, string]>>> = {
  eks: { throttled: [429, 'ThrottlingException'], error: [500, 'ServerException'] },
  firehose: { throttled: [400, 'ThrottlingException'], error: [500, 'InternalFailure'] },
  iam: { throttled: [400, 'Throttling'], error: [500, 'ServiceFailure'] },
  logs: { throttled: [400, 'ThrottlingException'], error: [500, 'InternalFailure'] },
  s3: { throttled: [503, 'SlowDown'], error: [500, 'InternalError'] },
};

function injected(service: string, { answer }: Fault): Answer | 'reset' | undefined {
  if (answer === 'none') return undefined;
  if (answer === 'reset') return 'reset';
  const [status, code] = WORDS[service]![answer];
  const xml = `<Error><Code>${code}</Code><Message>as told</Message></Error>`;
  if (service === 's3') return { status, headers: { 'content-type': 'application/xml' }, body: xml };
  if (service === 'iam')
    return { status, headers: { 'content-type': 'text/xml' }, body: `<ErrorResponse>${xml}</ErrorResponse>` };
  const headers = { 'content-type': 'application/x-amz-json-1.1', 'x-amzn-errortype': code };
  return { status, headers, body: JSON.stringify({ __type: code, message: 'as told' }) };
}
