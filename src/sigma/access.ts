import { list, many, type Thing, text, thing, type Value } from './event.ts';

/** A rule of a role that names more than this is a wildcard in all but name. */
const MOST = 5_000;
const EVERYTHING = ['* */*'];

/** What the rules of a role grant, as `verb group/resource`: pairs of different rules are never mixed. */
export function grants(rules: Value): string | null {
  return many([...new Set(list(rules).flatMap((rule) => grantsOf(thing(rule))))]);
}

function grantsOf({ verbs, apiGroups, resources, nonResourceURLs }: Thing): string[] {
  const words = (value: Value) => [...new Set(list(value).map(text))].filter((word) => word !== null);
  const [what, groups, things, urls] = [words(verbs), words(apiGroups), words(resources), words(nonResourceURLs)];
  if (what.length * (Math.max(1, groups.length) * things.length + urls.length) > MOST) return EVERYTHING;
  const targets = [
    ...(groups.length ? groups : ['']).flatMap((group) => things.map((one) => `${group}/${one}`)),
    ...urls.map((url) => `url:${url}`),
  ];
  return what.flatMap((verb) => targets.map((target) => `${verb} ${target}`));
}

export const subjects = (value: Value): string | null =>
  many(
    list(value)
      .map(thing)
      .map(({ kind, namespace, name }) => [kind, namespace, name].map(text).filter(Boolean).join('/')),
  );

/** Kubernetes' own principals and those of EKS. Service accounts outside kube-system, and whoever is unknown, are none. */
export function isSystem(username: string): boolean {
  if (username.startsWith('system:serviceaccount:')) return username.startsWith('system:serviceaccount:kube-system:');
  if (username === 'system:anonymous' || username === 'system:unauthenticated') return false;
  return username.startsWith('system:') || username.startsWith('eks:');
}

/** IANA special-purpose address registries: private, shared, loopback, link-local, documentation and unspecified ones. */
const NOT_PUBLIC =
  /^(0\.|10\.|127\.|169\.254\.|192\.168\.|172\.(1[6-9]|2\d|3[01])\.|100\.(6[4-9]|[7-9]\d|1[01]\d|12[0-7])\.|(22[4-9]|2[3-5]\d)\.)|^(::1?$|f[cd][0-9a-f]{2}:|fe[89ab][0-9a-f]:|ff[0-9a-f]{2}:)/i;

/** undefined for what is no address. */
export function isPublic(address: string): boolean | undefined {
  const plain = address.replace(/^::ffff:(?=\d+\.)/i, '');
  return /^(\d{1,3}(\.\d{1,3}){3}|[0-9a-f]*:[0-9a-f:]+)$/i.test(plain) ? !NOT_PUBLIC.test(plain) : undefined;
}
