import type { DetectionGroup, Detections, Hour } from '../findings/report.ts';
import { referencesOf, spanOf, targetsOf } from '../render/detections.ts';
import type { Document } from '../render/document.ts';
import { plural } from '../render/style.ts';
import { Notices } from './notices.tsx';
import { renderPage } from './page.tsx';

/** Worst first. */
const WORST = ['critical', 'high', 'medium', 'low', 'informational'] as const;

/** What `findings` has found, as one page. `now`: milliseconds since the epoch. */
export function findingsPage({ detections, warnings, errors, version }: Document, now: number): string {
  const time = `${new Date(now).toISOString().slice(0, 16).replace('T', ' ')} UTC`;
  const groups = detections?.groups ?? [];
  return renderPage({
    title: 'Findings in Kubernetes audit logs',
    children: (
      <>
        <header>
          <h1>Findings in Kubernetes audit logs</h1>
          {detections && <Looked detections={detections} time={time} />}
        </header>
        <main>
          <Notices title="Errors" notices={errors} kind="error" />
          {detections && <Hours timeline={detections.timeline} />}
          <section>
            <h2>{groups.length ? 'Findings' : 'No findings'}</h2>
            {groups.map((group) => (
              <Group group={group} key={group.id} />
            ))}
          </section>
          <Notices title="Warnings" notices={warnings} kind="warning" />
        </main>
        <footer>rad-connect {version} findings -o html</footer>
      </>
    ),
  });
}

function Looked({ detections, time }: { readonly detections: Detections; readonly time: string }) {
  const { sources, since, objects, events, rules, left, levels } = detections;
  return (
    <>
      <p class="soft">
        {plural(events, 'event')} in {plural(objects, 'object')} of <code>{sources.join(', ')}</code>
        {since && `, since ${since.slice(0, 16).replace('T', ' ')} UTC`}, {plural(rules, 'rule')}
        {left.length > 0 && ` and ${left.length} that could not be asked`}, as of {time}
      </p>
      <ul class="tiles">
        {WORST.filter((level) => levels[level] > 0).map((level) => (
          <li key={level}>
            <b class={level}>{levels[level]}</b>
            <span class={`state ${level}`}>{level}</span>
          </li>
        ))}
      </ul>
    </>
  );
}

const [HEIGHT, BAR, HOUR] = [60, 8, 3_600_000];
/** Hours for which there is room. */
const WIDEST = 168;

/** How many in each hour, by level, on top of one another. */
function Hours({ timeline }: { readonly timeline: readonly Hour[] }) {
  const last = timeline.at(-1);
  if (!last) return null;
  const end = Date.parse(last.hour);
  const from = Math.max(Date.parse(timeline[0]!.hour), end - (WIDEST - 1) * HOUR);
  const shown = timeline.filter(({ hour }) => Date.parse(hour) >= from);
  const sum = (hour: Hour) => WORST.reduce((all, level) => all + hour[level], 0);
  const most = Math.max(...shown.map(sum));
  const width = ((end - from) / HOUR + 1) * BAR;
  const label = `${shown.reduce((all, hour) => all + sum(hour), 0)} findings from ${shown[0]!.hour} to ${last.hour}, by hour`;
  return (
    <section>
      <h2>When</h2>
      <div class="scroll">
        <svg
          class="bars"
          viewBox={`0 0 ${width} ${HEIGHT}`}
          width={width}
          height={HEIGHT}
          role="img"
          aria-label={label}
        >
          <title>{label}</title>
          {shown.flatMap((hour) => {
            const x = ((Date.parse(hour.hour) - from) / HOUR) * BAR;
            let base = HEIGHT;
            return WORST.map((level) => {
              const height = (hour[level] / most) * HEIGHT;
              base -= height;
              return height > 0 ? (
                <path
                  class={level}
                  d={`M${x} ${base}h${BAR - 1}v${height}h${1 - BAR}z`}
                  key={`${hour.hour} ${level}`}
                />
              ) : null;
            });
          })}
        </svg>
      </div>
    </section>
  );
}

function Group({ group }: { readonly group: DetectionGroup }) {
  const { level, title, rule, cluster, user, principalArn, sourceIps, userAgents, what, allowedBy, look } = group;
  const rows: readonly (readonly [string, string])[] = [
    ['cluster', cluster ?? 'not known'],
    ['who', [user ?? 'nobody known', principalArn ?? ''].filter(Boolean).join(', ')],
    ['from', [...sourceIps, ...userAgents].join(', ')],
    ['what', `${what.join(', ')} on ${targetsOf(group)}`],
    ['when', spanOf(group)],
    ['allowed by', allowedBy ?? ''],
    ['meaning', group.description],
    ['references', referencesOf(group)],
    ['unless', group.falsepositives.join('; ')],
    [
      'evidence',
      group.evidence.map(({ object, auditId }) => [auditId, object].filter(Boolean).join(' in ')).join('; '),
    ],
  ];
  return (
    <article class={`finding ${level}`}>
      <h3>
        <span class={`state ${level}`}>{level}</span> {title} <span class="soft">{rule}</span>
      </h3>
      <dl>
        {rows
          .filter(([, text]) => text)
          .map(([word, text]) => (
            <>
              <dt>{word}</dt>
              <dd>{text}</dd>
            </>
          ))}
        {look && (
          <>
            <dt>look</dt>
            <dd>
              <code>{look}</code>
            </dd>
          </>
        )}
      </dl>
    </article>
  );
}
