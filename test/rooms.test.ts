import { readdirSync, readFileSync } from 'node:fs';
import { basename, dirname, join, relative } from 'node:path';
import { describe, expect, it } from 'vitest';

const SRC = join(import.meta.dirname, '../src');
interface File {
  readonly path: string;
  readonly code: string;
  readonly imports: readonly { readonly to: string; readonly isType: boolean }[];
}

/** A comment may name what code may not. */
const withoutComments = (text: string) => text.replace(/^\s*(\/\*\*?|\*|\/\/).*$/gm, '');

const paths = readdirSync(SRC, { recursive: true, encoding: 'utf8' }).filter((path) => /\.tsx?$/.test(path));
const files = paths.map((path): File => {
  const code = withoutComments(readFileSync(join(SRC, path), 'utf8'));
  const resolve = (to: string) => (to.startsWith('.') ? relative(SRC, join(SRC, dirname(path), to)) : to);
  const fixed = /^(?:import|export)\s+(type\s)?(?:[\w*{][^;'"]*?\sfrom\s+)?['"]([^'"]+)['"]/gm;
  const imports = [...code.matchAll(fixed)].map(([, type, to]) => ({ to: resolve(to!), isType: type !== undefined }));
  const lazy = [...code.matchAll(/\bimport\(\s*['"]([^'"]+)['"]/g)].map(([, to]) => ({
    to: resolve(to!),
    isType: false,
  }));
  return { path, code, imports: [...imports, ...lazy] };
});
const roomOf = (path: string) => (path.includes('/') ? path.slice(0, path.indexOf('/')) : path);

/** What a room may import beside its own files; `types` only with `import type`. */
const RULES: Record<string, { readonly any: RegExp; readonly types?: RegExp }> = {
  engine: { any: /^node:crypto$/ },
  aws: { any: /^(engine\/|@aws-sdk\/|@smithy\/|node:(crypto|events|fs|http|https|tls)$|https?-proxy-agent$)/ },
  desired: {
    any: /^(engine\/|picomatch$|node:crypto$|sigma\/columns\.ts$|aws\/(kinds\/[\w-]+|slots|documents)\.ts$|rad\/registration\.ts$)/,
    types: /^(aws\/clients|rad\/api)\.ts$/,
  },
  rad: {
    any: /^(engine\/|aws\/(address|exchange|kinds\/define)\.ts$)/,
    types: /^aws\/(clients|exchange|http)\.ts$/,
  },
  sigma: { any: /^(engine\/errors\.ts|yaml|node:(fs|path))$/ },
  athena: {
    any: /^(engine\/|desired\/(athena-names|prices)\.ts$|sigma\/(columns|expression|sql)\.ts$|aws\/(athena-query|objects)\.ts$)/,
    types: /^aws\/clients\.ts$/,
  },
  health: { any: /^$/ },
  audit: { any: /^(node:zlib$|desired\/names\.ts$)/ },
  verify: {
    any: /^(engine\/|audit\/|doctor\/(access|place)\.ts$|desired\/(names|roles)\.ts$|aws\/(errors|objects|patience|permits|simulate)\.ts$|@aws-sdk\/client-sts$|node:crypto$)/,
    types: /^(aws\/|desired\/|health\/)/,
  },
  render: {
    any: /^(engine\/|node:util$)/,
    types: /^(aws\/|desired\/|health\/|sigma\/|sync\/|findings\/|verify\/|ora$)/,
  },
  sync: {
    any: /^(engine\/|audit\/|sigma\/(columns|flatten)\.ts$|aws\/(errors|objects)\.ts$|duckdb\/|node:(crypto|fs\/promises|path)$)/,
    types: /^aws\//,
  },
  notify: {
    any: /^(engine\/errors\.ts|aws\/(address|exchange|publish)\.ts|sync\/in-flight\.ts|node:crypto)$/,
    types: /^(aws\/(clock|clients)|sync\/shelf)\.ts$/,
  },
  duckdb: { any: /^(sigma\/(columns|sql)\.ts$|@duckdb\/node-api$|node:(fs\/promises|os|path)$)/ },
  findings: {
    types: /^(sync|athena)\//,
    any: /^(engine\/errors\.ts$|audit\/|duckdb\/|sigma\/|sync\/(folder|place)\.ts$|aws\/errors\.ts$|node:(crypto|fs\/promises|path)$)/,
  },
  doctor: { any: /^(desired\/|engine\/|render\/|aws\/(documents|permits)\.ts$)/, types: /^(aws|health)\// },
  report: {
    any: /^(preact(-render-to-string)?|render\/(detections|health|style)\.ts)$/,
    types: /^(findings|render)\//,
  },
  cli: {
    any: /^(athena\/|desired\/|doctor\/|duckdb\/|engine\/|findings\/|health\/|notify\/|render\/|sigma\/|sync\/|verify\/|audit\/keys\.ts$|aws\/(account-policies|assumed-role|delivery-log|discover|errors|keys|log-streams|managed-policies|metrics|newest-object|objects|patience|patterns|permits|publish|regions|simulate|subnets|telemetry-rules|volume|kinds\/(role|bucket))\.ts$|(commander|inquirer|fastest-levenshtein)$)/,
    types: /^(aws\/(clients|clock)|rad\/api)\.ts$/,
  },
  simulator: { any: /^(node:|proper-lockfile$|@duckdb\/node-api$)/ },
};

const where = (pattern: RegExp, allowed: RegExp = /^$/) =>
  files.filter(({ path, code }) => !allowed.test(path) && pattern.test(code)).map(({ path }) => path);

describe('rooms: who may import whom', () => {
  it('reads all of src', () => {
    expect(files.length).toBeGreaterThan(60);
    expect(files.flatMap(({ imports }) => imports).length).toBeGreaterThan(200);
  });

  it.each(Object.entries(RULES))('%s', (room, { any, types }) => {
    const surplus = files
      .filter(({ path }) => roomOf(path) === room)
      .flatMap(({ path, imports }) => imports.map((imported) => ({ ...imported, path })))
      .filter(({ to, isType }) => roomOf(to) !== room && !any.test(to) && !(isType && types?.test(to)));
    expect(surplus.map(({ path, to }) => `${path} imports ${to}`)).toEqual([]);
  });

  it('only the composition root knows the simulator', () => {
    const users = files.filter(({ path, imports }) => {
      return roomOf(path) !== 'simulator' && imports.some(({ to }) => roomOf(to) === 'simulator');
    });
    expect(users.map(({ path }) => path).filter((path) => !/^(main|sandbox)\.ts$/.test(path))).toEqual([]);
  });

  it('no import cycles', () => {
    const next = new Map(files.map(({ path, imports }) => [path, imports.filter((i) => !i.isType).map((i) => i.to)]));
    const done = new Set<string>();
    const walk = (path: string, trail: readonly string[]): string[] => {
      if (trail.includes(path)) return [[...trail.slice(trail.indexOf(path)), path].join(' → ')];
      if (done.has(path)) return [];
      done.add(path);
      return (next.get(path) ?? []).flatMap((to) => walk(to, [...trail, path]));
    };
    expect(files.flatMap(({ path }) => walk(path, []))).toEqual([]);
  });

  it.each([
    ['the process belongs to cli.ts', /\bprocess\.(?!exports)|['"](node:)?process['"]/, /^cli\.ts$/],
    ['clients are made in one place', /\bnew \w*Client\(/, /^aws\/clients\.ts$/],
    ['clocks are read in one place', /\bDate\.now\b/, /^(aws\/clock|sandbox)\.ts$/],
    ['no unnamed moment', /\bnew Date\(\)|\bperformance\.now\b|\bhrtime\b/, /^aws\/clock\.ts$/],
    [
      'the network is reached in one place',
      /['"]node:(https?|tls|net|fs)['"]/,
      /^(aws\/network|aws\/http|sigma\/folder|simulator\/.*)\.ts$/,
    ],
    ['timers are set in one place', /\bset(Timeout|Interval)\(/, /^aws\/clock\.ts$/],
    ['the partition is never literal', /arn:aws/, /^$/],
    ['tests are not imported', /from ['"][./]*test\//, /^$/],
  ])('%s', (_, pattern, allowed) => expect(where(pattern, allowed)).toEqual([]));

  it('no barrels', () => expect(files.map(({ path }) => basename(path))).not.toContain('index.ts'));
});
