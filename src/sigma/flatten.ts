import { grants, isPublic, isSystem, subjects } from './access.ts';
import type { Row } from './columns.ts';
import { list, lower, many, type Thing, text, thing, type Value, whole } from './event.ts';
import { leavesOf } from './leaves.ts';
import { podColumns, workloadOf } from './pod-spec.ts';

/** What an event came in; the event itself tells none of it. */
export interface Origin {
  readonly cluster?: string;
  readonly account?: string;
  readonly region?: string;
  /** The key of the object, and the log event in it: evidence. */
  readonly object?: string;
  readonly logEventId?: string;
}

/**
 * One audit event as a row of the flat view. Bodies are looked at only for resources whose body a rule can ask for, and `leaves` is
 * made only where a rule asks for a field without a column: most events are reads of nodes and controllers, and cost a dozen look-ups.
 * All rows are written as one literal and so have one shape, which is a tenth of the time of putting them together from parts.
 */
export function flatten(event: Value, origin: Origin = {}, { leaves = false } = {}): Row {
  const it = thing(event);
  const { user, objectRef, annotations, responseStatus, impersonatedUser } = it;
  const [who, ref, notes, status] = [thing(user), thing(objectRef), thing(annotations), thing(responseStatus)];
  const extra = thing(who.extra);
  const ips = list(it.sourceIPs);
  const [username, stage] = [text(who.username), lower(it.stage)];
  const resource = lower(ref.resource);
  const subresource = lower(ref.subresource) || null;
  const [code, decision] = [whole(status.code), lower(notes['authorization.k8s.io/decision'])];
  const workload = workloadOf(resource, subresource);
  const row = {
    time: timeOf(it),
    audit_id: text(it.auditID),
    stage,
    level: lower(it.level),
    verb: lower(it.verb),
    resource,
    subresource,
    api_group: lower(ref.apiGroup) || null,
    namespace: lower(ref.namespace) || null,
    name: text(ref.name) || nameInBody(it),
    uri: text(it.requestURI),
    username,
    uid: text(who.uid),
    user_groups: many(list(who.groups)),
    principal_arn: many(list(extra.arn)),
    session_name: many(list(extra.sessionName)),
    access_key: many(list(extra.accessKeyId)),
    impersonated_user: text(thing(impersonatedUser).username),
    impersonated_groups: many(list(thing(impersonatedUser).groups)),
    source_ips: many(ips),
    user_agent: text(it.userAgent),
    code,
    status_reason: text(status.reason),
    decision,
    decision_reason: text(notes['authorization.k8s.io/reason']),
    succeeded: (code === null || code < 400) && decision !== 'forbid' && stage !== 'requestreceived',
    system_principal: username !== null && isSystem(username),
    source_public: ips.length > 0 && ips.every((ip) => typeof ip === 'string' && isPublic(ip) === true),
    command: commandOf(it.requestURI),
    workload,
    pod_images: null,
    pod_privileged: null,
    pod_root: null,
    pod_escalation: null,
    pod_host_pid: null,
    pod_host_network: null,
    pod_host_ipc: null,
    pod_share_pid: null,
    pod_host_paths: null,
    pod_capabilities: null,
    pod_service_account: null,
    pod_env: null,
    pod_mirror: null,
    role_ref: null,
    subjects: null,
    grants: null,
    grants_after: null,
    service_type: null,
    tls: null,
    signer: null,
    usages: null,
    expiration_seconds: null,
    credential_words: null,
    cluster: origin.cluster ?? null,
    account: origin.account ?? null,
    region: origin.region ?? null,
    object: origin.object ?? null,
    log_event_id: origin.logEventId ?? null,
    leaves: leaves ? leavesOf(it) : null,
  };
  if (it.requestObject || it.responseObject) Object.assign(row, bodyColumns(it, workload, resource, subresource));
  return row;
}

/** Milliseconds. Old events (v1beta1) have `timestamp` only. */
function timeOf({ stageTimestamp, requestReceivedTimestamp, timestamp }: Thing): number | null {
  const time = Date.parse(String(stageTimestamp ?? requestReceivedTimestamp ?? timestamp ?? ''));
  return Number.isNaN(time) ? null : time;
}

/** A create request names the object in its body alone. */
const nameInBody = ({ requestObject }: Thing): string | null => text(thing(thing(requestObject).metadata).name);

/** A query of exec and attach: `command` once for each word; of the kubelet's own exec: `cmd`. */
function commandOf(uri: Value): string | null {
  if (typeof uri !== 'string') return null;
  const at = uri.indexOf('?');
  if (at === -1 || !/[?&](command|cmd)=/.test(uri)) return null;
  const words = new URLSearchParams(uri.slice(at + 1));
  return text([...words.getAll('command'), ...words.getAll('cmd')].join(' '));
}

/**
 * A JSON patch is a list of operations: what it makes of the object is in the response alone. A merge patch holds what it changes.
 */
function bodyColumns(
  { requestObject, responseObject, verb }: Thing,
  workload: string | null,
  resource: string | null,
  sub: string | null,
) {
  const after = thing(responseObject);
  const request = Array.isArray(requestObject) ? after : thing(requestObject);
  if (workload) return podColumns(request);
  const spec = thing(request.spec);
  switch (resource) {
    case 'roles':
    case 'clusterroles': {
      const changes =
        !Array.isArray(requestObject) || requestObject.some((one) => /^\/rules/.test(String(thing(one).path)));
      return { grants: changes ? grants(request.rules) : null, grants_after: grants(after.rules) };
    }
    case 'rolebindings':
    case 'clusterrolebindings':
      return {
        role_ref: text(thing(request.roleRef).name) ?? (verb === 'delete' ? null : text(thing(after.roleRef).name)),
        subjects: subjects(request.subjects),
      };
    case 'services':
      return { service_type: lower(spec.type) };
    case 'ingresses':
      return { tls: list(spec.tls).length > 0 };
    case 'certificatesigningrequests':
      return { signer: lower(spec.signerName), usages: many(list(spec.usages)) };
    case 'serviceaccounts':
      return sub === 'token' ? { expiration_seconds: whole(spec.expirationSeconds) } : {};
    case 'configmaps':
      return { credential_words: credentialWords(request) };
    default:
      return {};
  }
}

function credentialWords({ data, stringData, binaryData }: Thing): string | null {
  const all = JSON.stringify([data, stringData, binaryData]).toLowerCase();
  return many([...new Set(all.match(/aws[-_](s3[-_])?(secret[-_])?access[-_]key([-_]id)?|password|passphrase/g))]);
}
