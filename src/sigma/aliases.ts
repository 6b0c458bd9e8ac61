/**
 * SigmaHQ's Kubernetes rules name fields and words that no audit event has; as they stand they match nothing. Read so, they say what their
 * authors mean. Applied to every rule, since what is replaced here exists nowhere else; `rules show` tells where it was.
 */
const FIELDS: Readonly<Record<string, string>> = {
  apiGroup: 'objectRef.apiGroup',
  hostPath: 'x.podSpec.hostPath',
  capabilities: 'x.podSpec.capabilities',
};
const DECISION = 'annotations.authorization.k8s.io/decision';

export interface Aliased {
  readonly field: string;
  readonly values: readonly unknown[];
  /** What was read as what. */
  readonly notes: readonly string[];
}

export function aliased(field: string, values: readonly unknown[]): Aliased {
  const other = FIELDS[field];
  if (other) return { field: other, values, notes: [`${field} → ${other}`] };
  if (field === 'responseStatus.code' && values.every((value) => /^(allow|forbid)$/i.test(String(value))))
    return { field: DECISION, values, notes: [`${field} → ${DECISION}`] };
  // A PUT is the verb `update` (Kubernetes, "Authorization: determine the request verb").
  if (field === 'verb' && values.includes('replace'))
    return {
      field,
      values: [...new Set(values.map((value) => (value === 'replace' ? 'update' : value)))],
      notes: ['verb replace → update'],
    };
  return { field, values, notes: [] };
}
