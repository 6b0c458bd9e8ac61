import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { ordinary, SUSPICIOUS } from '../src/simulator/traffic/acts.ts';
import { auditEvent } from '../src/simulator/traffic/events.ts';
import { createRandom, type Random } from '../src/simulator/traffic/random.ts';

/** Raw objects as Firehose leaves them, below a folder. */
export interface Corpus {
  readonly objects: readonly string[];
  readonly events: number;
  /** Of the audit events' own text. */
  readonly bytes: number;
}

const PLACE = { partition: 'aws', account: '123456789012' };
const START = Date.UTC(2026, 10, 24, 8);
/** Buffered so far by Firehose before it writes an object (BufferingHints, SizeInMBs). Bytes. */
const OBJECT = 5 * 1_048_576;
/** Events that CloudWatch Logs sends in one record. */
const RECORD = 80;
/** The same few suspicious events in a thousand that a cluster has in a bad hour. */
const SUSPICIOUS_SHARE = 0.003;
/** Of events that hold the whole answer too. */
const BODIES = 0.43;

/** Writes audit events of so many bytes, as gzip members one after another: the same for the same seed. */
export function makeCorpus(folder: string, bytes: number, seed = 1): Corpus {
  const random = createRandom(seed);
  const events = templates(random);
  const objects: string[] = [];
  const members: Buffer[] = [];
  const done = { events: 0, bytes: 0 };
  let buffered = 0;
  const write = () => {
    const at = new Date(START + objects.length * 60_000).toISOString();
    const [day = '', time = ''] = at.split('T');
    const stamp = `${day}-${time.slice(0, 8).replaceAll(':', '-')}`;
    const key = `${day.replaceAll('-', '/')}/${time.slice(0, 2)}/rad-eks-audit-logs-1-${stamp}-${random.hex(32)}.gz`;
    mkdirSync(dirname(join(folder, key)), { recursive: true });
    writeFileSync(join(folder, key), Buffer.concat(members.splice(0)));
    objects.push(join(folder, key));
    buffered = 0;
  };
  while (done.bytes < bytes) {
    const logEvents = Array.from({ length: RECORD }, (_, i) => {
      const id = String(++done.events).padStart(12, '0');
      const message = random.pick(events).replace(ID, ID.slice(0, -12) + id);
      done.bytes += message.length;
      return { id: `${START}${id}`, timestamp: START + objects.length * 60_000 + i, message };
    });
    members.push(gzipSync(JSON.stringify(envelopeOf(logEvents)), { level: 6 }));
    buffered += members.at(-1)!.length;
    if (buffered >= OBJECT) write();
  }
  if (members.length) write();
  return { objects, ...done };
}

const envelopeOf = (logEvents: readonly object[]) => ({
  messageType: 'DATA_MESSAGE',
  owner: PLACE.account,
  logGroup: '/aws/eks/payments-prod/cluster',
  logStream: 'kube-apiserver-audit-0123456789abcdef0123456789abcdef',
  subscriptionFilters: ['rad-eks-audit-logs'],
  logEvents,
});

/** So many are made; all others are copies under a name of their own. */
const DISTINCT = 5_000;
const ID = '00000000-0000-4000-a000-000000000000';

/** With what EKS logs of requests and answers an event has two kilobytes on average. */
function templates(random: Random): string[] {
  const bodies = Array.from({ length: 40 }, () => bodyOf(random));
  return Array.from({ length: DISTINCT }, () => {
    const act = random.next() < SUSPICIOUS_SHARE ? random.pick(SUSPICIOUS)(random) : ordinary(random);
    const text = auditEvent(act, START, PLACE, random).replace(/(?<="auditID":")[^"]+/, ID);
    return random.next() < BODIES
      ? `${text.slice(0, -1)},"responseObject":${JSON.stringify(random.pick(bodies))}}`
      : text;
  });
}

/** A pod as the API server answers with it. */
function bodyOf(random: Random): object {
  const name = `worker-${random.hex(9)}-${random.hex(5)}`;
  const env = Array.from({ length: 10 + random.below(20) }, () => ({
    name: `SETTING_${random.hex(6)}`,
    value: random.hex(12),
  }));
  const managed = Object.fromEntries(Array.from({ length: 20 }, (_, i) => [`f:field${i}`, { 'f:value': {} }]));
  return {
    kind: 'Pod',
    apiVersion: 'v1',
    metadata: {
      name,
      namespace: 'payments',
      uid: random.hex(32),
      managedFields: [{ manager: 'kubelet', operation: 'Update', fieldsV1: managed }],
    },
    spec: {
      containers: [{ name: 'main', image: `registry.example.com/worker:${random.hex(7)}`, env }],
      nodeName: `ip-10-0-1-${random.below(250)}.ec2.internal`,
    },
    status: {
      phase: 'Running',
      podIP: `10.0.1.${random.below(250)}`,
      conditions: ['Initialized', 'Ready', 'ContainersReady', 'PodScheduled'].map((type) => ({
        type,
        status: 'True',
        lastTransitionTime: '2026-11-24T08:00:00Z',
      })),
    },
  };
}
