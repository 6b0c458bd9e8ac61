import { COMMANDS, type CommandSpec, GROUPS, type SHELLS } from './catalog.ts';
import { TOPICS } from './help.ts';
import { GLOBAL_OPTIONS, type OptionSpec } from './options.ts';

/** An option as a shell completes it. */
interface Flag {
  /** With dashes, the long one first. */
  readonly names: readonly string[];
  readonly takes: 'nothing' | 'value' | 'file';
  readonly help: string;
  readonly values: readonly string[];
  readonly isList: boolean;
}
/** The first word of a command, and what may follow it. */
interface Head {
  readonly name: string;
  readonly help: string;
  readonly words: readonly string[];
  readonly flags: readonly Flag[];
}

/** A script for a shell, from the tables of commands and options: values too, where they are a closed set. */
export const completionScript = (shell: (typeof SHELLS)[number]): string => ({ bash, zsh, fish })[shell]();

function flagOf({ flags, help, values = [], isList = false }: OptionSpec): Flag {
  const names = flags.split(/,? +/).filter((word) => word.startsWith('-'));
  const takes = flags.includes('[file]') ? 'file' : /[<[]/.test(flags) ? 'value' : 'nothing';
  return { names: names.reverse(), takes, help, values, isList };
}

const GLOBALS = [...GLOBAL_OPTIONS, { flags: '-h, --help', help: 'show help' }].map(flagOf);

const headOf = (name: string, commands: readonly CommandSpec[]): Head => ({
  name,
  help: GROUPS[name] ?? commands[0]!.help,
  words: commands.flatMap((one) => one.name.split(' ')[1] ?? one.argument?.values ?? []),
  flags: commands.flatMap(({ options }) => options.map(flagOf)),
});
const NAMES = [...new Set(COMMANDS.map(({ name }) => name.split(' ')[0]!))];
const HELP: Head = { name: 'help', help: 'show help', words: [...NAMES, ...TOPICS], flags: [] };
const HEADS: readonly Head[] = [
  ...NAMES.map((name) =>
    headOf(
      name,
      COMMANDS.filter((one) => one.name.split(' ')[0] === name),
    ),
  ),
  HELP,
];
const FIRST = HEADS.map(({ name }) => name);

const named = (flags: readonly Flag[]) => flags.flatMap(({ names }) => names);

function bash(): string {
  const all = [...HEADS.flatMap(({ flags }) => flags), ...GLOBALS].filter(({ takes }) => takes !== 'nothing');
  const unique = new Map(all.map((flag) => [flag.names.join('|'), flag]));
  const values = [...unique].map(([names, { takes, values, isList }]) => {
    const words = `-W "${values.join(' ')}"`;
    const action =
      takes === 'file'
        ? 'COMPREPLY=($(compgen -f -- "$cur"))'
        : isList
          ? `[[ $cur == *,* ]] && before=\${cur%,*},; COMPREPLY=($(compgen -P "$before" ${words} -- "\${cur##*,}"))`
          : `COMPREPLY=($(compgen ${words} -- "$cur"))`;
    return `    ${names}) ${action}; return ;;`;
  });
  const words = HEADS.map(
    ({ name, words, flags }) => `    ${name}) words="${[...words, ...named(flags)].join(' ')}" ;;`,
  );
  return `# bash completion for rad-connect: eval "$(rad-connect completion bash)"
_rad_connect() {
  local cur=\${COMP_WORDS[COMP_CWORD]} prev=\${COMP_WORDS[COMP_CWORD-1]} before= command= word words
  COMPREPLY=()
  if [[ $cur == = ]]; then cur=; elif [[ $prev == = ]]; then prev=\${COMP_WORDS[COMP_CWORD-2]}; fi
  case $prev in
${values.join('\n')}
  esac
  for word in "\${COMP_WORDS[@]:1:COMP_CWORD-1}"; do
    case $word in ${FIRST.join('|')}) command=$word; break ;; esac
  done
  case $command in
${words.join('\n')}
    *) words="${FIRST.join(' ')}" ;;
  esac
  COMPREPLY=($(compgen -W "$words ${named(GLOBALS).join(' ')}" -- "$cur"))
}
complete -F _rad_connect rad-connect
`;
}

/** In single quotes; what _arguments and _describe give a meaning of their own is escaped. */
const zshText = (text: string) => text.replace(/[[\]:\\]/g, '\\$&').replaceAll("'", "'\\''");

function zshFlag({ names, takes, help, values, isList }: Flag): string {
  const list = isList ? `_values -s , value ${values.join(' ')}` : `(${values.join(' ')})`;
  const what = { nothing: '', file: '::file:_files', value: `:value:${values.length ? list : ' '}` }[takes];
  return names.map((name) => `'*${name}[${zshText(help)}]${what}'`).join(' ');
}

function zsh(): string {
  const inside = HEADS.map(({ name, words, flags }) => {
    const argument = words.length ? [`'*:what:(${words.join(' ')})'`] : [];
    return `        ${name}) _arguments ${[...flags.map(zshFlag), ...argument, '$globals'].join(' ')} ;;`;
  });
  return `#compdef rad-connect
# zsh completion for rad-connect: rad-connect completion zsh > /usr/local/share/zsh/site-functions/_rad-connect
_rad_connect() {
  local curcontext=$curcontext state line
  local -a globals commands
  globals=(${GLOBALS.map(zshFlag).join(' ')})
  commands=(${HEADS.map(({ name, help }) => `'${name}:${zshText(help)}'`).join(' ')})
  _arguments -C $globals '1:command:->command' '*::argument:->argument' && return
  case $state in
    command) _describe command commands ;;
    argument)
      case $line[1] in
${inside.join('\n')}
      esac ;;
  esac
}
if [[ $funcstack[1] == _rad-connect ]]; then _rad_connect "$@"; else compdef _rad_connect rad-connect; fi
`;
}

const fishText = (text: string) => `'${text.replace(/[\\']/g, '\\$&')}'`;

function fishFlag({ names, takes, help, values, isList }: Flag, condition = ''): string {
  const flags = names.map((name) => (name.startsWith('--') ? `-l ${name.slice(2)}` : `-s ${name.slice(1)}`));
  const list = isList ? `"(__fish_append , ${values.join(' ')})"` : fishText(values.join(' '));
  const what = { nothing: '', file: ' -r -F', value: values.length ? ` -x -a ${list}` : ' -x' }[takes];
  return `complete -c rad-connect${condition} ${flags.join(' ')}${what} -d ${fishText(help)}`;
}

function fish(): string {
  const inside = HEADS.flatMap(({ name, words, flags }) => {
    const condition = ` -n '__fish_seen_subcommand_from ${name}'`;
    const argument = words.length ? [`complete -c rad-connect${condition} -a ${fishText(words.join(' '))}`] : [];
    return [...argument, ...flags.map((flag) => fishFlag(flag, condition))];
  });
  const first = ` -n 'not __fish_seen_subcommand_from ${FIRST.join(' ')}'`;
  return [
    '# fish completion for rad-connect: rad-connect completion fish | source',
    'complete -c rad-connect -f',
    ...HEADS.map(({ name, help }) => `complete -c rad-connect${first} -a ${name} -d ${fishText(help)}`),
    ...inside,
    ...GLOBALS.map((flag) => fishFlag(flag)),
    '',
  ].join('\n');
}
