import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import type { Thing } from '../../src/sigma/event.ts';
import { firesAtLast } from '../../src/sigma/fire.ts';
import { flatten } from '../../src/sigma/flatten.ts';
import { loadRules } from '../../src/sigma/folder.ts';
import { link } from '../../src/sigma/link.ts';
import { readRules } from '../../src/sigma/read.ts';

/** Which rule of ours says what a rule of Falco's says. */
const OURS: Readonly<Record<string, string>> = {
  'Anonymous Request Allowed': 'anonymous-allowed',
  'Attach to cluster-admin Role': 'bind-cluster-admin',
  'Attach/Exec Pod': 'pod-exec pod-attach',
  'ClusterRole With Pod Exec Created': 'role-pod-exec',
  'ClusterRole With Wildcard Created': 'role-wildcard',
  'ClusterRole With Write Privileges Created': 'role-write-verbs',
  'Create Disallowed Namespace': 'namespace-not-allowed',
  'Create Disallowed Pod': 'image-not-allowed',
  'Create HostNetwork Pod': 'host-network',
  'Create NodePort Service': 'service-nodeport',
  'Create Privileged Pod': 'privileged-container',
  'Create Sensitive Mount Pod': 'host-path-sensitive',
  'Create/Modify Configmap With Private Credentials': 'configmap-credentials',
  'Disallowed K8s User': 'user-not-allowed',
  'Pod Created in Kube Namespace': 'pod-in-system-namespace',
  'Service Account Created in Kube Namespace': 'sa-created-system-ns',
  'System ClusterRole Modified/Deleted': 'system-role-changed',
  ...Object.fromEntries(
    ['ConfigMap', 'Deployment', 'Namespace', 'Role/Clusterrole', 'Role/Clusterrolebinding', 'Service', 'Serviceaccount']
      .flatMap((thing) => [`K8s ${thing} Created`, `K8s ${thing} Deleted`])
      .map((rule) => [rule, 'object-activity']),
  ),
  'K8s Secret Created': 'secret-changed',
  'K8s Secret Deleted': 'secret-changed',
};

/** What Falco's tests set in lists of their own is a Sigma filter here. */
const EXCEPTIONS: Readonly<Record<string, string>> = {
  'trust_nginx_container.yaml': 'privileged-container host-network host-path-sensitive | x.podSpec.image: nginx',
  'allow_nginx_container.yaml': 'image-not-allowed | x.podSpec.image: nginx',
  'allow_user_some-user.yaml': 'user-not-allowed | user.username: some-user',
  'allow_namespace_foo.yaml': 'namespace-not-allowed | objectRef.name: foo',
};

/** Where ours says otherwise than Falco, and why. */
const DEVIATIONS: Readonly<Record<string, string>> = {
  create_pod_in_kube_system_namespace:
    'made by the replica set controller, which makes every pod of kube-system: ours wants somebody who is no part of Kubernetes, at the pod or at its workload',
  create_kube_system_secret:
    'a person writes a secret of kube-system: Falco leaves that namespace out because of bootstrap tokens, which EKS does not have; ours tells',
  json_pointer_correct_parse: 'a rule that is in the test only, and shows a feature of the language of Falco',
};

interface Trace {
  readonly rule: string;
  readonly test: string;
  readonly expected: boolean;
  readonly custom_rules: readonly string[];
  readonly event: Thing;
}
const file = process.env.AUDIT_TRACES;
if (!file)
  process.stderr.write(
    "SKIPPED: Falco's traces are not judged; name them: AUDIT_TRACES=falco.jsonl, a line for each, with rule and expected\n",
  );
const traces: readonly Trace[] = file
  ? readFileSync(file, 'utf8')
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line) as Trace)
  : [];

const plain = loadRules([join(import.meta.dirname, '../../rules')]);

/** Do rules that stand for Falco's fire, with the exceptions of the trace? `*` is any rule. */
function judge({ rule, custom_rules: custom, event }: Trace): boolean {
  const names = rule === '*' ? plain.map(({ name }) => name) : (OURS[rule] ?? '').split(' ');
  const filters = custom
    .flatMap((one) => EXCEPTIONS[one] ?? [])
    .map((one) => one.split(' | ') as [string, string])
    .map(([those, test]) => [those.split(' ').filter((name) => names.includes(name)), test] as const)
    .filter(([those]) => those.length)
    .map(
      ([those, test]) =>
        `title: f\nlogsource: {product: kubernetes, service: audit}\nfilter:\n  rules: [${those}]\n  s: {${test}}\n  condition: s\n`,
    );
  const files = plain.filter(({ kind, name }) => kind === 'event' && names.includes(name));
  const texts = [...files.map((one) => readFileSync(one.file, 'utf8')), ...filters];
  return link(texts.flatMap((text) => readRules(text, 'trace'))).some((one) => firesAtLast(one, [flatten(event)]));
}

describe.skipIf(!file)("Falco's traces", () => {
  it('are all there', () => expect(traces.length).toBeGreaterThanOrEqual(66));
  it.each(traces)('$test: $rule', (trace) => {
    const differs = DEVIATIONS[trace.test] !== undefined;
    expect(judge(trace)).toBe(differs ? !trace.expected : trace.expected);
  });
});

it('each rule that stands for one of Falco is there, and says so', () => {
  for (const name of Object.values(OURS).flatMap((names) => names.split(' ')))
    expect(plain.find((rule) => rule.name === name)?.alsoIn, name).toContain('falco');
});
