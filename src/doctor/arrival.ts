import { clusterLogGroupName, type Names } from '../desired/names.ts';
import type { RegionHealth, Verdict } from '../health/verdict.ts';
import type { Finding } from '../render/document.ts';
import { as, type Exam } from './exam.ts';

type Found = Omit<Finding, 'check'>;

/** Whether the events of clusters arrive, as `status` judges it. What an error of another check tells of the same thing is not said twice. */
export function arrivalExam(
  region: string,
  names: Names,
  { delivery, clusters }: RegionHealth,
  others: readonly Found[],
): Exam {
  const told = new Set(others.filter(({ severity }) => severity === 'error').map(({ id }) => id));
  const isOfAll = delivery.hop === 'stream' || delivery.hop === 'bucket';
  const all = isOfAll ? [failing(region, region, `nothing of ${region} is delivered`, delivery)] : [];
  const single = [...clusters].filter(
    ([, { state, cause }]) => state === 'failing' && !(isOfAll && cause === delivery.cause),
  );
  const isToldOfAll = told.has(names.stream) || told.has(names.bucket(region));
  const isTold = (cluster: string) => told.has(cluster) || told.has(clusterLogGroupName(cluster));
  return {
    check: 'arrival',
    region,
    findings: [
      ...(isToldOfAll ? [] : all),
      ...single
        .filter(([cluster]) => !isTold(cluster))
        .map(([cluster, verdict]) =>
          failing(region, cluster, `events of cluster ${cluster} in ${region} do not arrive`, verdict),
        ),
    ],
    isFound: all.length + single.length > 0,
    unknown: unknown([delivery, ...clusters.values()]),
    fine: 'nothing is seen to stop the events of clusters',
  };
}

const failing = (region: string, id: string, what: string, { hop, cause, hint }: Verdict): Found =>
  as('error', { code: 'NOT_DELIVERED', region, id, message: `${what}: they stop at the ${hop}: ${cause}`, hint });

function unknown(verdicts: readonly Verdict[]): string | undefined {
  const causes = verdicts.flatMap(({ state, cause, hint }) =>
    state === 'unknown' && cause ? [hint ? `${cause} (${hint})` : cause] : [],
  );
  return [...new Set(causes)].join('; ') || undefined;
}
