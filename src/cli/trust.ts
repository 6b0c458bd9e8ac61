import { admitted, denial, means, permits, type Question } from '../aws/permits.ts';
import { ROLES } from '../desired/needs.ts';
import { roleArns } from '../desired/roles.ts';
import type { Settings } from '../desired/settings.ts';
import type { Json, Spec } from '../engine/resource.ts';
import type { Home } from './discover.ts';

type Which = (typeof ROLES)[number];
type Place = Pick<Home, 'names' | 'account'>;

interface TrustTrouble {
  /** What the trust does or does not do. */
  readonly why: string;
  readonly mend: string;
  /** It lets somebody in who has no business there. */
  readonly isOpen: boolean;
}

/** What is wrong with the trust of a role that was made elsewhere: who must be let in is not, or others are. */
export function troubleOfTrust(
  trust: Spec,
  which: Which,
  place: Place,
  regions: readonly string[],
  settings: Settings,
  ours: Spec,
): TrustTrouble | undefined {
  const ask = { place, regions, settings };
  return shutOut(trust, questionsOf(which, ask), ours) ?? letIn(trust, which, ask, ours);
}

interface Ask {
  readonly place: Place;
  readonly regions: readonly string[];
  readonly settings: Settings;
}
interface Asked extends Question {
  readonly principals: readonly [string, ...string[]];
}

/** Of those who must be let in, the first who is not. */
function shutOut(trust: Spec, questions: readonly Asked[], ours: Spec): TrustTrouble | undefined {
  const question = questions.find((one) => !permits([trust], one));
  if (!question) return undefined;
  const { action, principals, context } = question;
  const id = context['sts:externalid'];
  const how = id === undefined ? '' : id === null ? ' without an external id' : ` with the external id ${id}`;
  const what = action === 'sts:TagSession' ? `tag its session (${action})` : `assume it${how}`;
  const denies = denial([trust], question);
  if (denies)
    return {
      why: `has a statement that denies ${principals[0]} to ${what}`,
      mend: `take it away, or narrow it: ${JSON.stringify(denies)}`,
      isOpen: false,
    };
  const missing = (ours.Statement as readonly Spec[]).filter((statement) => means(statement, action));
  return {
    why: `does not let ${principals[0]} ${what}`,
    mend: `add to its trust ${asText(missing)}`,
    isOpen: false,
  };
}

/**
 * Who has no business there and is let in, or RAD itself without the external id: whoever makes it assume roles could name this one.
 * A service needs no condition: a role is handed to it by those who may pass it, and only within its own account (IAM User Guide,
 * "Grant a user permissions to pass a role to an AWS service").
 */
function letIn(trust: Spec, which: Which, ask: Ask, ours: Spec): TrustTrouble | undefined {
  const { place, settings } = ask;
  const { account, names } = place;
  const arns = roleArns(names, settings);
  // One role may serve for several.
  const serves = ROLES.filter((one) => arns[one] === arns[which]);
  const isMeant = (principal: string) => serves.some((one) => isExpected(one, principal, settings));
  // Whom of this account the trust names is for the account to decide; an id is what IAM leaves of a principal that is gone.
  const isOwn = (principal: string) =>
    principal === account || principal.split(':')[4] === account || /^A[A-Z]{3}[A-Z0-9]{12,}$/.test(principal);
  const stranger = admitted(trust).find((principal) => !isMeant(principal) && !isOwn(principal));
  const mend = `let its trust say no more than ${asText(ours.Statement as readonly Json[])}`;
  if (stranger) return { why: `lets ${stranger === '*' ? 'anybody' : stranger} assume it`, mend, isOpen: true };
  const { externalId } = settings;
  const [question] = which === 'reader' && externalId ? questionsOf(which, ask) : [];
  const without = [null, `not-${externalId}`].some(
    (id) => question && permits([trust], { ...question, context: { 'sts:externalid': id } }),
  );
  if (!without) return undefined;
  return { why: `lets ${question!.principals[0]} assume it without the external id ${externalId}`, mend, isOpen: true };
}

/** Also by the name that a service has in another region. */
function isExpected(which: Which, principal: string, { radRoleArn }: Settings): boolean {
  if (which === 'reader') return radNames(radRoleArn).includes(principal);
  const service = { subscription: 'logs', delivery: 'firehose' }[which];
  return new RegExp(`^${service}(\\.[a-z0-9-]+)?\\.amazonaws\\.com(\\.cn)?$`).test(principal);
}

function radNames(radRoleArn: string): [string, ...string[]] {
  const [, partition, , , rad = ''] = radRoleArn.split(':');
  return [radRoleArn, rad, `arn:${partition}:iam::${rad}:root`];
}

/** Who assumes each role, and what is known of the request. */
function questionsOf(which: Which, { place: { names, account }, regions, settings }: Ask): readonly Asked[] {
  const action = 'sts:AssumeRole';
  const service = (name: string, region: string): [string, ...string[]] => {
    const [first, second] = [`${name}.amazonaws.com`, `${name}.${region}.amazonaws.com`];
    return [first, second, `${first}.cn`, `${second}.cn`];
  };
  const { radRoleArn, externalId } = settings;
  const principals = radNames(radRoleArn);
  if (which === 'reader')
    return [
      { action, principals, context: { 'sts:externalid': externalId || null } },
      { action: 'sts:TagSession', principals, context: {} },
    ];
  return regions.map((region) =>
    which === 'delivery'
      ? { action, principals: service('firehose', region), context: { 'sts:externalid': account } }
      : {
          action,
          principals: service('logs', region),
          context: {
            'aws:sourceaccount': account,
            'aws:sourcearn': names.logGroupArn(region, '/aws/eks/cluster/cluster'),
          },
        },
  );
}

export const asText = (statements: readonly Json[]): string =>
  statements.map((statement) => JSON.stringify(statement)).join(', ');
