import { explain, restate } from '../aws/errors.ts';
import { deleteLogStream, olderLogStreams, writeEvent } from '../aws/log-streams.ts';
import { tryPattern } from '../aws/patterns.ts';
import { CANARY, clusterLogGroupName } from '../desired/names.ts';
import { stepOf } from '../doctor/place.ts';
import type { RadError } from '../engine/errors.ts';
import type { Spec } from '../engine/resource.ts';
import { type Canary, canaryEvent, canaryRow, follow, newCanary } from '../verify/canary.ts';
import type { Sighting } from '../verify/look.ts';
import type { Stop, Trouble } from '../verify/verification.ts';
import type { Context } from './context.ts';
import { withoutPermission } from './discover.ts';
import { bufferSeconds, type Followed, type Look, type Place } from './proof.ts';

/** A canary on its way, or why there is none. */
interface Sent {
  readonly cluster: string;
  readonly canary: Canary;
  /** It is not written. */
  readonly isGrounded: boolean;
  /** No event can get through, whatever it is. */
  readonly isBroken: boolean;
  readonly stop?: Stop;
}

/** Writes one event for each cluster where one can get through, follows all of them to the bucket, and takes their log streams away. */
export async function sendCanaries(looks: readonly Look[], context: Context): Promise<Followed[]> {
  const ready = looks.filter(({ error }) => !error);
  const chosen = await Promise.all(ready.map(choose));
  const groups = chosen.flatMap((sent, i) =>
    sent
      .filter(({ isGrounded }) => !isGrounded)
      .map(({ cluster }) => `${clusterLogGroupName(cluster)} in ${ready[i]!.place.region.aws.region}`),
  );
  if (groups.length) await consent(groups, context);
  return (await Promise.all(ready.map((look, i) => flight(look, chosen[i]!)))).flat();
}

async function consent(groups: readonly string[], { options, ask, report }: Context): Promise<void> {
  const where = groups.length > 3 ? `the log groups of ${groups.length} clusters` : groups.join(', ');
  const text = `one event marked as ours is written into ${where}; whoever else subscribes to them sees it too`;
  report({ type: 'note', place: 'canary', text });
  if (ask.possible && !options.yes) await ask.confirmCanary(where);
}

/** Where the plan shows already that nothing gets through, or the pattern that holds would stop it, nothing is written. */
async function choose({ place }: Look): Promise<Sent[]> {
  return Promise.all(
    place.region.clusters.map(async (cluster): Promise<Sent> => {
      const canary = newCanary();
      if (place.gap(cluster)) return { cluster, canary, isGrounded: true, isBroken: true };
      const stopped = await stoppedByPattern(place, cluster, canary);
      if (!stopped) return { cluster, canary, isGrounded: false, isBroken: false };
      return { cluster, canary, isGrounded: true, isBroken: stopped.isChanged, stop: stopped.stop };
    }),
  );
}

/** `isChanged`: it is not the pattern that is recorded, and so there is none to wait for. */
async function stoppedByPattern(
  { region, seen, context, warnings }: Place,
  cluster: string,
  canary: Canary,
): Promise<{ readonly stop: Stop; readonly isChanged: boolean } | undefined> {
  const filter = stepOf(seen, 'logs:subscription-filter', clusterLogGroupName(cluster));
  const pattern = ((filter?.actual.spec.filter ?? {}) as Spec).pattern;
  if (typeof pattern !== 'string') return undefined;
  const event = canaryEvent(canary, context.version, context.clock.now());
  const trial = await tryPattern(region.aws, pattern, [event]);
  if (context.signal.aborted) throw context.signal.reason;
  if ('unseen' in trial && trial.unseen.code === 'PERMISSION_DENIED')
    warnings.push(
      withoutPermission('logs:TestMetricFilter', 'whether the filter pattern lets a canary pass was not tried'),
    );
  if (!('matches' in trial) || trial.matches > 0) return undefined;
  const isChanged = pattern !== seen.settings.filterPattern;
  const cause = isChanged ? 'its pattern was changed, and lets' : 'its pattern lets';
  const back =
    'wait for an event that it lets pass, or go back to the default: rad-connect enable-audit --filter-pattern none';
  const hint = isChanged ? seen.mend : back;
  const stop: Stop = { hop: 'filter', cause: `${cause} no request pass such as the canary is: ${pattern}`, hint };
  return { stop, isChanged };
}

/** The canaries of a region. Whatever happens, their log streams go again; what happens here stops no other region. */
async function flight(look: Look, chosen: readonly Sent[]): Promise<Followed[]> {
  const { place, window } = look;
  const { clock, signal } = place.context;
  const begun = clock.now();
  const flying = chosen
    .filter(({ isGrounded }) => !isGrounded)
    .map((sent): Sent => ({ ...sent, canary: { ...sent.canary, sentAt: begun } }));
  /** Why one was not written. */
  const failed = new Map<string, RadError>();
  let trouble: Stop | undefined;
  let arrived: ReadonlyMap<string, Sighting> = new Map();
  let isOver = false;
  const left: Trouble[] = [];
  try {
    await Promise.all(flying.map((sent) => write(place, sent, failed)));
    if (signal.aborted) throw signal.reason;
    const waited = flying.filter(({ cluster }) => !failed.has(cluster));
    arrived = await follow(
      followed(look, begun),
      waited.map(({ canary }) => canary),
    );
    if (signal.aborted) throw signal.reason;
    isOver = true;
  } catch (error) {
    const { code, message, hint = null } = explain(error);
    if (code === 'INTERNAL') throw error;
    trouble = signal.aborted
      ? { hop: null, cause: 'the run ended before it was known', hint: null }
      : { hop: null, cause: message, hint };
  } finally {
    left.push(...(await tidy(place, flying)));
  }
  return chosen.map((sent, i): Followed => {
    const { cluster, isBroken } = sent;
    const flown = failed.has(cluster) ? undefined : flying.find((one) => one.cluster === cluster);
    const sighting = arrived.get(sent.canary.id);
    const row = canaryRow(flown?.canary ?? sent.canary, sighting, isOver);
    const stop = sent.stop ?? unsentStop(failed.get(cluster)) ?? (sighting ? undefined : trouble);
    const base = {
      region: window.aws.region,
      cluster,
      row,
      isBroken: isBroken || row.state === 'lost',
      left: i === 0 ? left : [],
      unsent: failed.get(cluster),
    };
    return { ...base, ...(sighting && { sighting }), ...(stop && { stop }) };
  });
}

/** Who may not write has seen nothing of the way. */
const unsentStop = (error: RadError | undefined): Stop | undefined =>
  error && { hop: null, cause: error.message, hint: error.hint ?? null };

/** S3 tells times by the second, and by its own clock. Milliseconds. */
const CLOCKS = 60_000;

const followed = ({ place, window }: Look, begun: number) => {
  const { context, region } = place;
  return {
    ...window,
    from: begun - CLOCKS,
    signal: context.signal,
    bufferSeconds: bufferSeconds(place),
    note: (elapsed: number, limit: number) =>
      context.report({
        type: 'note',
        place: region.aws.region,
        text: `waiting for canaries to reach the bucket: ${Math.round(elapsed / 1_000)} s of at most ${Math.round(limit / 1_000)} s`,
      }),
  };
};

/** No run follows a canary for so long: Firehose buffers for 15 minutes at most (Firehose API reference, BufferingHints). */
const FORGOTTEN = 3_600_000;

/** After what runs that were killed have left is gone; what another run may still follow stays. */
async function write(
  { region, context }: Place,
  { cluster, canary }: Sent,
  failed: Map<string, RadError>,
): Promise<void> {
  const group = clusterLogGroupName(cluster);
  try {
    const now = context.clock.now();
    const left = await olderLogStreams(region.aws, group, CANARY, now - FORGOTTEN);
    for (const name of left) await deleteLogStream(region.aws, group, name);
    await writeEvent(region.aws, group, canary.logStream, canaryEvent(canary, context.version, now), now);
  } catch (error) {
    if (context.signal.aborted) return;
    const { code, message, hint } = explain(error);
    failed.set(cluster, restate(error, code, `no event could be written into ${group}: ${message}`, hint));
  }
}

async function tidy({ region: { aws }, home, context }: Place, flying: readonly Sent[]): Promise<Trouble[]> {
  const last = context.connect(aws.region, home.account, { last: true });
  const left = await Promise.all(
    flying.map(async ({ cluster, canary: { logStream } }): Promise<Trouble[]> => {
      const id = clusterLogGroupName(cluster);
      try {
        await deleteLogStream(last, id, logStream);
        return [];
      } catch (error) {
        const message = `log stream ${logStream} could not be deleted: ${explain(error).message}`;
        const hint = `aws logs delete-log-stream --region ${aws.region} --log-group-name ${id} --log-stream-name ${logStream}`;
        return [{ region: aws.region, id, error: restate(error, 'CANARY_REMAINS', message, hint) }];
      }
    }),
  );
  return left.flat();
}
