import {
  CreateRoleCommand,
  DeleteRoleCommand,
  DeleteRolePermissionsBoundaryCommand,
  DeleteRolePolicyCommand,
  DetachRolePolicyCommand,
  GetRoleCommand,
  GetRolePolicyCommand,
  PutRolePermissionsBoundaryCommand,
  PutRolePolicyCommand,
  paginateListAttachedRolePolicies,
  paginateListInstanceProfilesForRole,
  paginateListRolePolicies,
  RemoveRoleFromInstanceProfileCommand,
  TagRoleCommand,
  UntagRoleCommand,
  UpdateAssumeRolePolicyCommand,
  UpdateRoleCommand,
} from '@aws-sdk/client-iam';
import { absent, type Spec, type Tags } from '../../engine/resource.ts';
import type { Aws } from '../clients.ts';
import { isNarrower, parseEncoded, print, withConditionsOf } from '../documents.ts';
import { found, isDenied, isError, restate, unlessExists } from '../errors.ts';
import { usedUp } from '../quotas.ts';
import { fromList, toList } from '../tags.ts';
import { eventually, until } from '../wait.ts';
import { defineAwsKind } from './define.ts';

const POLICY = 'rad-connect';
/** The condition keys that a trust of ours may have; others are somebody's. */
const CONDITION_KEYS = ['sts:ExternalId', 'aws:SourceArn'];

export type RoleSpec = {
  /** Documents in the form of `normalise`. */
  readonly trust: Spec;
  readonly permissions: Spec;
  /** Seconds. */
  readonly maxSession: number;
  readonly boundary: string | null;
};

/** Roles of a path, which is part of their ARN but not of their name. */
export const roleAt = (Path: string) =>
  defineAwsKind<RoleSpec>({
    type: 'iam:role',
    claim: 'tag',

    async read(aws, RoleName) {
      const Role = await getRole(aws, RoleName);
      if (!Role) return absent();
      const policy = await found(aws.iam.send(new GetRolePolicyCommand({ RoleName, PolicyName: POLICY })));
      const [trust, permissions] = [parseEncoded(Role.AssumeRolePolicyDocument), parseEncoded(policy?.PolicyDocument)];
      return {
        exists: true,
        spec: {
          ...(trust && { trust }),
          ...(permissions && { permissions }),
          maxSession: Role.MaxSessionDuration ?? 3600,
          boundary: Role.PermissionsBoundary?.PermissionsBoundaryArn ?? null,
        },
        tags: fromList(Role.Tags),
        facts: { arn: Role.Arn ?? '' },
      };
    },

    async create(aws, RoleName, spec, tags, run) {
      const input = {
        RoleName,
        Path,
        AssumeRolePolicyDocument: print(spec.trust),
        MaxSessionDuration: spec.maxSession,
        ...(spec.boundary && { PermissionsBoundary: spec.boundary }),
        Tags: toList(tags),
      };
      // A principal that was made moments ago is not known everywhere yet.
      await eventually(() => unlessExists(aws.iam.send(new CreateRoleCommand(input))), isNewPrincipal, run, {
        what: 'IAM to know the principal',
        limit: 20_000,
      })
        .catch(noBoundary)
        .catch(usedUp(aws, 'roles'));
      await until(() => getRole(aws, RoleName), Boolean, run, { what: `IAM to show role ${RoleName}` });
    },

    put: {
      async trust(aws, RoleName, { trust }) {
        const now = parseEncoded((await getRole(aws, RoleName))?.AssumeRolePolicyDocument);
        const PolicyDocument = print(withConditionsOf(now?.Statement, trust, CONDITION_KEYS));
        await aws.iam.send(new UpdateAssumeRolePolicyCommand({ RoleName, PolicyDocument }));
      },
      permissions: ({ iam }, RoleName, { permissions }) =>
        iam.send(new PutRolePolicyCommand({ RoleName, PolicyName: POLICY, PolicyDocument: print(permissions) })),
      maxSession: ({ iam }, RoleName, { maxSession }) =>
        iam.send(new UpdateRoleCommand({ RoleName, MaxSessionDuration: maxSession })),
      async boundary({ iam }, RoleName, { boundary }) {
        await (boundary
          ? iam
              .send(new PutRolePermissionsBoundaryCommand({ RoleName, PermissionsBoundary: boundary }))
              .catch(noBoundary)
          : found(iam.send(new DeleteRolePermissionsBoundaryCommand({ RoleName }))));
      },
    },

    tag: ({ iam }, RoleName, tags) => iam.send(new TagRoleCommand({ RoleName, Tags: toList(tags) })),
    untag: ({ iam }, RoleName, keys) => iam.send(new UntagRoleCommand({ RoleName, TagKeys: [...keys] })),

    /** IAM deletes a role only when nothing hangs on it; people attach policies and instance profiles by hand. */
    async delete({ iam: client }, RoleName) {
      const detach = async () => {
        for await (const { InstanceProfiles = [] } of paginateListInstanceProfilesForRole({ client }, { RoleName })) {
          for (const { InstanceProfileName } of InstanceProfiles)
            await found(client.send(new RemoveRoleFromInstanceProfileCommand({ RoleName, InstanceProfileName })));
        }
        for await (const { AttachedPolicies = [] } of paginateListAttachedRolePolicies({ client }, { RoleName })) {
          for (const { PolicyArn } of AttachedPolicies)
            await found(client.send(new DetachRolePolicyCommand({ RoleName, PolicyArn })));
        }
        for await (const { PolicyNames = [] } of paginateListRolePolicies({ client }, { RoleName })) {
          for (const PolicyName of PolicyNames)
            await found(client.send(new DeleteRolePolicyCommand({ RoleName, PolicyName })));
        }
      };
      await found(detach());
      await found(client.send(new DeleteRoleCommand({ RoleName })));
    },

    stricter: (path, before, after) =>
      path === 'trust.Statement' ? isNarrower(before, after) : path === 'boundary' && typeof before === 'string',
  });

/** A role that was made elsewhere: looked at where that is allowed, and never written. */
export const usedRole = defineAwsKind<Record<string, never>>({
  type: 'iam:role',
  claim: 'used',
  async read(aws, RoleName) {
    try {
      const Role = await getRole(aws, RoleName);
      return Role ? { exists: true, spec: {}, tags: undefined, facts: { arn: Role.Arn ?? '' } } : absent();
    } catch (error) {
      if (!isDenied(error)) throw error;
      return { exists: true, spec: {}, tags: undefined, facts: {} };
    }
  },
  put: {},
});

const getRole = async ({ iam }: Aws, RoleName: string, options: { abortSignal?: AbortSignal } = {}) =>
  (await found(iam.send(new GetRoleCommand({ RoleName }), options)))?.Role;
const isNewPrincipal = (error: unknown) => isError(error, 'MalformedPolicyDocumentException', 'Invalid principal');

const noBoundary = (error: unknown): never => {
  if (!isError(error, 'NoSuchEntityException', 'olicy')) throw error;
  const hint =
    'make that policy first, name another with --permissions-boundary, or none with --permissions-boundary none';
  throw restate(error, 'AWS', (error as Error).message, hint);
};

/** The tags of a role, and where in IAM it is. undefined: no such role. */
export async function readRole(aws: Aws, name: string): Promise<{ tags: Tags; path: string } | undefined> {
  const Role = await getRole(aws, name);
  return Role && { tags: fromList(Role.Tags), path: Role.Path ?? '/' };
}

/** The ARN of a role, and who may assume it. undefined: no such role. */
export async function trustOf(
  aws: Aws,
  name: string,
  abortSignal: AbortSignal,
): Promise<{ arn: string; trust: Spec | undefined } | undefined> {
  const Role = await getRole(aws, name, { abortSignal });
  return Role && { arn: Role.Arn ?? '', trust: parseEncoded(Role.AssumeRolePolicyDocument) };
}
