import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterAll } from 'vitest';
import { CONTROL, envelope, FORMS } from '../audit/forms.ts';

const home = mkdtempSync(join(tmpdir(), 'rad-connect-'));
afterAll(() => rmSync(home, { recursive: true, force: true }));
let made = 0;

/** A folder with these files; of each the bytes. */
export function folderOf(files: Readonly<Record<string, Buffer | string>>): string {
  const folder = join(home, String(made++));
  mkdirSync(folder);
  for (const [key, bytes] of Object.entries(files)) {
    const file = join(folder, key);
    mkdirSync(dirname(file), { recursive: true });
    writeFileSync(file, bytes);
  }
  return folder;
}

export type Event = Readonly<Record<string, unknown>>;
export const START = Date.parse('2026-11-22T10:00:00Z');

const base = (id: string, time: number): Event => ({
  kind: 'Event',
  apiVersion: 'audit.k8s.io/v1',
  level: 'Metadata',
  auditID: id,
  stage: 'ResponseComplete',
  user: { username: 'alice', groups: ['system:authenticated'] },
  sourceIPs: ['10.0.0.1'],
  userAgent: 'kubectl/v1.33',
  responseStatus: { code: 200 },
  annotations: { 'authorization.k8s.io/decision': 'allow', 'authorization.k8s.io/reason': 'RBAC: allowed by x' },
  stageTimestamp: new Date(time).toISOString(),
});

/** All secrets of a cluster are read: critical. */
export const secrets = (id: string, time = START, more: Event = {}): Event => ({
  ...base(id, time),
  verb: 'list',
  requestURI: '/api/v1/secrets',
  objectRef: { resource: 'secrets', apiVersion: 'v1' },
  ...more,
});

/** Nothing that any rule is interested in. */
export const dull = (id: string, time = START): Event => ({
  ...base(id, time),
  verb: 'update',
  requestURI: '/apis/coordination.k8s.io/v1/namespaces/kube-node-lease/leases/a',
  user: { username: 'system:node:a', groups: ['system:nodes'] },
  objectRef: { resource: 'leases', namespace: 'kube-node-lease', name: 'a', apiGroup: 'coordination.k8s.io' },
});

/** An object of Firehose with these events of a cluster. */
export const objectOf = (
  events: readonly (Event | string)[],
  { cluster = 'prod', form = 'gzip members' }: { readonly cluster?: string; readonly form?: string } = {},
): Buffer => {
  const logEvents = events.map((event, i) => ({
    id: `log-${typeof event === 'string' ? i : event.auditID}-${typeof event === 'string' ? '' : event.stage}`,
    timestamp: typeof event === 'string' ? START : Date.parse(String(event.stageTimestamp)),
    message: typeof event === 'string' ? event : JSON.stringify(event),
  }));
  const half = Math.ceil(logEvents.length / 2);
  const parts = [logEvents.slice(0, half), logEvents.slice(half)].filter((part) => part.length);
  return FORMS[form]!([CONTROL, ...parts.map((part) => envelope({ cluster, logEvents: part }))]);
};
