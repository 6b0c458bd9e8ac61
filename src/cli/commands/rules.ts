import { RadError } from '../../engine/errors.ts';
import { nothing, type Result, type RuleRow } from '../../render/document.ts';
import { coverageOf } from '../../sigma/coverage.ts';
import { isPath, loadRules } from '../../sigma/folder.ts';
import { toQuery } from '../../sigma/query.ts';
import { LEVELS, type Level, type Rule } from '../../sigma/rule.ts';
import { verdictsOf } from '../../sigma/verdicts.ts';
import { usage } from '../values.ts';

export interface RulesOptions {
  /** Folders of the user, beside ours. */
  readonly rules?: readonly string[];
  readonly level?: Level;
}
export type RulesCommand = 'rules list' | 'rules show' | 'rules test' | 'rules coverage';

/** The detections themselves. Offline: nothing is called, and no credentials are needed. */
export function rules(
  command: RulesCommand,
  options: RulesOptions,
  argument: string | undefined,
  home: string,
): Result {
  const folders = [home, ...(options.rules ?? [])];
  const result = { ...nothing(command), readOnly: true };
  switch (command) {
    case 'rules list':
      return { ...result, rules: atLevel(loadRules(folders), options.level).map(row) };
    case 'rules show':
      return { ...result, rules: [details(one(loadRules(folders), argument ?? ''))] };
    case 'rules coverage':
      return {
        ...result,
        rules: atLevel(loadRules(folders), options.level).map((rule) => ({ ...row(rule), coverage: coverageOf(rule) })),
      };
    case 'rules test':
      return tested(result, folders, argument);
  }
}

const atLevel = (all: readonly Rule[], level: Level = 'informational') =>
  all.filter((rule) => LEVELS.indexOf(rule.level) >= LEVELS.indexOf(level));

function one(all: readonly Rule[], name: string): Rule {
  const found = all.find((rule) => rule.name === name || rule.id === name);
  if (found) return found;
  const near = all.filter((rule) => rule.name.includes(name)).slice(0, 5);
  throw usage(
    `${name}: there is no such rule${near.length ? `; there is ${near.map((rule) => rule.name).join(', ')}` : '; see rad-connect rules list'}`,
  );
}

function tested(result: Result, folders: readonly string[], argument: string | undefined): Result {
  const own = argument !== undefined && isPath(argument);
  const all = loadRules(own ? [...folders, argument] : folders);
  const chosen = own
    ? all.filter(({ file }) => file.startsWith(argument))
    : argument === undefined
      ? all
      : [one(all, argument)];
  const tests = chosen.flatMap(verdictsOf);
  const untested = chosen.filter(({ tests: of }) => of.length === 0);
  const failed = tests.filter(({ expected, actual }) => expected !== actual);
  const warnings = untested.map(({ name, file }) => ({
    code: 'RULE_WITHOUT_TESTS',
    region: 'global',
    id: name,
    message: `${name} has no tests: ${file}`,
    hint: null,
  }));
  const error = failed.length
    ? new RadError('RULE_TEST_FAILED', `${failed.length} of ${tests.length} tests of rules fail`, {
        hint: `rad-connect rules show ${failed[0]!.rule}`,
      })
    : undefined;
  return { ...result, tests, warnings, ...(error && { error }) };
}

const row = ({ name, id, title, level, tags, kind, alsoIn, compliance, aliases, file }: Rule): RuleRow => ({
  name,
  id,
  title,
  level,
  tags,
  kind,
  alsoIn,
  compliance,
  aliases,
  file,
});

const details = (rule: Rule): RuleRow => ({
  ...row(rule),
  description: rule.description,
  author: rule.author,
  references: rule.references,
  falsepositives: rule.falsepositives,
  filters: rule.kind === 'event' ? rule.filters : [],
  condition: rule.condition,
  sql: toQuery(rule),
});
