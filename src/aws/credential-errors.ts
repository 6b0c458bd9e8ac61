import { RadError } from '../engine/errors.ts';
import { explain, restate } from './errors.ts';

/** Says that no credentials can be had, why, and what mends it. */
export const unusable = (message: string, hint: string, cause?: unknown): RadError =>
  new RadError('CREDENTIALS', message, { hint, cause });

/** `half`: what would be some, if it were whole. */
export const noneAnywhere = (half: string | undefined, cause?: unknown): RadError =>
  unusable(
    `there are none: no profile, no keys in the environment, ${half ?? 'no web identity token'}, and no container or instance gives a role`,
    'sign in with `aws sso login` or `aws configure`, or name a profile with --profile',
    cause,
  );

export const nobodyToAsk = (role: string, serial: string): RadError =>
  unusable(
    `role ${role} needs a code of the MFA device ${serial}, and nobody is there to be asked`,
    'run it on a terminal, or bring a session along: aws configure export-credentials --profile NAME --format env',
  );

/** A role that was not assumed. `mend` is for the credentials that it was to be assumed with. */
export function roleTrouble(error: unknown, role: string, mend: string): RadError {
  const why = explain(error);
  const say = (message: string, hint?: string) => restate(why, 'CREDENTIALS', message, hint);
  if (/MultiFactorAuthentication failed/.test(why.message))
    return say(`role ${role}: the MFA code was not accepted`, 'wait for the next code, then run again');
  if (why.code === 'PERMISSION_DENIED')
    return say(
      `role ${role} may not be assumed: ${why.message}`,
      `allow sts:AssumeRole in the trust policy of ${role} and in the policies of who assumes it`,
    );
  if (why.code === 'CREDENTIALS')
    return say(`the keys that role ${role} is assumed with are refused: ${why.message}`, mend);
  return why.code === 'AWS' ? say(`role ${role} cannot be assumed: ${why.message}`) : why;
}

export function webIdentityTrouble(error: unknown, role: string): RadError {
  if (error instanceof RadError) return error;
  const { code, message, path } = error as NodeJS.ErrnoException;
  const hint = `see that the token is renewed, and that the trust policy of ${role} names its issuer and subject`;
  if (path) return unusable(`the web identity token ${path} cannot be read: ${code}`, hint, error);
  const why = explain(error);
  const refused = /^(CREDENTIALS|PERMISSION_DENIED|AWS|INTERNAL)$/.test(why.code);
  return refused
    ? restate(error, 'CREDENTIALS', `role ${role} may not be assumed with the web identity token: ${message}`, hint)
    : why;
}

export const containerTrouble = (error: unknown, url: string): RadError => {
  const { message, Message: said, code } = error as NodeJS.ErrnoException & { Message?: string };
  // Of several addresses that all refuse Node tells a code only.
  const text = said || message || code || 'no answer';
  // Which addresses the SDK takes it lists in further lines.
  const why = text.startsWith('URL not accepted') ? 'only https is taken, or an address of this host or task' : text;
  return unusable(
    `no credentials from the container's endpoint ${url}: ${redacted(why)}`,
    'give the task or pod a role, or name a profile with --profile',
    error,
  );
};

/** Other programs' words go on without what may be a secret in them. */
export const redacted = (text: string): string =>
  text
    .split('\n', 1)[0]!
    .replace(/((?:secret|token|password|passwd|key)\w*["']?\s*[=:]\s*)\S+/gi, '$1…')
    .replace(/\b(?:AKIA|ASIA)[A-Z0-9]{12,}\b|[A-Za-z0-9+/=_-]{40,}/g, '…');
