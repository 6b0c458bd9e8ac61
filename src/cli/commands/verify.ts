import type { Names } from '../../desired/names.ts';
import { select, unmatched } from '../../desired/select.ts';
import { serviceRoles } from '../../doctor/access.ts';
import { RadError } from '../../engine/errors.ts';
import type { Step } from '../../engine/plan.ts';
import { type Notice, placeOf, type Result } from '../../render/document.ts';
import { canRead, type Reading } from '../../verify/reading.ts';
import type { ReaderRow, Trouble, VerificationRow } from '../../verify/verification.ts';
import { sendCanaries } from '../canaries.ts';
import { type Context, mendWith } from '../context.ts';
import { checkRegions, converge, type Situation } from '../converge.ts';
import { withoutPermission } from '../discover.ts';
import { lookAtHealth, standing } from '../health.ts';
import type { Seen } from '../health-facts.ts';
import { lookForEvents, type Place, rowOf } from '../proof.ts';
import { usage } from '../values.ts';
import { survey } from './status.ts';

/** Proof from the bucket that the events of each cluster arrive. Reads only, but for the events of --canary. */
export async function verify(context: Context): Promise<Result> {
  const { options, ask, signal } = context;
  checkRegions(context, { needsRole: false });
  if (options.canary && !ask.possible && !options.yes)
    throw usage('--yes is needed with --canary where nobody can be asked: it writes into the audit logs');
  const situation = narrowed(await survey(context), options.clusters ?? []);
  const plan = await converge({ command: 'verify', goal: 'present', readOnly: true }, situation, context);
  const places = await placesOf({ ...situation, steps: plan.steps }, situation, context);
  // Of a region that could not be read it is not known.
  const isAllSeen = situation.found.every(({ error }) => !error);
  if (places.length === 0)
    return {
      ...plan,
      proof: { verification: [], reader: [], errors: [] },
      ...(isAllSeen && { error: nothingThere() }),
    };

  const looks = await Promise.all(places.map(lookForEvents));
  const reader = await Promise.all(places.map(readerOf));
  const canaries = options.canary ? await sendCanaries(looks, context) : [];
  const rows = await Promise.all(
    looks.flatMap((look) => look.place.region.clusters.map((name) => rowOf(look, name, canaries))),
  );
  const errors = [
    ...looks.flatMap(({ error, place: { seen } }) => (error ? [{ region: seen.region, id: seen.region, error }] : [])),
    ...reader.flatMap((row) => cannotRead(row, situation.home.names)),
    ...canaries.flatMap(({ region, cluster, unsent }) => (unsent ? [{ region, id: cluster, error: unsent }] : [])),
  ];
  const left = canaries.flatMap((one) => one.left);
  return {
    ...plan,
    proof: { verification: rows, reader, errors: [...errors, ...left] },
    warnings: [
      ...plan.warnings,
      ...looks.flatMap(({ warnings }) => warnings),
      ...unlike(places.flatMap(({ warnings }) => warnings)),
      ...places.flatMap(({ seen }) =>
        serviceRoles(seen)
          .filter(({ severity }) => severity === 'warning')
          .map(({ severity: _, ...notice }) => notice),
      ),
      ...plan.steps.flatMap(unseen),
    ],
    ...(signal.aborted && { error: ended(signal.reason, rows, left) }),
  };
}

/** Told to stop, a run with canaries has still taken their log streams away, or tried to. */
function ended(why: RadError, rows: readonly VerificationRow[], left: readonly Trouble[]): RadError {
  if (rows.every(({ canary }) => canary === null)) return why;
  const { code, message, hint } = why;
  if (left.length)
    return new RadError(code, `${message}: not all log streams of canaries could be taken away`, { hint });
  const isSent = rows.some(({ canary }) => canary?.sentAt);
  return new RadError(
    code,
    `${message}: ${isSent ? 'the log streams of the canaries were taken away' : 'no event was written'}`,
  );
}

function narrowed(situation: Situation, globs: readonly string[]): Situation {
  const names = situation.regions.flatMap(({ clusters }) => clusters);
  const lost = unmatched(globs, names);
  if (lost.length)
    throw usage(
      `--clusters ${lost.join(',')}: no connected cluster matches${names.length ? `: there are ${names.slice(0, 10).join(', ')}` : ''}`,
    );
  return {
    ...situation,
    regions: situation.regions.map((region) => ({ ...region, clusters: select(region.clusters, globs, []) })),
  };
}

const nothingThere = () =>
  new RadError('NOT_DELIVERED', 'no cluster is connected: there is nothing to verify', {
    hint: 'begin with: rad-connect enable-audit',
  });

/** Each region with clusters to look for. */
function placesOf(all: Seen, { found, warnings, unrecorded = [] }: Situation, context: Context): Promise<Place[]> {
  const { home, settings } = all;
  return Promise.all(
    all.regions
      .filter(({ clusters }) => clusters.length)
      .map(async (region): Promise<Place> => {
        const name = region.aws.region;
        const seen = {
          region: name,
          connected: home.connected.includes(name),
          state: 'ok' as const,
          clusters: found.find((one) => one.name === name)?.clusters.length ?? 0,
          steps: all.steps.filter(({ resource }) => resource.region === name || placeOf(resource) === 'global'),
          names: home.names,
          account: home.account,
          settings,
          mend: mendWith(context, unrecorded.includes(name) ? unrecorded.join(',') : name),
        };
        const told: Notice[] = [];
        const { clusters, delivery } = await standing(all, region, context, told);
        const ask = async () => {
          const { regions, warnings: unasked } = await lookAtHealth({ ...all, regions: [region] }, context);
          told.push(...unasked);
          return regions.get(name);
        };
        let health: ReturnType<Place['health']> | undefined;
        // Told to stop, what was seen and what is left behind is still to be told.
        const orNone = (error: unknown) => {
          if (!context.signal.aborted) throw error;
          return undefined;
        };
        return {
          region,
          seen,
          home,
          context,
          gap: (cluster) => [clusters.get(cluster), delivery].find((one) => one?.hop),
          health: () => (health ??= ask().catch(orNone)),
          warnings: told,
          keyTrouble: warnings.find(({ code, region: where }) => code === 'KMS_KEY_POLICY' && where === name),
        };
      }),
  );
}

function readerOf({ region: { aws }, seen, home, context, warnings }: Place): Promise<ReaderRow> {
  const reading: Reading = {
    home: home.aws,
    place: seen,
    caller: home.caller,
    clock: context.clock,
    signal: context.signal,
    as: (credentials) => context.connect(aws.region, home.account, { credentials }),
    without: (action) => warnings.push(withoutPermission(action, 'what RAD may read is told from policies alone')),
  };
  return canRead(reading);
}

const cannotRead = ({ region, canRead: can, cause, hint }: ReaderRow, { bucket }: Names): Trouble[] => {
  if (can !== 'no') return [];
  const error = new RadError('RAD_CANNOT_READ', `RAD could not read it: ${cause}`, { hint: hint ?? undefined });
  return [{ region, id: bucket(region), error }];
};

/** Where what is not proven stops cannot all be told. */
const unseen = ({ resource, reason, error }: Step): Notice[] =>
  reason === 'unreadable' && error
    ? [
        {
          code: error.code,
          region: placeOf(resource),
          id: resource.name,
          message: `${resource.type} ${resource.name} could not be looked at: ${error.message}`,
          hint: error.hint ?? null,
        },
      ]
    : [];

/** What was missed in several regions is told once. */
const unlike = (notices: readonly Notice[]): Notice[] => [
  ...new Map(notices.map((notice) => [JSON.stringify(notice), notice])).values(),
];
