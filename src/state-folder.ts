import { homedir } from 'node:os';
import { join } from 'node:path';
import type { Io } from './io.ts';

/** Of this user, for what outlives a run (XDG base directories; LOCALAPPDATA on Windows). */
export const stateFolder = (env: Io['env']): string =>
  join(env.XDG_STATE_HOME || env.LOCALAPPDATA || join(env.HOME || homedir(), '.local', 'state'), 'rad-connect');
