import type { AwsCredentialIdentity } from '@smithy/types';
import { type Clock, type OnWait, unlessAborted, watched } from './clock.ts';
import type { Network } from './network.ts';
import { createRetry, SIGN_IN } from './retry.ts';

/** As the SDK asks for credentials: with the configuration of the client that needs them. */
export type Provider = (asker?: Asker) => Promise<AwsCredentialIdentity>;
interface Asker {
  readonly callerClientConfig?: { region(): Promise<string> };
}

/** What getting credentials may need of the run. */
export interface Needs {
  readonly clock: Clock;
  /** When it aborts, nobody waits for credentials any more. */
  readonly signal: AbortSignal;
  readonly network: Network | undefined;
  /** Called when they are long in coming. */
  readonly onWait?: OnWait | undefined;
  readonly version: string;
  readonly maxAttempts?: number | undefined;
  /** Asks for the code that this MFA device shows; undefined where nobody can be asked. */
  readonly mfaCode: ((serial: string) => Promise<string>) | undefined;
}

/** What the SDK's providers are made with, so that their own calls go the way of all others. */
export interface Tools extends Pick<Needs, 'clock' | 'mfaCode'> {
  readonly clientConfig: object;
  /** Where roles are assumed: the region that was called first, which is the home of the partition. */
  readonly region: string;
  readonly asker: never;
  /** Silent. Without one the SDK writes to the console. */
  readonly logger: { debug(): void; info(): void; warn(): void; error(): void };
}

/** The SDK's own margin, and how long a renewal that failed is not tried again. Milliseconds. */
const MARGIN = 300_000;
const REST = 60_000;
/** After this who waits is told. Milliseconds. */
const LONG = 10_000;

/** Asked for once, however many clients want them, and again before they expire; while that fails, the present ones serve. */
export function shared(
  needs: Needs,
  resolve: (tools: Tools) => Promise<AwsCredentialIdentity>,
  whom = 'the source of credentials',
): Provider {
  const { mfaCode: ask, onWait } = needs;
  let tools: Tools | undefined;
  let isAsking = false;
  const mfaCode = async (serial: string) => {
    isAsking = true;
    return ask!(serial).finally(() => {
      isAsking = false;
    });
  };
  // Whoever is asked for a code knows what is waited for.
  const unlessAsking = () => (isAsking ? undefined : onWait?.('sign-in', whom));
  return renewed({ ...needs, tell: unlessAsking }, async (asker) => {
    tools ??= await toolsFor({ ...needs, mfaCode: ask && mfaCode }, asker);
    return resolve(tools);
  });
}

/** The same, however they are got. What is forgotten is got anew when it is next asked for. */
export function renewed(
  { clock, signal, tell = () => undefined }: Pick<Needs, 'clock' | 'signal'> & { tell?(): (() => void) | undefined },
  resolve: (asker: Asker) => Promise<AwsCredentialIdentity>,
): Provider & { forget(): void } {
  const left = ({ expiration }: AwsCredentialIdentity) =>
    (expiration?.getTime() ?? Number.POSITIVE_INFINITY) - clock.now();
  let present: AwsCredentialIdentity | undefined;
  let pending: Promise<AwsCredentialIdentity> | undefined;
  let failedAt = Number.NEGATIVE_INFINITY;

  const renew = async (asker: Asker = {}) => {
    try {
      // Nothing is in the middle of a change while credentials are awaited, so they are given up at the first sign.
      present = await watched(unlessAborted(resolve(asker), signal), clock, LONG, tell);
    } catch (error) {
      if (!present || left(present) <= 0 || signal.aborted) throw error;
      failedAt = clock.now();
    }
    return present;
  };
  const provide: Provider = (asker) => {
    const serves = present !== undefined && left(present) > 0;
    if (present && serves && (left(present) > MARGIN || clock.now() - failedAt < REST)) return Promise.resolve(present);
    pending ??= renew(asker).finally(() => {
      pending = undefined;
    });
    if (!present || !serves) return pending;
    pending.catch(() => {});
    return Promise.resolve(present);
  };
  return Object.assign(provide, {
    forget() {
      present = undefined;
    },
  });
}

async function toolsFor(
  { clock, signal, network, version, maxAttempts, mfaCode }: Needs,
  asker: Asker,
): Promise<Tools> {
  const nothing = () => {};
  return {
    clientConfig: {
      retryStrategy: createRetry(clock, signal, maxAttempts, SIGN_IN),
      customUserAgent: [['rad-connect', version]],
      ...(network && { requestHandler: network }),
    },
    region: (await asker.callerClientConfig?.region()) ?? 'us-east-1',
    asker: asker as never,
    logger: { debug: nothing, info: nothing, warn: nothing, error: nothing },
    clock,
    mfaCode,
  };
}
