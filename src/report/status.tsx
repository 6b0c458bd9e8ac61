import type { ChangeRow, ClusterRow, Document } from '../render/document.ts';
import { age } from '../render/health.ts';
import { plural } from '../render/style.ts';
import { Flow } from './flow.tsx';
import { Notices } from './notices.tsx';
import { renderPage } from './page.tsx';
import { Timeline } from './timeline.tsx';
import type { Delivery, Region } from './types.ts';
import { MEANINGS, SIGNS, STATES } from './words.ts';

/** What `status` has found, as one page. `now`: milliseconds since the epoch. */
export function statusPage(document: Document, now: number): string {
  const { account, partition, regions, clusters, outputs, changes, warnings, errors, version } = document;
  const time = `${new Date(now).toISOString().slice(0, 16).replace('T', ' ')} UTC`;
  return renderPage({
    title: `EKS audit logs of account ${account}`,
    children: (
      <>
        <header>
          <h1>EKS audit logs of account {account}</h1>
          <p class="soft">
            {partition}, {plural(regions.length, 'region')}, {plural(clusters.length, 'cluster')}, as of {time}
          </p>
          {outputs.radRoleArn && (
            <p class="soft">
              Readable by <code>{outputs.radRoleArn}</code>
              {outputs.externalId ? ', with an external id' : ', without an external id'}
            </p>
          )}
          <Tiles clusters={clusters} />
          {regions.length > 1 && <Places regions={regions} clusters={clusters} />}
        </header>
        <main>
          <Notices title="Errors" notices={errors} kind="error" />
          {regions.map((region) => (
            <RegionPart
              region={region}
              clusters={clusters.filter((cluster) => cluster.region === region.name)}
              outputs={outputs}
              now={now}
              key={region.name}
            />
          ))}
          <Differences changes={changes} />
          <Notices title="Warnings" notices={warnings} kind="warning" />
        </main>
        <footer>rad-connect {version} status -o html</footer>
      </>
    ),
  });
}

function Tiles({ clusters }: { readonly clusters: readonly ClusterRow[] }) {
  const having = (state: Delivery['state']) => clusters.filter(({ delivery }) => delivery.state === state).length;
  return (
    <ul class="tiles">
      {STATES.filter((state) => having(state) > 0).map((state) => (
        <li key={state}>
          <b class={state}>{having(state)}</b>
          <span class={`state ${state}`}>
            {SIGNS[state]} {state}
          </span>
          <br />
          <span class="soft">{MEANINGS[state]}</span>
        </li>
      ))}
    </ul>
  );
}

/** Where to look first. */
function Places({ regions, clusters }: Pick<Document, 'regions' | 'clusters'>) {
  return (
    <nav aria-label="Regions">
      <ul class="places">
        {regions.map(({ name, state, delivery }) => {
          const here = clusters.filter(({ region }) => region === name);
          const bad = here.filter((cluster) => cluster.delivery.state === 'failing').length;
          return (
            <li key={name}>
              <a href={`#${name}`}>{name}</a>{' '}
              {delivery ? <State state={delivery.state} /> : <span class="soft">{state}</span>}
              <span class="soft">
                , {plural(here.length, 'cluster')}
                {bad > 0 && `, ${bad} failing`}
              </span>
            </li>
          );
        })}
      </ul>
    </nav>
  );
}

interface RegionProps {
  readonly region: Region;
  readonly clusters: readonly ClusterRow[];
  readonly outputs: Document['outputs'];
  readonly now: number;
}

function RegionPart({ region, clusters, outputs, now }: RegionProps) {
  const { name, state, delivery } = region;
  const worstFirst = [...clusters].sort((a, b) => STATES.indexOf(a.delivery.state) - STATES.indexOf(b.delivery.state));
  return (
    <section>
      <h2 id={name}>{name}</h2>
      {state !== 'ok' && <p class="failing">This region could not be read: {state}.</p>}
      {delivery && (
        <p>
          <State state={delivery.state} />: newest object {since(delivery.lastObjectAt, now)}
          <Trouble cause={delivery.cause} hint={delivery.hint} />
        </p>
      )}
      {clusters.length > 0 && (
        <>
          <div class="scroll">
            <Flow region={region} clusters={worstFirst} outputs={outputs} />
          </div>
          <div class="scroll">
            <table class="clusters">
              <colgroup>
                {Array.from({ length: 7 }, (_, i) => (
                  <col key={i} />
                ))}
              </colgroup>
              <thead>
                <tr>
                  <th scope="col">Cluster</th>
                  <th scope="col">Delivery</th>
                  <th scope="col">Last event</th>
                  <th scope="col">Last 24 hours</th>
                  <th scope="col">Audit log</th>
                  <th scope="col">Filter</th>
                  <th scope="col">Managed by</th>
                </tr>
              </thead>
              <tbody>
                {worstFirst.map((cluster) => (
                  <ClusterPart cluster={cluster} now={now} key={cluster.name} />
                ))}
              </tbody>
            </table>
          </div>
        </>
      )}
    </section>
  );
}

function ClusterPart({ cluster, now }: { readonly cluster: ClusterRow; readonly now: number }) {
  const { name, delivery, auditLogging, filter, managedBy } = cluster;
  return (
    <tr>
      <td>{name}</td>
      <td>
        <State state={delivery.state} />
        {delivery.hop && <span class="soft"> stops at the {delivery.hop.replace('-', ' ')}</span>}
        <Trouble cause={delivery.cause} hint={delivery.hint} />
      </td>
      <td>{since(delivery.lastEventAt, now)}</td>
      <td>
        <Timeline hours={delivery.timeline} />
      </td>
      <td>{auditLogging ? 'on' : 'off'}</td>
      <td>{filter}</td>
      <td>{managedBy ?? ''}</td>
    </tr>
  );
}

const since = (time: string | null, now: number) => (time ? age(time, now) : 'never seen');

const State = ({ state }: { readonly state: Delivery['state'] }) => (
  <span class={`state ${state}`}>
    {SIGNS[state]} {state}
  </span>
);

const Trouble = ({ cause, hint }: { readonly cause: string | null; readonly hint: string | null }) => (
  <>
    {cause && <p>{cause}</p>}
    {hint && (
      <p class="soft">
        → <code>{hint}</code>
      </p>
    )}
  </>
);

/** What is not as it was made; what cannot be changed, or is stricter and stays, with the reason. */
function Differences({ changes }: { readonly changes: readonly ChangeRow[] }) {
  const rows = changes.filter(({ action }) => action !== 'none');
  if (rows.length === 0) return null;
  return (
    <section>
      <h2>What differs</h2>
      <div class="scroll">
        <table>
          <thead>
            <tr>
              <th scope="col">Where</th>
              <th scope="col">What</th>
              <th scope="col">Would be</th>
              <th scope="col">Why</th>
              <th scope="col">Fields</th>
            </tr>
          </thead>
          <tbody>
            {rows.map(({ region, type, id, action, reason, diff, note }) => (
              <tr key={`${region} ${type} ${id}`}>
                <td>{region}</td>
                <td>
                  {type}
                  <br />
                  <code>{id}</code>
                </td>
                <td>{ACTIONS[action]}</td>
                <td>{note ?? reason ?? ''}</td>
                <td>
                  {diff.map(({ path, before, after }) => (
                    <div key={path}>
                      <code>
                        {path}: {shown(before)} → {shown(after)}
                      </code>
                    </div>
                  ))}
                </td>
              </tr>
            ))}
          </tbody>
        </table>
      </div>
    </section>
  );
}

const ACTIONS: Readonly<Record<ChangeRow['action'], string>> = {
  create: 'created',
  update: 'updated',
  adopt: 'taken over',
  delete: 'deleted',
  restore: 'put back',
  keep: 'kept as it is',
  none: '',
  blocked: 'blocked',
};

/** Long values are in the JSON. */
function shown(value: unknown): string {
  const text = typeof value === 'string' ? value : JSON.stringify(value ?? null);
  return text.length > 60 ? `${text.slice(0, 57)}…` : text;
}
