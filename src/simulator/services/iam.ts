import { dropTags, mergeTags, nextId, own, page, tagList, tagRecord } from '../basics.ts';
import { awsError } from '../errors.ts';
import type { Role, World } from '../model.ts';
import { encoded, readBack, roleByArn, roleMay, written } from '../policy.ts';
import { roleId } from '../world.ts';
import {
  checkDocument,
  checkManaged,
  checkName,
  checkSession,
  checkTags,
  checkTrust,
  conflict,
  exceeded,
  invalid,
  missing,
  sizeOf,
} from './iam-checks.ts';
import { type At, type Input, limit, type Operation, type Service } from './service.ts';

function roleOf({ world, now }: At, { RoleName }: Input): Role {
  const role = own(world.roles, RoleName);
  if (!role || role.visibleAt > now) throw missing(`The role with name ${RoleName} cannot be found.`);
  return role;
}

const describe = ({ world }: At, role: Role) => ({
  RoleName: role.name,
  RoleId: role.id,
  Arn: role.arn,
  Path: role.path,
  CreateDate: new Date(role.createdAt),
  AssumeRolePolicyDocument: encoded(readBack(world, role.trust.text)),
  MaxSessionDuration: role.maxSessionDuration,
  ...(role.description && { Description: role.description }),
  ...(role.boundary && {
    PermissionsBoundary: { PermissionsBoundaryType: 'Policy', PermissionsBoundaryArn: role.boundary },
  }),
  ...(Object.keys(role.tags).length && { Tags: tagList(role.tags) }),
});

const CreateRole: Operation = (at, input) => {
  const { RoleName: name, AssumeRolePolicyDocument: trust, Path: path = '/', Description, PermissionsBoundary } = input;
  const { world, now } = at;
  checkName(name, 'roleName', 64);
  if (!/^\/([!-~]*\/)?$/.test(path) || path.length > 512)
    throw invalid(
      `Value '${path}' at 'path' failed to satisfy constraint: Member must satisfy regular expression pattern: (\\u002F)|(\\u002F[\\u0021-\\u007E]+\\u002F)`,
    );
  const taken = Object.keys(world.roles).some((other) => other.toLowerCase() === name.toLowerCase());
  if (taken) throw awsError('EntityAlreadyExistsException', `Role with name ${name} already exists.`, 409);
  checkTrust(at, trust);
  const { roles: most } = world.quotas;
  if (Object.keys(world.roles).length >= most) throw exceeded(`Cannot exceed quota for RolesPerAccount: ${most}`);
  const tags = checkTags(tagRecord(input.Tags));
  const role: Role = {
    name,
    id: roleId(nextId(world)),
    arn: `arn:${world.partition}:iam::${world.account}:role${path}${name}`,
    path,
    createdAt: now,
    visibleAt: now + world.lags.roleVisibleMs,
    maxSessionDuration: checkSession(input.MaxSessionDuration ?? 3_600),
    ...(Description && { description: Description }),
    ...(PermissionsBoundary && { boundary: checkManaged(at, PermissionsBoundary) }),
    trust: written(undefined, trust, now, world.lags.roleMs),
    policies: {},
    attached: [],
    instanceProfiles: [],
    tags,
  };
  world.roles[name] = role;
  return { Role: describe(at, role) };
};

const PutRolePolicy: Operation = (at, input) => {
  const { PolicyName, PolicyDocument } = input;
  const role = roleOf(at, input);
  checkName(PolicyName, 'policyName', 128);
  checkDocument(PolicyDocument, 'identity');
  const others = Object.entries(role.policies).filter(([name]) => name !== PolicyName);
  const total = others.reduce((sum, [, { text }]) => sum + sizeOf(text), sizeOf(PolicyDocument));
  if (total > 10_240) throw exceeded(`Maximum policy size of 10240 bytes exceeded for role ${role.name}`);
  role.policies[PolicyName] = written(role.policies[PolicyName], PolicyDocument, at.now, at.world.lags.roleMs);
  return {};
};

/** IAM pages by Marker and IsTruncated. */
function marked<T>(at: At, { Marker, MaxItems }: Input, name: string, items: readonly T[], key: (item: T) => string) {
  const { items: found, next } = page(items, key, limit(at, MaxItems), Marker);
  return { [name]: found, IsTruncated: next !== undefined, ...(next && { Marker: next }) };
}

const GetPolicy: Operation = ({ world }, { PolicyArn: Arn }) => {
  if (!own(world.managedPolicies, Arn)) throw missing(`Policy ${Arn} was not found.`);
  return { Policy: { Arn, PolicyName: Arn.split('/').at(-1) } };
};

/** Who runs the sandbox may do anything, and is no role of it. */
function isCaller({ caller, roles }: World, arn: string): boolean {
  const session = /assumed-role\/([^/]+)/.exec(caller)?.[1];
  return caller === arn || (session !== undefined && !own(roles, session) && arn.endsWith(`:role/${session}`));
}

/** Each action on each resource, by the policies as IAM has them; conditions on what is not given do not hold (IAM API reference). */
const SimulatePrincipalPolicy: Operation = (at, input) => {
  const { PolicySourceArn, ActionNames, ResourceArns = ['*'], ContextEntries = [] } = input;
  const { world } = at;
  const known = roleByArn(world, PolicySourceArn) !== undefined;
  if (!known && !isCaller(world, PolicySourceArn))
    throw missing(`The policy source ${PolicySourceArn} cannot be found.`);
  const context = Object.fromEntries(
    ContextEntries.map(({ ContextKeyName, ContextKeyValues: [value] }: Input) => [ContextKeyName.toLowerCase(), value]),
  );
  const now = { ...world, now: Number.POSITIVE_INFINITY };
  const all = [...ActionNames].sort().flatMap((EvalActionName: string) =>
    [...ResourceArns].sort().map((EvalResourceName: string) => {
      const question = { action: EvalActionName, resource: EvalResourceName, context };
      const EvalDecision = !known || roleMay(now, PolicySourceArn, question) ? 'allowed' : 'implicitDeny';
      return { EvalActionName, EvalResourceName, EvalDecision };
    }),
  );
  const size = Math.min(input.MaxItems ?? 100, world.pageSize * 50);
  const key = (one: (typeof all)[number]) => `${one.EvalActionName} ${one.EvalResourceName}`;
  const { items: EvaluationResults, next } = page(all, key, size, input.Marker);
  return { EvaluationResults, IsTruncated: next !== undefined, ...(next && { Marker: next }) };
};

export const iam: Service = {
  CreateRole,
  PutRolePolicy,
  GetRole: (at, input) => ({ Role: describe(at, roleOf(at, input)) }),
  GetRolePolicy: (at, input) => {
    const policy = own(roleOf(at, input).policies, input.PolicyName);
    if (!policy) throw missing(`The role policy with name ${input.PolicyName} cannot be found.`);
    const PolicyDocument = encoded(readBack(at.world, policy.text));
    return { RoleName: input.RoleName, PolicyName: input.PolicyName, PolicyDocument };
  },
  DeleteRolePolicy: (at, input) => {
    const { policies } = roleOf(at, input);
    if (!own(policies, input.PolicyName))
      throw missing(`The role policy with name ${input.PolicyName} cannot be found.`);
    delete policies[input.PolicyName];
    return {};
  },
  UpdateAssumeRolePolicy: (at, input) => {
    const role = roleOf(at, input);
    checkTrust(at, input.PolicyDocument);
    role.trust = written(role.trust, input.PolicyDocument, at.now, at.world.lags.roleMs);
    return {};
  },
  UpdateRole: (at, input) => {
    const role = roleOf(at, input);
    if (input.MaxSessionDuration !== undefined) role.maxSessionDuration = checkSession(input.MaxSessionDuration);
    if (input.Description !== undefined) role.description = input.Description;
    return {};
  },
  TagRole: (at, input) => {
    const role = roleOf(at, input);
    role.tags = checkTags(mergeTags(role.tags, tagRecord(input.Tags)));
    return {};
  },
  UntagRole: (at, input) => {
    const role = roleOf(at, input);
    role.tags = dropTags(role.tags, input.TagKeys);
    return {};
  },
  ListRoleTags: (at, input) => marked(at, input, 'Tags', tagList(roleOf(at, input).tags), (tag) => tag.Key),
  ListRolePolicies: (at, input) =>
    marked(at, input, 'PolicyNames', Object.keys(roleOf(at, input).policies).sort(), String),
  ListAttachedRolePolicies: (at, input) => {
    const attached = [...roleOf(at, input).attached].sort();
    const policies = attached.map((PolicyArn) => ({ PolicyArn, PolicyName: PolicyArn.split('/').at(-1)! }));
    return marked(at, input, 'AttachedPolicies', policies, (policy) => policy.PolicyArn);
  },
  AttachRolePolicy: (at, input) => {
    const role = roleOf(at, input);
    const arn = checkManaged(at, input.PolicyArn);
    if (!role.attached.includes(arn)) role.attached.push(arn);
    return {};
  },
  DetachRolePolicy: (at, input) => {
    const role = roleOf(at, input);
    if (!role.attached.includes(input.PolicyArn)) throw missing(`Policy ${input.PolicyArn} was not found.`);
    role.attached = role.attached.filter((arn) => arn !== input.PolicyArn);
    return {};
  },
  ListInstanceProfilesForRole: (at, input) => {
    const { instanceProfiles } = roleOf(at, input);
    const arn = `arn:${at.world.partition}:iam::${at.world.account}:instance-profile/`;
    const profiles = [...instanceProfiles]
      .sort()
      .map((name) => ({ InstanceProfileName: name, Arn: arn + name, Path: '/' }));
    return marked(at, input, 'InstanceProfiles', profiles, (profile) => profile.InstanceProfileName);
  },
  RemoveRoleFromInstanceProfile: (at, input) => {
    const role = roleOf(at, input);
    const name = input.InstanceProfileName;
    if (!role.instanceProfiles.includes(name)) throw missing(`Instance Profile ${name} cannot be found.`);
    role.instanceProfiles = role.instanceProfiles.filter((other) => other !== name);
    return {};
  },
  PutRolePermissionsBoundary: (at, input) => {
    roleOf(at, input).boundary = checkManaged(at, input.PermissionsBoundary);
    return {};
  },
  DeleteRolePermissionsBoundary: (at, input) => {
    const role = roleOf(at, input);
    if (!role.boundary) throw missing(`The permissions boundary of role ${role.name} cannot be found.`);
    delete role.boundary;
    return {};
  },
  GetPolicy,
  SimulatePrincipalPolicy,
  DeleteRole: (at, input) => {
    const role = roleOf(at, input);
    if (role.instanceProfiles.length) throw conflict('remove roles from instance profile first');
    if (role.attached.length) throw conflict('detach all policies first');
    if (Object.keys(role.policies).length) throw conflict('delete policies first');
    delete at.world.roles[role.name];
    return {};
  },
};
