import { type ErrorCode, RadError } from '../engine/errors.ts';

/** As the SDK names them: IAM's modelled errors end in Exception, S3's raw codes do not; HeadBucket answers NotFound. */
const NOT_FOUND = new Set([
  'NoSuchEntityException',
  'NoSuchBucket',
  'NoSuchUpload',
  'NoSuchKey',
  'NotFound',
  'NotFoundException',
  'NoSuchTagSet',
  'NoSuchBucketPolicy',
  'NoSuchLifecycleConfiguration',
  'NoSuchPublicAccessBlockConfiguration',
  'OwnershipControlsNotFoundError',
  'ServerSideEncryptionConfigurationNotFoundError',
  'ResourceNotFoundException',
  'EntityNotFoundException',
]);
const EXISTS = new Set([
  'EntityAlreadyExistsException',
  'BucketAlreadyOwnedByYou',
  'ResourceAlreadyExistsException',
  'AlreadyExistsException',
]);
const DENIED = /^(AccessDenied|AccessDeniedException|UnauthorizedOperation|AuthorizationError)$/;
const BAD_CREDENTIALS =
  /^(UnrecognizedClientException|InvalidClientTokenId|InvalidAccessKeyId|SignatureDoesNotMatch|AuthFailure|ExpiredToken|ExpiredTokenException|InvalidSignatureException|IncompleteSignature|MissingAuthenticationToken|MissingAuthenticationTokenException)$/;
const THROTTLED =
  /^(Throttling|ThrottlingException|ThrottledException|TooManyRequestsException|SlowDown|RequestLimitExceeded)$/;
const QUOTA = /^(LimitExceededException|ResourceLimitExceededException|TooManyBuckets|TooManyTagsException)$/;
const NO_NETWORK =
  /^(ENOTFOUND|EAI_AGAIN|ECONNREFUSED|ECONNRESET|EPIPE|EPROTO|EPROXY|ETIMEDOUT|EHOSTUNREACH|ENETUNREACH|ERR_TLS_|ERR_SSL_|CERT_|DEPTH_|SELF_SIGNED|UNABLE_TO)/;

interface SdkError extends Error {
  readonly code?: string;
  readonly $metadata?: { readonly httpStatusCode?: number; readonly requestId?: string };
}
const nameOf = (error: unknown): string => (error instanceof Error ? error.name : '');
export const statusOf = (error: unknown): number | undefined => (error as SdkError).$metadata?.httpStatusCode;

export const isError = (error: unknown, name: string, text = ''): boolean =>
  nameOf(error) === name && (error as Error).message.includes(text);
export const isNotFound = (error: unknown): boolean =>
  NOT_FOUND.has(nameOf(error)) ||
  isError(error, 'ClientException', 'No cluster found') ||
  // Of a workgroup of Athena; the message alone tells (uber/athenadriver#70).
  isError(error, 'InvalidRequestException', 'is not found');
/** HeadBucket has no body, so its refusal has no name but the status. */
export const isDenied = (error: unknown): boolean => DENIED.test(nameOf(error)) || statusOf(error) === 403;
export const isBadCredentials = (error: unknown): boolean => BAD_CREDENTIALS.test(nameOf(error));
export const isQuota = (error: unknown): boolean => QUOTA.test(nameOf(error));
export const isNoNetwork = (error: unknown): boolean =>
  NO_NETWORK.test(String((error as SdkError | undefined)?.code ?? '')) || nameOf(error) === 'TimeoutError';

/** `undefined` instead of a not-found error. */
export async function found<T>(request: Promise<T>): Promise<T | undefined> {
  try {
    return await request;
  } catch (error) {
    if (isNotFound(error)) return undefined;
    throw error;
  }
}

/** That it exists already is success: the caller looks whose it is. A lost answer to a create shows so on its retry. */
export async function unlessExists(request: Promise<unknown>): Promise<void> {
  try {
    await request;
  } catch (error) {
    if (!EXISTS.has(nameOf(error))) throw error;
  }
}

/** What AWS said, in our codes, with the way out. */
export function explain(error: unknown): RadError {
  if (error instanceof RadError) return error;
  const { message, code: systemCode, $metadata } = error as SdkError;
  const say = (code: ErrorCode, text: string, hint?: string) => restate(error, code, text, hint);
  // Of wrong keys some services repeat the whole request, session token included, in further lines.
  if (isBadCredentials(error)) return say('CREDENTIALS', message.split('\n', 1)[0]!, credentialsHint(message));
  if (isDenied(error)) return say('PERMISSION_DENIED', message, permissionHint(message));
  if (THROTTLED.test(nameOf(error))) return say('THROTTLED', message, 'wait a minute and run the same command again');
  if (isQuota(error))
    return say('QUOTA_EXCEEDED', message, 'raise the quota in Service Quotas, or remove what is not needed');
  if (isError(error, 'BucketAlreadyExists'))
    return say('NAME_TAKEN', 'another AWS account owns a bucket of this name', 'choose another --name-prefix');
  if (isNoNetwork(error)) return say('NETWORK', message || String(systemCode), networkHint(message));
  if (isNotFound(error)) return say('AWS', message, 'it was taken away in the meantime: run the same command again');
  // An error of the SDK carries $metadata or $fault; anything else is a bug of ours.
  if ($metadata || '$fault' in Object(error))
    return say('AWS', message, 'run the same command again; --debug shows each call');
  return new RadError('INTERNAL', message ?? String(error), { cause: error });
}

/** An error of AWS in our words; what AWS called it and the request stay with it. */
export function restate(error: unknown, code: ErrorCode, message: string, hint?: string): RadError {
  if (error instanceof RadError) {
    return new RadError(code, message, { hint, awsCode: error.awsCode, requestId: error.requestId, cause: error });
  }
  const { name, code: systemCode, $metadata } = error as SdkError;
  return new RadError(code, message, {
    hint,
    awsCode: name === 'Error' ? systemCode : name,
    requestId: $metadata?.requestId,
    cause: error,
  });
}

function permissionHint(message: string): string {
  const [, action, resource] =
    /not authorized to perform: (\S+)(?: on resource: (\S+))?/.exec(message) ??
    /additional permission "([\w:]+)"/.exec(message) ??
    [];
  if (/service control policy|resource control policy/.test(message)) {
    return `an organization policy denies ${action ?? 'this call'}: ask the administrator of the organization`;
  }
  return action
    ? `allow ${action}${resource ? ` on ${resource.replace(/^"|[".]+$/g, '')}` : ''} for these credentials, then run again`
    : 'allow this call for these credentials, then run again';
}

export function networkHint(message: string): string {
  if (/certificate(?!'s altnames)/.test(message))
    return 'name the authority that signed this certificate: AWS_CA_BUNDLE=/path/to/ca.pem';
  if (/ by the proxy /.test(message)) return 'check HTTPS_PROXY, or name the host in NO_PROXY, then run again';
  return 'check the network, the proxy and AWS_ENDPOINT_URL, then run again';
}

function credentialsHint(message: string): string {
  if (/expired/i.test(message)) return 'these credentials have expired: sign in again, then run the same command';
  return 'sign in with `aws sso login` or `aws configure`, or name a profile with --profile';
}
