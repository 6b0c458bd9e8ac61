import { RadError } from '../engine/errors.ts';

/** Which KMS key was said to be for which region, as its ARN; empty: none. */
export type KeyChoice = Readonly<Record<string, string>>;
/** For each region that is not named itself. */
export const EVERY_REGION = '*';

const partsOf = (arn: string) => {
  const [, partition, , region, , resource = ''] = arn.split(':');
  return { partition, region, isMultiRegion: resource.startsWith('key/mrk-') };
};

/** A multi-region key has the same id in each of its regions (KMS Developer Guide, multi-Region keys). */
export function inRegion(arn: string, region: string): string {
  const { isMultiRegion, region: own } = partsOf(arn);
  return isMultiRegion ? arn.replace(`:${own}:`, `:${region}:`) : arn;
}

/** How a service is named where it uses a key for somebody (KMS Developer Guide, kms:ViaService; the China regions have a domain of their own). */
export const viaService = (service: 's3' | 'firehose', region: string): string =>
  `${service}.${region}.amazonaws.com${region.startsWith('cn-') ? '.cn' : ''}`;

/** What was said about this region; undefined: nothing. */
export function chosenKey(choice: KeyChoice | undefined, region: string): string | undefined {
  const every = choice?.[EVERY_REGION];
  return choice?.[region] ?? (every && inRegion(every, region));
}

/** S3 and Firehose use keys of their own region only. Throws USAGE. */
export function checkKeys(choice: KeyChoice | undefined, regions: readonly string[], partition: string): void {
  for (const region of regions) {
    const arn = chosenKey(choice, region);
    if (!arn) continue;
    const key = partsOf(arn);
    const no = (why: string) => new RadError('USAGE', `--kms-key ${arn}: ${why}`);
    if (key.partition !== partition) throw no(`a key of the partition ${key.partition}, not of ${partition}`);
    if (key.region === region) continue;
    throw no(
      `a key of ${key.region} cannot be used in ${region}: name one for each region, as in ${region}=ARN, or a multi-region key (mrk-…)`,
    );
  }
}
