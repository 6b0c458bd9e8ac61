import {
  type BucketLocationConstraint,
  CreateBucketCommand,
  GetBucketEncryptionCommand,
  GetBucketLifecycleConfigurationCommand,
  GetBucketOwnershipControlsCommand,
  GetBucketPolicyCommand,
  GetBucketTaggingCommand,
  GetBucketVersioningCommand,
  GetPublicAccessBlockCommand,
  HeadBucketCommand,
  type LifecycleRule,
  PutBucketEncryptionCommand,
  PutBucketLifecycleConfigurationCommand,
  PutBucketOwnershipControlsCommand,
  PutBucketPolicyCommand,
  PutBucketTaggingCommand,
  PutBucketVersioningCommand,
  PutPublicAccessBlockCommand,
  paginateListBuckets,
  type ServerSideEncryptionRule,
} from '@aws-sdk/client-s3';
import { RadError } from '../../engine/errors.ts';
import { absent, type Spec, type Tags } from '../../engine/resource.ts';
import { emptyAndDelete } from '../bucket-deletion.ts';
import type { Aws } from '../clients.ts';
import { list, normaliseStatement, print } from '../documents.ts';
import { found, isDenied, isError, restate, unlessExists } from '../errors.ts';
import { usedUp } from '../quotas.ts';
import { fromList, toList } from '../tags.ts';
import { eventually, until } from '../wait.ts';
import { defineAwsKind } from './define.ts';

export type BucketSpec = {
  readonly publicAccess: Readonly<Record<(typeof BLOCKS)[number], boolean>>;
  readonly ownership: string;
  readonly encryption: { readonly algorithm: string; readonly kmsKey: string | null; readonly bucketKey?: boolean };
  readonly versioning: 'Enabled';
  /** Days, of the one rule that is ours; other rules of the bucket stay. */
  readonly lifecycle: {
    readonly enabled: boolean;
    readonly expire: number;
    readonly noncurrent: number;
    readonly abortMultipart: number;
    readonly scope: string;
  };
  /** Our statement, compared as a whole, and what others have added to it. */
  readonly policy: { readonly ours: readonly Spec[]; readonly others: readonly Spec[] };
};

const BLOCKS = ['BlockPublicAcls', 'IgnorePublicAcls', 'BlockPublicPolicy', 'RestrictPublicBuckets'] as const;
const RULE = 'rad-connect';
export const SCOPE = 'all objects';

/** Every call names the account that must own the bucket: a squatted name is refused instead of used. */
const at = ({ accountId }: Aws, Bucket: string) => ({ Bucket, ExpectedBucketOwner: accountId });
/** S3 answers OperationAborted to writes that cross each other on one bucket, and so does a name that was freed just now. */
const isCrossed = (error: unknown) => isError(error, 'OperationAborted');

/** S3 replaces the whole tag set: read, merge, put; and takes no tags of AWS's own. */
export const tagging = {
  tag: (aws: Aws, name: string, tags: Tags) => putTags(aws, name, (now) => ({ ...now, ...tags })),
  untag: (aws: Aws, name: string, keys: readonly string[]) =>
    putTags(aws, name, (now) => Object.fromEntries(Object.entries(now).filter(([key]) => !keys.includes(key)))),
};

export const bucket = defineAwsKind<BucketSpec>({
  type: 's3:bucket',
  claim: 'tag',

  async read(aws, Bucket) {
    if (!(await head(aws, Bucket))) return absent();
    const { s3 } = aws;
    const own = at(aws, Bucket);
    const [access, ownership, encryption, versioning, lifecycle, policy, tags] = await Promise.all([
      found(s3.send(new GetPublicAccessBlockCommand(own))),
      found(s3.send(new GetBucketOwnershipControlsCommand(own))),
      found(s3.send(new GetBucketEncryptionCommand(own))),
      found(s3.send(new GetBucketVersioningCommand(own))),
      readLifecycle(aws, Bucket),
      readPolicy(aws, Bucket),
      bucketTags(aws, Bucket),
    ]);
    const blocks = access?.PublicAccessBlockConfiguration;
    const sse = encryption?.ServerSideEncryptionConfiguration?.Rules?.[0];
    const rule = lifecycle?.Rules?.find(({ ID }) => ID === RULE);
    return {
      exists: true,
      spec: {
        publicAccess: Object.fromEntries(
          BLOCKS.map((block) => [block, blocks?.[block] ?? false]),
        ) as BucketSpec['publicAccess'],
        ownership: ownership?.OwnershipControls?.Rules?.[0]?.ObjectOwnership ?? 'ObjectWriter',
        ...(sse?.ApplyServerSideEncryptionByDefault && { encryption: flattenEncryption(sse) }),
        ...(versioning?.Status === 'Enabled' && { versioning: 'Enabled' }),
        ...(rule && { lifecycle: flattenRule(rule) }),
        policy: split(policy),
      },
      tags,
      facts: {},
    };
  },

  async create(aws, Bucket, _spec, tags, run) {
    const { region } = aws;
    // us-east-1 is the default place and must not be named; only account-regional names may end in -an (S3 User Guide).
    const place = region === 'us-east-1' ? {} : { LocationConstraint: region as BucketLocationConstraint };
    const input = {
      Bucket,
      ...(Bucket.endsWith('-an') && { BucketNamespace: 'account-regional' as const }),
      CreateBucketConfiguration: { ...place, Tags: toList(tags) },
    };
    await eventually(() => unlessExists(aws.s3.send(new CreateBucketCommand(input))), isCrossed, run, {
      what: 'S3 to free the name',
    }).catch(usedUp(aws, 'buckets'));
    await until(() => head(aws, Bucket), Boolean, run, { what: `bucket ${Bucket} to appear` });
  },

  put: {
    publicAccess: (aws, name, { publicAccess }) =>
      aws.s3.send(new PutPublicAccessBlockCommand({ ...at(aws, name), PublicAccessBlockConfiguration: publicAccess })),
    ownership: (aws, name, { ownership }) =>
      aws.s3.send(
        new PutBucketOwnershipControlsCommand({
          ...at(aws, name),
          OwnershipControls: { Rules: [{ ObjectOwnership: ownership as 'BucketOwnerEnforced' }] },
        }),
      ),
    async encryption(aws, name, { encryption: { algorithm, kmsKey } }) {
      // S3 has since April 2026 a list of blocked kinds beside the algorithm, which a write without it may change.
      const now = await found(aws.s3.send(new GetBucketEncryptionCommand(at(aws, name))));
      const rule = {
        ...now?.ServerSideEncryptionConfiguration?.Rules?.[0],
        ApplyServerSideEncryptionByDefault: {
          SSEAlgorithm: algorithm as 'AES256',
          ...(kmsKey && { KMSMasterKeyID: kmsKey }),
        },
        BucketKeyEnabled: algorithm === 'aws:kms' && kmsKey !== null,
      };
      await aws.s3.send(
        new PutBucketEncryptionCommand({ ...at(aws, name), ServerSideEncryptionConfiguration: { Rules: [rule] } }),
      );
    },
    versioning: (aws, name, { versioning }) =>
      aws.s3.send(
        new PutBucketVersioningCommand({ ...at(aws, name), VersioningConfiguration: { Status: versioning } }),
      ),
    async lifecycle(aws, name, { lifecycle }) {
      const now = await readLifecycle(aws, name);
      const others = now?.Rules?.filter(({ ID }) => ID !== RULE) ?? [];
      const input = {
        ...at(aws, name),
        LifecycleConfiguration: { Rules: [...others, expandRule(lifecycle)] },
        // Holds for the rules of others too, and a write without it would set it back.
        TransitionDefaultMinimumObjectSize: now?.TransitionDefaultMinimumObjectSize,
      };
      await aws.s3.send(new PutBucketLifecycleConfigurationCommand(input));
    },
    async policy(aws, name, { policy }) {
      const document = await readPolicy(aws, name);
      const { others } = split(document);
      const Policy = print({ Version: '2012-10-17', ...document, Statement: [...policy.ours, ...others] });
      await aws.s3.send(new PutBucketPolicyCommand({ ...at(aws, name), Policy }));
    },
  },

  ...tagging,

  delete: (aws, name, run) => emptyAndDelete(aws, name, run),

  stricter(path, before, after) {
    // No number of days, or a rule that was switched off: kept for ever, which is longest of all.
    if (path === 'lifecycle.enabled' || before === 0) return true;
    if (path.startsWith('lifecycle.')) return Number(before) > Number(after);
    if (path === 'policy.others') return list(before).length > 0;
    if (path === 'encryption.algorithm') return before === DOUBLE || (before === 'aws:kms' && after === 'AES256');
    return path === 'encryption.kmsKey' && typeof before === 'string' && after === null;
  },
});

/** True: there, and ours to look at. */
async function head(aws: Aws, Bucket: string): Promise<boolean> {
  try {
    return (await found(aws.s3.send(new HeadBucketCommand(at(aws, Bucket))))) !== undefined;
  } catch (error) {
    if (!isDenied(error)) throw error;
    const listed = await isListed(aws, Bucket);
    if (listed === undefined) throw unknown(Bucket, error);
    if (listed) throw denied(Bucket, error);
    throw new RadError('NAME_TAKEN', `the bucket name ${Bucket} belongs to another AWS account`, {
      hint: 'choose another --name-prefix',
    });
  }
}

const denied = (Bucket: string, error: unknown) =>
  restate(
    error,
    'PERMISSION_DENIED',
    `these credentials may not see bucket ${Bucket}`,
    `allow s3:ListBucket on ${Bucket} for these credentials, then run again`,
  );

const unknown = (Bucket: string, error: unknown) =>
  restate(
    error,
    'PERMISSION_DENIED',
    `bucket ${Bucket} belongs to another AWS account, or these credentials may not see it`,
    `allow s3:ListBucket on ${Bucket} for these credentials, and s3:ListAllMyBuckets to tell which it is, then run again`,
  );

/** HeadBucket answers 403 to a stranger's bucket as to a missing permission: the account's own list tells them apart, unless it may not be seen either: undefined. */
async function isListed({ s3: client, accountId, region }: Aws, name: string): Promise<boolean | undefined> {
  // In the account-regional namespace nobody else can hold the name (S3 User Guide, account-regional namespaces).
  if (name.endsWith(`-${accountId}-${region}-an`)) return true;
  try {
    for await (const { Buckets = [] } of paginateListBuckets({ client }, { Prefix: name })) {
      if (Buckets.some(({ Name }) => Name === name)) return true;
    }
    return false;
  } catch (error) {
    if (isDenied(error)) return undefined;
    throw error;
  }
}

/** Two layers of encryption, which know no bucket key (Amazon S3 User Guide, DSSE-KMS). */
const DOUBLE = 'aws:kms:dsse';
function flattenEncryption({ ApplyServerSideEncryptionByDefault: sse, BucketKeyEnabled }: ServerSideEncryptionRule) {
  const algorithm = sse?.SSEAlgorithm ?? '';
  const bucketKey = algorithm === DOUBLE || BucketKeyEnabled === true;
  return { algorithm, kmsKey: sse?.KMSMasterKeyID ?? null, ...(algorithm !== 'AES256' && { bucketKey }) };
}

const readLifecycle = (aws: Aws, name: string) =>
  found(aws.s3.send(new GetBucketLifecycleConfigurationCommand(at(aws, name))));

const flattenRule = (rule: LifecycleRule): BucketSpec['lifecycle'] => ({
  enabled: rule.Status === 'Enabled',
  // A date that has come deletes everything: shorter than any number of days.
  expire: rule.Expiration?.Date ? 1 : (rule.Expiration?.Days ?? 0),
  noncurrent: rule.NoncurrentVersionExpiration?.NoncurrentDays ?? 0,
  abortMultipart: rule.AbortIncompleteMultipartUpload?.DaysAfterInitiation ?? 0,
  scope: isForAll(rule) ? SCOPE : 'some objects',
});
const isForAll = ({ Filter, Prefix }: LifecycleRule) => !Prefix && Object.values(Filter ?? {}).every((value) => !value);

/** Zero days stand for never, which S3 writes as nothing. */
const expandRule = (rule: BucketSpec['lifecycle']): LifecycleRule => ({
  ID: RULE,
  Status: rule.enabled ? 'Enabled' : 'Disabled',
  Filter: { Prefix: '' },
  ...(rule.expire && { Expiration: { Days: rule.expire } }),
  ...(rule.noncurrent && { NoncurrentVersionExpiration: { NoncurrentDays: rule.noncurrent } }),
  ...(rule.abortMultipart && { AbortIncompleteMultipartUpload: { DaysAfterInitiation: rule.abortMultipart } }),
});

async function readPolicy(aws: Aws, name: string): Promise<Spec> {
  const text = (await found(aws.s3.send(new GetBucketPolicyCommand(at(aws, name)))))?.Policy;
  return text ? (JSON.parse(text) as Spec) : {};
}

/** Our statement is known by its Sid. */
export const SID = 'RadConnectTlsOnly';
function split({ Statement }: Spec): BucketSpec['policy'] {
  const statements = list(Statement).map((statement) => normaliseStatement(statement as Spec));
  return {
    ours: statements.filter(({ Sid }) => Sid === SID),
    others: statements.filter(({ Sid }) => Sid !== SID),
  };
}

/** None where there is no such bucket. */
export const bucketTags = async (aws: Aws, name: string): Promise<Tags> =>
  fromList((await found(aws.s3.send(new GetBucketTaggingCommand(at(aws, name)))))?.TagSet);

async function putTags(aws: Aws, name: string, change: (now: Tags) => Tags): Promise<void> {
  const tags = Object.entries(change(await bucketTags(aws, name))).filter(([key]) => !key.startsWith('aws:'));
  await aws.s3.send(
    new PutBucketTaggingCommand({ ...at(aws, name), Tagging: { TagSet: toList(Object.fromEntries(tags)) } }),
  );
}
