import { shellWord } from '../engine/shell.ts';
import { as, type Exam } from './exam.ts';

/** What turns audit logs of clusters on beside us, for clusters of the future too (CloudWatch user guide, "Telemetry enablement rules"). */
export const turnedOnByRules = (region: string, rules: readonly string[]): Exam['findings'] =>
  rules.map((id) =>
    as('note', {
      code: 'TELEMETRY_RULE',
      region,
      id,
      message: `telemetry rule ${id} in ${region} turns audit logs of clusters on too: after a teardown it may turn them on again`,
      hint: `see which: aws observabilityadmin get-telemetry-rule --region ${region} --rule-identifier ${shellWord(id)}`,
    }),
  );
