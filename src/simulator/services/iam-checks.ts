import { own } from '../basics.ts';
import { awsError } from '../errors.ts';
import type { Tags } from '../model.ts';
import { missingPrincipal, statements } from '../policy.ts';
import type { At } from './service.ts';

export const missing = (what: string) => awsError('NoSuchEntityException', what, 404);
export const invalid = (message: string) => awsError('ValidationError', `1 validation error detected: ${message}`);
const malformed = (message: string) => awsError('MalformedPolicyDocumentException', message);
export const exceeded = (message: string) => awsError('LimitExceededException', message, 409);
export const conflict = (message: string) =>
  awsError('DeleteConflictException', `Cannot delete entity, must ${message}.`, 409);

export function checkName(name: string, field: string, longest: number): void {
  if (!/^[\w+=,.@-]+$/.test(name))
    throw invalid(
      `Value '${name}' at '${field}' failed to satisfy constraint: Member must satisfy regular expression pattern: [\\w+=,.@-]+`,
    );
  if (name.length > longest)
    throw invalid(
      `Value '${name}' at '${field}' failed to satisfy constraint: Member must have length less than or equal to ${longest}`,
    );
}

/** AWS IAM user guide, "IAM and AWS STS quotas": 50 tags, and an alphabet narrower than Firehose's. */
export function checkTags(tags: Tags): Tags {
  for (const [key, value] of Object.entries(tags)) {
    if (!/^[\p{L}\p{Z}\p{N}_.:/=+\-@]{1,128}$/u.test(key))
      throw invalid(
        `Value at 'tags.member.key' failed to satisfy constraint: Member must satisfy regular expression pattern: [\\p{L}\\p{Z}\\p{N}_.:/=+\\-@]+`,
      );
    if (!/^[\p{L}\p{Z}\p{N}_.:/=+\-@]{0,256}$/u.test(value))
      throw invalid(
        `Value at 'tags.member.value' failed to satisfy constraint: Member must satisfy regular expression pattern: [\\p{L}\\p{Z}\\p{N}_.:/=+\\-@]*`,
      );
    if (/^aws:/i.test(key)) throw awsError('InvalidInputException', 'Tag keys with the prefix aws: are reserved.');
  }
  if (Object.keys(tags).length > 50) throw exceeded('Cannot exceed quota for TagsPerRole: 50');
  return tags;
}

export function checkSession(seconds: number): number {
  if (!(seconds >= 3_600 && seconds <= 43_200))
    throw invalid(
      `Value '${seconds}' at 'maxSessionDuration' failed to satisfy constraint: Member must have value between 3600 and 43200`,
    );
  return seconds;
}

/** White space does not count in policy sizes (IAM quotas). */
export const sizeOf = (document: string): number => document.replace(/\s/g, '').length;

export function checkDocument(text: string, kind: 'trust' | 'identity'): void {
  let parts: ReturnType<typeof statements>;
  try {
    parts = statements(text);
  } catch {
    throw malformed(kind === 'trust' ? 'This policy contains invalid Json' : 'Syntax errors in policy.');
  }
  if (!parts.length) throw malformed('Syntax errors in policy.');
  for (const part of parts) {
    if (!part.Effect || !(part.Action ?? part.NotAction)) throw malformed('Syntax errors in policy.');
    if (kind === 'trust' && part.Resource) throw malformed('Has prohibited field Resource');
    if (kind === 'trust' && !part.Principal) throw malformed('Missing required field Principal');
    if (kind === 'identity' && part.Principal) throw malformed('Policy document should not specify a principal.');
    if (kind === 'identity' && !(part.Resource ?? part.NotResource))
      throw malformed('Policy statement must contain resources.');
  }
}

export function checkTrust({ world }: At, text: string): void {
  checkDocument(text, 'trust');
  if (sizeOf(text) > 2_048) throw exceeded('Cannot exceed quota for ACLSizePerRole: 2048');
  const nobody = missingPrincipal(world, text);
  if (nobody) throw malformed(`Invalid principal in policy: "AWS":"${nobody}"`);
}

export function checkManaged({ world }: At, arn: string): string {
  if (!own(world.managedPolicies, arn)) throw missing(`Policy ${arn} does not exist or is not attachable.`);
  return arn;
}
