import { describe, expect, it } from 'vitest';
import { explain, found, isNotFound, unlessExists } from '../../src/aws/errors.ts';
import { ERROR_CODES, RadError } from '../../src/engine/errors.ts';

interface Said {
  readonly name?: string;
  readonly message?: string;
  readonly status?: number;
  readonly code?: string;
}
const sdk = ({ name = 'Error', message = '', status = 400, code }: Said) =>
  Object.assign(new Error(message), {
    name,
    ...(code && { code }),
    $fault: 'client',
    $metadata: { httpStatusCode: status, requestId: 'req-1' },
  });
const denied = 'User: arn:x:iam::1:user/u is not authorized to perform: ';

describe('explain: what AWS said, in our codes', () => {
  it.each<[string, Said]>([
    ['CREDENTIALS', { name: 'UnrecognizedClientException', status: 403 }],
    ['CREDENTIALS', { name: 'InvalidClientTokenId', status: 403 }],
    ['CREDENTIALS', { name: 'InvalidAccessKeyId', status: 403 }],
    ['CREDENTIALS', { name: 'SignatureDoesNotMatch', status: 403 }],
    ['CREDENTIALS', { name: 'ExpiredToken', status: 403 }],
    ['CREDENTIALS', { name: 'ExpiredTokenException', status: 403 }],
    ['PERMISSION_DENIED', { name: 'AccessDenied', status: 403 }],
    ['PERMISSION_DENIED', { name: 'AccessDeniedException' }],
    ['PERMISSION_DENIED', { name: 'Unknown', status: 403 }],
    ['THROTTLED', { name: 'Throttling' }],
    ['THROTTLED', { name: 'ThrottlingException' }],
    ['THROTTLED', { name: 'SlowDown', status: 503 }],
    ['THROTTLED', { name: 'TooManyRequestsException', status: 429 }],
    ['QUOTA_EXCEEDED', { name: 'LimitExceededException' }],
    ['QUOTA_EXCEEDED', { name: 'ResourceLimitExceededException' }],
    ['QUOTA_EXCEEDED', { name: 'TooManyBuckets' }],
    ['NAME_TAKEN', { name: 'BucketAlreadyExists', status: 409 }],
    ['NETWORK', { name: 'Error', code: 'ENOTFOUND' }],
    ['NETWORK', { name: 'Error', code: 'ECONNREFUSED' }],
    ['NETWORK', { name: 'Error', code: 'ECONNRESET' }],
    ['NETWORK', { name: 'Error', code: 'UNABLE_TO_VERIFY_LEAF_SIGNATURE' }],
    ['NETWORK', { name: 'Error', code: 'SELF_SIGNED_CERT_IN_CHAIN' }],
    ['NETWORK', { name: 'Error', code: 'EPROXY' }],
    ['NETWORK', { name: 'Error', code: 'EPROTO' }],
    ['NETWORK', { name: 'Error', code: 'ERR_TLS_CERT_ALTNAME_INVALID' }],
    ['NETWORK', { name: 'TimeoutError' }],
    ['AWS', { name: 'InvalidParameterException' }],
    ['AWS', { name: 'ServiceUnavailable', status: 503 }],
  ])('%s: %o', (code, said) => {
    const error = explain(sdk(said));
    expect(error.code).toBe(code);
    expect(error.requestId).toBe('req-1');
    expect(error.awsCode).toBe(said.name === 'Error' ? said.code : said.name);
    expect(Object.keys(ERROR_CODES)).toContain(error.code);
  });

  it.each<[string, Said, string]>([
    [
      'an expired token',
      { name: 'ExpiredToken', message: 'The security token included in the request is expired' },
      'these credentials have expired: sign in again, then run the same command',
    ],
    [
      'wrong keys',
      { name: 'InvalidClientTokenId', message: 'The security token included in the request is invalid.' },
      'sign in with `aws sso login` or `aws configure`, or name a profile with --profile',
    ],
    [
      'a missing action',
      { name: 'AccessDeniedException', message: `${denied}eks:ListClusters on resource: arn:x:eks:r:1:cluster/*` },
      'allow eks:ListClusters on arn:x:eks:r:1:cluster/* for these credentials, then run again',
    ],
    [
      'a missing action, quoted by S3',
      {
        name: 'AccessDenied',
        message: `${denied}s3:CreateBucket on resource: "arn:x:s3:::b" because no policy allows it`,
      },
      'allow s3:CreateBucket on arn:x:s3:::b for these credentials, then run again',
    ],
    [
      'a missing action of tags at creation',
      { name: 'AccessDeniedException', message: 'An additional permission "logs:TagResource" is required.' },
      'allow logs:TagResource for these credentials, then run again',
    ],
    [
      'a service control policy',
      {
        name: 'AccessDeniedException',
        message: `${denied}iam:CreateRole on resource: r with an explicit deny in a service control policy`,
      },
      'an organization policy denies iam:CreateRole: ask the administrator of the organization',
    ],
    [
      'a resource control policy',
      { name: 'AccessDenied', message: 'denied by a resource control policy' },
      'an organization policy denies this call: ask the administrator of the organization',
    ],
    [
      'a refusal without a word',
      { name: 'Unknown', status: 403, message: 'UnknownError' },
      'allow this call for these credentials, then run again',
    ],
    ['a taken name', { name: 'BucketAlreadyExists' }, 'choose another --name-prefix'],
    ['what we do not know', { name: 'InvalidRequest' }, 'run the same command again; --debug shows each call'],
    ['no network', { code: 'ENOTFOUND' }, 'check the network, the proxy and AWS_ENDPOINT_URL, then run again'],
    [
      'a certificate that nobody knows',
      { code: 'SELF_SIGNED_CERT_IN_CHAIN', message: 'self-signed certificate in certificate chain' },
      'name the authority that signed this certificate: AWS_CA_BUNDLE=/path/to/ca.pem',
    ],
    [
      'a proxy',
      { code: 'ECONNREFUSED', message: 'connect ECONNREFUSED, calling https://x by the proxy http://y' },
      'check HTTPS_PROXY, or name the host in NO_PROXY, then run again',
    ],
  ])('says what to do about %s', (_, said, hint) => {
    expect(explain(sdk(said)).hint).toBe(hint);
  });

  it('a request that a service repeats is left out: it holds the session token', () => {
    const message = 'The signature does not match.\n\nx-amz-security-token:abc';
    expect(explain(sdk({ name: 'SignatureDoesNotMatch', message })).message).toBe('The signature does not match.');
  });

  it('a RadError stays as it is', () => {
    const error = new RadError('FOREIGN', 'x');
    expect(explain(error)).toBe(error);
  });

  it.each([
    ['an error of ours', new TypeError('x is not a function'), 'x is not a function'],
    ['a string', 'oops', 'oops'],
  ])('%s is a bug', (_, thrown, message) => {
    expect(explain(thrown)).toMatchObject({ code: 'INTERNAL', message });
  });

  it('an error of the network without a message is named by its code', () =>
    expect(explain(Object.assign(new Error(''), { code: 'ETIMEDOUT' }))).toMatchObject({
      code: 'NETWORK',
      message: 'ETIMEDOUT',
    }));
});

describe('not found, exists already', () => {
  it.each([
    'NoSuchEntityException',
    'NoSuchBucket',
    'NotFound',
    'NotFoundException',
    'NoSuchTagSet',
    'NoSuchBucketPolicy',
    'NoSuchLifecycleConfiguration',
    'NoSuchPublicAccessBlockConfiguration',
    'OwnershipControlsNotFoundError',
    'ServerSideEncryptionConfigurationNotFoundError',
    'ResourceNotFoundException',
  ])('%s is an answer', async (name) => {
    expect(await found(Promise.reject(sdk({ name })))).toBeUndefined();
  });

  it.each([
    ['EKS says so by a ClientException', { name: 'ClientException', message: 'No cluster found for name: x.' }, true],
    ['another ClientException', { name: 'ClientException', message: 'denied' }, false],
    ['a raw wire code that the SDK never gives', { name: 'NoSuchEntity' }, false],
    ['AccessDenied', { name: 'AccessDenied' }, false],
  ])('%s', async (_, said, expected) => {
    expect(isNotFound(sdk(said))).toBe(expected);
    const answer = found(Promise.reject(sdk(said)));
    if (expected) expect(await answer).toBeUndefined();
    else await expect(answer).rejects.toThrow();
  });

  it.each(['EntityAlreadyExistsException', 'BucketAlreadyOwnedByYou', 'ResourceAlreadyExistsException'])(
    '%s is success of a creation',
    async (name) => expect(await unlessExists(Promise.reject(sdk({ name })))).toBeUndefined(),
  );

  it.each(['BucketAlreadyExists', 'AccessDenied', 'LimitExceededException'])('%s is not', async (name) => {
    await expect(unlessExists(Promise.reject(sdk({ name })))).rejects.toMatchObject({ name });
  });
});
