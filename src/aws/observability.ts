import type { EKSClient } from '@aws-sdk/client-eks';
import { makeBuilder } from '@smithy/core/client';
import { getEndpointPlugin } from '@smithy/core/endpoints';
import type { MetadataBearer, StaticOperationSchema } from '@smithy/types';

/** As it is in policies, in addresses and in signatures (Service Authorization Reference). */
const NAME = 'observabilityadmin';

/** What it can be asked. */
export interface ObservabilityClient {
  send(command: object, options: { readonly abortSignal: AbortSignal }): Promise<TelemetryRules>;
}

/** What the client hands to its middleware. */
interface Sent {
  readonly request: { hostname: string };
}

/**
 * CloudWatch Observability Admin, of which one listing is needed, speaks REST and JSON as EKS does: a client of EKS that was made with
 * these settings speaks for it, at another address and with another name in the signature.
 */
export const OBSERVABILITY = { signingName: NAME, serviceId: 'ObservabilityAdmin' };
export function observabilityOf(client: EKSClient): ObservabilityClient {
  const readdress = (next: (sent: Sent) => Promise<never>) => (sent: Sent) => {
    sent.request.hostname = sent.request.hostname.replace(/(^|\.)eks\b/, `$1${NAME}`);
    return next(sent);
  };
  client.middlewareStack.add(readdress as never, { step: 'build', name: 'observability' });
  return client as unknown as ObservabilityClient;
}

interface Input extends Record<string, unknown> {
  readonly MaxResults?: number;
  readonly NextToken?: string | undefined;
}
interface TelemetryRule {
  readonly RuleName?: string;
  readonly TelemetrySourceTypes?: readonly string[];
}
export interface TelemetryRules extends MetadataBearer {
  readonly TelemetryRuleSummaries?: readonly TelemetryRule[];
  readonly NextToken?: string;
}

// The shapes as the SDK writes them: 3 a structure, 1 a list, 64 a list of texts, 9 an operation, 0 a text, 1 a number.
const space = `com.amazonaws.${NAME}`;
const rule = [3, space, 'TelemetryRuleSummary', 0, ['RuleName', 'TelemetrySourceTypes'], [0, 64]];
const rules = [1, space, 'TelemetryRuleSummaries', 0, () => rule];
const input = [3, space, 'ListTelemetryRulesInput', 0, ['MaxResults', 'NextToken'], [1, 0]];
const output = [3, space, 'ListTelemetryRulesOutput', 0, ['TelemetryRuleSummaries', 'NextToken'], [() => rules, 0]];
const how = { http: ['POST', '/ListTelemetryRules', 200] };
const operation = [9, space, 'ListTelemetryRules', how, () => input, () => output] as unknown as StaticOperationSchema;

const endpoint = {
  Endpoint: { type: 'builtInParams', name: 'endpoint' },
  Region: { type: 'builtInParams', name: 'region' },
  UseFIPS: { type: 'builtInParams', name: 'useFipsEndpoint' },
  UseDualStack: { type: 'builtInParams', name: 'useDualstackEndpoint' },
} as const;
const command = makeBuilder<EKSClient['config'], Input, TelemetryRules>(
  endpoint,
  'ObservabilityAdmin',
  'ObservabilityAdminClient',
  getEndpointPlugin,
);

/** CloudWatch Observability Admin API reference, ListTelemetryRules. */
export const ListTelemetryRulesCommand = command<Input, TelemetryRules>({}, () => [], 'ListTelemetryRules', operation);
