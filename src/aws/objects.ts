import { GetObjectCommand, paginateListObjectsV2 } from '@aws-sdk/client-s3';
import type { Aws } from './clients.ts';
import { found } from './errors.ts';

/** An object of a bucket; when it was written, in milliseconds since the epoch. */
export interface StoredObject {
  readonly key: string;
  readonly at: number;
}

export async function listObjects(
  { s3: client, accountId }: Aws,
  Bucket: string,
  Prefix: string,
): Promise<StoredObject[]> {
  const objects: StoredObject[] = [];
  for await (const { Contents = [] } of paginateListObjectsV2(
    { client },
    { Bucket, Prefix, ExpectedBucketOwner: accountId },
  ))
    objects.push(...Contents.map(({ Key = '', LastModified }) => ({ key: Key, at: LastModified?.getTime() ?? 0 })));
  return objects;
}

/** Its bytes; undefined: it has expired in the meantime. */
export async function openObject(
  { s3, accountId }: Aws,
  Bucket: string,
  Key: string,
): Promise<AsyncIterable<Uint8Array> | undefined> {
  const object = await found(s3.send(new GetObjectCommand({ Bucket, Key, ExpectedBucketOwner: accountId })));
  return object?.Body as AsyncIterable<Uint8Array> | undefined;
}
