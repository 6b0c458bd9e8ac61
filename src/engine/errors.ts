/** What the process says when it ends, in the words of `help exit-codes`. */
export const EXIT_CODES: Readonly<Record<string, string>> = {
  0: 'the goal holds: done, or nothing to do',
  1: 'nothing achieved: failed, or everything blocked',
  2: 'differences exist, with `--detailed-exitcode`; something is missing, with `sync --check`; something was found, with `findings --fail-on`',
  3: 'partial: some regions or clusters failed or are blocked, the rest are done; safe to run again. `doctor`: it found an error',
  4: 'no usable credentials: none, expired, or of another account',
  5: 'permission denied before anything was written',
  64: 'bad option or value; nothing was written',
  130: 'interrupted or declined; safe to run again',
};

/**
 * Every code that a result can carry: what it means, and whether AWS or the account refuses for good (`blocks`),
 * so that trying again changes nothing until somebody acts.
 */
export const ERROR_CODES = {
  USAGE: { exit: 64, blocks: false, meaning: 'a bad option or value' },
  CREDENTIALS: { exit: 4, blocks: false, meaning: 'no usable AWS credentials' },
  ACCOUNT_MISMATCH: { exit: 4, blocks: false, meaning: 'the credentials belong to another account' },
  DECLINED: { exit: 130, blocks: false, meaning: 'declined' },
  INTERRUPTED: { exit: 130, blocks: false, meaning: 'interrupted' },
  PERMISSION_DENIED: { exit: 5, blocks: false, meaning: 'IAM denies a call' },
  REGION_DENIED: { exit: 5, blocks: false, meaning: 'a policy denies the region' },
  REGION_NOT_ENABLED: { exit: 1, blocks: false, meaning: 'the region is not enabled for the account' },
  REGION_UNREACHABLE: { exit: 1, blocks: false, meaning: 'no answer from the region' },
  FOREIGN: { exit: 1, blocks: true, meaning: 'a thing of our name exists and is not ours' },
  ADOPTION_INCOMPLETE: { exit: 1, blocks: true, meaning: "a cluster of RAD's Terraform module is left out" },
  NAME_TAKEN: { exit: 1, blocks: true, meaning: 'another account holds the bucket name' },
  FILTER_SLOTS_FULL: { exit: 1, blocks: true, meaning: 'the log group has no free subscription filter' },
  LOG_CLASS_UNSUPPORTED: { exit: 1, blocks: true, meaning: 'the class of the log group allows no subscription filter' },
  KMS_KEY_UNUSABLE: { exit: 1, blocks: true, meaning: 'a KMS key cannot be used' },
  TWO_RECORDS: { exit: 1, blocks: true, meaning: 'two buckets hold a record of the installation' },
  ROLE_MISSING: { exit: 1, blocks: true, meaning: 'a role that was to be made elsewhere does not exist' },
  SUBNET_IPS: { exit: 1, blocks: false, meaning: 'EKS finds too few free addresses in the cluster subnets' },
  CLUSTER_BUSY: { exit: 1, blocks: false, meaning: 'the cluster is being changed by somebody else' },
  CLUSTER_UPDATE_FAILED: { exit: 1, blocks: false, meaning: 'EKS could not change the cluster' },
  FOLDER: { exit: 1, blocks: false, meaning: 'a folder of this machine cannot be read or written' },
  NOT_DELIVERED: { exit: 1, blocks: false, meaning: 'no event of a cluster arrives in the bucket, or no longer' },
  RAD_CANNOT_READ: { exit: 1, blocks: false, meaning: 'the role that RAD reads with may not read a bucket' },
  CANARY_REMAINS: { exit: 1, blocks: false, meaning: 'a log stream of verify --canary could not be deleted' },
  DELIVERY_DENIED: { exit: 1, blocks: false, meaning: 'CloudWatch Logs or Firehose cannot use its role' },
  QUOTA_EXCEEDED: { exit: 1, blocks: true, meaning: 'a quota of the account is used up' },
  BUCKET_NOT_EMPTY: { exit: 1, blocks: false, meaning: 'objects of the bucket cannot be deleted' },
  RAD_REGISTRATION_DENIED: { exit: 1, blocks: false, meaning: "RAD's API refuses the keys" },
  RAD_REGISTRATION_FAILED: { exit: 1, blocks: false, meaning: "RAD's API does not answer, or not as it should" },
  THROTTLED: { exit: 1, blocks: false, meaning: 'AWS keeps asking to slow down' },
  TIMEOUT: { exit: 1, blocks: false, meaning: 'out of time' },
  NETWORK: { exit: 1, blocks: false, meaning: 'no connection to AWS' },
  AWS: { exit: 1, blocks: false, meaning: 'a call to AWS failed' },
  RULE_TEST_FAILED: { exit: 1, blocks: false, meaning: 'a detection does not say what its tests say' },
  NOTIFY_FAILED: { exit: 1, blocks: false, meaning: 'a finding cannot be sent to where --notify says' },
  DUCKDB_MISSING: { exit: 1, blocks: false, meaning: 'DuckDB, which is optional, is not installed' },
  SANDBOX: { exit: 1, blocks: false, meaning: 'the sandbox file cannot be used' },
  INTERNAL: { exit: 1, blocks: false, meaning: 'a bug of rad-connect' },
} as const;

export type ErrorCode = keyof typeof ERROR_CODES;

export interface ErrorDetails {
  /** What to do about it: a command or a sentence. */
  readonly hint?: string | undefined;
  readonly awsCode?: string | undefined;
  readonly requestId?: string | undefined;
  readonly cause?: unknown;
}

/** The only error that leaves a room. The message says what and which; the hint says what to do. */
export class RadError extends Error {
  readonly code: ErrorCode;
  readonly hint: string | undefined;
  readonly awsCode: string | undefined;
  readonly requestId: string | undefined;
  constructor(code: ErrorCode, message: string, details: ErrorDetails = {}) {
    super(message, { cause: details.cause });
    this.name = 'RadError';
    this.code = code;
    this.hint = details.hint;
    this.awsCode = details.awsCode;
    this.requestId = details.requestId;
  }
  get blocks(): boolean {
    return ERROR_CODES[this.code].blocks;
  }
}

export const asRadError = (error: unknown): RadError =>
  error instanceof RadError
    ? error
    : new RadError('INTERNAL', error instanceof Error ? error.message : String(error), { cause: error });
