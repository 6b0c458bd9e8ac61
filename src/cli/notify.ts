import { publishTo, putOn } from '../aws/publish.ts';
import type { Detection, DetectionGroup, Detections } from '../findings/report.ts';
import { sendOnce } from '../notify/once.ts';
import { keyOf, nameOf, type Target } from '../notify/target.ts';
import type { Result } from '../render/document.ts';
import { bucketShelf } from '../sync/buckets.ts';
import { folderShelf } from '../sync/folder.ts';
import type { Place } from '../sync/place.ts';
import type { Shelf } from '../sync/shelf.ts';
import { reachBuckets } from './buckets.ts';
import { type Context, runOf } from './context.ts';
import { usage } from './values.ts';

/** The sandbox has topics and buses, and no network. Throws USAGE. */
export function checkTargets(targets: readonly Target[] = [], isSandbox: boolean): void {
  const outside = targets.find((target) => 'url' in target && target.url.startsWith('https:'));
  if (isSandbox && outside)
    throw usage(`--notify ${nameOf(outside)}: from the sandbox nothing is sent to an address outside this machine`);
}

/** Sends each finding once to each target, the oldest first. */
export async function notify(
  targets: readonly Target[],
  report: Detections,
  place: Place | undefined,
  context: Context,
): Promise<NonNullable<Result['notified']>> {
  const { clock, signal } = context;
  const messages = messagesOf(report, context.version);
  const shelf = await shelfFor(report, place, context);
  const done: NonNullable<Result['notified']>[number][] = [];
  for (const target of targets) {
    const told = await sendOnce(messages, { ...shelf(target), clock, signal, send: await sender(target, context) });
    done.push({ target: nameOf(target), ...told });
  }
  return done;
}

/** Beside the events, where sync has put them; the buckets of a customer are never written to, so else on this machine. */
async function shelfFor({ form }: Detections, place: Place | undefined, context: Context) {
  const { clock, stateFolder, options } = context;
  const [shelf, root]: [Shelf, string] =
    form !== 'parquet' || !place || options.roleArn
      ? [folderShelf(stateFolder), 'notified/']
      : 'folder' in place
        ? [folderShelf(place.folder), BESIDE]
        : [await bucketBeside(place, context), BESIDE];
  return (target: Target) => ({ shelf, below: `${root}${keyOf(target)}/` });

  async function bucketBeside(bucket: Exclude<Place, { readonly folder: string }>, within: Context) {
    const { ours } = await reachBuckets(within);
    return bucketShelf(await ours(bucket.bucket), bucket, { run: runOf(within), clock });
  }
}

/** Engines pass over what begins with an underscore (Apache Hive, hidden files). */
const BESIDE = 'events/_notified/';

async function sender(target: Target, { announce, connect, post }: Context) {
  announce();
  if ('url' in target) return post(target.url);
  const aws = connect(target.region, target.arn.split(':')[4]!);
  const send = target.kind === 'topic' ? publishTo : putOn;
  return (message: Parameters<typeof send>[2]) => send(aws, target.arn, message);
}

function messagesOf({ findings, groups }: Detections, version: string) {
  const groupOf = new Map(groups.map((group) => [nameOfGroup(group), group]));
  return [...findings]
    .sort((a, b) => ((a.time ?? '') < (b.time ?? '') ? -1 : 1))
    .map((finding) => {
      const { id, level, cluster } = finding;
      const { title, account, region, description, techniques, compliance, falsepositives, look } = groupOf.get(
        nameOfGroup(finding),
      )!;
      const about = { title, account, region, description, techniques, compliance, falsepositives, look };
      return {
        id,
        level,
        title: `[${level}] ${title}${cluster ? ` in ${cluster}` : ''}`,
        body: JSON.stringify({ schemaVersion: 1, version, ...finding, ...about }),
      };
    });
}

const nameOfGroup = ({ rule, cluster, user }: Detection | DetectionGroup) => JSON.stringify([rule, cluster, user]);
