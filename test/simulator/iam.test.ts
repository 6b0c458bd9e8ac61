import {
  AttachRolePolicyCommand,
  CreateRoleCommand,
  type CreateRoleCommandInput,
  DeleteRoleCommand,
  DeleteRolePolicyCommand,
  GetRoleCommand,
  GetRolePolicyCommand,
  ListRolePoliciesCommand,
  PutRolePermissionsBoundaryCommand,
  PutRolePolicyCommand,
  paginateListRoleTags,
  TagRoleCommand,
  UntagRoleCommand,
  UpdateAssumeRolePolicyCommand,
} from '@aws-sdk/client-iam';
import { describe, expect, it } from 'vitest';
import { emptyWorld } from '../../src/simulator/world.ts';
import { account, allow, errorOf, nameOf, trust } from './account.ts';

const create = (more: Partial<CreateRoleCommandInput> = {}) =>
  new CreateRoleCommand({ RoleName: 'r', AssumeRolePolicyDocument: trust('firehose'), ...more });
const put = (PolicyDocument: string, PolicyName = 'p') =>
  new PutRolePolicyCommand({ RoleName: 'r', PolicyName, PolicyDocument });
const admin = 'arn:aws:iam::aws:policy/AdministratorAccess';

describe('IAM', () => {
  it('hands documents back encoded, a list of one as a string', async () => {
    const { iam } = account();
    await iam.send(create({ Description: 'd', MaxSessionDuration: 7_200, Path: '/x/' }));
    await iam.send(put(allow(['s3:GetObject'], ["arn:aws:s3:::a'b(*)"])));
    const { Role } = await iam.send(new GetRoleCommand({ RoleName: 'r' }));
    expect(Role).toMatchObject({
      Arn: 'arn:aws:iam::123456789012:role/x/r',
      MaxSessionDuration: 7_200,
      Description: 'd',
    });
    expect(decodeURIComponent(Role!.AssumeRolePolicyDocument!)).toBe(trust('firehose'));
    const { PolicyDocument } = await iam.send(new GetRolePolicyCommand({ RoleName: 'r', PolicyName: 'p' }));
    expect(PolicyDocument).not.toMatch(/["'(){}*]/);
    expect(JSON.parse(decodeURIComponent(PolicyDocument!)).Statement[0]).toMatchObject({
      Action: 's3:GetObject',
      Resource: "arn:aws:s3:::a'b(*)",
    });
  });

  it('without the quirk, documents come back as they were sent', async () => {
    const { iam } = account(emptyWorld({ quirks: { scalars: false, missingPrincipals: [] } }));
    await iam.send(create());
    await iam.send(put(allow(['s3:GetObject'], ['*'])));
    const { PolicyDocument } = await iam.send(new GetRolePolicyCommand({ RoleName: 'r', PolicyName: 'p' }));
    expect(decodeURIComponent(PolicyDocument!)).toBe(allow(['s3:GetObject'], ['*']));
  });

  it.each([
    ['a name too long', create({ RoleName: 'a'.repeat(65) }), 'ValidationError'],
    ['a bad character', create({ RoleName: 'a/b' }), 'ValidationError'],
    ['broken trust', create({ AssumeRolePolicyDocument: '{' }), 'MalformedPolicyDocumentException'],
    ['trust too long', create({ AssumeRolePolicyDocument: trust('x'.repeat(2_048)) }), 'LimitExceededException'],
    [
      'an unknown principal',
      create({
        AssumeRolePolicyDocument: trust('x').replace(
          '"Service":"x.amazonaws.com"',
          '"AWS":"arn:aws:iam::123456789012:role/none"',
        ),
      }),
      'MalformedPolicyDocumentException',
    ],
    ['a tag outside the alphabet', create({ Tags: [{ Key: 'a', Value: '50%' }] }), 'ValidationError'],
    [
      '51 tags',
      create({ Tags: Array.from({ length: 51 }, (_, i) => ({ Key: `k${i}`, Value: '' })) }),
      'LimitExceededException',
    ],
    ['a session too long', create({ MaxSessionDuration: 43_201 }), 'ValidationError'],
    [
      'a boundary that is not there',
      create({ PermissionsBoundary: 'arn:aws:iam::123456789012:policy/none' }),
      'NoSuchEntityException',
    ],
  ])('refuses %s', async (_, command, name) => {
    const { iam, world } = account();
    expect(await nameOf(iam.send(command))).toBe(name);
    expect(world.roles).toEqual({});
  });

  it('says what is missing and what exists', async () => {
    const { iam } = account();
    expect(await errorOf(iam.send(new GetRoleCommand({ RoleName: 'constructor' })))).toMatchObject({
      name: 'NoSuchEntityException',
      Code: 'NoSuchEntity',
      message: 'The role with name constructor cannot be found.',
      $metadata: { httpStatusCode: 404 },
    });
    await iam.send(create());
    expect(await errorOf(iam.send(create({ RoleName: 'R' })))).toMatchObject({
      name: 'EntityAlreadyExistsException',
      $metadata: { httpStatusCode: 409 },
    });
    expect(await nameOf(iam.send(new GetRolePolicyCommand({ RoleName: 'r', PolicyName: 'p' })))).toBe(
      'NoSuchEntityException',
    );
  });

  it('deletes a role only when nothing hangs on it', async () => {
    const { iam, world } = account();
    await iam.send(create());
    await iam.send(put(allow(['s3:*'], '*')));
    expect(await nameOf(iam.send(new DeleteRoleCommand({ RoleName: 'r' })))).toBe('DeleteConflictException');
    await iam.send(new DeleteRolePolicyCommand({ RoleName: 'r', PolicyName: 'p' }));
    await iam.send(new AttachRolePolicyCommand({ RoleName: 'r', PolicyArn: admin }));
    expect((await errorOf(iam.send(new DeleteRoleCommand({ RoleName: 'r' })))).message).toContain(
      'must detach all policies first',
    );
    world.roles.r!.attached = [];
    await iam.send(new PutRolePermissionsBoundaryCommand({ RoleName: 'r', PermissionsBoundary: admin }));
    await iam.send(new DeleteRoleCommand({ RoleName: 'r' }));
    expect(world.roles).toEqual({});
  });

  it('tags merge and page; white space does not count in policy sizes', async () => {
    const { iam } = account();
    await iam.send(
      create({
        Tags: [
          { Key: 'a', Value: '1' },
          { Key: 'b', Value: '2' },
        ],
      }),
    );
    await iam.send(
      new TagRoleCommand({
        RoleName: 'r',
        Tags: [
          { Key: 'b', Value: '3' },
          { Key: 'c', Value: '' },
          { Key: 'd', Value: '' },
        ],
      }),
    );
    await iam.send(new UntagRoleCommand({ RoleName: 'r', TagKeys: ['a'] }));
    const tags = [];
    for await (const page of paginateListRoleTags({ client: iam }, { RoleName: 'r' }))
      tags.push(page.Tags?.map(({ Key }) => Key));
    expect(tags).toEqual([['b', 'c'], ['d']]);
    await iam.send(put(`${allow(['s3:*'], '*')}${' '.repeat(20_000)}`));
    expect(await nameOf(iam.send(put(allow(['s3:*'], 'x'.repeat(10_200)), 'q')))).toBe('LimitExceededException');
    expect((await iam.send(new ListRolePoliciesCommand({ RoleName: 'r' }))).PolicyNames).toEqual(['p']);
  });

  it('a role may take a moment to be seen', async () => {
    const world = emptyWorld();
    world.lags.roleVisibleMs = 1_000;
    const { iam, clock } = account(world);
    await iam.send(create());
    expect(await nameOf(iam.send(new GetRoleCommand({ RoleName: 'r' })))).toBe('NoSuchEntityException');
    await clock.sleep(1_000);
    await iam.send(new UpdateAssumeRolePolicyCommand({ RoleName: 'r', PolicyDocument: trust('logs') }));
    expect((await iam.send(new GetRoleCommand({ RoleName: 'r' }))).Role?.RoleName).toBe('r');
  });
});
