/**
 * The flat view: one row per audit event, and all that a rule can ask without reading the event itself. It holds only what DuckDB and
 * Athena (Trino) read alike: text, whole numbers and truth values. A field of several values (`many`) is one text, each value between
 * line feeds, so that "any of them" is a plain search in both engines; arrays would need lambdas, which the two spell differently.
 */
export interface Column {
  readonly name: string;
  readonly type: 'text' | 'number' | 'boolean';
  readonly many: boolean;
  /** Written in lower case by `flatten`, as Kubernetes has these words anyway: compared as they are, which is cheap. */
  readonly lower: boolean;
  /** As a rule names the field: the path in an audit.k8s.io Event, or `x.…` for what is derived from it. */
  readonly path: string;
  /** Which part of the event it stands on; `source` is what the event came in. */
  readonly from: Part;
}
export type Part = 'metadata' | 'request' | 'response' | 'source';

const column = (from: Part, type: Column['type'], traits: string, name: string, path: string): Column => ({
  name,
  path,
  from,
  type,
  many: traits.includes('many'),
  lower: traits.includes('lower'),
});

export const COLUMNS = [
  column('metadata', 'number', '', 'time', 'stageTimestamp'),
  column('metadata', 'text', '', 'audit_id', 'auditID'),
  column('metadata', 'text', 'lower', 'stage', 'stage'),
  column('metadata', 'text', 'lower', 'level', 'level'),
  column('metadata', 'text', 'lower', 'verb', 'verb'),
  column('metadata', 'text', 'lower', 'resource', 'objectRef.resource'),
  column('metadata', 'text', 'lower', 'subresource', 'objectRef.subresource'),
  column('metadata', 'text', 'lower', 'api_group', 'objectRef.apiGroup'),
  column('metadata', 'text', 'lower', 'namespace', 'objectRef.namespace'),
  column('metadata', 'text', '', 'name', 'objectRef.name'),
  column('metadata', 'text', '', 'uri', 'requestURI'),
  column('metadata', 'text', '', 'username', 'user.username'),
  column('metadata', 'text', '', 'uid', 'user.uid'),
  column('metadata', 'text', 'many', 'user_groups', 'user.groups'),
  column('metadata', 'text', 'many', 'principal_arn', 'user.extra.arn'),
  column('metadata', 'text', 'many', 'session_name', 'user.extra.sessionName'),
  column('metadata', 'text', 'many', 'access_key', 'user.extra.accessKeyId'),
  column('metadata', 'text', '', 'impersonated_user', 'impersonatedUser.username'),
  column('metadata', 'text', 'many', 'impersonated_groups', 'impersonatedUser.groups'),
  column('metadata', 'text', 'many', 'source_ips', 'sourceIPs'),
  column('metadata', 'text', '', 'user_agent', 'userAgent'),
  column('metadata', 'number', '', 'code', 'responseStatus.code'),
  column('metadata', 'text', '', 'status_reason', 'responseStatus.reason'),
  column('metadata', 'text', 'lower', 'decision', 'annotations.authorization.k8s.io/decision'),
  column('metadata', 'text', '', 'decision_reason', 'annotations.authorization.k8s.io/reason'),
  // Neither refused by RBAC nor answered with an error.
  column('metadata', 'boolean', '', 'succeeded', 'x.succeeded'),
  // Part of Kubernetes or of EKS: nobody who works with the cluster.
  column('metadata', 'boolean', '', 'system_principal', 'x.systemPrincipal'),
  // Every source address is one of the internet.
  column('metadata', 'boolean', '', 'source_public', 'x.sourcePublic'),
  // The decoded command of exec, attach and the kubelet's own exec.
  column('metadata', 'text', '', 'command', 'x.command'),
  // The resource, where it is one that runs pods and the request writes its specification.
  column('metadata', 'text', 'lower', 'workload', 'x.workload'),
  // One pod specification, wherever it stands: pod, template or jobTemplate; containers, init and ephemeral ones together.
  column('request', 'text', 'many', 'pod_images', 'x.podSpec.image'),
  column('request', 'boolean', '', 'pod_privileged', 'x.podSpec.privileged'),
  column('request', 'boolean', '', 'pod_root', 'x.podSpec.runAsRoot'),
  column('request', 'boolean', '', 'pod_escalation', 'x.podSpec.allowPrivilegeEscalation'),
  column('request', 'boolean', '', 'pod_host_pid', 'x.podSpec.hostPID'),
  column('request', 'boolean', '', 'pod_host_network', 'x.podSpec.hostNetwork'),
  column('request', 'boolean', '', 'pod_host_ipc', 'x.podSpec.hostIPC'),
  column('request', 'boolean', '', 'pod_share_pid', 'x.podSpec.shareProcessNamespace'),
  column('request', 'text', 'many', 'pod_host_paths', 'x.podSpec.hostPath'),
  column('request', 'text', 'many', 'pod_capabilities', 'x.podSpec.capabilities'),
  column('request', 'text', '', 'pod_service_account', 'x.podSpec.serviceAccountName'),
  // Names of variables that hold a literal value; never the value.
  column('request', 'text', 'many', 'pod_env', 'x.podSpec.env'),
  column('request', 'boolean', '', 'pod_mirror', 'x.podSpec.mirror'),
  column('request', 'text', '', 'role_ref', 'x.roleRef'),
  // `User/alice`, `Group/system:masters`, `ServiceAccount/default/builder`.
  column('request', 'text', 'many', 'subjects', 'x.subjects'),
  // What a role allows, one rule of it at a time: `get /secrets`, `* apps/deployments`, `get url:/healthz`;
  // the core group is empty.
  column('request', 'text', 'many', 'grants', 'x.grants'),
  column('response', 'text', 'many', 'grants_after', 'x.grantsAfter'),
  column('request', 'text', 'lower', 'service_type', 'requestObject.spec.type'),
  column('request', 'boolean', '', 'tls', 'x.tls'),
  column('request', 'text', 'lower', 'signer', 'requestObject.spec.signerName'),
  column('request', 'text', 'many', 'usages', 'requestObject.spec.usages'),
  column('request', 'number', '', 'expiration_seconds', 'requestObject.spec.expirationSeconds'),
  // The words in a config map that announce a credential; never what follows them.
  column('request', 'text', 'many', 'credential_words', 'x.credentialWords'),
  column('source', 'text', '', 'cluster', 'x.cluster'),
  column('source', 'text', '', 'account', 'x.account'),
  column('source', 'text', '', 'region', 'x.region'),
  column('source', 'text', '', 'object', 'x.object'),
  column('source', 'text', '', 'log_event_id', 'x.logEventId'),
] as const satisfies readonly Column[];

/** The whole event, a line `path=value` for each value, indexes of arrays left out: for fields that have no column of their own. */
export const LEAVES: Column = { ...column('metadata', 'text', 'many', 'leaves', ''), from: 'response' };

/** What `flatten` writes. A value that the event does not have is null. */
export type Row = Readonly<Record<string, string | number | boolean | null>>;

const BY_PATH = new Map<string, Column>(COLUMNS.map((one) => [one.path, one]));
export const columnOf = (path: string): Column | undefined => BY_PATH.get(path);

const SQL_TYPES = { text: 'VARCHAR', number: 'BIGINT', boolean: 'BOOLEAN' } as const;
/** The columns of a table that holds rows, for CREATE TABLE of either engine. */
export const tableColumns = (columns: readonly Column[] = [...COLUMNS, LEAVES]): string =>
  columns.map(({ name, type }) => `${name} ${SQL_TYPES[type]}`).join(', ');

const HIVE_TYPES = { text: 'string', number: 'bigint', boolean: 'boolean' } as const;
/** The same for Glue's catalog, which has types by the names of Hive. */
export const catalogColumns = (): Readonly<Record<string, string>> =>
  Object.fromEntries([...COLUMNS, LEAVES].map(({ name, type }) => [name, HIVE_TYPES[type]]));
