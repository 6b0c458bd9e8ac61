import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { COMMANDS, SHELLS } from '../../src/cli/catalog.ts';
import { completionScript } from '../../src/cli/completion.ts';
import { TOPICS } from '../../src/cli/help.ts';
import { GLOBAL_OPTIONS } from '../../src/cli/options.ts';
import { account } from '../helpers/account.ts';
import { small } from '../helpers/small.ts';

const isThere = (shell: string) => spawnSync(shell, ['-c', 'true']).status === 0;
const folder = mkdtempSync(join(tmpdir(), 'rad-connect-'));
const scriptOf = (shell: string) => join(folder, `rad-connect.${shell}`);
beforeAll(() => {
  for (const shell of SHELLS) writeFileSync(scriptOf(shell), completionScript(shell));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const OPTIONS = [...GLOBAL_OPTIONS, ...COMMANDS.flatMap(({ options }) => options)];

/** What each shell offers after these words, the last of them unfinished. */
const ASK: Readonly<Record<'bash' | 'fish', (words: readonly string[]) => readonly string[]>> = {
  bash: (words) => [
    'bash',
    '--norc',
    '-c',
    `source "$0"; COMP_WORDS=("$@"); COMP_CWORD=$(($#-1)); _rad_connect; printf '%s\\n' "\${COMPREPLY[@]}"`,
    scriptOf('bash'),
    ...words,
  ],
  fish: (words) => ['fish', '--no-config', '-c', `source ${scriptOf('fish')}; complete -C '${words.join(' ')}'`],
};

function offered(shell: 'bash' | 'fish', line: string): string[] {
  const [command = '', ...args] = ASK[shell](line.split(' '));
  const { stdout, stderr } = spawnSync(command, args, { encoding: 'utf8' });
  expect(stderr).toBe('');
  return stdout.split('\n').flatMap((row) => row.split('\t')[0] || []);
}

describe.each(['bash', 'fish'] as const)('completion in %s', (shell) => {
  describe.skipIf(!isThere(shell))('where there is that shell', () => {
    it.each<[string, string[]]>([
      ['rad-connect en', ['enable-audit']],
      ['rad-connect --name-prefix x tear', ['teardown']],
      ['rad-connect --sandbox enable-audit --role', ['--role-path']],
      ['rad-connect enable-audit --regions eu-west-', ['eu-west-1', 'eu-west-2', 'eu-west-3']],
      ['rad-connect enable-audit --regions eu-west-1,us-e', ['eu-west-1,us-east-1', 'eu-west-1,us-east-2']],
      ['rad-connect status -o j', ['json']],
      ['rad-connect policy --for bo', ['boundary']],
      ['rad-connect sandbox r', ['reset']],
      ['rad-connect completion z', ['zsh']],
      ['rad-connect help ex', ['exit-codes']],
      ['rad-connect teardown --delete', ['--delete-data']],
      ['rad-connect status --delete', []],
    ])('%s', (line, words) => {
      expect(offered(shell, line).sort()).toEqual(words);
    });

    it.each(COMMANDS.map(({ name, options }) => [name, options] as const))('each option of %s', (name, options) => {
      const words = offered(shell, `rad-connect ${name} --`);
      for (const { flags } of [...options, ...GLOBAL_OPTIONS]) expect(words).toContain(/--[\w-]+/.exec(flags)![0]);
    });

    it('each command, and each topic of help', () => {
      const heads = [...new Set(COMMANDS.map(({ name }) => name.split(' ')[0]!)), 'help'];
      expect(offered(shell, 'rad-connect ')).toEqual(expect.arrayContaining(heads));
      expect(offered(shell, 'rad-connect help ')).toEqual(expect.arrayContaining([...TOPICS]));
    });
  });
});

describe('completion', () => {
  it.each([
    ['bash', '-n'],
    ['zsh', '-n'],
    ['fish', '--no-execute'],
  ] as const)('%s %s finds no fault', (shell, check) => {
    if (!isThere(shell)) return;
    const { status, stderr } = spawnSync(shell, [check, scriptOf(shell)], { encoding: 'utf8' });
    expect([status, stderr]).toEqual([0, '']);
  });

  it.each(SHELLS)('%s: on stdout, exit 0, no call', async (shell) => {
    const { code, stdout, stderr, calls } = await account(small()).run(`completion ${shell}`);
    expect([code, stdout, stderr, calls]).toEqual([0, completionScript(shell), '', []]);
    for (const { flags } of OPTIONS) expect(stdout).toContain(/--([\w-]+)/.exec(flags)![1]);
  });

  it.each(['completion', 'completion tcsh', 'completion bash zsh'])('%s: one line, exit 64', async (line) => {
    const { code, stdout, stderr, calls } = await account(small()).run(line);
    expect([code, stdout, calls]).toEqual([64, '', []]);
    expect(stderr).toMatch(/^error: .*\n$/);
  });

  it.each(OPTIONS.filter(({ values }) => values).map((option) => [option.flags, option] as const))(
    'what is offered for %s is taken',
    (_, { values = [], parse }) => {
      for (const value of values) expect(() => parse!(value, undefined)).not.toThrow();
    },
  );
});
