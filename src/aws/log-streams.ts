import {
  CreateLogStreamCommand,
  DeleteLogStreamCommand,
  PutLogEventsCommand,
  paginateDescribeLogStreams,
} from '@aws-sdk/client-cloudwatch-logs';
import { RadError } from '../engine/errors.ts';
import type { Aws } from './clients.ts';
import { found, unlessExists } from './errors.ts';

/** The log streams of a group that begin so and were made before this moment (milliseconds since the epoch). */
export async function olderLogStreams(
  { logs: client }: Aws,
  logGroupName: string,
  prefix: string,
  moment: number,
): Promise<string[]> {
  const names: string[] = [];
  const input = { logGroupName, logStreamNamePrefix: prefix };
  for await (const { logStreams = [] } of paginateDescribeLogStreams({ client }, input))
    for (const { logStreamName = '', creationTime = moment } of logStreams)
      if (creationTime < moment) names.push(logStreamName);
  return names;
}

/** Writes one event into a log stream of its own. */
export async function writeEvent(
  { logs }: Aws,
  logGroupName: string,
  logStreamName: string,
  message: string,
  timestamp: number,
): Promise<void> {
  await unlessExists(logs.send(new CreateLogStreamCommand({ logGroupName, logStreamName })));
  const logEvents = [{ timestamp, message }];
  const { rejectedLogEventsInfo } = await logs.send(
    new PutLogEventsCommand({ logGroupName, logStreamName, logEvents }),
  );
  if (!rejectedLogEventsInfo) return;
  throw new RadError('AWS', `CloudWatch Logs did not take the event: its time is not that of AWS`, {
    hint: 'set the clock of this machine, then run again',
  });
}

export const deleteLogStream = ({ logs }: Aws, logGroupName: string, logStreamName: string): Promise<unknown> =>
  found(logs.send(new DeleteLogStreamCommand({ logGroupName, logStreamName })));
