// SPDX-License-Identifier: Apache-2.0
// init-command - writes a config file to begin with

import { writeFileSync } from 'node:fs';
import { configTemplate } from './config-template.js';
import type { ExitCode } from './exit-codes.js';
import { EXIT_CODES, UsageError, errorCode, errorMessage } from './exit-codes.js';
import type { FlagValues } from './flags.js';
import { quoted } from './printable.js';
import { programCommand, shellWord, thisInvocation } from './try-it.js';
import type { Environment } from './variables.js';

const DEFAULT_FILE = 'broker.yaml';

/** What stands for the standard output. */
const STDOUT = '-';

/**
 * Run `mdp-broker init`.
 *
 * @param words - the file, `broker.yaml` if there is none; `-` is the standard output
 * @returns 0 when it is written
 * @throws {@link UsageError} when the file exists or cannot be written
 */
export function runInit(_flags: FlagValues, _env: Environment, words: readonly string[]): Promise<ExitCode> {
  const [file = DEFAULT_FILE, more] = words;
  if (more !== undefined) throw new UsageError(`unexpected argument ${quoted(more)}: init takes one FILE`);
  if (file === '') throw new UsageError('FILE: got "", allowed is the path of a file, or - for the standard output');
  if (file === STDOUT) {
    process.stdout.write(configTemplate());
    return Promise.resolve(EXIT_CODES.OK);
  }
  try {
    writeFileSync(file, configTemplate(), { flag: 'wx' });
  } catch (error) {
    const why = errorCode(error) === 'EEXIST' ? 'it exists, and is not overwritten' : errorMessage(error);
    throw new UsageError(`FILE: ${quoted(file, 4096)} cannot be written: ${why}`);
  }
  const program = programCommand(thisInvocation());
  process.stdout.write(`wrote ${quoted(file, 4096)}; run a broker with it:\n  ${program} -c ${shellWord(file)}\n`);
  return Promise.resolve(EXIT_CODES.OK);
}
