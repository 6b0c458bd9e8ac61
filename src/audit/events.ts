import { clusterOfLogGroup } from '../desired/names.ts';
import type { Fields } from './documents.ts';
import type { Tally } from './tally.ts';

/** What an API server has written of a request (audit.k8s.io/v1, Event). */
export interface KubernetesEvent extends Fields {
  readonly kind: 'Event';
  readonly apiVersion: string;
  readonly auditID?: string;
  readonly stage?: string;
}

/** An audit event, with what is known of where it comes from. */
export interface AuditEvent {
  /** null: nothing tells it. */
  readonly cluster: string | null;
  readonly account: string | null;
  readonly region: string;
  /** When it happened, in milliseconds. */
  readonly at: number | null;
  /** Of the log event that carried it: the same when it is delivered twice. */
  readonly logEventId: string | null;
  /** Events without one were written when all was done. */
  readonly stage: string;
  readonly event: KubernetesEvent;
}

/** What the caller knows of an object; in the events themselves the region never is, and the cluster only in an envelope. */
export interface Source {
  readonly region: string;
  readonly cluster?: string;
  readonly account?: string;
}

/** The audit events of a document: of the envelope of CloudWatch Logs, or one that Firehose has taken out of it. */
export function eventsOf(document: Fields, source: Source, tally: Tally): AuditEvent[] {
  if (isAuditEvent(document)) return [bare(document, source, tally)];
  const { messageType, logEvents } = document;
  if (typeof messageType !== 'string' || !Array.isArray(logEvents)) {
    tally.others++;
    return [];
  }
  if (messageType !== 'DATA_MESSAGE') {
    tally.control++;
    return [];
  }
  const cluster = clusterOfLogGroup(String(document.logGroup)) ?? source.cluster ?? null;
  const place = { cluster, account: text(document.owner) ?? source.account ?? null, region: source.region };
  return logEvents.flatMap((one: Fields) => {
    const event = auditEvent(one?.message, tally);
    if (!event) return [];
    const { id, timestamp } = one;
    const at = typeof timestamp === 'number' ? timestamp : timeOf(event);
    return [{ ...place, at, logEventId: text(id), stage: stageOf(event), event }];
  });
}

function bare(event: KubernetesEvent, { region, cluster, account }: Source, tally: Tally): AuditEvent {
  tally.events++;
  const place = { cluster: cluster ?? null, account: account ?? null, region };
  return { ...place, at: timeOf(event), logEventId: null, stage: stageOf(event), event };
}

const text = (value: unknown): string | null => (typeof value === 'string' && value ? value : null);
const stageOf = ({ stage }: KubernetesEvent) => stage ?? 'ResponseComplete';

function timeOf({ stageTimestamp, requestReceivedTimestamp }: KubernetesEvent): number | null {
  const time = Date.parse(String(stageTimestamp ?? requestReceivedTimestamp));
  return Number.isNaN(time) ? null : time;
}

const isAuditEvent = (value: unknown): value is KubernetesEvent => {
  const { kind, apiVersion } = Object(value) as Fields;
  return kind === 'Event' && typeof apiVersion === 'string' && apiVersion.startsWith('audit.k8s.io/');
};

/** CloudWatch Logs ends so what was too long for a log event (falcosecurity/plugins#297). */
const isTruncated = (message: string) => message.trimEnd().endsWith('[Truncated...]');

function auditEvent(message: unknown, tally: Tally): KubernetesEvent | undefined {
  const event = parsed(String(message));
  if (isAuditEvent(event)) {
    tally.events++;
    return event;
  }
  tally[isTruncated(String(message)) ? 'truncated' : 'others']++;
  return undefined;
}

function parsed(json: string): unknown {
  try {
    return JSON.parse(json);
  } catch {
    return undefined;
  }
}

/** The events that can be saved of a damaged document; it is counted, unless that was done already (`isTold`). */
export function salvage(broken: string, isTold: boolean, source: Source, tally: Tally): AuditEvent[] {
  if (isTruncated(broken)) tally.truncated++;
  else if (!isTold) tally.damaged++;
  const envelope = envelopeOf(broken);
  return envelope ? eventsOf(envelope, source, tally) : [];
}

/** An envelope without what of its log events cannot be read. Within a message a quote is escaped, so none looks like the beginning of one. */
function envelopeOf(broken: string): Fields | undefined {
  const [head = '', list] = broken.split(/(?<="logEvents":\s?\[)/, 2);
  const envelope = list !== undefined && parsed(`${head}]}`);
  if (!envelope) return undefined;
  const logEvents = list.split(/(?=\{"id":)/).map((one) => parsed(one.replace(/[\s,\]}]*$/, '}')));
  return { ...envelope, logEvents: logEvents.filter((one) => one !== undefined) };
}
