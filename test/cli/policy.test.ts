import { describe, expect, it } from 'vitest';
import { operatorPolicy, type PolicyDocument, rolesBoundary } from '../../src/desired/operator-policy.ts';
import { COMMANDS } from '../../src/desired/permissions.ts';
import { account } from '../helpers/account.ts';
import { oneDocument } from '../helpers/schema.ts';
import { ACCOUNT, small } from '../helpers/small.ts';

const { run } = account(small());
const ROLE = `arn:aws:iam::${ACCOUNT}:role/platform/hose`;
const BOUNDARY = `arn:aws:iam::${ACCOUNT}:policy/boundary`;

/** As a script splits it: one document after the other, as `jq -c .` reads them. */
const documentsIn = (stdout: string): PolicyDocument[] =>
  stdout
    .trimEnd()
    .split(/(?<=^\})\n/m)
    .map((text) => JSON.parse(text));
/** White space does not count (IAM quotas). */
const sizeOf = (policy: PolicyDocument) => JSON.stringify(policy).replace(/\s/g, '').length;

describe('policy', () => {
  const anywhere = { partition: 'aws', account: undefined, prefix: 'rad' };
  const place = { partition: 'aws-us-gov', account: ACCOUNT, prefix: 'x' };
  const PLACE = `--partition aws-us-gov --account ${ACCOUNT} --name-prefix x`;

  const [one, many] = ['arn:aws:kms:us-east-1:123456789012:key/key-a', 'arn:aws:kms:us-east-1:123456789012:key/mrk-b'];

  it.each(['policy', `enable-audit --regions us-east-1 --yes -o json`])(
    '%s: roles of two accounts can never be used together: exit 64 before any call',
    async (line) => {
      const elsewhere = ROLE.replace(ACCOUNT, '999988887777');
      for (const other of [
        `--cloudwatch-role-arn ${elsewhere}`,
        `--permissions-boundary ${BOUNDARY.replace(ACCOUNT, '999988887777')}`,
      ]) {
        const { code, stderr, stdout, calls } = await run(`${line} --firehose-role-arn ${ROLE} ${other}`);
        expect([code, calls]).toEqual([64, []]);
        expect(stderr + stdout).toContain('it must be of account ');
      }
      const aws = '--permissions-boundary arn:aws:iam::aws:policy/PowerUserAccess';
      const { code } = await run(`policy --firehose-role-arn ${ROLE} ${aws}`);
      expect(code).toBe(0);
    },
  );

  it.each<[string, PolicyDocument[]]>([
    ['policy --for enable-audit --adopt', operatorPolicy(['enable-audit'], { ...anywhere, adopt: true })],
    [
      `policy --for enable-audit --kms-key ${one},eu-west-1=none`,
      operatorPolicy(['enable-audit'], { ...anywhere, kmsKeys: [one] }),
    ],
    ['policy --role-path /team/', operatorPolicy(COMMANDS, { ...anywhere, rolePath: '/team/' })],
    [
      `policy --for enable-audit --firehose-role-arn ${ROLE} --audit-logs-role-arn none`,
      operatorPolicy(['enable-audit'], { ...anywhere, usedRoles: { delivery: ROLE } }),
    ],
    ['policy', operatorPolicy(COMMANDS, anywhere)],
    ['policy --for all', operatorPolicy(COMMANDS, anywhere)],
    ['policy --for boundary', [rolesBoundary(anywhere)]],
    [
      'policy --for findings --events s3://tenants/acme --engine athena',
      operatorPolicy(['findings'], { ...anywhere, events: { bucket: 'tenants', prefix: 'acme/' }, athena: true }),
    ],
    [`policy --for boundary ${PLACE}`, [rolesBoundary(place)]],
    ...COMMANDS.map((command): [string, PolicyDocument[]] => [
      `policy --for ${command} ${PLACE}`,
      operatorPolicy([command], place),
    ]),
  ])('%s: the bare document as text, the same one as JSON, and no call', async (line, documents) => {
    const text = await run(line);
    expect([text.code, text.calls]).toEqual([0, []]);
    expect(documentsIn(text.stdout)).toEqual(documents);
    const json = await run(`${line} -o json`);
    expect([json.code, json.calls]).toEqual([0, []]);
    const { policy, account: of, partition, result } = oneDocument(json.stdout);
    expect(policy).toEqual(documents);
    expect([of, partition]).toEqual(line.includes('--account') ? [ACCOUNT, 'aws-us-gov'] : [null, 'aws']);
    expect(result).toBe('ok');
  });

  it('with a key allows no other one; a multi-region key in each region', async () => {
    const { stdout } = await run(`policy --for enable-audit --kms-key ${one} --kms-key eu-west-1=none`);
    const keysIn = (text: string) =>
      documentsIn(text).flatMap(({ Statement }) =>
        Statement.filter(({ Action }) => Action.some((action) => action.startsWith('kms:'))).flatMap(
          ({ Resource }) => Resource,
        ),
      );
    expect(new Set(keysIn(stdout))).toEqual(new Set([one]));
    const other = await run(`policy --for enable-audit --kms-key ${many}`);
    expect(new Set(keysIn(other.stdout))).toEqual(new Set([many.replace('us-east-1', '*')]));
  });

  it('roles made elsewhere: only they are passed on, and none of them is written', async () => {
    const { stdout } = await run(`policy --firehose-role-arn ${ROLE} --permissions-boundary ${BOUNDARY}`);
    const statements = documentsIn(stdout).flatMap(({ Statement }) => Statement);
    const of = (thing: string) => statements.filter(({ Resource }) => Resource.includes(thing));
    expect(new Set(of(ROLE).flatMap(({ Action }) => Action))).toEqual(
      new Set(['iam:GetRole', 'iam:PassRole', 'iam:SimulatePrincipalPolicy']),
    );
    for (const action of ['iam:CreateRole', 'iam:PutRolePolicy', 'iam:PutRolePermissionsBoundary'])
      expect(statements.find(({ Action }) => Action.includes(action))!.Condition).toMatchObject({
        StringEquals: { 'iam:PermissionsBoundary': BOUNDARY },
      });
    expect(statements.flatMap(({ Action }) => Action)).not.toContain('iam:DeleteRolePermissionsBoundary');
  });

  const ALL = ['--firehose-role-arn', '--cloudwatch-role-arn', '--audit-logs-role-arn'];

  it('all roles made elsewhere: nothing of a role is written, so nobody comes close to an administrator', async () => {
    const options = ALL.map((option) => `${option} ${ROLE}`).join(' ');
    for (const more of ['', ` --permissions-boundary ${BOUNDARY}`, ' --role-path /team/']) {
      const { json, stderr } = await run(`policy --for enable-audit ${options}${more} -o json`);
      const actions = json.policy!.flatMap(({ Statement }) => Statement.flatMap(({ Action }) => Action));
      const ofRoles = actions.filter((action) => /^iam:(?!Get|Simulate)/.test(action));
      expect([...new Set(ofRoles)]).toEqual(['iam:PassRole']);
      expect(stderr).toBe('');
      for (const { Statement } of json.policy!) for (const { Resource } of Statement) expect(Resource).not.toEqual([]);
    }
  });

  it('two of them: the third one is written, and no other', async () => {
    const { json } = await run(`policy --for enable-audit ${ALL[0]} ${ROLE} ${ALL[1]} ${ROLE} -o json`);
    const statements = json.policy!.flatMap(({ Statement }) => Statement);
    const written = statements.filter(({ Action }) => Action.includes('iam:PutRolePolicy'));
    expect(written.flatMap(({ Resource }) => Resource)).toEqual([expect.stringMatching(/role\/rad-audit-logs$/)]);
    expect(json.warnings.map(({ code }) => code)).toEqual(['NEAR_ADMINISTRATOR']);
  });

  it.each([...ALL, '--permissions-boundary'])(
    '%s of another account: exit 64, where the account is named',
    async (option) => {
      const arn = option === '--permissions-boundary' ? BOUNDARY : ROLE;
      const other = await run(`policy ${option} ${arn} --account 999988887777`);
      expect([other.code, other.stderr]).toEqual([64, expect.stringContaining(`${option} ${arn}`)]);
      expect((await run(`policy ${option} ${arn} --account ${ACCOUNT}`)).code).toBe(0);
      expect((await run(`policy ${option} ${arn}`)).code).toBe(0);
    },
  );

  it.each(['--firehose-role-arn', '--cloudwatch-role-arn', '--audit-logs-role-arn', '--permissions-boundary'])(
    '%s of another partition: exit 64',
    async (option) => {
      const arn = option === '--permissions-boundary' ? BOUNDARY : ROLE;
      const { code, stderr } = await run(`policy ${option} ${arn} --partition aws-cn`);
      expect([code, stderr]).toEqual([64, expect.stringContaining(option)]);
    },
  );

  it.each(COMMANDS)('%s fits into one document', async (command) => {
    const { stdout } = await run(`policy --for ${command} --account ${ACCOUNT} --name-prefix ${'x'.repeat(17)}`);
    expect(documentsIn(stdout).map(sizeOf)).toEqual([expect.toSatisfy((size: number) => size <= 6_144)]);
  });

  it('is cut into documents that IAM takes, where one would be too long; and says so', async () => {
    const boundary = `arn:aws:iam::${ACCOUNT}:policy/${'b'.repeat(500)}`;
    const { stdout, stderr } = await run(`policy --account ${ACCOUNT} --permissions-boundary ${boundary}`);
    const documents = documentsIn(stdout);
    expect(documents.length).toBeGreaterThan(1);
    for (const document of documents) expect(sizeOf(document)).toBeLessThanOrEqual(6_144);
    const sids = documents.flatMap(({ Statement }) => Statement.map(({ Sid }) => Sid));
    expect(sids).toEqual([...new Set(sids)]);
    const short = operatorPolicy(COMMANDS, { partition: 'aws', account: ACCOUNT, prefix: 'rad', boundary: BOUNDARY });
    expect(sids).toEqual(short.flatMap(({ Statement }) => Statement.map(({ Sid }) => Sid)));
    expect(stderr).toContain(`${documents.length} documents`);
  });

  it.each([
    ['--for enable-audit', ['NEAR_ADMINISTRATOR']],
    ['--for all', ['NEAR_ADMINISTRATOR']],
    [`--for enable-audit --permissions-boundary ${BOUNDARY}`, []],
    ['--for status', []],
    ['--for teardown', []],
    ['--for boundary', []],
  ])('%s warns of %s', async (options, codes) => {
    const { stderr, json } = await run(`policy ${options} -o json`);
    expect(json.warnings.map(({ code }) => code)).toEqual(codes);
    expect(stderr === '').toBe(codes.length === 0);
  });
});
