import type { Bill } from '../athena/engine.ts';
import type { Database } from '../duckdb/database.ts';
import type { RadError } from '../engine/errors.ts';
import { viaAthena } from '../findings/athena.ts';
import type { Look, Window } from '../findings/engine.ts';
import type { Notice, Result } from '../render/document.ts';
import type { Rule } from '../sigma/rule.ts';
import { nameOf, type Place } from '../sync/place.ts';
import { athenaAt, type Converged, convergeAthena, openAthena } from './athena.ts';
import { reachBuckets } from './buckets.ts';
import type { Context } from './context.ts';
import { usage } from './values.ts';

/** What Athena has seen of a bucket; without `look` it was to be removed. */
export interface SeenByAthena extends Pick<Result, 'account' | 'partition' | 'regions' | 'warnings'> {
  readonly converged: Converged;
  readonly look?: Look;
}

/** After all days. */
const FOREVER = Date.UTC(9999, 11, 31);

/** Makes what Athena needs, where that is not there yet, and has it look through what `sync` has written. Throws USAGE. */
export async function lookWithAthena(
  from: Place | undefined,
  rules: readonly Rule[],
  window: Window,
  db: Database,
  context: Context,
): Promise<SeenByAthena> {
  const { options, report } = context;
  if (!from || 'folder' in from)
    throw usage(
      '--engine athena is for a bucket that sync has written to: findings s3://bucket/prefix --engine athena',
    );
  if (options.roleArn) throw usage('--engine athena looks at buckets of your own account: leave out --role-arn');
  const { account, partition } = await reachBuckets(context);
  const athena = await athenaAt(from, account, context);
  const about = { command: 'findings', account, partition };
  const converged = await convergeAthena(options.teardown ? 'absent' : 'present', athena, about, context);
  const seen = { ...about, converged, regions: [{ name: athena.aws.region, state: 'ok' as const }], warnings: [] };
  if (options.teardown) return seen;
  const error = whyNot(converged);
  if (error) throw error;
  const note = (text: string) => report({ type: 'note', place: nameOf(from), text });
  const opened = await openAthena(athena, { from: window.from ?? 0, to: FOREVER }, context);
  const { holdings, engine } = opened;
  const counts = `${holdings.files} files of ${holdings.clusters.length} clusters, ${holdings.bytes.toLocaleString('en')} bytes`;
  const open = async () => opened;
  const wanted = rules.flatMap((rule) =>
    rule.kind === 'event' ? [rule.expression] : rule.of.map((one) => one.expression),
  );
  note(`${counts}: at most ${priceOf(engine.estimate(wanted))}`);
  const look = await viaAthena({ db, open })(rules, window);
  note(`Athena has read ${engine.bill().bytes.toLocaleString('en')} bytes: ${priceOf(engine.bill())}`);
  return { ...seen, look, warnings: holdings.unplaced ? [unplaced(holdings.unplaced, athena.aws.region)] : [] };
}

/** Why there is something amiss with what Athena needs. */
const whyNot = ({ steps, outcomes }: Converged): RadError | undefined =>
  outcomes?.find((one) => one.status === 'failed')?.error ?? steps.find(({ error }) => error)?.error;

const priceOf = ({ usd: { low, high } }: Bill) =>
  low === high ? `$${low.toFixed(4)}` : `$${low.toFixed(4)} to $${high.toFixed(4)}`;

const unplaced = (files: number, region: string): Notice => ({
  code: 'EVENTS_UNPLACED',
  region,
  id: 'events',
  message: `${files} files hold events without a time or a cluster: Athena does not reach them`,
  hint: 'look through them here: leave out --engine athena',
});
