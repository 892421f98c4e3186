// SPDX-License-Identifier: Apache-2.0
// python - finds a Python that has Majortomo, or makes a virtual environment that does

import { existsSync } from 'node:fs';
import { mkdir, rm } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { run } from './processes.js';

/** The release that this project measures itself against. */
export const MAJORTOMO = 'majortomo==0.2.0';

/** Majortomo 0.2.0 imports six and does not declare it. */
const REQUIREMENTS = [MAJORTOMO, 'six'];

/** A Python that has Majortomo, or why there is none. */
export type Majortomo = { readonly python: string } | { readonly python: undefined; readonly reason: string };

const WINDOWS = process.platform === 'win32';

async function works(python: string, code: string): Promise<boolean> {
  return (await run(python, ['-c', code], { allowFailure: true })).code === 0;
}

/** The last line of what a program complained about. */
function lastLine(text: string): string {
  return text.trim().split('\n').at(-1) ?? '';
}

async function systemPython(): Promise<string | undefined> {
  for (const name of WINDOWS ? ['python', 'py'] : ['python3', 'python']) {
    if (await works(name, 'import sys, venv, ensurepip; sys.exit(sys.version_info < (3, 6))')) return name;
  }
  return undefined;
}

/**
 * Find or make the interpreter.
 *
 * `MDP_MAJORTOMO_PYTHON` names one that has Majortomo. Otherwise a virtual environment is made below `node_modules/.cache` and
 * kept for the next time; `npm ci` clears it away. `MDP_INTEROP_REQUIRED=1` makes it an error that there is none.
 */
export async function findMajortomo(): Promise<Majortomo> {
  const found = await find();
  if (found.python !== undefined) return found;
  if (process.env['MDP_INTEROP_REQUIRED'] === '1') throw new Error(`no Majortomo: ${found.reason}`);
  process.stdout.write(`SKIPPED: the interoperability suite, because ${found.reason}\n`);
  return found;
}

async function find(): Promise<Majortomo> {
  const check = 'import majortomo.broker, majortomo.echo';
  const given = process.env['MDP_MAJORTOMO_PYTHON'];
  if (given !== undefined && given !== '') {
    if (await works(given, check)) return { python: given };
    return { python: undefined, reason: `${given} of MDP_MAJORTOMO_PYTHON cannot import majortomo` };
  }
  const cache = resolve('node_modules', '.cache');
  const folder = join(cache, MAJORTOMO.replace('==', '-'));
  const python = join(folder, ...(WINDOWS ? ['Scripts', 'python.exe'] : ['bin', 'python']));
  if (existsSync(python) && (await works(python, check))) return { python };

  const system = await systemPython();
  if (system === undefined) return { python: undefined, reason: 'there is no Python 3 with venv' };
  await mkdir(cache, { recursive: true });
  await rm(folder, { recursive: true, force: true });
  await run(system, ['-m', 'venv', folder]);
  const pip = ['-m', 'pip', 'install', '--quiet', '--disable-pip-version-check', ...REQUIREMENTS];
  const installed = await run(python, pip, { allowFailure: true });
  if (installed.code === 0 && (await works(python, check))) return { python };
  await rm(folder, { recursive: true, force: true });
  return { python: undefined, reason: `${MAJORTOMO} could not be installed: ${lastLine(installed.stderr)}` };
}
