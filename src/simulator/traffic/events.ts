import type { World } from '../model.ts';
import type { Act } from './acts.ts';
import type { Random } from './random.ts';

type Place = Pick<World, 'partition' | 'account'>;

/**
 * The audit event of an act, as the API server of EKS writes it. How much of the request it holds is EKS's own choice (EKS best
 * practices guide, "Auditing and logging", the audit policy).
 */
export function auditEvent(act: Act, time: number, place: Place, random: Random): string {
  const { verb, resource, namespace, name, subresource, apiGroup, query, code = 200, stage = 'ResponseComplete' } = act;
  const filled = (text: string) => text.replaceAll('ACCOUNT', place.account).replaceAll('PARTITION', place.partition);
  const who = filled(act.who);
  const prefix = apiGroup ? `/apis/${apiGroup}/v1` : '/api/v1';
  const path = [prefix, ...(namespace ? ['namespaces', namespace] : []), resource, name, subresource];
  const whole = levelOf(act) === 'RequestResponse' || levelOf(act) === 'Request';
  const denied = code === 403;
  return JSON.stringify({
    kind: 'Event',
    apiVersion: 'audit.k8s.io/v1',
    level: levelOf(act),
    auditID: `${random.hex(8)}-${random.hex(4)}-4${random.hex(3)}-a${random.hex(3)}-${random.hex(12)}`,
    stage,
    requestURI: `${path.filter(Boolean).join('/')}${query ? `?${query}` : ''}`,
    verb,
    user: userOf(who, place, random),
    sourceIPs: [act.sourceIP ?? `10.0.${random.below(4)}.${random.below(250)}`],
    userAgent: act.userAgent ?? agentOf(who),
    objectRef: { resource, namespace, name, apiGroup, apiVersion: 'v1', subresource },
    responseStatus: denied
      ? { metadata: {}, status: 'Failure', message: `${resource} is forbidden`, reason: 'Forbidden', code }
      : { metadata: {}, code },
    ...(whole && act.request && { requestObject: JSON.parse(filled(JSON.stringify(act.request))) }),
    requestReceivedTimestamp: micros(time),
    stageTimestamp: micros(time + 1 + random.below(40)),
    annotations: {
      'authorization.k8s.io/decision': denied ? 'forbid' : 'allow',
      'authorization.k8s.io/reason': denied ? '' : reasonOf(who),
    },
  });
}

const METADATA = new Set(['secrets', 'configmaps', 'leases']);

function levelOf({ resource, verb, subresource, name }: Act): string {
  if (name === 'aws-auth' && verb !== 'get') return 'RequestResponse';
  if (METADATA.has(resource)) return 'Metadata';
  if (subresource === 'token' || /^(get|list|watch)$/.test(verb)) return 'Request';
  return 'RequestResponse';
}

/** Kubernetes writes microseconds (metav1.MicroTime). */
const micros = (time: number) => new Date(time).toISOString().replace('Z', '000Z');

function userOf(username: string, { partition, account }: Place, random: Random): object {
  const groups = groupsOf(username);
  if (!username.startsWith('arn:'))
    return { username, ...(groups[0] !== 'system:unauthenticated' && { uid: random.hex(8) }), groups };
  const [, role = '', session = ''] = username.split('/');
  const id = `AROA${random.hex(17).toUpperCase()}`;
  return {
    username,
    uid: `aws-iam-authenticator:${account}:${id}`,
    groups,
    extra: {
      accessKeyId: [`ASIA${random.hex(16).toUpperCase()}`],
      arn: [username],
      canonicalArn: [`arn:${partition}:iam::${account}:role/${role}`],
      principalId: [id],
      sessionName: [session],
    },
  };
}

function groupsOf(username: string): string[] {
  if (username === 'system:anonymous') return ['system:unauthenticated'];
  const [, , namespace] = username.split(':');
  if (username.startsWith('system:serviceaccount:'))
    return ['system:serviceaccounts', `system:serviceaccounts:${namespace}`, 'system:authenticated'];
  if (username.startsWith('system:node:')) return ['system:nodes', 'system:authenticated'];
  return username.includes('PlatformAdmin') ? ['system:masters', 'system:authenticated'] : ['system:authenticated'];
}

const agentOf = (who: string) =>
  who.startsWith('system:node:')
    ? 'kubelet/v1.33.4 (linux/amd64) kubernetes/1111111'
    : 'kube-controller-manager/v1.33.4 (linux/amd64) kubernetes/1111111/system:serviceaccount';

const reasonOf = (who: string) =>
  who.includes('PlatformAdmin')
    ? ''
    : `RBAC: allowed by ClusterRoleBinding "${who.split(/[:/]/).at(-1)}" of ClusterRole "${who.split(/[:/]/).at(-1)}"`;
