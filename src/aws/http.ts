import { type Agent, request as plain } from 'node:http';
import { request as secure } from 'node:https';
import { RadError } from '../engine/errors.ts';

export interface HttpRequest {
  readonly method: 'POST' | 'DELETE';
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}
export interface HttpAnswer {
  readonly status: number;
  readonly body: string;
}
/** One request and its whole answer, whatever its status; rejects where there is none. What is no call of the SDK goes this way. */
export type Send = (request: HttpRequest, signal: AbortSignal) => Promise<HttpAnswer>;

/** Nothing that we ask so is answered at anywhere near that length. Bytes. */
const LONGEST = 1_048_576;

/** An error of ours is final: another attempt would be answered the same. */
const tooLong = (host: string) =>
  new RadError('NETWORK', `${host} answers more than ${LONGEST / 1_048_576} MB to what has a short answer`);

/** Redirects are not followed: the secret goes to the host that was named and to no other. */
export const createSend =
  (agentFor?: (url: URL) => Promise<Agent>): Send =>
  async ({ method, url, headers, body }, signal) => {
    const agent = await agentFor?.(new URL(url));
    return new Promise((resolve, reject) => {
      const begin = url.startsWith('https:') ? secure : plain;
      const options = { method, headers: { ...headers, 'content-length': Buffer.byteLength(body) }, signal };
      const call = begin(url, { ...options, ...(agent && { agent }) }, (answer) => {
        const chunks: Buffer[] = [];
        let length = 0;
        answer.on('data', (chunk: Buffer) => {
          chunks.push(chunk);
          length += chunk.length;
          if (length > LONGEST) call.destroy(tooLong(new URL(url).host));
        });
        answer.on('end', () => resolve({ status: answer.statusCode ?? 0, body: Buffer.concat(chunks).toString() }));
        answer.on('error', reject);
      });
      call.on('error', reject);
      call.end(body);
    });
  };
