/** The day on which the prices below were last compared with what AWS publishes. */
export const PRICES_AS_OF = '2026-07-05';

/** A range, in US dollars or in GB. */
export interface Range {
  readonly low: number;
  readonly high: number;
}

/**
 * CloudWatch Logs takes in the logs of EKS's control plane as vended logs (AWS documentation, "Enable logging from AWS services";
 * bills show `VendedLog-Bytes`, Smana/cloud-native-ref#1920). US dollars a GB for the first 10 TB of a month (CloudWatch pricing).
 */
const INGESTION: Readonly<Record<string, number>> = {
  'us-east-1': 0.5,
  'us-east-2': 0.5,
  'us-west-2': 0.5,
  'eu-central-1': 0.63,
  'eu-west-1': 0.57,
  'eu-west-2': 0.5985,
  'eu-west-3': 0.5985,
  'ap-south-1': 0.67,
  'ap-southeast-1': 0.7,
  'ap-northeast-1': 0.76,
  'ap-northeast-2': 0.76,
};
/** Where no price is known here: from the cheapest region to above the dearest of the table. */
const UNKNOWN: Range = { low: 0.5, high: 0.9 };

export const isPriced = (region: string): boolean => INGESTION[region] !== undefined;
export const UNKNOWN_PRICE = `$${UNKNOWN.low} to $${UNKNOWN.high} a GB`;

/** GB up to which a part of the first price holds: 10 TB, 20 TB more, 20 TB more, the rest (CloudWatch pricing, vended logs). */
const TIERS = [
  [10_240, 1],
  [30_720, 0.5],
  [51_200, 0.2],
  [Number.POSITIVE_INFINITY, 0.1],
] as const;

/** The price of so many GB in a month in one region. */
export function ingestionCost(region: string, gb: Range): Range {
  const { low, high } = INGESTION[region] ? { low: INGESTION[region], high: INGESTION[region] } : UNKNOWN;
  return { low: low * tiered(gb.low), high: high * tiered(gb.high) };
}

const tiered = (gb: number): number =>
  TIERS.reduce((sum, [end, part], i) => {
    const begin = TIERS[i - 1]?.[0] ?? 0;
    return sum + Math.max(0, Math.min(gb, end) - begin) * part;
  }, 0);

/** All else is small beside ingestion: the price of us-east-1, and what it is at most in the other regions of the table. */
const around = (usd: number): Range => ({ low: usd, high: usd * 1.3 });

/** CloudWatch Logs, GB-month of what it keeps compressed. */
export const LOG_STORAGE = around(0.03);
/** Firehose, GB put directly (Amazon Data Firehose pricing). A subscription filter itself costs nothing. */
export const FIREHOSE = around(0.029);
/** S3 Standard, GB-month. */
export const S3_STORAGE = around(0.023);
/** S3, one PUT. */
export const S3_PUT = around(0.005 / 1_000);
/** KMS, one request. */
export const KMS_REQUEST = around(0.03 / 10_000);

/** Athena, TB that its queries read; in the regions named here, else up to the dearest (Amazon Athena pricing). */
const SCANNED = { usd: 5, dearest: 9 } as const;
const SCANNED_AT_IT =
  /^(us-east-[12]|us-west-2|eu-(central|north|west)-1|eu-west-2|ap-(south|northeast|southeast)-1|ap-southeast-2)$/;
/** Bytes: a query counts in whole MB, and as ten at least. */
const [MB, TB] = [1_048_576, 1_099_511_627_776];

/** The price of queries that read so many bytes each. */
export function athenaCost(region: string, bytes: readonly number[]): Range {
  const billed = bytes.reduce((sum, one) => sum + Math.max(10, Math.ceil(one / MB)) * MB, 0);
  const low = (billed / TB) * SCANNED.usd;
  return { low, high: SCANNED_AT_IT.test(region) ? low : (billed / TB) * SCANNED.dearest };
}
