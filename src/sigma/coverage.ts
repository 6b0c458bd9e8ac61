import { levelOf } from './eks-policy.ts';
import { type Thing, text, thing, type Value } from './event.ts';
import { firesAtLast } from './fire.ts';
import { flatten } from './flatten.ts';
import type { Rule } from './rule.ts';

/** Whether a rule can ever fire on what reaches a bucket from EKS. */
export interface Coverage {
  /** By EKS's audit policy; null: the rule has no test that fires, so it cannot be tried. */
  readonly eks: boolean | null;
  /** And by the subscription filter that rad-connect makes. */
  readonly filter: boolean | null;
  /** And by the one of RAD's Terraform module, which drops what has begun and not ended. */
  readonly moduleFilter: boolean | null;
  /** And where Firehose extracts the messages, so that nothing says which cluster they are of. */
  readonly extracted: boolean | null;
  readonly reason: string | null;
}

type Source = (event: Thing) => Thing | string;

/**
 * Tried, not guessed: the events at which the rule's own tests fire are cut down to what EKS would have logged and what would have been
 * delivered. A rule is covered when one of them still makes it fire.
 */
export function coverageOf(rule: Rule): Coverage {
  const positive = rule.tests.filter(({ fires }) => fires).map(({ events }) => events as readonly Thing[]);
  if (positive.length === 0)
    return { eks: null, filter: null, moduleFilter: null, extracted: null, reason: 'no test that fires' };
  const through = (source: Source, cluster = 'cluster') =>
    positive.some((events) => survives(rule, events, source, cluster));
  const eks = through(asLogged);
  return {
    eks,
    filter: through((event) => delivered(asLogged(event), 'ours')),
    moduleFilter: through((event) => delivered(asLogged(event), 'module')),
    extracted: through((event) => delivered(asLogged(event), 'ours'), ''),
    reason: eks
      ? null
      : ((positive.flatMap((events) => events.map(asLogged)).find((one) => typeof one === 'string') ??
          'EKS logs too little of the request') as string),
  };
}

function survives(rule: Rule, events: readonly Thing[], source: Source, cluster: string): boolean {
  const left = events.map(source);
  if (typeof left.at(-1) === 'string') return false;
  const rows = left.flatMap((one) =>
    typeof one === 'string' ? [] : [flatten(one, cluster ? { cluster } : {}, { leaves: true })],
  );
  return firesAtLast(rule, rows);
}

const BODIES = { None: 0, Metadata: 0, Request: 1, RequestResponse: 2 } as const;

/** What is left of an event in the log of EKS, or why nothing is. */
function asLogged(event: Thing): Thing | string {
  const level = levelOf(event);
  const { requestObject, responseObject, ...metadata } = event;
  const what = text(thing(event.objectRef).resource) ?? String(event.requestURI);
  if (level === 'None') return `EKS does not log ${what}`;
  if (event.stage === 'RequestReceived') return 'EKS leaves out the stage RequestReceived';
  const bodies = BODIES[level];
  return {
    ...metadata,
    level,
    ...(bodies > 0 && requestObject !== undefined && { requestObject: requestObject as Value }),
    ...(bodies > 1 && responseObject !== undefined && { responseObject: responseObject as Value }),
  };
}

const HEALTH = /^\/(version(\?.*)?$|metrics(\?.*)?$|logs(\?.*)?$|swagger|livez|readyz|healthz)/;
const OPEN = ['exec', 'attach', 'portforward', 'proxy'];

/** The subscription filters, in the words of an event: README, and RAD's Terraform module (eks_audit_logs.tf). */
export function delivered(event: Thing | string, by: 'ours' | 'module'): Thing | string {
  if (typeof event === 'string') return event;
  const { stage, requestURI, objectRef } = event;
  const sub = String(thing(objectRef).subresource);
  const complete = stage === 'ResponseComplete';
  const passes =
    by === 'module' ? complete : complete || stage === 'Panic' || (stage === 'ResponseStarted' && OPEN.includes(sub));
  return passes && !HEALTH.test(String(requestURI)) ? event : 'the subscription filter drops it';
}
