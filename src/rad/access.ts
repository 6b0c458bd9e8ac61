import { isPrivate } from '../aws/address.ts';
import { RadError } from '../engine/errors.ts';

/** Where RAD's API is, and the keys to it. */
export interface RadAccess {
  /** Without a slash at its end. */
  readonly url: string;
  readonly accessKeyId: string;
  readonly secretKey: string;
}

const DEFAULT_URL = 'https://api.rad.security';

/** What the environment says; undefined: no keys, so RAD's API is not called. Throws USAGE, which never holds a secret. */
export function radAccess(env: Readonly<Record<string, string | undefined>>): RadAccess | undefined {
  const { RAD_ACCESS_KEY_ID: accessKeyId, RAD_SECRET_KEY: secretKey, RAD_API_URL } = env;
  if (!accessKeyId && !secretKey) return undefined;
  if (!accessKeyId || !secretKey) {
    const [set, missing] = accessKeyId
      ? ['RAD_ACCESS_KEY_ID', 'RAD_SECRET_KEY']
      : ['RAD_SECRET_KEY', 'RAD_ACCESS_KEY_ID'];
    throw new RadError('USAGE', `${set} is set and ${missing} is not: set both, or neither`);
  }
  return { url: checkUrl(RAD_API_URL || DEFAULT_URL), accessKeyId, secretKey };
}

/** The secret travels in the body: only TLS, or this very machine. */
function checkUrl(text: string): string {
  const no = (why: string) => new RadError('USAGE', `RAD_API_URL: ${why}`);
  if (!URL.canParse(text)) throw no('write it as https://api.rad.security');
  const url = new URL(text);
  const { username, password, search, hash, origin, pathname } = url;
  if (username || password || search || hash) throw no('a host and perhaps a path, nothing else');
  if (!isPrivate(url)) throw no('https only');
  return `${origin}${pathname}`.replace(/\/+$/, '');
}
