import { accountPolicies, type LogsPolicy } from '../aws/account-policies.ts';
import type { Aws } from '../aws/clients.ts';
import { explain } from '../aws/errors.ts';
import { patiently } from '../aws/patience.ts';
import { principalOf, seemsDenied } from '../aws/simulate.ts';
import { freeAddresses, subnetsOf } from '../aws/subnets.ts';
import { auditRules } from '../aws/telemetry-rules.ts';
import type { Command } from '../desired/permissions.ts';
import type { Settings } from '../desired/settings.ts';
import { questionsOf } from '../desired/simulation.ts';
import { interference, type POLICY_TYPES } from '../doctor/account-policies.ts';
import type { Exam } from '../doctor/exam.ts';
import { lackingPermissions } from '../doctor/permissions.ts';
import { tightSubnets } from '../doctor/subnets.ts';
import { turnedOnByRules } from '../doctor/telemetry-rules.ts';
import { RadError } from '../engine/errors.ts';
import type { Step } from '../engine/plan.ts';
import type { Context } from './context.ts';
import type { Home } from './discover.ts';

/** What a look beyond our own things has shown, and what it could not see: that stops nothing. */
export interface Look {
  readonly findings: Exam['findings'];
  readonly unseen: readonly { readonly action: string; readonly error: RadError }[];
}

export async function look<T>(
  { clock, signal }: Context,
  action: string,
  ask: (calls: AbortSignal) => Promise<T>,
): Promise<{ readonly seen: T } | { readonly unseen: Look['unseen'] }> {
  try {
    return { seen: await patiently(clock, `no answer to ${action}`, ask) };
  } catch (error) {
    if (signal.aborted) throw signal.reason;
    return { unseen: [{ action, error: explain(error) }] };
  }
}

/** The subnets of clusters whose logging is to be changed; with `all`, of the others too. */
export async function lookAtSubnets(aws: Aws, steps: readonly Step[], context: Context, all = false): Promise<Look> {
  const meant = steps.filter(
    (step) =>
      step.resource.type === 'eks:cluster-logging' &&
      step.actual.exists &&
      (all || (changesLogging(step) && !step.because)),
  );
  const networks = await Promise.all(
    meant.map(async (step) => {
      const { name: cluster } = step.resource;
      return { cluster, subnets: await subnetsOf(aws, cluster), changes: changesLogging(step) };
    }),
  );
  const ids = [...new Set(networks.flatMap(({ subnets }) => subnets))].sort();
  const answer = await look(context, 'ec2:DescribeSubnets', (calls) => freeAddresses(aws, ids, calls));
  if ('unseen' in answer) return { findings: [], unseen: answer.unseen };
  return { findings: tightSubnets(aws.region, networks, answer.seen), unseen: [] };
}

const changesLogging = ({ action }: Step) => action === 'update' || action === 'restore';

/** Policies of these types that concern the log groups of the clusters in these steps. */
export async function lookAtAccountPolicies(
  home: Home,
  aws: Aws,
  steps: readonly Step[],
  types: readonly (typeof POLICY_TYPES)[number][],
  context: Context,
): Promise<Look> {
  const logGroups = steps
    .filter(({ resource }) => resource.type === 'logs:subscription-filter' && !resource.unwanted)
    .map(({ resource }) => resource.name);
  if (logGroups.length === 0) return { findings: [], unseen: [] };
  const place = { region: aws.region, logGroups, streamArn: home.names.streamArn(aws.region) };
  const answer = await look(context, 'logs:DescribeAccountPolicies', (calls) =>
    Promise.all(types.map((type) => accountPolicies(aws, type, calls))).then((all): LogsPolicy[] => all.flat()),
  );
  if ('unseen' in answer) return { findings: [], unseen: answer.unseen };
  return { findings: interference(answer.seen, place), unseen: [] };
}

/** Telemetry rules of this region that turn audit logs of clusters on by themselves. */
export async function lookAtTelemetryRules(aws: Aws, context: Context): Promise<Look> {
  const answer = await look(context, 'observabilityadmin:ListTelemetryRules', (calls) => auditRules(aws, calls));
  if ('unseen' in answer) return { findings: [], unseen: answer.unseen };
  return { findings: turnedOnByRules(aws.region, answer.seen), unseen: [] };
}

/** What IAM seems to deny of all that these commands need here. A hint, never a gate. */
export async function lookAtPermissions(
  home: Home,
  settings: Settings,
  commands: readonly Command[],
  regions: readonly string[],
  context: Context,
): Promise<Look> {
  const { aws, caller } = home;
  const who = await look(context, 'iam:GetRole', (calls) => principalOf(aws, caller, calls));
  if ('unseen' in who) return { findings: [], unseen: who.unseen };
  const principal = who.seen;
  if (!principal) {
    const error = new RadError('AWS', `IAM simulates users and roles, and not ${caller}`);
    return { findings: [], unseen: [{ action: 'iam:SimulatePrincipalPolicy', error }] };
  }
  const questions = questionsOf(commands, placeOf(home, settings, regions, context), regions);
  const answer = await look(context, 'iam:SimulatePrincipalPolicy', (calls) =>
    seemsDenied(aws, principal, questions, calls),
  );
  if ('unseen' in answer) return { findings: [], unseen: answer.unseen };
  return { findings: lackingPermissions(answer.seen, principal, commands), unseen: [] };
}

/** What of the settings changes what the commands need. */
function placeOf({ partition, account }: Home, settings: Settings, regions: readonly string[], { options }: Context) {
  const { rolePath, permissionsBoundary, given, auditLogsRoleArn, firehoseRoleArn, cloudwatchRoleArn } = settings;
  return {
    partition,
    account,
    prefix: options.namePrefix,
    adopt: options.adopt ?? false,
    kmsKeys: regions.map((region) => settings.region(region).kmsKey).filter(Boolean),
    rolePath,
    boundary: permissionsBoundary || given.permissionsBoundary,
    usedRoles: {
      reader: auditLogsRoleArn || undefined,
      delivery: firehoseRoleArn || undefined,
      subscription: cloudwatchRoleArn || undefined,
    },
  };
}
