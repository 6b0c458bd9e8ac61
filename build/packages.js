import { readdirSync, readFileSync } from 'node:fs';

/**
 * The packages whose code is in what esbuild wrote, sorted by name and version, with the licence that each says it has
 * (SPDX) and the texts it comes with.
 */
export function packagesOf({ outputs }) {
  const inputs = Object.values(outputs).flatMap((output) => Object.entries(output.inputs));
  const folders = inputs
    .filter(([, { bytesInOutput }]) => bytesInOutput > 0)
    .map(([path]) => /^.*node_modules\/(?:@[^/]+\/)?[^/]+/.exec(path)?.[0])
    .filter(Boolean);
  return [...new Set(folders)]
    .map(packageIn)
    .sort((a, b) => (a.name === b.name ? (a.version < b.version ? -1 : 1) : a.name < b.name ? -1 : 1));
}

function packageIn(folder) {
  const { name, version, license, author, repository } = JSON.parse(readFileSync(`${folder}/package.json`, 'utf8'));
  if (typeof license !== 'string')
    throw new Error(`${name}@${version} says no licence: look at it before it is shipped`);
  const texts = readdirSync(folder)
    .filter((file) => /^(licen[cs]e|copying|notice)/i.test(file))
    .map((file) => readFileSync(`${folder}/${file}`, 'utf8').replace(/\r\n?/g, '\n').trim());
  return { name, version, license, author: author?.name ?? author, home: repository?.url ?? repository, texts };
}
