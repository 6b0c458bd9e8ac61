type Env = Readonly<Record<string, string | undefined>>;

/** Never by a proxy: this machine, and the addresses where EC2, ECS and EKS hand out credentials (AWS SDKs and Tools guide). */
const LOCAL = /^(.+\.)?localhost$|^127\.\d+\.\d+\.\d+$|^169\.254\.\d+\.\d+$|^\[(::1|fd00:ec2::[\da-f]+)\]$/;

/**
 * The proxy for a URL, chosen as `aws` and curl choose it: a name in NO_PROXY covers all names below it, and a proxy that is
 * written without a scheme is an http one.
 */
export function proxyFor({ protocol, hostname, port }: URL, env: Env): URL | undefined {
  const scheme = protocol.slice(0, -1);
  const proxy = setIn(env, `${scheme}_proxy`);
  if (!proxy || LOCAL.test(hostname)) return undefined;
  const spared = setIn(env, 'no_proxy')
    .toLowerCase()
    .split(/[,\s]+/)
    .filter(Boolean);
  const own = port || (scheme === 'https' ? '443' : '80');
  return spared.some((entry) => covers(entry, hostname, own)) ? undefined : new URL(withScheme(proxy));
}

/** What is wrong with the proxies of the environment: the name of the variable, and why. */
export function proxyTrouble(env: Env): string | undefined {
  for (const name of ['https_proxy', 'HTTPS_PROXY', 'http_proxy', 'HTTP_PROXY']) {
    const text = env[name];
    if (!text) continue;
    const url = URL.canParse(withScheme(text)) ? new URL(withScheme(text)) : undefined;
    if (!url?.hostname || !/^https?:$/.test(url.protocol))
      return `${name}: not the URL of an http or https proxy, as in http://proxy.example.com:3128`;
    if (!isEncoded(url.username + url.password))
      return `${name}: a % in the name or the password of a proxy is written %25`;
  }
  return undefined;
}

function isEncoded(text: string): boolean {
  try {
    return decodeURIComponent(text) !== undefined;
  } catch {
    return false;
  }
}

const setIn = (env: Env, name: string) => env[name] || env[name.toUpperCase()] || '';
const withScheme = (text: string) => (text.includes('://') ? text : `http://${text}`);

function covers(entry: string, hostname: string, port: string): boolean {
  if (entry === '*') return true;
  const [, pattern = entry, only] = /^(.+?)(?::(\d+))?$/.exec(entry) ?? [];
  const name = pattern.replace(/^\*?\./, '');
  return (!only || only === port) && (hostname === name || hostname.endsWith(`.${name}`));
}
