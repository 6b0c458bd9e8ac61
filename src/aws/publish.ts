import { PutEventsCommand } from '@aws-sdk/client-eventbridge';
import { PublishCommand } from '@aws-sdk/client-sns';
import { RadError } from '../engine/errors.ts';
import type { Aws } from './clients.ts';
import { explain, isNotFound, restate } from './errors.ts';

/** A finding as it is sent. */
export interface Message {
  /** The same each time that it is sent. */
  readonly id: string;
  readonly level: string;
  /** One line. */
  readonly title: string;
  /** JSON. */
  readonly body: string;
}

/** Of a subject SNS takes so many characters of ASCII (Amazon SNS API reference, Publish). */
const SUBJECT = 100;
const subjectOf = ({ title }: Message) => title.replace(/[^\x20-\x7e]+/g, '?').slice(0, SUBJECT);

/** A FIFO topic takes what has the same id within five minutes once (Amazon SNS developer guide, "Message deduplication"). */
export async function publishTo(aws: Aws, topic: string, message: Message): Promise<void> {
  const { id, level, body } = message;
  const sns = await aws.sns();
  const once = topic.endsWith('.fifo') && { MessageGroupId: 'findings', MessageDeduplicationId: id };
  const attribute = (StringValue: string) => ({ DataType: 'String', StringValue });
  await sns
    .send(
      new PublishCommand({
        TopicArn: topic,
        Subject: subjectOf(message),
        Message: body,
        MessageAttributes: { level: attribute(level), id: attribute(id) },
        ...once,
      }),
    )
    .catch(refused);
}

/** The answer is success also where the event was not taken (Amazon EventBridge API reference, PutEvents). */
export async function putOn(aws: Aws, bus: string, { body }: Message): Promise<void> {
  const events = await aws.eventbridge();
  const entry = { EventBusName: bus, Source: 'rad-connect', DetailType: 'Finding', Detail: body };
  const { Entries: [said] = [] } = await events.send(new PutEventsCommand({ Entries: [entry] })).catch(refused);
  if (said?.ErrorCode)
    throw new RadError('NOTIFY_FAILED', said.ErrorMessage ?? 'not taken', { awsCode: said.ErrorCode, hint: AGAIN });
}

const AGAIN = 'see that what --notify names is there, then run again: what was not sent is sent then';

function refused(error: unknown): never {
  const why = explain(error);
  if (/^(CREDENTIALS|INTERRUPTED|TIMEOUT)$/.test(why.code)) throw why;
  throw restate(why, 'NOTIFY_FAILED', why.message, isNotFound(error) ? AGAIN : (why.hint ?? AGAIN));
}
