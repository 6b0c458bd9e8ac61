import { plural } from '../render/style.ts';
import type { Delivery } from './types.ts';

const HEIGHT = 26;
const BAR = 6;

/** A day in hours: what came in, how much of it was sent on, what was lost. */
export function Timeline({ hours }: { readonly hours: Delivery['timeline'] }) {
  if (hours.length === 0) return <span class="soft">not known</span>;
  const sum = (of: 'incoming' | 'forwarded' | 'errors') => hours.reduce((all, hour) => all + hour[of], 0);
  const most = Math.max(1, ...hours.map(({ incoming, forwarded, errors }) => Math.max(incoming, forwarded + errors)));
  const tall = (n: number) => (n > 0 ? Math.max(1.5, Math.round((n / most) * HEIGHT * 10) / 10) : 0);
  /** Each hour a bar, on top of another one. */
  const bars = (of: (hour: (typeof hours)[number]) => [height: number, base: number]) =>
    hours
      .map((hour, i) => [i * BAR, ...of(hour).map(tall)] as [number, number, number])
      .filter(([, height]) => height > 0)
      .map(([x, height, base]) => `M${x} ${HEIGHT - base}v${-height}h${BAR - 1}v${height}z`)
      .join('');
  const label = `${hours.length} hours: ${plural(sum('incoming'), 'event')} came in, ${plural(sum('forwarded'), 'event')} sent on, ${plural(sum('errors'), 'event')} lost`;
  return (
    <svg
      class="bars"
      viewBox={`0 0 ${hours.length * BAR} ${HEIGHT + 1}`}
      width={hours.length * BAR}
      role="img"
      aria-label={label}
    >
      <title>{label}</title>
      <rect x={0} y={HEIGHT} width={hours.length * BAR} height={1} />
      <path class="came" d={bars(({ incoming }) => [incoming, 0])} />
      <path class="sent" d={bars(({ forwarded }) => [forwarded, 0])} />
      <path class="lost" d={bars(({ errors, forwarded }) => [errors, forwarded])} />
    </svg>
  );
}
