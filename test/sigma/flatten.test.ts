import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { COLUMNS, LEAVES } from '../../src/sigma/columns.ts';
import type { Value } from '../../src/sigma/event.ts';
import { flatten } from '../../src/sigma/flatten.ts';

const write = (resource: string, requestObject: Value, more: Record<string, Value> = {}) =>
  flatten({ verb: 'create', objectRef: { resource }, requestObject, ...more });

describe('a row', () => {
  it('has all columns and no other, whatever it is made of, each value of its type and on lines of its own', () => {
    const names = [...COLUMNS, LEAVES].map(({ name }) => name).sort();
    const bodies = fc.record(
      {
        objectRef: fc.record({
          resource: fc.constantFrom('pods', 'roles', 'services', 'configmaps', 'rolebindings', 'ingresses', 'cronjobs'),
        }),
        requestObject: fc.jsonValue(),
        responseObject: fc.jsonValue(),
        user: fc.jsonValue(),
        sourceIPs: fc.jsonValue(),
        annotations: fc.jsonValue(),
      },
      { requiredKeys: [] },
    );
    fc.assert(
      fc.property(fc.oneof(fc.jsonValue(), bodies), (event) => {
        const row = flatten(event as Value, {}, { leaves: true });
        expect(Object.keys(row).sort()).toEqual(names);
        for (const { name, type, many } of [...COLUMNS, LEAVES]) {
          const value = row[name];
          if (value === null) continue;
          expect(typeof value, name).toBe(type === 'text' ? 'string' : type);
          if (type === 'text')
            expect(/[\r\u2028\u2029]/.test(String(value)) || (!many && String(value).includes('\n'))).toBe(false);
          if (many) expect(value).toMatch(/^\n.*\n$/s);
        }
      }),
    );
  });
});

describe('one pod specification', () => {
  const spec: Value = {
    hostPID: true,
    volumes: [{ hostPath: { path: '/etc/../var//run/' } }],
    containers: [{ image: 'a', securityContext: { capabilities: { add: ['CAP_BPF'] } } }],
    initContainers: [{ image: 'b', securityContext: { privileged: true } }],
    ephemeralContainers: [
      {
        image: 'c',
        env: [
          { name: 'X', value: 'y' },
          { name: 'Z', valueFrom: {} },
        ],
      },
    ],
  };
  it.each<[string, Value]>([
    ['pods', { spec }],
    ['deployments', { spec: { template: { spec } } }],
    ['cronjobs', { spec: { jobTemplate: { spec: { template: { spec } } } } }],
  ])('of %s', (resource, body) =>
    expect(write(resource, body)).toMatchObject({
      workload: resource,
      pod_host_pid: true,
      pod_privileged: true,
      pod_images: '\na\nb\nc\n',
      pod_host_paths: '\n/var/run\n',
      pod_capabilities: '\nBPF\n',
      pod_env: '\nX\n',
    }),
  );
  it('of a JSON patch is what came of it', () => {
    const patched = flatten({
      verb: 'patch',
      objectRef: { resource: 'deployments' },
      requestObject: [{ op: 'add', path: '/spec/template/spec/hostPID', value: true }],
      responseObject: { spec: { template: { spec } } },
    });
    expect(patched.pod_host_pid).toBe(true);
  });
  it('is none for a subresource', () =>
    expect(
      flatten({ objectRef: { resource: 'pods', subresource: 'status' }, requestObject: { spec } }).pod_host_pid,
    ).toBeNull());
});

describe('who it is', () => {
  it.each([
    ['system:kube-scheduler', true],
    ['system:node:ip-10-0-0-1', true],
    ['eks:node-manager', true],
    ['system:serviceaccount:kube-system:coredns', true],
    ['system:serviceaccount:shop:web', false],
    ['system:serviceaccount:kube-system-2:web', false],
    ['system:anonymous', false],
    ['alice', false],
    ['arn:aws:sts::111122223333:assumed-role/eks:/alice', false],
  ])('%s', (username, expected) => expect(flatten({ user: { username } }).system_principal).toBe(expected));

  it.each([
    [['8.8.8.8'], true],
    [['8.8.8.8', '10.0.0.1'], false],
    [['172.15.0.1'], true],
    [['172.31.0.1'], false],
    [['100.64.0.1'], false],
    [['2001:4860::1'], true],
    [['::1'], false],
    [['fe80::1'], false],
    [['::ffff:10.0.0.1'], false],
    [['nonsense'], false],
    [[], false],
  ])('%j', (sourceIPs, expected) => expect(flatten({ sourceIPs }).source_public).toBe(expected));
});

describe('what a role grants', () => {
  it('is told for each of its rules apart', () =>
    expect(
      write('roles', {
        rules: [
          { verbs: ['get'], apiGroups: [''], resources: ['pods', 'secrets'] },
          { verbs: ['*'], apiGroups: ['apps'], resources: ['deployments/scale'] },
          { verbs: ['get'], nonResourceURLs: ['/healthz'] },
        ],
      }).grants,
    ).toBe('\nget /pods\nget /secrets\n* apps/deployments/scale\nget url:/healthz\n'));
  it('is everything where it is more than anybody could mean', () => {
    const words = Array.from({ length: 100 }, (_, i) => `w${i}`);
    expect(write('roles', { rules: [{ verbs: words, apiGroups: [''], resources: words }] }).grants).toBe('\n* */*\n');
  });
});

describe('whether it succeeded', () => {
  it.each<[Record<string, Value>, boolean]>([
    [{}, true],
    [{ responseStatus: { code: 101 } }, true],
    [{ responseStatus: { code: 404 } }, false],
    [{ annotations: { 'authorization.k8s.io/decision': 'forbid' } }, false],
    [{ stage: 'RequestReceived' }, false],
    [{ stage: 'ResponseStarted' }, true],
  ])('%j', (event, expected) => expect(flatten(event).succeeded).toBe(expected));
});

it('of a credential only the words are kept that announce it', () => {
  const row = write('configmaps', { data: { env: 'AWS_SECRET_ACCESS_KEY=wJalrXUtnFEMI' } });
  expect(row.credential_words).toBe('\naws_secret_access_key\n');
  expect(JSON.stringify(row)).not.toContain('wJalr');
});

it('the command is decoded', () => {
  const at = (query: string) => flatten({ requestURI: `/x?${query}` }).command;
  expect(at('command=cat&command=%2Fetc%2Fshadow&stdin=true')).toBe('cat /etc/shadow');
  expect(at('cmd=id+-u')).toBe('id -u');
  expect(at('command=%zz')).toBe('%zz');
  expect(at('watch=true')).toBeNull();
});
