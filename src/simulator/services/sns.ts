import { own, uuidOf } from '../basics.ts';
import { awsError } from '../errors.ts';
import type { Service } from './service.ts';

export const sns: Service = {
  /** Amazon SNS API reference, Publish; of FIFO topics: Amazon SNS developer guide, "Message deduplication". */
  Publish({ here, world, now }, { TopicArn, Subject, Message, MessageDeduplicationId }) {
    const topic = own(here.topics ?? {}, String(TopicArn).split(':')[5] ?? '');
    if (!topic) throw awsError('NotFoundException', 'Topic does not exist', 404);
    const isFifo = String(TopicArn).endsWith('.fifo');
    if (isFifo && !MessageDeduplicationId)
      throw awsError('InvalidParameterException', 'Invalid parameter: The MessageGroupId parameter is required');
    if (Subject && (Subject.length > 100 || /[^\x20-\x7e]/.test(Subject)))
      throw awsError('InvalidParameterException', 'Invalid parameter: Subject');
    const id = isFifo ? MessageDeduplicationId : `${world.account}/${TopicArn}/${topic.length}/${now}`;
    const isKnown = isFifo && topic.some((one) => one.id === id && now - one.at < 300_000);
    if (!isKnown) topic.push({ id, at: now, subject: Subject ?? '', body: Message });
    return { MessageId: uuidOf(id) };
  },
};
