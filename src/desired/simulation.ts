import { list } from '../aws/documents.ts';
import type { Spec } from '../engine/resource.ts';
import { viaService } from './keys.ts';
import { namesOf } from './names.ts';
import { operatorPolicy } from './operator-policy.ts';
import type { Command } from './permissions.ts';
import type { Place } from './scope.ts';

/** What these commands cannot do without in these regions, as questions to IAM: things by their own names, conditions as what fulfils them. */
export const questionsOf = (
  commands: readonly Command[],
  place: Place & { account: string },
  regions: readonly string[],
) =>
  operatorPolicy(commands, place)
    .flatMap(({ Statement }) => Statement)
    .filter(({ Sid }) => !Sid?.startsWith('Optional'))
    .flatMap(({ Action, Resource, Condition }) => {
      const context = contextOf(Condition);
      const [service] = context[VIA]?.map((name) => name.replace('.*', '') as 's3' | 'firehose') ?? [];
      // The name of a service that uses a key has the region in it.
      return (service ? regions.map((region) => [region]) : [regions]).map((some) => ({
        actions: Action,
        resources: [...new Set(Resource.flatMap((arn) => inRegions(arn, place, some)))],
        context: service ? { ...context, [VIA]: [viaService(service, some[0]!)] } : context,
      }));
    })
    .filter(({ resources }) => resources.length > 0);

const VIA = 'kms:ViaService';

/** A policy may be for the regions of the run only, or for the very bucket. What is in one region is in no other. */
function inRegions(
  arn: string,
  { prefix, partition, account }: Place & { account: string },
  regions: readonly string[],
): string[] {
  const { allBucketsArn, bucketArn, bucket } = namesOf(prefix, partition, account);
  if (arn.startsWith(allBucketsArn))
    return regions.map((region) => arn.replace(allBucketsArn, bucketArn(bucket(region))));
  const parts = arn.split(':');
  const [, , , of] = parts;
  if (of === '*') return regions.map((region) => parts.with(3, region).join(':'));
  return !of || regions.includes(of) ? [arn] : [];
}

/** A key that must be there, whatever it says, says `false`: as when audit logging is turned off. */
const contextOf = (condition: Spec = {}): Record<string, string[]> => {
  const context: Record<string, string[]> = {};
  for (const [operator, tests] of Object.entries(condition)) {
    for (const [key, values] of Object.entries(tests as Spec)) {
      const all = list(values).map(String);
      if (operator === 'Null') context[key] ??= ['false'];
      else context[key] = operator.startsWith('For') ? all : all.slice(0, 1);
    }
  }
  return context;
};
