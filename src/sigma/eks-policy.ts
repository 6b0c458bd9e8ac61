import { list, type Thing, text, thing } from './event.ts';

/** How much of a request the audit log holds. */
export type AuditLevel = 'None' | 'Metadata' | 'Request' | 'RequestResponse';

interface PolicyRule {
  readonly level: AuditLevel;
  readonly users?: readonly string[];
  readonly groups?: readonly string[];
  readonly verbs?: readonly string[];
  readonly namespace?: string;
  /** `resource/subresource`, of the core group where no group is given. */
  readonly resources?: readonly string[];
  readonly apiGroups?: readonly string[];
  readonly name?: string;
  readonly urls?: RegExp;
}

const READ = ['get', 'list', 'watch'];
const KNOWN = [
  '',
  'admissionregistration.k8s.io',
  'apiextensions.k8s.io',
  'apiregistration.k8s.io',
  'apps',
  'authentication.k8s.io',
  'authorization.k8s.io',
  'autoscaling',
  'batch',
  'certificates.k8s.io',
  'extensions',
  'metrics.k8s.io',
  'networking.k8s.io',
  'policy',
  'rbac.authorization.k8s.io',
  'scheduling.k8s.io',
  'settings.k8s.io',
  'storage.k8s.io',
];
const STATUSES = ['nodes/status', 'pods/status'];
const NODES = ['nodes', 'nodes/status'];

/** The audit policy of EKS, the first rule that fits decides (EKS best practices guide, "Auditing and logging"). */
const POLICY: readonly PolicyRule[] = [
  {
    level: 'RequestResponse',
    namespace: 'kube-system',
    verbs: ['update', 'patch', 'delete'],
    resources: ['configmaps'],
    name: 'aws-auth',
  },
  {
    level: 'None',
    users: ['system:kube-proxy'],
    verbs: ['watch'],
    resources: ['endpoints', 'services', 'services/status'],
  },
  { level: 'None', users: ['kubelet'], verbs: ['get'], resources: NODES },
  { level: 'None', groups: ['system:nodes'], verbs: ['get'], resources: NODES },
  {
    level: 'None',
    users: [
      'system:kube-controller-manager',
      'system:kube-scheduler',
      'system:serviceaccount:kube-system:endpoint-controller',
    ],
    verbs: ['get', 'update'],
    namespace: 'kube-system',
    resources: ['endpoints'],
  },
  {
    level: 'None',
    users: ['system:apiserver'],
    verbs: ['get'],
    resources: ['namespaces', 'namespaces/status', 'namespaces/finalize'],
  },
  { level: 'None', users: ['system:kube-controller-manager'], verbs: ['get', 'list'], apiGroups: ['metrics.k8s.io'] },
  { level: 'None', urls: /^\/(healthz|version$|swagger)/ },
  { level: 'None', resources: ['events'] },
  {
    level: 'Request',
    users: ['kubelet', 'system:node-problem-detector', 'system:serviceaccount:kube-system:node-problem-detector'],
    verbs: ['update', 'patch'],
    resources: STATUSES,
  },
  { level: 'Request', groups: ['system:nodes'], verbs: ['update', 'patch'], resources: STATUSES },
  { level: 'Request', users: ['system:serviceaccount:kube-system:namespace-controller'], verbs: ['deletecollection'] },
  { level: 'Metadata', resources: ['secrets', 'configmaps'] },
  { level: 'Metadata', apiGroups: ['authentication.k8s.io'], resources: ['tokenreviews'] },
  { level: 'Request', resources: ['serviceaccounts/token'] },
  { level: 'Request', verbs: READ, apiGroups: KNOWN },
  { level: 'RequestResponse', apiGroups: KNOWN },
  { level: 'Metadata' },
];

/** At which level EKS logs a request. */
export function levelOf(event: Thing): AuditLevel {
  const [ref, user] = [thing(event.objectRef), thing(event.user)];
  const path = String(event.requestURI ?? '').split('?')[0]!;
  const resource = text(ref.resource);
  const isOf = (one: PolicyRule): boolean => {
    if (one.urls) return resource === null && one.urls.test(path);
    if ((one.resources || one.apiGroups) && resource === null) return false;
    const groups = one.apiGroups ?? (one.resources ? [''] : undefined);
    return (
      (!one.users || one.users.includes(String(user.username))) &&
      (!one.groups || list(user.groups).some((group) => one.groups!.includes(String(group)))) &&
      (!one.verbs || one.verbs.includes(String(event.verb))) &&
      (!one.namespace || one.namespace === ref.namespace) &&
      (!one.name || one.name === ref.name) &&
      (!one.resources || one.resources.includes([resource, ref.subresource].filter(Boolean).join('/'))) &&
      (!groups || groups.includes(text(ref.apiGroup) ?? ''))
    );
  };
  return POLICY.find(isOf)!.level;
}
