import { RadError } from '../engine/errors.ts';
import type { Result } from '../render/document.ts';
import { externalId, usage } from './values.ts';

/** The questions of the program; nothing else is ever asked. */
export interface Ask {
  /** Whether somebody is there to answer. */
  readonly possible: boolean;
  /** Shows the plan, on stderr. */
  show(plan: Result): void;
  confirmPlan(): Promise<void>;
  /** That an event may be written there. */
  confirmCanary(where: string): Promise<void>;
  /** The account id, typed out. */
  confirmAccount(account: string): Promise<void>;
  regions(
    found: readonly { readonly name: string; readonly clusters: number; readonly connected: boolean }[],
  ): Promise<string[]>;
  clusters(
    found: readonly { readonly region: string; readonly name: string; readonly chosen: boolean }[],
  ): Promise<string[]>;
  externalId(): Promise<string>;
  /** The code that this MFA device shows now. */
  mfaCode(serial: string): Promise<string>;
}

interface AskOptions {
  readonly possible: boolean;
  readonly signal: AbortSignal;
  readonly input: NodeJS.ReadableStream;
  readonly output: NodeJS.WritableStream;
  /** Called before anything is asked or shown, so that nothing else moves on the screen. */
  readonly pause: () => void;
  readonly show: (plan: Result) => void;
}

export function createAsk({ possible, signal, input, output, pause, show }: AskOptions): Ask {
  const prompt = async <T>(question: object): Promise<T> => {
    if (!possible) throw usage('a question has nobody to answer it: give the answer as an option');
    pause();
    const { default: inquirer } = await import('inquirer');
    const ask = inquirer.createPromptModule({ input, output, signal } as never);
    try {
      const { answer } = (await ask([{ name: 'answer', ...question }] as never)) as { answer: T };
      return answer;
    } catch (error) {
      if (signal.aborted) throw signal.reason;
      if ((error as Error).name === 'ExitPromptError')
        throw new RadError('INTERRUPTED', 'interrupted: nothing was changed');
      throw error;
    }
  };

  return {
    possible,
    show(plan) {
      pause();
      show(plan);
    },
    async confirmPlan() {
      const yes = await prompt<boolean>({ type: 'confirm', message: 'Do this?', default: false });
      if (!yes) throw new RadError('DECLINED', 'declined: nothing was changed');
    },
    async confirmCanary(where) {
      const yes = await prompt<boolean>({
        type: 'confirm',
        message: `Write one marked event each into ${where}? Other subscribers will see it`,
        default: false,
      });
      if (!yes) throw new RadError('DECLINED', 'declined: nothing was written');
    },
    async confirmAccount(account) {
      const typed = await prompt<string>({
        type: 'input',
        message: `Type the account id ${account} to remove all of this:`,
      });
      if (typed.trim() !== account) throw new RadError('DECLINED', 'that is not the account id: nothing was changed');
    },
    regions: (found) =>
      prompt<string[]>({
        type: 'checkbox',
        message: 'Which regions?',
        required: true,
        choices: found.map(({ name, clusters, connected }) => ({
          name: `${name}  ${clusters} cluster${clusters === 1 ? '' : 's'}${connected ? ', connected' : ''}`,
          value: name,
          checked: connected || clusters > 0,
        })),
      }),
    clusters: (found) =>
      prompt<string[]>({
        type: 'checkbox',
        message: 'Which clusters?',
        required: true,
        pageSize: 15,
        choices: found.map(({ region, name, chosen }) => ({
          name: `${name}  ${region}`,
          value: name,
          checked: chosen,
        })),
      }),
    externalId: async () =>
      (
        await prompt<string>({
          type: 'input',
          message: "External id from RAD's console (empty: none):",
          validate: (text: string) => text.trim() === '' || complaint(() => externalId(text.trim())) || true,
        })
      ).trim(),
    mfaCode: (serial) =>
      prompt<string>({
        type: 'password',
        message: `MFA code of ${serial}:`,
        validate: (text: string) => /^\d{6}$/.test(text) || 'six digits',
      }),
  };
}

/** What is wrong with an answer, as the question shows it; empty: nothing. */
function complaint(check: () => unknown): string {
  try {
    check();
    return '';
  } catch (error) {
    return (error as Error).message;
  }
}
