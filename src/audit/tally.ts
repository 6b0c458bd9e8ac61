/** What was met beside events. Nothing is left out without being counted here. */
export interface Tally {
  /** Audit events. */
  events: number;
  /** Messages by which CloudWatch Logs makes sure of its destination. */
  control: number;
  /** Audit events that were too long, and were cut before they were delivered. */
  truncated: number;
  /** Log events that are no audit events, and documents that are neither. */
  others: number;
  /** Stretches of bytes that cannot be read; what could be saved of them is among the events. */
  damaged: number;
  /** Objects without a byte. */
  empty: number;
}

export const newTally = (): Tally => ({ events: 0, control: 0, truncated: 0, others: 0, damaged: 0, empty: 0 });
