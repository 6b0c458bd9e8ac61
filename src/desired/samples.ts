import type { Spec } from '../engine/resource.ts';

/** Audit events as EKS writes them, to try a filter pattern on: who does what to what, allowed or not (audit.k8s.io/v1, Event). */
const event = (verb: string, requestURI: string, username: string, more: Spec = {}): string =>
  JSON.stringify({
    kind: 'Event',
    apiVersion: 'audit.k8s.io/v1',
    level: 'Metadata',
    auditID: '7d0c3a1e-5b1f-4c55-9a3e-2f6f0c8e4b11',
    stage: 'ResponseComplete',
    requestURI,
    verb,
    user: { username, uid: 'b2f4…', groups: groupsOf(username) },
    sourceIPs: ['10.0.12.34'],
    userAgent: username.startsWith('system:') ? 'kube-controller-manager/v1.33.0' : 'kubectl/v1.33.0',
    responseStatus: { metadata: {}, code: 200 },
    requestReceivedTimestamp: '2026-01-15T09:00:00.000000Z',
    stageTimestamp: '2026-01-15T09:00:00.004000Z',
    annotations: { 'authorization.k8s.io/decision': 'allow', 'authorization.k8s.io/reason': '' },
    ...more,
  });

const groupsOf = (username: string): readonly string[] => {
  if (username === 'system:anonymous') return ['system:unauthenticated'];
  const own = username.startsWith('system:node:') ? ['system:nodes'] : username === ADMIN ? ['system:masters'] : [];
  return [...own, 'system:authenticated'];
};
const of = (resource: string, namespace: string, name: string, more: Spec = {}): Spec => ({
  objectRef: { resource, namespace, name, apiVersion: 'v1', ...more },
});
const answered = (code: number): Spec => ({ responseStatus: { metadata: {}, code } });

const ADMIN = 'kubernetes-admin';
const CONTROLLER = 'system:serviceaccount:kube-system:deployment-controller';
const POD = '/api/v1/namespaces/shop/pods/web-0';
const RBAC = '/apis/rbac.authorization.k8s.io/v1/clusterrolebindings';

export const SAMPLE_EVENTS: readonly string[] = [
  event('get', POD, 'system:node:ip-10-0-12-34.ec2.internal', of('pods', 'shop', 'web-0')),
  event('list', '/api/v1/namespaces/shop/secrets?limit=500', CONTROLLER, of('secrets', 'shop', '')),
  event('watch', '/api/v1/configmaps?watch=true', CONTROLLER, of('configmaps', '', '')),
  event('create', '/apis/apps/v1/namespaces/shop/deployments', ADMIN, {
    ...of('deployments', 'shop', 'web', { apiGroup: 'apps' }),
    ...answered(201),
  }),
  event('update', '/apis/apps/v1/namespaces/shop/deployments/web/status', CONTROLLER, {
    ...of('deployments', 'shop', 'web', { apiGroup: 'apps', subresource: 'status' }),
  }),
  event(
    'patch',
    '/api/v1/namespaces/kube-system/configmaps/aws-auth',
    ADMIN,
    of('configmaps', 'kube-system', 'aws-auth'),
  ),
  event('delete', '/api/v1/namespaces/shop', ADMIN, of('namespaces', 'shop', 'shop')),
  event('create', RBAC, ADMIN, {
    ...of('clusterrolebindings', '', 'everybody', { apiGroup: 'rbac.authorization.k8s.io' }),
    ...answered(201),
  }),
  event('create', `${POD}/exec?command=sh&stdin=true&tty=true`, ADMIN, {
    ...of('pods', 'shop', 'web-0', { subresource: 'exec' }),
    ...answered(101),
    stage: 'ResponseStarted',
  }),
  event('get', '/api/v1/namespaces/kube-system/secrets/token', 'system:anonymous', {
    ...of('secrets', 'kube-system', 'token'),
    responseStatus: { metadata: {}, status: 'Failure', reason: 'Forbidden', code: 403 },
    annotations: { 'authorization.k8s.io/decision': 'forbid', 'authorization.k8s.io/reason': '' },
  }),
];
