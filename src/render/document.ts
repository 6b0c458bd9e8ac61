import type { RegionState } from '../aws/discover.ts';
import type { Cost } from '../desired/cost.ts';
import type { PolicyDocument } from '../desired/operator-policy.ts';
import type { Change } from '../engine/diff.ts';
import { ERROR_CODES, type ErrorCode, type RadError } from '../engine/errors.ts';
import type { Outcome } from '../engine/event.ts';
import { type Goal, isOurs, type Reason, type Step, writes } from '../engine/plan.ts';
import type { Json, Resource, Type } from '../engine/resource.ts';
import type { Findings } from '../findings/findings.ts';
import type { Detections } from '../findings/report.ts';
import type { ClusterDelivery, RegionDelivery, RegionHealth } from '../health/verdict.ts';
import type { Coverage } from '../sigma/coverage.ts';
import type { Level } from '../sigma/rule.ts';
import type { TestVerdict } from '../sigma/verdicts.ts';
import type { SyncReport, Transfer } from '../sync/report.ts';
import type { ReaderRow, Trouble, Verification, VerificationRow } from '../verify/verification.ts';

/** A remark that stops nothing. */
export interface Notice {
  readonly code: string;
  readonly region: string;
  readonly id: string;
  readonly message: string;
  readonly hint: string | null;
}
export interface Problem extends Notice {
  readonly awsCode: string | null;
  readonly requestId: string | null;
}

/** What `doctor` found: what it is and why it matters, and as the hint what mends it. */
export interface Finding extends Notice {
  readonly severity: 'error' | 'warning' | 'note';
  readonly check: string;
}
/** One thing that `doctor` looked at, in one place. */
export interface CheckRow {
  readonly name: string;
  readonly region: string;
  readonly state: 'ok' | 'found' | 'unknown';
  /** What is good, or why it is not known; null where findings tell. */
  readonly reason: string | null;
}
export interface Diagnosis {
  readonly findings: readonly Finding[];
  readonly checks: readonly CheckRow[];
}

export interface ChangeRow {
  readonly region: string;
  readonly type: Type;
  readonly id: string;
  readonly action: 'create' | 'update' | 'adopt' | 'delete' | 'restore' | 'keep' | 'none' | 'blocked';
  readonly reason: Reason | null;
  readonly status: 'planned' | 'done' | 'unchanged' | 'failed' | 'skipped';
  readonly diff: readonly {
    readonly path: string;
    readonly before: Json;
    readonly after: Json;
    readonly kept?: true;
  }[];
  /** Why it is kept, blocked or skipped. */
  readonly note: string | null;
}
export interface ClusterRow {
  readonly region: string;
  readonly name: string;
  readonly auditLogging: boolean;
  readonly filter: 'ok' | 'missing' | 'drifted' | 'foreign' | 'blocked';
  readonly delivery: ClusterDelivery;
  readonly managedBy: 'cloudformation' | 'eksctl' | 'terraform' | null;
}
export interface RegionRow {
  readonly name: string;
  readonly state: RegionState;
  /** Of status only, where the region is connected. */
  readonly delivery?: RegionDelivery;
}
export type Summary = Record<
  | 'clusters'
  | 'create'
  | 'update'
  | 'adopt'
  | 'delete'
  | 'restore'
  | 'keep'
  | 'unchanged'
  | 'blocked'
  | 'skipped'
  | 'failed',
  number
>;

/** What a simulated cluster has written. */
export interface TrafficRow {
  readonly region: string;
  readonly cluster: string;
  readonly events: number;
  /** Of these, those that a security team wants to hear of. */
  readonly suspicious: number;
}

/** A detection: what `rules list` tells of it, and what `show` and `coverage` add. */
export interface RuleRow extends Partial<RuleDetails> {
  readonly name: string;
  readonly id: string | null;
  readonly title: string;
  readonly level: Level;
  readonly tags: readonly string[];
  readonly kind: 'event' | 'correlation';
  readonly alsoIn: readonly string[];
  readonly compliance: Readonly<Record<string, readonly string[]>>;
  readonly aliases: readonly string[];
  readonly file: string;
  readonly coverage?: Coverage;
}
interface RuleDetails {
  readonly description: string;
  readonly author: string | null;
  readonly references: readonly string[];
  readonly falsepositives: readonly string[];
  readonly filters: readonly string[];
  readonly condition: string;
  readonly sql: string;
}

/** The result of a run: the JSON document, and all that the text says. Its schema is schema/rad-connect.schema.json. */
export interface Document {
  readonly schemaVersion: 1;
  readonly command: string;
  readonly version: string;
  readonly dryRun: boolean;
  readonly result: 'ok' | 'changes' | 'partial' | 'failed' | 'blocked';
  readonly account: string | null;
  readonly partition: string | null;
  /** Where the credentials came from, as in "profile prod". */
  readonly credentials: string | null;
  readonly regions: readonly RegionRow[];
  readonly summary: Summary;
  readonly changes: readonly ChangeRow[];
  readonly clusters: readonly ClusterRow[];
  /** What the plan adds to the bill of AWS; null where it adds nothing, or nothing is planned. */
  readonly cost: Cost | null;
  readonly outputs: Outputs;
  readonly warnings: readonly Notice[];
  readonly errors: readonly Problem[];
  /** IAM documents, of the command that prints them. */
  readonly policy?: readonly PolicyDocument[];
  readonly traffic?: readonly TrafficRow[];
  readonly rules?: readonly RuleRow[];
  readonly tests?: readonly TestVerdict[];
  /** Of `doctor`; what is wrong with the account is told there, and `errors` has what ended the run. */
  readonly findings?: readonly Finding[];
  readonly checks?: readonly CheckRow[];
  readonly verification?: readonly VerificationRow[];
  readonly reader?: readonly ReaderRow[];
  readonly sync?: SyncReport;
  readonly detections?: Detections;
  readonly notified?: readonly NotifiedRow[];
}
/** What a target of --notify was sent. */
export interface NotifiedRow {
  readonly target: string;
  readonly sent: number;
  /** Of an earlier run, or of one that is at it. */
  readonly before: number;
  readonly left: number;
}
export interface Outputs {
  readonly auditLogsRoleArn: string | null;
  /** Who may assume it. */
  readonly radRoleArn: string | null;
  readonly externalId: string | null;
  readonly buckets: Readonly<Record<string, string>>;
  readonly streams: Readonly<Record<string, string>>;
  /** What Terraform has to be told after --adopt. */
  readonly terraform: string | null;
}

/** What a command hands over to be shown. */
export interface Result {
  readonly command: string;
  readonly dryRun: boolean;
  /** Nothing was meant to be changed. */
  readonly readOnly: boolean;
  readonly goal: Goal;
  readonly account: string | null;
  readonly partition: string | null;
  readonly credentials?: string;
  readonly regions: readonly { readonly name: string; readonly state: RegionState; readonly error?: RadError }[];
  readonly steps: readonly Step[];
  /** undefined: nothing was carried out. */
  readonly outcomes?: readonly Outcome[];
  readonly cost?: Cost;
  /** By region: whether events arrive. */
  readonly health?: ReadonlyMap<string, RegionHealth>;
  /** When this was seen, in milliseconds since the epoch. */
  readonly at?: number;
  readonly outputs: Outputs;
  readonly warnings: readonly Notice[];
  readonly policy?: readonly PolicyDocument[];
  readonly traffic?: readonly TrafficRow[];
  readonly rules?: readonly RuleRow[];
  readonly tests?: readonly TestVerdict[];
  readonly diagnosis?: Diagnosis;
  readonly proof?: Verification;
  readonly transfer?: Transfer;
  /** `alarm`: something was found that the run is to fail for. */
  readonly detections?: Findings & { readonly alarm: boolean };
  readonly notified?: readonly (NotifiedRow & { readonly error?: RadError })[];
  /** What ended the whole run. */
  readonly error?: RadError;
}

export const NO_OUTPUTS: Outputs = {
  auditLogsRoleArn: null,
  radRoleArn: null,
  externalId: null,
  buckets: {},
  streams: {},
  terraform: null,
};

export function toDocument(result: Result, version: string): Document {
  const pairs = pairUp(result);
  const changes = pairs.map(toRow(result)).sort(byPlace);
  const errors = [
    ...(result.diagnosis ? [] : regionErrors(result)),
    ...(result.proof ? unproven(result.proof, result.error) : result.diagnosis ? [] : stepErrors(pairs, result.error)),
    ...(result.transfer?.failures ?? []).map(({ region, key, error }) => problem(error, region, key)),
    ...(result.detections?.failures ?? []).map(({ object, error }) => problem(error, 'global', object)),
    ...(result.notified ?? []).flatMap(({ target, error }) => (error ? [problem(error, 'global', target)] : [])),
    ...(result.error ? [problem(result.error, 'global', '')] : []),
  ];
  return {
    schemaVersion: 1,
    command: result.command,
    version,
    dryRun: result.dryRun,
    result: verdict(result, pairs, errors),
    account: result.account,
    partition: result.partition,
    credentials: result.credentials ?? null,
    regions: result.regions.map(({ name, state }) => {
      const delivery = result.health?.get(name)?.delivery;
      return { name, state, ...(delivery && { delivery }) };
    }),
    summary: summarise(changes, clusterSteps(result).length),
    changes,
    clusters: clusterSteps(result)
      .map((step) => clusterRow(step, pairs, result.health))
      .sort(byPlace),
    cost: result.cost ? { ...result.cost, clusters: [...result.cost.clusters].sort(byPlace) } : null,
    outputs: standing(result.outputs, pairs, result.readOnly),
    warnings: [...result.warnings].sort(byPlace),
    errors: errors.sort(byPlace),
    ...(result.policy && { policy: result.policy }),
    ...(result.traffic && { traffic: result.traffic }),
    ...(result.rules && { rules: result.rules }),
    ...(result.tests && { tests: result.tests }),
    ...result.diagnosis,
    ...(result.proof && {
      verification: [...result.proof.verification].sort(byPlace),
      reader: [...result.proof.reader].sort(byPlace),
    }),
    ...(result.transfer && { sync: result.transfer.report }),
    ...(result.detections && { detections: result.detections.report }),
    ...(result.notified && { notified: result.notified.map(({ error: _, ...row }) => row) }),
  };
}

interface Pair {
  readonly step: Step;
  readonly outcome: Outcome | undefined;
}

/** Steps with how they ended; what is not there and not wanted, or not ours and not asked for, is nothing to tell. */
function pairUp({ steps, outcomes, goal }: Result): Pair[] {
  const endOf = new Map(outcomes?.map((outcome) => [outcome.step, outcome]));
  return steps
    .filter(({ resource, actual, action }) => goal === 'present' || action !== 'none' || isOurs(resource, actual))
    .map((step) => ({ step, outcome: endOf.get(step) }));
}

const errorOf = ({ step, outcome }: Pair): RadError | undefined =>
  outcome?.status === 'failed' ? outcome.error : step.error;

const toRow =
  ({ readOnly, dryRun, error }: Result) =>
  (pair: Pair): ChangeRow => {
    const { step, outcome } = pair;
    const { resource, action, reason } = step;
    const blocked = action === 'blocked' || errorOf(pair)?.blocks === true;
    const because = outcome?.status === 'skipped' ? outcome.because : outcome ? undefined : step.because;
    return {
      region: placeOf(resource),
      type: resource.type,
      id: resource.name,
      action: blocked
        ? 'blocked'
        : outcome?.status === 'kept' || action === 'release'
          ? 'keep'
          : action === 'create' && resource.adopts
            ? 'adopt'
            : action,
      reason: reason ?? null,
      status: statusOf(pair, readOnly || dryRun, error),
      diff: diffOf(step),
      note: outcome?.status === 'failed' && outcome.error === error ? 'not finished' : noteOf(pair, because),
    };
  };

/** IAM is the same in all regions. */
export const placeOf = ({ type, region }: Resource): string => (type === 'iam:role' ? 'global' : region);

/** What waited when the run was told to stop has neither failed nor been finished. */
function statusOf({ step, outcome }: Pair, planOnly: boolean, end: RadError | undefined): ChangeRow['status'] {
  if (step.action === 'blocked' || (step.because && !outcome)) return 'skipped';
  if (outcome?.status === 'failed' && outcome.error === end) return 'skipped';
  if (outcome) return outcome.status === 'kept' ? 'unchanged' : outcome.status;
  return planOnly && writes(step) ? 'planned' : writes(step) ? 'skipped' : 'unchanged';
}

const diffOf = ({ changes, kept }: Step) => [
  ...changes.map(plain),
  ...kept.map((change) => ({ ...plain(change), kept: true as const })),
];
const plain = ({ path, before, after }: Change) => ({ path, before: before ?? null, after });

function noteOf(pair: Pair, because: Resource | undefined): string | null {
  if (because) return `needs ${because.type} ${because.name}`;
  if (pair.outcome?.status === 'kept') return pair.outcome.why;
  if (pair.step.kept.length) return 'stricter than wanted: kept';
  return errorOf(pair)?.message ?? pair.step.stay?.why ?? (writes(pair.step) ? pair.step.resource.about : null) ?? null;
}

const problem = (error: RadError, region: string, id: string): Problem => ({
  code: error.code,
  region,
  id,
  message: error.message,
  hint: error.hint ?? null,
  awsCode: error.awsCode ?? null,
  requestId: error.requestId ?? null,
});

const regionErrors = ({ regions }: Result): Problem[] =>
  regions.flatMap(({ name, error }) => (error ? [problem(error, name, name)] : []));

const isProven = ({ state }: VerificationRow) => state === 'proven';

/** What could not be looked at, or sent, is one error. */
const isToldBy = ({ region, id }: Trouble, row: VerificationRow): boolean =>
  region === row.region && (id === region || (id === row.cluster && !row.hop));

/**
 * Each cluster whose events are not seen to arrive, or no longer do, is an error of its own; where a region could not be looked at, the
 * region is, and where the run was told to stop, that is.
 */
const unproven = ({ verification, errors }: Verification, end: RadError | undefined): Problem[] => [
  ...errors.map(({ region, id, error }) => problem(error, region, id)),
  ...verification
    .filter((row) => (!isProven(row) || row.hop) && !errors.some((error) => isToldBy(error, row)))
    .filter(({ canary }) => !(end && canary?.state === 'unknown'))
    .map((row) => {
      const { region, cluster, cause, hint } = row;
      const message = isProven(row) ? `its events have arrived, and now stop at the ${row.hop}: ${cause}` : cause;
      const told = message ?? 'no event was seen';
      return { code: 'NOT_DELIVERED', region, id: cluster, message: told, hint, awsCode: null, requestId: null };
    }),
];

/** What every waiting step met when the run was told to stop is said once, as the end of the run. */
const stepErrors = (pairs: readonly Pair[], end: RadError | undefined): Problem[] =>
  pairs.flatMap((pair) => {
    const error = errorOf(pair);
    const { resource } = pair.step;
    return error && error !== end ? [problem(error, placeOf(resource), resource.name)] : [];
  });

/** Only what is there, or will be: somebody pastes these into RAD's console. */
function standing(outputs: Outputs, pairs: readonly Pair[], readOnly: boolean): Outputs {
  const stands = (type: Type, region?: string, id?: string) =>
    pairs.some(
      (pair) =>
        pair.step.resource.type === type &&
        (region === undefined || pair.step.resource.region === region) &&
        (id === undefined || pair.step.resource.name === id) &&
        (isGood(pair, readOnly) || isUsed(pair)) &&
        pair.step.action !== 'delete',
    );
  const only = (type: Type, names: Readonly<Record<string, string>>) =>
    Object.fromEntries(Object.entries(names).filter(([region, name]) => stands(type, region, name)));
  const hasReader = stands('iam:role', undefined, outputs.auditLogsRoleArn?.split('/').at(-1));
  return {
    ...(hasReader ? outputs : NO_OUTPUTS),
    buckets: only('s3:bucket', outputs.buckets),
    streams: only('firehose:delivery-stream', outputs.streams),
  };
}

/** Made elsewhere, and there. */
const isUsed = ({ step: { resource, actual, action } }: Pair) =>
  resource.claim === 'used' && actual.exists && action !== 'blocked';

/** Something stands as it is wanted, or would: what the customer has anyway is no achievement of ours. */
const isGood = ({ step, outcome }: Pair, readOnly: boolean): boolean => {
  if (outcome)
    return outcome.status === 'done' || (outcome.status === 'unchanged' && isOurs(step.resource, step.actual));
  if (step.because || step.action === 'blocked') return false;
  return isOurs(step.resource, step.actual) || (writes(step) && !readOnly);
};

function verdict(
  { readOnly, dryRun, error, diagnosis, proof, transfer, detections }: Result,
  pairs: readonly Pair[],
  errors: readonly Problem[],
): Document['result'] {
  if (proof) return errors.length === 0 ? 'ok' : proof.verification.some(isProven) ? 'partial' : 'failed';
  if (transfer) return ended(transfer.report, errors);
  if (detections && errors.length) return detections.report.objects ? 'partial' : 'failed';
  if (detections) return detections.alarm ? 'changes' : 'ok';
  if (error && !pairs.some(({ outcome }) => outcome?.status === 'done')) return 'failed';
  if (errors.length) {
    if (pairs.some((pair) => isGood(pair, readOnly))) return 'partial';
    return errors.every(({ code }) => ERROR_CODES[code as ErrorCode].blocks) ? 'blocked' : 'failed';
  }
  if (diagnosis?.findings.some(({ severity }) => severity === 'error')) return 'partial';
  const pending = pairs.some(({ step, outcome }) => !outcome && writes(step));
  return (readOnly || dryRun) && pending ? 'changes' : 'ok';
}

function ended({ check, copied, present, missing, changed }: SyncReport, errors: readonly Problem[]) {
  if (errors.length)
    return copied || (present && errors.every(({ region }) => region !== 'global')) ? 'partial' : 'failed';
  return check && (missing || changed) ? 'changes' : 'ok';
}

function summarise(changes: readonly ChangeRow[], clusters: number): Summary {
  const count = (test: (row: ChangeRow) => boolean) => changes.filter(test).length;
  const ran = (action: ChangeRow['action']) =>
    count((row) => row.action === action && (row.status === 'planned' || row.status === 'done'));
  return {
    clusters,
    create: ran('create'),
    update: ran('update'),
    adopt: ran('adopt'),
    delete: ran('delete'),
    restore: ran('restore'),
    keep: count(({ action }) => action === 'keep'),
    unchanged: count(({ action, status }) => action === 'none' && status === 'unchanged'),
    blocked: count(({ action }) => action === 'blocked'),
    skipped: count(({ action, status }) => action !== 'blocked' && status === 'skipped'),
    failed: count(({ action, status }) => action !== 'blocked' && status === 'failed'),
  };
}

const clusterSteps = ({ steps }: Result): Step[] =>
  steps.filter(({ resource }) => resource.type === 'eks:cluster-logging');

function clusterRow(logging: Step, pairs: readonly Pair[], health: Result['health']): ClusterRow {
  const { region, name } = logging.resource;
  const filter = pairs.find(
    ({ step: { resource } }) =>
      resource.type === 'logs:subscription-filter' &&
      resource.region === region &&
      resource.name === `/aws/eks/${name}/cluster`,
  );
  const log = pairs.find(({ step }) => step === logging);
  const audit = log?.outcome?.status === 'done' ? log.step.target.audit === true : logging.actual.spec.audit === true;
  const state = filterState(filter);
  return {
    region,
    name,
    auditLogging: audit,
    filter: state,
    delivery:
      health?.get(region)?.clusters.get(name) ??
      notLookedAt(audit && (state === 'ok' || state === 'drifted') ? 'unknown' : 'none'),
    managedBy: managerOf(logging.actual.tags ?? {}),
  };
}

const notLookedAt = (state: ClusterDelivery['state']): ClusterDelivery => ({
  state,
  lastObjectAt: null,
  lastEventAt: null,
  hop: null,
  cause: null,
  hint: null,
  timeline: [],
});

function filterState(pair: Pair | undefined): ClusterRow['filter'] {
  if (!pair) return 'missing';
  const { step, outcome } = pair;
  if (step.actual.exists && !isOurs(step.resource, step.actual)) return 'foreign';
  if (step.action === 'blocked' || errorOf(pair)?.blocks) return 'blocked';
  if (step.action === 'delete') return outcome?.status === 'done' ? 'missing' : 'ok';
  if (outcome?.status === 'done' || step.action === 'none')
    return step.actual.exists || outcome?.status === 'done' ? 'ok' : 'missing';
  return step.actual.exists ? 'drifted' : 'missing';
}

/** What these tools leave on what they manage: CloudFormation by itself, eksctl by its labels, Terraform by wide-spread habit. */
export function managerOf(tags: Readonly<Record<string, string>>): ClusterRow['managedBy'] {
  const keys = Object.keys(tags);
  if (keys.some((key) => /^(alpha\.eksctl\.io|eksctl\.cluster\.k8s\.io)\//.test(key))) return 'eksctl';
  if (keys.some((key) => key.startsWith('aws:cloudformation:'))) return 'cloudformation';
  return Object.entries(tags).some(([key, value]) => /terraform/i.test(`${key}=${value}`)) ? 'terraform' : null;
}

interface Placed {
  readonly region: string;
  readonly type?: string;
  readonly id?: string;
  readonly name?: string;
  readonly cluster?: string;
  readonly code?: string;
}
/** Account-wide things first, then by region, type and id: the same account gives the same bytes. */
function byPlace(a: Placed, b: Placed): number {
  const key = ({ region, type, id, name, cluster, code }: Placed) => [
    region === 'global' ? '' : region,
    type ?? code ?? '',
    id ?? name ?? cluster ?? '',
  ];
  const [x, y] = [key(a), key(b)];
  const at = x.findIndex((part, i) => part !== y[i]);
  return at === -1 ? 0 : x[at]! < y[at]! ? -1 : 1;
}

/** A run that has seen no account, or nothing to change in it. */
export const nothing = (command: string): Result => ({
  command,
  dryRun: false,
  readOnly: false,
  goal: 'present',
  account: null,
  partition: null,
  regions: [],
  steps: [],
  outputs: NO_OUTPUTS,
  warnings: [],
});
export const failure = (command: string, error: RadError): Result => ({ ...nothing(command), error });

/** The exit code that the contract gives to this result. */
export function exitCode({ result, errors, changes }: Document, { detailed = false, readOnly = false } = {}): number {
  const codes = errors.map(({ code }) => ERROR_CODES[code as ErrorCode].exit);
  const final = codes.find((code) => code === 130 || code === 64 || code === 4);
  if (final) return final;
  if (result === 'ok') return 0;
  if (result === 'changes') return detailed ? 2 : 0;
  if (result === 'partial' || (readOnly && result === 'blocked')) return 3;
  const wrote = changes.some(({ status }) => status === 'done');
  return !wrote && codes.length > 0 && codes.every((code) => code === 5) ? 5 : 1;
}
