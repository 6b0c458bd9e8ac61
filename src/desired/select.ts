import picomatch from 'picomatch';

/** The names that the globs choose; no globs choose all. */
export function select(names: readonly string[], include: readonly string[], exclude: readonly string[]): string[] {
  const chosen = include.length ? picomatch([...include]) : () => true;
  const left = exclude.length ? picomatch([...exclude]) : () => false;
  return names.filter((name) => chosen(name) && !left(name));
}

/** What is wrong with a glob; undefined: nothing. */
export function malformed(glob: string): string | undefined {
  try {
    picomatch.makeRe(glob, { strictBrackets: true });
    return undefined;
  } catch (error) {
    return (error as Error).message;
  }
}

/** Globs that match none of the names. */
export const unmatched = (globs: readonly string[], names: readonly string[]): string[] =>
  globs.filter((glob) => select(names, [glob], []).length === 0);
