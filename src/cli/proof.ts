import { explain } from '../aws/errors.ts';
import type { Region } from '../desired/account.ts';
import { roleArns, roleNameOf } from '../desired/roles.ts';
import { serviceRoles } from '../doctor/access.ts';
import { type Place as SeenPlace, stepOf } from '../doctor/place.ts';
import type { RadError } from '../engine/errors.ts';
import type { Spec } from '../engine/resource.ts';
import type { RegionHealth, Verdict } from '../health/verdict.ts';
import type { Notice } from '../render/document.ts';
import { plural } from '../render/style.ts';
import { overdueAfter } from '../verify/canary.ts';
import { lastEvents, type Sighting, type Window } from '../verify/look.ts';
import type { CanaryRow, Stop, Trouble, VerificationRow } from '../verify/verification.ts';
import type { Context } from './context.ts';
import type { Home } from './discover.ts';

/** A region whose clusters are verified. */
export interface Place {
  readonly region: Region;
  /** As the plan has seen it. */
  readonly seen: SeenPlace;
  readonly home: Home;
  readonly context: Context;
  /** Whether something does not stand on the way from a cluster to the bucket. */
  gap(cluster: string): Verdict | undefined;
  /** What the services tell of it; asked once, when it is first wanted. */
  health(): Promise<RegionHealth | undefined>;
  /** What could not be asked about it. */
  readonly warnings: Notice[];
  /** What seems to be wrong with the KMS key of the region. */
  readonly keyTrouble: Notice | undefined;
}

/** What the bucket of a region has shown. */
export interface Look {
  readonly place: Place;
  readonly window: Window;
  readonly seen: ReadonlyMap<string, Sighting>;
  readonly warnings: readonly Notice[];
  /** What of it could not be read, where no event could. */
  readonly unread?: string | undefined;
  /** Why it could not be looked at. */
  readonly error?: RadError;
}

/** What became of a canary, and why it was not sent or did not arrive. */
export interface Followed {
  readonly region: string;
  readonly cluster: string;
  readonly row: CanaryRow;
  readonly sighting?: Sighting;
  /** Why it was not sent, or what came between. */
  readonly stop?: Stop;
  /** Why none could be written: that was asked for. */
  readonly unsent: RadError | undefined;
  /** It shows that no event can arrive. */
  readonly isBroken: boolean;
  /** Log streams that could not be taken away. */
  readonly left: readonly Trouble[];
}

export async function lookForEvents(place: Place): Promise<Look> {
  const { region, home, context } = place;
  const { clock, options, report, signal } = context;
  const { aws, clusters } = region;
  const bucket = home.names.bucket(aws.region);
  const window = { aws, bucket, from: clock.now() - (options.since ?? 0), clock };
  report({ type: 'note', place: aws.region, text: `looking for events in s3://${bucket}` });
  try {
    const { seen, tally, objects, isCut } = await lastEvents(window, clusters);
    const notice = (code: string, message: string): Notice => ({
      code,
      region: aws.region,
      id: bucket,
      message,
      hint: null,
    });
    const { damaged, empty, events } = tally;
    const unread = [damaged && `${plural(damaged, 'part')} damaged`, empty && `${plural(empty, 'object')} empty`]
      .filter(Boolean)
      .join(', ');
    const warnings = [
      ...(unread ? [notice('OBJECTS_DAMAGED', `not all that was read in ${bucket} is whole: ${unread}`)] : []),
      ...(isCut ? [notice('LOOK_CUT', `only the newest ${objects} objects of ${bucket} were read`)] : []),
    ];
    return { place, window, seen, warnings, ...(events === 0 && unread && { unread }) };
  } catch (error) {
    if (signal.aborted) throw signal.reason;
    const why = explain(error);
    // That it is gone is told by the plan, for each of its clusters.
    const isGone = why.awsCode === 'NoSuchBucket';
    return { place, window, seen: new Map(), warnings: [], ...(!isGone && { error: why }) };
  }
}

/** What is known of a cluster, all in all: a canary that was written says more than what came before it. */
export async function rowOf(look: Look, cluster: string, canaries: readonly Followed[]): Promise<VerificationRow> {
  const { place, error } = look;
  const { region } = place.region.aws;
  const canary = canaries.find((one) => one.region === region && one.cluster === cluster);
  const sighting = canary?.sighting ?? look.seen.get(cluster);
  const base = { region, cluster, canary: canary?.row ?? null, ...seenAs(sighting, place.context.clock.now()) };
  if (error) return { ...base, state: 'unseen', hop: null, cause: error.message, hint: error.hint ?? null };
  if (canary?.isBroken) return { ...base, state: 'failed', ...(canary.stop ?? (await overdue(place, cluster))) };
  const doubt = sighting && !canary?.sighting ? doubtOf(place, sighting) : undefined;
  if (sighting) {
    const broken = canary?.sighting ? undefined : await knownStop(place, cluster);
    if (doubt && !broken) return { ...base, state: 'unseen', hop: null, ...doubt };
    const { cause = null, hint = null } = broken ?? canary?.stop ?? {};
    return { ...base, state: 'proven', hop: broken?.hop ?? null, cause, hint };
  }
  if (canary?.stop) return { ...base, state: 'unseen', ...canary.stop };
  const stop = await whereItStops(place, cluster);
  if (stop.hop !== null) return { ...base, state: 'unseen', ...stop };
  const cause = look.unread ? `not all that is in the bucket can be read: ${look.unread}` : stop.cause;
  return { ...base, state: 'unseen', hop: null, ...silent(place.context, cause) };
}

/** Where delivery may be denied, only what has just arrived is proof. */
function doubtOf(place: Place, { landedAt }: Sighting): Pick<Stop, 'cause' | 'hint'> | undefined {
  const found = serviceRoles(place.seen).find(({ code }) => code === 'DELIVERY_UNSURE');
  const isFresh = landedAt >= place.context.clock.now() - overdueAfter(bufferSeconds(place));
  if (!found || isFresh) return undefined;
  return { cause: `${found.message}, and nothing has arrived since`, hint: found.hint };
}

const silent = ({ options: { since = 0 } }: Context, cause: string) => ({
  cause: `no event in the last ${since < 120_000 ? `${Math.round(since / 1_000)} s` : `${Math.round(since / 60_000)} min`}: ${cause}`,
  hint: 'find out with an event of ours: rad-connect verify --canary',
});

async function overdue(place: Place, cluster: string): Promise<Stop> {
  const stop = await whereItStops(place, cluster);
  if (stop.hop) return stop;
  const cause = `the event did not reach the bucket in time; ${stop.cause}`;
  return { ...stop, cause, hint: 'wait some minutes and try again; see also: rad-connect status' };
}

function seenAs(sighting: Sighting | undefined, now: number) {
  if (!sighting) return { lastEventAt: null, ageSeconds: null, delaySeconds: null, key: null, events: 0 };
  const { at, landedAt, key, events } = sighting;
  const seconds = (ms: number) => Math.max(0, Math.round(ms / 1_000));
  const [ageSeconds, delaySeconds] = [seconds(now - at), seconds(landedAt - at)];
  return { lastEventAt: new Date(at).toISOString(), ageSeconds, delaySeconds, key, events };
}

/** Where the events of a cluster are known to stop: as its services tell, else as its roles read. */
async function knownStop(place: Place, cluster: string): Promise<Stop | undefined> {
  const { seen } = place;
  const told = (await place.health())?.clusters.get(cluster);
  const verdict = told?.hop ? told : place.gap(cluster);
  if (verdict?.hop) return { hop: verdict.hop, cause: verdict.cause ?? verdict.state, hint: verdict.hint };
  const refusal = serviceRoles(seen).find(({ severity }) => severity === 'error');
  if (!refusal) return undefined;
  const isOfFilter = refusal.message.includes(roleNameOf(roleArns(seen.names, seen.settings).subscription));
  return { hop: isOfFilter ? 'filter' : 'bucket', cause: refusal.message, hint: refusal.hint };
}

/** Of events that are not seen: also what seems to be wrong with the key. */
async function whereItStops(place: Place, cluster: string): Promise<Stop> {
  const { keyTrouble } = place;
  const known = await knownStop(place, cluster);
  if (known) return known;
  if (keyTrouble) return { hop: 'stream', cause: keyTrouble.message, hint: keyTrouble.hint };
  const cause = (await place.health())?.clusters.get(cluster)?.cause;
  return { hop: null, cause: cause ?? 'nothing is seen to be in the way', hint: null };
}

/** Of the stream as it is; AWS's default where that cannot be seen (Firehose API reference, BufferingHints). */
export function bufferSeconds({ seen }: Place): number {
  const stream = stepOf(seen, 'firehose:delivery-stream', seen.names.stream);
  const { bufferSeconds: seconds } = (stream?.actual.spec.destination ?? {}) as Spec;
  return typeof seconds === 'number' ? seconds : 300;
}
