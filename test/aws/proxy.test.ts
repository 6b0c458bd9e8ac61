import { describe, expect, it } from 'vitest';
import { proxyFor, proxyTrouble } from '../../src/aws/proxy.ts';

const PROXY = 'http://proxy.example.com:3128';
const STS = 'https://sts.eu-west-1.amazonaws.com';
const by = (url: string, env: Readonly<Record<string, string>>) => proxyFor(new URL(url), env)?.href;

describe('the proxy for a URL', () => {
  it.each([
    ['HTTPS_PROXY is for https', STS, { HTTPS_PROXY: PROXY }, `${PROXY}/`],
    ['and not for http', 'http://minio.example.com', { HTTPS_PROXY: PROXY }, undefined],
    ['HTTP_PROXY is for http', 'http://minio.example.com', { HTTP_PROXY: PROXY }, `${PROXY}/`],
    ['and not for https', STS, { HTTP_PROXY: PROXY }, undefined],
    ['small letters go first', STS, { https_proxy: PROXY, HTTPS_PROXY: 'http://other' }, `${PROXY}/`],
    ['an empty variable is none', STS, { HTTPS_PROXY: '' }, undefined],
    ['a proxy without a scheme is an http one', STS, { HTTPS_PROXY: 'proxy.example.com:3128' }, `${PROXY}/`],
    ['a proxy may speak TLS', STS, { HTTPS_PROXY: 'https://proxy.example.com' }, 'https://proxy.example.com/'],
  ])('%s', (_, url, env, expected) => expect(by(url, env as never)).toBe(expected));

  it.each([
    'https://localhost:4566',
    'https://s3.localhost:4566',
    'https://127.0.0.1:4566',
    'https://127.8.8.8',
    'https://[::1]:4566',
    'https://169.254.169.254',
    'https://169.254.170.23',
    'https://[fd00:ec2::23]',
    'https://[fd00:ec2::254]',
  ])('none for what is on this machine or hands out credentials: %s', (url) => {
    expect(by(url, { HTTPS_PROXY: PROXY })).toBeUndefined();
  });

  it.each([
    ['amazonaws.com', true],
    ['.amazonaws.com', true],
    ['*.amazonaws.com', true],
    ['sts.eu-west-1.amazonaws.com', true],
    ['sts.eu-west-1.amazonaws.com:443', true],
    ['AMAZONAWS.COM', true],
    ['*', true],
    ['example.com, amazonaws.com', true],
    ['example.com amazonaws.com', true],
    ['sts.eu-west-1.amazonaws.com:8443', false],
    ['aws.com', false],
    ['eu-west-1', false],
    ['s3.eu-west-1.amazonaws.com', false],
    [' , ', false],
  ])('NO_PROXY=%j spares STS: %s', (NO_PROXY, spared) => {
    expect(by(STS, { HTTPS_PROXY: PROXY, NO_PROXY }) === undefined).toBe(spared);
  });
});

describe('a variable that is no proxy', () => {
  it.each(['socks5://proxy:1080', 'http://', 'http://pro xy:1', 'ftp://proxy', 'http://user:50%off@proxy'])(
    '%s',
    (HTTPS_PROXY) => {
      expect(proxyTrouble({ HTTPS_PROXY })).toContain('HTTPS_PROXY');
    },
  );
  it.each([PROXY, 'proxy:3128', 'https://user:word@proxy', ''])('but %j is fine', (HTTP_PROXY) => {
    expect(proxyTrouble({ HTTP_PROXY })).toBeUndefined();
  });
});
