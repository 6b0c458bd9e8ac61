import type { ClientOptions } from './aws/clients.ts';
import { type Clock, type OnWait, realClock } from './aws/clock.ts';
import type { Message } from './aws/publish.ts';
import { HEADS } from './cli/catalog.ts';
import type { PolicyOptions } from './cli/commands/policy.ts';
import type { RulesCommand, RulesOptions } from './cli/commands/rules.ts';
import type { Context, Options } from './cli/context.ts';
import { type Invocation, parse } from './cli/program.ts';
import { integer } from './cli/values.ts';
import { asRadError, ERROR_CODES, RadError } from './engine/errors.ts';
import type { Report } from './engine/event.ts';
import type { Backing, Io } from './io.ts';
import { notifySecret } from './notify/webhook.ts';
import { type RadAccess, radAccess } from './rad/access.ts';
import type { Rad } from './rad/api.ts';
import { type Document, exitCode, failure, type Result, toDocument } from './render/document.ts';
import { toText } from './render/human.ts';
import { hasColour, isScreen, type Paint, painter, type Stream } from './render/style.ts';
import { errorsText, warningsText } from './render/trouble.ts';
import { visible, visibleJson, visibleLines, visibly } from './render/visible.ts';
import type { TrafficOptions } from './simulator/traffic/traffic.ts';
import { stateFolder } from './state-folder.ts';
import { createStopper, createWaits, endings } from './stop.ts';
import { nameOf } from './sync/place.ts';
import { watch } from './watch.ts';

/** Runs one command line and gives its exit code. The result goes to stdout, all else to stderr. */
export async function main(argv: readonly string[], io: Io): Promise<number> {
  let invocation: Invocation | undefined;
  try {
    const { stdout, env, version } = io;
    const width = isScreen(stdout) ? stdout.columns : undefined;
    invocation = parse({ argv, env, version, width, print: (text) => stdout.write(text) });
    if (!invocation) return 0;
  } catch (error) {
    const command = argv.find((word) => HEADS.has(word)) ?? 'rad-connect';
    const dryRun = argv.includes('--dry-run') || argv.includes('-n');
    return show({ ...failure(command, asRadError(error)), dryRun }, io, early(argv, io));
  }
  const { command, options } = invocation;
  const how: Showing = {
    json: options.output === 'json',
    quiet: options.quiet === true,
    debug: options.debug === true,
    colour: options.color !== false,
    detailed: options.detailedExitcode === true || options.check === true || options.failOn !== undefined,
    told: new Set(),
    who: {},
  };
  try {
    const result = await run(invocation, io, how);
    how.page = await PAGES[`${command} ${options.output}`]?.();
    return show(result, io, how);
  } catch (error) {
    const why = asRadError(error);
    // There is no other way to end it.
    if (options.watch && why.code === 'INTERRUPTED') return ERROR_CODES.INTERRUPTED.exit;
    return show({ ...failure(command, why), ...how.who, dryRun: options.dryRun === true }, io, how);
  }
}

type Page = (document: Document, now: number) => string;
/** Loaded only when they are wanted. */
const PAGES: Readonly<Record<string, () => Promise<Page>>> = {
  'status html': async () => (await import('./report/status.tsx')).statusPage,
  'findings html': async () => (await import('./report/findings.tsx')).findingsPage,
  'findings sarif': async () => (await import('./render/sarif.ts')).toSarif,
};

interface Showing {
  readonly json: boolean;
  /** How the result is written, where it is neither text nor JSON. */
  page?: Page | undefined;
  readonly quiet: boolean;
  readonly debug: boolean;
  readonly colour: boolean;
  readonly detailed: boolean;
  /** Warnings that were shown already, with the plan. */
  readonly told: Set<string>;
  /** Whose account it is, once that is known. */
  who: Partial<Pick<Result, 'account' | 'partition'>>;
}

/** How to show a command line that could not be read: as much of it as can be told. */
const early = (argv: readonly string[], { env }: Io): Showing => ({
  json: / (-\w*o ?=?|--output[ =])json /.test(` ${argv.join(' ')} `) || env.RAD_CONNECT_OUTPUT === 'json',
  quiet: false,
  debug: argv.includes('--debug'),
  colour: !argv.includes('--no-color'),
  detailed: false,
  told: new Set(),
  who: {},
});

/** Each warning once, even where it was part of the plan that was asked about. */
function warn({ warnings }: Document, { stderr, env }: Io, { quiet, colour, told }: Showing): void {
  if (quiet) return;
  const news = warnings.filter(({ message }) => !told.has(message));
  for (const { message } of news) told.add(message);
  stderr.write(warningsText(news, painter(hasColour(stderr, env, colour))));
}

function show(result: Result, io: Io, how: Showing): number {
  const { json, debug, colour, detailed } = how;
  const document = toDocument(result, io.version);
  const seen = visibly(document);
  const paint = painter(hasColour(io.stderr, io.env, colour));
  warn(seen, io, how);
  // What is not proven is said of clusters, not of what was to be changed.
  io.stderr.write(errorsText(seen.errors, seen.verification ? [] : seen.changes, paint));
  if (result.error?.code === 'INTERNAL') {
    io.stderr.write(
      debug
        ? `${visibleLines((result.error.cause as Error)?.stack ?? result.error.stack ?? '')}\n`
        : '  this is a bug: please report it, with the output of --debug\n',
    );
  }
  if (json) io.stdout.write(`${visibleJson(document)}\n`);
  else if (how.page) io.stdout.write(how.page(seen, result.at ?? realClock.now()));
  else io.stdout.write(toText(seen, painter(hasColour(io.stdout, io.env, colour)), result.at));
  return exitCode(document, { detailed, readOnly: result.readOnly });
}

type Command = (context: Context) => Promise<Result>;
/** Loaded only when they run: the AWS SDK takes longer to load than all else. */
const COMMANDS: Readonly<
  Record<
    Exclude<Invocation['command'], 'policy' | RulesCommand | 'sandbox reset' | 'sandbox traffic'>,
    () => Promise<Command>
  >
> = {
  'enable-audit': async () => (await import('./cli/commands/enable-audit.ts')).enableAudit,
  status: async () => (await import('./cli/commands/status.ts')).status,
  teardown: async () => (await import('./cli/commands/teardown.ts')).teardown,
  doctor: async () => (await import('./cli/commands/doctor.ts')).doctor,
  verify: async () => (await import('./cli/commands/verify.ts')).verify,
  sync: async () => (await import('./cli/commands/sync.ts')).sync,
  findings: async () => (await import('./cli/commands/findings.ts')).findings,
};

const isRules = (command: Invocation['command']): command is RulesCommand => command.startsWith('rules ');

async function run({ command, options, args }: Invocation, io: Io, how: Showing): Promise<Result> {
  if (options.watch && options.output !== 'text')
    throw new RadError(
      'USAGE',
      `--watch shows one result after the other, and -o ${options.output} is one document: leave one out`,
    );
  const { sandbox, profile, timeout, concurrency, verbose, input } = options;
  const paint = painter(hasColour(io.stderr, io.env, how.colour));
  if (command === 'policy')
    return (await import('./cli/commands/policy.ts')).policy(options as unknown as PolicyOptions);
  if (isRules(command)) {
    const { rules } = await import('./cli/commands/rules.ts');
    return rules(command, options as unknown as RulesOptions, args[0], io.rules);
  }
  if (command === 'sandbox reset') {
    const { resetSandbox } = await import('./sandbox.ts');
    return resetSandbox(sandbox, args[0], io.env);
  }
  if (command === 'sandbox traffic') {
    const { runTraffic } = await import('./sandbox.ts');
    return runTraffic(sandbox, options as unknown as TrafficOptions, io.env);
  }
  const access = radAccess(io.env);
  const { AWS_MAX_ATTEMPTS: attempts } = io.env;
  const maxAttempts = attempts ? integer('AWS_MAX_ATTEMPTS', 1, 100)(attempts) : undefined;
  const secret = options.notify ? notifySecret(io.env) : undefined;
  const backing = sandbox
    ? await (await import('./sandbox.ts')).openSandbox(sandbox, io.env)
    : (io.aws ?? (await realAws(io.env, profile as string | undefined)));
  const { clock } = backing;
  const { signal, kill, over, stop } = createStopper(clock);
  let report: Report = () => {};
  const { onWait, unanswered } = createWaits((place, text) => report({ type: 'note', place, text }));
  const { interrupted, late } = endings(command, options, (timeout as number) / 1_000, unanswered);
  const isWatching = Boolean(options.watch);
  const undo = [
    io.onInterrupt(() => stop(interrupted), isWatching),
    ...(timeout ? [clock.alarm(timeout as number, () => stop(late()))] : []),
  ];
  const spinner = isWatching || how.quiet || !isScreen(io.stderr) || how.debug ? undefined : await makeSpinner(io);
  try {
    const { createAws, defaultRegion } = await import('./aws/clients.ts');
    const { createAsk } = await import('./cli/prompts.ts');
    const { progress } = await import('./render/progress.ts');
    if (!isWatching && !how.quiet) report = progress({ stream: io.stderr, paint, now: clock.now, spinner });
    const possible = input !== false && !io.env.CI && io.stdin.isTTY === true && io.stderr.isTTY === true;
    const ask = createAsk({
      possible,
      signal,
      input: io.stdin,
      output: io.stderr,
      pause: () => spinner?.stop(),
      show(plan) {
        const document = visibly(toDocument({ ...plan, dryRun: true }, io.version));
        io.stderr.write(toText(document, paint));
        warn(document, io, how);
      },
    });
    const { network, source } = backing;
    const calls = {
      clock,
      signal,
      kill,
      version: io.version,
      onWait,
      ...(how.debug || verbose ? { onCall: tellCall(io.stderr, paint, how.debug) } : {}),
    };
    const mfaCode = possible ? ask.mfaCode : undefined;
    const clients: ClientOptions = {
      ...backing,
      ...calls,
      maxAttempts,
      concurrency: concurrency as number,
      profile: profile as string | undefined,
      credentials: source?.provide({ ...calls, maxAttempts, network, mfaCode }) ?? backing.credentials,
    };
    const rad = access && (await connectRad(access, calls, backing));
    const perform = await COMMANDS[command]();
    const context: Context = {
      options: options as unknown as Options,
      credentials: backing.name,
      mend: source?.mend,
      clock,
      signal,
      report,
      announce: once(() => {
        const line = firstLine({ command, options, args }, backing.name, possible);
        if (!how.quiet) io.stderr.write(`${visible(line)}\n`);
      }),
      signedIn: (who) => {
        how.who = who;
      },
      ask,
      rad,
      post: (url) => postsTo(url, secret, calls, backing),
      stateFolder: stateFolder(io.env),
      version: io.version,
      args,
      rules: io.rules,
      connect: (region, accountId, { last, credentials, bulk } = {}) =>
        createAws(region, accountId, {
          ...clients,
          ...(last && { signal: kill }),
          ...(credentials && { credentials }),
          ...(bulk && BULK),
        }),
      defaultRegion: () => defaultRegion(io.env, profile as string | undefined),
    };
    const seconds = options.watch === true ? EVERY : (options.watch as number);
    const ended = isWatching
      ? watch({
          signal,
          look: () => perform(context),
          failed: (why) => ({ ...failure(command, why), ...how.who }),
          show: frames(io, how, seconds, clock),
          pause: () => (backing.pause ?? clock.sleep)(seconds * 1_000, signal),
        })
      : perform(context);
    return await Promise.race([ended, over]);
  } finally {
    spinner?.stop();
    for (const take of undo) take();
  }
}

/** Objects are many, and a large one takes its time on a slow line. */
const BULK = { concurrency: 24, patience: 900_000 };

/** Seconds. */
const EVERY = 60;
/** The cursor to the upper left corner, and the terminal empty from there on (ECMA-48, CUP and ED). */
const ANEW = '\x1b[H\x1b[J';

/** One round after the other: in its place on a terminal, elsewhere below it. */
function frames(io: Io, how: Showing, seconds: number, clock: Clock): (result: Result) => void {
  const { stdout, stderr } = io;
  let isFirst = true;
  return (result) => {
    if (stdout.isTTY) stdout.write(ANEW);
    else if (!isFirst) stdout.write('\n');
    if (stdout.isTTY && stderr.isTTY) how.told.clear();
    show(result, io, how);
    const time = new Date(clock.now()).toISOString().slice(11, 19);
    stdout.write(`Looked at ${time} UTC${stdout.isTTY ? `, again in ${seconds} s. Ctrl-C ends it.` : ''}\n`);
    isFirst = false;
  };
}

function once(work: () => void): () => void {
  let isDone = false;
  return () => {
    if (!isDone) work();
    isDone = true;
  };
}

/** Of a request that is no call of the SDK; the next run tries again. */
const ATTEMPTS = 5;

/** The way of what is no call of the SDK. */
async function ownWay({ clock, signal }: Pick<Calls, 'clock' | 'signal'>, { network }: Backing) {
  const { createSend } = await import('./aws/http.ts');
  const { createRetry, SIGN_IN } = await import('./aws/retry.ts');
  return { send: createSend(network?.agentFor), retry: createRetry(clock, signal, ATTEMPTS, SIGN_IN) };
}

/** What all calls of a run have in common. */
type Calls = Pick<ClientOptions, 'clock' | 'signal' | 'kill' | 'version' | 'onCall'> & { readonly onWait: OnWait };

async function connectRad(access: RadAccess, calls: Calls, backing: Backing): Promise<Rad> {
  const { createRad } = await import('./rad/api.ts');
  const { send, retry } = await ownWay(calls, backing);
  return createRad({ ...calls, access, retry, send: backing.rad ?? send });
}

async function postsTo(url: string, secret: Buffer | undefined, calls: Calls, backing: Backing) {
  const { postTo } = await import('./notify/webhook.ts');
  const options = { ...calls, ...(await ownWay(calls, backing)), secret };
  const onWait = () => calls.onWait('global', new URL(url).host);
  return (message: Message) => postTo(url, message, { ...options, onWait });
}

async function realAws(env: Io['env'], profile: string | undefined): Promise<Backing> {
  const { createNetwork } = await import('./aws/network.ts');
  const { findSource } = await import('./aws/credentials.ts');
  const network = createNetwork(env);
  const source = await findSource(env, profile);
  return { clock: realClock, name: source.name, network, source };
}

function firstLine({ command, options, args }: Invocation, name: string, possible: boolean): string {
  const { regions, namePrefix, yes, from, to } = options as unknown as Options;
  if (from && to) return `rad-connect ${command}: ${name}, ${nameOf(from)} to ${nameOf(to)}`;
  if (command === 'findings' && args[0]) return `rad-connect ${command}: ${name}, ${args[0]}`;
  const where = regions?.length
    ? `regions ${regions.join(', ')}`
    : command === 'enable-audit' && possible && !yes
      ? 'regions to be chosen'
      : 'regions as recorded';
  return `rad-connect ${command}: ${name}, ${where}${namePrefix === 'rad' ? '' : `, prefix ${namePrefix}`}`;
}

async function makeSpinner({ stderr }: Io) {
  const { default: ora } = await import('ora');
  return ora({ stream: stderr as unknown as NodeJS.WritableStream, discardStdin: false, hideCursor: true });
}

const tellCall =
  (stderr: Stream, paint: Paint, all: boolean): NonNullable<ClientOptions['onCall']> =>
  ({ service, operation, region, ms, attempts, requestId, error }) => {
    if (!all && /^(Get|List|Describe|Head|Test|Simulate)/.test(operation)) return;
    const tries = attempts > 1 ? `, ${attempts} attempts` : '';
    stderr.write(
      `${paint('dim', `    ${service}:${operation} ${region} ${visible(error ?? 'ok')}, ${Math.round(ms)} ms${tries}${requestId ? `, request ${requestId}` : ''}`)}\n`,
    );
  };
