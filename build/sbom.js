import { execFileSync } from 'node:child_process';

/**
 * CycloneDX for what is in the program: npm's own list of all that is installed, without what only builds and tests it.
 */
export function sbomOf({ name, version }, packages) {
  const listed = execFileSync('npm', ['sbom', '--sbom-format=cyclonedx', '--sbom-type=application'], {
    encoding: 'utf8',
    maxBuffer: 2 ** 26,
  });
  const { components, dependencies, metadata, ...rest } = JSON.parse(listed);
  const inside = new Set(packages.map((one) => `${one.name}@${one.version}`));
  const refs = new Set([metadata.component['bom-ref'], ...inside]);
  const missing = [...inside].filter((ref) => !components.some((component) => component['bom-ref'] === ref));
  if (missing.length) throw new Error(`npm does not list ${missing.join(', ')}`);
  return {
    ...rest,
    metadata: { ...metadata, component: { ...metadata.component, name, version } },
    components: components.filter((one) => inside.has(one['bom-ref'])).map(({ properties, ...component }) => component),
    dependencies: dependencies
      .filter(({ ref }) => refs.has(ref))
      .map(({ ref, dependsOn = [] }) => ({ ref, dependsOn: dependsOn.filter((other) => refs.has(other)) })),
  };
}
