import { COLUMNS, type Column } from './columns.ts';
import { ALWAYS, all, any, type Expression, NEVER, not } from './expression.ts';

/** What DuckDB takes out of the JSON of an event, in one go (json_transform). */
export const SHAPE = JSON.stringify({
  kind: 'VARCHAR',
  apiVersion: 'VARCHAR',
  stage: 'VARCHAR',
  verb: 'VARCHAR',
  requestURI: 'VARCHAR',
  user: { username: 'VARCHAR', groups: ['VARCHAR'] },
  impersonatedUser: { username: 'VARCHAR', groups: ['VARCHAR'] },
  sourceIPs: ['VARCHAR'],
  userAgent: 'VARCHAR',
  objectRef: { resource: 'VARCHAR', subresource: 'VARCHAR', apiGroup: 'VARCHAR', namespace: 'VARCHAR' },
  responseStatus: { code: 'BIGINT' },
  requestObject: 'JSON',
  annotations: { 'authorization.k8s.io/decision': 'VARCHAR' },
  stageTimestamp: 'VARCHAR',
  requestReceivedTimestamp: 'VARCHAR',
});

/** As `many` writes several values. */
const each = (list: string) =>
  `CASE WHEN len(${list}) > 0 THEN chr(10) || array_to_string(${list}, chr(10)) || chr(10) END`;

/** Columns that DuckDB can tell of the event `j` at a glance, as `flatten` writes them for what an API server writes; each may build on those before. */
const EXACT: Readonly<Record<string, string>> = {
  stage: `lower(j.stage)`,
  verb: `lower(j.verb)`,
  resource: `lower(j.objectRef.resource)`,
  subresource: "nullif(lower(j.objectRef.subresource), '')",
  api_group: "nullif(lower(j.objectRef.apiGroup), '')",
  namespace: "nullif(lower(j.objectRef.namespace), '')",
  uri: 'j.requestURI',
  username: 'j.user.username',
  user_groups: each('j.user.groups'),
  impersonated_user: 'j.impersonatedUser.username',
  impersonated_groups: each('j.impersonatedUser.groups'),
  user_agent: 'j.userAgent',
  code: 'j.responseStatus.code',
  decision: `lower(j.annotations."authorization.k8s.io/decision")`,
  succeeded: `coalesce(code < 400, true) AND coalesce(decision <> 'forbid', true) AND coalesce(stage <> 'requestreceived', true)`,
  system_principal: `coalesce(CASE WHEN starts_with(username, 'system:serviceaccount:') THEN starts_with(username, 'system:serviceaccount:kube-system:')
    ELSE username NOT IN ('system:anonymous', 'system:unauthenticated') AND (starts_with(username, 'system:') OR starts_with(username, 'eks:')) END, false)`,
  workload: `CASE WHEN coalesce(subresource, 'ephemeralcontainers') = 'ephemeralcontainers' AND resource IN ('pods', 'deployments',
    'daemonsets', 'statefulsets', 'replicasets', 'replicationcontrollers', 'jobs', 'cronjobs') THEN resource END`,
  expiration_seconds: `CASE WHEN resource = 'serviceaccounts' AND subresource = 'token' THEN TRY_CAST(json_extract_string(j.requestObject, '$.spec.expirationSeconds') AS BIGINT) END`,
};

/** What there is of it in the specification of pods. */
const inPods = (text: string) => `CASE WHEN strpos(pods, '${text}') > 0 THEN true END`;
/** Of these no more than that they may be true, or have a value: it holds wherever it should, and at times where it should not. */
const HINTS: Readonly<Record<string, string>> = {
  source_public: `CASE WHEN NOT regexp_matches(j.sourceIPs[1], '^(::ffff:)?(10|127|192\\.168|172\\.(1[6-9]|2\\d|3[01]))\\.') THEN true END`,
  // Written without blanks. What a JSON patch, which is a list, makes of the object is in the response alone.
  pods: `CASE WHEN workload IS NULL OR j.requestObject IS NULL THEN NULL WHEN starts_with(CAST(j.requestObject AS VARCHAR), '[') THEN CAST(json(json) AS VARCHAR) ELSE CAST(j.requestObject AS VARCHAR) END`,
  pod_privileged: inPods('"privileged":true'),
  pod_root: `coalesce(${inPods('"runAsUser":0')}, ${inPods('"runAsNonRoot":false')})`,
  pod_escalation: inPods('"allowPrivilegeEscalation":true'),
  pod_host_pid: inPods('"hostPID":true'),
  pod_host_network: inPods('"hostNetwork":true'),
  pod_host_ipc: inPods('"hostIPC":true'),
  pod_share_pid: inPods('"shareProcessNamespace":true'),
  pod_host_paths: inPods('"path":"'),
  pod_capabilities: inPods('"add":["'),
  pod_env: inPods('"name":"'),
  pod_mirror: inPods('kubernetes.io/config.mirror'),
};
/** In these a text stands as it does in the JSON, if there is nothing in it that JSON writes otherwise. */
const TEXTS: Readonly<Record<string, string>> = { pod_images: `CASE WHEN strpos(pods, '"image":"') > 0 THEN pods END` };
const PLAIN = /^[\w.:/@-]+$/;

const lowerOf = (column: Column): Column => ({ ...column, name: `${column.name}_lower` });

/** All of these, by column, each by those before. */
export const GLANCES: readonly (readonly [name: string, sql: string])[] = [
  ...Object.entries({ ...EXACT, ...HINTS, ...TEXTS }),
  ...Object.keys({ ...EXACT, ...TEXTS }).flatMap((name) => {
    const column = COLUMNS.find((one) => one.name === name)!;
    return column.type === 'text' && !column.lower ? [[lowerOf(column).name, `lower(${name})`] as const] : [];
  }),
];

/** Holds wherever the expression does, and asks for nothing but what is told at a glance: nearly all events are ruled out before any is flattened. */
export const atGlance = (it: Expression): Expression => bound(it, true);

type Test = Extract<Expression, { readonly column: Column }>;

/** `most`: it holds wherever `it` does; else: only where it does. */
function bound(it: Expression, most: boolean): Expression {
  if (it.kind === 'and' || it.kind === 'or') {
    const of = it.of.map((one) => bound(one, most));
    const decides = it.kind === 'or' ? isAlways : isNever;
    return of.find(decides) ?? (it.kind === 'and' ? all(of) : any(of));
  }
  if (it.kind === 'not') {
    const of = bound(it.of, !most);
    return isAlways(of) ? NEVER : isNever(of) ? ALWAYS : not(of);
  }
  const { column } = it as Test;
  if (column.name in EXACT && (it.kind !== 'same' || it.other.name in EXACT)) return inLower(it as Test);
  if (!most) return NEVER;
  return column.name in HINTS ? hint(it, column) : column.name in TEXTS ? mention(it, column) : ALWAYS;
}
const isAlways = (it: Expression) => it.kind === 'and' && it.of.length === 0;
const isNever = (it: Expression) => it.kind === 'or' && it.of.length === 0;

/** What is compared in lower case is written so once, for all comparisons. */
const inLower = (it: Test): Expression =>
  'fold' in it && it.fold && it.kind !== 'same' && it.column.type === 'text'
    ? { ...it, column: lowerOf(it.column), fold: false }
    : it;

const hint = (it: Expression, column: Column): Expression =>
  it.kind === 'is' && it.value !== true ? ALWAYS : { kind: 'present', column };

function mention(it: Expression, column: Column): Expression {
  const isText = it.kind === 'equals' || it.kind === 'contains' || it.kind === 'starts';
  if (isText && PLAIN.test(it.text)) return inLower({ kind: 'contains', column, text: it.text, fold: it.fold });
  return { kind: 'present', column };
}
