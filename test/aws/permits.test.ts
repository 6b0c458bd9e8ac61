import { describe, expect, it } from 'vitest';
import { permits, type Question } from '../../src/aws/permits.ts';
import type { Spec } from '../../src/engine/resource.ts';

const allow = (more: Spec = {}): Spec => ({
  Effect: 'Allow',
  Action: ['s3:Get*', 's3:PutObject'],
  Resource: 'r/*',
  ...more,
});
const deny = (more: Spec = {}): Spec => ({ ...allow(more), Effect: 'Deny' });
const when = (operator: string, key: string, value: string | string[]): Spec => ({
  Condition: { [operator]: { [key]: value } },
});
const question: Question = {
  action: 's3:GetObject',
  resource: 'r/x',
  context: { 'aws:resourceaccount': '1', 'aws:secure': 'true', 'sts:externalid': null },
};
const who = (principals: string[]): Question => ({ action: 's3:GetObject', principals, context: {} });

describe('permits', () => {
  it.each<[string, Spec[], boolean]>([
    ['allowed', [allow()], true],
    ['nothing', [], false],
    ['another action', [allow({ Action: 's3:ListBucket' })], false],
    ['the action in other letters', [allow({ Action: 'S3:getobject' })], true],
    ['all but this action', [{ Effect: 'Allow', NotAction: 's3:GetObject', Resource: '*' }], false],
    ['all but another action', [{ Effect: 'Allow', NotAction: 's3:PutObject', Resource: '*' }], true],
    ['another resource', [allow({ Resource: ['s', 'r'] })], false],
    ['all but this resource', [{ Effect: 'Allow', Action: '*', NotResource: 'r/*' }], false],
    ['one character', [allow({ Resource: 'r/?' })], true],
    ['denied too', [allow(), deny()], false],
    ['denied elsewhere', [allow(), deny({ Resource: 's' })], true],
    ['a condition that holds', [allow(when('StringEquals', 'aws:ResourceAccount', ['2', '1']))], true],
    ['a condition that does not', [allow(when('StringEquals', 'aws:ResourceAccount', '2'))], false],
    ['not this', [allow(when('StringNotEquals', 'aws:ResourceAccount', '1'))], false],
    ['not that', [allow(when('StringNotLike', 'aws:ResourceAccount', '2*'))], true],
    ['a pattern', [allow(when('StringLike', 'aws:ResourceAccount', '?'))], true],
    ['a boolean', [allow(when('Bool', 'aws:Secure', 'false'))], false],
    ['a key that is surely not there', [allow(when('StringEquals', 'sts:ExternalId', 'x'))], false],
    ['unless it is there', [allow(when('StringEqualsIfExists', 'sts:ExternalId', 'x'))], true],
    ['it must not be there', [allow(when('Null', 'sts:ExternalId', 'true'))], true],
    ['it must be there', [allow(when('Null', 'sts:ExternalId', 'false'))], false],
    ['a key that is not known: in favour', [allow(when('StringEquals', 'aws:Other', 'x'))], true],
    ['an operator that is not known: in favour', [allow(when('NumericEquals', 'aws:ResourceAccount', '2'))], true],
    ['denied on what is not known: in favour', [allow(), deny(when('StringEquals', 'aws:Other', 'x'))], true],
    ['denied on what is known', [allow(), deny(when('StringEquals', 'aws:ResourceAccount', '1'))], false],
  ])('%s', (_, Statement, expected) => {
    expect(permits([{ Statement }], question)).toBe(expected);
    expect(permits([{ Statement: [] }, { Statement }], question)).toBe(expected);
  });

  it.each<[string, Spec, boolean]>([
    ['one of its names', { Principal: { AWS: ['x', 'me'] } }, true],
    ['a service', { Principal: { Service: 'me' } }, true],
    ['somebody else', { Principal: { AWS: 'x' } }, false],
    ['everybody', { Principal: '*' }, true],
    ['every account', { Principal: { AWS: '*' } }, true],
    ['nobody', {}, false],
    ['all but some: not known', { NotPrincipal: { AWS: 'x' } }, true],
  ])('who: %s', (_, more, expected) => {
    const statement = { Effect: 'Allow', Action: 's3:*', ...more };
    expect(permits([{ Statement: [statement] }], who(['me', 'myself']))).toBe(expected);
  });
});
