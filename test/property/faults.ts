import fc from 'fast-check';
import { accessDenied, connectionReset, serverError, throttled } from '../../src/simulator/errors.ts';
import type { Call, Fault } from '../../src/simulator/simulator.ts';
import type { RunOptions } from '../helpers/account.ts';
import { killedWhen } from '../helpers/killed.ts';

const FAULTS = {
  dropped: (): Fault => ({ when: 'before', error: connectionReset() }),
  'answer lost': (): Fault => ({ when: 'after', error: connectionReset() }),
  throttled: ({ service }: Call): Fault => ({ when: 'before', error: throttled(service) }),
  '500': (): Fault => ({ when: 'before', error: serverError() }),
  'done and 500': (): Fault => ({ when: 'after', error: serverError() }),
  denied: ({ service, operation }: Call): Fault => ({
    when: 'before',
    error: accessDenied(`${service}:${operation}`, '*'),
  }),
} as const;
type FaultName = keyof typeof FAULTS;

/** What goes wrong in one run, in few words. */
export type Trouble =
  | { readonly kind: 'killed'; readonly atWrite: number }
  | { readonly kind: 'stopped'; readonly atCall: number; readonly twice: boolean }
  | { readonly kind: 'once'; readonly atCall: number; readonly fault: FaultName }
  | { readonly kind: 'storm'; readonly percent: number; readonly fault: FaultName; readonly seed: number }
  | { readonly kind: 'denied'; readonly operation: string }
  | { readonly kind: 'late'; readonly timeout: string };

const fault = fc.constantFrom(...(Object.keys(FAULTS) as FaultName[]));
/** Each may be denied for good. */
const OPERATIONS = [
  ...['GetRole', 'GetRolePolicy', 'CreateRole', 'TagRole', 'UntagRole', 'PutRolePolicy', 'UpdateAssumeRolePolicy'],
  ...['ListBuckets', 'HeadBucket', 'CreateBucket', 'GetBucketTagging', 'GetBucketPolicy', 'PutBucketPolicy'],
  ...['PutBucketVersioning', 'PutBucketTagging', 'PutPublicAccessBlock', 'DeleteObjects', 'ListObjectVersions'],
  ...['ListClusters', 'DescribeCluster', 'UpdateClusterConfig', 'DescribeUpdate', 'TagResource', 'UntagResource'],
  ...['DescribeLogGroups', 'CreateLogGroup', 'PutRetentionPolicy', 'DescribeSubscriptionFilters', 'DeleteLogGroup'],
  ...['PutSubscriptionFilter', 'DeleteSubscriptionFilter', 'ListTagsForResource', 'CreateLogStream'],
  ...['CreateDeliveryStream', 'DescribeDeliveryStream', 'TagDeliveryStream', 'DeleteDeliveryStream'],
  ...['DeleteRole', 'ListRolePolicies', 'DeleteRolePolicy', 'DeleteBucket', 'ListRegions'],
];

export const troubles: fc.Arbitrary<Trouble> = fc.oneof(
  fc.record({ kind: fc.constant('killed' as const), atWrite: fc.integer({ min: 1, max: 70 }) }),
  fc.record({
    kind: fc.constant('stopped' as const),
    atCall: fc.integer({ min: 1, max: 150 }),
    twice: fc.boolean(),
  }),
  fc.record({ kind: fc.constant('once' as const), atCall: fc.integer({ min: 1, max: 150 }), fault }),
  fc.record({
    kind: fc.constant('storm' as const),
    percent: fc.constantFrom(2, 10, 40),
    fault,
    seed: fc.nat(10_000),
  }),
  fc.record({ kind: fc.constant('denied' as const), operation: fc.constantFrom(...OPERATIONS) }),
  fc.record({ kind: fc.constant('late' as const), timeout: fc.constantFrom('1s', '10s', '1m', '3m', '5m') }),
);

/** The same numbers from 0 to 1 in each run. */
export function numbers(seed: number): () => number {
  let state = (seed + 1) * 2_654_435_761;
  return () => {
    state = (Math.imul(state ^ (state >>> 15), 2_246_822_519) + 0x9e3779b9) >>> 0;
    return state / 2 ** 32;
  };
}

/** How a run meets this trouble: words that are typed too, and what its calls meet. */
export function meet(trouble: Trouble | null): { readonly words: readonly string[]; readonly options: RunOptions } {
  if (trouble === null) return { words: [], options: {} };
  if (trouble.kind === 'late') return { words: ['--timeout', trouble.timeout], options: {} };
  if (trouble.kind === 'stopped') return { words: [], options: stopped(trouble) };
  return { words: [], options: { faults: faultsOf(trouble) } };
}

function faultsOf(trouble: Exclude<Trouble, { kind: 'late' | 'stopped' }>): (call: Call) => Fault | undefined {
  switch (trouble.kind) {
    case 'killed':
      return killedWhen(({ writeN }) => writeN >= trouble.atWrite);
    case 'once':
      return (call) => (call.n === trouble.atCall ? FAULTS[trouble.fault](call) : undefined);
    case 'denied':
      return (call) => (call.operation === trouble.operation ? FAULTS.denied(call) : undefined);
    case 'storm': {
      const next = numbers(trouble.seed);
      return (call) => (next() * 100 < trouble.percent ? FAULTS[trouble.fault](call) : undefined);
    }
  }
}

/** Ctrl-C, and perhaps a second one two calls later. */
function stopped({ atCall, twice }: Extract<Trouble, { kind: 'stopped' }>): RunOptions {
  let stop = () => {};
  return {
    onInterrupt: (how) => {
      stop = how;
    },
    faults({ n }) {
      if (n === atCall || (twice && n === atCall + 2)) stop();
      return undefined;
    },
  };
}
