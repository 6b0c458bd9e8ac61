import type { Random } from './random.ts';

/** What somebody does to the Kubernetes API, as the audit log tells it. */
export interface Act {
  readonly who: string;
  readonly verb: string;
  readonly resource: string;
  readonly namespace?: string;
  readonly name?: string;
  readonly subresource?: string;
  readonly apiGroup?: string;
  readonly query?: string;
  readonly code?: number;
  readonly request?: object;
  readonly userAgent?: string;
  readonly sourceIP?: string;
  /** Of a request that stays open, when it begins. */
  readonly stage?: 'ResponseStarted';
}

type Make = (random: Random) => Act;

const NAMESPACES = ['shop', 'payments', 'search', 'monitoring', 'kube-system', 'ci'] as const;
const APPS = ['web', 'api', 'worker', 'checkout', 'indexer', 'cache'] as const;
const controller = (name: string) => `system:serviceaccount:kube-system:${name}`;
const ADMIN = 'arn:PARTITION:sts::ACCOUNT:assumed-role/PlatformAdmin/alice';
const DEVELOPER = 'arn:PARTITION:sts::ACCOUNT:assumed-role/Developer/bob';
const PIPELINE = 'arn:PARTITION:sts::ACCOUNT:assumed-role/GithubActions/deploy';
const KUBECTL = 'kubectl/v1.33.4 (linux/amd64) kubernetes/1111111';

const node = (random: Random) => `system:node:ip-10-0-${random.below(4)}-${random.below(250)}.ec2.internal`;
const pod = (random: Random) => `${random.pick(APPS)}-${random.hex(9)}-${random.hex(5)}`;
const podSpec = (image: string, more: object = {}, container: object = {}) => ({
  kind: 'Pod',
  apiVersion: 'v1',
  spec: { containers: [{ name: 'main', image, ...container }], ...more },
});

/** What goes on in a cluster all day: mostly the control plane and the nodes. Weights, then acts. */
export const ORDINARY: readonly (readonly [weight: number, make: Make])[] = [
  [
    14,
    (r) => ({
      who: node(r),
      verb: 'update',
      resource: 'leases',
      apiGroup: 'coordination.k8s.io',
      namespace: 'kube-node-lease',
      name: `ip-10-0-1-${r.below(250)}.ec2.internal`,
    }),
  ],
  [10, (r) => ({ who: node(r), verb: 'get', resource: 'pods', namespace: r.pick(NAMESPACES), name: pod(r) })],
  [
    8,
    (r) => ({
      who: node(r),
      verb: 'patch',
      resource: 'pods',
      subresource: 'status',
      namespace: r.pick(NAMESPACES),
      name: pod(r),
    }),
  ],
  [
    6,
    (r) => ({
      who: controller('deployment-controller'),
      verb: 'update',
      resource: 'deployments',
      subresource: 'status',
      apiGroup: 'apps',
      namespace: r.pick(NAMESPACES),
      name: r.pick(APPS),
    }),
  ],
  [
    6,
    (r) => ({
      who: controller('replicaset-controller'),
      verb: 'create',
      resource: 'pods',
      code: 201,
      namespace: r.pick(NAMESPACES),
      request: podSpec(`ACCOUNT.dkr.ecr.us-east-1.amazonaws.com/${r.pick(APPS)}:1.${r.below(40)}.0`),
    }),
  ],
  [
    5,
    () => ({
      who: 'system:kube-scheduler',
      verb: 'watch',
      resource: 'pods',
      query: 'allowWatchBookmarks=true&watch=true',
    }),
  ],
  [
    4,
    (r) => ({
      who: controller('generic-garbage-collector'),
      verb: 'delete',
      resource: 'pods',
      namespace: r.pick(NAMESPACES),
      name: pod(r),
    }),
  ],
  [
    4,
    (r) => ({
      who: node(r),
      verb: 'create',
      resource: 'serviceaccounts',
      subresource: 'token',
      code: 201,
      namespace: r.pick(NAMESPACES),
      name: r.pick(APPS),
    }),
  ],
  [
    3,
    (r) => ({
      who: node(r),
      verb: 'get',
      resource: 'secrets',
      namespace: r.pick(NAMESPACES),
      name: `${r.pick(APPS)}-tls`,
    }),
  ],
  [
    3,
    (r) => ({
      who: `system:serviceaccount:monitoring:prometheus`,
      verb: 'list',
      resource: 'endpoints',
      namespace: r.pick(NAMESPACES),
      query: 'limit=500',
    }),
  ],
  [
    3,
    () => ({
      who: 'eks:cluster-bootstrap',
      verb: 'get',
      resource: 'configmaps',
      namespace: 'kube-system',
      name: 'eks-certificates-controller',
    }),
  ],
  [
    2,
    (r) => ({
      who: PIPELINE,
      verb: 'patch',
      resource: 'deployments',
      apiGroup: 'apps',
      namespace: r.pick(NAMESPACES),
      name: r.pick(APPS),
      userAgent: 'helm/v3.18.4',
    }),
  ],
  [
    2,
    (r) => ({
      who: DEVELOPER,
      verb: 'list',
      resource: 'pods',
      namespace: r.pick(NAMESPACES),
      query: 'limit=500',
      userAgent: KUBECTL,
    }),
  ],
  [
    1,
    (r) => ({
      who: DEVELOPER,
      verb: 'get',
      resource: 'pods',
      subresource: 'log',
      namespace: r.pick(NAMESPACES),
      name: pod(r),
      userAgent: KUBECTL,
    }),
  ],
  [
    1,
    (r) => ({
      who: ADMIN,
      verb: 'get',
      resource: 'deployments',
      apiGroup: 'apps',
      namespace: r.pick(NAMESPACES),
      name: r.pick(APPS),
      userAgent: KUBECTL,
    }),
  ],
  [
    1,
    (r) => ({
      who: DEVELOPER,
      verb: 'get',
      resource: 'secrets',
      namespace: r.pick(NAMESPACES),
      name: `${r.pick(APPS)}-db`,
      code: 403,
      userAgent: KUBECTL,
    }),
  ],
];

const cluster = (name: string, role: string, subject: object) => ({
  kind: 'ClusterRoleBinding',
  apiVersion: 'rbac.authorization.k8s.io/v1',
  metadata: { name },
  roleRef: { apiGroup: 'rbac.authorization.k8s.io', kind: 'ClusterRole', name: role },
  subjects: [subject],
});

/** What a security team wants to hear of. */
export const SUSPICIOUS: readonly Make[] = [
  (r) => ({
    who: DEVELOPER,
    verb: 'create',
    resource: 'pods',
    subresource: 'exec',
    code: 101,
    stage: 'ResponseStarted',
    namespace: 'payments',
    name: pod(r),
    query: 'command=sh&container=main&stdin=true&stdout=true&tty=true',
    userAgent: KUBECTL,
  }),
  () => ({
    who: DEVELOPER,
    verb: 'create',
    resource: 'clusterrolebindings',
    apiGroup: 'rbac.authorization.k8s.io',
    code: 201,
    request: cluster('debug', 'cluster-admin', { kind: 'ServiceAccount', name: 'default', namespace: 'shop' }),
    userAgent: KUBECTL,
  }),
  () => ({
    who: 'system:anonymous',
    verb: 'list',
    resource: 'secrets',
    namespace: 'kube-system',
    code: 403,
    sourceIP: '203.0.113.77',
    userAgent: 'curl/8.5.0',
  }),
  () => ({
    who: 'system:serviceaccount:shop:web',
    verb: 'list',
    resource: 'secrets',
    query: 'limit=500',
    sourceIP: '10.0.2.31',
    userAgent: 'python-requests/2.32.3',
  }),
  () => ({
    who: DEVELOPER,
    verb: 'create',
    resource: 'pods',
    code: 201,
    namespace: 'ci',
    request: podSpec(
      'alpine:3.22',
      { hostPID: true, hostNetwork: true, volumes: [{ name: 'host', hostPath: { path: '/' } }] },
      { securityContext: { privileged: true }, volumeMounts: [{ name: 'host', mountPath: '/host' }] },
    ),
    userAgent: KUBECTL,
  }),
  () => ({
    who: ADMIN,
    verb: 'patch',
    resource: 'configmaps',
    namespace: 'kube-system',
    name: 'aws-auth',
    request: {
      data: { mapRoles: '- rolearn: arn:PARTITION:iam::ACCOUNT:role/Contractor\n  groups: [system:masters]\n' },
    },
    userAgent: KUBECTL,
  }),
  (r) => ({
    who: DEVELOPER,
    verb: 'create',
    resource: 'pods',
    subresource: 'portforward',
    code: 101,
    stage: 'ResponseStarted',
    namespace: 'payments',
    name: pod(r),
    userAgent: KUBECTL,
  }),
  () => ({
    who: 'system:serviceaccount:ci:runner',
    verb: 'create',
    resource: 'serviceaccounts',
    subresource: 'token',
    code: 201,
    namespace: 'kube-system',
    name: 'clusterrole-aggregation-controller',
    userAgent: 'curl/8.5.0',
  }),
  () => ({ who: DEVELOPER, verb: 'delete', resource: 'namespaces', name: 'search', userAgent: KUBECTL }),
  (r) => ({
    who: PIPELINE,
    verb: 'create',
    resource: 'cronjobs',
    apiGroup: 'batch',
    code: 201,
    namespace: 'default',
    request: {
      kind: 'CronJob',
      apiVersion: 'batch/v1',
      metadata: { name: `sync-${r.hex(4)}` },
      spec: { schedule: '*/5 * * * *', jobTemplate: { spec: { template: podSpec('docker.io/xmrig/xmrig:latest') } } },
    },
  }),
];

/** An ordinary act, in the shares that clusters show. */
export function ordinary(random: Random): Act {
  let left = random.below(TOTAL);
  for (const [weight, make] of ORDINARY) {
    left -= weight;
    if (left < 0) return make(random);
  }
  return ORDINARY[0]![1](random);
}
const TOTAL = ORDINARY.reduce((sum, [weight]) => sum + weight, 0);
