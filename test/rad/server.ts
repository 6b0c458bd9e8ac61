import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { stopping } from '../helpers/stopping.ts';

export interface Received {
  readonly method: string;
  readonly path: string;
  readonly headers: IncomingMessage['headers'];
  readonly body: unknown;
}
/** What the server does with a request: a status, a status and a body, or anything else. */
export type Act = (received: Received, response: ServerResponse) => void;

export const TOKEN = 'session-token-0123456789';
export const KEYS = { accessKeyId: 'key-id-abcdef', secretKey: 'secret-0123456789abcdef' };

export const say =
  (status: number, body: unknown = {}): Act =>
  (_, response) => {
    response.writeHead(status, { 'content-type': 'application/json' });
    response.end(typeof body === 'string' ? body : JSON.stringify(body));
  };
/** One after the other; the last one for all that follow. */
export function inTurn(...acts: Act[]): Act {
  let n = 0;
  return (received, response) => acts[Math.min(n++, acts.length - 1)]!(received, response);
}

export interface RadServer {
  readonly url: string;
  readonly received: readonly Received[];
  close(): Promise<void>;
}

/** As the tests of RAD's own Terraform provider have it: a token for the right keys, and what is registered comes back. */
export async function radServer(acts: Readonly<Record<string, Act>> = {}): Promise<RadServer> {
  const received: Received[] = [];
  const usual: Record<string, Act> = {
    'POST /authentication/authenticate': ({ body }, response) => {
      const { access_key_id, secret_key } = body as Record<string, string>;
      const right = access_key_id === KEYS.accessKeyId && secret_key === KEYS.secretKey;
      say(right ? 200 : 401, right ? { token: TOKEN } : 'unauthorized')({} as Received, response);
    },
    'POST /cloud/register': ({ body }, response) =>
      say(200, { id: 'r-1', ...(body as object) })({} as Received, response),
    'DELETE /cloud/register': say(200),
    ...acts,
  };
  const server: Server = createServer(async (request, response) => {
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk);
    const { method = '', url: path = '', headers } = request;
    const one = { method, path, headers, body: JSON.parse(Buffer.concat(chunks).toString() || 'null') };
    received.push(one);
    (usual[`${method} ${path}`] ?? say(404))(one, response);
  });
  const close = stopping(server);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    received,
    close,
  };
}
