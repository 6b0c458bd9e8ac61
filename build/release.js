// What a release consists of, in the folder release/: the package, its bill of materials, and the sums of both.
import { createHash } from 'node:crypto';
import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { build } from './build.js';
import { pack } from './pack.js';
import { sbomOf } from './sbom.js';

const about = JSON.parse(readFileSync(new URL('../package.json', import.meta.url), 'utf8'));
const [tag] = process.argv.slice(2);
if (tag && tag !== `v${about.version}`) throw new Error(`the tag is ${tag}, package.json says ${about.version}`);

const folder = new URL('../release/', import.meta.url);
rmSync(folder, { recursive: true, force: true });
mkdirSync(folder);

const packages = await build();
const bill = `${about.name}-${about.version}.cdx.json`;
writeFileSync(new URL(bill, folder), `${JSON.stringify(sbomOf(about, packages), null, 2)}\n`);
const sums = [pack(fileURLToPath(folder)), bill].map((file) => {
  const sum = createHash('sha256').update(readFileSync(new URL(file, folder)));
  return `${sum.digest('hex')}  ${file}\n`;
});
writeFileSync(new URL('SHA256SUMS', folder), sums.join(''));
