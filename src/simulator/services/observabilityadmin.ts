import { compare, page } from '../basics.ts';
import { limit, type Service } from './service.ts';

/** CloudWatch Observability Admin API reference, ListTelemetryRules. */
export const observabilityadmin: Service = {
  ListTelemetryRules: (at, { MaxResults, NextToken }) => {
    const all = Object.entries(at.here.telemetryRules ?? {})
      .map(([RuleName, TelemetrySourceTypes]) => ({ RuleName, TelemetrySourceTypes }))
      .sort((a, b) => compare(a.RuleName, b.RuleName));
    const { items, next } = page(all, ({ RuleName }) => RuleName, limit(at, MaxResults), NextToken);
    return { TelemetryRuleSummaries: items, ...(next && { NextToken: next }) };
  },
};
