import { TagDeliveryStreamCommand, UntagDeliveryStreamCommand } from '@aws-sdk/client-firehose';
import type { Run, Tags } from '../engine/resource.ts';
import type { Aws } from './clients.ts';
import { found } from './errors.ts';

const LIMIT_TAG = 'rad-connect:filter-limit';
const DAY = 86_400_000;
/** After this long a learned limit is tried anew: AWS has raised it before (1, 2, 5). */
const LIMIT_AGE = 30 * DAY;

/** How many filters a log group takes is never assumed: AWS's refusal teaches it, a tag of our stream keeps it. */
export const slots = {
  /** The number of filters at which AWS refused another one, unless that was long ago. */
  limit(streamTags: Tags | undefined, now: number): number | undefined {
    const [count, date] = streamTags?.[LIMIT_TAG]?.split(' ') ?? [];
    if (count === undefined || !(now - Date.parse(date ?? '') < LIMIT_AGE)) return undefined;
    return Number(count);
  },

  async noticeFull(aws: Aws, count: number, destination: string, run: Run): Promise<void> {
    const value = `${count} ${new Date(run.now()).toISOString().slice(0, 10)}`;
    if (learned.get(aws) === value) return;
    learned.set(aws, value);
    const input = { DeliveryStreamName: streamOf(destination), Tags: [{ Key: LIMIT_TAG, Value: value }] };
    // Only a note for the next run: its failure must not hide why there is one.
    await aws.firehose.send(new TagDeliveryStreamCommand(input)).catch(() => {});
  },

  /** A group that took ours beside as many others proves the learned limit wrong. */
  async noticeMade(aws: Aws, others: number, destination: string): Promise<void> {
    const limit = Number(learned.get(aws)?.split(' ')[0]);
    if (!(others >= limit)) return;
    learned.delete(aws);
    await found(
      aws.firehose.send(
        new UntagDeliveryStreamCommand({ DeliveryStreamName: streamOf(destination), TagKeys: [LIMIT_TAG] }),
      ),
    );
  },

  /** What the tags of the stream say, for this run. */
  remember(aws: Aws, streamTags: Tags): void {
    const value = streamTags[LIMIT_TAG];
    if (value) learned.set(aws, value);
  },
};
const learned = new WeakMap<Aws, string>();
const streamOf = (arn: string) => arn.slice(arn.indexOf('/') + 1);
