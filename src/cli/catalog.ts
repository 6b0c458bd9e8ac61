import type { RulesCommand } from './commands/rules.ts';
import {
  ENABLE_OPTIONS,
  FINDINGS_OPTIONS,
  type OptionSpec,
  POLICY_OPTIONS,
  RULES_LIST_OPTIONS,
  RULES_OPTIONS,
  STATUS_OPTIONS,
  SYNC_OPTIONS,
  TEARDOWN_OPTIONS,
  TRAFFIC_OPTIONS,
  VERIFY_OPTIONS,
} from './options.ts';
import { oneOf } from './values.ts';

export type CommandName =
  | 'enable-audit'
  | 'status'
  | 'verify'
  | 'teardown'
  | 'doctor'
  | 'policy'
  | 'sync'
  | 'findings'
  | RulesCommand
  | 'sandbox reset'
  | 'sandbox traffic'
  | 'completion';

export const SHELLS = ['bash', 'zsh', 'fish'] as const;

/** Those of the simulator, which is not loaded to show them. */
const SCENARIOS = ['default', 'laws', 'denied', 'troubled', 'terraform', 'empty', 'many'];

export interface CommandSpec {
  readonly name: CommandName;
  readonly help: string;
  readonly options: readonly OptionSpec[];
  readonly argument?: {
    readonly usage: string;
    readonly help: string;
    /** All that it may be; absent: not known beforehand. */
    readonly values?: readonly string[];
    readonly parse?: (value: string) => unknown;
  };
  /** Beside text and json. */
  readonly outputs?: readonly string[];
  readonly examples: readonly string[];
}

export const COMMANDS: readonly CommandSpec[] = [
  {
    name: 'enable-audit',
    help: 'make the account match: audit logging, roles, bucket, stream, filters',
    options: ENABLE_OPTIONS,
    examples: [
      'rad-connect enable-audit --regions us-east-1,eu-west-1 --dry-run',
      'rad-connect enable-audit --regions all --external-id 5b1c… --yes',
      "rad-connect enable-audit --regions eu-west-1 --clusters 'prod-*'",
    ],
  },
  {
    name: 'status',
    help: 'read only: what is there, what differs, whether events arrive',
    options: STATUS_OPTIONS,
    outputs: ['html'],
    examples: [
      'rad-connect status',
      'rad-connect status --watch',
      'rad-connect status -o json --detailed-exitcode',
      'rad-connect status -o html > status.html',
    ],
  },
  {
    name: 'verify',
    help: 'read only: proof from the bucket that events of each cluster arrive; --canary sends one',
    options: VERIFY_OPTIONS,
    examples: [
      'rad-connect verify',
      'rad-connect verify --since 24h -o json',
      "rad-connect verify --canary -c 'prod-*'",
    ],
  },
  {
    name: 'teardown',
    help: 'remove what rad-connect made; put cluster logging back',
    options: TEARDOWN_OPTIONS,
    examples: ['rad-connect teardown --dry-run', 'rad-connect teardown --yes --confirm 123456789012 --delete-data'],
  },
  {
    name: 'doctor',
    help: 'read only: find what is wrong, and say how to mend it',
    options: [],
    examples: [
      'rad-connect doctor',
      'rad-connect doctor --regions eu-west-1',
      "rad-connect doctor -o json | jq '.findings'",
    ],
  },
  {
    name: 'policy',
    help: 'print the IAM policy that the operator needs; no AWS call',
    options: POLICY_OPTIONS,
    examples: [
      'rad-connect policy --for enable-audit > policy.json',
      'rad-connect policy --for boundary --account 123456789012',
      'rad-connect policy | jq -c .',
    ],
  },
  {
    name: 'sync',
    help: "copy audit objects from a customer's bucket into a tenant's, or into a folder",
    options: SYNC_OPTIONS,
    examples: [
      'rad-connect sync --from s3://rad-eks-audit-logs-123456789012-eu-west-1-an --to ./audit',
      'rad-connect sync --from s3://… --to s3://tenants/acme --role-arn arn:…:role/rad-audit-logs --external-id 5b1c…',
      'rad-connect sync --from s3://… --to s3://tenants/acme --check -o json',
    ],
  },
  {
    name: 'findings',
    help: 'what the audit events say: detections over a folder, a bucket, or the buckets of this installation',
    options: FINDINGS_OPTIONS,
    outputs: ['html', 'sarif'],
    argument: { usage: '[place]', help: 'a folder, or s3://bucket/prefix; also what sync has written to' },
    examples: [
      'rad-connect findings --connected',
      'rad-connect findings ./audit --level high --fail-on critical',
      'rad-connect findings s3://tenants/acme --since 7d -o html > findings.html',
    ],
  },
  {
    name: 'rules list',
    help: 'the detections: what is looked for in audit events; no AWS call',
    options: RULES_LIST_OPTIONS,
    examples: ['rad-connect rules list --level high', "rad-connect rules list -o json | jq '.rules[].name'"],
  },
  {
    name: 'rules show',
    help: 'one of them: its condition, and the SQL that it becomes',
    options: RULES_OPTIONS,
    argument: { usage: '<rule>', help: 'its name or id' },
    examples: ['rad-connect rules show exec-token-theft'],
  },
  {
    name: 'rules test',
    help: 'try the events in the rule files; exit 1 when one is judged otherwise than it should be',
    options: RULES_OPTIONS,
    argument: { usage: '[rule]', help: 'its name or id, or a file or folder of your own rules' },
    examples: ['rad-connect rules test', 'rad-connect rules test ./my-rules'],
  },
  {
    name: 'rules coverage',
    help: 'which of them EKS can ever show, and who else has them',
    options: RULES_LIST_OPTIONS,
    examples: ['rad-connect rules coverage'],
  },
  {
    name: 'sandbox reset',
    help: 'begin anew with the simulated account behind --sandbox',
    options: [],
    argument: {
      usage: '[scenario]',
      help: `which account to begin with: ${SCENARIOS.join(', ')}`,
      values: SCENARIOS,
    },
    examples: ['rad-connect sandbox reset', 'rad-connect sandbox reset laws'],
  },
  {
    name: 'sandbox traffic',
    help: 'let the simulated clusters write audit events, and time pass',
    options: TRAFFIC_OPTIONS,
    examples: ['rad-connect sandbox traffic --minutes 30'],
  },
  {
    name: 'completion',
    help: 'print a script with which a shell completes what is typed',
    options: [],
    argument: { usage: '<shell>', help: SHELLS.join(', '), values: SHELLS, parse: oneOf('completion', SHELLS) },
    examples: [
      'eval "$(rad-connect completion bash)"',
      'rad-connect completion zsh > /usr/local/share/zsh/site-functions/_rad-connect',
      'rad-connect completion fish > ~/.config/fish/completions/rad-connect.fish',
    ],
  },
];

/** The first words that several commands share. */
export const GROUPS: Readonly<Record<string, string>> = {
  rules: 'the detections themselves',
  sandbox: 'the simulated account behind --sandbox',
};

/** The first words of all commands. */
export const HEADS = new Set(COMMANDS.flatMap(({ name }) => name.split(' ')[0]!));
