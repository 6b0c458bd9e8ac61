import { readFileSync, rmSync, writeFileSync } from 'node:fs';
import * as esbuild from 'esbuild';
import { thirdParty } from './licences.js';
import { packagesOf } from './packages.js';

const common = {
  bundle: true,
  format: 'esm',
  platform: 'node',
  target: 'node20.17',
  legalComments: 'none',
  // Packages in CommonJS call require, which a module does not have.
  banner: {
    js: "import { createRequire as __createRequire } from 'node:module'; const require = __createRequire(import.meta.url);",
  },
  logLevel: 'warning',
};

/**
 * How the program is bundled: the benchmark measures the same.
 * @type {import('esbuild').BuildOptions}
 */
export const bundling = {
  ...common,
  splitting: true,
  minify: true,
  keepNames: true,
  // Whoever wants it installs it.
  external: ['@duckdb/node-api'],
  // As modules most of these large packages can be left out.
  alias: Object.fromEntries(
    ['athena', 'ec2', 'glue'].map((name) => [`@aws-sdk/client-${name}`, `@aws-sdk/client-${name}/dist-es/index.js`]),
  ),
};

/** Writes dist/. Returns the packages that went into it. */
export async function build() {
  const { version } = JSON.parse(readFileSync(new URL('../package.json', import.meta.url), 'utf8'));
  const dist = new URL('../dist/', import.meta.url);
  rmSync(dist, { recursive: true, force: true });

  const { metafile } = await esbuild.build({
    ...bundling,
    entryPoints: ['src/cli.ts'],
    outdir: 'dist',
    metafile: true,
    define: { VERSION: JSON.stringify(version) },
  });
  const packages = packagesOf(metafile);
  writeFileSync(new URL('THIRD_PARTY.txt', dist), thirdParty(packages));

  // What the entry point answers by itself.
  const maker = new URL('answers.js', dist);
  await esbuild.build({ ...common, entryPoints: ['src/cli/answers.ts'], outdir: 'dist' });
  const { answers } = await import(maker.href);
  writeFileSync(new URL('answers.json', dist), JSON.stringify(answers(version)));
  rmSync(maker);
  return packages;
}

if (process.argv[1] === import.meta.filename) await build();
