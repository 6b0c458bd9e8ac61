import type { Expression } from './expression.ts';

export type Level = 'informational' | 'low' | 'medium' | 'high' | 'critical';
export const LEVELS: readonly Level[] = ['informational', 'low', 'medium', 'high', 'critical'];

/** What every file says of itself. */
interface About {
  /** As findings and people call it: the `name` of the file, else its `id`. */
  readonly name: string;
  readonly id: string | null;
  readonly title: string;
  readonly description: string;
  readonly level: Level;
  readonly tags: readonly string[];
  readonly author: string | null;
  readonly references: readonly string[];
  readonly falsepositives: readonly string[];
  /** Controls by framework, as in `cis-eks: [4.2.1]`. */
  readonly compliance: Readonly<Record<string, readonly string[]>>;
  /** Which other products detect it too, as falco, sigma or guardduty. */
  readonly alsoIn: readonly string[];
  /** Fields of a foreign rule that were read as others, as `apiGroup → objectRef.apiGroup`. */
  readonly aliases: readonly string[];
  readonly file: string;
  /** The detection or correlation as it is written, in YAML. */
  readonly condition: string;
  readonly tests: readonly RuleTest[];
}

/** Events in the order in which they came: the rule fires at the last one, or does not. */
export interface RuleTest {
  readonly name: string;
  readonly fires: boolean;
  readonly events: readonly object[];
}

/** One event is enough. */
export interface EventRule extends About {
  readonly kind: 'event';
  readonly expression: Expression;
  /** Only where these fields' values are new: not seen with this rule in the time before. */
  readonly newTerms?: { readonly fields: readonly string[]; readonly history: number };
  /** Filters that take something out, by title. */
  readonly filters: readonly string[];
}

export type CorrelationType = 'event_count' | 'value_count' | 'temporal' | 'temporal_ordered';

/** Several events within a time. */
export interface CorrelationRule extends About {
  readonly kind: 'correlation';
  readonly type: CorrelationType;
  readonly of: readonly EventRule[];
  /** For each field to group by, its path in the events of each rule. */
  readonly groupBy: readonly (readonly string[])[];
  /** Milliseconds. */
  readonly timespan: number;
  readonly field: string | null;
  readonly criteria: readonly { readonly by: 'gt' | 'gte' | 'lt' | 'lte' | 'eq'; readonly value: number }[];
}

export type Rule = EventRule | CorrelationRule;
