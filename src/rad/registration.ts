import type { Reply } from '../aws/exchange.ts';
import { shown } from '../aws/kinds/define.ts';
import { asRadError, type RadError } from '../engine/errors.ts';
import { absent, defineKind, type Resource, type Tags } from '../engine/resource.ts';
import type { Rad } from './api.ts';

/** What the kind works on: RAD's API, and the thing whose tags hold the record. */
export interface RadAccount {
  readonly region: 'global';
  /** undefined: there are no keys; then nothing is ever put or deleted. */
  readonly rad: Rad | undefined;
  readonly record: Resource;
  readonly readerArn: string;
  /** Its tags as the run found them. */
  readonly tags: Tags;
}

export type RegistrationSpec = {
  /** With which RAD reads. */
  readonly role: string;
};

const KEY = 'rad-connect:registration';
/**
 * pending: written before RAD is called, whose answer may never reach us. existing: RAD knew the account before; it is not ours to
 * remove. RAD's own id is not kept: a repeated call does not tell it, and no call needs it.
 */
type State = 'none' | 'pending' | 'made' | 'existing';

/** What the record says of the registration. */
export function registrationState(tags: Tags = {}): State {
  const value = tags[KEY];
  return value === undefined ? 'none' : value === 'pending' || value === 'existing' ? value : 'made';
}

/** RAD's API can neither list nor show registrations of AWS accounts, so the record is all there is to read. */
export const registration = defineKind<RegistrationSpec, RadAccount>(
  {
    type: 'rad:registration',
    claim: () => true,

    async read({ record, readerArn, tags }, _account, how) {
      const state = registrationState(how === 'survey' ? tags : (await record.read('fresh')).tags);
      if (state === 'none') return absent();
      const spec = state === 'pending' ? {} : { role: readerArn };
      return { exists: true, spec, tags: undefined, facts: { state } };
    },

    put: {
      async role({ rad, record }, account, { role }) {
        const isAgain = registrationState((await record.read('fresh')).tags) === 'pending';
        const session = await rad!.signIn();
        if (!isAgain) await record.tag({ [KEY]: 'pending' });
        const how = await session.register(account, role).catch(async (error: RadError) => {
          // A first attempt that was refused has done nothing: an account that RAD knows later is not ours.
          if (
            !isAgain &&
            error.code === 'RAD_REGISTRATION_DENIED' &&
            !(error.cause as Partial<Reply> | undefined)?.isRepeat
          )
            await record.untag([KEY]);
          throw error;
        });
        const isOurs = how === 'made' || (how === 'known' && isAgain);
        await record.tag({ [KEY]: isOurs ? 'made' : 'existing' });
      },
    },

    async delete({ rad, record, readerArn }, account) {
      const session = await rad!.signIn();
      await session.remove(account, readerArn);
      await record.untag([KEY]);
    },
  },
  asRadError,
  shown,
);
