import { GetLogEventsCommand } from '@aws-sdk/client-cloudwatch-logs';
import type { Aws } from './clients.ts';
import { found } from './errors.ts';
import { ERROR_LOG_STREAM } from './kinds/log-group.ts';

/** What Firehose says of a delivery that failed (Data Firehose developer guide, "Monitor Amazon Data Firehose Using CloudWatch Logs"). */
export interface DeliveryError {
  /** Milliseconds since the epoch. */
  readonly at: number;
  readonly code: string;
  readonly message: string;
}

const NEWEST = 20;

/** The newest lines of Firehose's error log, newest last; none where there is no log. */
export async function deliveryErrors(
  { logs }: Aws,
  logGroupName: string,
  abortSignal: AbortSignal,
): Promise<DeliveryError[]> {
  const input = { logGroupName, logStreamName: ERROR_LOG_STREAM, limit: NEWEST };
  const page = await found(logs.send(new GetLogEventsCommand(input), { abortSignal }));
  return (page?.events ?? []).map(({ timestamp = 0, message = '' }) => ({ at: timestamp, ...parsed(message) }));
}

function parsed(text: string): Omit<DeliveryError, 'at'> {
  try {
    const { errorCode = '', message = '' } = JSON.parse(text) as { errorCode?: string; message?: string };
    return { code: String(errorCode), message: String(message) };
  } catch {
    return { code: '', message: text };
  }
}
