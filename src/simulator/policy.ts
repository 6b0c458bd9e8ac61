import { like, own } from './basics.ts';
import type { Role, Spread, World } from './model.ts';

/** May this be done? `context` holds the condition keys of the request, in lower case. */
export interface Question {
  readonly action: string;
  readonly resource?: string;
  /** Services or accounts that ask, by every name they go by; absent: the caller is known otherwise. */
  readonly principals?: readonly string[];
  readonly context: Readonly<Record<string, string>>;
}

interface Statement {
  readonly Effect?: string;
  readonly Action?: string | string[];
  readonly NotAction?: string | string[];
  readonly Resource?: string | string[];
  readonly NotResource?: string | string[];
  readonly Principal?: string | Record<string, string | string[]>;
  readonly Condition?: Record<string, Record<string, string | boolean | (string | boolean)[]>>;
}

export const list = <T>(value: T | T[] | undefined): T[] =>
  value === undefined ? [] : Array.isArray(value) ? value : [value];

export const statements = (document: string): Statement[] => list(JSON.parse(document).Statement);

export const allows = (documents: readonly string[], question: Question): boolean => {
  const all = documents.flatMap(statements).filter((statement) => concerns(statement, question));
  return all.some(({ Effect }) => Effect === 'Allow') && !all.some(({ Effect }) => Effect === 'Deny');
};

export const denies = (document: string, question: Question): boolean =>
  statements(document).some((statement) => statement.Effect === 'Deny' && concerns(statement, question));

function concerns(statement: Statement, { action, resource, principals, context }: Question): boolean {
  const names = (patterns: string | string[]) =>
    list(patterns).some((pattern) => like(pattern.toLowerCase(), action.toLowerCase()));
  const covers = (patterns: string | string[]) => list(patterns).some((pattern) => like(pattern, resource ?? '*'));
  if (statement.Action ? !names(statement.Action) : !statement.NotAction || names(statement.NotAction)) return false;
  if (statement.Resource && resource && !covers(statement.Resource)) return false;
  if (statement.NotResource && resource && covers(statement.NotResource)) return false;
  if (principals && !trusts(statement.Principal, principals)) return false;
  return Object.entries(statement.Condition ?? {}).every(([operator, keys]) =>
    Object.entries(keys).every(([key, values]) =>
      holds(operator, list(values).map(String), own(context, key.toLowerCase())),
    ),
  );
}

function trusts(principal: Statement['Principal'], names: readonly string[]): boolean {
  if (typeof principal === 'string') return principal === '*';
  const all = [...list(principal?.Service), ...list(principal?.AWS)];
  return all.some((one) => one === '*' || names.includes(one));
}

/** Condition operators (IAM user guide, "Condition operators"). One that is not known here never holds. */
function holds(operator: string, values: string[], actual: string | undefined): boolean {
  const base = operator.replace(/IfExists$/, '').replace(/^For(Any|All)Values?:/, '');
  if (base === 'Null') return values.includes(String(actual === undefined));
  const negated = /Not/.test(base);
  if (actual === undefined) return negated || operator.endsWith('IfExists');
  const test = comparison(base.replace('Not', ''));
  return test !== undefined && values.some((value) => test(value, actual)) !== negated;
}

function comparison(operator: string): ((value: string, actual: string) => boolean) | undefined {
  if (operator === 'StringEquals' || operator === 'Bool') return (value, actual) => value === actual;
  if (operator === 'StringEqualsIgnoreCase') return (value, actual) => value.toLowerCase() === actual.toLowerCase();
  return ['StringLike', 'ArnLike', 'ArnEquals'].includes(operator) ? like : undefined;
}

/** What other services see of a document at this time. */
export const seen = (document: Spread, now: number): string | undefined =>
  now >= document.since ? document.text : document.before;

/** A document written now, seen elsewhere after `lag` (IAM user guide, "Changes that I make are not always immediately visible"). */
export function written(old: Spread | undefined, text: string, now: number, lag: number): Spread {
  if (old?.text === text) return old;
  const before = old && seen(old, now);
  return { text, since: now + lag, ...(before !== undefined && { before }) };
}

export const roleByArn = (world: World, arn: string): Role | undefined =>
  Object.values(world.roles).find((role) => role.arn === arn);

interface Asker {
  readonly service: 'logs' | 'firehose';
  readonly region: string;
  readonly context: Readonly<Record<string, string>>;
}

/** Can this service assume the role now? */
function assumable(world: World, roleArn: string, { service, region, context }: Asker): boolean {
  const role = roleByArn(world, roleArn);
  const trust = role && seen(role.trust, world.now);
  if (!trust) return false;
  const suffix = world.partition === 'aws-cn' && service === 'logs' ? 'amazonaws.com.cn' : 'amazonaws.com';
  const principals = [`${service}.${suffix}`, `${service}.${region}.${suffix}`];
  return allows([trust], { action: 'sts:AssumeRole', principals, context });
}

/** Firehose assumes a role with the account as external id (Amazon Data Firehose developer guide, "Controlling access"). */
export const firehoseAssumes = (world: World, region: string, roleArn: string): boolean =>
  assumable(world, roleArn, { service: 'firehose', region, context: { 'sts:externalid': world.account } });

/** CloudWatch Logs names the log group as the source of the request (CloudWatch Logs user guide, "Confused deputy prevention"). */
export function logsAssumes(world: World, region: string, group: string, roleArn: string): boolean {
  const source = `arn:${world.partition}:logs:${region}:${world.account}:log-group:${group}`;
  const context = { 'aws:sourcearn': source, 'aws:sourceaccount': world.account };
  return assumable(world, roleArn, { service: 'logs', region, context });
}

/** Does what other services see of the role's policies allow this now? */
export function roleMay(world: World, roleArn: string, question: Question): boolean {
  const role = roleByArn(world, roleArn);
  if (!role) return false;
  const inline = Object.values(role.policies).map((policy) => seen(policy, world.now));
  const managed = role.attached.map((arn) => own(world.managedPolicies, arn));
  const documents = [...inline, ...managed].filter((document) => document !== undefined);
  if (!allows(documents, question)) return false;
  return !role.boundary || allows([own(world.managedPolicies, role.boundary) ?? '{"Statement":[]}'], question);
}

const collapsible = ['Action', 'NotAction', 'Resource', 'NotResource'];

/** As IAM and S3 hand documents back: a list of one may come as a string (terraform-provider-aws, awspolicyequivalence). */
export function readBack(world: World, document: string): string {
  if (!world.quirks.scalars) return document;
  const parsed = JSON.parse(document);
  let changed = false;
  for (const statement of list(parsed.Statement)) {
    for (const field of collapsible) {
      const value = (statement as Record<string, unknown>)[field];
      if (!Array.isArray(value) || value.length !== 1) continue;
      (statement as Record<string, unknown>)[field] = value[0];
      changed = true;
    }
  }
  return changed ? JSON.stringify(parsed) : document;
}

/** RFC 3986, as IAM encodes documents (AWS IAM API reference, GetRole). */
export const encoded = (text: string): string =>
  encodeURIComponent(text).replace(/[!'()*]/g, (c) => `%${c.charCodeAt(0).toString(16).toUpperCase()}`);

/** The first principal of a document that does not exist: a role of this account that is not there, or one that the world lacks. */
export function missingPrincipal(world: World, document: string): string | undefined {
  const roles = `arn:${world.partition}:iam::${world.account}:role/`;
  return statements(document)
    .flatMap(({ Principal }) => (typeof Principal === 'object' ? list(Principal.AWS) : []))
    .find((arn) => world.quirks.missingPrincipals.includes(arn) || (arn.startsWith(roles) && !roleByArn(world, arn)));
}
