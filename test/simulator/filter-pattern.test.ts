import { describe, expect, it } from 'vitest';
import { compile, matches } from '../../src/simulator/filter-pattern.ts';

const audit =
  '{ $.apiVersion = "audit.k8s.io/*" && ($.stage = "ResponseComplete" || $.stage = "Panic" || ($.stage = "ResponseStarted" && ($.objectRef.subresource = "exec" || $.objectRef.subresource = "attach" || $.objectRef.subresource = "portforward" || $.objectRef.subresource = "proxy"))) && $.requestURI != "/version" && $.requestURI != "/version?*" && $.requestURI != "/metrics" && $.requestURI != "/metrics?*" && $.requestURI != "/logs" && $.requestURI != "/logs?*" && $.requestURI != "/swagger*" && $.requestURI != "/livez*" && $.requestURI != "/readyz*" && $.requestURI != "/healthz*" }';

const event = (more: object = {}) =>
  JSON.stringify({ apiVersion: 'audit.k8s.io/v1', stage: 'ResponseComplete', requestURI: '/api/v1/pods', ...more });

describe('filter patterns', () => {
  it.each([
    ['', 'anything', true],
    ['error "a b"', 'error in a b', true],
    ['error', 'fine', false],
    ['{ $.a = 1 || $.b = 2 && $.c = 3 }', '{"a":1}', true],
    ['{ ($.a = 1 || $.b = 2) && $.c = 3 }', '{"a":1}', false],
    ['{ $.a != "x" }', '{"b":1}', false],
    ['{ $.a NOT EXISTS }', '{"b":1}', true],
    ['{ $.a IS TRUE }', '{"a":true}', true],
    ['{ $.a IS NULL }', '{"a":null}', true],
    ['{ $.a >= 2 && $.a < 4 }', '{"a":3}', true],
    ['{ $.a = {} }', '{"a":{}}', undefined],
    ['{ $.a = "x*" }', '{"a":{"x":1}}', false],
    ['{ $.a[0].b = "*y" }', '{"a":[{"b":"xy"}]}', true],
    ['{ $.a = %^x[0-9]+$% }', '{"a":"x12"}', true],
    ['{ $.a = 1 }', 'no JSON', false],
    [audit, event(), true],
    [audit, event({ stage: 'ResponseStarted' }), false],
    [audit, event({ stage: 'ResponseStarted', objectRef: { subresource: 'exec' } }), true],
    [audit, event({ stage: 'Panic' }), true],
    [audit, event({ requestURI: '/healthz?verbose' }), false],
    [audit, event({ requestURI: '/version?timeout=32s' }), false],
    [audit, event({ apiVersion: 'v1' }), false],
    [audit, `${event().slice(0, 40)}[Truncated...]`, false],
  ])('%s on %s: %s', (pattern, message, expected) => {
    if (expected === undefined) expect(() => compile(pattern)).toThrow('Invalid filter pattern');
    else expect(matches(pattern, message)).toBe(expected);
  });
});
