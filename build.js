import { readFileSync, rmSync, writeFileSync } from 'node:fs';
import { build } from 'esbuild';

const { version } = JSON.parse(readFileSync(new URL('./package.json', import.meta.url), 'utf8'));
const dist = new URL('./dist/', import.meta.url);
rmSync(dist, { recursive: true, force: true });

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

await build({
  ...common,
  entryPoints: ['src/cli.ts'],
  outdir: 'dist',
  splitting: true,
  minify: true,
  keepNames: true,
  define: { VERSION: JSON.stringify(version) },
});

// What the entry point answers by itself.
const maker = new URL('answers.js', dist);
await build({ ...common, entryPoints: ['src/cli/answers.ts'], outdir: 'dist' });
const { answers } = await import(maker.href);
writeFileSync(new URL('answers.json', dist), JSON.stringify(answers(version)));
rmSync(maker);
