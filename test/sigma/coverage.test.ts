import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { FILTER_PATTERN } from '../../src/desired/settings.ts';
import { delivered } from '../../src/sigma/coverage.ts';
import { levelOf } from '../../src/sigma/eks-policy.ts';
import { matches } from '../../src/simulator/filter-pattern.ts';

const event = (verb: string, resource: string, more: object = {}) => ({
  verb,
  objectRef: { resource, ...more },
  user: { username: 'alice' },
});

describe('what EKS logs', () => {
  it.each([
    ['RequestResponse', event('create', 'pods')],
    ['Request', event('list', 'pods')],
    ['Metadata', event('get', 'secrets')],
    ['Metadata', event('create', 'configmaps')],
    ['Metadata', event('get', 'configmaps', { name: 'aws-auth', namespace: 'kube-system' })],
    ['RequestResponse', event('patch', 'configmaps', { name: 'aws-auth', namespace: 'kube-system' })],
    ['Request', event('create', 'serviceaccounts', { subresource: 'token' })],
    ['None', event('delete', 'events')],
    ['Metadata', event('delete', 'events', { apiGroup: 'events.k8s.io' })],
    ['Metadata', event('create', 'workflows', { apiGroup: 'argoproj.io' })],
    ['RequestResponse', event('create', 'clusterroles', { apiGroup: 'rbac.authorization.k8s.io' })],
    ['None', { verb: 'get', requestURI: '/healthz', user: {} }],
    ['None', { ...event('get', 'nodes'), user: { groups: ['system:nodes'] } }],
  ])('%s: %j', (level, one) => expect(levelOf(one)).toBe(level));
});

it('what the filter delivers is what its pattern says', () => {
  const uri = fc.constantFrom(
    '/version',
    '/version?timeout=5s',
    '/versions',
    '/metrics',
    '/metrics/x',
    '/logs',
    '/logs?a',
    '/swagger.json',
    '/livez?verbose',
    '/readyz',
    '/healthz/ping',
    '/api/v1/pods',
    '/apis',
  );
  const stage = fc.constantFrom('RequestReceived', 'ResponseStarted', 'ResponseComplete', 'Panic');
  const subresource = fc.constantFrom('exec', 'attach', 'portforward', 'proxy', 'log', 'status');
  fc.assert(
    fc.property(uri, stage, subresource, (requestURI, at, sub) => {
      const one = { apiVersion: 'audit.k8s.io/v1', requestURI, stage: at, objectRef: { subresource: sub } };
      expect(typeof delivered(one, 'ours') !== 'string').toBe(matches(FILTER_PATTERN, JSON.stringify(one)));
    }),
  );
});
