/** Of what is alike a person wants to see a few; the document holds all of it. */
const MOST_ALIKE = 3;
export const few = <T>(all: readonly T[]) => {
  const shown = all.slice(0, all.length === MOST_ALIKE + 1 ? all.length : MOST_ALIKE);
  return { shown, more: all.length - shown.length };
};

export function groupBy<T>(all: readonly T[], keyOf: (one: T) => string): T[][] {
  const groups = new Map<string, T[]>();
  for (const one of all) {
    const key = keyOf(one);
    const group = groups.get(key);
    if (group) group.push(one);
    else groups.set(key, [one]);
  }
  return [...groups.values()];
}
