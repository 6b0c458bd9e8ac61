/** A name of others as one word of a command that somebody may paste into a shell (POSIX.1-2017, 2.2.2 Single-Quotes). */
export const shellWord = (name: string): string =>
  /^[\w@%+=:,./-]+$/.test(name) ? name : `'${name.replaceAll("'", `'\\''`)}'`;
