import type { RegionState } from '../aws/discover.ts';
import { clusterLogGroupName, type Names } from '../desired/names.ts';
import type { Settings } from '../desired/settings.ts';
import type { RadError } from '../engine/errors.ts';
import { isOurs, type Step } from '../engine/plan.ts';
import type { Type } from '../engine/resource.ts';

/** The account as it was seen, for the checks of a region. */
export interface Place {
  readonly region: string;
  /** Recorded as connected by an earlier run. */
  readonly connected: boolean;
  readonly state: RegionState;
  readonly error?: RadError | undefined;
  /** How many clusters there are, chosen or not. */
  readonly clusters: number;
  readonly steps: readonly Step[];
  readonly names: Names;
  readonly account: string;
  readonly settings: Settings;
  /** The command that makes things right here. */
  readonly mend: string;
}

export const stepOf = ({ steps }: Pick<Place, 'steps'>, type: Type, name: string): Step | undefined =>
  steps.find(({ resource }) => resource.type === type && resource.name === name);

/** From a cluster to its filter. */
export interface Path {
  readonly name: string;
  readonly logging: Step;
  readonly group: Step;
  readonly filter: Step;
  /** What shows that it was connected: a filter of ours, or logging that we have turned on. */
  readonly wasConnected: boolean;
}

export function pathsOf(place: Pick<Place, 'steps'>): Path[] {
  return place.steps.flatMap((logging): Path[] => {
    const { type, name } = logging.resource;
    if (type !== 'eks:cluster-logging') return [];
    const group = stepOf(place, 'logs:log-group', clusterLogGroupName(name));
    const filter = stepOf(place, 'logs:subscription-filter', clusterLogGroupName(name));
    if (!group || !filter) return [];
    const wasConnected = [logging, filter].some(({ resource, actual }) => isOurs(resource, actual));
    return [{ name, logging, group, filter, wasConnected }];
  });
}
