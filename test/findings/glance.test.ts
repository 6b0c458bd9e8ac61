import { join } from 'node:path';
import fc from 'fast-check';
import { afterAll, describe, expect, it } from 'vitest';
import { openDatabase } from '../../src/duckdb/database.ts';
import { glimpses } from '../../src/findings/glimpse.ts';
import { columnOf, type Row } from '../../src/sigma/columns.ts';
import { toFunction } from '../../src/sigma/evaluate.ts';
import type { Thing } from '../../src/sigma/event.ts';
import { any, type Expression, not } from '../../src/sigma/expression.ts';
import { factored } from '../../src/sigma/factor.ts';
import { flatten } from '../../src/sigma/flatten.ts';
import { loadRules } from '../../src/sigma/folder.ts';
import { atGlance } from '../../src/sigma/glance.ts';
import { envelope } from '../audit/forms.ts';
import { folderOf } from './fixtures.ts';

const rules = loadRules([join(import.meta.dirname, '../../rules')]);
const expressions = rules.flatMap((rule) => (rule.kind === 'event' ? [rule.expression] : []));
const known = rules.flatMap(({ tests }) => tests.flatMap(({ events }) => events)) as Thing[];
const db = (await openDatabase())!;
afterAll(() => db.close());

const AUDIT = { kind: 'Event', apiVersion: 'audit.k8s.io/v1' };
const files = new Map<readonly Thing[], string>();
/** Which of these events DuckDB picks. */
async function picked(events: readonly Thing[], wanted: Expression): Promise<Set<number>> {
  if (!files.has(events)) {
    const logEvents = events.map((event, i) => ({
      id: String(i),
      timestamp: 1,
      message: JSON.stringify({ ...event, ...AUDIT }),
    }));
    files.set(events, join(folderOf({ one: envelope({ cluster: 'prod', logEvents }) }), 'one'));
  }
  const file = files.get(events)!;
  const seen = (await glimpses(db, [file], 'uncompressed', wanted)).get(file);
  const found = seen!.flatMap(({ document }) => document.logEvents as { id: string }[]);
  return new Set(found.map(({ id }) => Number(id)));
}

const rowsOf = (events: readonly Thing[]): Row[] => events.map((event) => flatten({ ...event, ...AUDIT }));

const text = (...words: string[]) => fc.constantFrom(...words);
const spec = fc.record(
  {
    hostPID: fc.boolean(),
    hostNetwork: fc.boolean(),
    containers: fc.array(
      fc.record(
        {
          image: text('nginx', 'docker.io/x/XMRig:1', 'kube-hunter', 'registry/a'),
          env: fc.constant([{ name: 'AWS_SECRET_ACCESS_KEY', value: 'x' }]),
          securityContext: fc.record(
            {
              privileged: fc.boolean(),
              runAsUser: fc.constantFrom(0, 1000),
              runAsNonRoot: fc.boolean(),
              allowPrivilegeEscalation: fc.boolean(),
              capabilities: fc.constant({ add: ['SYS_ADMIN'] }),
            },
            { requiredKeys: [] },
          ),
        },
        { requiredKeys: ['image'] },
      ),
      { maxLength: 2 },
    ),
    volumes: fc.constantFrom([], [{ hostPath: { path: '/' } }], [{ hostPath: { path: '/var/run/docker.sock' } }]),
    expirationSeconds: fc.constantFrom(3_600, 100_000),
  },
  { requiredKeys: [] },
);
/** As an API server writes them: each field has the type that it has. */
const event = fc.record(
  {
    verb: text('get', 'list', 'watch', 'create', 'update', 'patch', 'delete', 'CREATE'),
    stage: text('ResponseComplete', 'RequestReceived', 'ResponseStarted'),
    requestURI: text('/api/v1/secrets', '/healthz', '/version?x', '/api/v1/pods/x/exec?command=sh'),
    objectRef: fc.record(
      {
        resource: text(
          'pods',
          'secrets',
          'serviceaccounts',
          'clusterroles',
          'configmaps',
          'deployments',
          'jobs',
          'nodes',
        ),
        subresource: text('', 'exec', 'token', 'status', 'ephemeralcontainers', 'proxy'),
        apiGroup: text('', 'apps', 'rbac.authorization.k8s.io'),
        namespace: text('', 'default', 'kube-system', 'Shop'),
        name: text('a', 'aws-auth', 'coredns'),
      },
      { requiredKeys: [] },
    ),
    user: fc.record(
      {
        username: text(
          'alice',
          'arn:aws:sts::1:assumed-role/x/y',
          'system:node:a',
          'system:anonymous',
          'SYSTEM:ANONYMOUS',
          'eks:node-manager',
          'system:serviceaccount:kube-system:x',
          'system:serviceaccount:shop:web',
          'system:kube-scheduler',
          'É ß',
        ),
        groups: fc.array(text('system:masters', 'system:authenticated', 'a b'), { maxLength: 2 }),
      },
      { requiredKeys: [] },
    ),
    impersonatedUser: fc.record({
      username: text('admin', 'system:serviceaccount:kube-system:x'),
      groups: fc.constant(['system:masters']),
    }),
    sourceIPs: fc.array(text('10.1.2.3', '8.8.8.8', '172.16.0.1', '::ffff:10.0.0.1', '2001:4860::1', '100.64.0.1'), {
      maxLength: 2,
    }),
    userAgent: text('kubectl/v1', 'kubelet/v1', 'curl/8', 'Kube-Hunter', 'python-requests'),
    responseStatus: fc.record({ code: fc.constantFrom(101, 200, 201, 401, 403, 500) }, { requiredKeys: [] }),
    annotations: fc.record({ 'authorization.k8s.io/decision': text('allow', 'forbid') }, { requiredKeys: [] }),
    requestObject: fc.oneof(
      fc.record({ spec }),
      fc.record({ spec: fc.record({ template: fc.record({ spec }) }) }),
      fc.constant([{ op: 'add', path: '/x' }]),
    ),
    responseObject: fc.record({ spec }),
  },
  { requiredKeys: [] },
) as fc.Arbitrary<Thing>;

const columnIs = (name: string, value: boolean): Expression => ({ kind: 'is', column: columnOf(name)!, value });

/** What a JSON patch makes of an object is in the response alone. */
const PATCHED: Thing = {
  verb: 'patch',
  objectRef: { resource: 'deployments', namespace: 'shop', name: 'web' },
  user: { username: 'system:serviceaccount:kube-system:x' },
  requestObject: [{ op: 'add', path: '/spec/template/spec/hostPID', value: true }],
  responseObject: { spec: { template: { spec: { hostPID: true, volumes: [{ hostPath: { path: '/' } }] } } } },
};

describe('what DuckDB tells of an event at a glance', () => {
  it('never leaves out an event at which a rule fires, nor one at which it does not where that is asked for', async () => {
    const many = [...known, PATCHED, ...fc.sample(event, { numRuns: 200, seed: 7 })];
    const rows = rowsOf(many);
    const flags = ['x.systemPrincipal', 'x.sourcePublic', 'x.succeeded'].flatMap((path) => [
      columnIs(path, true),
      columnIs(path, false),
    ]);
    for (const expression of [...expressions, ...expressions.map(not), ...flags]) {
      const fires = toFunction(expression);
      const wanted = rows.flatMap((row, i) => (fires(row) ? [i] : []));
      const found = await picked(many, atGlance(expression));
      expect(wanted.filter((i) => !found.has(i)).map((i) => many[i])).toEqual([]);
    }
  });

  it('leaves nearly all out that no rule fires at', async () => {
    const least = rules.filter(({ level }) => level !== 'informational');
    const some = least.flatMap((rule) => (rule.kind === 'event' && !rule.newTerms ? [rule.expression] : []));
    const fires = toFunction(any(some));
    const silent = rowsOf(known).flatMap((row, i) => (fires(row) ? [] : [i]));
    const found = await picked(known, atGlance(any(some)));
    expect(silent.filter((i) => found.has(i)).length).toBeLessThan(silent.length);
  });

  it('is the same when what alternatives share is asked once', () => {
    const rows = rowsOf([...known, ...fc.sample(event, { numRuns: 300, seed: 8 })]);
    fc.assert(
      fc.property(fc.subarray(expressions, { minLength: 2, maxLength: 40 }), (some) => {
        const [plain, short] = [toFunction(any(some)), toFunction(factored(any(some)))];
        for (const row of rows) expect(short(row)).toBe(plain(row));
      }),
      { numRuns: 20 },
    );
  });
});
