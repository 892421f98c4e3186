// SPDX-License-Identifier: Apache-2.0
// programs - what is installed on this machine, and what a program says of itself

import { execFile } from 'node:child_process';
import { constants } from 'node:fs';
import { access } from 'node:fs/promises';
import { delimiter, join } from 'node:path';
import { promisify } from 'node:util';

/** Run a program to its end; rejects when it fails. */
export const run = promisify(execFile);

/** Run npm: the one that runs this program, when there is one. */
export async function npm(args: readonly string[], cwd: string): Promise<string> {
  const script = process.env['npm_execpath'];
  const [program, given] = script === undefined ? ['npm', args] : [process.execPath, [script, ...args]];
  const { stdout } = await run(program, given, { cwd, maxBuffer: MOST_OUTPUT });
  return stdout;
}

/** npm lists every file that it packs. */
const MOST_OUTPUT = 16 * 2 ** 20;

/** Where servers are on many machines although a user's PATH does not name it. */
const MORE = ['/usr/sbin', '/usr/local/sbin'];

/** Whether something may be done with a file. */
export async function can(path: string, mode: number = constants.F_OK): Promise<boolean> {
  try {
    await access(path, mode);
    return true;
  } catch {
    // The question was whether it is there; whatever keeps us from it is a no.
    return false;
  }
}

/** Where a program is; `undefined` when it is not installed. */
export async function findProgram(name: string): Promise<string | undefined> {
  const folders = [...(process.env['PATH'] ?? '').split(delimiter), ...MORE];
  for (const folder of folders) {
    const path = join(folder, name);
    if (folder !== '' && (await can(path, constants.X_OK))) return path;
  }
  return undefined;
}

/** The last line that a program wrote before it failed says why; else the message of the error. */
export function reason(error: unknown): string {
  const { stderr } = error as { stderr?: string };
  const written = stderr?.trim().split('\n').at(-1) ?? '';
  return written !== '' ? written : error instanceof Error ? error.message : String(error);
}
