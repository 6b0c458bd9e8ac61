import { EKSClient } from '@aws-sdk/client-eks';
import type { HttpRequest } from '@smithy/types';
import { describe, expect, it } from 'vitest';
import { ListTelemetryRulesCommand, OBSERVABILITY, observabilityOf } from '../../src/aws/observability.ts';

/** What goes to the network, and what comes from there. */
async function sent(region: string, body: object, endpoint?: string) {
  const requests: HttpRequest[] = [];
  const client = observabilityOf(
    new EKSClient({
      ...OBSERVABILITY,
      region,
      credentials: { accessKeyId: 'AKIA', secretAccessKey: 'SECRET' },
      ...(endpoint && { endpoint }),
      requestHandler: {
        async handle(request: HttpRequest) {
          requests.push(request);
          const { HttpResponse } = await import('@smithy/core/protocols');
          const text = new TextEncoder().encode(JSON.stringify(body));
          return {
            response: new HttpResponse({
              statusCode: 200,
              headers: { 'content-type': 'application/json' },
              body: text,
            }),
          };
        },
      } as never,
    }),
  );
  const answer = await client.send(new ListTelemetryRulesCommand({ NextToken: 'n' }), {
    abortSignal: new AbortController().signal,
  });
  return { request: requests[0]!, answer };
}

/** CloudWatch Observability Admin API reference, ListTelemetryRules; the endpoints of its service. */
describe('ListTelemetryRules, on the wire', () => {
  const body = {
    TelemetryRuleSummaries: [{ RuleName: 'r', RuleArn: 'arn:x', TelemetrySourceTypes: ['EKS_AUDIT_LOGS'] }],
    NextToken: 'more',
  };

  it.each([
    ['eu-west-1', 'observabilityadmin.eu-west-1.amazonaws.com'],
    ['cn-north-1', 'observabilityadmin.cn-north-1.amazonaws.com.cn'],
  ])('of %s', async (region, host) => {
    const { request, answer } = await sent(region, body);
    expect([request.method, request.hostname, request.path]).toEqual(['POST', host, '/ListTelemetryRules']);
    expect(request.headers.host).toBe(host);
    expect(request.headers.authorization).toContain(`/${region}/observabilityadmin/aws4_request`);
    expect(JSON.parse(String(request.body))).toEqual({ NextToken: 'n' });
    expect(answer).toMatchObject({
      TelemetryRuleSummaries: [{ RuleName: 'r', TelemetrySourceTypes: ['EKS_AUDIT_LOGS'] }],
      NextToken: 'more',
    });
  });

  it('goes where the user says that AWS is', async () => {
    const { request } = await sent('eu-west-1', body, 'http://127.0.0.1:5000');
    expect([request.hostname, request.port]).toEqual(['127.0.0.1', 5000]);
  });
});
