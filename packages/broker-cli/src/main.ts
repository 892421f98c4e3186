// SPDX-License-Identifier: Apache-2.0
// main - runs the program and turns whatever comes of it into an exit code

import { PROGRAM, readCommandLine } from './command-line.js';
import { COMPLETE_FLAG, completions } from './completion.js';
import type { ExitCode } from './exit-codes.js';
import { EXIT_CODES, UsageError, errorCode, errorMessage } from './exit-codes.js';
import { printable } from './printable.js';

/**
 * Run the program.
 *
 * @param args - the command line, without Node.js and the script
 * @returns the exit code
 */
export async function main(args: readonly string[]): Promise<ExitCode> {
  outliveClosedStreams();
  try {
    const [flag, ...words] = args;
    if (flag === COMPLETE_FLAG) {
      const found = await completions(words, process.env);
      process.stdout.write(found.map((word) => `${word}\n`).join(''));
      return EXIT_CODES.OK;
    }
    const found = await readCommandLine(args);
    if (found === undefined) return EXIT_CODES.OK;
    const { run } = await found.command.load();
    return await run(found.values, process.env, found.words);
  } catch (error) {
    if (error instanceof UsageError || errorCode(error) === 'MDP_INVALID_ARGUMENT') {
      process.stderr.write(`${PROGRAM}: ${printable(errorMessage(error), 2000)}\n`);
      process.stderr.write(`Try '${PROGRAM} --help'.\n`);
      return EXIT_CODES.USAGE;
    }
    const text = error instanceof Error ? (error.stack ?? error.message) : String(error);
    process.stderr.write(`${PROGRAM}: unexpected failure: ${text}\n`);
    return EXIT_CODES.FAILURE;
  }
}

/**
 * Without its log a broker goes on, whatever keeps it from writing: a reader that went away, a full disk. Each line is tried, so
 * the log goes on, too, when it can. Without a reader of its results (`… | head`) there is nothing left to do; a broker writes none.
 */
function outliveClosedStreams(): void {
  process.stderr.on('error', () => {
    // There is nowhere to tell it.
  });
  process.stdout.on('error', (error: NodeJS.ErrnoException) => {
    if (error.code !== 'EPIPE' && error.code !== 'EIO') throw error;
    process.exit(EXIT_CODES.CLOSED_PIPE);
  });
}
