import { spawnSync } from 'node:child_process';

let found: boolean | undefined;

/** Is moto[server] on this machine? */
export function available(): boolean {
  found ??= spawnSync('python3', ['-c', 'import moto.server, boto3'], { stdio: 'ignore' }).status === 0;
  return found;
}
