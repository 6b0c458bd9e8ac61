import { calls } from './calls.ts';
import { chain } from './chain.ts';
import { deletion } from './deletion.ts';
import { type Family, type Figure, table, verdict } from './figure.ts';
import { findings } from './findings.ts';
import { quotas } from './quotas.ts';
import { sandbox } from './sandbox.ts';
import { script } from './script.ts';
import { startup } from './startup.ts';

const FAMILIES: Readonly<Record<string, Family>> = {
  startup,
  calls,
  chain,
  quotas,
  deletion,
  sandbox,
  script,
  findings,
};

const words = process.argv.slice(2);
const named = words.filter((word) => !word.startsWith('-'));
const [json, quick] = ['--json', '--quick'].map((option) => words.includes(option));
const unknown = named.filter((name) => !(name in FAMILIES));
if (unknown.length) {
  process.stderr.write(`bench ${unknown.join(' ')}: there are ${Object.keys(FAMILIES).join(', ')}\n`);
  process.exit(64);
}

const measured: Record<string, readonly Figure[]> = {};
const skipped: Record<string, string> = {};
for (const name of named.length ? named : Object.keys(FAMILIES)) {
  try {
    const result = await FAMILIES[name]!(quick === true);
    if ('skipped' in result) {
      skipped[name] = result.skipped;
      process.stderr.write(`SKIPPED ${name}: ${result.skipped}\n`);
      continue;
    }
    measured[name] = result;
    if (!json) process.stdout.write(`${name}\n${table(result)}\n`);
  } catch (error) {
    process.exitCode = 1;
    process.stderr.write(`${name} could not be measured: ${(error as Error).stack}\n`);
  }
}
if (json) {
  const figures = Object.entries(measured).flatMap(([family, all]) =>
    all.map((figure) => ({ family, ...figure, verdict: verdict(figure) })),
  );
  process.stdout.write(`${JSON.stringify({ node: process.version, figures, skipped }, null, 2)}\n`);
}
