/** An error as the SDK throws it: the name per protocol, AWS's words, the HTTP status. */
export interface AwsError extends Error {
  $fault: 'client' | 'server';
  $service?: string;
  $metadata: { httpStatusCode: number; requestId?: string; attempts?: number; totalRetryDelay?: number };
}

export function awsError(name: string, message: string, status = 400, more: object = {}): AwsError {
  const $fault = status >= 500 ? ('server' as const) : ('client' as const);
  return Object.assign(new Error(message), { name, $fault, $metadata: { httpStatusCode: status }, ...more });
}

/** Services by the name their clients are attached under, as the SDK names them. */
export const serviceIds: Readonly<Record<string, string>> = {
  sts: 'STS',
  iam: 'IAM',
  s3: 'S3',
  eks: 'EKS',
  firehose: 'Firehose',
  logs: 'CloudWatch Logs',
  cloudwatch: 'CloudWatch',
  rad: 'RAD',
  account: 'Account',
  kms: 'KMS',
  ec2: 'EC2',
  observabilityadmin: 'ObservabilityAdmin',
  sns: 'SNS',
  eventbridge: 'EventBridge',
  athena: 'Athena',
  glue: 'Glue',
};

/** The error of one request: who answered, and under which id. The query protocols also give the code as it was on the wire. */
export function sign(error: AwsError, service: string, requestId: string): AwsError {
  error.$service ??= serviceIds[service] ?? service;
  error.$metadata.requestId ??= requestId;
  if (service === 'iam') Object.assign(error, { Code: error.name.replace(/Exception$/, ''), Type: 'Sender' });
  if (service === 's3') Object.assign(error, { Code: error.name });
  return error;
}

/** Each service's own word for "slower" (API references; S3 "Error responses"). */
export function throttled(service: string): Error {
  if (service === 's3') return awsError('SlowDown', 'Please reduce your request rate.', 503);
  if (service === 'iam' || service === 'sts') return awsError('Throttling', 'Rate exceeded', 400);
  if (service === 'athena') return awsError('TooManyRequestsException', 'Rate exceeded', 400);
  if (service === 'account' || service === 'rad') return awsError('TooManyRequestsException', 'Rate exceeded', 429);
  return awsError('ThrottlingException', 'Rate exceeded', service === 'eks' ? 429 : 400);
}

export const serverError = (): Error => awsError('InternalFailure', 'UnknownError', 500);

/** No answer came: not an answer of AWS, so there is no request id. */
export const connectionReset = (): Error =>
  Object.assign(new Error('read ECONNRESET'), { code: 'ECONNRESET', errno: -104, syscall: 'read' });

/** After this long without a byte the SDK itself closes the connection (AWS SDK for JavaScript v3 source, defaultSocketTimeout). Milliseconds. */
export const SOCKET_TIMEOUT = 300_000;
export const socketTimedOut = (): Error =>
  Object.assign(new Error(`the request socket timed out after ${SOCKET_TIMEOUT} ms of inactivity`), {
    name: 'TimeoutError',
  });

/** The name was not found: what a region that does not exist leads to. */
export const hostNotFound = (host: string): Error =>
  Object.assign(new Error(`getaddrinfo ENOTFOUND ${host}`), {
    code: 'ENOTFOUND',
    errno: -3008,
    syscall: 'getaddrinfo',
    hostname: host,
  });

/**
 * Query and XML services say AccessDenied, EC2 UnauthorizedOperation, the JSON ones AccessDeniedException (IAM user guide "Troubleshoot
 * access denied"; EC2 API reference, error codes).
 * `service` is the one that was called: it may ask IAM about an action of another.
 */
export function accessDenied(
  action: string,
  resource: string,
  because = `because no identity-based policy allows the ${action} action`,
  caller = 'assumed-role/Admin/sandbox',
  service = action.split(':')[0]!,
): AwsError {
  const name = ['iam', 'sts', 's3'].includes(service)
    ? 'AccessDenied'
    : service === 'ec2'
      ? 'UnauthorizedOperation'
      : 'AccessDeniedException';
  const message = `User: ${caller} is not authorized to perform: ${action} on resource: ${resource} ${because}`;
  return awsError(name, message, service === 'logs' || service === 'firehose' ? 400 : 403);
}
