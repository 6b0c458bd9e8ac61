import { own, uuidOf } from '../basics.ts';
import { awsError } from '../errors.ts';
import type { At, Input, Operation, Service } from './service.ts';

/** What the HTTP of RAD's API comes to here. */
export interface RadRequest {
  readonly method: string;
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}

const OPERATIONS: Readonly<Record<string, string>> = {
  'POST /authentication/authenticate': 'GetToken',
  'POST /cloud/register': 'PostRegistration',
  'DELETE /cloud/register': 'DeleteRegistration',
};
export const radOperation = ({ method, url }: RadRequest): string =>
  own(OPERATIONS, `${method} ${/(\/[^/]+\/[^/]+)$/.exec(url)?.[1]}`) ?? 'Unknown';

/** Any keys will do, and none is kept: they may be real ones. */
const TOKEN = 'sandbox-token';

const signedIn =
  (work: (registrations: Record<string, { id: string; roleArn: string }>, body: Input) => object): Operation =>
  ({ world }: At, { headers, body }) => {
    if (headers.authorization !== `Bearer ${TOKEN}`) throw awsError('Unauthorized', 'unauthorized', 401);
    world.registrations ??= {};
    return work(world.registrations, body);
  };

/** Paths and fields: rad-security/terraform-provider-rad-security. What it answers for an account that is known or unknown is unverified. */
export const rad: Service = {
  GetToken: (_, { body }) => {
    if (!body.access_key_id || !body.secret_key) throw awsError('Unauthorized', 'unauthorized', 401);
    return { token: TOKEN };
  },
  PostRegistration: signedIn((registrations, { type, aws_account_id, aws_role_arn }) => {
    if (type !== 'aws' || !aws_account_id || !aws_role_arn) throw awsError('BadRequest', 'bad request', 400);
    if (own(registrations, aws_account_id)) throw awsError('Conflict', 'already registered', 409);
    const id = uuidOf(`registration of ${aws_account_id}`);
    registrations[aws_account_id] = { id, roleArn: aws_role_arn };
    return { type, id, aws_account_id, aws_role_arn };
  }),
  DeleteRegistration: signedIn((registrations, { aws_account_id }) => {
    if (!own(registrations, aws_account_id)) throw awsError('NotFound', 'not found', 404);
    delete registrations[aws_account_id];
    return {};
  }),
};
