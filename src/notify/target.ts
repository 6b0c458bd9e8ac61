import { createHash } from 'node:crypto';
import { isPrivate } from '../aws/address.ts';

/** Where findings are sent. */
export type Target =
  | { readonly kind: 'topic' | 'bus'; readonly arn: string; readonly region: string }
  | { readonly kind: 'webhook'; readonly url: string };

const ARN = /^arn:[\w-]+:(sns|events):([a-z0-9-]+):\d{12}:(.+)$/;
/** Amazon SNS API reference, CreateTopic; Amazon EventBridge API reference, CreateEventBus. */
const NAMES = { sns: /^[\w-]{1,256}(\.fifo)?$/, events: /^event-bus\/[\w./-]{1,256}$/ } as const;

/** The ARN of a topic or of an event bus, or an address; undefined: it is none of them. */
export function targetOf(text: string): Target | undefined {
  const [, service, region = '', name = ''] = ARN.exec(text) ?? [];
  if (service === 'sns' && NAMES.sns.test(name)) return { kind: 'topic', arn: text, region };
  if (service === 'events' && NAMES.events.test(name)) return { kind: 'bus', arn: text, region };
  return isAddress(text) ? { kind: 'webhook', url: text } : undefined;
}

/** A password in an address would be seen by who lists processes. */
function isAddress(text: string): boolean {
  if (!URL.canParse(text)) return false;
  const url = new URL(text);
  return !url.username && !url.password && isPrivate(url);
}

/** As people are told of it. The path of a webhook is often its secret. */
export const nameOf = (target: Target): string => ('url' in target ? new URL(target.url).host : target.arn);

/** The same for the same target, and no name of it. */
export const keyOf = (target: Target): string =>
  createHash('sha256')
    .update('url' in target ? target.url : target.arn)
    .digest('hex')
    .slice(0, 16);
