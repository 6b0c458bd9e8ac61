import type { Reply } from '../aws/exchange.ts';
import type { HttpAnswer } from '../aws/http.ts';
import { RadError } from '../engine/errors.ts';
import { AGAIN, answered, type Call, CHECK_URL, failed, isSuccess, type RadOptions } from './call.ts';

/** RAD's API, as far as rad-connect speaks it. */
export interface Rad {
  signIn(): Promise<Session>;
}
interface Session {
  /** Tells RAD of an AWS account and of the role to read it with. */
  register(account: string, roleArn: string): Promise<Registered>;
  /** That RAD does not know it any more is success. */
  remove(account: string, roleArn: string): Promise<void>;
}
/** known: RAD knew the account before this call. others: it knows it by another role. */
export type Registered = 'made' | 'known' | 'others';

/** Paths and fields are those of rad-security/terraform-provider-rad-security: internal/auth, resource_aws_register.go. */
export function createRad(options: RadOptions): Rad {
  const { accessKeyId, secretKey } = options.access;
  const ask = (call: Call) => answered(call, options);
  return {
    async signIn() {
      const body = { access_key_id: accessKeyId, secret_key: secretKey };
      const reply = await ask({ operation: 'GetToken', method: 'POST', path: '/authentication/authenticate', body });
      if (!isSuccess(reply)) throw refused(reply, 'the keys');
      const { token } = fields(reply) ?? {};
      if (!token) throw failed("RAD's API answered without a token", CHECK_URL);
      return createSession(token, ask);
    },
  };
}

function createSession(token: string, ask: (call: Call) => Promise<Reply>): Session {
  const call = (account: string, roleArn: string) => ({
    path: '/cloud/register',
    token,
    body: { type: 'aws', aws_account_id: account, aws_role_arn: roleArn },
  });
  return {
    async register(account, roleArn) {
      const reply = await ask({ operation: 'PostRegistration', method: 'POST', ...call(account, roleArn) });
      // A lost answer to our own call looks so when it is repeated.
      if (reply.status === 409) return reply.isRepeat ? 'made' : 'known';
      const what = `the registration of account ${account}`;
      if (!isSuccess(reply)) throw refused(reply, what);
      const { aws_role_arn: role } = said(reply, what);
      return role === undefined || role === roleArn ? 'made' : 'others';
    },
    async remove(account, roleArn) {
      const reply = await ask({ operation: 'DeleteRegistration', method: 'DELETE', ...call(account, roleArn) });
      if (reply.status === 404) return;
      const what = `to remove the registration of account ${account}`;
      if (!isSuccess(reply)) throw refused(reply, what);
      said(reply, what);
    },
  };
}

/** The texts of an answer that is a JSON object; undefined: it is something else. */
function fields({ body }: HttpAnswer): Readonly<Record<string, string | undefined>> | undefined {
  try {
    const value: unknown = JSON.parse(body);
    if (!value || typeof value !== 'object' || Array.isArray(value)) return undefined;
    return Object.fromEntries(Object.entries(value).filter(([, text]) => typeof text === 'string'));
  } catch {
    return undefined;
  }
}

/** RAD says nothing, or a JSON object. Any other success is of somebody in between, a portal or a proxy, and RAD may know nothing of it. */
function said(reply: Reply, what: string): Readonly<Record<string, string | undefined>> {
  const all = reply.body.trim() === '' ? {} : fields(reply);
  if (!all) throw failed(`what answered ${reply.status} to ${what} is not RAD's API: it is no JSON object`, CHECK_URL);
  return all;
}

/** `cause` tells whether an earlier attempt may have taken effect. What RAD wrote is not shown: a proxy or a wrong host may give back what it was sent. */
function refused({ status, isRepeat }: Reply, what: string): RadError {
  if (status >= 300 && status < 400)
    return failed(
      `RAD's API answered ${status}, a redirect, which is not followed: the keys go to one host`,
      CHECK_URL,
    );
  if (status !== 401 && status !== 403) return failed(`RAD's API answered ${status} and refuses ${what}`, AGAIN);
  return new RadError('RAD_REGISTRATION_DENIED', `RAD's API answered ${status} and refuses ${what}`, {
    hint: "RAD_ACCESS_KEY_ID and RAD_SECRET_KEY take a cloud key of RAD's console: Settings, Access Keys",
    cause: { isRepeat },
  });
}
