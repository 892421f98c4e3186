// SPDX-License-Identifier: Apache-2.0
// majortomo - a Python with the package that this project is measured against

import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { can, reason, run } from './programs.js';

const VERSION = '0.2.0';
/** Majortomo imports six without saying so in its metadata. */
const PACKAGES = [`majortomo==${VERSION}`, 'six'];
const LOOK = `
import sys, zmq, majortomo.broker
from importlib.metadata import version
print('Majortomo ' + version('majortomo') + ', Python ' + sys.version.split()[0] + ', pyzmq ' + zmq.__version__ + ' on libzmq ' + zmq.zmq_version())`;

/** A Python that can run Majortomo's broker. */
export interface Majortomo {
  readonly python: string;
  /** Its versions, for people. */
  readonly description: string;
}

/**
 * Find Majortomo: in the Python that `MDP_MAJORTOMO_PYTHON` names, or in a virtual environment under the folder for
 * temporary files, which is made when it is not there.
 *
 * @returns it, or why there is none
 */
export async function findMajortomo(): Promise<Majortomo | string> {
  const named = process.env['MDP_MAJORTOMO_PYTHON'];
  if (named !== undefined) return look(named);
  const folder = join(tmpdir(), `mdp-bench-majortomo-${VERSION}`);
  const python = join(folder, 'bin', 'python');
  if (!(await can(python))) {
    try {
      await run('python3', ['-m', 'venv', folder]);
    } catch (error) {
      return `no virtual environment could be made with python3: ${reason(error)}`;
    }
  }
  const found = await look(python);
  if (typeof found !== 'string') return found;
  try {
    await run(python, ['-m', 'pip', 'install', '--quiet', ...PACKAGES]);
  } catch (error) {
    return `majortomo==${VERSION} could not be installed: ${reason(error)}`;
  }
  return look(python);
}

async function look(python: string): Promise<Majortomo | string> {
  try {
    const { stdout } = await run(python, ['-c', LOOK]);
    return { python, description: stdout.trim() };
  } catch (error) {
    return `${python} cannot run Majortomo: ${reason(error)}`;
  }
}
