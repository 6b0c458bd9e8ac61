import { Command, CommanderError, Option } from 'commander';
import { asRadError, RadError } from '../engine/errors.ts';
import { COMMANDS, type CommandName, GROUPS, HEADS, type SHELLS } from './catalog.ts';
import { completionScript } from './completion.ts';
import { isTopic, TOPICS, topicText } from './help.ts';
import { GLOBAL_OPTIONS, type OptionSpec, variableOf } from './options.ts';
import { usage } from './values.ts';

/** What was typed, checked and merged with the environment. */
export interface Invocation {
  readonly command: Exclude<CommandName, 'completion'>;
  readonly options: Readonly<Record<string, unknown>>;
  readonly args: readonly string[];
}

interface Typed {
  readonly argv: readonly string[];
  readonly env: Readonly<Record<string, string | undefined>>;
  /** Help goes here. */
  readonly print: (text: string) => void;
  /** Columns of the terminal that it goes to; undefined where it goes elsewhere. */
  readonly width?: number | undefined;
  readonly version: string;
}

/** What the command line means; undefined when it asked for help, which has been printed. Throws USAGE. */
export function parse({ argv, env, print, width = 80, version }: Typed): Invocation | undefined {
  let invocation: Invocation | undefined;
  const program = new Command('rad-connect')
    .description('Send the Kubernetes audit log of every EKS cluster to RAD Security, in one command.')
    .version(version, '-V, --version', 'show the version')
    .helpOption('-h, --help', 'show help')
    .helpCommand(false)
    .addHelpText('after', FOOTER);
  const groups = new Map<string, Command>();
  const all: Command[] = [program];
  addOptions(program, GLOBAL_OPTIONS);

  for (const spec of COMMANDS) {
    const [first, second] = spec.name.split(' ') as [string, string?];
    const parent = second ? (groups.get(first) ?? program.command(first).description(GROUPS[first] ?? '')) : program;
    if (second && !groups.has(first)) {
      groups.set(first, parent);
      all.push(parent);
    }
    const command = parent.command(second ?? first).description(spec.help);
    const { argument } = spec;
    if (argument) command.argument(argument.usage, argument.help, argument.parse);
    addOptions(command, spec.options);
    command.addHelpText('after', `\nExamples:\n${spec.examples.map((line) => `  $ ${line}`).join('\n')}`);
    command.action(() => {
      if (spec.name === 'completion') return print(completionScript(command.args[0] as (typeof SHELLS)[number]));
      addEnvironment(command, env);
      const { tag, ...options } = command.optsWithGlobals();
      // Who watches has no end in mind, unless it is said.
      if (options.watch && program.getOptionValueSource('timeout') === 'default') delete options.timeout;
      const outputs = ['text', 'json', ...(spec.outputs ?? [])];
      if (!outputs.includes(options.output))
        throw usage(`-o ${options.output}: ${spec.name} has ${outputs.join(', ')}`);
      invocation = { command: spec.name, options: { ...options, ...(tag && { tags: tag }) }, args: command.args };
    });
    all.push(command);
  }
  const help = program.command('help').description(`show help; topics: ${TOPICS.join(', ')}`);
  help.argument('[words...]', 'a command or a topic').action((words: string[]) => showHelp(program, words, print));
  all.push(help);
  for (const command of all) {
    command
      .exitOverride()
      .configureOutput({ writeOut: print, getOutHelpWidth: () => width, writeErr: () => {}, outputError: () => {} })
      .configureHelp({ showGlobalOptions: true, sortSubcommands: false });
  }
  try {
    if (argv.length === 0) program.outputHelp();
    else program.parse(withBareSandbox(argv), { from: 'user' });
  } catch (error) {
    if (!(error instanceof CommanderError)) throw asRadError(error);
    if (error.exitCode === 0) return undefined;
    if (error.code === 'commander.help') throw usage(withoutCommand(argv));
    if (error.code === 'commander.excessArguments')
      throw usage(`${argv.join(' ')}: more words than the command takes; see rad-connect --help`);
    throw usage(oneLine(error.message));
  }
  return invocation;
}

const FOOTER = `
Every option has an environment variable: --name-prefix is RAD_CONNECT_NAME_PREFIX.
Nothing is sent anywhere but to AWS, and to RAD's API where RAD_ACCESS_KEY_ID and RAD_SECRET_KEY are set.`;

/** Always text: also version and completion are. */
function showHelp(program: Command, words: readonly string[], print: Typed['print']): void {
  const [first = ''] = words;
  const topic = words.length === 1 && isTopic(first) && topicText(first);
  if (topic) return void print(topic);
  const at = words.reduce<Command | undefined>(
    (command, word) => command?.commands.find((inner) => inner.name() === word),
    program,
  );
  if (!at) throw usage(`help ${words.join(' ')}: no such command, nor a topic: ${TOPICS.join(', ')}`);
  at.outputHelp();
}

function withoutCommand(argv: readonly string[]): string {
  const [first] = argv.filter((word) => !word.startsWith('-'));
  const what = COMMANDS.filter(({ name }) => name.startsWith(`${first} `)).map(({ name }) => name.split(' ')[1]);
  if (what.length) return `${first}: name what to do with it: ${what.join(', ')}`;
  return 'name a command; see rad-connect --help';
}

const oneLine = (message: string) =>
  `${message.replace(/^error: /, '').replace(/\s*\n\s*/g, ' ')}; see rad-connect --help`;

function addOptions(command: Command, specs: readonly OptionSpec[]): void {
  for (const { flags, help, parse, fallback } of specs) {
    const option = new Option(flags, help);
    if (parse) option.argParser(parse);
    if (fallback) option.default(...fallback);
    command.addOption(option);
  }
}

function isOn(value: string, variable: string): boolean {
  if (/^(1|true|yes|y|on)$/i.test(value)) return true;
  if (/^(0|false|no|n|off)$/i.test(value)) return false;
  throw usage(`${variable}=${value}: true or false`);
}

/** A variable stands for its option wherever that was not typed. */
function addEnvironment(command: Command, env: Typed['env']): void {
  for (let at: Command | null = command; at; at = at.parent) {
    for (const option of at.options) {
      const variable = variableOf(option.flags);
      const value = env[variable];
      const key = option.attributeName();
      if (value === undefined || value === '' || at.getOptionValueSource(key) === 'cli') continue;
      at.setOptionValueWithSource(key, meaning(option, value, variable), 'env');
    }
  }
}

function meaning(option: Option, value: string, variable: string): unknown {
  if (option.negate || option.isBoolean()) return isOn(value, variable) !== option.negate;
  if (option.optional && /^(1|true|0|false)$/i.test(value)) return isOn(value, variable);
  try {
    return option.parseArg ? option.parseArg(value, undefined) : value;
  } catch (error) {
    throw error instanceof RadError ? usage(`${variable}: ${error.message}`) : error;
  }
}

/** A bare --sandbox before a command's name means the default file; commander would take the name for the file's. */
const withBareSandbox = (argv: readonly string[]) =>
  argv.flatMap((word, i) => (word === '--sandbox' && HEADS.has(argv[i + 1] ?? '') ? ['--sandbox=default'] : [word]));
