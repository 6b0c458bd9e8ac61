import { radAccessExam, radTrustExam, serviceRoles } from '../../doctor/access.ts';
import { POLICY_TYPES } from '../../doctor/account-policies.ts';
import { arrivalExam } from '../../doctor/arrival.ts';
import { clusterExams } from '../../doctor/clusters.ts';
import { deliveryExam } from '../../doctor/delivery.ts';
import { type Check, diagnose, type Exam, whyUnknown } from '../../doctor/exam.ts';
import { noticeExams } from '../../doctor/notices.ts';
import type { Place } from '../../doctor/place.ts';
import { regionExam } from '../../doctor/regions.ts';
import type { Step } from '../../engine/plan.ts';
import { placeOf, type Result } from '../../render/document.ts';
import { type Context, mendWith } from '../context.ts';
import { converge, type Situation } from '../converge.ts';
import type { Found } from '../discover.ts';
import { lookAtHealth } from '../health.ts';
import {
  type Look,
  lookAtAccountPolicies,
  lookAtPermissions,
  lookAtSubnets,
  lookAtTelemetryRules,
} from '../inspect.ts';
import { radKnows } from '../warnings.ts';
import { survey } from './status.ts';

/** What is wrong with an account, and what mends it. Reads only, and sees what `status` sees, and around it. */
export async function doctor(context: Context): Promise<Result> {
  const situation = await survey(context);
  const result = await converge({ command: 'doctor', goal: 'present', readOnly: true }, situation, context);
  const { steps, warnings } = result;
  const known = steps.filter(
    ({ resource, actual }) => resource.type === 'rad:registration' && actual.facts.state === 'existing',
  );
  const told = known.map(({ resource }) => radKnows(resource.name, result.outputs.auditLogsRoleArn ?? ''));
  const [health, ...looked] = await Promise.all([
    lookAtHealth({ ...situation, steps }, context),
    accountExams(situation, steps, context),
    ...situation.found.map((found) => regionExams(situation, found, steps, context)),
  ]);
  const exams = looked.flat();
  const arrivals = [...health.regions].map(([region, one]) => {
    const others = exams.filter((exam) => exam.region === region).flatMap(({ findings }) => findings);
    return arrivalExam(region, situation.home.names, one, others);
  });
  const notices = noticeExams([...warnings, ...health.warnings, ...told]);
  return { ...result, warnings: [], diagnosis: diagnose([...exams, ...arrivals, ...notices]) };
}

async function accountExams(situation: Situation, steps: readonly Step[], context: Context): Promise<Exam[]> {
  const { home, found, settings } = situation;
  const { account, names, partition, connected, caller } = home;
  const identity = { check: 'identity', region: 'global', findings: [] } as const;
  const regions = found.filter(({ state }) => state === 'ok').map(({ name }) => name);
  const permissions = lookExam(
    'permissions',
    'global',
    'IAM denies nothing that enable-audit and teardown need, as far as it can simulate',
    await lookAtPermissions(home, settings, ['enable-audit', 'teardown'], regions, context),
  );
  const here = { steps: steps.filter(({ resource }) => placeOf(resource) === 'global'), mend: mendWith(context) };
  const isInstalled = home.registry !== undefined;
  return [
    { ...identity, fine: `account ${account} (${partition}), as ${caller}` },
    permissions,
    ...(isInstalled
      ? [
          deliveryExam({ ...here, region: 'global', connected: connected.length > 0 }),
          radTrustExam({ ...here, names, account, settings }),
        ]
      : []),
  ];
}

async function regionExams(
  { home, settings, unrecorded = [] }: Situation,
  { name: region, aws, state, error, clusters }: Found,
  all: readonly Step[],
  context: Context,
): Promise<Exam[]> {
  const connected = home.connected.includes(region) || unrecorded.includes(region);
  const steps = all.filter((step) => step.resource.region === region || placeOf(step.resource) === 'global');
  const place: Place = {
    region,
    connected,
    state,
    error,
    clusters: clusters.length,
    steps,
    names: home.names,
    account: home.account,
    settings,
    mend: mendWith(context, unrecorded.includes(region) ? unrecorded.join(',') : region),
  };
  const seen = regionExam(place, context.options.regions?.includes(region) ?? false);
  if (state !== 'ok') return [seen];
  const own = steps.filter((step) => placeOf(step.resource) === region);
  const [subnets, policies, rules] = await Promise.all([
    lookAtSubnets(aws, own, context, true),
    lookAtAccountPolicies(home, aws, own, POLICY_TYPES, context),
    lookAtTelemetryRules(aws, context),
  ]);
  const delivery = deliveryExam({ ...place, steps: own });
  const ours = [{ ...delivery, findings: [...delivery.findings, ...serviceRoles(place)] }, ...clusterExams(place)];
  return [
    seen,
    // Where nothing is connected yet, only what would hinder it is worth a word.
    ...(connected
      ? [...ours, radAccessExam(place)]
      : ours.filter(({ findings, unknown }) => findings.length || unknown)),
    lookExam('subnets', region, 'subnets of clusters have room for a change of logging', subnets),
    lookExam('account-policies', region, 'no policy of the account touches the logs of clusters', policies),
    lookExam('telemetry-rules', region, 'no telemetry rule turns audit logs on beside us', rules),
  ];
}

const lookExam = (check: Check, region: string, fine: string, { findings, unseen }: Look): Exam => ({
  check,
  region,
  findings,
  unknown: unseen.map(({ error }) => whyUnknown(error)).join('; ') || undefined,
  fine,
});
