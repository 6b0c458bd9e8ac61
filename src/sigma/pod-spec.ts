import { flag, list, many, type Thing, text, thing, type Value } from './event.ts';

const WORKLOADS = new Set([
  'pods',
  'deployments',
  'daemonsets',
  'statefulsets',
  'replicasets',
  'replicationcontrollers',
  'jobs',
  'cronjobs',
]);

/** Kubernetes workload resources. Of their subresources only ephemeral containers are a specification. */
export const workloadOf = (resource: string | null, subresource: string | null): string | null =>
  resource && WORKLOADS.has(resource) && (!subresource || subresource === 'ephemeralcontainers') ? resource : null;

/** The columns of a pod specification; none where there is none. */
export function podColumns(body: Thing): Record<string, string | boolean | null> {
  const holder = thing(body.spec);
  const inJob = thing(thing(thing(holder.jobTemplate).spec).template);
  const template = holder.jobTemplate ? inJob : thing(holder.template);
  const spec = holder.template || holder.jobTemplate ? thing(template.spec) : holder;
  const containers = ['containers', 'initContainers', 'ephemeralContainers'].flatMap((key) =>
    list(spec[key]).map(thing),
  );
  const contexts = containers.map(({ securityContext }) => thing(securityContext));
  const own = thing(spec.securityContext);
  const any = (test: (context: Thing) => boolean) => contexts.some(test) || null;
  return {
    pod_images: many(containers.map(({ image }) => image)),
    pod_privileged: any(({ privileged }) => privileged === true),
    pod_root: any((context) => isRoot(context, own)),
    pod_escalation: any(({ allowPrivilegeEscalation }) => allowPrivilegeEscalation === true),
    pod_host_pid: flag(spec.hostPID),
    pod_host_network: flag(spec.hostNetwork),
    pod_host_ipc: flag(spec.hostIPC),
    pod_share_pid: flag(spec.shareProcessNamespace),
    pod_host_paths: many(list(spec.volumes).map((volume) => tidy(thing(thing(volume).hostPath).path))),
    pod_capabilities: many(contexts.flatMap(({ capabilities }) => list(thing(capabilities).add).map(capability))),
    pod_service_account: text(spec.serviceAccountName) ?? text(spec.serviceAccount),
    pod_env: many(
      containers.flatMap(({ env }) =>
        list(env)
          .map(thing)
          .filter(isLiteral)
          .map(({ name }) => name),
      ),
    ),
    pod_mirror: 'kubernetes.io/config.mirror' in thing(thing(body.metadata).annotations) || null,
  };
}

/** What a container says goes before what its pod says. */
const isRoot = (context: Thing, pod: Thing): boolean => {
  const user = context.runAsUser ?? pod.runAsUser;
  return user === 0 || (typeof user !== 'number' && (context.runAsNonRoot ?? pod.runAsNonRoot) === false);
};

/** A mount of `/etc/` or `//etc/.` is one of `/etc`. */
function tidy(path: Value): Value {
  if (typeof path !== 'string') return path;
  const parts: string[] = [];
  for (const part of path.split('/')) {
    if (part === '..') parts.pop();
    else if (part && part !== '.') parts.push(part);
  }
  return `/${parts.join('/')}`;
}

/** The container runtime takes CAP_SYS_ADMIN for SYS_ADMIN. */
const capability = (name: Value): Value => (typeof name === 'string' ? name.toUpperCase().replace(/^CAP_/, '') : name);

const isLiteral = ({ value }: Thing): boolean => typeof value === 'string' && value !== '';
