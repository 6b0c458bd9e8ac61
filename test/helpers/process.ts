import { mkdirSync, mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { PassThrough } from 'node:stream';
import { expect, vi } from 'vitest';
import { main } from '../../src/main.ts';

/** A home directory of its own. */
export const newHome = (): string => mkdtempSync(join(tmpdir(), 'rad-connect-home-'));

export function addFiles(folder: string, files: Readonly<Record<string, string>>): void {
  for (const [name, text] of Object.entries(files)) {
    mkdirSync(dirname(join(folder, name)), { recursive: true });
    writeFileSync(join(folder, name), text);
  }
}

/** Settings of the machine that the tests run on, which must not matter. */
const OUTER = /^(AWS_(?!SDK_JS)|RAD_CONNECT_|CI$|NO_COLOR|FORCE_COLOR|NODE_EXTRA_CA_CERTS)|_proxy$/i;

interface Around {
  /** Told what goes to stderr. */
  readonly told?: (text: string) => void;
  /** What is typed on the terminal, once this has been asked. */
  readonly typed?: readonly [question: string, answer: string];
}

/** Runs a command line with this environment and no other. With --debug, and nothing secret may show. */
export async function run(
  line: string,
  env: Readonly<Record<string, string>>,
  { typed, told = () => {} }: Around = {},
) {
  for (const name of Object.keys(process.env)) if (OUTER.test(name)) vi.stubEnv(name, undefined);
  for (const [name, value] of Object.entries(env)) vi.stubEnv(name, value);
  const [out, err] = [new PassThrough(), new PassThrough()];
  const stdin = Object.assign(new PassThrough(), { isTTY: typed !== undefined, setRawMode() {} });
  let [stdout, stderr] = ['', ''];
  out.on('data', (text) => {
    stdout += text;
  });
  let open = typed !== undefined;
  err.on('data', (text) => {
    stderr += text;
    told(String(text));
    if (!open || !typed || !stderr.includes(typed[0])) return;
    open = false;
    for (const key of typed[1]) setImmediate(() => stdin.write(key));
  });
  try {
    const code = await main([...line.split(' '), '--debug'], {
      stdin,
      stdout: Object.assign(out, { isTTY: false }),
      stderr: Object.assign(err, { isTTY: typed !== undefined, columns: 200 }),
      env: process.env,
      version: '0.0.0-test',
      rules: '',
      onInterrupt: () => () => {},
    });
    expect(stdout + stderr).not.toContain('SECRET-');
    return { code, stdout, stderr };
  } finally {
    vi.unstubAllEnvs();
  }
}
