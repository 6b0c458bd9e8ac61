import type { Document, RuleRow } from './document.ts';
import { columns, type Paint, plural } from './style.ts';

const COLOURS = { critical: 'red', high: 'red', medium: 'yellow', low: 'cyan', informational: 'dim' } as const;

/** What the commands about rules say. */
export function rulesText({ command, rules = [], tests = [] }: Document, paint: Paint): string {
  const lines =
    command === 'rules test'
      ? testLines(tests, paint)
      : command === 'rules show'
        ? rules.flatMap((rule) => showLines(rule, paint))
        : command === 'rules coverage'
          ? coverageLines(rules, paint)
          : listLines(rules, paint);
  return `${lines.join('\n')}\n`;
}

const table = (
  rules: readonly RuleRow[],
  title: readonly string[],
  cells: (rule: RuleRow) => readonly string[],
  paint: Paint,
) => {
  const [head, ...rows] = columns([title, ...rules.map(cells)]);
  return [
    paint('bold', head!),
    ...rows.map((line, i) => line.replace(rules[i]!.level, (level) => paint(COLOURS[rules[i]!.level], level))),
  ];
};

const technique = ({ tags }: RuleRow) =>
  tags
    .filter((tag) => /^attack\.t\d/.test(tag))
    .map((tag) => tag.slice('attack.'.length).toUpperCase())
    .join(' ');

const listLines = (rules: readonly RuleRow[], paint: Paint) => [
  ...table(
    rules,
    ['RULE', 'LEVEL', 'ATT&CK', 'WHAT IT TELLS'],
    (rule) => [rule.name, rule.level, technique(rule), rule.title],
    paint,
  ),
  '',
  `${plural(rules.length, 'rule')}. One of them: rad-connect rules show RULE`,
];

function showLines(rule: RuleRow, paint: Paint): string[] {
  const about = [
    ['level', rule.level],
    ['id', rule.id ?? ''],
    ['tags', rule.tags.join(', ')],
    ...Object.entries(rule.compliance).map(([framework, controls]) => [framework, controls.join(', ')]),
    ['also in', rule.alsoIn.join(', ')],
    ['author', rule.author ?? ''],
    ['file', rule.file],
    ['read as', rule.aliases.join('; ')],
    ['filters', (rule.filters ?? []).join('; ')],
    ['false alarms', (rule.falsepositives ?? []).join('; ')],
    ...(rule.references ?? []).map((reference) => ['see', reference]),
  ].filter(([, value]) => value);
  return [
    `${paint('bold', rule.name)}: ${rule.title}`,
    rule.description ?? '',
    '',
    ...columns(about),
    '',
    paint('bold', 'condition'),
    rule.condition ?? '',
    '',
    paint('bold', 'SQL'),
    rule.sql ?? '',
  ];
}

function testLines(tests: NonNullable<Document['tests']>, paint: Paint): string[] {
  const failed = tests.filter(({ expected, actual }) => expected !== actual);
  const lines = failed.flatMap(({ rule, test, expected, why }) => [
    `${paint('red', 'fails')} ${rule}: ${test}`,
    `  should ${expected ? 'fire, and does not' : 'stay silent, and fires'}: ${why}`,
  ]);
  const rules = new Set(tests.map(({ rule }) => rule)).size;
  return [
    ...lines,
    `${plural(tests.length, 'test')} of ${plural(rules, 'rule')}: ${failed.length ? `${failed.length} failed` : 'all as they should be'}.`,
  ];
}

const word = (covered: boolean | null) => (covered === null ? '?' : covered ? 'yes' : 'no');

function coverageLines(rules: readonly RuleRow[], paint: Paint): string[] {
  const cells = ({ name, level, coverage, alsoIn, kind }: RuleRow) => [
    name,
    level,
    word(coverage!.eks),
    word(coverage!.filter),
    word(coverage!.moduleFilter),
    word(coverage!.extracted),
    [coverage!.reason ?? '', kind === 'correlation' ? 'several events' : '', alsoIn.join(', ')]
      .filter(Boolean)
      .join('; '),
  ];
  const shown = rules.filter(({ coverage }) => coverage!.filter).length;
  return [
    ...table(rules, ['RULE', 'LEVEL', 'EKS', 'FILTER', 'MODULE', 'EXTRACTED', 'NOTES; WHO ELSE HAS IT'], cells, paint),
    '',
    "EKS: its audit policy logs enough. FILTER: and the subscription filter of rad-connect lets it through. MODULE: and that of RAD's Terraform module.",
    'EXTRACTED: and it needs no cluster name, where Firehose extracts the messages. An event above 1 MB is cut, and reaches no bucket, for any rule.',
    `${shown} of ${plural(rules.length, 'rule')} can be shown.`,
  ];
}
