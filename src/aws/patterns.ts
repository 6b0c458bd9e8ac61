import { TestMetricFilterCommand } from '@aws-sdk/client-cloudwatch-logs';
import type { RadError } from '../engine/errors.ts';
import type { Aws } from './clients.ts';
import { explain, isError } from './errors.ts';

/** How a filter pattern fares on events: how many match, what CloudWatch Logs has against it, or why that may not be asked. */
export type Trial = { readonly matches: number } | { readonly refused: string } | { readonly unseen: RadError };

/** Subscription filters have the syntax of metric filters (CloudWatch Logs User Guide, filter pattern syntax). */
export async function tryPattern({ logs }: Aws, filterPattern: string, events: readonly string[]): Promise<Trial> {
  try {
    const { matches = [] } = await logs.send(
      new TestMetricFilterCommand({ filterPattern, logEventMessages: [...events] }),
    );
    return { matches: matches.length };
  } catch (error) {
    return isError(error, 'InvalidParameterException')
      ? { refused: (error as Error).message }
      : { unseen: explain(error) };
  }
}
