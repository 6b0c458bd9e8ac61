import {
  ListObjectsV2Command,
  type ListObjectsV2CommandInput,
  type ListObjectsV2CommandOutput,
} from '@aws-sdk/client-s3';
import type { Aws } from './clients.ts';
import { found } from './errors.ts';

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
/** Of an hour in which more than a thousand objects have landed, the last minutes are looked at. */
const LAST_MINUTES = 5 * MINUTE;
/** Of one hour. */
const MOST_PAGES = 8;

/**
 * When the newest object was written that Firehose has put into a bucket (milliseconds since the epoch); null: there is none. Its
 * keys begin with the hour, in UTC (Data Firehose developer guide, "Amazon S3 object name format"): mostly one call.
 */
export async function newestObject(
  aws: Aws,
  bucket: string,
  now: number,
  abortSignal: AbortSignal,
): Promise<number | null> {
  const list = (more: Partial<ListObjectsV2CommandInput>) => {
    const input = { Bucket: bucket, ExpectedBucketOwner: aws.accountId, ...more };
    return found(aws.s3.send(new ListObjectsV2Command(input), { abortSignal }));
  };
  const inHour = async (Prefix: string): Promise<number | null> => {
    let page = await list({ Prefix });
    let newest = newestOf(page);
    for (let pages = 1; page?.IsTruncated && pages < MOST_PAGES; pages++) {
      const last = page.Contents?.at(-1)?.Key ?? '';
      const lately = pages === 1 ? `${stemOf(last)}${moment(now - LAST_MINUTES)}` : '';
      page = await list({ Prefix, StartAfter: lately > last ? lately : last });
      // Nothing in the last minutes: what has landed before them.
      if (lately > last && !page?.Contents?.length) page = await list({ Prefix, StartAfter: last });
      newest = Math.max(newest, newestOf(page));
    }
    return newest || null;
  };
  const lately = (await inHour(hour(now))) ?? (await inHour(hour(now - HOUR)));
  if (lately !== null) return lately;
  let prefix = '';
  for (let depth = 0; depth < 'YYYY/MM/DD/HH'.split('/').length; depth++) {
    const page = await list({ Prefix: prefix, Delimiter: '/' });
    const next = page?.CommonPrefixes?.flatMap(({ Prefix = '' }) => (/\b\d+\/$/.test(Prefix) ? [Prefix] : [])).at(-1);
    if (!next) return null;
    prefix = next;
  }
  return inHour(prefix);
}

const hour = (time: number) => new Date(time).toISOString().slice(0, 13).replace(/[-T]/g, '/').concat('/');
const moment = (time: number) => new Date(time).toISOString().slice(0, 19).replace(/[T:]/g, '-');
/** Of a key, what comes before the time: prefix, name and version of the stream. */
const stemOf = (key: string) => /^(.*-\d+-)\d{4}(-\d\d){5}-/.exec(key)?.[1] ?? '';
const newestOf = (page: Pick<ListObjectsV2CommandOutput, 'Contents'> | undefined) =>
  Math.max(0, ...(page?.Contents ?? []).map(({ LastModified }) => LastModified?.getTime() ?? 0));
