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
import { found, isError, unlessExists } from '../errors.ts';
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

export const role = defineAwsKind<RoleSpec>({
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
      facts: {},
    };
  },

  async create(aws, RoleName, spec, tags, run) {
    const input = {
      RoleName,
      AssumeRolePolicyDocument: print(spec.trust),
      MaxSessionDuration: spec.maxSession,
      ...(spec.boundary && { PermissionsBoundary: spec.boundary }),
      Tags: toList(tags),
    };
    // A principal that was made moments ago is not known everywhere yet.
    await eventually(() => unlessExists(aws.iam.send(new CreateRoleCommand(input))), isNewPrincipal, run, {
      what: 'IAM to know the principal',
      limit: 20_000,
    }).catch(usedUp(aws, 'roles'));
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
        ? iam.send(new PutRolePermissionsBoundaryCommand({ RoleName, PermissionsBoundary: boundary }))
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

const getRole = async ({ iam }: Aws, RoleName: string) =>
  (await found(iam.send(new GetRoleCommand({ RoleName }))))?.Role;
const isNewPrincipal = (error: unknown) => isError(error, 'MalformedPolicyDocumentException', 'Invalid principal');

/** The tags of a role: rad-connect keeps its registry there. undefined: no such role. */
export async function roleTags(aws: Aws, name: string): Promise<Tags | undefined> {
  const Role = await getRole(aws, name);
  return Role && fromList(Role.Tags);
}
