import { COMMANDS, SHELLS } from './catalog.ts';
import { TOPICS } from './help.ts';
import { parse } from './program.ts';

/** What is printed without any work, by the words that were typed, as JSON. */
export interface Answers {
  /** The same on every terminal. */
  readonly any: Readonly<Record<string, string>>;
  /** For a terminal of 80 columns, which is also what a pipe gets. */
  readonly 80: Readonly<Record<string, string>>;
}

/** Version, help and completion depend on nothing but this code: they are made when it is built, and the entry point reads them. */
export const answers = (version: string): Answers => ({
  any: printed(
    [['--version'], ['-V'], ...TOPICS.map((topic) => ['help', topic]), ...SHELLS.map((shell) => ['completion', shell])],
    version,
  ),
  80: printed([[], ...paths().flatMap((path) => [['help', ...path], ...HELP.map((word) => [...path, word])])], version),
});

const HELP = ['--help', '-h'];

/** From the program down to each command, through the words that group some. */
const paths = () =>
  [
    ...new Set(COMMANDS.flatMap(({ name }) => name.split(' ').map((_, i, words) => words.slice(0, i).join(' ')))),
    ...COMMANDS.map(({ name }) => name),
  ].map((path) => path.split(' ').filter(Boolean));

const printed = (lines: readonly (readonly string[])[], version: string) =>
  Object.fromEntries(
    lines.flatMap((argv) => {
      const text = help(argv, version);
      return text === undefined ? [] : [[JSON.stringify(argv), text] as const];
    }),
  );

/** undefined: not every path may follow the word help. */
function help(argv: readonly string[], version: string): string | undefined {
  let text = '';
  try {
    parse({
      argv,
      env: {},
      version,
      print: (part) => {
        text += part;
      },
    });
    return text;
  } catch {
    return undefined;
  }
}
