import type { ClusterRow, Document } from '../render/document.ts';
import { plural } from '../render/style.ts';
import type { Delivery, Region } from './types.ts';
import { MEANINGS, SIGNS, shortened } from './words.ts';

type State = Delivery['state'];

/** One line of the picture: a cluster, or many of which the same is to be told. */
interface Lane {
  readonly name: string;
  readonly state: State;
  readonly hop: Delivery['hop'];
  readonly title: string;
}

/** With more clusters than this, those of which the same is to be told share a line. */
const FEW = 12;

function lanesOf(clusters: readonly ClusterRow[]): Lane[] {
  const groups = new Map<string, ClusterRow[]>();
  for (const cluster of clusters) {
    const { state, hop, cause } = cluster.delivery;
    const key = clusters.length <= FEW ? cluster.name : JSON.stringify([state, hop, cause]);
    groups.set(key, [...(groups.get(key) ?? []), cluster]);
  }
  return [...groups.values()].flatMap((those) => {
    const { state, hop } = those[0]!.delivery;
    if (those.length <= 2) return those.map(single);
    return [{ name: plural(those.length, 'cluster'), state, hop, title: those.map(({ name }) => name).join(', ') }];
  });
}

function single({ name, delivery, auditLogging }: ClusterRow): Lane {
  const { state, hop, cause } = delivery;
  const title = [name, `audit logging ${auditLogging ? 'on' : 'off'}`, state, cause].filter(Boolean).join(' · ');
  return { name, state, hop, title };
}

const LANE = 54;
const BOX = { width: 190, height: 40 };
/** Where the columns begin: cluster, log group, stream, bucket, RAD. */
const X = { cluster: 0, group: 235, stream: 500, bucket: 715, rad: 930 };
const WIDTH = 1_072;

interface FlowProps {
  readonly region: Region;
  readonly clusters: readonly ClusterRow[];
  readonly outputs: Document['outputs'];
}

/** How the events of a region go, from its clusters to RAD, and where they stop. */
export function Flow({ region, clusters, outputs }: FlowProps) {
  const lanes = lanesOf(clusters);
  const height = Math.max(1, lanes.length) * LANE;
  const middle = height / 2;
  const { delivery } = region;
  const end: State = delivery?.state ?? 'none';
  const hop = delivery?.hop ?? null;
  // What Firehose cannot write stops before the bucket.
  const isCut = hop === 'stream' || hop === 'bucket';
  // Behind clusters that fail nothing can be said.
  const rad: State = isCut || end === 'failing' ? 'unknown' : end;
  const way = isCut ? { state: end, hop } : { state: rad, hop: null };
  const [stream, bucket] = [partOf(way, 'stream'), partOf(way, 'bucket')];
  const told = lanes.map(({ name, state }) => `${name} ${state}`).join(', ');
  return (
    <svg
      class="flow"
      viewBox={`-1 -18 ${WIDTH + 2} ${height + 22}`}
      role="img"
      aria-label={`How events flow in ${region.name}: ${told}`}
    >
      {(['cluster', 'group', 'stream', 'bucket', 'rad'] as const).map((column) => (
        <text class="small" x={X[column]} y={-6} key={column}>
          {COLUMNS[column]}
        </text>
      ))}
      {lanes.map((lane, i) => (
        <LanePart lane={lane} y={i * LANE + LANE / 2} middle={middle} key={lane.name} />
      ))}
      <Edge from={X.stream + BOX.width} to={X.bucket} y={middle} end={middle} state={bucket} cut={isCut} />
      <Edge from={X.bucket + BOX.width} to={X.rad} y={middle} end={middle} state={rad} cut={false} />
      <Box
        x={X.stream}
        y={middle}
        name={outputs.streams[region.name] ?? 'no stream'}
        state={stream}
        title={delivery?.cause ?? MEANINGS[end]}
        below="Firehose"
      />
      <Box
        x={X.bucket}
        y={middle}
        name={outputs.buckets[region.name] ?? 'no bucket'}
        state={bucket}
        title={outputs.buckets[region.name] ?? ''}
        below="S3"
      />
      <Box x={X.rad} y={middle} name="RAD" state={rad} title={outputs.radRoleArn ?? ''} below="reads" width={140} />
    </svg>
  );
}

const COLUMNS = {
  cluster: 'EKS cluster',
  group: 'log group, filter',
  stream: 'stream',
  bucket: 'bucket',
  rad: 'platform',
};

const HOPS: readonly Delivery['hop'][] = ['cluster', 'log-group', 'filter', 'stream', 'bucket'];

/** What a part of the way looks like: before the place where it stops all is well, behind it nothing can be said. */
function partOf({ state, hop }: Pick<Lane, 'state' | 'hop'>, part: Delivery['hop']): State {
  if (hop === null || hop === part) return state;
  return HOPS.indexOf(part) < HOPS.indexOf(hop) ? 'delivering' : 'unknown';
}

function LanePart({ lane, y, middle }: { readonly lane: Lane; readonly y: number; readonly middle: number }) {
  const { name, state, hop, title } = lane;
  const group = partOf(lane, hop === 'filter' ? 'filter' : 'log-group');
  return (
    <g>
      <Edge from={BOX.width} to={X.group} y={y} end={y} state={partOf(lane, 'cluster')} cut={hop === 'cluster'} />
      <Edge
        from={X.group + BOX.width}
        to={X.stream}
        y={y}
        end={middle}
        state={partOf(lane, 'filter')}
        cut={hop === 'log-group' || hop === 'filter'}
      />
      <Box x={X.cluster} y={y} name={name} state={state} title={title} below={state} />
      <Box
        x={X.group}
        y={y}
        name={hop === 'filter' ? 'filter' : 'log group'}
        state={group}
        title={title}
        below={hop === 'filter' || hop === 'log-group' ? 'stops here' : 'with our filter'}
      />
    </g>
  );
}

interface EdgeProps {
  readonly from: number;
  readonly to: number;
  readonly y: number;
  readonly end: number;
  readonly state: State;
  readonly cut: boolean;
}

function Edge({ from, to, y, end, state, cut }: EdgeProps) {
  const half = (from + to) / 2;
  return (
    <g>
      <path class={`edge ${state}${cut ? ' cut' : ''}`} d={`M${from} ${y} C${half} ${y} ${half} ${end} ${to} ${end}`} />
      {cut && (
        <text class="mark failing" x={half} y={(y + end) / 2 + 5}>
          ✕
        </text>
      )}
    </g>
  );
}

interface BoxProps {
  readonly x: number;
  readonly y: number;
  readonly name: string;
  readonly state: State;
  readonly title: string;
  readonly below: string;
  readonly width?: number;
}

function Box({ x, y, name, state, title, below, width = BOX.width }: BoxProps) {
  return (
    <g>
      <title>{title || name}</title>
      <rect class={`box ${state}`} x={x} y={y - BOX.height / 2} width={width} height={BOX.height} rx={7} />
      <text class={`mark ${state}`} x={x + 16} y={y + 5}>
        {SIGNS[state]}
      </text>
      <text x={x + 30} y={y - 2}>
        {shortened(name, (width - 38) / 7.2)}
      </text>
      <text class="small" x={x + 30} y={y + 13}>
        {below}
      </text>
    </g>
  );
}
