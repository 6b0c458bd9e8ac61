import type { ClientOptions } from './aws/clients.ts';
import type { Clock } from './aws/clock.ts';
import type { CredentialSource } from './aws/credentials.ts';
import type { Send } from './aws/http.ts';
import type { Stream } from './render/style.ts';

/** Everything of the process that the program uses; tests bring their own. */
export interface Io {
  readonly stdin: NodeJS.ReadableStream & { readonly isTTY?: boolean };
  readonly stdout: Stream;
  readonly stderr: Stream & NodeJS.WritableStream;
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly version: string;
  /** The folder of the rules that come along. */
  readonly rules: string;
  /** Called with what to do when the user wants to stop, and whether nothing is to be said of it; returns how to take it back. */
  onInterrupt(stop: () => void, isQuiet: boolean): () => void;
  /** Another AWS than the real one. */
  readonly aws?: Backing;
}

/** What stands behind the clients: time, credentials, and the simulator that answers them. */
export interface Backing extends Pick<ClientOptions, 'credentials' | 'network' | 'onClient'> {
  readonly clock: Clock;
  /** What RAD's API is spoken through, where it is not the network. */
  readonly rad?: Send;
  /** As the first line of a run names it. */
  readonly name: string;
  /** How the time between two looks passes, where it is not by sleeping on the clock. */
  pause?(ms: number, signal: AbortSignal): Promise<void>;
  /** Of the real AWS. */
  readonly source?: CredentialSource;
}
