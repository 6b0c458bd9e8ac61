import { as, type Exam, whyUnknown } from './exam.ts';
import type { Place } from './place.ts';

/** Whether a region can be used, and is. `named`: somebody has asked for this very region, or it is recorded. */
export function regionExam({ region, state, error, connected, clusters, mend }: Place, named: boolean): Exam {
  const base = { check: 'regions', region, fine: 'enabled, readable and connected' } as const;
  const severity = named || connected ? 'error' : 'note';
  if (error?.code === 'PERMISSION_DENIED') return { ...base, findings: [], unknown: whyUnknown(error) };
  if (error) {
    const lost = connected ? '; what was made there cannot be looked after' : '';
    const { code, message, hint = null } = error;
    return { ...base, findings: [as(severity, { code, region, id: region, message: `${message}${lost}`, hint })] };
  }
  if (state !== 'ok') return { ...base, findings: [], unknown: `the region is ${state}` };
  if (connected)
    return clusters
      ? { ...base, findings: [] }
      : {
          ...base,
          findings: [
            as('warning', {
              code: 'NO_CLUSTERS',
              region,
              id: region,
              message: `${region} is connected, and has no EKS cluster: nothing comes from it`,
              hint: `rad-connect teardown --regions ${region}`,
            }),
          ],
        };
  const found = as('note', {
    code: clusters ? 'NOT_CONNECTED' : 'NO_CLUSTERS',
    region,
    id: region,
    message: clusters
      ? `${region} is not connected: ${clusters === 1 ? 'a cluster' : `${clusters} clusters`} there`
      : `${region} has no EKS cluster`,
    hint: clusters ? mend : null,
  });
  return { ...base, findings: [found] };
}
