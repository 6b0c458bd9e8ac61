import { X509Certificate } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { Agent } from 'node:http';
import { Agent as SecureAgent } from 'node:https';
import { createSecureContext, rootCertificates, type SecureContext } from 'node:tls';
import { NodeHttpHandler } from '@smithy/node-http-handler';
import type { HttpHandlerOptions, RequestHandler } from '@smithy/types';
import { RadError } from '../engine/errors.ts';
import { proxyFor, proxyTrouble } from './proxy.ts';

type Env = Readonly<Record<string, string | undefined>>;
type Request = Parameters<NodeHttpHandler['handle']>[0];
type Answer = Awaited<ReturnType<NodeHttpHandler['handle']>>;
/** The requests of the SDK; and for others the agent that takes them the same way. */
export interface Network extends RequestHandler<Request, Answer['response'], HttpHandlerOptions> {
  agentFor(url: URL): Promise<Agent>;
}

/** One way to AWS for all clients: by the proxy and with the certificates that the environment names. Throws USAGE. */
export function createNetwork(env: Env): Network {
  checkUrls(env);
  const secureContext = trusted(env);
  const ways = new Map<string, Promise<Way>>();
  const wayBy = (proxy: URL | undefined) => {
    const key = proxy?.href ?? '';
    const made = ways.get(key) ?? makeWay(proxy, secureContext);
    ways.set(key, made);
    return made;
  };
  return {
    metadata: { handlerProtocol: 'http/1.1' },
    async agentFor(url) {
      const { httpAgent, httpsAgent } = await wayBy(proxyFor(url, env));
      return url.protocol === 'https:' ? httpsAgent : httpAgent;
    },
    async handle(request, options) {
      const { protocol, hostname, port } = request;
      const url = new URL(`${protocol}//${hostname}${port ? `:${port}` : ''}`);
      const proxy = proxyFor(url, env);
      const { handler } = await wayBy(proxy);
      try {
        return await handler.handle(request, options);
      } catch (error) {
        if (!(error instanceof Error) || error.name === 'AbortError') throw error;
        throw Object.assign(error, { message: `${error.message}${where(url, proxy)}` });
      }
    },
  };
}

interface Way {
  readonly handler: NodeHttpHandler;
  readonly httpAgent: Agent;
  readonly httpsAgent: SecureAgent;
}

/** A proxy's name and password are for the proxy alone. */
const where = ({ origin }: URL, proxy: URL | undefined) =>
  `, calling ${origin}${proxy ? ` by the proxy ${proxy.protocol}//${proxy.host}` : ''}`;

/** Milliseconds. */
const TIMEOUTS = { connectionTimeout: 5_000 };
/** The SDK's own number of sockets. */
const POOL = { keepAlive: true, maxSockets: 50 };

async function makeWay(proxy: URL | undefined, secureContext: SecureContext | undefined): Promise<Way> {
  const agents = await makeAgents(proxy, secureContext && { secureContext });
  return { handler: new NodeHttpHandler({ ...TIMEOUTS, ...agents }), ...agents };
}

async function makeAgents(
  proxy: URL | undefined,
  trust: { readonly secureContext: SecureContext } | undefined,
): Promise<Omit<Way, 'handler'>> {
  if (!proxy) return { httpAgent: new Agent(POOL), httpsAgent: new SecureAgent({ ...POOL, ...trust }) };
  const [{ HttpProxyAgent }, { HttpsProxyAgent }] = await Promise.all([
    import('http-proxy-agent'),
    import('https-proxy-agent'),
  ]);
  const bare = new URL(`${proxy.protocol}//${proxy.host}`);
  const options = { ...POOL, ...trust, headers: authorization(proxy) };
  const httpsAgent = new HttpsProxyAgent(bare, options);
  // It takes the certificates for the proxy alone; AWS behind it is to be trusted by the same.
  Object.assign(httpsAgent.options, trust);
  // Else the refusal of a proxy would look like one of AWS.
  httpsAgent.on('proxyConnect', ({ statusCode, statusText }, request) => {
    if (statusCode === 200) return;
    const code = statusCode >= 500 ? 'ECONNRESET' : 'EPROXY';
    request.destroy(Object.assign(new Error(`the proxy answers ${statusCode} ${statusText}`.trim()), { code }));
  });
  return {
    httpsAgent: httpsAgent as unknown as SecureAgent,
    httpAgent: new HttpProxyAgent(bare, options) as unknown as Agent,
  };
}

function authorization({ username, password }: URL): Record<string, string> {
  if (!username && !password) return {};
  const pair = `${decodeURIComponent(username)}:${decodeURIComponent(password)}`;
  return { 'Proxy-Authorization': `Basic ${Buffer.from(pair).toString('base64')}` };
}

/** Node forgets its own certificates, and those of NODE_EXTRA_CA_CERTS, where others are given: so all of them are. */
function trusted({ AWS_CA_BUNDLE: file, NODE_EXTRA_CA_CERTS: extra }: Env): SecureContext | undefined {
  if (!file) return undefined;
  try {
    const given = certificatesIn(readFileSync(file, 'utf8'));
    if (given.length === 0) throw new Error('no certificate in PEM form in it');
    // TLS itself passes over what it cannot read.
    for (const certificate of given) new X509Certificate(certificate);
    return createSecureContext({
      ca: [...rootCertificates, ...given, ...(extra ? certificatesIn(optional(extra)) : [])],
    });
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException;
    throw new RadError('USAGE', `AWS_CA_BUNDLE ${file}: ${code === 'ENOENT' ? 'no such file' : message}`);
  }
}

const certificatesIn = (text: string) => text.match(/-----BEGIN CERTIFICATE-----[^-]+-----END CERTIFICATE-----/g) ?? [];

/** Node itself has said it when it cannot be read. */
function optional(file: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch {
    return '';
  }
}

function checkUrls(env: Env): void {
  const trouble = proxyTrouble(env);
  if (trouble) throw new RadError('USAGE', trouble);
  for (const [name, url] of Object.entries(env)) {
    if (!/^AWS_ENDPOINT_URL(_|$)/.test(name) || !url) continue;
    if (!/^https?:\/\//.test(url) || !URL.canParse(url))
      throw new RadError('USAGE', `${name} ${url}: not a URL, as in https://vpce.example.com`);
  }
}
