import { createHash } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { addFilter, emptyWorld } from '../src/simulator/world.ts';
import { account } from './helpers/account.ts';
import { fakeAws } from './helpers/fake-aws.ts';
import { addFiles, newHome, run } from './helpers/process.ts';
import { groupOf, small, US } from './helpers/small.ts';

let aws: Awaited<ReturnType<typeof fakeAws>>;
beforeAll(async () => {
  aws = await fakeAws();
});
afterAll(() => aws.stop());

/** The three lines of the first error, without the id of the request. */
const errorIn = (stderr: string) => /^error: .*(\n {2}.*)*/m.exec(stderr)?.[0].replace(/request [\w-]+/, 'request ID');

function withProfile(config: string, files: Readonly<Record<string, string>> = {}) {
  const HOME = newHome();
  addFiles(HOME, { '.aws/config': config, ...files });
  const env = { HOME, AWS_ENDPOINT_URL: aws.url, AWS_MAX_ATTEMPTS: '1', AWS_EC2_METADATA_DISABLED: 'true' };
  return run('enable-audit --regions us-east-1 --profile prod --yes', env);
}

const ENABLE = `enable-audit --regions ${US} --yes`;

/** What people meet on their first day. The words are part of the promise here: what, why, and the command that mends it. */
describe('three lines say how to go on after', () => {
  it('an empty AWS profile', async () => {
    const { code, stderr } = await withProfile('[profile prod]\nregion = us-east-1\n');
    expect(code).toBe(4);
    expect(errorIn(stderr)).toMatchInlineSnapshot(`
      "error: no usable AWS credentials
        profile prod has no credentials, only region
        → give it some: aws configure sso --profile prod"
    `);
  });

  it('an expired SSO session', async () => {
    const config =
      '[profile prod]\nsso_session = corp\nsso_account_id = 123456789012\nsso_role_name = Ops\n' +
      '[sso-session corp]\nsso_start_url = https://corp.awsapps.com/start\nsso_region = us-east-1\n';
    const token = JSON.stringify({ accessToken: 'SECRET-token', expiresAt: '2026-01-01T00:00:00Z' });
    const cache = `.aws/sso/cache/${createHash('sha1').update('corp').digest('hex')}.json`;
    const { code, stderr } = await withProfile(config, { [cache]: token });
    expect(code).toBe(4);
    expect(errorIn(stderr)).toMatchInlineSnapshot(`
      "error: no usable AWS credentials
        profile prod: its SSO session has expired
        → aws sso login --profile prod"
    `);
  });

  it('a permission that is missing', async () => {
    const { code, stderr } = await account(small()).run(ENABLE, {
      authorize: ({ action }) => action !== 'eks:ListClusters',
    });
    expect(code).toBe(5);
    expect(errorIn(stderr)).toMatchInlineSnapshot(`
      "error: region us-east-1 could not be read
        User: arn:aws:sts::123456789012:assumed-role/Admin/sandbox is not authorized to perform: eks:ListClusters on resource: * because no identity-based policy allows the eks:ListClusters action (AccessDeniedException, request ID)
        → allow eks:ListClusters on * for these credentials, then run again"
    `);
  });

  it('a region that is not enabled', async () => {
    const { code, stderr } = await account(emptyWorld()).run('enable-audit --regions me-south-1 --yes');
    expect(code).toBe(1);
    expect(errorIn(stderr)).toMatchInlineSnapshot(`
      "error: region me-south-1 could not be read
        region me-south-1 is not enabled for this account (UnrecognizedClientException, request ID)
        → enable it: aws account enable-region --region-name me-south-1, or leave it out of --regions"
    `);
  });

  it('a log group whose filter slots are taken', async () => {
    const world = small();
    addFilter(world, US, groupOf('on'), 'datadog');
    addFilter(world, US, groupOf('on'), 'splunk');
    const { code, stderr } = await account(world).run(ENABLE);
    expect(code).toBe(3);
    expect(errorIn(stderr)).toMatchInlineSnapshot(`
      "error: logs:subscription-filter on in us-east-1: blocked
        no free subscription filter on /aws/eks/on/cluster: datadog, splunk hold them (LimitExceededException, request ID)
        → if one is no longer needed: aws logs delete-subscription-filter --region us-east-1 --log-group-name /aws/eks/on/cluster --filter-name NAME"
    `);
  });
});
