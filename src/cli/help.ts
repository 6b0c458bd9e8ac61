import { namesOf } from '../desired/names.ts';
import { COMMANDS, callsOf, type Extras } from '../desired/permissions.ts';
import { ERROR_CODES, EXIT_CODES } from '../engine/errors.ts';
import { columns } from '../render/style.ts';
import { COMMANDS as CATALOG } from './catalog.ts';
import { GLOBAL_OPTIONS, variableOf } from './options.ts';

/** What `help` explains beside the commands, from the tables that the program itself goes by. */
const TEXTS = { 'exit-codes': exitCodes, environment, permissions, resources } as const;
type Topic = keyof typeof TEXTS;
export const TOPICS = Object.keys(TEXTS) as readonly Topic[];

export const isTopic = (word: string): word is Topic => Object.hasOwn(TEXTS, word);
export const topicText = (topic: Topic): string => `${TEXTS[topic]().join('\n')}\n`;

const table = (rows: readonly (readonly string[])[]) => columns(rows, '  ');

function exitCodes(): string[] {
  const codes = Object.entries(ERROR_CODES);
  return [
    'Exit codes:',
    ...table(Object.entries(EXIT_CODES).map(([code, meaning]) => [code.padStart(3), meaning])),
    '',
    'Error codes, as in `errors` of -o json, and the exit code of a run that achieved nothing:',
    ...table(codes.map(([code, { exit, meaning }]) => [code, String(exit).padStart(3), meaning])),
  ];
}

/** Read by the AWS SDK, by us in its place, or by habit. */
const OTHER_VARIABLES: readonly (readonly string[])[] = [
  ['RAD_ACCESS_KEY_ID, RAD_SECRET_KEY', "keys to RAD's API, to tell it of the account"],
  ['RAD_API_URL', "where RAD's API is"],
  ['RAD_CONNECT_NOTIFY_SECRET', 'what findings to a webhook are signed with: base64 of 24 to 64 bytes'],
  ['AWS_PROFILE', 'the profile to use, where --profile is not given'],
  ['AWS_REGION, AWS_DEFAULT_REGION', 'where to go, where no region is named or recorded'],
  ['AWS_ACCESS_KEY_ID, …', 'credentials, and all else that the AWS SDK reads'],
  ['AWS_ENDPOINT_URL, …', 'where AWS is, also for single services'],
  ['AWS_CA_BUNDLE, NODE_EXTRA_CA_CERTS', 'further certificate authorities'],
  ['AWS_MAX_ATTEMPTS', 'how often a call is tried'],
  ['HTTPS_PROXY, HTTP_PROXY, NO_PROXY', 'the way to AWS'],
  ['NO_COLOR, FORCE_COLOR', 'no colour, or colour even without a terminal'],
  ['CI', 'never ask'],
  ['XDG_STATE_HOME', "the folder of the sandbox's default file, and of what is remembered of findings sent"],
];

function environment(): string[] {
  const all = [...GLOBAL_OPTIONS, ...CATALOG.flatMap(({ options }) => options)];
  const rows = new Map(all.map(({ flags, help }) => [variableOf(flags), help] as const).reverse());
  return [
    'Every option has an environment variable. A typed option goes before it, and it before what is recorded:',
    ...table([...rows].reverse()),
    '',
    'Others:',
    ...table(OTHER_VARIABLES),
  ];
}

/** What makes a command call more, and how `policy` is told of it. */
const OPTIONS: readonly (readonly [string, Extras])[] = [
  ['--kms-key', { kmsKeys: ['key'] }],
  ['--adopt', { adopt: true }],
  ['--permissions-boundary', { boundary: 'policy' }],
  ['--permissions-boundary none', { boundary: '' }],
  ['roles made elsewhere', { usedRoles: { reader: 'role' } }],
];

/** The actions of a command by service; what only a fallback or a hint needs has a star. */
function actionsOf(command: (typeof COMMANDS)[number], extras: Extras, known: ReadonlySet<string> = new Set()) {
  const needs = callsOf(command, extras).flatMap(([call, all]) => all.map((need) => ({ action: call, ...need })));
  const needed = new Set(needs.filter(({ optional }) => !optional).map(({ action }) => action));
  const actions = [...new Set(needs.map(({ action }) => action))].filter((action) => !known.has(action)).sort();
  const services = new Map<string, string[]>();
  for (const action of actions) {
    const [service = '', name = ''] = action.split(':');
    services.set(service, [...(services.get(service) ?? []), needed.has(action) ? name : `${name}*`]);
  }
  return { actions, rows: [...services].flatMap(([service, names]) => wrapped(service, names)) };
}

const WIDTH = 64;
function wrapped(service: string, names: readonly string[]): string[][] {
  const lines: string[] = [];
  for (const name of names) {
    const line = lines.at(-1);
    if (line && line.length + name.length < WIDTH) lines[lines.length - 1] = `${line} ${name}`;
    else lines.push(name);
  }
  return lines.map((line, i) => [i === 0 ? service : '', line]);
}

function permissions(): string[] {
  const of = (command: (typeof COMMANDS)[number]) => {
    const plain = actionsOf(command, {});
    const more = OPTIONS.map(
      ([option, extras]) => [option, actionsOf(command, extras, new Set(plain.actions))] as const,
    );
    return [
      `${command}:`,
      ...table(plain.rows),
      ...more.flatMap(([option, { rows }]) => (rows.length ? [`  with ${option}:`, ...columns(rows, '    ')] : [])),
      '',
    ];
  };
  return [
    'What IAM must allow, by command; what has a star may be left out. As a policy, with the things and conditions',
    'that each action needs: rad-connect policy --for COMMAND.',
    '',
    ...COMMANDS.flatMap(of),
    'policy, sandbox and --sandbox call nothing.',
  ];
}

/** What is made, in the words of the plan: type, how many of it, name, what it is for. */
function resources(): string[] {
  const { role, stream, filter, errorLogGroup, bucket } = namesOf('rad', 'PARTITION', 'ACCOUNT');
  return [
    'What rad-connect makes; each name of its own begins with --name-prefix (rad):',
    ...table([
      ['iam:role', 'account', role.reader, 'RAD reads the buckets; its tags record settings and regions'],
      ['iam:role', 'account', role.subscription, 'CloudWatch Logs puts records on the streams'],
      ['iam:role', 'account', role.delivery, 'Firehose writes to the buckets'],
      ['rad:registration', 'account', 'ACCOUNT', 'RAD is told; only with keys to its API'],
      ['s3:bucket', 'region', bucket('REGION'), 'holds the audit events'],
      ['logs:log-group', 'region', errorLogGroup, 'what Firehose could not deliver'],
      ['firehose:delivery-stream', 'region', stream, 'from the filters to the bucket'],
      ['logs:log-group', 'cluster', '/aws/eks/CLUSTER/cluster', 'where EKS writes; made only where it is missing'],
      ['logs:subscription-filter', 'cluster', filter, 'audit events of that log group, to the stream'],
      ['eks:cluster-logging', 'cluster', 'CLUSTER', 'the log type audit turned on; put back at teardown'],
    ]),
  ];
}
