import type { DetectionGroup } from '../findings/report.ts';
import type { Level } from '../sigma/rule.ts';
import { spanOf, targetsOf } from './detections.ts';
import type { Document } from './document.ts';

const LEVELS: Readonly<Record<Level, 'error' | 'warning' | 'note'>> = {
  critical: 'error',
  high: 'error',
  medium: 'warning',
  low: 'note',
  informational: 'note',
};
/** As GitHub ranks results of security (GitHub docs, "SARIF support for code scanning", security-severity). */
const SEVERITY: Readonly<Record<Level, string>> = {
  critical: '9.5',
  high: '8.0',
  medium: '5.5',
  low: '3.0',
  informational: '1.0',
};

/** SARIF 2.1.0: a result for each group, which stays the same one from run to run. */
export function toSarif({ detections, version, warnings, errors }: Document): string {
  const groups = detections?.groups ?? [];
  const rules = [...new Map(groups.map((group) => [group.rule, group])).values()];
  const log = {
    $schema: 'https://json.schemastore.org/sarif-2.1.0.json',
    version: '2.1.0',
    runs: [
      {
        tool: {
          driver: {
            name: 'rad-connect',
            semanticVersion: version,
            informationUri: 'https://github.com/rad-security/rad-connect',
            rules: rules.map(ruleOf),
          },
        },
        invocations: [
          {
            executionSuccessful: errors.length === 0,
            toolExecutionNotifications: [
              ...errors.map(({ message }) => ({ level: 'error', message: { text: message } })),
              ...warnings.map(({ message }) => ({ level: 'warning', message: { text: message } })),
            ],
          },
        ],
        results: groups.map((group) =>
          resultOf(
            group,
            rules.findIndex(({ rule }) => rule === group.rule),
          ),
        ),
      },
    ],
  };
  return `${JSON.stringify(log, null, 2)}\n`;
}

const ruleOf = ({ rule, title, description, level, falsepositives, techniques, compliance }: DetectionGroup) => ({
  id: rule,
  shortDescription: { text: title },
  fullDescription: { text: description || title },
  help: { text: [description || title, ...falsepositives.map((one) => `Not if: ${one}`)].join('\n') },
  defaultConfiguration: { level: LEVELS[level] },
  properties: {
    'security-severity': SEVERITY[level],
    tags: [
      'security',
      ...techniques,
      ...Object.entries(compliance).flatMap(([name, ids]) => ids.map((id) => `${name}:${id}`)),
    ],
  },
});

function resultOf(group: DetectionGroup, ruleIndex: number) {
  const { rule, title, level, cluster, user, count, what, evidence, id, first, last, sourceIps, userAgents } = group;
  const text = `${title}: ${user ?? 'nobody known'} in ${cluster ?? 'a cluster'}, ${what.join(', ')} on ${targetsOf(group)}, ${spanOf(group)}`;
  const objects = [...new Set(evidence.flatMap(({ object }) => object ?? []))];
  return {
    ruleId: rule,
    ruleIndex,
    level: LEVELS[level],
    message: { text },
    occurrenceCount: count,
    locations: [
      {
        physicalLocation: {
          artifactLocation: { uri: uriOf(objects[0] ?? 'audit-log') },
          // There are no lines; GitHub wants one.
          region: { startLine: 1 },
        },
        logicalLocations: [{ fullyQualifiedName: [cluster, what[0]].filter(Boolean).join('/'), kind: 'resource' }],
      },
    ],
    partialFingerprints: { 'group/v1': id },
    properties: { first, last, sourceIps, userAgents, evidence },
  };
}

/** A path of this machine, or s3://…, as a reference that every reader takes. */
const uriOf = (object: string) => encodeURI(object.replaceAll('\\', '/')).replace(/[?#]/g, encodeURIComponent);
