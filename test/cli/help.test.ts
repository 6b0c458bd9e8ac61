import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { COMMANDS as CATALOG } from '../../src/cli/catalog.ts';
import { TOPICS, topicText } from '../../src/cli/help.ts';
import { GLOBAL_OPTIONS } from '../../src/cli/options.ts';
import { permissionsOf } from '../../src/desired/operator-policy.ts';
import { COMMANDS } from '../../src/desired/permissions.ts';
import { ERROR_CODES, EXIT_CODES } from '../../src/engine/errors.ts';
import { account } from '../helpers/account.ts';
import { ACCOUNT, EU, small, US } from '../helpers/small.ts';

const { run } = account(small(US, EU));
const escaped = (text: string) => text.replace(/[.*+?^${}()|[\]\\]/g, '\\$&');

describe('help', () => {
  it.each(TOPICS)('%s: on stdout, exit 0, no call', async (topic) => {
    for (const line of [
      `help ${topic}`,
      `--no-color help ${topic}`,
      `-o json help ${topic}`,
      `help ${topic} -o json`,
    ]) {
      const { code, stdout, stderr, calls } = await run(line);
      expect([code, stdout, stderr, calls]).toEqual([0, topicText(topic), '', []]);
    }
  });

  it.each(CATALOG.map(({ name }) => name.split(' ')[0]!))('%s: the help of the command', async (command) => {
    const [asked, flagged] = [await run(`help ${command}`), await run(`${command} --help`)];
    expect([asked.code, asked.stdout]).toEqual([0, flagged.stdout]);
    expect(asked.stdout).toContain(`Usage: rad-connect ${command}`);
  });

  it('names its topics', async () => {
    const { stdout } = await run('help');
    for (const topic of TOPICS) expect(stdout).toContain(topic);
  });

  it('goes down to the commands of a group', async () => {
    const [asked, flagged] = [await run('help rules list'), await run('rules list --help')];
    expect([asked.code, asked.stdout]).toEqual([0, flagged.stdout]);
    expect(asked.stdout).toContain('Usage: rad-connect rules list');
  });

  it.each(['help exit-code', 'help nonsense', 'help permissions resources', 'help status extra', 'help rules nope'])(
    '%s: one line, exit 64',
    async (line) => {
      const { code, stdout, stderr, calls } = await run(line);
      expect([code, stdout, calls]).toEqual([64, '', []]);
      expect(stderr).toMatch(/^error: help .*\n$/);
    },
  );
});

describe('the topics say what the code does', () => {
  it('exit-codes: each exit code, as the README has it, and each error code', () => {
    const text = topicText('exit-codes');
    const readme = readFileSync(new URL('../../README.md', import.meta.url), 'utf8');
    for (const [code, meaning] of Object.entries(EXIT_CODES)) {
      expect(text).toContain(`${code}  ${meaning}\n`);
      expect(readme).toContain(`| ${code} | ${meaning} |`);
    }
    for (const [code, { exit }] of Object.entries(ERROR_CODES)) {
      expect(text).toMatch(new RegExp(`^  ${code} +${exit}  `, 'm'));
      expect(Object.keys(EXIT_CODES)).toContain(String(exit));
    }
  });

  it('environment: the variable of each option', () => {
    const lines = topicText('environment').split('\n');
    const flags = [...GLOBAL_OPTIONS, ...CATALOG.flatMap(({ options }) => options)].map((option) => option.flags);
    for (const name of flags.map((one) => /--([\w-]+)/.exec(one)![1]!)) {
      const variable = `RAD_CONNECT_${name.toUpperCase().replaceAll('-', '_')}`;
      expect(lines.filter((line) => line.startsWith(`  ${variable} `))).toHaveLength(1);
    }
  });

  it('permissions: each action that the policy of a command has, with a star where it is optional', () => {
    const sections = topicText('permissions').split(/\n(?=[\w-]+:\n)/);
    for (const command of COMMANDS) {
      const section = sections.find((one) => one.startsWith(`${command}:\n`))!;
      const plain = section.split('\n  with ')[0]!;
      const words = new Set(plain.split(/\s+/));
      const needed = permissionsOf([command]);
      for (const { action } of needed) {
        const name = action.split(':')[1]!;
        const isOptional = needed.every((one) => one.action !== action || one.optional);
        expect(words, `${command} ${action}`).toContain(isOptional ? `${name}*` : name);
      }
    }
  });

  it('resources: each thing that is made, and no other', async () => {
    const { json } = await run(['enable-audit', '--regions', EU, '--external-id', 'x-1', '--dry-run', '-o', 'json'], {
      env: { RAD_ACCESS_KEY_ID: 'k', RAD_SECRET_KEY: 's' },
    });
    const rows = topicText('resources').split('\n').slice(1, -1);
    const names: Record<string, string> = { REGION: EU, ACCOUNT, CLUSTER: '(off|on)', PARTITION: 'aws' };
    const patterns = rows.map((row) => {
      const [type = '', , name = ''] = row.trim().split(/ {2,}/);
      const id = escaped(name).replace(/[A-Z]{4,}/g, (word) => names[word] ?? word);
      return new RegExp(`^${type} (${id}|/aws/eks/(off|on)/cluster)$`);
    });
    const things = json.changes.map(({ type, id }) => `${type} ${id}`);
    for (const thing of things)
      expect(
        patterns.some((pattern) => pattern.test(thing)),
        thing,
      ).toBe(true);
    for (const pattern of patterns)
      expect(
        things.some((thing) => pattern.test(thing)),
        String(pattern),
      ).toBe(true);
  });
});
