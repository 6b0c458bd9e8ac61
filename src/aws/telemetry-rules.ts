import type { Aws } from './clients.ts';
import { ListTelemetryRulesCommand, type TelemetryRules } from './observability.ts';

/** The telemetry rules that turn on audit logs of EKS clusters in this region: their names. */
export async function auditRules({ observabilityadmin }: Aws, abortSignal: AbortSignal): Promise<string[]> {
  const found: string[] = [];
  let NextToken: string | undefined;
  do {
    const command = new ListTelemetryRulesCommand({ NextToken });
    const page: TelemetryRules = await observabilityadmin.send(command, { abortSignal });
    for (const { RuleName = '', TelemetrySourceTypes = [] } of page.TelemetryRuleSummaries ?? [])
      if (TelemetrySourceTypes.includes('EKS_AUDIT_LOGS')) found.push(RuleName);
    NextToken = page.NextToken;
  } while (NextToken);
  return found.sort();
}
