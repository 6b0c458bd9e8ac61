import type { RadError } from './errors.ts';
import type { Step } from './plan.ts';
import type { Resource } from './resource.ts';

/** How one step ended. */
export type Outcome = { readonly step: Step } & (
  | { readonly status: 'done' | 'unchanged' }
  /** Something of ours that was to go had to stay after all. */
  | { readonly status: 'kept'; readonly why: string }
  | { readonly status: 'failed'; readonly error: RadError }
  /** Not tried: what it stands on failed, or the run was told to stop. */
  | { readonly status: 'skipped'; readonly because?: Resource }
);

/** What a run tells while it runs: data, never sentences. */
export type Event =
  | { readonly type: 'looking'; readonly regions: readonly string[] }
  | { readonly type: 'looked'; readonly region: string; readonly clusters: number; readonly state: string }
  | { readonly type: 'note'; readonly place: string; readonly text: string }
  | { readonly type: 'started'; readonly steps: readonly Step[] }
  | { readonly type: 'step.start'; readonly step: Step }
  | { readonly type: 'step.note'; readonly step: Step; readonly text: string }
  | { readonly type: 'step.end'; readonly outcome: Outcome };

export type Report = (event: Event) => void;
