import type { Cost } from '../desired/cost.ts';
import type { Range } from '../desired/prices.ts';
import { columns } from './style.ts';

/** Of many clusters a person wants to see the dearest; the document holds all of them. */
const MOST_CLUSTERS = 5;

/** What the plan adds to the bill: one line, and with `details` the dearest clusters and what can be done about it. */
export function costLines(cost: Cost | null, { details }: { readonly details: boolean }): string[] {
  if (!cost) return [];
  const { pricesAsOf, clusters, total } = cost;
  const parts = (['ingestion', 'delivery', 'storage'] as const).map((part) => `${part} ${money(total[part])}`);
  const line = `Cost: about ${money(total.monthly)} more a month (${parts.join(', ')}), at AWS's list prices of ${pricesAsOf}`;
  if (!details) return [line];
  const dearest = [...clusters].sort((a, b) => b.monthly.high - a.monthly.high);
  const more = clusters.length - MOST_CLUSTERS;
  const shown = dearest.slice(0, more === 1 ? MOST_CLUSTERS + 1 : MOST_CLUSTERS);
  const rows = shown.map(({ name, region, monthly, basis, gbPerMonth }) => [
    name,
    region,
    money(monthly),
    basis === 'measured'
      ? `measured: ${volume(gbPerMonth)} a month in its whole log group`
      : `assumed: ${volume(gbPerMonth)} a month`,
  ]);
  return [
    line,
    ...columns(rows, '  '),
    ...(more > 1 ? [`  and ${more} more, all of them cheaper`] : []),
    '  storage follows --log-retention-days (log groups made here) and --retention-days (bucket); assumptions: -o json',
  ];
}

const between = (low: string, high: string) => (low === high ? low : `${low} to ${high}`);
const money = ({ low, high }: Range) => between(dollars(low), dollars(high));
const dollars = (usd: number) =>
  `$${usd >= 100 || usd === 0 ? Math.round(usd).toLocaleString('en-US') : usd >= 10 ? usd.toFixed(0) : usd.toFixed(2)}`;
const volume = ({ low, high }: Range) => `${between(gb(low), gb(high))} GB`;
const gb = (value: number) => (value >= 10 ? Math.round(value).toLocaleString('en-US') : value.toFixed(1));
