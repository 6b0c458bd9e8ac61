import type { Flow } from './flows.ts';
import {
  FIREHOSE,
  ingestionCost,
  isPriced,
  KMS_REQUEST,
  LOG_STORAGE,
  PRICES_AS_OF,
  type Range,
  S3_PUT,
  S3_STORAGE,
  UNKNOWN_PRICE,
} from './prices.ts';

/** US dollars a month. */
interface Parts {
  readonly monthly: Range;
  readonly ingestion: Range;
  readonly delivery: Range;
  readonly storage: Range;
}
export interface ClusterCost extends Parts {
  readonly region: string;
  readonly name: string;
  /** assumed: audit logging is off, or nothing could be measured. */
  readonly basis: 'measured' | 'assumed';
  /** What it is reckoned with, before compression. */
  readonly gbPerMonth: Range;
}
/** What a plan adds to the bill. */
export interface Cost {
  readonly currency: 'USD';
  readonly pricesAsOf: string;
  readonly assumptions: readonly string[];
  readonly clusters: readonly ClusterCost[];
  readonly total: Parts;
}

const GIB = 1_073_741_824;
const DAYS_A_MONTH = 365 / 12;
/**
 * Audit events of one cluster in a month, in GB. Published: 0.3 GB on a quiet day and 10 GB on a busy one (bookstore-kubernetes-guide,
 * chapter 14.05); 240 GB a month on a bill (Smana/cloud-native-ref#1920); 40 to 200 GB as typical (rsvivek25/eks-automode-tf-blueprint).
 */
const ASSUMED: Range = { low: 10, high: 300 };
/** What is left of a JSON event when it is compressed; CloudWatch's own pricing examples take 0.15. */
const COMPRESSED: Range = { low: 0.05, high: 0.15 };
/** Firehose writes an object a minute, or sooner when there are 5 MiB. */
const MINUTES_A_MONTH = DAYS_A_MONTH * 1_440;
const OBJECTS_A_GB = 1_024 / 5;
/** An object is written by Firehose and read by RAD. */
const KMS_REQUESTS = 2;
/** For a log group that never expires. Days. */
const A_YEAR = 365;

/** `measured`: bytes a day, by flow. */
export function estimate(flows: readonly Flow[], measured: ReadonlyMap<Flow, number>): Cost {
  const regions = [...new Set(flows.map(({ region }) => region))];
  const clusters = regions.flatMap((region) =>
    regionCosts(
      region,
      flows.filter((flow) => flow.region === region),
      measured,
    ),
  );
  const sum = (part: keyof Parts) => add(...clusters.map((cluster) => cluster[part]));
  return {
    currency: 'USD',
    pricesAsOf: PRICES_AS_OF,
    assumptions: assumptions(flows, clusters),
    clusters: clusters.map((cluster) => ({ ...cluster, ...inCents(cluster), gbPerMonth: cents(cluster.gbPerMonth) })),
    total: inCents({
      monthly: sum('monthly'),
      ingestion: sum('ingestion'),
      delivery: sum('delivery'),
      storage: sum('storage'),
    }),
  };
}

/** The clusters of a region share its volume discount and its objects. */
function regionCosts(region: string, flows: readonly Flow[], measured: ReadonlyMap<Flow, number>): ClusterCost[] {
  const volume = (flow: Flow): Range => {
    const bytes = measured.get(flow);
    return bytes === undefined ? ASSUMED : both((bytes * DAYS_A_MONTH) / GIB);
  };
  const turnedOn = flows.filter((flow) => flow.turnedOn);
  const all = add(...turnedOn.map(volume));
  const ingested = ingestionCost(region, all);
  const begun = flows.some(({ isFirst }) => isFirst) ? MINUTES_A_MONTH : 0;
  const compressed = times(add(...flows.map(volume)), COMPRESSED);
  const objects: Range = {
    low: Math.max(begun, compressed.low * OBJECTS_A_GB),
    high: Math.max(begun, compressed.high * OBJECTS_A_GB),
  };
  return flows.map((flow) => {
    const gb = volume(flow);
    const ingestion = flow.turnedOn
      ? { low: (ingested.low * gb.low) / all.low, high: (ingested.high * gb.high) / all.high }
      : both(0);
    const share = times(objects, both(1 / flows.length));
    const delivery = add(
      // Each record is billed as a multiple of 5 KB: between what is sent and, for small records, all that it was before compression.
      times({ low: gb.low * COMPRESSED.low, high: gb.high }, FIREHOSE),
      times(share, S3_PUT),
      flow.hasKey ? times(share, times(KMS_REQUEST, both(KMS_REQUESTS))) : both(0),
    );
    const kept = (days: number) => times(times(gb, COMPRESSED), both(days / DAYS_A_MONTH));
    const storage = add(
      times(kept(flow.bucketDays), S3_STORAGE),
      flow.turnedOn ? times(kept(flow.logDays ?? A_YEAR), LOG_STORAGE) : both(0),
    );
    const basis = measured.has(flow) ? 'measured' : 'assumed';
    const monthly = add(ingestion, delivery, storage);
    return { region, name: flow.name, basis, gbPerMonth: gb, monthly, ingestion, delivery, storage };
  });
}

function assumptions(flows: readonly Flow[], clusters: readonly ClusterCost[]): string[] {
  const has = (basis: ClusterCost['basis']) => clusters.some((cluster) => cluster.basis === basis);
  const unknown = [...new Set(flows.map(({ region }) => region))].filter((region) => !isPriced(region));
  const [small, large] = [COMPRESSED.low * 100, COMPRESSED.high * 100];
  return [
    has('assumed') &&
      `assumed: ${ASSUMED.low} to ${ASSUMED.high} GB of audit events a month in a cluster whose audit logging is off, or where nothing could be measured`,
    has('measured') &&
      'measured: the average of the last 14 days of the whole log group, with its other log types; what audit is of it is not known',
    flows.some(({ turnedOn }) => !turnedOn) &&
      'where audit logging is on already, its ingestion and its log group are no new cost: only delivery and the bucket are',
    'ingestion is billed as vended logs, with the volume discount of what this plan adds in a region',
    'all events pass the filter',
    `events are compressed to ${small} to ${large} %; Firehose bills records as multiples of 5 KB, at most the volume before compression`,
    flows.some(({ turnedOn, logDays }) => turnedOn && logDays === null) &&
      'a log group that never expires is reckoned with one year of events',
    unknown.length > 0 && `no price is known here for ${unknown.join(', ')}: ingestion at ${UNKNOWN_PRICE}`,
    'list prices, without free tier, discounts and taxes',
  ].filter((text) => text !== false);
}

const both = (value: number): Range => ({ low: value, high: value });
const add = (...ranges: readonly Range[]): Range =>
  ranges.reduce((sum, { low, high }) => ({ low: sum.low + low, high: sum.high + high }), both(0));
const times = (a: Range, b: Range): Range => ({ low: a.low * b.low, high: a.high * b.high });
const cents = ({ low, high }: Range): Range => ({
  low: Math.round(low * 100) / 100,
  high: Math.round(high * 100) / 100,
});
const inCents = ({ monthly, ingestion, delivery, storage }: Parts): Parts => ({
  monthly: cents(monthly),
  ingestion: cents(ingestion),
  delivery: cents(delivery),
  storage: cents(storage),
});
