import { own, uuidOf } from '../basics.ts';
import type { Input, Service } from './service.ts';

export const eventbridge: Service = {
  /** An event that is not taken is told in an answer that is success all the same (Amazon EventBridge API reference, PutEvents). */
  PutEvents({ here, now }, { Entries }) {
    const answers = (Entries as Input[]).map(({ EventBusName, Detail, DetailType }) => {
      const bus = own(here.buses ?? {}, String(EventBusName ?? 'default').replace(/^.*event-bus\//, ''));
      if (!bus) return { ErrorCode: 'InvalidArgument', ErrorMessage: `Event bus ${EventBusName} does not exist.` };
      bus.push({ id: '', at: now, subject: DetailType, body: Detail });
      return { EventId: uuidOf(`event ${bus.length} ${now}`) };
    });
    return { FailedEntryCount: answers.filter(({ ErrorCode }) => ErrorCode).length, Entries: answers };
  },
};
